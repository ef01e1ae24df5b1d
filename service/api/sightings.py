"""/v1/sightings: URLs that somebody saw. They go through the one door; a report never counts by itself."""

from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter

from service.api.answers import SightingResults
from service.api.schemas import MAX_URL, NewSightings
from service.api.wiring import LimitedReporter, Service, refusals
from service.app import App
from service.core.errors import InvalidInput, InvalidName
from service.core.names.name import refang

router = APIRouter(prefix="/sightings", tags=["sightings"])

SOURCE = "sighting"
"""Where a site came from that was reported."""


@router.post(
    "",
    summary="Report URLs",
    status_code=HTTPStatus.ACCEPTED,
    response_model=SightingResults,
    responses=refusals(body=True),
)
async def report_sightings(service: Service, _: LimitedReporter, given: NewSightings) -> dict[str, Any]:
    """Each URL is taken or refused on its own, and the answer says which.

    Defanged forms (`hxxps://bild[.]ltd`) are read, bare names are taken too. Reporting a URL again does no harm.
    """
    results = [await _admit(service, url) for url in given.all]
    admitted = sum(result["status"] == "admitted" for result in results)
    return {"admitted": admitted, "refused": len(results) - admitted, "results": results}


async def _admit(service: App, given: str) -> dict[str, Any]:
    quoted = given[:MAX_URL].encode(errors="replace").decode()
    refused = {"url": quoted, "status": "refused", "site": None}
    try:
        site = await service.door.admit_url(_url(given), SOURCE)
    except (InvalidName, InvalidInput) as error:
        return refused | {"reason": str(error)}
    return {"url": given, "status": "admitted", "site": site, "reason": None}


def _url(given: str) -> str:
    """The URL or name that was meant; InvalidInput where it cannot be looked at."""
    if len(given) > MAX_URL:
        raise InvalidInput(f"longer than {MAX_URL} characters")
    url = refang(given.strip())
    if any(char.isspace() or not char.isprintable() for char in url):
        raise InvalidInput("a URL holds no spaces and no control characters")
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise InvalidInput(f"not a URL: {error}") from error
    if "://" in url and parts.scheme not in ("http", "https"):
        raise InvalidInput(f"{parts.scheme}:// is not looked at, only http:// and https://")
    if parts.username is not None or parts.password is not None:
        raise InvalidInput("a URL with a user name or password in it is not looked at")
    return url
