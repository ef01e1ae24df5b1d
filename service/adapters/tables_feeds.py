"""The tables of feeds: one row a source, and one for each span of entries that was passed over (see ``tables.py``)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Text
from sqlmodel import Field

from service.adapters.tables import Base, Prose, table


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


FEED = table(FeedRow)
FEED_GAP = table(FeedGapRow)
