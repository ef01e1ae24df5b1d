"""/v1/sightings: addresses that somebody saw. They go through the one door; a report never counts by itself."""

import asyncio
from collections import Counter
from dataclasses import replace
from http import HTTPStatus
from io import BytesIO
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from service.api.answers import sendable
from service.api.answers_sightings import SightingDetail, SightingList, SightingReportAnswer, SightingResults
from service.api.pages import Paging
from service.api.schemas import HostName
from service.api.schemas_sightings import TLP, Marking, NewSightings
from service.api.wiring import LimitedReporter, Reader, Service, path_id, refusals
from service.core.errors import InvalidInput, NotFound
from service.core.sightings.sighting import Outcome, Sighting, State
from service.feeds.sighting_files import SightingFile
from service.pipeline.sightings import AT_ONCE

router = APIRouter(prefix="/sightings", tags=["sightings"])

MOST_INFLATED = 64 * 1024 * 1024
"""Bytes of a file of sightings once it is inflated."""

_BINARY = {"schema": {"type": "string", "format": "binary"}}
_FILE = {
    "requestBody": {
        "required": True,
        "description": "The file, as it is.",
        "content": dict.fromkeys(
            ("application/octet-stream", "application/gzip", "text/csv", "text/plain", "application/json"), _BINARY
        ),
    }
}


@router.post(
    "",
    summary="Report URLs",
    status_code=HTTPStatus.ACCEPTED,
    response_model=SightingResults,
    responses=refusals(body=True),
)
async def report_sightings(service: Service, caller: LimitedReporter, given: NewSightings) -> dict[str, Any]:
    """Each URL is taken or refused on its own, and the answer says which.

    Defanged forms (`hxxps://bild[.]ltd`) are read, bare names are taken too. Reporting a URL again does no harm.
    """
    desk, entries = service.sightings, given.all
    report = desk.report(caller.token_id, len(entries), format_="json", marking=given.tlp)
    found = await desk.admit(await desk.open(report), entries)
    count = Counter(one.outcome for one in found)
    counted = {one.value: count[one] for one in (Outcome.ADMITTED, Outcome.KNOWN, Outcome.REFUSED)}
    answer: dict[str, Any] = sendable({"report": report.id, **counted, "results": [_result(one) for one in found]})
    return answer


class Lines(Paging):
    """Which lines of a report are asked for."""

    outcome: Outcome | None = Field(None, description="Only those with this outcome.")


class Filters(Lines):
    """Which sightings are asked for."""

    site: HostName | None = Field(None, description="Only those of this host name.", examples=["spiegel.ltd"])
    report: str | None = Field(
        None, max_length=100, pattern=r"^[!-~]+$", description="Only those of this report.", examples=["sgr_6f0c2d4a"]
    )
    state: State | None = Field(None, description="Only those in this state.")


@router.get("", summary="List sightings", response_model=SightingList, responses=refusals(), dependencies=[Reader])
async def list_sightings(service: Service, asked: Annotated[Filters, Query()]) -> dict[str, Any]:
    """The newest first, refused ones included."""
    where = asked.model_dump(exclude={"cursor", "limit"})
    rows, following = await service.store.read(
        lambda uow: uow.sighting_views.page(where, asked.cursor, asked.limit),
    )
    return {"data": sendable(rows), "next_cursor": following}


@router.post(
    "/import",
    summary="Report a file of URLs",
    status_code=HTTPStatus.ACCEPTED,
    response_model=SightingReportAnswer,
    responses=refusals(HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    openapi_extra=_FILE,
)
async def import_sightings(
    service: Service,
    caller: LimitedReporter,
    request: Request,
    response: Response,
    tlp: Annotated[Marking, Query(description=TLP)] = "",
) -> dict[str, Any]:
    """Text, CSV, NDJSON, STIX 2.1, MISP, or a web server's log in combined format; each plain or in gzip.

    Up to 16 MiB and 100,000 entries; what the file is, it says itself. Long ones are worked off after the answer:
    Location says where that can be followed.
    """
    desk = service.sightings
    await desk.check(caller.token_id)
    is_own = (await service.watched.now()).watchlist.is_own
    file = SightingFile(BytesIO(await request.body()), is_own, most=MOST_INFLATED)
    entries = await asyncio.to_thread(lambda: list(file.entries()))
    if not entries and not file.passed_over:
        raise InvalidInput("there is no address in the file")
    made = desk.report(caller.token_id, len(entries), format_=file.format, marking=tlp)
    report = await desk.open(replace(made, passed_over=dict(file.passed_over)))
    await (desk.admit if len(entries) <= AT_ONCE else desk.leave)(report, entries)
    response.headers["Location"] = f"/v1/sightings/reports/{report.id}"
    return await _report(service, report.id, caller.token_id, Lines())


@router.get(
    "/reports/{report_id}",
    summary="Follow a report of your own",
    response_model=SightingReportAnswer,
    responses=refusals(HTTPStatus.NOT_FOUND),
)
async def get_sighting_report(
    service: Service,
    caller: LimitedReporter,
    report_id: Annotated[str, path_id("report", "sgr_6f0c2d4a9b8e7f10")],
    asked: Annotated[Lines, Query()],
) -> dict[str, Any]:
    """What came of each line, and what was done since. A token sees the reports that it made itself."""
    return await _report(service, report_id, caller.token_id, asked)


@router.get(
    "/{sighting_id}",
    summary="Get a sighting",
    response_model=SightingDetail,
    responses=refusals(HTTPStatus.NOT_FOUND),
    dependencies=[Reader],
)
async def get_sighting(service: Service, sighting_id: Annotated[str, path_id("sighting", "sgt_5")]) -> dict[str, Any]:
    """With what was uploaded with it, and what its site was judged to be."""
    found = await service.store.read(lambda uow: uow.sighting_views.sighting(sighting_id))
    if found is None:
        raise NotFound(f"there is no sighting {sighting_id}")
    shown: dict[str, Any] = sendable(found)
    return shown


async def _report(service: Service, report_id: str, by: str, asked: Lines) -> dict[str, Any]:
    where = {"report": report_id, "outcome": asked.outcome}

    def step(uow: Any) -> dict[str, Any]:
        found = uow.sighting_views.report(report_id)
        if found is None or found["by"] != by:
            raise NotFound(f"this token made no report {report_id}")
        rows, following = uow.sighting_views.page(where, asked.cursor, asked.limit)
        return {**found, "data": sendable(rows), "next_cursor": following}

    return await service.store.read(step)


def _result(one: Sighting) -> dict[str, Any]:
    return {
        "id": f"sgt_{one.id}",
        "url": one.reported.url,
        "status": one.outcome.value,
        "site": one.site or None,
        "reason": one.reason or None,
    }
