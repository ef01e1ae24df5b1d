"""Rows that nothing rests on any more (``ports_retention.RetentionRows``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, delete, exists, func, insert, not_, or_, select, tuple_, update

from service.adapters.tables import BASELINE, BLOCK, EPISODE, LOOKALIKE, OBSERVATION, OUTLET, SITE, STATE, VERDICT
from service.adapters.tables_access import REPEAT, TOKEN
from service.adapters.tables_campaigns import MEMBERSHIP, TIE
from service.adapters.tables_checks import CHECK
from service.adapters.tables_deliveries import ATTEMPT, DELIVERY, EVENT
from service.adapters.tables_persistence import REPORT, REPORT_CHANGE
from service.adapters.tables_sightings import CAPTURE, SIGHTING, SIGHTING_REPORT
from service.adapters.tables_sweeps import SWEEP, UNANSWERED
from service.adapters.view_queries import Place
from service.core.retention import Passing
from service.core.sightings.sighting import Outcome
from service.core.states import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Table

    from service.ports_retention import Key

_SUM = "retention.deleted."
"""Prefix of the states that hold how many rows of a kind were deleted."""

_FLAGGED = tuple(verdict.value for verdict in Verdict if verdict.flagged)


class _Rule(NamedTuple):
    """The rows of a kind that go: ``passed`` (time -> condition)."""

    table: Table
    passed: Callable[[datetime], ColumnElement[bool]]


def _matters(site_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether anything rests on a site: a flag, then or now, a person's word, an episode, a report, a block, a link."""
    lookalike = LOOKALIKE.c.id
    decided = or_(
        LOOKALIKE.c.flagged,
        LOOKALIKE.c.analyst_json.is_not(None),
        exists().where(EPISODE.c.lookalike_id == lookalike),
        exists().where(REPORT.c.lookalike_id == lookalike),
        exists().where(
            VERDICT.c.lookalike_id == lookalike,
            or_(VERDICT.c.verdict.in_(_FLAGGED), VERDICT.c.analyst_json.is_not(None)),
        ),
    )
    return or_(
        exists().where(LOOKALIKE.c.site_id == site_id, decided),
        exists().where(BLOCK.c.site_id == site_id),
        exists().where(MEMBERSHIP.c.site_id == site_id),
    )


def _attempts(before: datetime) -> ColumnElement[bool]:
    done = exists().where(DELIVERY.c.id == ATTEMPT.c.delivery_id, DELIVERY.c.next_at.is_(None))
    return and_(ATTEMPT.c.at < before, done)


def _deliveries(before: datetime) -> ColumnElement[bool]:
    return and_(
        DELIVERY.c.next_at.is_(None),
        exists().where(EVENT.c.sequence == DELIVERY.c.event, EVENT.c.committed_at < before),
        not_(exists().where(ATTEMPT.c.delivery_id == DELIVERY.c.id)),
    )


def _events(before: datetime) -> ColumnElement[bool]:
    """Never the newest: the next one's number follows from it."""
    newest = select(func.max(EVENT.alias("every").c.sequence)).scalar_subquery()
    return and_(
        EVENT.c.committed_at < before,
        EVENT.c.sequence < newest,
        not_(exists().where(DELIVERY.c.event == EVENT.c.sequence)),
        not_(exists().where(SITE.c.host == EVENT.c.host, _matters(SITE.c.id))),
    )


def _observations(before: datetime) -> ColumnElement[bool]:
    """Between the first and the last one of a site: that tells since when, and what there is now."""
    inner = exists().where(SITE.c.id == OBSERVATION.c.site_id, OBSERVATION.c.number < SITE.c.observations)
    return and_(OBSERVATION.c.last_at < before, OBSERVATION.c.number > 1, inner, not_(_matters(OBSERVATION.c.site_id)))


def _unanswered(before: datetime) -> ColumnElement[bool]:
    """Not of complete sweeps of outlets on the list: their silent names would pass for absent ones."""
    later = SWEEP.alias("later")
    given_up = and_(
        SWEEP.c.finished_at.is_(None),
        exists().where(later.c.outlet == SWEEP.c.outlet, later.c.tier == SWEEP.c.tier, later.c.id > SWEEP.c.id),
    )
    left = not_(exists().where(OUTLET.c.id == SWEEP.c.outlet))
    return exists().where(SWEEP.c.id == UNANSWERED.c.sweep_id, SWEEP.c.started_at < before, or_(given_up, left))


def _unimportant(host: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether nothing rests on the site with this name, if there is one."""
    return not_(exists().where(SITE.c.host == host, _matters(SITE.c.id)))


def _captures(before: datetime) -> ColumnElement[bool]:
    """The file is evidence, which has a retention of its own."""
    return and_(CAPTURE.c.received_at < before, _unimportant(CAPTURE.c.host))


def _sightings(before: datetime) -> ColumnElement[bool]:
    return and_(
        SIGHTING.c.at < before,
        SIGHTING.c.outcome != Outcome.WAITING,
        _unimportant(SIGHTING.c.site),
        not_(exists().where(CAPTURE.c.sighting_id == SIGHTING.c.id)),
    )


def _sighting_reports(before: datetime) -> ColumnElement[bool]:
    left = exists().where(SIGHTING.c.report == SIGHTING_REPORT.c.id)
    return and_(SIGHTING_REPORT.c.at < before, not_(left))


def _tokens(before: datetime) -> ColumnElement[bool]:
    """Those that ended, by which nobody decided anything that is kept."""
    named = or_(
        exists().where(Place(VERDICT.c.analyst_json, TOKEN.c.id) > 0),
        exists().where(Place(REPORT_CHANGE.c.by, TOKEN.c.id) > 0),
        exists().where(Place(TIE.c.ruled_json, TOKEN.c.id) > 0),
        exists().where(Place(BASELINE.c.decided_by, TOKEN.c.id) > 0),
    )
    return and_(or_(TOKEN.c.revoked_at < before, TOKEN.c.expires_at < before), not_(named))


_RULES: dict[Passing, _Rule] = {
    Passing.ATTEMPTS: _Rule(ATTEMPT, _attempts),
    Passing.DELIVERIES: _Rule(DELIVERY, _deliveries),
    Passing.EVENTS: _Rule(EVENT, _events),
    Passing.OBSERVATIONS: _Rule(OBSERVATION, _observations),
    Passing.UNANSWERED: _Rule(UNANSWERED, _unanswered),
    Passing.CAPTURES: _Rule(CAPTURE, _captures),
    Passing.SIGHTINGS: _Rule(SIGHTING, _sightings),
    Passing.SIGHTING_REPORTS: _Rule(SIGHTING_REPORT, _sighting_reports),
    Passing.CHECKS: _Rule(CHECK, lambda before: and_(CHECK.c.asked_at < before, CHECK.c.done_at.is_not(None))),
    Passing.REPEATS: _Rule(REPEAT, lambda before: REPEAT.c.at < before),
    Passing.TOKENS: _Rule(TOKEN, _tokens),
}


class SqlRetention:
    """``RetentionRows`` over one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def passed(self, kind: Passing, before: datetime, limit: int) -> tuple[Key, ...]:
        """Keys of rows of this kind that are older than ``before`` and that nothing rests on."""
        table, passed = _RULES[kind]
        query = select(*table.primary_key.columns).where(passed(before)).limit(limit)
        return tuple(tuple(row) for row in self._connection.execute(query))

    def forget(self, kind: Passing, keys: Sequence[Key], before: datetime) -> int:
        """Delete those of ``keys`` of which this still holds; how many. The sum of all is kept."""
        table, passed = _RULES[kind]
        ours = tuple_(*table.primary_key.columns).in_(keys)
        count = int(self._connection.execute(delete(table).where(ours, passed(before))).rowcount)
        if count:
            self._count(kind, count)
        return count

    def forgotten(self) -> dict[Passing, int]:
        """How many rows of each kind were ever deleted."""
        names = {_SUM + kind.value: kind for kind in Passing}
        rows = self._connection.execute(select(STATE.c.key, STATE.c.value).where(STATE.c.key.in_(list(names))))
        return dict.fromkeys(Passing, 0) | {names[row.key]: int(row.value) for row in rows}

    def _count(self, kind: Passing, count: int) -> None:
        value = {"value": str(self.forgotten()[kind] + count)}
        key = _SUM + kind.value
        if not self._connection.execute(update(STATE).where(STATE.c.key == key).values(value)).rowcount:
            self._connection.execute(insert(STATE), {"key": key, **value})
