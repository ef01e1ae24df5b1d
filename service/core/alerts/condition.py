"""How an endpoint has fared lately, and what follows: sent to, probed, or given up. Pure.

A circuit: after a few failures in a row an endpoint is left alone but for single probes, further and further apart, so
that what waits for it does not use up its tries against a receiver that is down. The first answer that is a success
closes it, and everything that waits goes out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from service.core.alerts.retry import PATIENCE, jittered

THRESHOLD = 3
"""Failures in a row that open the circuit: one is an accident, and two deliveries are under way at a time."""

PROBES = tuple(timedelta(seconds=s) for s in (5, 30, 2 * 60, 5 * 60, 15 * 60))
"""Gaps between probes; the last one stays. A mended receiver hears of what waits within a quarter of an hour."""

GIVEN_UP_AFTER = timedelta(days=5)
"""Of nothing but failures; then the endpoint is disabled (Standard Webhooks 1.0 asks for some such limit)."""


class Channel(StrEnum):
    """What kind of receiver an endpoint is."""

    WEBHOOK = "webhook"
    SLACK = "slack"
    MATTERMOST = "mattermost"
    DISCORD = "discord"
    TEAMS = "teams"
    EMAIL = "email"
    APPRISE = "apprise"


class Severity(StrEnum):
    """How much an event matters to those who are told, the least first."""

    INFO = "info"
    WARNING = "warning"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for the least."""
        return tuple(Severity).index(self)


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """``failures`` in a row since ``failing_since``; nothing is sent before ``probe_at``."""

    failures: int = 0
    failing_since: datetime | None = None
    probe_at: datetime | None = None

    @property
    def circuit_open(self) -> bool:
        """Whether only single probes are sent."""
        return self.failures >= THRESHOLD

    def allows(self, now: datetime) -> bool:
        """Whether anything may be sent now."""
        return self.probe_at is None or self.probe_at <= now

    def hopeless(self, now: datetime) -> bool:
        """Whether it has failed for so long that it is to be disabled."""
        return self.circuit_open and self.failing_since is not None and now - self.failing_since >= GIVEN_UP_AFTER


WELL = Condition()
"""Nothing is known against it."""


def after(before: Condition, *, ok: bool, retry_after: float | None, key: str, at: datetime) -> Condition:
    """The condition after a try at ``at``. ``retry_after`` in seconds, as the receiver asked of everybody."""
    if ok:
        return WELL
    failed = replace(before, failures=before.failures + 1, failing_since=before.failing_since or at)
    asked = None if retry_after is None else min(timedelta(seconds=max(retry_after, 0.0)), PATIENCE)
    if not failed.circuit_open:
        return replace(failed, probe_at=None if asked is None else at + asked)
    gap = jittered(PROBES[min(failed.failures - THRESHOLD, len(PROBES) - 1)], key, failed.failures)
    return replace(failed, probe_at=at + max(gap, asked or gap))
