"""The tables of digests, groups of alerts, and outlets that are new (see ``tables.py``)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Text
from sqlmodel import Field

from service.adapters.tables import Base, Prose, table


class AlertGroupRow(Base, table=True):
    """What alerts are told together by. One that was acknowledged keeps who did it, also when it is over."""

    __tablename__ = "alert_group"
    __table_args__ = (Index(None, "last_at"),)

    key: str = Field(primary_key=True, sa_type=Text)
    severity: str = Field(sa_type=Text)
    events: int
    first_at: datetime
    last_at: datetime
    last_type: str = Field(sa_type=Text)
    last_site: str = Field(sa_type=Text)
    acknowledged_at: datetime | None = None
    acknowledged_by: str = Field(sa_type=Prose)
    note: str = Field(sa_type=Prose)
    reopened_by: str = Field(sa_type=Text)


class ToldRow(Base, table=True):
    """What an endpoint's digests told last of a group, by site and outlet."""

    __tablename__ = "told"

    endpoint: str = Field(primary_key=True, sa_type=Text)
    key: str = Field(primary_key=True, sa_type=Text)
    said_json: str = Field(sa_type=Text)
    at: datetime


class OnboardingRow(Base, table=True):
    """Outlets whose first sweeps are not complete."""

    __tablename__ = "onboarding"

    outlet: str = Field(primary_key=True, sa_type=Text)
    since: datetime


ALERT_GROUP = table(AlertGroupRow)
TOLD = table(ToldRow)
ONBOARDING = table(OnboardingRow)
