"""/livez and /readyz: for supervisors and load balancers, without a token."""

from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Response

from service.api.answers import Live, Ready
from service.api.wiring import Service

router = APIRouter(tags=["health"])


@router.get("/livez", summary="Is the process alive", response_model=Live)
async def livez() -> dict[str, Any]:
    """Touches nothing: neither database nor network."""
    return {"status": "ok"}


@router.get(
    "/readyz",
    summary="Can it do its work",
    response_model=Ready,
    responses={503: {"model": Ready, "description": "A check is not ok."}},
)
async def readyz(service: Service, response: Response) -> dict[str, Any]:
    """Each check with ok or with what is wrong."""
    checks = dict(await service.ready())
    # What is not installed or not wanted is "off", with its reason, and no fault.
    ok = all(state == "ok" or state.startswith("off") for state in checks.values())
    if not ok:
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
    return {"status": "ok" if ok else "degraded", "checks": checks}
