"""Sweeps that somebody asked for (``ports_requests.SweepRequestRows``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from service.adapters.rows_sweeps import sweep_of
from service.adapters.tables_sweeps import SWEEP
from service.core.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Connection

    from service.core.model import Sweep


class SqlSweepRequests:
    """``SweepRequestRows`` over one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def ask(self, sweep_id: int, at: datetime) -> None:
        """A sweep is asked for; one that is asked for already keeps its time. NotFound where there is none."""
        asked = func.coalesce(SWEEP.c.requested_at, at)
        if not self._connection.execute(
            update(SWEEP).where(SWEEP.c.id == sweep_id).values(requested_at=asked)
        ).rowcount:
            raise NotFound(f"no sweep {sweep_id}")

    def open(self) -> tuple[Sweep, ...]:
        """Those that are asked for and not finished, the first asked first."""
        query = select(SWEEP).where(SWEEP.c.requested_at.is_not(None), SWEEP.c.finished_at.is_(None))
        rows = self._connection.execute(query.order_by(SWEEP.c.requested_at, SWEEP.c.id))
        return tuple(sweep_of(row) for row in rows)

    def replace(self, before: int, after: int) -> None:
        """Another sweep of the same kind takes the place of one that cannot go on, and what was asked of it."""
        asked = self._connection.execute(select(SWEEP.c.requested_at).where(SWEEP.c.id == before)).scalar_one_or_none()
        if asked is not None:
            self.ask(after, asked)
            self.withdraw((before,))

    def withdraw(self, sweep_ids: Iterable[int]) -> None:
        """They are not asked for any more."""
        self._connection.execute(update(SWEEP).where(SWEEP.c.id.in_(list(sweep_ids))).values(requested_at=None))
