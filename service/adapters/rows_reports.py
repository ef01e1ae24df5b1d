"""Reports to registrars, hosts, registries and platforms (``ports.ReportRows``)."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select, update

from service.adapters.codec import member
from service.adapters.portions import portions
from service.adapters.tables import LOOKALIKE, SITE
from service.adapters.tables_persistence import REPORT, REPORT_CHANGE
from service.adapters.views import PUBLIC_PREFIX
from service.core.errors import NotFound
from service.core.persistence.reports import Report, ReportChange, ReportState, Role

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row, Select

_REPORTS = (
    select(REPORT, SITE.c.host, LOOKALIKE.c.outlet)
    .join(LOOKALIKE, LOOKALIKE.c.id == REPORT.c.lookalike_id)
    .join(SITE, SITE.c.id == LOOKALIKE.c.site_id)
)


class SqlReports:
    """``ReportRows`` over one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, report: Report) -> None:
        """Insert one, or append the changes that it has more than the stored one. NotFound without its lookalike."""
        kept = self._connection.execute(select(func.count()).where(REPORT_CHANGE.c.report == report.id)).scalar_one()
        known = update(REPORT).where(REPORT.c.id == report.id).values(state=report.state)
        if not self._connection.execute(known).rowcount:
            self._insert(report)
        rows = [
            {
                "report": report.id,
                "number": number,
                "state": change.state,
                "at": change.at,
                "recorded_at": change.recorded_at,
                "note": change.note,
                "by": change.by,
            }
            for number, change in enumerate(report.changes, 1)
            if number > kept
        ]
        if rows:
            self._connection.execute(insert(REPORT_CHANGE), rows)

    def _insert(self, report: Report) -> None:
        number = report.lookalike.removeprefix(PUBLIC_PREFIX)
        found = self._connection.execute(
            select(LOOKALIKE.c.id)
            .join(SITE, SITE.c.id == LOOKALIKE.c.site_id)
            .where(SITE.c.host == report.host, LOOKALIKE.c.outlet == report.outlet)
        ).scalar()
        if found is None or str(found) != number:
            raise NotFound(f"there is no lookalike {report.lookalike}")
        values = {
            "id": report.id,
            "lookalike_id": found,
            "role": report.role,
            "recipient": report.recipient,
            "sent_at": report.sent_at,
            "due_at": report.due_at,
            "recorded_at": report.recorded_at,
            "state": report.state,
            "reference": report.reference,
        }
        self._connection.execute(insert(REPORT).values(values))

    def get(self, report_id: str) -> Report | None:
        """One by its id."""
        return next(iter(self._load(_REPORTS.where(REPORT.c.id == report_id))), None)

    def all(self, state: ReportState | None = None, host: str | None = None) -> tuple[Report, ...]:
        """All, or those in a state or about a site; the newest sent first."""
        query = _REPORTS
        if state is not None:
            query = query.where(REPORT.c.state == state)
        if host is not None:
            query = query.where(SITE.c.host == host)
        return self._load(query.order_by(REPORT.c.sent_at.desc(), REPORT.c.id))

    def of_lookalikes(self, ids: Sequence[int]) -> tuple[Report, ...]:
        """Those about lookalikes, by row id; the newest sent first."""
        return self._load(_REPORTS.where(REPORT.c.lookalike_id.in_(ids)).order_by(REPORT.c.sent_at.desc(), REPORT.c.id))

    def unanswered(self, now: datetime) -> tuple[Report, ...]:
        """Those sent that nobody answered and whose time is over, the longest overdue first."""
        late = _REPORTS.where(REPORT.c.state == ReportState.SENT, REPORT.c.due_at <= now)
        return self._load(late.order_by(REPORT.c.due_at, REPORT.c.id))

    def _load(self, query: Select[Any]) -> tuple[Report, ...]:
        rows = self._connection.execute(query).all()
        changes: defaultdict[str, list[ReportChange]] = defaultdict(list)
        ids = [row.id for row in rows]
        for portion in portions(ids):
            these = REPORT_CHANGE.c.report.in_(portion)
            for row in self._connection.execute(select(REPORT_CHANGE).where(these).order_by(REPORT_CHANGE.c.number)):
                changes[row.report].append(_change(row))
        return tuple(_report(row, tuple(changes[row.id])) for row in rows)


def _change(row: Row[Any]) -> ReportChange:
    return ReportChange(
        state=member(ReportState, row.state), at=row.at, recorded_at=row.recorded_at, note=row.note, by=row.by
    )


def _report(row: Row[Any], changes: tuple[ReportChange, ...]) -> Report:
    return Report(
        id=row.id,
        lookalike=f"{PUBLIC_PREFIX}{row.lookalike_id}",
        host=row.host,
        outlet=row.outlet,
        role=member(Role, row.role),
        recipient=row.recipient,
        sent_at=row.sent_at,
        due_at=row.due_at,
        recorded_at=row.recorded_at,
        reference=row.reference,
        changes=changes,
    )
