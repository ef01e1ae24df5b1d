"""Work that never ends by itself (feeds that are followed all the time), kept running beside the ticks."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from service.core.errors import StoreUnavailable
from service.daemon.health import Health, TickState

log = logging.getLogger("spoofwatch.followers")

_AGAIN_SECONDS = 30.0


class Follower(Protocol):
    """``run`` goes on until it is cancelled, which it may be at any moment."""

    name: str

    async def run(self) -> None:
        """Do the work."""


class Followers:
    """Starts them, starts each again that fails, and cancels them all in the end."""

    def __init__(self, followers: Sequence[Follower], health: Health) -> None:
        self._followers, self._health = followers, health
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin."""
        for follower in self._followers:
            self._health.ticks[follower.name] = TickState(every=timedelta(seconds=_AGAIN_SECONDS))
            self._tasks.append(asyncio.create_task(self._guarded(follower), name=f"follower:{follower.name}"))

    async def stop(self) -> None:
        """Cancel them. What was under way is committed or not at all, so nothing is lost by that."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _guarded(self, follower: Follower) -> None:
        while True:
            self._health.started(follower.name)
            try:
                await follower.run()
            except StoreUnavailable as error:
                log.warning("%s waits for the database: %s", follower.name, error)
                self._health.done(follower.name, str(error))
            except Exception as error:
                log.exception("%s failed; it is started again", follower.name)
                self._health.done(follower.name, f"{type(error).__name__}: {error}")
            await self._health.clock.sleep(_AGAIN_SECONDS)
