"""Forecasts and what came of them (``ports.ForecastRows``)."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from service.adapters.codec import dumps, load_any, loads
from service.adapters.tables_persistence import FORECAST, FORECAST_HIT
from service.core.persistence.forecast import Forecast, Hit, Likely, Score

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Row, Select

_Names = tuple[Likely, ...]


class SqlForecasts:
    """``ForecastRows`` over one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, made: Forecast) -> bool:
        """Keep one; False where one with its id is kept already."""
        if self._connection.execute(select(FORECAST.c.id).where(FORECAST.c.id == made.id)).first() is not None:
            return False
        values = {
            "id": made.id,
            "outlet": made.outlet,
            "made_at": made.made_at,
            "reason": made.reason,
            "method": made.method,
            "names_json": dumps(_Names, made.names),
            "watched_until": made.watched_until,
            "probes": 0,
        }
        self._connection.execute(insert(FORECAST).values(values))
        return True

    def update(self, made: Forecast) -> None:
        """Keep what came of one: probes, hits that are new, its score. Its names never change."""
        values = {
            "probed_at": made.probed_at,
            "probes": made.probes,
            "score_json": None if made.score is None else dumps(Score, made.score),
        }
        self._connection.execute(update(FORECAST).where(FORECAST.c.id == made.id).values(values))
        known = set(
            self._connection.execute(select(FORECAST_HIT.c.name).where(FORECAST_HIT.c.forecast == made.id)).scalars()
        )
        rows = [
            {"forecast": made.id, "name": hit.name, "rank": hit.rank, "found_at": hit.found_at}
            for hit in made.hits
            if hit.name not in known
        ]
        if rows:
            self._connection.execute(insert(FORECAST_HIT), rows)

    def get(self, forecast_id: str) -> Forecast | None:
        """One by its id."""
        return next(iter(self._load(select(FORECAST).where(FORECAST.c.id == forecast_id))), None)

    def newest(self, outlets: frozenset[str] | None, limit: int) -> tuple[Forecast, ...]:
        """The newest first, of these outlets or of all."""
        query = select(FORECAST)
        if outlets is not None:
            query = query.where(FORECAST.c.outlet.in_(sorted(outlets)))
        return self._load(query.order_by(FORECAST.c.made_at.desc(), FORECAST.c.id).limit(limit))

    def watched(self, now: datetime) -> tuple[Forecast, ...]:
        """Those whose names are to be asked for at ``now``, the one asked for longest ago first."""
        open_ones = select(FORECAST).where(FORECAST.c.watched_until > now)
        return self._load(open_ones.order_by(FORECAST.c.probed_at.nulls_first(), FORECAST.c.id))

    def _load(self, query: Select[Any]) -> tuple[Forecast, ...]:
        rows = self._connection.execute(query).all()
        hits: defaultdict[str, list[Hit]] = defaultdict(list)
        these = FORECAST_HIT.c.forecast.in_([row.id for row in rows])
        for row in self._connection.execute(select(FORECAST_HIT).where(these).order_by(FORECAST_HIT.c.rank)):
            hits[row.forecast].append(Hit(name=row.name, rank=row.rank, found_at=row.found_at))
        return tuple(_forecast(row, tuple(hits[row.id])) for row in rows)


def _forecast(row: Row[Any], hits: tuple[Hit, ...]) -> Forecast:
    return Forecast(
        id=row.id,
        outlet=row.outlet,
        made_at=row.made_at,
        reason=row.reason,
        method=row.method,
        names=load_any(_Names, row.names_json),
        watched_until=row.watched_until,
        probed_at=row.probed_at,
        probes=row.probes,
        hits=hits,
        score=None if row.score_json is None else loads(Score, row.score_json),
    )
