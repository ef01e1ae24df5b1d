"""/metrics: numbers for Prometheus, without a token and without names of sites or outlets."""

from fastapi import APIRouter, Response

from service.api.wiring import Service

router = APIRouter(tags=["health"])

_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@router.get(
    "/metrics",
    summary="Numbers for Prometheus",
    response_class=Response,
    responses={200: {"content": {_TYPE: {"schema": {"type": "string"}}}, "description": "The numbers."}},
)
async def metrics(service: Service) -> Response:
    """Due list, looks, sweeps, feeds, deliveries, ticks and the process, in Prometheus' text format."""
    return Response(await service.metrics(), media_type=_TYPE)
