"""/v1/campaigns and /v1/links: which sites belong together, why, and what people say of it."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query

from service.api.answers import sendable
from service.api.answers_aftermath import CampaignDetail, CampaignList, LinkAnswer, LinkList
from service.api.schemas import HostName, NewRuling, Text
from service.api.wiring import Reader, Service, WritingCaller, path_id, refusals
from service.core.errors import NotFound
from service.core.persistence.links import RuledLink, pair

router = APIRouter(tags=["campaigns"])


@router.get(
    "/campaigns", summary="List campaigns", response_model=CampaignList, responses=refusals(), dependencies=[Reader]
)
async def list_campaigns(
    service: Service,
    *,
    outlet: Annotated[
        Text | None, Query(description="Only those with a flagged site that resembles this outlet.")
    ] = None,
    ended: Annotated[bool, Query(description="Those that were merged into others or fell apart as well.")] = False,
) -> dict[str, Any]:
    """Sites that belong together by what they share, those with most sites first."""
    rows = await service.store.read(lambda uow: uow.persistence.campaigns(outlet, ended=ended))
    return {"data": sendable(rows)}


@router.get(
    "/campaigns/{campaign_id}",
    summary="Show one campaign with its sites, links and history",
    response_model=CampaignDetail,
    responses=refusals(HTTPStatus.NOT_FOUND),
    dependencies=[Reader],
)
async def get_campaign(
    service: Service, campaign_id: Annotated[str, path_id("campaign", "cmp_2f7c0d1a9b3e")]
) -> dict[str, Any]:
    """A campaign keeps its id for ever; one that was merged names the one that it went into."""
    row = await service.store.read(lambda uow: uow.persistence.campaign(campaign_id))
    if row is None:
        raise NotFound(f"there is no campaign {campaign_id}")
    return {**sendable(row)}


@router.get(
    "/links", summary="List the links of a site", response_model=LinkList, responses=refusals(), dependencies=[Reader]
)
async def list_links(
    service: Service, site: Annotated[HostName, Query(description="The host name.")]
) -> dict[str, Any]:
    """What ties it to which other sites, the surest first, with the evidence and when it was found."""
    rows = await service.store.read(lambda uow: uow.persistence.links(site))
    return {"data": sendable(rows)}


@router.post(
    "/links/rulings",
    summary="Confirm or cut a link",
    response_model=LinkAnswer,
    responses=refusals(HTTPStatus.NOT_FOUND, body=True),
)
async def rule_on_link(service: Service, given: NewRuling, caller: WritingCaller) -> dict[str, Any]:
    """Your word goes before the evidence, and campaigns follow at once. It stands until another is given."""
    one, other = given.sites
    ruled = RuledLink(ruling=given.ruling, by=f"token {caller.token_id}", reason=given.reason, at=service.clock.now())
    await service.linker.rule((one, other), ruled)
    rows = await service.store.read(lambda uow: uow.persistence.links(one))
    (link,) = (row for row in rows if row["sites"] == list(pair(one, other)))
    return {**sendable(link)}
