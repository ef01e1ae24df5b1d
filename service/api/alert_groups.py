"""/v1/alert-groups: what alerts are about, by campaign or outlet, and whether somebody has it in hand."""

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from service.api.answers_alerts import AlertGroupAnswer, AlertGroupList
from service.api.pages import Paging, page
from service.api.schemas_alerts import Acknowledgement, Reopening
from service.api.wiring import Reader, Service, Writer, WritingCaller, refusals
from service.core.alerts.digest import AlertGroup
from service.core.alerts.events import rfc3339

router = APIRouter(prefix="/alert-groups", tags=["alert groups"])

_BACK = 3650
"""Days that a list goes back at most."""


class GroupQuery(Paging):
    """Which groups are asked for."""

    days: int = Field(30, ge=1, le=_BACK, description="Those with an alert within so many days.")
    acknowledged: bool | None = Field(None, description="Only those that are acknowledged, or that are not.")


@router.get("", summary="List alert groups", response_model=AlertGroupList, responses=refusals(), dependencies=[Reader])
async def list_alert_groups(service: Service, asked: Annotated[GroupQuery, Query()]) -> dict[str, Any]:
    """Those with the last alert first. Acknowledged ones are listed however old they are."""
    since = service.clock.now() - timedelta(days=asked.days)
    groups = await service.store.read(lambda uow: uow.alert_groups.all(since))
    wanted = (one for one in groups if asked.acknowledged in (None, one.acknowledged_at is not None))
    rows, following = page(wanted, asked, lambda one: (one.last_at.isoformat(), one.key), newest_first=True)
    return {"data": [shown(one) for one in rows], "next_cursor": following}


@router.post(
    "/acknowledge",
    summary="Acknowledge an alert group",
    response_model=AlertGroupAnswer,
    responses=refusals(HTTPStatus.NOT_FOUND, body=True),
)
async def acknowledge_alert_group(service: Service, given: Acknowledgement, caller: WritingCaller) -> dict[str, Any]:
    """Digests leave it out until it gets worse: another or a higher verdict, a higher severity, a return after a block.

    Confirmed impersonations and returns are told at once all the same.
    """
    return shown(await service.digester.acknowledge(given.group, f"token {caller.token_id}", given.note))


@router.post(
    "/reopen",
    summary="Take an acknowledgement back",
    response_model=AlertGroupAnswer,
    responses=refusals(HTTPStatus.NOT_FOUND, body=True),
    dependencies=[Writer],
)
async def reopen_alert_group(service: Service, given: Reopening) -> dict[str, Any]:
    """Digests tell of it again, of what happens from now on."""
    return shown(await service.digester.reopen(given.group))


def shown(group: AlertGroup) -> dict[str, Any]:
    """A group as ``AlertGroupAnswer`` has it."""
    return {
        "group": group.key,
        "severity": group.severity,
        "events": group.events,
        "first_at": rfc3339(group.first_at),
        "last_at": rfc3339(group.last_at),
        "last_event": group.last_type,
        "last_site": group.last_site,
        "acknowledged": group.acknowledged_at is not None,
        "acknowledged_at": rfc3339(group.acknowledged_at),
        "acknowledged_by": group.acknowledged_by,
        "note": group.note,
        "reopened_by": group.reopened_by,
    }
