"""Requests for sweeps for siblings (``ports.SiblingRows``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select, update

from service.adapters.tables_campaigns import SIBLING_SWEEP
from service.core.persistence.siblings import SiblingSweep

if TYPE_CHECKING:
    from datetime import timedelta

    from sqlalchemy import Connection


class SqlSiblings:
    """``SiblingRows`` over one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def request(self, asked: SiblingSweep, cooldown: timedelta, daily: int) -> bool:
        """Keep a request; False where one of this outlet and label is open or was made within ``cooldown``.

        False also where the outlet has had ``daily`` requests on that day: a flood of confirmations, which a hostile
        wildcard can cause, must not become a flood of queries.
        """
        of_outlet = SIBLING_SWEEP.c.outlet == asked.outlet
        since = asked.requested_at - cooldown
        blocking = (SIBLING_SWEEP.c.finished_at.is_(None)) | (SIBLING_SWEEP.c.requested_at > since)
        same = select(SIBLING_SWEEP.c.id).where(of_outlet, SIBLING_SWEEP.c.label == asked.label, blocking).limit(1)
        if self._connection.execute(same).first() is not None:
            return False
        midnight = asked.requested_at.replace(hour=0, minute=0, second=0, microsecond=0)
        today = select(func.count()).where(of_outlet, SIBLING_SWEEP.c.requested_at >= midnight)
        if self._connection.execute(today).scalar_one() >= daily:
            return False
        row = {"outlet": asked.outlet, "label": asked.label, "host": asked.host, "requested_at": asked.requested_at}
        self._connection.execute(insert(SIBLING_SWEEP).values(position=0, found=0, unanswered=0, **row))
        return True

    def next(self) -> SiblingSweep | None:
        """The oldest request that is open."""
        query = select(SIBLING_SWEEP).where(SIBLING_SWEEP.c.finished_at.is_(None))
        row = self._connection.execute(query.order_by(SIBLING_SWEEP.c.requested_at, SIBLING_SWEEP.c.id)).first()
        return None if row is None else SiblingSweep(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name

    def advance(self, sweep: SiblingSweep) -> None:
        """Store how far it got, in the transaction that admits what it found."""
        values = {
            "finished_at": sweep.finished_at,
            "position": sweep.position,
            "found": sweep.found,
            "unanswered": sweep.unanswered,
        }
        self._connection.execute(update(SIBLING_SWEEP).where(SIBLING_SWEEP.c.id == sweep.id).values(values))
