"""One pass of generated names over DNS, shard by shard, kept as coverage.

Each shard's findings and the sweep's position are saved in one transaction: a kill loses at most the shard under way,
which is asked again. A shard whose controls failed admits nothing and does not move the position.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import islice

from service.core.alerts import events
from service.core.errors import Conflict, NotFound
from service.core.facts.dns import ProbeReport
from service.core.model import Admission, Outlet, Sweep
from service.core.names.permutations import Candidate, candidates, count, coverage_version
from service.core.states import Tier
from service.pipeline.admit import admit_all, merge
from service.pipeline.watched import Knowledge, Watched
from service.ports import Clock, Prober, Store, UnitOfWork

VANTAGE = "system"
"""Sweeps ask the service's own resolvers, the vantage of that name."""

SPENT = "sweep.queries"
"""Where what all sweeps of a day asked for is kept."""

_BUDGET_SPENT = "the day's queries (sweep.daily_queries) are spent"


@dataclass(frozen=True, kw_only=True, slots=True)
class SweepPlan:
    """Which tiers run by themselves and how often; ``daily_queries`` bounds all sweeps of a day together."""

    every: dict[Tier, timedelta]
    shard: int = 5_000
    daily_queries: int = 5_000_000
    campaign_suffixes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far a sweep is. ``found``: names that exist, of a shard that has just been saved.

    ``under_way``: names of the shard under way that have ended; they are not in ``sweep`` yet and are asked again after
    a kill. ``detail``: why the sweep stops here, in words.
    """

    sweep: Sweep
    found: tuple[str, ...] = ()
    under_way: int = 0
    vantage_failed: bool = False
    detail: str = ""


class Sweeper:
    """Runs sweeps through the prober."""

    def __init__(self, *, clock: Clock, store: Store, prober: Prober, watched: Watched, plan: SweepPlan) -> None:
        self._clock, self._store, self._prober = clock, store, prober
        self._watched, self._plan = watched, plan

    async def run_due(self, progress: Callable[[Progress], None] | None = None) -> int:
        """Run or resume every sweep that was asked for, then those that are due; how many names were asked.

        Full ones come after all others, whoever asked for them: each takes hours, or all that a day may ask for.
        """
        asked = 0
        for full in (False, True):
            more, goes_on = await self._run_those(progress, full=full)
            asked += more
            if not goes_on:
                break
        return asked

    async def _run_those(self, progress: Callable[[Progress], None] | None, *, full: bool) -> tuple[int, bool]:
        """Those that are full or that are not; how many names that were, and whether all could be finished."""
        asked, goes_on = await self._run_requested(progress, full=full)
        for outlet, tier, last in await self._newest(full=full):
            if not goes_on:
                break
            if not self._is_due(tier, last):
                continue
            # A command may have swept it since all were read.
            if not self._is_due(tier, await self._last(outlet.id, tier)):
                continue
            done = await self.run(outlet, tier, progress)
            asked += done.asked
            if done.finished_at is None:
                return asked, False
            # What is asked for meanwhile waits for one sweep, not for all that are due.
            more, goes_on = await self._run_requested(progress, full=full)
            asked += more
        return asked, goes_on

    async def request(self, outlet_id: str, tier: Tier) -> Sweep:
        """A sweep that is made as soon as can be: the one under way, else a new one. NotFound for an unknown outlet."""
        knowledge = await self._watched.now()
        outlet = knowledge.outlets.get(outlet_id)
        if outlet is None:
            raise NotFound(f"there is no outlet {outlet_id} on the watch list")
        return await self._open(knowledge, outlet, tier, is_asked_for=True)

    async def run_all(self, wanted: Collection[tuple[str, Tier]]) -> int:
        """Run the sweeps of these outlets and tiers now, due or not; how many names were asked.

        None is run twice at one time.
        """
        asked = 0
        for outlet, tier, last in [*await self._newest(full=False), *await self._newest(full=True)]:
            if (outlet.id, tier) not in wanted:
                continue
            if last is None or last.finished_at is None or last.started_at < self._clock.now():
                asked += (await self.run(outlet, tier)).asked
        return asked

    async def run(self, outlet: Outlet, tier: Tier, progress: Callable[[Progress], None] | None = None) -> Sweep:
        """Run or resume one sweep; on return it is unfinished where the vantage failed or the budget is spent."""
        knowledge = await self._watched.now()
        sweep = await self._open(knowledge, outlet, tier)
        tell = progress or _tell_nobody
        tell(Progress(sweep=sweep))
        names = islice(self._names(knowledge, outlet, tier), sweep.position, None)
        made = asyncio.create_task(asyncio.to_thread(_shard, names, self._plan.shard))
        while shard := await made:
            # The next names are made while these are asked for.
            made = asyncio.create_task(asyncio.to_thread(_shard, names, self._plan.shard))
            if not await self._within_budget(len(shard)):
                await made
                tell(Progress(sweep=sweep, detail=_BUDGET_SPENT))
                return sweep
            report = await self._prober.probe([candidate.name for candidate in shard], _within(sweep, tell))
            if report.vantage_failed:
                await made
                await self._degraded(report)
                tell(Progress(sweep=sweep, vantage_failed=True, detail=report.detail))
                return sweep
            try:
                sweep = await self._save(sweep, shard, report, knowledge)
            except Conflict as error:
                await made
                tell(Progress(sweep=sweep, detail=str(error)))
                return sweep
            tell(Progress(sweep=sweep, found=report.existing))
        return await self._finish(sweep)

    def _names(self, knowledge: Knowledge, outlet: Outlet, tier: Tier) -> Iterator[Candidate]:
        return candidates(outlet, tier, knowledge.watchlist, self._plan.campaign_suffixes or None)

    def _is_due(self, tier: Tier, last: Sweep | None) -> bool:
        return last is None or last.finished_at is None or self._clock.now() - last.started_at >= self._plan.every[tier]

    async def _last(self, outlet_id: str, tier: Tier) -> Sweep | None:
        return await self._store.read(lambda uow: uow.sweeps.last(outlet_id, tier))

    async def _newest(self, *, full: bool) -> list[tuple[Outlet, Tier, Sweep | None]]:
        """Every outlet and tier that is swept by itself with its newest sweep, in the order in which they are swept.

        Of the full tier or of the others; narrow ones first, so that no outlet waits for a wide one of another.
        """
        tiers = [tier for tier in Tier if tier in self._plan.every and (tier is Tier.FULL) is full]
        if not tiers:
            return []
        newest = await self._store.read(lambda uow: uow.sweeps.newest())
        outlets = (await self._watched.now()).outlets.values()
        return [(outlet, tier, newest.get((outlet.id, tier))) for tier in tiers for outlet in outlets]

    async def _open(self, knowledge: Knowledge, outlet: Outlet, tier: Tier, *, is_asked_for: bool = False) -> Sweep:
        """The sweep of this kind that goes on, else a new one that takes over what was asked of the one before."""
        now = self._clock.now()
        inputs = (outlet, tier, knowledge.watchlist, self._plan.campaign_suffixes or None)
        version, total = await asyncio.to_thread(lambda: (coverage_version(*inputs), count(*inputs)))

        def step(uow: UnitOfWork) -> Sweep:
            last = uow.sweeps.last(outlet.id, tier)
            under_way = last if last is not None and last.finished_at is None else None
            # A position counts names of one generator and its inputs; another one's would skip or repeat names.
            goes_on = under_way if under_way is not None and under_way.generator == version else None
            sweep = goes_on or uow.sweeps.begin(outlet.id, tier, version, VANTAGE, now, total=total)
            if under_way is not None and goes_on is None:
                uow.sweep_requests.replace(under_way.id, sweep.id)
            if is_asked_for:
                uow.sweep_requests.ask(sweep.id, now)
            return sweep

        return await self._store.write(step)

    async def _run_requested(self, progress: Callable[[Progress], None] | None, *, full: bool) -> tuple[int, bool]:
        """Make what was asked for, ``full`` ones too or not; how many names, and whether all could be finished."""
        outlets = (await self._watched.now()).outlets
        asked = 0
        for sweep in await self._store.read(lambda uow: uow.sweep_requests.open()):
            if sweep.tier is Tier.FULL and not full:
                continue
            outlet = outlets.get(sweep.outlet)
            if outlet is None:  # it has left the watch list
                await self._store.write(partial(_withdraw, sweep.id))
                continue
            done = await self.run(outlet, sweep.tier, progress)
            asked += done.asked
            if done.finished_at is None:
                return asked, False
            if done.id != sweep.id:  # another one was made in its stead, so that nothing will ever finish it
                await self._store.write(partial(_withdraw, sweep.id))
        return asked, True

    async def _save(self, sweep: Sweep, shard: list[Candidate], report: ProbeReport, knowledge: Knowledge) -> Sweep:
        existing = set(report.existing)
        advanced = _advanced(sweep, report, shard)
        matches = [
            m for m in knowledge.index.match([c.name for c in shard if c.name in existing]) if m.name in existing
        ]

        def step(uow: UnitOfWork) -> None:
            kept = uow.sweeps.last(sweep.outlet, sweep.tier)
            if kept is None or (kept.id, kept.position) != (sweep.id, sweep.position):
                # The daemon and a command at once: whoever saves this shard first goes on, the other one stops.
                raise Conflict("another process is making this very sweep; its results are being saved there")
            admissions = merge(matches, f"sweep:{sweep.tier.value}")
            admit_all(uow, _with_absence(uow, admissions, sweep), self._clock)
            uow.sweeps.advance(advanced, report.unanswered)
            total = spent(uow.actions.get_state(SPENT), self._clock.now()) + report.queries
            uow.actions.set_state(SPENT, f"{self._clock.now():%Y-%m-%d} {total}")

        await self._store.write(step)
        return advanced

    async def _finish(self, sweep: Sweep) -> Sweep:
        done = replace(sweep, finished_at=self._clock.now())
        await self._store.write(lambda uow: uow.sweeps.advance(done))
        return done

    async def _within_budget(self, names: int) -> bool:
        now = self._clock.now()
        kept = await self._store.read(lambda uow: uow.actions.get_state(SPENT))
        limit = self._plan.daily_queries
        return limit == 0 or spent(kept, now) + names <= limit

    async def _degraded(self, report: ProbeReport) -> None:
        now = self._clock.now()
        detail = {
            "what": "sweep",
            "detail": report.detail or "control names did not answer as they must",
            "recovered": False,
        }
        event = events.about_service("monitor.degraded", now, key=f"sweep:{now:%Y-%m-%dT%H}", detail=detail)
        await self._store.write(lambda uow: uow.outbox.publish([event], now))


def _withdraw(sweep_id: int, uow: UnitOfWork) -> None:
    uow.sweep_requests.withdraw((sweep_id,))


def _tell_nobody(made: Progress) -> None:
    """Take no notice."""


def _within(sweep: Sweep, tell: Callable[[Progress], None]) -> Callable[[int], None]:
    return lambda ended: tell(Progress(sweep=sweep, under_way=ended))


def _shard(names: Iterator[Candidate], size: int) -> list[Candidate]:
    return list(islice(names, size))


def _with_absence(uow: UnitOfWork, admissions: list[Admission], sweep: Sweep) -> list[Admission]:
    """Admissions with the time at which the complete sweep before this one found that they did not exist.

    Only where it asked for the same names, and not of those that stayed unanswered then: silence is no absence.
    """
    before = uow.sweeps.finished_before(sweep.outlet, sweep.tier, sweep.started_at)
    if before is None or before.generator != sweep.generator:
        return admissions
    silent = uow.sweeps.unanswered_among(before.id, [admission.host for admission in admissions])
    return [one if one.host in silent else replace(one, absent_at=before.started_at) for one in admissions]


def _advanced(sweep: Sweep, report: ProbeReport, shard: list[Candidate]) -> Sweep:
    return replace(
        sweep,
        position=sweep.position + len(shard),
        first_suffix=sweep.first_suffix or shard[0].suffix,
        last_suffix=shard[-1].suffix,
        asked=sweep.asked + report.asked,
        existing=sweep.existing + len(report.existing),
        unanswered=sweep.unanswered + len(report.unanswered),
    )


def spent(kept: str | None, now: datetime) -> int:
    """Queries that sweeps sent today, from the value kept as ``YYYY-MM-DD number``."""
    day, _, number = (kept or "").partition(" ")
    return int(number) if day == f"{now:%Y-%m-%d}" and number.isdigit() else 0
