"""A few fixed ticks by APScheduler. Business times are due times in the database; a tick only asks what is due.

Memory job store on purpose: ticks are declared at every start, and a second store of times would be a second truth.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from service.core.errors import StoreUnavailable
from service.daemon.health import Health, TickState

log = logging.getLogger("spoofwatch.scheduler")


@dataclass(frozen=True, kw_only=True)
class Tick:
    """Work that is asked for every so often. ``run`` does what is due and returns; it never runs twice at once."""

    name: str
    every: timedelta
    run: Callable[[], Awaitable[object]]


class Ticker:
    """Starts ticks at their turns, each at once for the first time, and waits for those under way when it stops.

    ``coalesce`` and no grace time: runs that were missed while the loop was busy are one run, never none
    (the defaults drop a run that is one second late).
    """

    def __init__(self, ticks: Sequence[Tick], health: Health) -> None:
        self._health = health
        self._under_way: set[asyncio.Task[None]] = set()
        self._scheduler = AsyncIOScheduler(
            timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        # One warning for each turn that a long sweep takes up would fill the log; health shows how long a tick runs.
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        for tick in ticks:
            health.ticks[tick.name] = TickState(every=tick.every)
            self._scheduler.add_job(
                self._run,
                "interval",
                args=[tick],
                seconds=tick.every.total_seconds(),
                id=tick.name,
                next_run_time=health.clock.real_now(),
            )

    def start(self) -> None:
        """Begin."""
        self._scheduler.start()

    async def stop(self, grace: float) -> None:
        """Start no more; what is under way gets ``grace`` seconds, then it is cancelled."""
        self._scheduler.pause()
        under_way = set(self._under_way)
        if under_way:
            _, late = await asyncio.wait(under_way, timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        self._scheduler.shutdown(wait=False)

    async def _run(self, tick: Tick) -> None:
        task = asyncio.create_task(self._guarded(tick), name=f"tick:{tick.name}")
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        await asyncio.wait([task])

    async def _guarded(self, tick: Tick) -> None:
        """A tick that fails says so and is tried again at its next turn; it never takes the daemon with it."""
        self._health.started(tick.name)
        try:
            await tick.run()
        except StoreUnavailable as error:
            log.warning("%s waits for the database: %s", tick.name, error)
            self._health.done(tick.name, str(error))
        except Exception as error:
            log.exception("%s failed", tick.name)
            self._health.done(tick.name, f"{type(error).__name__}: {error}")
        else:
            self._health.done(tick.name)
