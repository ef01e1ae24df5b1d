"""/v1/forecasts: names that are likely to be taken next, stored before they are checked."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query

from service.api.answers_persistence import ForecastAnswer, ForecastList
from service.api.schemas import Id
from service.api.schemas_persistence import NewForecast
from service.api.wiring import LimitedReader, LimitedWriter, Service, path_id, refusals
from service.core.errors import NotFound
from service.core.persistence.forecast import Forecast
from service.core.plain import shown

router = APIRouter(prefix="/forecasts", tags=["forecasts"])


@router.get("", summary="List forecasts", response_model=ForecastList, responses=refusals())
async def list_forecasts(
    service: Service,
    caller: LimitedReader,
    outlet: Annotated[Id | None, Query(description="Only those for this outlet.")] = None,
    limit: Annotated[int, Query(ge=1, le=100, description="At most so many.")] = 20,
) -> dict[str, Any]:
    """The newest first, with hits and scores, without their names."""
    forecasts = await service.store.read(lambda uow: uow.forecasts.newest(caller.within(outlet), limit))
    return {"data": [item(made) for made in forecasts]}


@router.post(
    "",
    summary="Make a forecast",
    status_code=HTTPStatus.CREATED,
    response_model=ForecastAnswer,
    responses=refusals(HTTPStatus.NOT_FOUND, body=True),
)
async def make_forecast(service: Service, caller: LimitedWriter, given: NewForecast) -> dict[str, Any]:
    """Stored at once and scored from then on; with watch, its names are asked for over the next 72 hours."""
    if not caller.sees(given.outlet):
        raise NotFound(f"your token is not for the outlet {given.outlet}")
    return whole(await service.forecaster.make(given.outlet, reason="asked for", watch=given.watch))


@router.get(
    "/{forecast_id}",
    summary="One forecast",
    response_model=ForecastAnswer,
    responses=refusals(HTTPStatus.NOT_FOUND),
)
async def get_forecast(
    service: Service, caller: LimitedReader, forecast_id: Annotated[str, path_id("forecast", "fct_5b1d7c0f2a9e4d66")]
) -> dict[str, Any]:
    """With all its names."""
    found = await service.store.read(lambda uow: uow.forecasts.get(forecast_id))
    if found is None or not caller.sees(found.outlet):
        raise NotFound(f"there is no forecast {forecast_id}")
    return whole(found)


def item(made: Forecast) -> dict[str, Any]:
    """A forecast as ``ForecastItem`` has it."""
    fields: dict[str, Any] = shown(made)
    del fields["names"]
    return {**fields, "size": len(made.names)}


def whole(made: Forecast) -> dict[str, Any]:
    """A forecast as ``ForecastAnswer`` has it."""
    names = [{"rank": rank, **shown(one)} for rank, one in enumerate(made.names, 1)]
    return {**item(made), "names": names}
