"""Sweeps as the API reads them (``ports.CoverageRows``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from service.adapters.tables_sweeps import SWEEP, UNANSWERED
from service.adapters.view_queries import filtered, newest_first
from service.core.alerts.events import rfc3339

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import ColumnElement, Connection, Row

_FILTERS: dict[str, Callable[[Any], ColumnElement[bool]]] = {
    "outlet": lambda value: SWEEP.c.outlet == value,
    "tier": lambda value: SWEEP.c.tier == value,
    "complete": lambda value: SWEEP.c.finished_at.is_not(None) if value else SWEEP.c.finished_at.is_(None),
    "started_after": lambda value: SWEEP.c.started_at > value,
}


class SqlCoverage:
    """``CoverageRows`` over one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def page(self, where: Mapping[str, Any], cursor: str | None, limit: int) -> tuple[list[dict[str, Any]], str | None]:
        """A page of sweeps, the newest begun first, and the cursor of the next (None on the last page).

        ``where`` may hold outlet, tier, complete and started_after. InvalidInput for an unknown filter and for a cursor
        that is none of ours.
        """
        query = filtered(select(SWEEP), where, _FILTERS)
        rows, following = newest_first(self._connection, query, (SWEEP.c.started_at, SWEEP.c.id), cursor, limit)
        return [_item(row) for row in rows], following

    def sweep(self, sweep_id: int) -> dict[str, Any] | None:
        """One sweep."""
        row = self._connection.execute(select(SWEEP).where(SWEEP.c.id == sweep_id)).first()
        return None if row is None else _item(row)

    def unanswered(self, sweep_id: int, after: str, limit: int) -> list[str]:
        """Names that stayed unanswered, ordered by name, those after ``after``."""
        query = select(UNANSWERED.c.name).where(UNANSWERED.c.sweep_id == sweep_id, UNANSWERED.c.name > after)
        return list(self._connection.execute(query.order_by(UNANSWERED.c.name).limit(limit)).scalars())


def _item(row: Row[Any]) -> dict[str, Any]:
    return {
        "id": row.id,
        "outlet": row.outlet,
        "tier": row.tier,
        "generator": row.generator,
        "vantage": row.vantage,
        "started_at": rfc3339(row.started_at),
        "finished_at": rfc3339(row.finished_at),
        "complete": row.finished_at is not None,
        # A count made before may be a few too high; in the end it is known.
        "total": row.position if row.finished_at is not None else max(row.total, row.position),
        "asked": row.asked,
        "existing": row.existing,
        "absent": row.asked - row.existing - row.unanswered,
        "unanswered": row.unanswered,
        "first_suffix": row.first_suffix or None,
        "last_suffix": row.last_suffix or None,
        "requested_at": rfc3339(row.requested_at),
    }
