"""The tables of feeds: one row a source, and one for each span of entries that was passed over (see ``tables.py``)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Text, UniqueConstraint
from sqlmodel import Field

from service.adapters.tables import Base, BigId, Prose, table


class FeedRow(Base, table=True):
    """A source of names, and how far it was taken in. Seconds where a name says so, else counts and times."""

    __tablename__ = "feed"

    id: str = Field(primary_key=True, sa_type=Text)
    kind: str = Field(sa_type=Text)
    begun_at: datetime
    cursor: str = Field(sa_type=Prose)
    position: int = Field(sa_type=BigInteger)
    size: int = Field(sa_type=BigInteger)
    newest_at: datetime | None = None
    asked_at: datetime | None = None
    answered_at: datetime | None = None
    taken_at: datetime | None = None
    patience_seconds: float
    news_within_seconds: float | None = None
    read: int = Field(sa_type=BigInteger)
    matched: int = Field(sa_type=BigInteger)
    admitted: int = Field(sa_type=BigInteger)
    skipped: int = Field(sa_type=BigInteger)
    complaint: str = Field(sa_type=Prose)
    error: str = Field(sa_type=Prose)
    failures: int
    told_at: datetime | None = None
    window_at: datetime | None = None
    window_read: int = Field(sa_type=BigInteger)
    rate: float


class FeedGapRow(Base, table=True):
    """Entries of a feed that were passed over, from ``first`` to before ``end``."""

    __tablename__ = "feed_gap"

    feed: str = Field(primary_key=True, sa_type=Text, foreign_key="feed.id")
    first: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    end: int = Field(sa_type=BigInteger)
    reason: str = Field(sa_type=Prose)
    found_at: datetime
    tries: int


class ListedRow(Base, table=True):
    """Dated facts about known sites from lists of names. Rows are never changed."""

    __tablename__ = "listed"
    __table_args__ = (UniqueConstraint("host", "feed", "kind", "at"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    host: str = Field(sa_type=Text)
    feed: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    at: datetime
    known_from: datetime


FEED = table(FeedRow)
FEED_GAP = table(FeedGapRow)
LISTED = table(ListedRow)
