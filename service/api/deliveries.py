"""/v1/deliveries: what was sent to webhooks, and what they answered; dead letters, and sending them again."""

import re
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from service.api.answers import sendable
from service.api.answers_webhooks import DeliveryDetail, DeliveryItem, DeliveryPage
from service.api.schemas import MAX_ID
from service.api.schemas_webhooks import EventName
from service.api.wiring import Admin, Service, path_id, refusals
from service.core.alerts.deliveries import DeliveryState
from service.core.errors import Conflict, InvalidInput, NotFound
from service.ports import UnitOfWork

router = APIRouter(prefix="/deliveries", tags=["deliveries"])

DeliveryId = Annotated[str, path_id("delivery", "dlv_1")]

_ID = re.compile(r"dlv_([1-9][0-9]{0,17})\Z")


class DeliveryQuery(BaseModel):
    """Which deliveries are asked for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    webhook: str | None = Field(None, max_length=MAX_ID, description="Only to this webhook.")
    state: DeliveryState | None = Field(None, description="Only in this state; the dead ones are dead letters.")
    type: EventName | None = Field(None, description="Only of this type of event.")
    cursor: str | None = Field(None, max_length=500, description="Where to go on: next_cursor of the page before.")
    limit: int = Field(100, ge=1, le=500, description="How many at most.")


@router.get("", summary="List deliveries", response_model=DeliveryPage, responses=refusals(), dependencies=[Admin])
async def list_deliveries(service: Service, asked: Annotated[DeliveryQuery, Query()]) -> dict[str, Any]:
    """Newest first, each with what the webhook answered last."""
    before = None if asked.cursor is None else _number(asked.cursor)
    if asked.cursor is not None and before is None:
        raise InvalidInput("this cursor is none that a page gave", "/query/cursor")
    where = asked.model_dump(exclude={"cursor", "limit"}, exclude_none=True)
    rows = await service.store.read(lambda uow: uow.deliveries.page(where, before, asked.limit + 1))
    page = [shown(row) for row in rows[: asked.limit]]
    return {"data": sendable(page), "next_cursor": page[-1]["id"] if len(rows) > asked.limit else None}


@router.get(
    "/{delivery_id}",
    summary="Show a delivery",
    response_model=DeliveryDetail,
    responses=refusals(HTTPStatus.NOT_FOUND),
    dependencies=[Admin],
)
async def show_delivery(service: Service, delivery_id: DeliveryId) -> dict[str, Any]:
    """With every try, what was answered to it and when."""
    return await service.store.read(lambda uow: _delivery(uow, delivery_id))


@router.post(
    "/{delivery_id}/retry",
    summary="Send a delivery again",
    status_code=HTTPStatus.ACCEPTED,
    response_model=DeliveryItem,
    responses=refusals(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
    dependencies=[Admin],
)
async def retry_delivery(service: Service, delivery_id: DeliveryId) -> dict[str, Any]:
    """Now, whatever became of it, under the same id; if it fails the whole schedule of retries is before it again."""

    def step(uow: UnitOfWork) -> dict[str, Any]:
        found = _delivery(uow, delivery_id)
        if not all(endpoint.enabled for endpoint in uow.outbox.endpoints(found["webhook"])):
            raise Conflict(f"{found['webhook']} is paused or disabled; enable it first")
        uow.deliveries.retry(_number(delivery_id) or 0, service.clock.now())
        return _delivery(uow, delivery_id)

    return await service.store.write(step)


def shown(row: dict[str, Any]) -> dict[str, Any]:
    """A delivery as ``DeliveryItem`` has it."""
    return {"id": f"dlv_{row['number']}", **{name: value for name, value in row.items() if name != "number"}}


def _number(delivery_id: str) -> int | None:
    found = _ID.match(delivery_id)
    return int(found[1]) if found else None


def _delivery(uow: UnitOfWork, delivery_id: str) -> dict[str, Any]:
    number = _number(delivery_id)
    found = None if number is None else uow.deliveries.get(number)
    if found is None:
        raise NotFound(f"there is no delivery {delivery_id}")
    return shown(found)
