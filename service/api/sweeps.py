"""/v1/sweeps: what was asked of DNS, when, from where, and what stayed unanswered."""

from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from service.api.answers import SweepAnswer, SweepPage, UnansweredPage
from service.api.schemas import Id, Instant, Strict, Text, examples
from service.api.wiring import LOCATED, Reader, Service, Writer, refusals
from service.core.errors import InvalidInput, NotFound
from service.core.states import Tier
from service.ports import UnitOfWork

router = APIRouter(prefix="/sweeps", tags=["sweeps"])

_LAST = 2**63 - 1  # ids are 64-bit numbers

SweepId = Annotated[int, Path(ge=1, le=_LAST, description="The id of the sweep.", examples=[12])]


class Filters(BaseModel):
    """Which sweeps are asked for."""

    model_config = ConfigDict(extra="forbid")

    outlet: Text | None = Field(None, description="Only those for this outlet.")
    tier: Tier | None = Field(None, description="Only those of this tier.")
    complete: bool | None = Field(None, description="Only those that are complete (true) or that are not (false).")
    started_after: Instant | None = Field(None, description="Only those begun later than this.")
    cursor: str | None = Field(None, max_length=500, description="Where to go on: next_cursor of the page before.")
    limit: int = Field(50, ge=1, le=500, description="How many at most.")


@router.get("", summary="List sweeps", response_model=SweepPage, responses=refusals(), dependencies=[Reader])
async def list_sweeps(service: Service, asked: Annotated[Filters, Query()]) -> dict[str, Any]:
    """The newest begun first.

    A name that a complete sweep asked for, and that neither exists nor stayed unanswered, was absent at that time.
    """
    where = asked.model_dump(exclude={"cursor", "limit"}, exclude_none=True)
    rows, following = await service.store.read(lambda uow: uow.coverage.page(where, asked.cursor, asked.limit))
    return {"data": rows, "next_cursor": following}


class NewSweep(Strict):
    """Which sweep is to be made now."""

    model_config = examples({"outlet": "spiegel.de", "tier": "exact"})

    outlet: Id = Field(description="The id of the outlet whose lookalikes are asked for.", examples=["spiegel.de"])
    tier: Literal[Tier.EXACT, Tier.EDITS, Tier.FULL] = Field(
        Tier.EXACT, description="How wide: exact, edits or full. A full one asks for millions of names."
    )


@router.post(
    "",
    summary="Ask for a sweep now",
    status_code=HTTPStatus.ACCEPTED,
    response_model=SweepAnswer,
    responses={202: LOCATED, **refusals(body=True)},
    dependencies=[Writer],
)
async def ask_for_sweep(service: Service, given: NewSweep, response: Response) -> dict[str, Any]:
    """It is made before those that are due by themselves; `Location` says how far it is.

    Where a sweep of this outlet and tier is under way, that one is the answer. The day's limit of queries
    (`sweep.daily_queries`) holds for it as for all.
    """
    try:
        sweep = await service.sweeper.request(given.outlet, given.tier)
    except NotFound as error:
        raise InvalidInput(str(error), "/outlet") from error
    response.headers["Location"] = f"/v1/sweeps/{sweep.id}"
    return await service.store.read(lambda uow: _found(uow, sweep.id))


@router.get(
    "/{sweep_id}",
    summary="Show one sweep",
    response_model=SweepAnswer,
    responses=refusals(HTTPStatus.NOT_FOUND),
    dependencies=[Reader],
)
async def show_sweep(service: Service, sweep_id: SweepId) -> dict[str, Any]:
    """How far it got, and what it found."""
    return await service.store.read(lambda uow: _found(uow, sweep_id))


@router.get(
    "/{sweep_id}/unanswered",
    summary="List the names that stayed unanswered in a sweep",
    response_model=UnansweredPage,
    responses=refusals(HTTPStatus.NOT_FOUND),
    dependencies=[Reader],
)
async def list_unanswered(
    service: Service,
    sweep_id: SweepId,
    after: Annotated[str, Query(max_length=253, description="Only names behind this one.")] = "",
    limit: Annotated[int, Query(ge=1, le=5000, description="How many at most.")] = 1000,
) -> dict[str, Any]:
    """In the order of their names. They are kept until a later sweep of the kind is complete."""

    def step(uow: UnitOfWork) -> list[str]:
        _found(uow, sweep_id)
        return uow.coverage.unanswered(sweep_id, after, limit)

    names = await service.store.read(step)
    return {"data": names, "next_after": names[-1] if len(names) == limit else None}


def _found(uow: UnitOfWork, sweep_id: int) -> dict[str, Any]:
    row = uow.coverage.sweep(sweep_id)
    if row is None:
        raise NotFound(f"there is no sweep {sweep_id}")
    return row
