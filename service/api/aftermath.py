"""/v1/persistence/sites: what became of sites after they were blocked."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from service.api.answers import sendable
from service.api.answers_aftermath import BlockedPage, SitePersistence
from service.api.schemas import Id, Text
from service.api.wiring import Reader, Service, path_id, refusals
from service.core.errors import InvalidName, NotFound
from service.core.names import name as names
from service.core.states import Place

router = APIRouter(prefix="/persistence/sites", tags=["persistence"])


class BlockedFilters(BaseModel):
    """Which blocked sites are asked for."""

    model_config = ConfigDict(extra="forbid")

    outlet: Text | None = Field(None, description="Only those that resemble this outlet.")
    campaign: Id | None = Field(None, description="Only those that belong to this campaign now.")
    action: Id | None = Field(None, description="Only those with a block of this action.")
    place: Place | None = Field(None, description="Only those that were blocked there.")
    after: int = Field(0, ge=0, le=2**62, description="Where to go on: next_after of the page before.")
    limit: int = Field(50, ge=1, le=500, description="How many at most.")


@router.get(
    "",
    summary="List what became of blocked sites",
    response_model=BlockedPage,
    responses=refusals(),
    dependencies=[Reader],
)
async def list_blocked(service: Service, asked: Annotated[BlockedFilters, Query()]) -> dict[str, Any]:
    """Every site that was ever blocked, in the order in which they were taken in.

    Whether it stayed down, came back, or never went, with the dates; and which other sites took over from it.
    """
    where = asked.model_dump(mode="json", exclude={"after", "limit"}, exclude_none=True)
    rows, following = await service.store.read(lambda uow: uow.persistence.blocked(where, asked.after, asked.limit))
    return {"data": sendable(rows), "next_after": following}


@router.get(
    "/{site}",
    summary="Show the whole history of one site",
    response_model=SitePersistence,
    responses=refusals(HTTPStatus.NOT_FOUND),
    dependencies=[Reader],
)
async def get_aftermath(service: Service, site: Annotated[str, path_id("site", "spiegel.ltd")]) -> dict[str, Any]:
    """Blocks, episodes, links, predecessors and successors, and everything that was told of it in the order of time."""
    row = await service.store.read(lambda uow: uow.persistence.timeline(_host(site)))
    if row is None:
        raise NotFound(f"no site {site} was ever taken in")
    return {**sendable(row)}


def _host(given: str) -> str:
    try:
        return names.parse(names.refang(given))
    except InvalidName:
        raise NotFound(f"no site {given} was ever taken in") from None
