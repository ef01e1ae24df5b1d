"""Reports to registrars, hosts, registries and platforms: recorded, answered, and overdue when nobody does.

The service sends none by itself: a person does, and says so here.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from service.core.alerts import events
from service.core.errors import InvalidInput, NotFound
from service.core.model import Event
from service.core.persistence.reports import Report, ReportChange, ReportState, Role, changed, overdue
from service.ports import Clock, Store, UnitOfWork


class Reporter:
    """Keeps reports. ``answer_within``: how long recipients have where a report does not say otherwise."""

    def __init__(self, *, clock: Clock, store: Store, answer_within: timedelta) -> None:
        self._clock, self._store, self._answer_within = clock, store, answer_within

    async def record(
        self,
        lookalike: str,
        *,
        role: Role,
        recipient: str,
        reference: str = "",
        sent_at: datetime | None = None,
        due_at: datetime | None = None,
    ) -> tuple[Report, bool]:
        """Keep a report that was sent, and whether it is new: lookalike, recipient, time and reference say which it is.

        NotFound for an unknown lookalike, InvalidInput for a report of the future or due before it was sent.
        """
        now = self._clock.now()
        sent = sent_at or now
        due = due_at or sent + self._answer_within
        if sent > now:
            raise InvalidInput("a report cannot have been sent at a time to come", "/sent_at")
        if due < sent:
            raise InvalidInput("an answer cannot be due before the report was sent", "/due_at")

        def step(uow: UnitOfWork) -> tuple[Report, bool]:
            shown = uow.views.lookalike(lookalike)
            if shown is None:
                raise NotFound(f"there is no lookalike {lookalike}")
            made = Report(
                id="rep_" + events.event_id(lookalike, role.value, recipient, sent.isoformat(), reference)[4:20],
                lookalike=lookalike,
                host=shown["site"],
                outlet=shown["outlet"],
                role=role,
                recipient=recipient,
                sent_at=sent,
                due_at=due,
                recorded_at=now,
                reference=reference,
            )
            known = uow.reports.get(made.id)
            if known is None:
                uow.reports.put(made)
            return known or made, known is None

        return await self._store.write(step)

    async def change(
        self, report_id: str, state: ReportState, *, at: datetime | None = None, note: str = "", by: str = ""
    ) -> Report:
        """A report came to another state. NotFound, or Conflict where that state cannot follow."""
        now = self._clock.now()
        change = ReportChange(state=state, at=at or now, recorded_at=now, note=note, by=by)

        def step(uow: UnitOfWork) -> Report:
            known = uow.reports.get(report_id)
            if known is None:
                raise NotFound(f"there is no report {report_id}")
            after = changed(known, change)
            uow.reports.put(after)
            return after

        return await self._store.write(step)

    async def mark_overdue(self) -> int:
        """Every report whose time is over becomes overdue and is told of, in one transaction; how many."""
        now = self._clock.now()
        if not await self._store.read(lambda uow: uow.reports.unanswered(now)):
            return 0

        def step(uow: UnitOfWork) -> int:
            # Read again: somebody may have answered meanwhile.
            late = [after for one in uow.reports.unanswered(now) if (after := overdue(one, now)) is not None]
            for report in late:
                uow.reports.put(report)
            uow.outbox.publish([told for one in late if (told := _event(uow, one, now)) is not None], now)
            return len(late)

        return await self._store.write(step)


def _event(uow: UnitOfWork, report: Report, now: datetime) -> Event | None:
    row = uow.sites.get(report.host)
    if row is None:
        return None
    site = row[0]
    detail = {
        "report": report.id,
        "recipient": report.recipient,
        "sent_at": events.rfc3339(report.sent_at),
        "due_at": events.rfc3339(report.due_at),
    }
    return events.about_site("report.overdue", site, now, key=report.id, detail=detail)
