"""The tables of digests, groups of alerts, and outlets that are new (see ``tables_base.py``)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index

from service.adapters.tables_base import Base, prose, table, text


class AlertGroupRow(Base, table=True):
    """What alerts are told together by. One that was acknowledged keeps who did it, also when it is over."""

    __tablename__ = "alert_group"
    __table_args__ = (Index(None, "last_at"),)

    key: str = text(primary_key=True)
    severity: str = text()
    events: int
    first_at: datetime
    last_at: datetime
    last_type: str = text()
    last_site: str = text()
    acknowledged_at: datetime | None = None
    acknowledged_by: str = prose()
    note: str = prose()
    reopened_by: str = text()


class ToldRow(Base, table=True):
    """What an endpoint's digests told last of a group, by site and outlet."""

    __tablename__ = "told"

    endpoint: str = text(primary_key=True)
    key: str = text(primary_key=True)
    said_json: str = text()
    at: datetime


class OnboardingRow(Base, table=True):
    """Outlets whose first sweeps are not complete."""

    __tablename__ = "onboarding"

    outlet: str = text(primary_key=True)
    since: datetime


ALERT_GROUP = table(AlertGroupRow)
TOLD = table(ToldRow)
ONBOARDING = table(OnboardingRow)
