"""/v1/lookalikes: what resembles an outlet, what it was judged to be, and why."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse

from service.api.answers import LookalikeDetail, LookalikePage, sendable
from service.api.auth import Caller
from service.api.preconditions import NOT_MODIFIED, IfNoneMatch, tagged
from service.api.schemas import Instant, Text
from service.api.wiring import LimitedReader, Service, path_id, refusals
from service.app import App
from service.core.errors import NotFound
from service.core.states import Availability, Technique, Verdict
from service.ports import UnitOfWork

router = APIRouter(prefix="/lookalikes", tags=["lookalikes"])

PublicId = Annotated[str, path_id("lookalike", "lka_17")]


class Filters(BaseModel):
    """Which lookalikes are asked for."""

    model_config = ConfigDict(extra="forbid")

    outlet: Text | None = Field(None, description="Only those that resemble this outlet.")
    flagged: bool | None = Field(None, description="Only those that are flagged (true) or that are not (false).")
    verdict: Verdict | None = Field(None, description="Only those with this verdict.")
    technique: Technique | None = Field(None, description="Only those that resemble the outlet in this way.")
    suffix: Annotated[Text, Field(min_length=2, max_length=253)] | None = Field(
        None, description="Only those whose name ends in this public suffix.", examples=["co.com"]
    )
    availability: Availability | None = Field(None, description="Only those whose site answers so.")
    registered_after: Instant | None = Field(None, description="Only those registered later than this.")
    discovered_after: Instant | None = Field(None, description="Only those discovered later than this.")
    q: Annotated[Text, Field(min_length=1, max_length=253)] | None = Field(None, description="Part of the host name.")
    cursor: str | None = Field(None, max_length=500, description="Where to go on: next_cursor of the page before.")
    limit: int = Field(50, ge=1, le=500, description="How many at most.")


@router.get(
    "",
    summary="List lookalikes",
    response_model=LookalikePage,
    response_class=JSONResponse,
    responses=refusals(),
)
async def list_lookalikes(service: Service, caller: LimitedReader, asked: Annotated[Filters, Query()]) -> Response:
    """The newest discovered first.

    Names that were registered lately and are flagged: `?flagged=true&registered_after=2022-06-01T00:00:00Z`.
    """
    where = asked.model_dump(exclude={"cursor", "limit"}, exclude_none=True) | {"outlets": caller.outlets}
    rows, following = await service.store.read(lambda uow: uow.views.lookalikes(where, asked.cursor, asked.limit))
    # Answered as it is: the store made these values, and to check each of them again takes longer than to find them.
    return JSONResponse({"data": rows, "next_cursor": following})


@router.get(
    "/{lookalike_id}",
    summary="Show one lookalike with explanation and timeline",
    response_model=LookalikeDetail,
    responses={
        **NOT_MODIFIED,
        **refusals(HTTPStatus.NOT_FOUND),
    },
)
async def get_lookalike(
    service: Service,
    caller: LimitedReader,
    lookalike_id: PublicId,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Every signal with value, weight and evidence; observations, verdicts, episodes, blocks and events."""
    return tagged(await detail(service, caller, lookalike_id), if_none_match)


async def detail(service: App, caller: Caller, lookalike_id: str) -> dict[str, Any]:
    """One lookalike as the API shows it to this caller; NotFound where there is none that it may see."""
    return await service.store.read(lambda uow: shown(uow, caller, lookalike_id))


def shown(uow: UnitOfWork, caller: Caller, lookalike_id: str) -> dict[str, Any]:
    """The same inside a transaction."""
    row = uow.views.lookalike(lookalike_id)
    if row is None or not caller.sees(row["outlet"]):
        raise NotFound(f"there is no lookalike {lookalike_id}")
    for observation in row["observations"]:
        judged = observation["summary"].get("judgements", {})
        observation["summary"]["judgements"] = {name: said for name, said in judged.items() if caller.sees(name)}
    return LookalikeDetail.model_validate(sendable(row)).model_dump(mode="json")
