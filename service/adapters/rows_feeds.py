"""Feeds and their gaps (``ports.FeedRows``)."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select, update

from service.adapters.portions import portions
from service.adapters.tables import SITE
from service.adapters.tables_feeds import FEED, FEED_GAP
from service.core.errors import NotFound
from service.core.feed import FeedState
from service.core.watermark import Gap, Span, Watermark

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import Connection, Row


# Stored under the same names on both sides.
_PLAIN = tuple(field.name for field in fields(FeedState) if field.name not in ("id", "mark", "patience", "news_within"))


class SqlFeeds:
    """``FeedRows`` over one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, feed_id: str) -> FeedState | None:
        """One feed with its gaps."""
        row = self._connection.execute(select(FEED).where(FEED.c.id == feed_id)).first()
        return None if row is None else _state(row, self._gaps(feed_id))

    def all(self) -> tuple[FeedState, ...]:
        """Every feed, ordered by id."""
        rows = self._connection.execute(select(FEED).order_by(FEED.c.id)).all()
        return tuple(_state(row, self._gaps(row.id)) for row in rows)

    def save(self, state: FeedState) -> None:
        """Insert or change one, gaps included."""
        values = _values(state)
        if not self._connection.execute(update(FEED).where(FEED.c.id == state.id).values(values)).rowcount:
            self._connection.execute(insert(FEED).values({"id": state.id, **values}))
        if self._gaps(state.id) == state.mark.gaps:
            return
        self._connection.execute(delete(FEED_GAP).where(FEED_GAP.c.feed == state.id))
        if state.mark.gaps:
            self._connection.execute(insert(FEED_GAP), [_gap_values(state.id, gap) for gap in state.mark.gaps])

    def forget(self, feed_id: str) -> None:
        """Drop one that is followed no more; NotFound where there is none."""
        self._connection.execute(delete(FEED_GAP).where(FEED_GAP.c.feed == feed_id))
        if not self._connection.execute(delete(FEED).where(FEED.c.id == feed_id)).rowcount:
            raise NotFound(f"no feed {feed_id}")

    def sites_under(self, domains: Collection[str]) -> Mapping[str, tuple[str, ...]]:
        """The hosts that are sites already, by those of these registrable names that have any."""
        found: dict[str, tuple[str, ...]] = {}
        asked = sorted(domains)
        for portion in portions(asked):
            query = select(SITE.c.domain, SITE.c.host).where(SITE.c.domain.in_(portion))
            for domain, host in self._connection.execute(query):
                found[domain] = (*found.get(domain, ()), host)
        return found

    def _gaps(self, feed_id: str) -> tuple[Gap, ...]:
        query = select(FEED_GAP).where(FEED_GAP.c.feed == feed_id).order_by(FEED_GAP.c.first)
        return tuple(
            Gap(span=Span(row.first, row.end), reason=row.reason, found_at=row.found_at, tries=row.tries)
            for row in self._connection.execute(query)
        )


def _values(state: FeedState) -> dict[str, Any]:
    news_within = state.news_within
    return {
        **{name: getattr(state, name) for name in _PLAIN},
        "position": state.mark.position,
        "patience_seconds": state.patience.total_seconds(),
        "news_within_seconds": None if news_within is None else news_within.total_seconds(),
    }


def _gap_values(feed_id: str, gap: Gap) -> dict[str, Any]:
    return {
        "feed": feed_id,
        "first": gap.span.start,
        "end": gap.span.end,
        "reason": gap.reason,
        "found_at": gap.found_at,
        "tries": gap.tries,
    }


def _state(row: Row[Any], gaps: tuple[Gap, ...]) -> FeedState:
    news_within = row.news_within_seconds
    return FeedState(
        id=row.id,
        mark=Watermark(position=row.position, gaps=gaps),
        patience=timedelta(seconds=row.patience_seconds),
        news_within=None if news_within is None else timedelta(seconds=news_within),
        **{name: getattr(row, name) for name in _PLAIN},
    )
