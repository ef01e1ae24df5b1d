"""Days pass: what the lab shows is changed, what people enter is entered, and everything that is due is done.

A step is one simulated time. Its time is stored before it begins and once more when it is done, and everything in it
can be done twice without harm, so a replay that was killed goes on where it was and ends in the same state.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from service.adapters.clock import DrivenClock
from service.app import App
from service.core.errors import InvalidInput, InvalidName
from service.core.model import Action, Block
from service.core.persistence.inputs import BlockRecorded, Tick
from service.lab.scenario_model import Scenario
from service.lab.staging import RecordedBlock, appearances, moments, recorded_blocks_between, reports_between
from service.ports import UnitOfWork
from service.replay.bookmark import Bookmark
from service.replay.calls import called_for

# Looks that fall due within this are made together at its end.
QUANTUM = timedelta(hours=6)
_DAY = timedelta(days=1)


class Stage(Protocol):
    """What shows the scenario (replay/lab_process.py)."""

    async def show(self, now: datetime) -> None:
        """Move the small internet to ``now``."""


class Driver:
    """Drives one App through one scenario. ``tell`` is called with the time after each step.

    ``campaign_suffixes`` are those of the settings (``sweep.campaign_suffixes``).
    """

    def __init__(
        self,
        app: App,
        clock: DrivenClock,
        scenario: Scenario,
        stage: Stage,
        tell: Callable[[datetime], Awaitable[None]],
        *,
        campaign_suffixes: Sequence[str] = (),
    ) -> None:
        self._app, self._clock, self._scenario = app, clock, scenario
        self._stage, self._tell, self._suffixes = stage, tell, campaign_suffixes
        self._changes = moments(scenario)
        self._appearances = appearances(scenario)
        self._stops = tuple(sorted({*self._changes, *_entered(scenario)}))
        self._bookmark = Bookmark(app.store)

    async def run(self) -> None:
        """From where the database says we are to the scenario's end."""
        done = await self._bookmark.done()
        if done is None:
            await self._enter_actions()
        while (now := self._clock.now()) < self._scenario.end:
            await self._bookmark.begin(now)
            await self._step(done, now)
            await self._bookmark.finish(now)
            await self._tell(now)
            done = now
            self._clock.move_to(await self._next(now))

    async def _step(self, done: datetime | None, now: datetime) -> None:
        """One time: the world, people, sweeps at the beginning of a day, looks until none is due, alerts.

        Sweeps and looks go on side by side, as they do in the daemon: a sweep keeps the prober busy, a look ourselves.
        """
        changed = done is None or any(done < change <= now for change in self._changes)
        if changed:
            await self._stage.show(now)
        for report in reports_between(self._scenario, done, now):
            await self._sighting(report.url)
        for recorded in recorded_blocks_between(self._scenario, done, now):
            await self._block(recorded, now)
        new_day = done is None or done.date() != now.date()
        if new_day:
            await self._app.baselines.take_due()
        if self._scenario.end - now <= _DAY and (new_day or changed):
            await self._wake(now)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._sweep(done, now, new_day=new_day))
                group.create_task(self._look())
        except ExceptionGroup as failed:
            raise _first(failed) from failed
        await self._look()
        await self._app.linker.link_pending()
        if await self._app.siblings.run_due():
            await self._look()
            await self._app.linker.link_pending()
        while await self._app.courier.deliver_due():
            pass

    async def _sweep(self, done: datetime | None, now: datetime, *, new_day: bool) -> None:
        """On each day what is due, and whenever names come to be in DNS the sweeps that can generate those.

        Daily sweeps over years would ask for a hundred million names, and nearly all of them would find nothing that
        is not known. So beside the few that ``replay.names`` pays for, those are made that can find a new name.
        """
        if new_day:
            await self._app.sweeper.run_due()
        await self._sweep_for([name for at, name in self._appearances if done is not None and done < at <= now])

    async def _sweep_for(self, appeared: list[str]) -> None:
        """The sweeps of which a daily one would find these names, those of the outlets that they resemble."""
        if not appeared:
            return
        known = await self._app.watched.now()
        calls = called_for(known.index.match(appeared), known.outlets, self._scenario.sweep_tiers, self._suffixes)
        await self._app.sweeper.run_all(calls)

    async def _wake(self, now: datetime) -> None:
        """Make the scenario's sites due: what happened to one since its last look, no look after the end would find.

        Not those that were looked at or made due at this time already, by a process that was killed in this step.
        """

        def step(uow: UnitOfWork) -> None:
            for host in (site.name for site in self._scenario.sites):
                row = uow.sites.get(host)
                if row is not None and row[0].looked_at != now and row[0].due_at > now:
                    self._app.tracker.apply(uow, host, Tick(wake=True))

        await self._app.store.write(step)

    async def _look(self) -> None:
        while await self._app.examiner.examine_due():
            pass

    async def _next(self, now: datetime) -> datetime:
        """The earliest time at which anything has to be done: a new day, a change, an entry, a due look."""
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + _DAY
        stop = next((stop for stop in self._stops if stop > now), midnight)
        due = await self._app.store.read(lambda uow: uow.sites.next_due())
        look = midnight if due is None else max(_rounded_up(due), now + QUANTUM)
        return min(midnight, stop, look)

    async def _sighting(self, url: str) -> None:
        try:
            await self._app.door.admit_url(url, "sighting")
        except (InvalidInput, InvalidName):
            # Somebody reported an outlet's own page, or a public suffix; there is nothing to watch.
            return

    async def _block(self, recorded: RecordedBlock, now: datetime) -> None:
        """What an operator would enter through the API on that day, for a name that nobody has seen yet as well."""
        try:
            await self._app.door.admit_host(recorded.site, "block")
        except (InvalidInput, InvalidName):
            # A list that holds an outlet's own name: there is nothing to watch.
            return

        def step(uow: UnitOfWork) -> None:
            row = uow.sites.get(recorded.site)
            for block in _entries(recorded, row[0].blocks if row else (), now):
                self._app.tracker.apply(uow, recorded.site, BlockRecorded(block=block))

        await self._app.store.write(step)

    async def _enter_actions(self) -> None:
        def step(uow: UnitOfWork) -> None:
            for action in self._scenario.actions:
                uow.actions.put(
                    Action(
                        id=action.id,
                        authority=action.authority,
                        place=action.place,
                        effective=action.effective,
                        reference=action.reference,
                    )
                )

        await self._app.store.write(step)


def _first(failed: ExceptionGroup[Exception]) -> Exception:
    """What went wrong first, for the command to say in a line: a dead database fails everything under way at once."""
    first = failed.exceptions[0]
    return _first(first) if isinstance(first, ExceptionGroup) else first


def _entered(scenario: Scenario) -> Iterator[datetime]:
    """When people enter something, also where nothing changes on the small internet at that time."""
    yield from (report.at for report in reports_between(scenario, None, scenario.end))
    yield from (block.at for block in recorded_blocks_between(scenario, None, scenario.end))


def _entries(recorded: RecordedBlock, known: tuple[Block, ...], now: datetime) -> Iterator[Block]:
    """The blocks to enter; entering them again after a kill changes nothing, so nothing is told twice."""
    if recorded.lifted:
        in_force = (block for block in known if block.place is recorded.place and block.lifted_at is None)
        yield from (replace(block, lifted_at=recorded.effective) for block in in_force)
        return
    made = Block(
        id=f"blk_{recorded.site}_{recorded.place.value}_{recorded.effective:%Y%m%dT%H%M%SZ}",
        place=recorded.place,
        effective_from=recorded.effective,
        known_from=now,
        reported=True,
        reference=recorded.reference,
        action=recorded.action,
    )
    if all(block.id != made.id for block in known):
        yield made


def _rounded_up(when: datetime) -> datetime:
    """The end of the quantum that a due time lies in."""
    seconds = QUANTUM.total_seconds()
    since = when.timestamp()
    late = since % seconds
    return when if late == 0 else when + timedelta(seconds=seconds - late)
