"""The only reader of the machine's clock, and the clock that a replay drives."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta


async def until(at: float) -> None:
    """Wait until the event loop's own time is ``at``: for limits of the network, which no driven clock moves."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[None] = loop.create_future()
    timer = loop.call_at(at, future.set_result, None)
    try:
        await future
    finally:
        timer.cancel()


class SystemClock:
    """Real time."""

    def now(self) -> datetime:
        """Aware UTC."""
        return datetime.now(UTC)

    def real_now(self) -> datetime:
        """The same."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Sleep in real time."""
        await asyncio.sleep(seconds)


class DrivenClock:
    """Time that stands still until it is moved. Signatures, certificates and I/O limits stay on real time."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        """The simulated time, aware UTC."""
        return self._now

    def real_now(self) -> datetime:
        """The machine's time, aware UTC."""
        return datetime.now(UTC)

    def move_to(self, when: datetime) -> None:
        """Set the time; it never runs backwards."""
        if when < self._now:
            raise ValueError(f"time cannot run backwards from {self._now} to {when}")
        self._now = when

    async def sleep(self, seconds: float) -> None:
        """Move the time forward by as much, without waiting."""
        self._now += timedelta(seconds=seconds)
        await asyncio.sleep(0)
