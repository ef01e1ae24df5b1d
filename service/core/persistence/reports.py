"""Reports to registrars, hosts, registries and platforms: sent by people, kept here, and overdue after a while. Pure.

    sent ----> overdue                  by the service, when nobody has answered until ``due_at``: report.overdue
    sent, overdue ----> answered, acted, refused, withdrawn
    answered, refused ----> acted, refused, withdrawn
    acted, withdrawn                    final

Rule 1: a change is a row with its time; none is overwritten.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from service.core.errors import Conflict, InvalidInput


class ReportState(StrEnum):
    """How a report stands."""

    SENT = "sent"
    OVERDUE = "overdue"
    ANSWERED = "answered"
    ACTED = "acted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Role(StrEnum):
    """Whom a report was sent to: what they can do about a site."""

    REGISTRAR = "registrar"
    REGISTRY = "registry"
    HOST = "host"
    PLATFORM = "platform"


_AFTER = {
    ReportState.SENT: {ReportState.ANSWERED, ReportState.ACTED, ReportState.REFUSED, ReportState.WITHDRAWN},
    ReportState.OVERDUE: {ReportState.ANSWERED, ReportState.ACTED, ReportState.REFUSED, ReportState.WITHDRAWN},
    ReportState.ANSWERED: {ReportState.ACTED, ReportState.REFUSED, ReportState.WITHDRAWN},
    ReportState.REFUSED: {ReportState.ACTED, ReportState.WITHDRAWN},
    ReportState.ACTED: set[ReportState](),
    ReportState.WITHDRAWN: set[ReportState](),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportChange:
    """A state that a report came to: ``at`` as it happened, ``recorded_at`` as the service was told."""

    state: ReportState
    at: datetime
    recorded_at: datetime
    note: str = ""
    by: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """One report of one lookalike to one recipient. An answer is expected by ``due_at``."""

    id: str
    lookalike: str
    host: str
    outlet: str
    role: Role
    recipient: str
    sent_at: datetime
    due_at: datetime
    recorded_at: datetime
    reference: str = ""
    changes: tuple[ReportChange, ...] = ()

    @property
    def state(self) -> ReportState:
        """How it stands."""
        return self.changes[-1].state if self.changes else ReportState.SENT

    def as_known(self, at: datetime) -> Report:
        """The report with the changes that were recorded by then."""
        return replace(self, changes=tuple(change for change in self.changes if change.recorded_at <= at))


def changed(report: Report, change: ReportChange) -> Report:
    """The report after a change. Conflict where that state cannot follow, InvalidInput for an impossible time."""
    if change.state not in _AFTER[report.state]:
        possible = ", ".join(sorted(_AFTER[report.state])) or "nothing: it is closed"
        raise Conflict(f"the report is {report.state.value}; what can follow is {possible}")
    return _appended(report, change)


def overdue(report: Report, now: datetime) -> Report | None:
    """The report as overdue, where it was sent, nobody answered, and the time is over."""
    if report.state is not ReportState.SENT or now < report.due_at:
        return None
    return _appended(report, ReportChange(state=ReportState.OVERDUE, at=report.due_at, recorded_at=now))


def _appended(report: Report, change: ReportChange) -> Report:
    if change.at < report.sent_at:
        raise InvalidInput("it cannot have happened before the report was sent", "/at")
    if change.at > change.recorded_at:
        raise InvalidInput("it cannot have happened at a time to come", "/at")
    return replace(report, changes=(*report.changes, change))
