"""Sweeps for siblings: a confirmed impersonation's label under every suffix, its campaign's labels under its suffixes.

``track.py`` leaves a request in the transaction that confirms; here requests are carried out one after the other, shard
by shard, so that a kill loses at most the shard under way. What is found is admitted like any other name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from service.core.facts.dns import ProbeReport
from service.core.model import Admission, NameMatch
from service.core.names import name as names
from service.core.names.permutations import siblings
from service.core.persistence.siblings import SOURCE_OF_SIBLINGS, SiblingSweep, of_campaign
from service.core.states import Technique
from service.pipeline.admit import admit_all, merge
from service.pipeline.sweep import SPENT, spent
from service.pipeline.watched import Knowledge, Watched
from service.ports import Clock, Prober, Store, UnitOfWork


@dataclass(frozen=True, kw_only=True)
class SiblingSweeper:
    """Carries out requests. ``shard`` names at a time; ``daily_queries`` is the budget that all sweeps share."""

    clock: Clock
    store: Store
    prober: Prober
    watched: Watched
    shard: int = 5_000
    daily_queries: int = 5_000_000

    async def run_due(self) -> int:
        """Carry out every open request; how many names exist that were found. Stops where the vantage fails."""
        found = 0
        while (sweep := await self.store.read(lambda uow: uow.siblings.next())) is not None:
            done = await self._run(sweep)
            found += done.found - sweep.found
            if done.finished_at is None:
                return found
        return found

    async def _run(self, sweep: SiblingSweep) -> SiblingSweep:
        knowledge = await self.watched.now()
        campaign = await self.store.read(lambda uow: _campaign_of(uow, sweep.host))
        asking = islice(_names(sweep, knowledge, campaign), sweep.position, None)
        while shard := list(islice(asking, self.shard)):
            if not await self._within_budget(len(shard)):
                return sweep
            report = await self.prober.probe([name for name, _ in shard])
            if report.vantage_failed:
                return sweep
            sweep = await self._save(sweep, shard, report, knowledge)
        done = replace(sweep, finished_at=self.clock.now())
        await self.store.write(lambda uow: uow.siblings.advance(done))
        return done

    async def _save(
        self, sweep: SiblingSweep, shard: list[tuple[str, Technique]], report: ProbeReport, knowledge: Knowledge
    ) -> SiblingSweep:
        existing = set(report.existing)
        advanced = replace(
            sweep,
            position=sweep.position + len(shard),
            found=sweep.found + len(existing),
            unanswered=sweep.unanswered + len(report.unanswered),
        )
        admissions = _admissions(sweep, [entry for entry in shard if entry[0] in existing], knowledge)

        def step(uow: UnitOfWork) -> None:
            now = self.clock.now()
            admit_all(uow, admissions, self.clock)
            uow.siblings.advance(advanced)
            uow.actions.set_state(SPENT, f"{now:%Y-%m-%d} {spent(uow.actions.get_state(SPENT), now) + report.queries}")

        await self.store.write(step)
        return advanced

    async def _within_budget(self, count: int) -> bool:
        kept = await self.store.read(lambda uow: uow.actions.get_state(SPENT))
        return self.daily_queries == 0 or spent(kept, self.clock.now()) + count <= self.daily_queries


def _names(sweep: SiblingSweep, knowledge: Knowledge, campaign: tuple[str, ...]) -> Iterator[tuple[str, Technique]]:
    """The names to ask for with their techniques: what the campaign would take next before the rest of the world."""
    outlet = knowledge.outlets.get(sweep.outlet)
    if outlet is None:
        return
    mixed = [name for name in of_campaign(campaign) if not knowledge.watchlist.is_innocent(name)]
    yield from ((name, Technique.COMBINED) for name in mixed)
    known = {*mixed, *campaign, sweep.host}
    made = siblings(sweep.label, outlet, knowledge.watchlist)
    yield from ((one.name, one.technique) for one in made if one.name not in known)


def _campaign_of(uow: UnitOfWork, host: str) -> tuple[str, ...]:
    """The registrable names of the campaign that a host belongs to."""
    hosts = sorted({host}.union(*(campaign.members for campaign in uow.campaigns.of([host]))))
    return tuple(dict.fromkeys(names.registrable(one) or one for one in hosts))


def _admissions(sweep: SiblingSweep, found: list[tuple[str, Technique]], knowledge: Knowledge) -> list[Admission]:
    """What exists, with whom it resembles; a label that says nothing is tied to the outlet by its sibling alone."""
    matches = knowledge.index.match([name for name, _ in found])
    resembling = merge(matches, SOURCE_OF_SIBLINGS)
    seen = {one.host for one in resembling}
    others = [
        Admission(
            host=name,
            domain=name,
            source=SOURCE_OF_SIBLINGS,
            matches=(
                NameMatch(
                    name=name, domain=name, outlet=sweep.outlet, technique=Technique.UNRELATED, distance=0, score=0.0
                ),
            ),
        )
        for name, _ in found
        if name not in seen
    ]
    return [*resembling, *others]
