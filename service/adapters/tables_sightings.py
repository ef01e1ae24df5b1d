"""The tables of what people report (see ``tables_base.py``)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, LargeBinary, Text
from sqlmodel import Field

from service.adapters.tables_base import Base, big_number, prose, row_id, table, text


class SightingReportRow(Base, table=True):
    """Sightings that came together. ``count`` is what counts against the token's allowance."""

    __tablename__ = "sighting_report"
    __table_args__ = (Index(None, "by", "at"),)

    id: str = text(primary_key=True)
    by: str = text()
    at: datetime
    format: str = text()
    count: int = big_number()
    tlp: str = text()
    passed_over_json: str = text()


class SightingRow(Base, table=True):
    """One line of a report, and what came of it. ``site`` is empty where it was refused."""

    __tablename__ = "sighting"
    __table_args__ = (Index(None, "report", "id"), Index(None, "site", "id"), Index(None, "outcome", "id"))

    id: int | None = row_id()
    report: str = Field(sa_type=Text, foreign_key="sighting_report.id")
    entry: str = prose()
    url: str = prose()
    site: str = text()
    outcome: str = text()
    reason: str = prose()
    at: datetime
    seen_at: datetime | None = None
    tlp: str = text()
    chain_json: str = text()
    note: str = prose()


class CaptureRow(Base, table=True):
    """Pages and pictures that reporters uploaded; the bytes are evidence, ``page`` what stands in the HTML."""

    __tablename__ = "capture"
    __table_args__ = (Index(None, "host", "received_at"),)

    id: int | None = row_id()
    sighting_id: int = Field(sa_type=BigInteger, foreign_key="sighting.id", index=True)
    host: str = text()
    url: str = prose()
    captured_at: datetime
    received_at: datetime
    evidence: str = text()
    page: bytes | None = Field(default=None, sa_type=LargeBinary)


SIGHTING_REPORT = table(SightingReportRow)
SIGHTING = table(SightingRow)
CAPTURE = table(CaptureRow)
