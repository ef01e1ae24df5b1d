"""The tables of tokens, and of answers to requests that may be sent twice (see ``tables_base.py``)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import LargeBinary
from sqlmodel import Field

from service.adapters.tables_base import Base, prose, table, text


class TokenRow(Base, table=True):
    """API tokens; only their hashes. Revoked ones stay: verdicts say by which token they came."""

    __tablename__ = "token"

    id: str = text(primary_key=True)
    digest: str = text()
    scopes_json: str = text()
    outlets_json: str = text()
    note: str = prose()
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


class RepeatRow(Base, table=True):
    """Answers to requests that may be sent twice. ``status`` is empty while the first one is under way."""

    __tablename__ = "repeat"

    token: str = text(primary_key=True)
    key: str = text(primary_key=True)
    digest: str = text()
    at: datetime = Field(index=True)
    status: int | None = None
    headers_json: str = text()
    body: bytes = Field(sa_type=LargeBinary)


TOKEN = table(TokenRow)
REPEAT = table(RepeatRow)
