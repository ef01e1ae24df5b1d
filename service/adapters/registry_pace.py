"""How often registries are asked: so many questions a second each, and none while one asked for patience.

Turns are taken in real time, because they are the network's limits. Patience is counted in the caller's time, which a
replay drives: a pause of an hour is over when its clock says so.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from datetime import datetime, timedelta

from service.adapters import clock

LONGEST_PAUSE = 3600.0
"""Seconds; a server that wants longer is asked once an hour whether it still does."""

FIRST_PAUSE = 60.0
"""Seconds of patience where a server says "too many" and not how long; they double each time in a row."""

_MOST_SERVERS = 5_000


class RegistryPace:
    """Turns and pauses by server. ``per_second`` 0: no limit. ``patience``: the longest wait for a turn in seconds."""

    def __init__(self, per_second: float = 1.0, patience: float = 30.0) -> None:
        self._interval = 1 / per_second if per_second else 0.0
        self._patience = patience
        self._next: OrderedDict[str, float] = OrderedDict()
        self._paused: dict[str, datetime] = {}
        self._strikes: dict[str, int] = {}

    async def turn(self, server: str, now: datetime) -> float:
        """Wait for a turn and give back 0, or give back at once the seconds after which asking makes sense again."""
        until = self._paused.get(server)
        if until is not None and until > now:
            return (until - now).total_seconds()
        if not self._interval:
            return 0.0
        loop = asyncio.get_running_loop()
        asked_at = loop.time()
        at = max(asked_at, self._next.get(server, asked_at))
        if at - asked_at > self._patience:
            return at - asked_at
        self._reserve(server, at + self._interval)
        await clock.until(at)
        return 0.0

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

    def _reserve(self, server: str, at: float) -> None:
        self._next[server] = at
        self._next.move_to_end(server)
        if len(self._next) > _MOST_SERVERS:
            self._next.popitem(last=False)
