"""When to try a delivery again: the retry schedule of the Standard Webhooks specification 1.0, with jitter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from service.core.alerts.deliveries import Attempt


# Gaps after the first try, the second, and so on: five seconds to about a day, ten tries in about three days.
SCHEDULE = tuple(
    timedelta(seconds=s) for s in (5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
)
JITTER = 0.1  # of a gap, to either side, so that receivers that were down together are not asked together
PATIENCE = timedelta(hours=24)
"""The longest that a receiver's Retry-After is honoured."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """``next_at`` None: no more tries. ``reason`` in words for the log."""

    next_at: datetime | None
    reason: str


def decide(attempt: Attempt, tries: int, key: str, at: datetime) -> Decision:
    """What follows on try number ``tries`` (from 1) of the delivery that ``key`` names, made at ``at``.

    A receiver's Retry-After is honoured up to a day, and never shortens a gap.
    """
    if attempt.ok:
        return Decision(next_at=None, reason="delivered")
    if attempt.permanent:
        return Decision(next_at=None, reason="refused for good")
    if tries > len(SCHEDULE):
        return Decision(next_at=None, reason=f"given up after {tries} tries")
    gap = jittered(SCHEDULE[tries - 1], key, tries)
    if attempt.retry_after is not None:
        gap = max(gap, min(timedelta(seconds=max(attempt.retry_after, 0.0)), PATIENCE))
    return Decision(next_at=at + gap, reason=f"try {tries + 1} of {len(SCHEDULE) + 1} is due")


def jittered(gap: timedelta, key: str, tries: int) -> timedelta:
    """A gap up to a tenth longer or shorter, steady for one try of what ``key`` names."""
    return gap * (1 + JITTER * (2 * _fraction(key, tries) - 1))


def _fraction(key: str, tries: int) -> float:
    """A steady number in [0, 1) for one try of one delivery."""
    return int.from_bytes(blake2b(f"{key}:{tries}".encode(), digest_size=4).digest(), "big") / 2**32
