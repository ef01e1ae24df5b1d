"""What an outlet or a site adds to the world: names, addresses, registry records and virtual hosts.

This is where blocks take effect. platform: nothing. registrar and registry: clientHold or serverHold, and no
delegation. host: the server refuses, or shows that the account is suspended (always, where nobody enters the block).
resolver: the provider's view leads to its block page. seizure: name servers, address and banner of the authority.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from service.core.names.name import host_of_url, registrable
from service.core.states import Place
from service.lab import address_plan as plan
from service.lab import replies
from service.lab.pages_plain import seizure_page, suspended_page
from service.lab.prose import dice, slug
from service.lab.replies import html_reply
from service.lab.scenario_model import Happening, Hidden, ScenarioOutlet, ScenarioSite, Serves, Span
from service.lab.site_content import Content, outlet_content, site_content
from service.lab.site_history import expiry_of
from service.lab.world import Name, RegistryRecord, Reply, VirtualHost

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.lab.scenario_model import ScenarioAction
    from service.lab.site_history import SiteState

_TERM = timedelta(days=365)
"""A registration's term, where the scenario says nothing of its end."""

_ALWAYS = ("clientTransferProhibited",)
_SEIZED = ("serverDeleteProhibited", "serverTransferProhibited", "serverUpdateProhibited")
_HOLDS = {Place.REGISTRAR: ("clientHold",), Place.REGISTRY: ("serverHold",), Place.SEIZURE: _SEIZED}
"""EPP status codes (RFC 5731 section 2.3) that a block puts on a name."""

_UNNAMED_AUTHORITY = "law enforcement authorities"


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """What one site adds. ``above``: the registrable name over it, where that is not a site of its own."""

    name: Name
    above: Name | None = None
    hosts: tuple[VirtualHost, ...] = ()


# -- outlets -----------------------------------------------------------------------------------------------------------


def outlet_parts(outlet: ScenarioOutlet, span: Span) -> Iterator[Part]:
    """The real site of an outlet, and its own further domains, which redirect to it."""
    content = outlet_content(outlet, span.printed)
    domain = outlet.domain
    hosts = [VirtualHost(host=host, replies=content.replies) for host in (domain, f"www.{domain}")]
    if content.static:
        hosts.append(VirtualHost(host=f"static.{domain}", replies=content.static))
    above = registrable(domain) or domain
    name = replace(_outlets_name(above, outlet, span), hosts=tuple(sorted({host.host for host in hosts} - {above})))
    yield Part(name=name, hosts=tuple(hosts))
    redirect = replies.redirect_reply(f"https://{domain}/", 301)
    for own in outlet.own_domains:
        served = (
            VirtualHost(host=host, replies={}, missing=redirect, certificate_names=(host, domain))
            for host in (own, f"www.{own}")
        )
        yield Part(name=_outlets_name(own, outlet, span), hosts=tuple(served))


def _outlets_name(domain: str, outlet: ScenarioOutlet, span: Span) -> Name:
    created = datetime(dice("founded", domain).randint(1995, 2008), 3, 1, tzinfo=UTC)
    return Name(
        domain=domain,
        addresses=(plan.outlet_address(outlet.number),),
        nameservers=plan.nameservers_under(outlet.domain),
        mx=(f"10 mx.{outlet.domain}",),
        txt=(f"v=spf1 include:_spf.{outlet.domain} -all",),
        registry=RegistryRecord(
            created_at=created,
            expires_at=span.end + _TERM,
            registrar="Corporate Names Registrar",
            abuse_contact="abuse@corporate-names.example",
            epp=(*_ALWAYS, "serverDeleteProhibited"),
        ),
    )


# -- sites -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Role:
    """A site with what never changes around it. ``others``: hosts below it that are sites of their own."""

    site: ScenarioSite
    outlet: ScenarioOutlet | None
    span: Span
    others: frozenset[str] = frozenset()


@lru_cache(maxsize=8192)
def site_part(role: Role, state: SiteState, action: ScenarioAction | None) -> Part:
    """What a registered site adds in one state. ``action``: the enforcement act behind its last block."""
    site, outlet = role.site, role.outlet
    content = site_content(site, outlet, _kind(state), role.span.printed)
    below = tuple(host for host in _hosts_below(site, content) if host not in role.others)
    name = replace(_name(site, outlet, state, below), registry=_record(site, state, role.span))
    above = registrable(site.name) or site.name
    served = _virtual_hosts(site, outlet, state, content, action)
    part = Part(name=name, hosts=tuple(host for host in served if host.host not in role.others))
    if above == site.name:
        return part
    over = replace(name, domain=above, addresses=(), hosts=(), wildcard=False, views={})
    return replace(part, name=replace(name, registry=None), above=over)


def _kind(state: SiteState) -> Serves:
    return Serves.PARKED if state.parking else state.serves


def _name(site: ScenarioSite, outlet: ScenarioOutlet | None, state: SiteState, below: tuple[str, ...]) -> Name:
    held = bool(state.blocks & {Place.REGISTRAR, Place.REGISTRY})
    return Name(
        domain=site.name,
        addresses=(_address(site, outlet, state),),
        hosts=below,
        nameservers=_nameservers(site, outlet, state),
        mx=(f"10 mail.{site.name}",) if _kind(state) is Serves.INNOCENT else (),
        delegated=not held and _kind(state) is not Serves.UNREGISTERED_DNS,
        wildcard=f"*.{site.name}" in site.certificate_names,
        views={"isp": (plan.BLOCK_PAGE,)} if Place.RESOLVER in state.blocks else {},
    )


def _address(site: ScenarioSite, outlet: ScenarioOutlet | None, state: SiteState) -> str:
    if Place.SEIZURE in state.blocks:
        return plan.SEIZED
    if not state.parking and state.address is not None:
        return plan.loopback_of(state.address)
    match _kind(state):
        case Serves.PARKED:
            return plan.parking_address(plan.parker_of(site.name))
        case Serves.NONE:
            return plan.unserved_address(site.number)
        case Serves.OWN if outlet is not None:
            return plan.outlet_address(outlet.number)
        case _:
            return plan.shared_hosting(site.name)


def _nameservers(site: ScenarioSite, outlet: ScenarioOutlet | None, state: SiteState) -> tuple[str, ...]:
    if Place.SEIZURE in state.blocks:
        return plan.SEIZURE_NAMESERVERS
    if not state.parking and state.nameservers:
        return state.nameservers
    match _kind(state):
        case Serves.PARKED:
            return plan.nameservers_under(plan.parker_of(site.name))
        case Serves.OWN if outlet is not None:
            return plan.nameservers_under(outlet.domain)
        case _:
            return plan.bulk_nameservers(site.name)


def _record(site: ScenarioSite, state: SiteState, span: Span) -> RegistryRecord:
    created = state.created_at or site.registered
    registrar = slug(state.registrar) or "registrar"
    epp = [code for place, codes in _HOLDS.items() if place in state.blocks for code in codes]
    return RegistryRecord(
        created_at=created,
        updated_at=state.updated_at,
        expires_at=expiry_of(site, created) or _renewed(created, span.end),
        registrar=state.registrar,
        abuse_contact=f"abuse@{registrar}.example",
        epp=(*_ALWAYS, *epp),
        channel=site.registration,
    )


def _renewed(created: datetime, until: datetime) -> datetime:
    """The end of the first term that lasts beyond ``until``: registries date it anew with every renewal."""
    return created + ((until - created) // _TERM + 1) * _TERM


def _hosts_below(site: ScenarioSite, content: Content) -> tuple[str, ...]:
    """Hosts under the site's name that certificates, reported URLs or its own pages speak of."""
    spoken_of = {*site.certificate_names, *map(host_of_url, site.reported)}
    if content.static:
        spoken_of.add(f"static.{site.name}")
    return tuple(sorted(host for host in spoken_of if host.endswith(f".{site.name}") and not host.startswith("*")))


def _virtual_hosts(
    site: ScenarioSite,
    outlet: ScenarioOutlet | None,
    state: SiteState,
    content: Content,
    action: ScenarioAction | None,
) -> Iterator[VirtualHost]:
    if _kind(state) in (Serves.NONE, Serves.UNREGISTERED_DNS) and Place.SEIZURE not in state.blocks:
        return
    served = _served(site, outlet, state, content, action)
    for host in dict.fromkeys((site.name, f"www.{site.name}", *_hosts_below(site, content))):
        static = host == f"static.{site.name}" and bool(content.static) and not _taken_away(state)
        yield replace(served, host=host, replies=content.static if static else served.replies)


def _served(
    site: ScenarioSite,
    outlet: ScenarioOutlet | None,
    state: SiteState,
    content: Content,
    action: ScenarioAction | None,
) -> VirtualHost:
    """What the site's server does, for its first host."""
    if Place.SEIZURE in state.blocks:
        banner = seizure_page(site.name, action.authority if action else _UNNAMED_AUTHORITY)
        return _everywhere(site, html_reply(banner))
    host = VirtualHost(
        host=site.name,
        replies=content.replies,
        missing=content.missing,
        certificate_names=_certificate(site, outlet, state),
    )
    if Place.HOST in state.blocks:
        if _to_be_observed(site) or dice("host-block", site.name).choice((True, False)):
            return _everywhere(site, html_reply(suspended_page(site.name)))
        return replace(host, refuses=True)
    if state.parking:
        return host
    if state.removed:
        return replace(host, replies={}, missing=replies.NOT_FOUND)
    return _shown_to_some(host, outlet, state)


def _to_be_observed(site: ScenarioSite) -> bool:
    """Whether a host's block is entered by nobody: a refused connection alone would not tell that it is one."""
    return any(
        event.kind is Happening.BLOCK and event.place is Place.HOST and not event.recorded for event in site.events
    )


def _shown_to_some(host: VirtualHost, outlet: ScenarioOutlet | None, state: SiteState) -> VirtualHost:
    if state.seen_by is None:
        return host
    hidden = _hidden_reply(outlet, state.hidden)
    if not state.seen_by:
        return replace(host, replies={}, missing=hidden)
    return replace(host, visible_to=frozenset(state.seen_by), hidden=hidden)


def _hidden_reply(outlet: ScenarioOutlet | None, hidden: Hidden) -> Reply:
    if hidden is Hidden.EMPTY:
        return replies.EMPTY
    if hidden is Hidden.ERROR or outlet is None:
        return replies.NOT_FOUND
    return replies.redirect_reply(f"https://{outlet.domain}/")


def _certificate(site: ScenarioSite, outlet: ScenarioOutlet | None, state: SiteState) -> tuple[str, ...]:
    if state.parking or site.certificate_names:
        return () if state.parking else site.certificate_names
    return (site.name, f"www.{site.name}", outlet.domain) if state.serves is Serves.OWN and outlet is not None else ()


def _everywhere(site: ScenarioSite, reply: Reply) -> VirtualHost:
    return VirtualHost(host=site.name, replies={}, missing=reply)


def _taken_away(state: SiteState) -> bool:
    return state.removed or bool(state.blocks & {Place.SEIZURE, Place.HOST})
