"""The tables of sweeps and of names that stayed unanswered (see ``tables_base.py``)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index

from service.adapters.tables_base import Base, big_number, prose, row_id, table, text


class SweepRow(Base, table=True):
    """Passes of generated names over DNS, kept as coverage."""

    __tablename__ = "sweep"
    __table_args__ = (Index(None, "outlet", "tier", "started_at"),)

    id: int | None = row_id()
    outlet: str = text()
    tier: str = text()
    generator: str = text()
    vantage: str = prose()
    started_at: datetime
    position: int = big_number()
    finished_at: datetime | None = None
    asked: int = big_number()
    existing: int = big_number()
    unanswered: int = big_number()
    total: int = big_number()
    first_suffix: str = text()
    last_suffix: str = text()
    requested_at: datetime | None = None


class UnansweredRow(Base, table=True):
    """Names that stayed unanswered in a sweep, kept until a later one of its kind is complete."""

    __tablename__ = "unanswered"

    sweep_id: int = big_number(foreign_key="sweep.id", primary_key=True)
    name: str = text(primary_key=True)


SWEEP = table(SweepRow)
UNANSWERED = table(UnansweredRow)
