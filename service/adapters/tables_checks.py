"""The table of checks that were asked for (see ``tables.py``)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Text
from sqlmodel import Field

from service.adapters.tables import Base, Prose, table


class CheckRow(Base, table=True):
    """One check. ``tries`` and ``leased_until`` say who is making it; it is over where ``done_at`` stands."""

    __tablename__ = "check_request"
    __table_args__ = (Index(None, "by", "asked_at"), Index(None, "done_at", "asked_at"))

    id: str = Field(primary_key=True, sa_type=Text)
    target: str = Field(sa_type=Prose)
    by: str = Field(sa_type=Text)
    outlets_json: str = Field(sa_type=Text)
    asked_at: datetime
    tries: int
    leased_until: datetime | None = None
    done_at: datetime | None = None
    report_json: str | None = Field(default=None, sa_type=Text)
    error: str = Field(sa_type=Prose)


CHECK = table(CheckRow)
