"""/v1/events: what was committed, in order; for those who cannot be called back."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from service.api.answers import EventPage, sendable
from service.api.wiring import LimitedReader, Service, refusals

router = APIRouter(prefix="/events", tags=["events"])

_LAST = 2**63 - 1  # sequences are 64-bit numbers


@router.get("", summary="List events", response_model=EventPage, responses=refusals())
async def list_events(
    service: Service,
    caller: LimitedReader,
    after: Annotated[int, Query(ge=0, le=_LAST, description="Only events with a higher sequence.")] = 0,
    limit: Annotated[int, Query(ge=1, le=500, description="How many at most.")] = 100,
) -> dict[str, Any]:
    """Sequences have no gaps: who asks again with `after=next_after` misses nothing.

    A token that is limited to outlets gets the events about their lookalikes and those lookalikes' sites.
    """
    rows = await service.store.read(lambda uow: uow.views.events(after, limit, caller.outlets))
    return {"data": sendable(rows), "next_after": rows[-1]["sequence"] if rows else after}
