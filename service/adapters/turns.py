"""How many requests go to one place at a time, and how far apart: our own manners, whatever a site would bear."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from service.adapters.clock import until
from service.core.names import name as names

_MOST_RESTING = 5_000
"""Places remembered though nobody is there, for the sake of the pause after the last request."""


class Waiting:
    """Stops a deadline for as long as it is entered: our own queues are not the site's fault."""

    def __init__(self, deadline: asyncio.Timeout) -> None:
        self._deadline = deadline
        self._left: float | None = None

    async def __aenter__(self) -> None:
        when = self._deadline.when()
        if when is not None and not self._deadline.expired():
            self._left = when - asyncio.get_running_loop().time()
            self._deadline.reschedule(None)

    async def __aexit__(self, *_: object) -> None:
        if self._left is not None:
            self._deadline.reschedule(asyncio.get_running_loop().time() + self._left)


class Turns:
    """At most so many requests at a time at one address, and at one registrable domain wherever its hosts are.

    ``pause`` seconds times what ``stretch`` gives lie between the beginnings of two requests to one domain.
    """

    def __init__(
        self, per_address: int, per_domain: int, pause: float = 0.0, stretch: Callable[[], float] = lambda: 1.0
    ) -> None:
        self._addresses, self._domains = _Places(per_address), _Places(per_domain, pause, stretch)

    @asynccontextmanager
    async def at(self, host: str, address: str, waiting: Waiting, *, ours: bool = False) -> AsyncIterator[None]:
        """Wait for a turn at both and hold it; ``waiting`` is entered for as long as that takes.

        ``ours``: it is in a network of the operator's, where nobody needs a pause.
        The domain always comes first: whoever holds an address waits for nobody, so no two wait for each other.
        """
        async with (
            self._domains.turn(names.registrable(host) or host, waiting, pauses=not ours),
            self._addresses.turn(address, waiting),
        ):
            yield


@dataclass(slots=True)
class _Place:
    free: asyncio.Semaphore
    users: int = 0
    next_at: float = 0.0


class _Places:
    """One semaphore a place, forgotten with its last user unless a pause follows."""

    def __init__(self, most: int, pause: float = 0.0, stretch: Callable[[], float] = lambda: 1.0) -> None:
        self._most, self._pause, self._stretch = most, pause, stretch
        self._places: dict[str, _Place] = {}

    @asynccontextmanager
    async def turn(self, key: str, waiting: Waiting, *, pauses: bool = True) -> AsyncIterator[None]:
        place = self._places.setdefault(key, _Place(asyncio.Semaphore(self._most)))
        place.users += 1
        try:
            async with waiting:
                await place.free.acquire()
            try:
                if self._pause and pauses:
                    async with waiting:
                        await self._paused(place)
                yield
            finally:
                place.free.release()
        finally:
            place.users -= 1
            self._forget(key, place)

    async def _paused(self, place: _Place) -> None:
        """Take the next moment that is free, and wait for it."""
        at = max(asyncio.get_running_loop().time(), place.next_at)
        place.next_at = at + self._pause * self._stretch()
        await until(at)

    def _forget(self, key: str, place: _Place) -> None:
        if not place.users and not self._pause:
            del self._places[key]
        elif len(self._places) > _MOST_RESTING:
            now = asyncio.get_running_loop().time()
            self._places = {key: one for key, one in self._places.items() if one.users or one.next_at > now}
