"""Sweeps, kept as coverage (``ports.SweepRows``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select, update

from service.adapters.codec import member
from service.adapters.portions import portions
from service.adapters.site_saving import new_id
from service.adapters.tables_sweeps import SWEEP, UNANSWERED
from service.core.errors import NotFound
from service.core.model import Sweep
from service.core.states import Tier

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row, Select


class SqlSweeps:
    """``SweepRows`` over one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def last(self, outlet_id: str, tier: Tier) -> Sweep | None:
        """The newest sweep of this kind, finished or not."""
        return self._newest(_of(outlet_id, tier))

    def newest(self) -> dict[tuple[str, Tier], Sweep]:
        """The newest of each outlet and tier, finished or not. A later one has a higher id."""
        ids = select(func.max(SWEEP.c.id)).group_by(SWEEP.c.outlet, SWEEP.c.tier)
        sweeps = map(sweep_of, self._connection.execute(select(SWEEP).where(SWEEP.c.id.in_(ids))))
        return {(sweep.outlet, sweep.tier): sweep for sweep in sweeps}

    def begin(self, outlet_id: str, tier: Tier, generator: str, vantage: str, at: datetime, *, total: int = 0) -> Sweep:
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
            "total": total,
            "first_suffix": "",
            "last_suffix": "",
        }
        number = new_id(self._connection.execute(insert(SWEEP).values(row)))
        return Sweep(
            id=number, outlet=outlet_id, tier=tier, generator=generator, started_at=at, vantage=vantage, total=total
        )

    def advance(self, sweep: Sweep, unanswered: Sequence[str] = ()) -> None:
        """Store how far it got, in the transaction that admits what it found, and names that stayed unanswered.

        A sweep that is complete makes the unanswered names of those before it forgotten; their number stays. NotFound
        for a sweep that never began.
        """
        values = {
            "position": sweep.position,
            "finished_at": sweep.finished_at,
            "asked": sweep.asked,
            "existing": sweep.existing,
            "unanswered": sweep.unanswered,
            "total": sweep.total,
            "first_suffix": sweep.first_suffix,
            "last_suffix": sweep.last_suffix,
        }
        if not self._connection.execute(update(SWEEP).where(SWEEP.c.id == sweep.id).values(values)).rowcount:
            raise NotFound(f"no sweep {sweep.id}")
        # A shard that is asked again after a kill was never saved, so no name comes twice but within one shard.
        rows = [{"sweep_id": sweep.id, "name": name} for name in dict.fromkeys(unanswered)]
        if rows:
            self._connection.execute(insert(UNANSWERED), rows)
        if sweep.finished_at is not None:
            before = _of(sweep.outlet, sweep.tier).where(SWEEP.c.id < sweep.id).with_only_columns(SWEEP.c.id)
            self._connection.execute(delete(UNANSWERED).where(UNANSWERED.c.sweep_id.in_(before)))

    def finished_before(self, outlet_id: str, tier: Tier, at: datetime) -> Sweep | None:
        """The newest complete sweep that began before ``at``: what proves that a name was absent then."""
        return self._newest(_of(outlet_id, tier).where(SWEEP.c.finished_at.is_not(None), SWEEP.c.started_at < at))

    def unanswered_among(self, sweep_id: int, names: Iterable[str]) -> frozenset[str]:
        """Those of ``names`` that stayed unanswered in a sweep: of these alone it says nothing."""
        asked = list(names)
        found: set[str] = set()
        for portion in portions(asked):
            within = UNANSWERED.c.name.in_(portion)
            query = select(UNANSWERED.c.name).where(UNANSWERED.c.sweep_id == sweep_id, within)
            found.update(self._connection.execute(query).scalars())
        return frozenset(found)

    def _newest(self, query: Select[Any]) -> Sweep | None:
        row = self._connection.execute(query.order_by(SWEEP.c.started_at.desc(), SWEEP.c.id.desc()).limit(1)).first()
        return None if row is None else sweep_of(row)


def _of(outlet_id: str, tier: Tier) -> Select[Any]:
    return select(SWEEP).where(SWEEP.c.outlet == outlet_id, SWEEP.c.tier == tier)


def sweep_of(row: Row[Any]) -> Sweep:
    """A sweep out of its row."""
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
        total=row.total,
        first_suffix=row.first_suffix,
        last_suffix=row.last_suffix,
    )
