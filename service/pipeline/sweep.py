"""One pass of generated names over DNS, shard by shard, kept as coverage.

Each shard's findings and the sweep's position are saved in one transaction: a kill loses at most the shard under way,
which is asked again. A shard whose controls failed admits nothing and does not move the position.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice

from service.core.alerts import events
from service.core.facts.dns import ProbeReport
from service.core.model import Outlet, Sweep, Tier
from service.core.names.permutations import Candidate, candidates, generator_version
from service.pipeline.admit import admit_all, merge
from service.pipeline.watched import Knowledge, Watched
from service.ports import Clock, Prober, Store, UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class SweepPlan:
    """Which tiers run by themselves and how often; ``daily_queries`` bounds all sweeps of a day together."""

    every: dict[Tier, timedelta]
    shard: int = 5_000
    daily_queries: int = 5_000_000
    campaign_suffixes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """After a shard: the sweep so far and the names that it found existing in this shard."""

    sweep: Sweep
    found: tuple[str, ...]
    queries: int
    vantage_failed: bool = False
    detail: str = ""


class Sweeper:
    """Runs sweeps through the prober."""

    def __init__(self, *, clock: Clock, store: Store, prober: Prober, watched: Watched, plan: SweepPlan) -> None:
        self._clock, self._store, self._prober = clock, store, prober
        self._watched, self._plan = watched, plan

    async def run_due(self, progress: Callable[[Progress], None] | None = None) -> int:
        """Run or resume every sweep that is due, outlet by outlet; how many names were asked."""
        knowledge = await self._watched.now()
        asked = 0
        for outlet in knowledge.outlets.values():
            for tier, every in self._plan.every.items():
                last = await self._last(outlet.id, tier)
                if not _due(last, every, self._clock.now()):
                    continue
                done = await self.run(outlet, tier, progress)
                asked += done.asked
                if done.finished_at is None:
                    return asked
        return asked

    async def run_all(self) -> int:
        """Run every sweep now, due or not, but none twice at one time; how many names were asked."""
        knowledge = await self._watched.now()
        asked = 0
        for outlet in knowledge.outlets.values():
            for tier in self._plan.every:
                last = await self._last(outlet.id, tier)
                if last is None or last.finished_at is None or last.started_at < self._clock.now():
                    asked += (await self.run(outlet, tier)).asked
        return asked

    async def run(self, outlet: Outlet, tier: Tier, progress: Callable[[Progress], None] | None = None) -> Sweep:
        """Run or resume one sweep; on return it is unfinished where the vantage failed or the budget is spent."""
        knowledge = await self._watched.now()
        sweep = await self._open(outlet, tier)
        names = islice(self._names(knowledge, outlet, tier), sweep.position, None)
        made = asyncio.create_task(asyncio.to_thread(_shard, names, self._plan.shard))
        while shard := await made:
            # The next names are made while these are asked for.
            made = asyncio.create_task(asyncio.to_thread(_shard, names, self._plan.shard))
            if not await self._within_budget(len(shard)):
                await made
                return sweep
            report = await self._prober.probe([candidate.name for candidate in shard])
            if report.vantage_failed:
                await made
                await self._degraded(sweep, report, progress)
                return sweep
            sweep = await self._save(_advanced(sweep, report, len(shard)), shard, report, knowledge)
            if progress is not None:
                progress(Progress(sweep=sweep, found=report.existing, queries=report.queries))
        return await self._finish(sweep)

    def _names(self, knowledge: Knowledge, outlet: Outlet, tier: Tier) -> Iterator[Candidate]:
        return candidates(outlet, tier, knowledge.watchlist, campaign_suffixes=self._plan.campaign_suffixes or None)

    async def _last(self, outlet_id: str, tier: Tier) -> Sweep | None:
        return await self._store.read(lambda uow: uow.sweeps.last(outlet_id, tier))

    async def _open(self, outlet: Outlet, tier: Tier) -> Sweep:
        now, version = self._clock.now(), generator_version()

        def step(uow: UnitOfWork) -> Sweep:
            last = uow.sweeps.last(outlet.id, tier)
            # A position counts names of one generator; another one's would skip or repeat names.
            if last is not None and last.finished_at is None and last.generator == version:
                return last
            return uow.sweeps.begin(outlet.id, tier, version, "system", now)

        return await self._store.write(step)

    async def _save(self, sweep: Sweep, shard: list[Candidate], report: ProbeReport, knowledge: Knowledge) -> Sweep:
        existing = set(report.existing)
        matches = [
            m for m in knowledge.index.match([c.name for c in shard if c.name in existing]) if m.name in existing
        ]

        def step(uow: UnitOfWork) -> None:
            before = uow.sweeps.finished_before(sweep.outlet, sweep.tier, sweep.started_at)
            admit_all(uow, merge(matches, f"sweep:{sweep.tier.value}", _absent(before, sweep)), self._clock)
            uow.sweeps.advance(sweep)
            spent = _spent(uow.actions.get_state("sweep.queries"), self._clock.now()) + report.queries
            uow.actions.set_state("sweep.queries", f"{self._clock.now():%Y-%m-%d} {spent}")

        await self._store.write(step)
        return sweep

    async def _finish(self, sweep: Sweep) -> Sweep:
        done = replace(sweep, finished_at=self._clock.now())
        await self._store.write(lambda uow: uow.sweeps.advance(done))
        return done

    async def _within_budget(self, names: int) -> bool:
        now = self._clock.now()
        kept = await self._store.read(lambda uow: uow.actions.get_state("sweep.queries"))
        limit = self._plan.daily_queries
        return limit == 0 or _spent(kept, now) + names <= limit

    async def _degraded(self, sweep: Sweep, report: ProbeReport, progress: Callable[[Progress], None] | None) -> None:
        now = self._clock.now()
        detail = {
            "what": "sweep",
            "detail": report.detail or "control names did not answer as they must",
            "recovered": False,
        }
        event = events.about_service("monitor.degraded", now, key=f"sweep:{now:%Y-%m-%dT%H}", detail=detail)
        await self._store.write(lambda uow: uow.outbox.publish([event], now))
        if progress is not None:
            progress(Progress(sweep=sweep, found=(), queries=report.queries, vantage_failed=True, detail=report.detail))


def _shard(names: Iterator[Candidate], size: int) -> list[Candidate]:
    return list(islice(names, size))


def _absent(before: Sweep | None, sweep: Sweep) -> datetime | None:
    """When the sweep before this one found that what is new now did not exist.

    Only where it asked for the same names and all were answered: a name that stayed unanswered was not absent.
    """
    if before is None or before.generator != sweep.generator or before.unanswered:
        return None
    return before.started_at


def _advanced(sweep: Sweep, report: ProbeReport, names: int) -> Sweep:
    return replace(
        sweep,
        position=sweep.position + names,
        asked=sweep.asked + report.asked,
        existing=sweep.existing + len(report.existing),
        unanswered=sweep.unanswered + len(report.unanswered),
    )


def _due(last: Sweep | None, every: timedelta, now: datetime) -> bool:
    return last is None or last.finished_at is None or now - last.started_at >= every


def _spent(kept: str | None, now: datetime) -> int:
    """Queries that sweeps sent today, from the value kept as ``YYYY-MM-DD number``."""
    day, _, number = (kept or "").partition(" ")
    return int(number) if day == f"{now:%Y-%m-%d}" and number.isdigit() else 0
