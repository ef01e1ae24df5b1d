"""Second step of a look: the registry's word, asked for only when something gives reason to.

On admission, when the name servers or the existence of the name change, after a block, when the known registration
has run out, every few days while a flagged name does not resolve, and again after a failure; never per look, since
registries answer about one question a second.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from service.core.facts.dns import DnsFacts, DnsStatus
from service.core.facts.registration import Registration, RegistrationStatus
from service.core.model import Site
from service.pipeline.resolve import changed
from service.ports import Registry

_FAILED = frozenset({RegistrationStatus.RATE_LIMITED, RegistrationStatus.SERVER_ERROR})
_RETRY = timedelta(hours=6)
_STALE = timedelta(days=30)
_SILENT = timedelta(days=3)
"""A name that does not resolve shows a second hold, the end of one, or its deletion nowhere but at its registry."""


async def registration(registry: Registry, site: Site, dns: DnsFacts, now: datetime) -> Registration | None:
    """Ask where ``due`` says so, else None; before others where ``pressing`` says so."""
    if not due(site, dns, now):
        return None
    return await registry.lookup(site.domain, now, pressing=pressing(site, dns, now))


def pressing(site: Site, dns: DnsFacts, now: datetime) -> bool:
    """Whether something happened to the name, or people were told of it: its question goes before those of routine."""
    if site.flagged or (site.dns is not None and changed(site.dns, dns)):
        return True
    asked, known = site.registration_asked_at, site.registration
    if asked is None:
        return False
    ran_out = known is not None and known.expires_at is not None and asked < known.expires_at <= now
    return ran_out or any(block.known_from >= asked for block in site.blocks)


def due(site: Site, dns: DnsFacts, now: datetime) -> bool:
    """Whether there is a reason to ask the registry now."""
    asked = site.registration_asked_at
    if asked is None or changed(site.dns, dns):
        return True
    if any(block.known_from >= asked for block in site.blocks):
        return True
    known = site.registration
    if known is None or known.status in _FAILED:
        patience = timedelta(seconds=known.retry_after) if known is not None and known.retry_after else _RETRY
        return now - asked >= patience
    ran_out = known.expires_at is not None and asked < known.expires_at <= now
    return ran_out or now - asked >= (_SILENT if _fell_silent(site, dns, now) else _STALE)


def _fell_silent(site: Site, dns: DnsFacts, now: datetime) -> bool:
    """Whether a flagged name stopped resolving, not long ago: later its registry is asked as seldom as any."""
    recent = now - (site.active_at or site.admitted_at) < _STALE
    return recent and site.flagged and dns.own.status is DnsStatus.NXDOMAIN
