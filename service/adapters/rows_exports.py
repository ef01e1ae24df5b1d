"""What exports are made from (``ports.ExportRows``): lookalikes that are flagged or were, read in one pass."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case, func, select

from service.adapters.codec import loads
from service.adapters.tables import BLOCK, EPISODE, LOOKALIKE, SITE, VERDICT
from service.adapters.tables_sightings import SIGHTING
from service.adapters.views import PUBLIC_PREFIX
from service.core.exports.entry import Entry
from service.core.model import AnalystWord
from service.core.states import Availability, Verdict
from service.core.tlp import LEVELS
from service.core.verdict import evidence

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import Connection, Row, Select

_AT_A_TIME = 1000
_FLAGGED = [verdict.value for verdict in Verdict if verdict.flagged]


class SqlExports:
    """``ExportRows`` over one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def entries(
        self, outlets: tuple[str, ...] | None = None, changed_after: datetime | None = None, *, live: bool = False
    ) -> Iterator[Entry]:
        """Entries outlet by outlet, in the order in which they were found; at no time more than a thousand are held."""
        query = _query()
        if outlets is not None:
            query = query.where(LOOKALIKE.c.outlet.in_(outlets))
        if changed_after is not None:
            query = query.where(_HISTORY.c.changed_at > changed_after)
        if live:
            query = query.where(_open_episode())
        ordered = query.order_by(LOOKALIKE.c.outlet, LOOKALIKE.c.id)
        rows = self._connection.execution_options(yield_per=_AT_A_TIME).execute(ordered)
        for row in rows:
            yield _entry(row)

    def outlets(self) -> tuple[str, ...]:
        """Outlets that any entry is about, sorted."""
        query = select(LOOKALIKE.c.outlet).join(_HISTORY, _HISTORY.c.lookalike_id == LOOKALIKE.c.id)
        flagged = query.where(_HISTORY.c.first_flagged_at.is_not(None)).distinct()
        return tuple(sorted(self._connection.execute(flagged).scalars()))

    def changed_at(self) -> datetime | None:
        """When any entry's verdict changed last; None where there is none."""
        query = select(func.max(_HISTORY.c.changed_at, type_=VERDICT.c.at.type)).where(
            _HISTORY.c.first_flagged_at.is_not(None)
        )
        found: datetime | None = self._connection.execute(query).scalar_one()
        return found


_HISTORY = (
    select(
        VERDICT.c.lookalike_id,
        func.min(case((VERDICT.c.verdict.in_(_FLAGGED), VERDICT.c.at)), type_=VERDICT.c.at.type).label(
            "first_flagged_at"
        ),
        func.max(VERDICT.c.at, type_=VERDICT.c.at.type).label("changed_at"),
    )
    .group_by(VERDICT.c.lookalike_id)
    .subquery()
)
"""Of each lookalike's verdicts: when one was the first to flag it, and when the last came."""

_MARKED = (
    select(
        SIGHTING.c.site,
        func.max(case({level: place for place, level in enumerate(LEVELS)}, value=SIGHTING.c.tlp)).label("strictness"),
    )
    .where(SIGHTING.c.tlp != "", SIGHTING.c.site != "")
    .group_by(SIGHTING.c.site)
    .subquery()
)
"""Of each site that was reported with a marking: the strictest one's place among the levels."""


def _query() -> Select[Any]:
    in_force = select(BLOCK.c.row).where(BLOCK.c.site_id == SITE.c.id, BLOCK.c.lifted_at.is_(None)).exists()
    return (
        select(
            LOOKALIKE,
            SITE.c.host,
            SITE.c.domain,
            SITE.c.availability,
            SITE.c.registered_at,
            SITE.c.registrar,
            SITE.c.looked_at,
            _HISTORY.c.first_flagged_at,
            _HISTORY.c.changed_at,
            _open_episode().label("live"),
            in_force.label("blocked"),
            _MARKED.c.strictness,
        )
        .join(SITE, SITE.c.id == LOOKALIKE.c.site_id)
        .join(_HISTORY, _HISTORY.c.lookalike_id == LOOKALIKE.c.id)
        .outerjoin(_MARKED, _MARKED.c.site == SITE.c.host)
        .where(_HISTORY.c.first_flagged_at.is_not(None))
    )


def _open_episode() -> Any:
    return (
        select(EPISODE.c.number)
        .where(and_(EPISODE.c.lookalike_id == LOOKALIKE.c.id, EPISODE.c.ended_at.is_(None)))
        .exists()
    )


def _entry(row: Row[Any]) -> Entry:
    word = None if row.analyst_json is None else loads(AnalystWord, row.analyst_json)
    verdict = Verdict(row.verdict)
    confirmed = word is not None and word.verdict is Verdict.IMPERSONATION
    return Entry(
        id=f"{PUBLIC_PREFIX}{row.id}",
        site=row.host,
        domain=row.domain,
        outlet=row.outlet,
        technique=row.technique,
        verdict=verdict,
        score=row.score,
        reason=row.reason,
        first_flagged_at=row.first_flagged_at,
        changed_at=row.changed_at,
        discovered_at=row.discovered_at,
        withdrawn_at=None if verdict.flagged else row.changed_at,
        confirmed_by=word.by if word is not None and confirmed else "",
        # The codec writes a signal as an object of its fields; only two are wanted of a million.
        evidence=evidence.classes((one["name"], one["value"]) for one in json.loads(row.signals_json)),
        availability=Availability(row.availability),
        live=bool(row.live) and verdict.flagged,
        blocked=bool(row.blocked),
        registered_at=row.registered_at,
        registrar=row.registrar or "",
        looked_at=row.looked_at,
        tlp="" if row.strictness is None else LEVELS[row.strictness],
    )
