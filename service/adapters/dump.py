"""The whole state of a database as text, to compare two runs.

Row ids, sequence numbers and versions are left out, and so is when a transaction happened to be committed: two runs
that examined independent sites in another order give the same text. Lines are sorted within each kind.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from service.adapters.codec import moment
from service.adapters.store import SqlUnitOfWork
from service.adapters.tables import (
    ACTION,
    BASELINE,
    BLOCK,
    EPISODE,
    LOOKALIKE,
    OBSERVATION,
    OUTLET,
    SITE,
    TARGET,
    TRAIT,
    VERDICT,
)
from service.adapters.tables_campaigns import CAMPAIGN, CAMPAIGN_CHANGE, MEMBERSHIP, SIBLING_SWEEP, SUCCESSION, TIE
from service.adapters.tables_deliveries import DELIVERY, ENDPOINT, EVENT
from service.adapters.tables_persistence import FORECAST, FORECAST_HIT, REPORT, REPORT_CHANGE
from service.adapters.tables_sweeps import SWEEP

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import ColumnElement, Row, Select, Table

    from service.adapters.store import SqlStore
    from service.ports import UnitOfWork


def _all_but(table: Table, *names: str) -> list[ColumnElement[Any]]:
    return [column for column in table.c if column.name not in names]


_OTHER = SITE.alias("other_site")
_EVENT = (EVENT.c.type, EVENT.c.at, EVENT.c.host, EVENT.c.outlet)
_LOOKALIKE = (SITE.c.host, LOOKALIKE.c.outlet)

_KINDS: dict[str, Select[Any]] = {
    "outlet": select(*_all_but(OUTLET, "added_at", "changed_at")),
    "baseline": select(*_all_but(BASELINE, "id", "page")),
    "site": select(*_all_but(SITE, "id", "version", "observations")),
    "target": select(SITE.c.host, *_all_but(TARGET, "id", "site_id")).join(SITE),
    "lookalike": select(SITE.c.host, *_all_but(LOOKALIKE, "id", "site_id")).join(SITE),
    "verdict": select(*_LOOKALIKE, *_all_but(VERDICT, "id", "lookalike_id"))
    .join(LOOKALIKE, LOOKALIKE.c.id == VERDICT.c.lookalike_id)
    .join(SITE),
    "episode": select(*_LOOKALIKE, *_all_but(EPISODE, "lookalike_id"))
    .join(LOOKALIKE, LOOKALIKE.c.id == EPISODE.c.lookalike_id)
    .join(SITE),
    "observation": select(SITE.c.host, *_all_but(OBSERVATION, "site_id")).join(SITE),
    "block": select(SITE.c.host, *_all_but(BLOCK, "row", "site_id")).join(SITE),
    "action": select(ACTION),
    "trait": select(SITE.c.host, *_all_but(TRAIT, "id", "site_id")).join(SITE),
    "tie": select(SITE.c.host, _OTHER.c.host.label("other"), *_all_but(TIE, "id", "first_id", "second_id"))
    .join(SITE, SITE.c.id == TIE.c.first_id)
    .join(_OTHER, _OTHER.c.id == TIE.c.second_id),
    "campaign": select(CAMPAIGN),
    "membership": select(SITE.c.host, *_all_but(MEMBERSHIP, "id", "site_id")).join(SITE),
    "campaign_change": select(*_all_but(CAMPAIGN_CHANGE, "id")),
    "succession": select(
        SITE.c.host, _OTHER.c.host.label("predecessor"), *_all_but(SUCCESSION, "id", "site_id", "predecessor_id")
    )
    .join(SITE, SITE.c.id == SUCCESSION.c.site_id)
    .join(_OTHER, _OTHER.c.id == SUCCESSION.c.predecessor_id),
    "sibling_sweep": select(*_all_but(SIBLING_SWEEP, "id")),
    # A report's id follows from a row id.
    "report": select(*_LOOKALIKE, *_all_but(REPORT, "id", "lookalike_id"))
    .join(LOOKALIKE, LOOKALIKE.c.id == REPORT.c.lookalike_id)
    .join(SITE),
    "report_change": select(
        *_LOOKALIKE, REPORT.c.recipient, REPORT.c.sent_at, REPORT.c.reference, *_all_but(REPORT_CHANGE, "report")
    )
    .join(REPORT, REPORT.c.id == REPORT_CHANGE.c.report)
    .join(LOOKALIKE, LOOKALIKE.c.id == REPORT.c.lookalike_id)
    .join(SITE),
    "forecast": select(FORECAST),
    "forecast_hit": select(FORECAST_HIT),
    "sweep": select(*_all_but(SWEEP, "id")),
    "event": select(*_EVENT, EVENT.c.data_json),
    "delivery": select(*_EVENT, ENDPOINT.c.url, DELIVERY.c.state).select_from(DELIVERY).join(EVENT).join(ENDPOINT),
}

LEFT_OUT = frozenset(
    {
        *("evidence", "attempt", "token", "repeat"),  # ids and times that are others in every run
        *("state", "unlinked", "unanswered", "feed", "feed_gap", "listed"),  # how far the work has come
        # What people handed in or asked for; the targets and sites that came of it are dumped.
        *("sighting_report", "sighting", "capture", "check_request"),
        "endpoint",  # named by each delivery
        *("alert_group", "told", "onboarding"),  # counted from events in the order of their commits; what was told
    }
)
"""Tables that say nothing of what two runs found."""


DUMPED = frozenset(_KINDS)
"""Tables that are part of it."""


async def canonical_dump(store: SqlStore) -> str:
    """One line a row: its kind and its columns as JSON."""
    return await store.read(_dump)


def _dump(unit: UnitOfWork) -> str:
    if not isinstance(unit, SqlUnitOfWork):
        raise TypeError("only a database can be dumped")
    lines: list[str] = []
    for kind, query in _KINDS.items():
        lines.extend(sorted(f"{kind} {_line(row)}" for row in unit.connection.execute(query)))
    return "\n".join(lines)


def _line(row: Row[Any]) -> str:
    return json.dumps(dict(_plain(row)), sort_keys=True)


def _plain(row: Row[Any]) -> Iterator[tuple[str, Any]]:
    for name, value in row._mapping.items():  # noqa: SLF001 - SQLAlchemy's public name, spared from columns' own
        if isinstance(value, datetime):
            yield name, moment(value)
        elif name.endswith("_json"):
            yield name.removesuffix("_json"), None if value is None else json.loads(value)
        else:
            yield name, value
