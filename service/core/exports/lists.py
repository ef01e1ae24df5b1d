"""Lists that something blocks by: plain names, hosts file, ad blockers, response policy zone, Unbound. Pure.

Only confirmed names are on them, and nothing that ``protection.py`` refuses; what was withdrawn leaves them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from service.core.exports.context import Context, day
from service.core.exports.entry import Entry
from service.core.exports.protection import covers_all_below

_TTL = 300
_TIMERS = "3600 600 86400 300"
"""Refresh, retry, expiry and negative time to live of the zone: secondaries look hourly."""


def domains(entries: Iterable[Entry], context: Context) -> Iterator[str]:
    """One name a line, nothing else."""
    for entry in context.protection.may_block(entries):
        yield f"{entry.site}\n"


def hosts(entries: Iterable[Entry], context: Context) -> Iterator[str]:
    """A hosts file (hosts(5)): it knows no wildcards, so names below a blocked one stay reachable."""
    yield from _about("#", context)
    for entry in context.protection.may_block(entries):
        yield f"0.0.0.0 {entry.site}\n"


def adblock(entries: Iterable[Entry], context: Context) -> Iterator[str]:
    """Adblock Plus filter syntax; the outlets' own names are excepted."""
    yield "[Adblock Plus 2.0]\n"
    yield "! Title: Impersonations of news outlets\n"
    yield from _about("!", context)
    for own in context.protection.own:
        yield f"@@||{own}^\n"
    for entry in context.protection.may_block(entries):
        yield f"||{entry.site}^\n"


def rpz(entries: Iterable[Entry], context: Context) -> Iterator[str]:
    """A response policy zone (draft-vixie-dnsop-dns-rpz, section 4.1): outlets pass, confirmed names do not exist.

    A wildcard stands for registrable names only, since below a single host may be somebody else's.
    """
    yield f"$ORIGIN {context.zone}.\n$TTL {_TTL}\n"
    yield f"@ IN SOA localhost. hostmaster.localhost. {context.serial} {_TIMERS}\n@ IN NS localhost.\n"
    yield from _about(";", context)
    for own in context.protection.own:
        yield f"{own} IN CNAME rpz-passthru.\n*.{own} IN CNAME rpz-passthru.\n"
    for entry in context.protection.may_block(entries):
        yield f"{entry.site} IN CNAME .\n"
        if covers_all_below(entry):
            yield f"*.{entry.site} IN CNAME .\n"


def unbound(entries: Iterable[Entry], context: Context) -> Iterator[str]:
    """Local zones for Unbound's configuration (unbound.conf(5), local-zone); they cover what is below."""
    yield from _about("#", context)
    yield "server:\n"
    for own in context.protection.own:
        yield f'  local-zone: "{own}." transparent\n'
    for entry in context.protection.may_block(entries):
        yield f'  local-zone: "{entry.site}." always_nxdomain\n'


def _about(mark: str, context: Context) -> Iterator[str]:
    yield f"{mark} Websites that impersonate news outlets, by {context.organisation}, as of {day(context.changed_at)}\n"
    yield f"{mark} Confirmed by an analyst or by two independent classes of evidence. TLP:{context.tlp.upper()}\n"
