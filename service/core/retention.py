"""How long rows are kept that nothing rests on. Pure.

Sites, lookalikes, verdicts, episodes, blocks, actions, reports, links, campaigns, forecasts and sweeps are kept for
good, and so is everything that was seen or told of a site that was ever flagged, blocked or reported.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from service.core.repeats import KEPT_FOR


class Passing(StrEnum):
    """Kinds of rows that go after a while, in the order in which they go: what points to others first."""

    ATTEMPTS = "attempts"
    DELIVERIES = "deliveries"
    EVENTS = "events"
    OBSERVATIONS = "observations"
    UNANSWERED = "unanswered"
    CAPTURES = "captures"
    SIGHTINGS = "sightings"
    SIGHTING_REPORTS = "sighting_reports"
    CHECKS = "checks"
    REPEATS = "repeats"
    TOKENS = "tokens"


_WITH = {Passing.CAPTURES: Passing.SIGHTINGS, Passing.SIGHTING_REPORTS: Passing.SIGHTINGS}
"""What is kept as long as another kind: what was uploaded with a sighting, and the report that it stands in."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Keeping:
    """How long each kind is kept; answers to requests that may be sent twice as long as was promised."""

    attempts: timedelta = timedelta(days=30)
    deliveries: timedelta = timedelta(days=90)
    events: timedelta = timedelta(days=730)
    observations: timedelta = timedelta(days=365)
    unanswered: timedelta = timedelta(days=90)
    sightings: timedelta = timedelta(days=365)
    checks: timedelta = timedelta(days=30)
    tokens: timedelta = timedelta(days=365)
    repeats: timedelta = KEPT_FOR

    def until(self, kind: Passing, now: datetime) -> datetime:
        """What is older than this goes."""
        kept: timedelta = getattr(self, _WITH.get(kind, kind).value)
        return now - kept
