"""The table of checks that were asked for (see ``tables_base.py``)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index

from service.adapters.tables_base import Base, prose, table, text


class CheckRow(Base, table=True):
    """One check. ``tries`` and ``leased_until`` say who is making it; it is over where ``done_at`` stands."""

    __tablename__ = "check_request"
    __table_args__ = (Index(None, "by", "asked_at"), Index(None, "done_at", "asked_at"))

    id: str = text(primary_key=True)
    target: str = prose()
    by: str = text()
    outlets_json: str = text()
    asked_at: datetime
    tries: int
    leased_until: datetime | None = None
    done_at: datetime | None = None
    report_json: str | None = text(default=None)
    error: str = prose()


CHECK = table(CheckRow)
