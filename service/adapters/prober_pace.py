"""How fast the prober asks, and what waits for a time: a token bucket that backs off, and a wheel of timers.

Both take the time as an argument (seconds of any steady clock) and hold no clock of their own.
"""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")

TICK = 0.05
"""Seconds between two slots of the wheel: finer costs wake-ups, coarser delays retries."""

TROUBLE_SHARE = 0.1
"""Share of failed answers above which an upstream is asked half as fast. Lossy paths and names with dead servers stay
below: a run with 5 % loss and 3 % SERVFAIL would otherwise crawl for ever at the slowest rate."""

_SAMPLE = 50
_PERIOD = 1.0
_RISE = 0.05
_FLOOR = 1 / 16
_NARROWEST = 8


class Bucket:
    """What one upstream may be asked now: tokens by rate, and room in a window of queries under way.

    Rate and window are both halved on trouble, down to a sixteenth, and rise by a twentieth of the whole per good
    second. A window that stays wide over a slow resolver is what makes every answer come too late. ``rate`` in queries
    a second, 0 for no limit; ``window`` in queries.
    """

    def __init__(self, rate: float, window: int, now: float) -> None:
        self.share = 1.0
        self._rate, self._window = rate, window
        self._tokens = 0.0
        self._filled_at = self._period_at = now
        self._good = self._bad = 0

    def take(self, want: int, under_way: int, now: float) -> int:
        """Take leave for up to ``want`` queries while ``under_way`` are waiting; says for how many."""
        allowed = min(want, max(_NARROWEST, int(self._window * self.share)) - under_way)
        if allowed <= 0 or not self._rate:
            return max(0, allowed)
        # A twentieth of a second may come at once; a larger burst is what resolvers count as an attack.
        rate = self._rate * self.share
        self._tokens = min(max(1.0, rate * TICK), self._tokens + (now - self._filled_at) * rate)
        self._filled_at = now
        taken = max(0, min(allowed, int(self._tokens)))
        self._tokens -= taken
        return taken

    def charge(self) -> None:
        """Count a query that did not wait for its token (over TCP)."""
        self._tokens -= 1

    def note(self, *, good: int = 0, bad: int = 0) -> None:
        """Count answers and failures (SERVFAIL, REFUSED, silence)."""
        self._good += good
        self._bad += bad

    def adapt(self, now: float) -> None:
        """Change the share by what was noted, at most once a second."""
        answers = self._good + self._bad
        enough = _SAMPLE if not self._rate else min(_SAMPLE, self._rate * self.share)
        if now - self._period_at < _PERIOD or answers < enough:
            return
        if self._bad > TROUBLE_SHARE * answers:
            self.share = max(_FLOOR, self.share / 2)
        else:
            self.share = min(1.0, self.share + _RISE)
        self._good = self._bad = 0
        self._period_at = now


class Wheel(Generic[T]):
    """Things that fall due, in slots of 50 ms. Adding costs an append; what no longer matters is skipped when due."""

    def __init__(self, span: float, now: float) -> None:
        """``span``: the longest delay in seconds that will be asked for."""
        self._slots: list[list[T]] = [[] for _ in range(int(span / TICK) + 3)]
        self._at = 0
        self._next = now + TICK

    def slot(self, delay: float) -> list[T]:
        """Where to append what falls due ``delay`` seconds from now, never early and at most two ticks late."""
        return self._slots[(self._at + int(delay / TICK) + 2) % len(self._slots)]

    def due(self, now: float) -> list[T]:
        """Take out everything that has fallen due."""
        taken: list[T] = []
        # After a stall of the whole process one round empties every slot.
        for _ in range(len(self._slots)):
            if now < self._next:
                return taken
            self._next += TICK
            self._at = (self._at + 1) % len(self._slots)
            slot = self._slots[self._at]
            self._slots[self._at] = []
            taken += slot
        self._next = now + TICK
        return taken
