"""Numbers of the database for monitoring (``ports.GaugeRows``)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from service.adapters.tables import EPISODE, LOOKALIKE, SITE
from service.adapters.tables_deliveries import DELIVERY, EVENT
from service.adapters.tables_sweeps import SWEEP
from service.core.alerts.deliveries import DeliveryState

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection, Select

_DAY = timedelta(days=1)

Numbers = dict[str, dict[tuple[tuple[str, str], ...], float]]


class SqlGauges:
    """``GaugeRows`` over one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def numbers(self, now: datetime) -> Mapping[str, Mapping[tuple[tuple[str, str], ...], float]]:
        """Numbers by name and labels."""
        due = select(func.count(), func.min(SITE.c.due_at)).where(SITE.c.due_at <= now)
        waiting = select(func.min(DELIVERY.c.next_at)).where(DELIVERY.c.state == DeliveryState.PENDING)
        count, oldest = self._connection.execute(due).one()
        numbers: Numbers = {
            "due_sites": {(): float(count)},
            "due_seconds": {(): _seconds(now, oldest)},
            "delivery_overdue_seconds": {(): _seconds(now, self._connection.execute(waiting).scalar())},
            "events": {(): float(self._connection.execute(select(func.max(EVENT.c.sequence))).scalar() or 0)},
            "open_episodes": {(): self._one(select(func.count()).where(EPISODE.c.ended_at.is_(None)))},
            "sites": self._by("availability", select(SITE.c.availability, func.count()).group_by(SITE.c.availability)),
            "lookalikes": self._by("verdict", select(LOOKALIKE.c.verdict, func.count()).group_by(LOOKALIKE.c.verdict)),
            "deliveries": self._by("state", select(DELIVERY.c.state, func.count()).group_by(DELIVERY.c.state)),
            "looked_at": self._looks(now),
        }
        return numbers | self._sweeps(now)

    def _looks(self, now: datetime) -> dict[tuple[tuple[str, str], ...], float]:
        """The last looks of the sites that were looked at within a day."""
        within = select(SITE.c.availability, func.count()).where(SITE.c.looked_at > now - _DAY)
        return self._by("outcome", within.group_by(SITE.c.availability))

    def _sweeps(self, now: datetime) -> Numbers:
        rows = self._connection.execute(
            select(SWEEP.c.tier, func.max(SWEEP.c.finished_at), func.sum(SWEEP.c.asked)).group_by(SWEEP.c.tier)
        ).all()
        done = [(tier, finished) for tier, finished, _ in rows if finished is not None]
        return {
            "sweep_age_seconds": {(("tier", tier),): _seconds(now, finished) for tier, finished in done},
            "sweep_names_asked": {(("tier", tier),): float(asked) for tier, _, asked in rows},
        }

    def _by(self, label: str, query: Select[Any]) -> dict[tuple[tuple[str, str], ...], float]:
        return {((label, value),): float(count) for value, count in self._connection.execute(query)}

    def _one(self, query: Select[Any]) -> float:
        return float(self._connection.execute(query).scalar_one())


def _seconds(now: datetime, since: datetime | None) -> float:
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())
