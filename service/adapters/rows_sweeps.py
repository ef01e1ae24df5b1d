"""Sweeps, kept as coverage (``ports.SweepRows``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from service.adapters.codec import member
from service.adapters.site_saving import new_id
from service.adapters.tables import SWEEP
from service.core.errors import NotFound
from service.core.model import Sweep, Tier

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Row, Select


class SqlSweeps:
    """``SweepRows`` over one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def last(self, outlet_id: str, tier: Tier) -> Sweep | None:
        """The newest sweep of this kind, finished or not."""
        return self._newest(_of(outlet_id, tier))

    def begin(self, outlet_id: str, tier: Tier, generator: str, vantage: str, at: datetime) -> Sweep:
        """A new one."""
        row = {
            "outlet": outlet_id,
            "tier": tier,
            "generator": generator,
            "vantage": vantage,
            "started_at": at,
            "position": 0,
            "asked": 0,
            "existing": 0,
            "unanswered": 0,
        }
        number = new_id(self._connection.execute(insert(SWEEP).values(row)))
        return Sweep(id=number, outlet=outlet_id, tier=tier, generator=generator, started_at=at, vantage=vantage)

    def advance(self, sweep: Sweep) -> None:
        """Store how far it got, in the transaction that admits what it found. NotFound for one that never began."""
        values = {
            "position": sweep.position,
            "finished_at": sweep.finished_at,
            "asked": sweep.asked,
            "existing": sweep.existing,
            "unanswered": sweep.unanswered,
        }
        if not self._connection.execute(update(SWEEP).where(SWEEP.c.id == sweep.id).values(values)).rowcount:
            raise NotFound(f"no sweep {sweep.id}")

    def finished_before(self, outlet_id: str, tier: Tier, at: datetime) -> Sweep | None:
        """The newest complete sweep that began before ``at``: what proves that a name was absent then."""
        return self._newest(_of(outlet_id, tier).where(SWEEP.c.finished_at.is_not(None), SWEEP.c.started_at < at))

    def _newest(self, query: Select[Any]) -> Sweep | None:
        row = self._connection.execute(query.order_by(SWEEP.c.started_at.desc(), SWEEP.c.id.desc()).limit(1)).first()
        return None if row is None else _sweep(row)


def _of(outlet_id: str, tier: Tier) -> Select[Any]:
    return select(SWEEP).where(SWEEP.c.outlet == outlet_id, SWEEP.c.tier == tier)


def _sweep(row: Row[Any]) -> Sweep:
    return Sweep(
        id=row.id,
        outlet=row.outlet,
        tier=member(Tier, row.tier),
        generator=row.generator,
        started_at=row.started_at,
        position=row.position,
        finished_at=row.finished_at,
        asked=row.asked,
        existing=row.existing,
        unanswered=row.unanswered,
        vantage=row.vantage,
    )
