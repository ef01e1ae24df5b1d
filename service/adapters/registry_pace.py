"""How often registries are asked: so many questions a second each, and none while one asked for patience.

Turns are taken in real time, because they are the network's limits. Patience is counted in the caller's time, which a
replay drives: a pause of an hour is over when its clock says so.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count

LONGEST_PAUSE = 3600.0
"""Seconds; a server that wants longer is asked once an hour whether it still does."""

FIRST_PAUSE = 60.0
"""Seconds of patience where a server says "too many" and not how long; they double each time in a row."""

_MOST_SERVERS = 5_000


@dataclass(slots=True)
class _Line:
    """Who waits for one server: pressing questions first, otherwise in the order in which they came."""

    free_at: float = float("-inf")
    waiting: list[tuple[bool, int, asyncio.Future[None]]] = field(default_factory=list)
    timer: asyncio.TimerHandle | None = None


class RegistryPace:
    """Turns and pauses by server. ``per_second`` 0: no limit. ``patience``: seconds of the longest line that is joined.

    A question that is overtaken by pressing ones waits for twice that at most.
    """

    def __init__(self, per_second: float = 1.0, patience: float = 30.0) -> None:
        self._interval = 1 / per_second if per_second else 0.0
        self._patience = patience
        self._lines: dict[str, _Line] = {}
        self._arrivals = count()
        self._paused: dict[str, datetime] = {}
        self._strikes: dict[str, int] = {}

    async def turn(self, server: str, now: datetime, *, pressing: bool = False) -> float:
        """Wait for a turn and give back 0, or give back at once the seconds after which asking makes sense again.

        A ``pressing`` question goes before all that are not.
        """
        pause = self._pause(server, now)
        if pause or not self._interval:
            return pause
        loop = asyncio.get_running_loop()
        line = self._line(server, loop.time())
        ahead = sum(not pressing or not calm for calm, _, _ in line.waiting)
        expected = max(0.0, line.free_at - loop.time()) + ahead * self._interval
        if expected > self._patience:
            return expected
        place = loop.create_future()
        heappush(line.waiting, (not pressing, next(self._arrivals), place))
        self._call(line, loop)
        try:
            async with asyncio.timeout(2 * self._patience or None):
                await place
        except TimeoutError:
            return self._patience
        # The server may have asked for patience while we stood in line.
        return self._pause(server, now)

    def struck(self, server: str, now: datetime, retry_after: float | None) -> float:
        """A server refused for now: pause it as long as it asks, at most an hour. Gives back the seconds."""
        strikes = self._strikes[server] = self._strikes.get(server, 0) + 1
        wanted = FIRST_PAUSE * 2 ** min(strikes - 1, 10) if retry_after is None else retry_after
        seconds = min(max(wanted, 1.0), LONGEST_PAUSE)
        self._paused[server] = now + timedelta(seconds=seconds)
        return seconds

    def answered(self, server: str) -> None:
        """A server answered properly: the next refusal starts from the shortest pause again."""
        self._strikes.pop(server, None)

    def _pause(self, server: str, now: datetime) -> float:
        until = self._paused.get(server)
        return (until - now).total_seconds() if until is not None and until > now else 0.0

    def _line(self, server: str, time: float) -> _Line:
        if server not in self._lines and len(self._lines) >= _MOST_SERVERS:
            busy = {name: line for name, line in self._lines.items() if line.waiting or line.free_at > time}
            self._lines = busy
        return self._lines.setdefault(server, _Line())

    def _call(self, line: _Line, loop: asyncio.AbstractEventLoop) -> None:
        """Give the turn to whoever is first, now or when the server is free again."""
        if line.timer is None and line.waiting:
            line.timer = loop.call_at(max(line.free_at, loop.time()), self._next, line, loop)

    def _next(self, line: _Line, loop: asyncio.AbstractEventLoop) -> None:
        line.timer = None
        while line.waiting:
            _, _, place = heappop(line.waiting)
            if not place.done():
                # Who gave up while waiting takes no turn.
                place.set_result(None)
                line.free_at = loop.time() + self._interval
                break
        self._call(line, loop)
