"""What was seen before (``ports.HistoryRows``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from service.adapters.codec import load_any, member
from service.adapters.site_loading import Summary
from service.adapters.tables import LOOKALIKE, OBSERVATION, OUTLET, SITE
from service.core.model import Observation
from service.core.states import Availability

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

# Built once: building a statement takes longer than running it.
_OBSERVATIONS = (
    select(OBSERVATION)
    .join(SITE, SITE.c.id == OBSERVATION.c.site_id)
    .where(SITE.c.host == bindparam("host"))
    .order_by(OBSERVATION.c.number)
)
_APPEARANCES = (
    select(SITE.c.domain, SITE.c.registered_at, SITE.c.admitted_at)
    .join(LOOKALIKE, LOOKALIKE.c.site_id == SITE.c.id)
    .where(LOOKALIKE.c.outlet == bindparam("outlet"), LOOKALIKE.c.flagged)
)


class SqlHistory:
    """``HistoryRows`` over one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def observations(self, host: str) -> tuple[Observation, ...]:
        """Every observation of a site, oldest first."""
        return tuple(
            Observation(
                digest=row.digest,
                first_at=row.first_at,
                last_at=row.last_at,
                count=row._mapping["count"],  # noqa: SLF001 - a row has a method of that name
                consensus=member(Availability, row.consensus),
                summary=load_any(Summary, row.summary_json),
            )
            for row in self._connection.execute(_OBSERVATIONS, {"host": host})
        )

    def appearances(self, outlet: str) -> tuple[datetime, ...]:
        """When each flagged name of an outlet appeared: its registration, else its admission; oldest first."""
        found: dict[str, datetime] = {}
        for row in self._connection.execute(_APPEARANCES, {"outlet": outlet}):
            appeared = min(row.registered_at or row.admitted_at, row.admitted_at)
            # Several hosts of one name are one spoof.
            found[row.domain] = min(appeared, found.get(row.domain, appeared))
        return tuple(sorted(found.values()))

    def watched_since(self, outlet: str) -> datetime | None:
        """Since when an outlet is on the watch list; None for one that is not."""
        since: datetime | None = self._connection.execute(
            select(OUTLET.c.added_at).where(OUTLET.c.id == outlet)
        ).scalar()
        return since
