"""/v1/outlets: the watch list."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Response

from service.api.answers import OutletAnswer, OutletList
from service.api.schemas import NewOutlet
from service.api.wiring import Admin, LimitedReader, Service, path_id, refusals
from service.core.errors import Conflict
from service.core.model import Outlet
from service.core.names.watchlist import WatchList
from service.ports import UnitOfWork

router = APIRouter(prefix="/outlets", tags=["outlets"])


@router.get("", summary="List outlets", response_model=OutletList, responses=refusals())
async def list_outlets(service: Service, caller: LimitedReader) -> dict[str, Any]:
    """The watch list as the database has it; the file config/outlets.toml only seeds it."""
    outlets = await service.store.read(lambda uow: uow.outlets.all())
    return {"data": [shown(outlet) for outlet in outlets if caller.sees(outlet.id)]}


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
    """Adds an outlet, or replaces the one with the same id. It is swept for at the next turn."""
    outlet = _outlet(given)
    at = service.clock.now()

    def step(uow: UnitOfWork) -> bool:
        others = WatchList(other for other in uow.outlets.all() if other.id != outlet.id)
        for domain in outlet.confirmed_domains:
            owner = others.is_own(domain)
            if owner is not None:
                raise Conflict(f"{domain} is the own domain of {owner}")
        return uow.outlets.put(outlet, at)

    if not await service.store.write(step):
        response.status_code = HTTPStatus.OK
    await service.watched.refresh()
    return shown(outlet)


@router.delete(
    "/{outlet_id}",
    summary="Stop watching an outlet",
    status_code=HTTPStatus.NO_CONTENT,
    responses=refusals(HTTPStatus.NOT_FOUND),
    dependencies=[Admin],
)
async def remove_outlet(service: Service, outlet_id: Annotated[str, path_id("outlet", "spiegel.de")]) -> None:
    """Takes it off the watch list. Lookalikes that were found stay, with their history."""
    await service.store.write(lambda uow: uow.outlets.remove(outlet_id))
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
