"""The tables of reports to registrars and hosts, and of forecasts. Shapes as in ``tables_base``."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

from service.adapters.tables_base import Base, big_number, prose, table, text


class ReportRow(Base, table=True):
    """Reports to those who can take a site down. ``state`` follows from the last change and is what lists ask for."""

    __tablename__ = "report"
    __table_args__ = (Index(None, "state", "due_at"), Index(None, "sent_at", "id"))

    id: str = text(primary_key=True)
    lookalike_id: int = big_number(foreign_key="lookalike.id", index=True)
    role: str = text()
    recipient: str = prose()
    sent_at: datetime
    due_at: datetime
    recorded_at: datetime
    state: str = text()
    reference: str = prose()


class ReportChangeRow(Base, table=True):
    """Every state that a report came to, numbered from 1. Rows are never changed."""

    __tablename__ = "report_change"

    report: str = text(foreign_key="report.id", primary_key=True)
    number: int = Field(primary_key=True)
    state: str = text()
    at: datetime
    recorded_at: datetime
    note: str = prose()
    by: str = prose()


class ForecastRow(Base, table=True):
    """Forecasts, stored before any of their names is asked for. No foreign key: they stay when an outlet leaves."""

    __tablename__ = "forecast"
    __table_args__ = (Index(None, "made_at", "id"), Index(None, "watched_until"))

    id: str = text(primary_key=True)
    outlet: str = text()
    made_at: datetime
    reason: str = prose()
    method: str = text()
    names_json: str = text()
    watched_until: datetime
    probed_at: datetime | None = None
    probes: int
    score_json: str | None = text(default=None)


class ForecastHitRow(Base, table=True):
    """Names of a forecast that were found to exist after it was made."""

    __tablename__ = "forecast_hit"

    forecast: str = text(foreign_key="forecast.id", primary_key=True)
    name: str = text(primary_key=True)
    rank: int
    found_at: datetime


REPORT = table(ReportRow)
REPORT_CHANGE = table(ReportChangeRow)
FORECAST = table(ForecastRow)
FORECAST_HIT = table(ForecastHitRow)
