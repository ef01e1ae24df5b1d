"""Once a day, delete rows that nothing rests on any more.

What is to go is found in a read, which nobody waits for, and deleted in small transactions, which look once more
whether it still may: what was flagged in between stays. A kill between two of them loses nothing but time.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from service.core.retention import Keeping, Passing
from service.ports import Clock, Store, UnitOfWork
from service.ports_retention import Key

log = logging.getLogger("spoofwatch.retention")

_EVERY = timedelta(days=1)
_DONE = "retention.done"
_FOUND_AT_ONCE = 20_000
_DELETED_AT_ONCE = 500
"""Rows in one transaction: milliseconds, for which writers wait."""


@dataclass(frozen=True, kw_only=True)
class Tidier:
    """Deletes what ``keeping`` does not keep."""

    clock: Clock
    store: Store
    keeping: Keeping

    async def run_due(self) -> Counter[Passing]:
        """Delete what is to go, unless that was done within a day; how many rows of each kind."""
        now = self.clock.now()
        done = await self.store.read(lambda uow: uow.actions.get_state(_DONE))
        if done is not None and timedelta(0) <= now - datetime.fromisoformat(done) < _EVERY:
            return Counter()
        gone = await self.run()
        await self.store.write(lambda uow: uow.actions.set_state(_DONE, now.isoformat()))
        return gone

    async def run(self) -> Counter[Passing]:
        """Delete what is to go now; how many rows of each kind."""
        gone: Counter[Passing] = Counter()
        now = self.clock.now()
        for kind in Passing:
            # Requests are repeated, and tokens end, in real time, whatever time a replay plays.
            real = kind in (Passing.REPEATS, Passing.TOKENS)
            before = self.keeping.until(kind, self.clock.real_now() if real else now)
            while found := await self._forget(kind, before):
                gone[kind] += found
            if gone[kind]:
                log.info("retention: %d %s from before %s were deleted", gone[kind], kind.value, f"{before:%Y-%m-%d}")
        return gone

    async def _forget(self, kind: Passing, before: datetime) -> int:
        """Delete a lot of one kind; how many went, 0 where none is left that may go."""
        keys = await self.store.read(lambda uow: uow.retention.passed(kind, before, _FOUND_AT_ONCE))
        gone = 0
        for start in range(0, len(keys), _DELETED_AT_ONCE):
            gone += await self.store.write(_forgetting(kind, keys[start : start + _DELETED_AT_ONCE], before))
        return gone


def _forgetting(kind: Passing, keys: Sequence[Key], before: datetime) -> Callable[[UnitOfWork], int]:
    return lambda uow: uow.retention.forget(kind, keys, before)
