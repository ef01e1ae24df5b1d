"""/v1/sites: every host name that is watched, whether it resembles an outlet or not."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field

from service.api.answers import sendable
from service.api.answers_sites import SiteDetail, SitePage
from service.api.pages import Paging
from service.api.preconditions import NOT_MODIFIED, IfNoneMatch, tagged
from service.api.schemas import HostName, Instant, Text
from service.api.wiring import LimitedReader, Service, refusals
from service.core.errors import NotFound
from service.core.states import Availability

router = APIRouter(prefix="/sites", tags=["sites"])


class Filters(Paging):
    """Which sites are asked for."""

    q: Annotated[Text, Field(min_length=1, max_length=253)] | None = Field(
        None, description="Part of the host name.", examples=["spiegel"]
    )
    domain: HostName | None = Field(
        None, description="Only those under this registrable name.", examples=["spiegel.ltd"]
    )
    suffix: Annotated[Text, Field(min_length=2, max_length=253)] | None = Field(
        None, description="Only those whose name ends in this public suffix.", examples=["co.com"]
    )
    availability: Availability | None = Field(None, description="Only those that answer so.")
    outlet: Text | None = Field(None, description="Only those that resemble this outlet.", examples=["spiegel.de"])
    due_before: Instant | None = Field(None, description="Only those that are looked at before this.")
    limit: int = Field(50, ge=1, le=500, description="How many at most.", examples=[50])


@router.get("", summary="List sites", response_model=SitePage, responses=refusals())
async def list_sites(service: Service, caller: LimitedReader, asked: Annotated[Filters, Query()]) -> dict[str, Any]:
    """The newest admitted first. Sites that were reported and resemble no outlet are here and nowhere else."""
    where = asked.model_dump(exclude={"cursor", "limit"}, exclude_none=True) | {"outlets": caller.outlets}
    rows, following = await service.store.read(lambda uow: uow.site_views.sites(where, asked.cursor, asked.limit))
    return {"data": rows, "next_cursor": following}


@router.get(
    "/{host}",
    summary="Show one site",
    response_model=SiteDetail,
    responses={**NOT_MODIFIED, **refusals(HTTPStatus.NOT_FOUND)},
)
async def get_site(
    service: Service,
    caller: LimitedReader,
    host: Annotated[HostName, Path(description="The host name; defanged ones are read too.", examples=["spiegel.ltd"])],
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Looks, blocks, registration and DNS, and what it was judged to be beside each outlet."""
    row = await service.store.read(lambda uow: uow.site_views.site(host, caller.outlets))
    if row is None:
        raise NotFound(f"no site {host} was ever admitted")
    for observation in row["observations"]:
        judged = observation["summary"].get("judgements", {})
        observation["summary"]["judgements"] = {name: said for name, said in judged.items() if caller.sees(name)}
    return tagged(SiteDetail.model_validate(sendable(row)).model_dump(mode="json"), if_none_match)
