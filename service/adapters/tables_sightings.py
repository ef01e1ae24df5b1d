"""The tables of what people report (see ``tables.py``)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, LargeBinary, Text
from sqlmodel import Field

from service.adapters.tables import Base, BigId, Prose, table


class SightingReportRow(Base, table=True):
    """Sightings that came together. ``count`` is what counts against the token's allowance."""

    __tablename__ = "sighting_report"
    __table_args__ = (Index(None, "by", "at"),)

    id: str = Field(primary_key=True, sa_type=Text)
    by: str = Field(sa_type=Text)
    at: datetime
    format: str = Field(sa_type=Text)
    count: int = Field(sa_type=BigInteger)
    tlp: str = Field(sa_type=Text)
    passed_over_json: str = Field(sa_type=Text)


class SightingRow(Base, table=True):
    """One line of a report, and what came of it. ``site`` is empty where it was refused."""

    __tablename__ = "sighting"
    __table_args__ = (Index(None, "report", "id"), Index(None, "site", "id"), Index(None, "outcome", "id"))

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    report: str = Field(sa_type=Text, foreign_key="sighting_report.id")
    entry: str = Field(sa_type=Prose)
    url: str = Field(sa_type=Prose)
    site: str = Field(sa_type=Text)
    outcome: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Prose)
    at: datetime
    seen_at: datetime | None = None
    tlp: str = Field(sa_type=Text)
    chain_json: str = Field(sa_type=Text)
    note: str = Field(sa_type=Prose)


class CaptureRow(Base, table=True):
    """Pages and pictures that reporters uploaded; the bytes are evidence, ``page`` what stands in the HTML."""

    __tablename__ = "capture"
    __table_args__ = (Index(None, "host", "received_at"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    sighting_id: int = Field(sa_type=BigInteger, foreign_key="sighting.id", index=True)
    host: str = Field(sa_type=Text)
    url: str = Field(sa_type=Prose)
    captured_at: datetime
    received_at: datetime
    evidence: str = Field(sa_type=Text)
    page: bytes | None = Field(default=None, sa_type=LargeBinary)


SIGHTING_REPORT = table(SightingReportRow)
SIGHTING = table(SightingRow)
CAPTURE = table(CaptureRow)
