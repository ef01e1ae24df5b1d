"""The tables of reports to registrars and hosts, and of forecasts. Shapes as in ``tables``."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, Text
from sqlmodel import Field

from service.adapters.tables import Base, Prose, table


class ReportRow(Base, table=True):
    """Reports to those who can take a site down. ``state`` follows from the last change and is what lists ask for."""

    __tablename__ = "report"
    __table_args__ = (Index(None, "state", "due_at"), Index(None, "sent_at", "id"))

    id: str = Field(primary_key=True, sa_type=Text)
    lookalike_id: int = Field(foreign_key="lookalike.id", index=True, sa_type=BigInteger)
    role: str = Field(sa_type=Text)
    recipient: str = Field(sa_type=Prose)
    sent_at: datetime
    due_at: datetime
    recorded_at: datetime
    state: str = Field(sa_type=Text)
    reference: str = Field(sa_type=Prose)


class ReportChangeRow(Base, table=True):
    """Every state that a report came to, numbered from 1. Rows are never changed."""

    __tablename__ = "report_change"

    report: str = Field(foreign_key="report.id", primary_key=True, sa_type=Text)
    number: int = Field(primary_key=True)
    state: str = Field(sa_type=Text)
    at: datetime
    recorded_at: datetime
    note: str = Field(sa_type=Prose)
    by: str = Field(sa_type=Prose)


class ForecastRow(Base, table=True):
    """Forecasts, stored before any of their names is asked for. No foreign key: they stay when an outlet leaves."""

    __tablename__ = "forecast"
    __table_args__ = (Index(None, "made_at", "id"), Index(None, "watched_until"))

    id: str = Field(primary_key=True, sa_type=Text)
    outlet: str = Field(sa_type=Text)
    made_at: datetime
    reason: str = Field(sa_type=Prose)
    method: str = Field(sa_type=Text)
    names_json: str = Field(sa_type=Text)
    watched_until: datetime
    probed_at: datetime | None = None
    probes: int
    score_json: str | None = Field(default=None, sa_type=Text)


class ForecastHitRow(Base, table=True):
    """Names of a forecast that were found to exist after it was made."""

    __tablename__ = "forecast_hit"

    forecast: str = Field(foreign_key="forecast.id", primary_key=True, sa_type=Text)
    name: str = Field(primary_key=True, sa_type=Text)
    rank: int
    found_at: datetime


REPORT = table(ReportRow)
REPORT_CHANGE = table(ReportChangeRow)
FORECAST = table(ForecastRow)
FORECAST_HIT = table(ForecastHitRow)
