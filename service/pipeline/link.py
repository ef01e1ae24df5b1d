"""After looks: what new traits tie a site to others, and whether it took over from a blocked one.

A step of its own, not part of the look: it asks what all sites have in common, and gives the same answer in whatever
order they were looked at.
"""

from __future__ import annotations

from dataclasses import replace

from service.core.alerts import events
from service.core.model import Event, Lookalike, Site, Verdict
from service.core.persistence.links import Blocked, Link, appeared, blocked, links, predecessor
from service.ports import Clock, Store, UnitOfWork

_BATCH = 100


class Linker:
    """Finds successors."""

    def __init__(self, *, clock: Clock, store: Store) -> None:
        self._clock, self._store = clock, store

    async def link_pending(self) -> int:
        """Look at every site whose traits are new; how many there were."""
        total = 0
        while done := await self._store.write(self._step):
            total += done
        return total

    def _step(self, uow: UnitOfWork) -> int:
        hosts = uow.links.pending(_BATCH)
        for host in hosts:
            self._link(uow, host)
        uow.links.settle(hosts)
        return len(hosts)

    def _link(self, uow: UnitOfWork, host: str) -> None:
        row = uow.sites.get(host)
        if row is None or not any(_asks(lookalike) for lookalike in row[0].lookalikes):
            return
        site, version = row
        ties = links(uow.links.sharing(host))
        if not ties:
            return
        known = (uow.sites.get(tie.host) for tie in ties)
        candidates = [found for other in known if other is not None and (found := blocked(other[0])) is not None]
        after, told = _succeeded(site, ties, candidates, self._clock)
        if told:
            # In this transaction nobody else can have moved the version on.
            uow.sites.save(after, version, told, self._clock.now())


def _asks(lookalike: Lookalike) -> bool:
    return lookalike.verdict is Verdict.IMPERSONATION and not lookalike.predecessor


def _succeeded(site: Site, ties: tuple[Link, ...], candidates: list[Blocked], clock: Clock) -> tuple[Site, list[Event]]:
    told = []
    lookalikes = []
    for lookalike in site.lookalikes:
        after = lookalike
        found = predecessor(site, lookalike.outlet, ties, candidates) if _asks(lookalike) else None
        if found is not None:
            after = replace(lookalike, predecessor=found[0].host)
            told.append(_event(site, after, *found, clock))
        lookalikes.append(after)
    return replace(site, lookalikes=tuple(lookalikes)), told


def _event(site: Site, lookalike: Lookalike, before: Blocked, tie: Link, clock: Clock) -> Event:
    detail = {
        "predecessor": before.host,
        "links": [
            {"kind": trait.kind, "value": trait.value, "weight": round(weight, 3)} for trait, weight in tie.traits
        ],
        "confidence": round(tie.confidence, 3),
        "delay_days": (appeared(site) - before.since).days,
    }
    return events.about_site("successor.found", site, clock.now(), lookalike=lookalike, detail=detail)
