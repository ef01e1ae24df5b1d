"""/v1/persistence and the effect of an action: what happened after blocks."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query

from service.api.answers_persistence import EffectAnswer, PersistenceAnswer
from service.api.schemas import Id, Instant
from service.api.wiring import LimitedReader, Service, path_id, refusals
from service.core.persistence.measures import By
from service.core.plain import shown

router = APIRouter(tags=["persistence"])

AsOf = Annotated[
    Instant | None, Query(description="Only what was known then counts; now, where it is left out. Never to come.")
]


@router.get(
    "/persistence",
    summary="How long blocks hold",
    response_model=PersistenceAnswer,
    responses=refusals(),
)
async def get_persistence(
    service: Service,
    caller: LimitedReader,
    *,
    by: Annotated[By | None, Query(description="What to group by.")] = None,
    outlet: Annotated[Id | None, Query(description="Only lookalikes of this outlet.")] = None,
    as_of: AsOf = None,
    rows: Annotated[bool, Query(description="Also what each subject counted as.")] = False,
) -> dict[str, Any]:
    """Days to down after a block, to resurfacing, to a successor, and from a report to down, with 95 % bands."""
    found = await service.persister.persistence(by=by, outlets=caller.within(outlet), as_of=as_of, rows=rows)
    answer: dict[str, Any] = shown(found)
    return answer


@router.get(
    "/actions/{action_id}/effect",
    summary="Whether an action worked",
    response_model=EffectAnswer,
    responses=refusals(HTTPStatus.NOT_FOUND),
)
async def get_effect(
    service: Service,
    caller: LimitedReader,
    action_id: Annotated[str, path_id("action", "doj-2024-09")],
    as_of: AsOf = None,
) -> dict[str, Any]:
    """What became of the sites that it blocked, and what came after, with the ids behind every number.

    A token that is limited to outlets is told of theirs alone.
    """
    answer: dict[str, Any] = shown(await service.persister.effect(action_id, as_of, caller.within(None)))
    return answer
