"""Outlets that are new on the watch list: what is told while their first sweeps run, and the summary afterwards. Pure.

The first sweeps find everything that was ever registered beside an outlet, most of it years old. That is one message,
not hundreds. Only what deceives readers now and was not there before is told at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from service.core.alerts import events
from service.core.alerts.condition import Severity
from service.core.alerts.policy import severity
from service.core.model import Event, Lookalike, Outlet, Site
from service.core.names.name import defang
from service.core.states import FirstSeenAs, Verdict

TYPE = "outlet.onboarded"

PATIENCE = timedelta(hours=24)
"""How long after the sweeps a summary waits for sites that were not looked at yet."""

MOST_NAMED = 50
"""Flagged lookalikes that a summary names, the worst first; the others are counted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Onboarding:
    """An outlet whose first sweeps are not complete. ``since`` is when it came on the list."""

    outlet: str
    since: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What the first sweeps came to. ``unseen`` sites were not looked at when the summary was made.

    ``flagged`` are the worst of the flagged ones, MOST_NAMED at most; ``live`` of all serve an impersonation.
    """

    unseen: int
    live: int
    by_first_seen: Mapping[str, int]
    by_verdict: Mapping[str, int]
    flagged: Sequence[tuple[Site, Lookalike]]


def told_at_once(event: Event) -> bool:
    """Whether an event about an outlet that is still new is told before the summary."""
    judged = event.data.get("lookalike") or {}
    return severity(event) is Severity.CRITICAL and judged.get("first_seen_as") != FirstSeenAs.PREEXISTING


def is_over(swept_at: datetime | None, unseen: int, now: datetime) -> bool:
    """Whether the summary is due: every first sweep is complete (``swept_at``) and what it found was looked at."""
    return swept_at is not None and (unseen == 0 or now - swept_at >= PATIENCE)


def summary(outlet: Outlet, begun: Onboarding, found: Found, swept_at: datetime, at: datetime) -> Event:
    """The one event that tells what there was when an outlet came on the list."""
    named = [_named(site, lookalike) for site, lookalike in found.flagged[:MOST_NAMED]]
    flagged = sum(count for verdict, count in found.by_verdict.items() if Verdict(verdict).flagged)
    identity = events.event_id(TYPE, outlet.id, begun.since.isoformat())
    detail: dict[str, Any] = {
        "outlet": outlet.id,
        "name": outlet.name,
        "since": events.rfc3339(begun.since),
        "swept_at": events.rfc3339(swept_at),
        "severity": str(Severity.CRITICAL if found.live else Severity.HIGH if flagged else Severity.INFO),
        "lookalikes": sum(found.by_verdict.values()),
        "not_looked_at": found.unseen,
        "first_seen_as": {kind.value: found.by_first_seen.get(kind.value, 0) for kind in FirstSeenAs},
        "verdicts": {verdict.value: found.by_verdict.get(verdict.value, 0) for verdict in Verdict},
        "live": found.live,
        "flagged": named,
        "further_flagged": flagged - len(named),
    }
    return Event(id=identity, type=TYPE, at=at, data={"id": identity, "detail": detail}, outlet=outlet.id)


def _named(site: Site, lookalike: Lookalike) -> dict[str, Any]:
    registration = site.registration
    return {
        "site": site.host,
        "defanged": defang(site.host),
        "verdict": lookalike.verdict.value,
        "live": lookalike.open_episode is not None,
        "first_seen_as": lookalike.first_seen_as.value,
        "registered_at": events.rfc3339(registration.created_at) if registration else None,
        "flagged_at": events.rfc3339(lookalike.flagged_at),
        "reason": lookalike.reason,
    }
