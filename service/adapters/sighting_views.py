"""Sightings as people read them (``ports_sightings.SightingViews``).

What was done about one is never stored: it follows from the site's own times, so that it cannot go stale.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, func, literal, select

from service.adapters.codec import load_any
from service.adapters.tables import LOOKALIKE, SITE
from service.adapters.tables_sightings import CAPTURE, SIGHTING, SIGHTING_REPORT
from service.adapters.view_queries import filtered, newest_first
from service.adapters.views import PUBLIC_PREFIX
from service.core.alerts.events import rfc3339
from service.core.sightings.sighting import Outcome, State

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import ColumnElement, Connection, Row

PREFIX = "sgt_"
_PUBLIC_ID = re.compile(PREFIX + r"([1-9][0-9]{0,17})\Z")

_STATE = case(
    (SIGHTING.c.site == "", literal(None)),
    (SITE.c.pages_fetched_at >= SIGHTING.c.at, State.JUDGED.value),
    (SITE.c.looked_at >= SIGHTING.c.at, State.LOOKED.value),
    else_=State.PENDING.value,
).label("state")

_ALL = (
    select(SIGHTING, SIGHTING_REPORT.c.by, _STATE)
    .join(SIGHTING_REPORT, SIGHTING_REPORT.c.id == SIGHTING.c.report)
    .outerjoin(SITE, SITE.c.host == SIGHTING.c.site)
)

_FILTERS: dict[str, Callable[[Any], ColumnElement[bool]]] = {
    "site": lambda value: SIGHTING.c.site == value,
    "report": lambda value: SIGHTING.c.report == value,
    "outcome": lambda value: SIGHTING.c.outcome == value,
    "state": lambda value: _STATE.element == value,
}
Chain = tuple[str, ...]
Counts = Mapping[str, int]


class SqlSightingViews:
    """``SightingViews`` over one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def page(self, where: Mapping[str, Any], cursor: str | None, limit: int) -> tuple[list[dict[str, Any]], str | None]:
        """A page of sightings, the newest first, and the cursor of the next (None on the last page).

        ``where`` may hold site, report, outcome and state. InvalidInput for a cursor that is none of ours.
        """
        query = filtered(_ALL, where, _FILTERS)
        rows, following = newest_first(self._connection, query, (SIGHTING.c.at, SIGHTING.c.id), cursor, limit)
        return [_item(row) for row in rows], following

    def sighting(self, public_id: str) -> dict[str, Any] | None:
        """One with its captures and the lookalikes of its site."""
        found = _PUBLIC_ID.match(public_id)
        row = found and self._connection.execute(_ALL.where(SIGHTING.c.id == int(found[1]))).first()
        if not row:
            return None
        captures = select(CAPTURE).where(CAPTURE.c.sighting_id == row.id).order_by(CAPTURE.c.id)
        resembled = select(LOOKALIKE.c.id, LOOKALIKE.c.outlet, LOOKALIKE.c.verdict).join(
            SITE, SITE.c.id == LOOKALIKE.c.site_id
        )
        lookalikes = resembled.where(SITE.c.host == row.site).order_by(LOOKALIKE.c.id)
        return _item(row) | {
            "captures": [_capture(one) for one in self._connection.execute(captures)],
            "lookalikes": [
                {"id": f"{PUBLIC_PREFIX}{one.id}", "outlet": one.outlet, "verdict": one.verdict}
                for one in self._connection.execute(lookalikes)
            ],
        }

    def report(self, report_id: str) -> dict[str, Any] | None:
        """One report with its sightings by outcome and by state."""
        row = self._connection.execute(select(SIGHTING_REPORT).where(SIGHTING_REPORT.c.id == report_id)).first()
        if row is None:
            return None
        # Counted from outside: a server sees no equality between an expression with values in it and the same again.
        lines = (
            select(SIGHTING.c.outcome, _STATE)
            .outerjoin(SITE, SITE.c.host == SIGHTING.c.site)
            .where(SIGHTING.c.report == report_id)
            .subquery()
        )
        counted = select(lines, func.count().label("number")).group_by(lines.c.outcome, lines.c.state)
        groups = self._connection.execute(counted).all()
        return {
            "id": row.id,
            "by": row.by,
            "reported_at": rfc3339(row.at),
            "format": row.format,
            "tlp": row.tlp,
            "count": row.count,
            "outcomes": {one.value: sum(g.number for g in groups if g.outcome == one) for one in Outcome},
            "states": {one.value: sum(g.number for g in groups if g.state == one) for one in State},
            "passed_over": dict(load_any(Counts, row.passed_over_json)),
        }


def _item(row: Row[Any]) -> dict[str, Any]:
    return {
        "id": f"{PREFIX}{row.id}",
        "report": row.report,
        "by": row.by,
        "entry": row.entry,
        "url": row.url,
        "site": row.site or None,
        "outcome": row.outcome,
        "reason": row.reason or None,
        "state": row.state,
        "reported_at": rfc3339(row.at),
        "seen_at": rfc3339(row.seen_at),
        "tlp": row.tlp,
        "chain": list(load_any(Chain, row.chain_json)),
        "note": row.note,
    }


def _capture(row: Row[Any]) -> dict[str, Any]:
    return {
        "url": row.url,
        "captured_at": rfc3339(row.captured_at),
        "received_at": rfc3339(row.received_at),
        "evidence": row.evidence,
        "has_page": row.page is not None,
    }
