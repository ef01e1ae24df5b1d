"""/v1/feeds: where names come from besides the sweeps, and how each source fares."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query

from service.api.answers_feeds import FeedList, FeedStatus
from service.api.wiring import Reader, Service, refusals
from service.core.alerts.events import rfc3339
from service.core.feed import FeedState
from service.core.watermark import Gap

router = APIRouter(prefix="/feeds", tags=["feeds"])

_MOST_GAPS = 100


@router.get("", summary="List feeds", response_model=FeedList, responses=refusals(), dependencies=[Reader])
async def list_feeds(
    service: Service,
    status: Annotated[FeedStatus | None, Query(description="Only those with this status.")] = None,
) -> dict[str, Any]:
    """By id. What a feed could not read is in its gaps, never just missing."""
    states = await service.store.read(lambda uow: uow.feeds.all())
    now = service.clock.now()
    found = [shown(state, now) for state in states]
    return {"data": [feed for feed in found if status is None or feed["status"] == status]}


def shown(state: FeedState, now: datetime) -> dict[str, Any]:
    """A feed as ``FeedAnswer`` has it."""
    lag, trouble = state.lag(now), state.trouble(now)
    status = FeedStatus.RETIRED if state.retired else FeedStatus.DEGRADED if trouble else FeedStatus.OK
    return {
        "id": state.id,
        "kind": state.kind,
        "status": status,
        "trouble": trouble,
        "position": state.mark.position,
        "size": state.size,
        "lag_seconds": None if lag is None else lag.total_seconds(),
        "names_per_second": round(state.names_per_second(now), 3),
        "read": state.read,
        "matched": state.matched,
        "admitted": state.admitted,
        "unreadable": state.skipped,
        "missing": state.mark.missing,
        "gaps": [_gap(gap) for gap in state.mark.gaps[-_MOST_GAPS:]],
        "error": state.error,
        "failures": state.failures,
        **{name: rfc3339(getattr(state, name)) for name in _TIMES},
    }


_TIMES = ("begun_at", "asked_at", "answered_at", "taken_at", "newest_at")


def _gap(gap: Gap) -> dict[str, Any]:
    return {
        "first": gap.span.start,
        "last": gap.span.end - 1,
        "reason": gap.reason,
        "found_at": rfc3339(gap.found_at),
        "tries": gap.tries,
    }
