"""The tables of feeds, and of spans of entries that were passed over (see ``tables_base.py``)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Text, UniqueConstraint
from sqlmodel import Field

from service.adapters.tables_base import Base, big_number, prose, row_id, table, text


class FeedRow(Base, table=True):
    """A source of names, and how far it was taken in. Seconds where a name says so, else counts and times."""

    __tablename__ = "feed"

    id: str = text(primary_key=True)
    kind: str = text()
    begun_at: datetime
    cursor: str = prose()
    position: int = big_number()
    size: int = big_number()
    newest_at: datetime | None = None
    asked_at: datetime | None = None
    answered_at: datetime | None = None
    taken_at: datetime | None = None
    patience_seconds: float
    news_within_seconds: float | None = None
    read: int = big_number()
    matched: int = big_number()
    admitted: int = big_number()
    skipped: int = big_number()
    complaint: str = prose()
    error: str = prose()
    failures: int
    told_at: datetime | None = None
    window_at: datetime | None = None
    window_read: int = big_number()
    rate: float


class FeedGapRow(Base, table=True):
    """Entries of a feed that were passed over, from ``first`` to before ``end``."""

    __tablename__ = "feed_gap"

    feed: str = Field(primary_key=True, sa_type=Text, foreign_key="feed.id")
    first: int = big_number(primary_key=True, sa_column_kwargs={"autoincrement": False})
    end: int = big_number()
    reason: str = prose()
    found_at: datetime
    tries: int


class ListedRow(Base, table=True):
    """Dated facts about known sites from lists of names. Rows are never changed."""

    __tablename__ = "listed"
    __table_args__ = (UniqueConstraint("host", "feed", "kind", "at"),)

    id: int | None = row_id()
    host: str = text()
    feed: str = text()
    kind: str = text()
    at: datetime
    known_from: datetime


FEED = table(FeedRow)
FEED_GAP = table(FeedGapRow)
LISTED = table(ListedRow)
