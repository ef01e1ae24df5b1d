"""Room on the disk: what stops first when it runs out, and when it goes on.

    free space above ``evidence``      everything runs
    between the two                    no more evidence and screenshots; everything else runs
    below ``looks``                    no looks, sweeps or feeds either, and the API is read-only; nothing is lost: due
                                       times and cursors stay

Each turn is told once, in the log and as ``monitor.degraded``.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import IntEnum

from service.core.alerts import events
from service.ports import Clock, Store
from service.ports_evidence import Evidence

log = logging.getLogger("spoofwatch.space")

_MIB = 1024 * 1024


class Room(IntEnum):
    """How much there is."""

    NONE = 0
    LITTLE = 1
    ENOUGH = 2


_WORDS = {
    Room.NONE: "{free} MiB free on the disk: looks, sweeps, feeds and writing over the API wait until there is more",
    Room.LITTLE: "{free} MiB free on the disk: no evidence and no screenshots are kept until there is more",
    Room.ENOUGH: "{free} MiB free on the disk: everything goes on",
}


@dataclass(kw_only=True)
class Space:
    """Watches the disk of the evidence store. ``evidence`` and ``looks`` are the bytes below which each stops."""

    clock: Clock
    store: Store
    files: Evidence
    evidence: int
    looks: int
    room: Room = Room.ENOUGH
    said: str = "ok"

    def for_evidence(self) -> bool:
        """Whether evidence may be written."""
        return self.room is Room.ENOUGH

    def for_looks(self) -> bool:
        """Whether anything may be taken in."""
        return self.room is not Room.NONE

    def full(self) -> str:
        """Why nothing may be written any more, in words; empty while it may."""
        return self.said if self.room is Room.NONE else ""

    async def check(self) -> None:
        """Ask the disk; say so where it turned."""
        free = await self.files.free()
        room = Room(Room.ENOUGH if free >= self.evidence else Room.LITTLE if free >= self.looks else Room.NONE)
        before, self.room = self.room, room
        words = _WORDS[room].format(free=free // _MIB)
        self.said = "ok" if room is Room.ENOUGH else words
        if room is before:
            return
        log.log(logging.INFO if room > before else logging.ERROR, words)
        now = self.clock.now()
        detail = {"what": "disk", "detail": words, "recovered": room is Room.ENOUGH}
        event = events.about_service("monitor.degraded", now, key=f"disk:{room.name}", detail=detail)
        await self.store.write(lambda uow: uow.outbox.publish([event], now))

    def while_there_is_room(self, run: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[object]]:
        """``run``, left out while the disk is full."""

        async def guarded() -> object:
            return await run() if self.for_looks() else None

        return guarded
