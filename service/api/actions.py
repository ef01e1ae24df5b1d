"""/v1/actions: enforcement acts, each of which covers many blocks."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from service.api.answers import ActionAnswer, ActionList
from service.api.pages import Paging, page
from service.api.schemas import NewAction
from service.api.wiring import Reader, Service, Writer, refusals
from service.core.alerts.events import rfc3339
from service.core.errors import Conflict
from service.core.model import Action
from service.ports import UnitOfWork

router = APIRouter(prefix="/actions", tags=["actions"])


@router.get("", summary="List actions", response_model=ActionList, responses=refusals(), dependencies=[Reader])
async def list_actions(service: Service, asked: Annotated[Paging, Query()]) -> dict[str, Any]:
    """The oldest first."""
    actions = await service.store.read(lambda uow: uow.actions.all())
    rows, following = page(actions, asked, lambda action: (action.effective.isoformat(), action.id))
    return {"data": [shown(action) for action in rows], "next_cursor": following}


@router.post(
    "",
    summary="Record an action",
    status_code=HTTPStatus.CREATED,
    response_model=ActionAnswer,
    responses={
        200: {"model": ActionAnswer, "description": "This very action was recorded before."},
        **refusals(HTTPStatus.CONFLICT, body=True),
    },
    dependencies=[Writer],
)
async def record_action(service: Service, given: NewAction, response: Response) -> dict[str, Any]:
    """One act of one authority at one date: a seizure, a platform's take-down, a court order. Blocks name it."""
    action = Action(
        id=given.id,
        authority=given.authority,
        place=given.place,
        effective=given.effective,
        reference=given.reference,
    )

    def step(uow: UnitOfWork) -> bool:
        known = next((one for one in uow.actions.all() if one.id == action.id), None)
        if known is not None and known != action:
            raise Conflict(f"there is another action {action.id} already, by {known.authority}")
        if known is None:
            uow.actions.put(action)
        return known is None

    if not await service.store.write(step):
        response.status_code = HTTPStatus.OK
    return shown(action)


def shown(action: Action) -> dict[str, Any]:
    """An action as ``ActionAnswer`` has it."""
    return {
        "id": action.id,
        "authority": action.authority,
        "place": action.place,
        "effective": rfc3339(action.effective),
        "reference": action.reference,
    }
