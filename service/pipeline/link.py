"""After looks: what ties a site to others, which campaign that makes, and whether it took over from a blocked one.

A step of its own, not part of the look: it asks what all sites have in common, and gives the same answer in whatever
order they were looked at. A site is pending when its traits are new, when it was flagged, and when a block or its end
changes what its neighbours may have taken over (``track.py`` marks it).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from service.core.alerts import events
from service.core.errors import InvalidInput, NotFound
from service.core.model import Event, Lookalike, Site
from service.core.persistence.campaigns import groups, regroup
from service.core.persistence.links import RuledLink, Tie, links, pair
from service.core.persistence.successors import (
    Blocked,
    Born,
    Succession,
    blocked,
    born,
    expected_by_chance,
    predecessor,
)
from service.core.states import Verdict
from service.ports import Clock, Store, UnitOfWork

_BATCH = 100


class Linker:
    """Ties sites, groups them, and finds successors."""

    def __init__(self, *, clock: Clock, store: Store) -> None:
        self._clock, self._store = clock, store

    async def link_pending(self) -> int:
        """Look at every site that is pending; how many there were."""
        total = 0
        while done := await self._store.write(self._step):
            total += done
        return total

    async def rule(self, hosts: tuple[str, str], ruled: RuledLink) -> Tie:
        """Let a person confirm or cut the tie of two sites; campaigns follow at once.

        NotFound for a site that was never admitted, InvalidInput for a site with itself.
        """
        one, other = hosts
        if one == other:
            raise InvalidInput(f"{one} cannot be tied to itself", "/sites")

        def step(uow: UnitOfWork) -> Tie:
            for host in hosts:
                if uow.sites.get(host) is None:
                    raise NotFound(f"no site {host} was ever admitted")
            tie = uow.ties.rule(pair(one, other), ruled)
            _regroup(uow, hosts, self._clock.now())
            for host in hosts:
                uow.links.mark(host)
            return tie

        return await self._store.write(step)

    def _step(self, uow: UnitOfWork) -> int:
        now = self._clock.now()
        hosts = uow.links.pending(_BATCH)
        touched = {host for host in hosts if _link(uow, host, now)}
        if touched:
            _regroup(uow, touched, now)
        for host in hosts:
            self._succeed(uow, host, now)
        uow.links.settle(hosts)
        return len(hosts)

    def _succeed(self, uow: UnitOfWork, host: str, now: datetime) -> None:
        """Whether the site took over from a neighbour, and whether a neighbour took over from it."""
        site = _site(uow, host)
        if site is None or not site.flagged:
            return
        ties = [tie for tie in uow.ties.of([host]) if tie.holds]
        neighbours = [other for tie in ties if (other := _site(uow, tie.other(host))) is not None]
        self._succeeded(uow, site, ties, neighbours, now)
        if blocked(site) is None:
            return
        for other in neighbours:
            if any(_asks(lookalike) for lookalike in other.lookalikes):
                theirs = [tie for tie in uow.ties.of([other.host]) if tie.holds]
                known = [found for tie in theirs if (found := _site(uow, tie.other(other.host))) is not None]
                self._succeeded(uow, other, theirs, known, now)

    def _succeeded(self, uow: UnitOfWork, site: Site, ties: list[Tie], others: list[Site], now: datetime) -> None:
        # A further host of one name is no other site.
        strangers = (other for other in others if other.domain != site.domain)
        candidates = [found for other in strangers if (found := blocked(other)) is not None]
        if not candidates or not any(_asks(lookalike) for lookalike in site.lookalikes):
            return
        came = born(site, uow.history.observations(site.host))
        case = _Case(site=site, came=came, ties=tuple(ties), candidates=tuple(candidates))
        told: list[Event] = []
        lookalikes = []
        for lookalike in site.lookalikes:
            taken = _succession(uow, case, lookalike, now) if _asks(lookalike) else None
            after = lookalike if taken is None else replace(lookalike, predecessor=taken.predecessor)
            lookalikes.append(after)
            if taken is not None and uow.campaigns.succeed(taken):
                told.append(_event(site, after, taken))
        row = uow.sites.get(site.host)
        if told and row is not None:
            # In this transaction nobody else can have moved the version on.
            uow.sites.save(replace(site, lookalikes=tuple(lookalikes)), row[1], told, now)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Case:
    """A site that may have taken over, when it came, its ties, and whom it could have taken over from."""

    site: Site
    came: Born
    ties: tuple[Tie, ...]
    candidates: tuple[Blocked, ...]


def _link(uow: UnitOfWork, host: str, now: datetime) -> bool:
    """Bring the ties of a site up to date; whether any changed. Only flagged sites are tied, and only to such."""
    site = _site(uow, host)
    if site is None or not (site.flagged or uow.ties.of([host])):
        return False
    found = links(uow.links.sharing(host)) if site.flagged else ()
    between = [link for link in found if (other := _site(uow, link.host)) is not None and other.flagged]
    # A new site may have no tie at all, and one whose flag came or went changes its group all the same.
    return uow.ties.keep(host, between, now) > 0 or bool(between) or bool(uow.campaigns.of([host]))


def _regroup(uow: UnitOfWork, touched: Iterable[str], now: datetime) -> None:
    """Group anew what hangs together with ``touched``: their campaigns and whatever ties reach from there."""
    reached: set[str] = set()
    edges: dict[tuple[str, str], None] = {}
    frontier = set(touched)
    known = {}
    while frontier:
        reached |= frontier
        for campaign in uow.campaigns.of(frontier):
            known[campaign.id] = campaign
        joining = [tie for tie in uow.ties.of(frontier) if tie.joins]
        edges |= dict.fromkeys(tie.hosts for tie in joining)
        beyond = {host for tie in joining for host in tie.hosts}
        beyond |= {host for campaign in known.values() for host in campaign.members}
        frontier = beyond - reached
    flagged = {host for host in reached if (site := _site(uow, host)) is not None and site.flagged}
    uow.campaigns.record(regroup(tuple(known.values()), groups(sorted(flagged), sorted(edges)), now), now)


def _site(uow: UnitOfWork, host: str) -> Site | None:
    row = uow.sites.get(host)
    return row[0] if row is not None else None


def _asks(lookalike: Lookalike) -> bool:
    return lookalike.verdict is Verdict.IMPERSONATION and not lookalike.predecessor


def _succession(uow: UnitOfWork, case: _Case, lookalike: Lookalike, now: datetime) -> Succession | None:
    host = case.site.host
    taken = predecessor(case.came, host, lookalike.outlet, [tie.seen_from(host) for tie in case.ties], case.candidates)
    if taken is None:
        return None
    watched = uow.history.watched_since(lookalike.outlet) or lookalike.discovered_at
    chance = expected_by_chance(uow.history.appearances(lookalike.outlet), taken.blocked_since, taken.began_at, watched)
    return Succession(
        host=host,
        outlet=lookalike.outlet,
        predecessor=taken.predecessor,
        found_at=now,
        blocked_since=taken.blocked_since,
        began_at=taken.began_at,
        link=taken.link,
        expected_by_chance=round(chance, 3),
    )


def _event(site: Site, lookalike: Lookalike, found: Succession) -> Event:
    detail = {
        "predecessor": found.predecessor,
        "links": [
            {"kind": trait.kind, "value": trait.value, "weight": round(weight, 3)}
            for trait, weight in found.link.traits
        ],
        "confidence": round(found.link.confidence, 3),
        "delay_days": found.delay.days,
        "expected_by_chance": found.expected_by_chance,
    }
    return events.about_site("successor.found", site, found.found_at, lookalike=lookalike, detail=detail)
