"""Playing a scenario: what exists at an instant, when it changes, and what people report on which day.

Everything here follows from the scenario alone. ``world_at`` is what the lab's servers show; ``moments`` are the
instants at which it differs from before; ``reports_between`` and ``recorded_blocks_between`` are what comes in through
the API meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from service.core.names.name import registrable
from service.core.states import Place
from service.lab.address_plan import BLOCK_PAGE
from service.lab.newsroom import OLD
from service.lab.pages_plain import block_page
from service.lab.replies import html_reply
from service.lab.scenario_model import Happening, Scenario, ScenarioSite, Truth
from service.lab.site_content import original, outlets_with_old_clones
from service.lab.site_history import history, state_at
from service.lab.site_parts import Part, Role, outlet_parts, site_part
from service.lab.world import Name, VirtualHost, World

if TYPE_CHECKING:
    from collections.abc import Iterator

VANTAGES = ("isp",)
"""Resolvers of the lab beside the service's own: an access provider's, which obeys orders to block."""

_ARCHIVED_BEFORE = timedelta(days=400)
"""How old an archived baseline is on the first day."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """A URL that somebody reports at an instant."""

    at: datetime
    site: str
    url: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedBlock:
    """A block, or its being lifted, that an operator enters. ``effective`` may lie before the scenario's first day."""

    at: datetime
    site: str
    lifted: bool
    place: Place
    effective: datetime
    action: str | None
    reference: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ArchivedPage:
    """A page of an outlet's old layout, as an archive has it. ``kind``: home or article."""

    outlet: str
    url: str
    kind: str
    html: bytes
    taken_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteTruth:
    """What a perfect judge would say of a site, and which site it takes over from."""

    site: str
    truth: Truth
    outlet: str | None
    technique: str | None
    successor_of: str | None


def world_at(scenario: Scenario, now: datetime) -> World:
    """Everything that exists at ``now``; what happens at the instant itself has happened."""
    stage = _staged(scenario)
    names, hosts = dict(stage.names), dict(stage.hosts)
    for role in stage.roles:
        state = state_at(role.site, now)
        if state.created_at is not None and _reachable(role.site, stage, names):
            _add(site_part(role, state, scenario.action(state.action)), names, hosts)
    return World(now=now, names=names, hosts=hosts, catch_all=_CATCH_ALL)


def moments(scenario: Scenario) -> tuple[datetime, ...]:
    """The instants from ``begin`` up to ``end`` at which the world differs from the one just before, in order."""
    instants = sorted({at for site in scenario.sites for at, _ in history(site)})
    changes, before = [], _shown(scenario, scenario.begin - timedelta(microseconds=1))
    for at in (at for at in instants if scenario.begin <= at < scenario.end):
        after = _shown(scenario, at)
        if after != before:
            changes.append(at)
        before = after
    return tuple(changes)


def appearances(scenario: Scenario) -> tuple[tuple[datetime, str], ...]:
    """When each site's name comes to be in DNS, for the first time and again whenever it was gone, in order."""
    found = []
    for role in _staged(scenario).roles:
        there = False
        for at, state in history(role.site):
            before, there = there, state.created_at is not None and site_part(role, state, None).name.delegated
            if there and not before:
                found.append((at, role.site.name))
    return tuple(sorted(found))


def reports_between(scenario: Scenario, after: datetime | None, until: datetime) -> tuple[Report, ...]:
    """The URLs that are reported after ``after`` (None: from the beginning) and up to ``until``, in order.

    A site's URLs come in when it goes live; those of a site that was live before come in on the first day.
    """
    reports = (
        Report(at=max(site.live_from, scenario.begin), site=site.name, url=url)
        for site in scenario.sites
        for url in site.reported
    )
    return tuple(sorted((r for r in reports if _within(r.at, after, until)), key=lambda r: (r.at, r.site)))


def recorded_blocks_between(scenario: Scenario, after: datetime | None, until: datetime) -> tuple[RecordedBlock, ...]:
    """The blocks and lifts entered after ``after`` (None: from the beginning) and up to ``until``, in order."""
    found = (block for block in _recorded(scenario) if _within(block.at, after, until))
    return tuple(sorted(found, key=lambda block: (block.effective, block.site, block.lifted)))


def archived_baselines(scenario: Scenario) -> Mapping[str, tuple[ArchivedPage, ...]]:
    """By outlet: the pages of its old layout, where the scenario brings some or somebody copies it."""
    copied = outlets_with_old_clones(scenario.sites)
    found = {}
    for outlet in scenario.outlets:
        if outlet.old_pages is None and outlet.id not in copied:
            continue
        old = original(outlet, scenario.span.printed, OLD)
        pages = {"/": old.home, **old.articles}
        found[outlet.id] = tuple(
            ArchivedPage(
                outlet=outlet.id,
                url=old.url(path),
                kind="home" if path == "/" else "article",
                html=html.encode("utf-8", "surrogateescape"),
                taken_at=scenario.begin - _ARCHIVED_BEFORE,
            )
            for path, html in pages.items()
        )
    return found


def truth(scenario: Scenario) -> Mapping[str, SiteTruth]:
    """By site: what the summary of a replay is compared with."""
    return {
        site.name: SiteTruth(
            site=site.name,
            truth=site.truth,
            outlet=site.outlet,
            technique=site.technique,
            successor_of=site.successor_of,
        )
        for site in scenario.sites
    }


_CATCH_ALL = MappingProxyType(
    {
        BLOCK_PAGE: VirtualHost(
            host="sperre.provider.example", replies={}, missing=html_reply(block_page("Provider.example"))
        )
    }
)


@dataclass(frozen=True, slots=True)
class _Stage:
    """What of a scenario does not change: the outlets' part of the world, and the sites, those below others last."""

    names: Mapping[str, Name]
    hosts: Mapping[str, VirtualHost]
    roles: tuple[Role, ...]
    site_names: frozenset[str]


@lru_cache(maxsize=16)
def _staged(scenario: Scenario) -> _Stage:
    names: dict[str, Name] = {}
    hosts: dict[str, VirtualHost] = {}
    for outlet in scenario.outlets:
        for part in outlet_parts(outlet, scenario.span):
            _add(part, names, hosts)
    site_names = frozenset(site.name for site in scenario.sites)
    below = _below(site_names)
    roles = (
        Role(
            site=site,
            outlet=scenario.outlet(site.outlet),
            span=scenario.span,
            others=below.get(site.name, frozenset()),
        )
        for site in sorted(scenario.sites, key=lambda site: site.name.count("."))
    )
    return _Stage(names, hosts, tuple(roles), site_names)


def _below(site_names: frozenset[str]) -> dict[str, frozenset[str]]:
    """By site: the sites whose names are below its name."""
    found: dict[str, set[str]] = {}
    for name in site_names:
        above = name.partition(".")[2]
        while above:
            if above in site_names:
                found.setdefault(above, set()).add(name)
            above = above.partition(".")[2]
    return {name: frozenset(names) for name, names in found.items()}


def _reachable(site: ScenarioSite, stage: _Stage, names: Mapping[str, Name]) -> bool:
    """Whether the name above a site, where that is a site of its own, leads on to it."""
    above = registrable(site.name) or site.name
    if above == site.name or above not in stage.site_names:
        return True
    return above in names and names[above].delegated


def _add(part: Part, names: dict[str, Name], hosts: dict[str, VirtualHost]) -> None:
    names[part.name.domain] = part.name
    if part.above is not None:
        names.setdefault(part.above.domain, part.above)
    hosts.update((host.host, host) for host in part.hosts)


def _shown(scenario: Scenario, at: datetime) -> tuple[Mapping[str, Name], Mapping[str, VirtualHost]]:
    world = world_at(scenario, at)
    return world.names, world.hosts


def _recorded(scenario: Scenario) -> Iterator[RecordedBlock]:
    for site in scenario.sites:
        for event in site.events:
            if not event.recorded or event.place is None:
                continue
            action = scenario.action(event.action)
            yield RecordedBlock(
                at=max(event.on, scenario.begin),
                site=site.name,
                lifted=event.kind is Happening.LIFTED,
                place=event.place,
                effective=event.on,
                action=event.action,
                reference=action.reference if action else "",
            )


def _within(at: datetime, after: datetime | None, until: datetime) -> bool:
    return (after is None or at > after) and at <= until
