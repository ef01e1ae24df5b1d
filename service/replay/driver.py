"""Days pass: what the lab shows is changed, what people enter is entered, and everything that is due is done.

A step is one simulated time. Its time is stored before it begins and once more when it is done, and everything in it
can be done twice without harm, so a replay that was killed goes on where it was and ends in the same state.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from service.adapters.clock import DrivenClock
from service.app import App
from service.core.errors import InvalidInput, SpoofwatchError
from service.core.model import Action, Block
from service.core.persistence.inputs import BlockRecorded
from service.lab.scenario_model import Scenario
from service.lab.staging import RecordedBlock, moments, recorded_blocks_between, reports_between
from service.ports import UnitOfWork

# Looks that fall due within this are made together at its end.
QUANTUM = timedelta(hours=6)
_DAY = timedelta(days=1)
NOW, DONE = "replay.now", "replay.done"


class Stage(Protocol):
    """What shows the scenario (replay/lab_process.py)."""

    async def show(self, now: datetime) -> None:
        """Move the small internet to ``now``."""


class Driver:
    """Drives one App through one scenario. ``tell`` is called with the time after each step."""

    def __init__(
        self,
        app: App,
        clock: DrivenClock,
        scenario: Scenario,
        stage: Stage,
        tell: Callable[[datetime], Awaitable[None]],
    ) -> None:
        self._app, self._clock, self._scenario = app, clock, scenario
        self._stage, self._tell = stage, tell
        self._changes = moments(scenario)

    async def run(self) -> None:
        """From where the database says we are to the scenario's end."""
        done = await self._kept(DONE)
        if done is None:
            await self._enter_actions()
        while (now := self._clock.now()) < self._scenario.end:
            await self._keep(NOW, now)
            await self._step(done, now)
            await self._keep(DONE, now)
            await self._tell(now)
            done = now
            self._clock.move_to(await self._next(now))

    async def _step(self, done: datetime | None, now: datetime) -> None:
        """One time: the world, people, sweeps at the beginning of a day, looks until none is due, alerts."""
        if done is None or any(done < change <= now for change in self._changes):
            await self._stage.show(now)
        for report in reports_between(self._scenario, done, now):
            await self._sighting(report.url)
        for recorded in recorded_blocks_between(self._scenario, done, now):
            await self._block(recorded, now)
        if done is None or done.date() != now.date():
            await self._app.baselines.take_due()
            # On the last day everything is swept once more: what came after the last sweep would be left out else.
            last_day = self._scenario.end - now <= _DAY
            await (self._app.sweeper.run_all() if last_day else self._app.sweeper.run_due())
        while await self._app.examiner.examine_due():
            pass
        await self._app.linker.link_pending()
        while await self._app.courier.deliver_due():
            pass

    async def _next(self, now: datetime) -> datetime:
        """The earliest time at which anything has to be done: a new day, a change of the world, a due look."""
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + _DAY
        change = next((change for change in self._changes if change > now), midnight)
        due = await self._app.store.read(lambda uow: uow.sites.next_due())
        look = midnight if due is None else max(_rounded_up(due), now + QUANTUM)
        return min(midnight, change, look)

    async def _sighting(self, url: str) -> None:
        try:
            await self._app.door.admit_url(url, "sighting")
        except InvalidInput:
            # Somebody reported an outlet's own page; there is nothing to watch.
            return

    async def _block(self, recorded: RecordedBlock, now: datetime) -> None:
        """What an operator would enter through the API on that day, for a name that nobody has seen yet as well."""
        await self._app.door.admit_host(recorded.site, "block")

        def step(uow: UnitOfWork) -> None:
            row = uow.sites.get(recorded.site)
            block = _block_of(recorded, row[0].blocks if row else (), now)
            if block is not None:
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

    async def _kept(self, key: str) -> datetime | None:
        text = await self._app.store.read(lambda uow: uow.actions.get_state(key))
        return datetime.fromisoformat(text) if text else None

    async def _keep(self, key: str, when: datetime) -> None:
        await self._app.store.write(lambda uow: uow.actions.set_state(key, when.isoformat()))


async def resume_time(app: App, scenario: Scenario) -> datetime:
    """Where a replay on this database stands: the step under way, or the scenario's beginning.

    SpoofwatchError where the database belongs to another scenario.
    """

    def step(uow: UnitOfWork) -> tuple[str | None, str | None]:
        known, now = uow.actions.get_state("replay.scenario"), uow.actions.get_state(NOW)
        if known is None:
            uow.actions.set_state("replay.scenario", scenario.name)
        return known, now

    known, now = await app.store.write(step)
    if known is not None and known != scenario.name:
        raise SpoofwatchError(f"this database holds a replay of {known}, not of {scenario.name}")
    return datetime.fromisoformat(now) if now else scenario.begin


def _block_of(recorded: RecordedBlock, known: tuple[Block, ...], now: datetime) -> Block | None:
    """The block to enter; entering it again after a kill is the same block, so nothing is told twice."""
    if recorded.lifted:
        lifted = next((b for b in reversed(known) if b.place is recorded.place and b.lifted_at is None), None)
        return replace(lifted, lifted_at=recorded.effective) if lifted is not None else None
    return Block(
        id=f"{recorded.site} {recorded.place.value} {recorded.effective:%Y-%m-%d}",
        place=recorded.place,
        effective_from=recorded.effective,
        known_from=now,
        reported=True,
        reference=recorded.reference,
        action=recorded.action,
    )


def _rounded_up(when: datetime) -> datetime:
    """The end of the quantum that a due time lies in."""
    seconds = QUANTUM.total_seconds()
    since = when.timestamp()
    late = since % seconds
    return when if late == 0 else when + timedelta(seconds=seconds - late)
