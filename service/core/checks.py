"""Checks that were asked for: one name or URL, looked at now, with a report to come back for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

LEASE = timedelta(minutes=5)
"""How long a check may be under way; then whoever made it was cut off, and it is made anew."""

LONGEST = timedelta(minutes=4)
"""After this a check is given up: well before its lease ends, so that none is ever made twice at one time."""

TRIES = 3
"""A check that was cut off so often is given up: it may be what cuts off its process."""

WINDOW = timedelta(hours=1)
"""What a token's allowance is for."""

Report = Mapping[str, Any]
"""JSON values, as ``spoofwatch check --json`` prints them."""


class CheckState(StrEnum):
    """Where a check stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """``target`` as it was given, ``by`` which token; ``outlets`` are those that it may be told of (empty: all).

    ``tries`` is how often it was begun, which tells whoever was too late from whoever has it now. ``report`` is what
    came of it, ``error`` why nothing did.
    """

    id: str
    target: str
    by: str
    asked_at: datetime
    outlets: frozenset[str] = frozenset()
    tries: int = 0
    leased_until: datetime | None = None
    done_at: datetime | None = None
    report: Report | None = None
    error: str = ""

    def state(self, now: datetime) -> CheckState:
        """Where it stands now."""
        if self.done_at is not None:
            return CheckState.FAILED if self.report is None else CheckState.DONE
        is_leased = self.leased_until is not None and self.leased_until > now
        return CheckState.RUNNING if is_leased else CheckState.QUEUED
