"""The tables of events, of who is told of them, and of what came of it (see ``tables_base.py``)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from service.adapters.tables_base import Base, BigId, big_number, prose, row_id, table, text


class EventRow(Base, table=True):
    """What people were told. ``sequence`` is gap-free in the order of commits. Rows are never changed."""

    __tablename__ = "event"
    __table_args__ = (Index(None, "host", "sequence"),)

    sequence: int = Field(primary_key=True, sa_type=BigId, sa_column_kwargs={"autoincrement": False})
    id: str = text(unique=True)
    type: str = text()
    at: datetime
    host: str | None = text(default=None)
    outlet: str | None = text(default=None)
    data_json: str = text()
    committed_at: datetime


class EndpointRow(Base, table=True):
    """Webhooks' receivers, and channels of people. Secrets are sealed (``vault.py``)."""

    __tablename__ = "endpoint"

    id: str = text(primary_key=True)
    url: str = prose()
    secret: str = text()
    created_at: datetime
    events_json: str = text()
    outlets_json: str = text()
    enabled: bool
    note: str = prose()
    kind: str = text()
    severity: str = text()
    old_secret: str = text()
    old_secret_until: datetime | None = None
    every_seconds: int | None = big_number(default=None)
    disabled_because: str = prose()
    failures: int
    failing_since: datetime | None = None
    probe_at: datetime | None = None


class DeliveryRow(Base, table=True):
    """One event on its way to one endpoint: pending, delivered or dead. ``next_at`` is empty once it is done.

    ``forgiven`` of the tries do not count, since it was asked for anew.
    """

    __tablename__ = "delivery"
    __table_args__ = (UniqueConstraint("event", "endpoint"), Index(None, "endpoint", "state", "next_at", "id"))

    id: int | None = row_id()
    event: int = big_number(foreign_key="event.sequence")
    endpoint: str = text(foreign_key="endpoint.id")
    state: str = text()
    attempt: int
    next_at: datetime | None = None
    last_status: int | None = None
    last_detail: str = prose()
    forgiven: int


class AttemptRow(Base, table=True):
    """Every try of every delivery, with the receiver's answer."""

    __tablename__ = "attempt"

    delivery_id: int = big_number(foreign_key="delivery.id", primary_key=True)
    number: int = Field(primary_key=True)
    at: datetime
    ok: bool
    status: int | None = None
    detail: str = prose()


EVENT = table(EventRow)
ENDPOINT = table(EndpointRow)
DELIVERY = table(DeliveryRow)
ATTEMPT = table(AttemptRow)
