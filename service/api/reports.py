"""/v1/reports: reports to registrars, hosts, registries and platforms, sent by people and followed here."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from service.api.answers_persistence import ReportAnswer, ReportList
from service.api.auth import Caller
from service.api.lookalikes import shown as shown_lookalike
from service.api.schemas import HostName
from service.api.schemas_persistence import ChangedReport, NewReport
from service.api.wiring import LimitedReader, LimitedWriter, Service, path_id, refusals
from service.app import App
from service.core.errors import NotFound
from service.core.persistence.reports import Report, ReportState
from service.core.plain import shown

router = APIRouter(prefix="/reports", tags=["reports"])

ReportId = Annotated[str, path_id("report", "rep_9c41aa20d0e35b17")]


@router.get("", summary="List reports", response_model=ReportList, responses=refusals())
async def list_reports(
    service: Service,
    caller: LimitedReader,
    state: Annotated[ReportState | None, Query(description="Only those that stand so.")] = None,
    site: Annotated[HostName | None, Query(description="Only those about this host name.")] = None,
) -> dict[str, Any]:
    """The newest sent first."""
    reports = await service.store.read(lambda uow: uow.reports.all(state, site))
    return {"data": [answered(report) for report in reports if caller.sees(report.outlet)]}


@router.post(
    "",
    summary="Record a report",
    status_code=HTTPStatus.CREATED,
    response_model=ReportAnswer,
    responses={
        200: {"model": ReportAnswer, "description": "This very report was recorded before."},
        **refusals(HTTPStatus.NOT_FOUND, body=True),
    },
)
async def record_report(
    service: Service, caller: LimitedWriter, given: NewReport, response: Response
) -> dict[str, Any]:
    """A report that somebody sent. The service sends none; it reminds when nobody answers (report.overdue).

    Lookalike, recipient, time and reference say which report it is, so a request with a time may be sent twice.
    """
    await service.store.read(lambda uow: shown_lookalike(uow, caller, given.lookalike))
    kept, new = await service.reporter.record(
        given.lookalike,
        role=given.role,
        recipient=given.recipient,
        reference=given.reference,
        sent_at=given.sent_at,
        due_at=given.due_at,
    )
    if not new:
        response.status_code = HTTPStatus.OK
    return answered(kept)


@router.get(
    "/{report_id}",
    summary="One report",
    response_model=ReportAnswer,
    responses=refusals(HTTPStatus.NOT_FOUND),
)
async def get_report(service: Service, caller: LimitedReader, report_id: ReportId) -> dict[str, Any]:
    """With every state that it came to."""
    return answered(await _seen(service, caller, report_id))


@router.post(
    "/{report_id}/state",
    summary="Record what became of a report",
    response_model=ReportAnswer,
    responses=refusals(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, body=True),
)
async def change_report(
    service: Service, caller: LimitedWriter, report_id: ReportId, given: ChangedReport
) -> dict[str, Any]:
    """Answered, acted, refused or withdrawn. What was acted on or withdrawn is closed."""
    await _seen(service, caller, report_id)
    changed = await service.reporter.change(
        report_id, ReportState(given.state), at=given.at, note=given.note, by=f"token {caller.token_id}"
    )
    return answered(changed)


async def _seen(service: App, caller: Caller, report_id: str) -> Report:
    """The report; NotFound where there is none that the caller may see."""
    found = await service.store.read(lambda uow: uow.reports.get(report_id))
    if found is None or not caller.sees(found.outlet):
        raise NotFound(f"there is no report {report_id}")
    return found


def answered(report: Report) -> dict[str, Any]:
    """A report as ``ReportAnswer`` has it."""
    fields: dict[str, Any] = shown(report)
    return {**fields, "site": report.host, "state": report.state.value}
