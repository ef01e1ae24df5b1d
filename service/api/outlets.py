"""/v1/outlets: the watch list."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from service.api.answers import OutletAnswer, OutletList
from service.api.auth import Caller
from service.api.pages import Paging, page
from service.api.preconditions import NOT_MODIFIED, IfNoneMatch, Required, etag_of, tagged
from service.api.schemas import NewOutlet
from service.api.wiring import Admin, LimitedReader, Service, path_id, refusals
from service.core.errors import Conflict, NotFound
from service.core.model import Outlet
from service.core.names.watchlist import WatchList
from service.ports import UnitOfWork

router = APIRouter(prefix="/outlets", tags=["outlets"])

OutletId = Annotated[str, path_id("outlet", "spiegel.de")]


@router.get("", summary="List outlets", response_model=OutletList, responses=refusals())
async def list_outlets(service: Service, caller: LimitedReader, asked: Annotated[Paging, Query()]) -> dict[str, Any]:
    """The watch list as the database has it, by id; the file config/outlets.toml only seeds it."""
    outlets = await service.store.read(lambda uow: uow.outlets.all())
    visible = (outlet for outlet in outlets if caller.sees(outlet.id))
    rows, following = page(visible, asked, lambda outlet: (outlet.id,))
    return {"data": [shown(outlet) for outlet in rows], "next_cursor": following}


@router.get(
    "/{outlet_id}",
    summary="Show one outlet",
    response_model=OutletAnswer,
    responses={**NOT_MODIFIED, **refusals(HTTPStatus.NOT_FOUND)},
)
async def get_outlet(
    service: Service, caller: LimitedReader, outlet_id: OutletId, if_none_match: IfNoneMatch = None
) -> Response:
    """Its ETag is what changing or removing it asks for."""
    return tagged(shown(await service.store.read(lambda uow: _found(uow, caller, outlet_id))), if_none_match)


@router.post(
    "",
    summary="Watch an outlet",
    status_code=HTTPStatus.CREATED,
    response_model=OutletAnswer,
    responses={
        200: {"model": OutletAnswer, "description": "The outlet with this id was changed."},
        **refusals(HTTPStatus.CONFLICT, body=True),
    },
    dependencies=[Admin],
)
async def put_outlet(service: Service, given: NewOutlet, response: Response) -> dict[str, Any]:
    """Adds an outlet, or replaces the one with the same id. It is swept for at the next turn.

    What the first sweeps for a new one find is told in one event, `outlet.onboarded`, once they are complete.
    """
    outlet = _outlet(given)

    def step(uow: UnitOfWork) -> bool:
        others = WatchList(other for other in uow.outlets.all() if other.id != outlet.id)
        for domain in outlet.confirmed_domains:
            owner = others.is_own(domain)
            if owner is not None:
                raise Conflict(f"{domain} is the own domain of {owner}")
        return service.onboarder.watch(uow, outlet)

    if not await service.store.write(step):
        response.status_code = HTTPStatus.OK
    await service.watched.refresh()
    return shown(outlet)


@router.delete(
    "/{outlet_id}",
    summary="Stop watching an outlet",
    status_code=HTTPStatus.NO_CONTENT,
    responses=refusals(matched=True),
)
async def remove_outlet(
    service: Service, caller: Annotated[Caller, Admin], outlet_id: OutletId, seen: Required
) -> None:
    """Takes it off the watch list. Lookalikes that were found stay, with their history."""

    def step(uow: UnitOfWork) -> None:
        seen.check(etag_of(shown(_found(uow, caller, outlet_id))))
        uow.outlets.remove(outlet_id)

    await service.store.write(step)
    await service.watched.refresh()


def shown(outlet: Outlet) -> dict[str, Any]:
    """An outlet as ``OutletAnswer`` has it."""
    return {
        "id": outlet.id,
        "name": outlet.name,
        "domain": outlet.domain,
        "own_domains": outlet.own_domains,
        "labels": outlet.labels,
        "country": outlet.country,
        "languages": outlet.languages,
    }


def _found(uow: UnitOfWork, caller: Caller, outlet_id: str) -> Outlet:
    found = next((one for one in uow.outlets.all() if one.id == outlet_id and caller.sees(one.id)), None)
    if found is None:
        raise NotFound(f"there is no outlet {outlet_id} on the watch list")
    return found


def _outlet(given: NewOutlet) -> Outlet:
    return Outlet(
        id=given.id or given.domain,
        name=given.name or given.domain,
        domain=given.domain,
        own_domains=tuple(dict.fromkeys(domain for domain in given.own_domains if domain != given.domain)),
        labels=given.labels,
        country=given.country,
        languages=given.languages,
    )
