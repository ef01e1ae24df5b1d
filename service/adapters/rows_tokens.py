"""API tokens (``ports.TokenRows``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from service.adapters.codec import dumps, load_any
from service.adapters.tables_access import TOKEN
from service.core.errors import Conflict, NotFound
from service.core.tokens import Token

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Row

Words = frozenset[str]

# Built once: building a statement takes longer than running it, and every request asks for its token.
_BY_ID = select(TOKEN).where(TOKEN.c.id == bindparam("token"))
_USED = update(TOKEN).where(TOKEN.c.id == bindparam("token")).values(last_used_at=bindparam("at"))


class SqlTokens:
    """``TokenRows`` over one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, token: Token) -> None:
        """Keep one. Conflict where the id is taken."""
        row = {
            "id": token.id,
            "digest": token.digest,
            "scopes_json": dumps(Words, token.scopes),
            "outlets_json": dumps(Words, token.outlets),
            "note": token.note,
            "created_at": token.created_at,
            "expires_at": token.expires_at,
            "last_used_at": token.last_used_at,
            "revoked_at": token.revoked_at,
        }
        try:
            self._connection.execute(insert(TOKEN).values(row))
        except IntegrityError as error:
            raise Conflict(f"there is a token {token.id!r} already") from error

    def get(self, token_id: str) -> Token | None:
        """One by its id, revoked and expired ones too."""
        row = self._connection.execute(_BY_ID, {"token": token_id}).first()
        return None if row is None else _token(row)

    def all(self) -> tuple[Token, ...]:
        """Every token that was ever made, oldest first."""
        rows = self._connection.execute(select(TOKEN).order_by(TOKEN.c.created_at, TOKEN.c.id))
        return tuple(_token(row) for row in rows)

    def revoke(self, token_id: str, at: datetime) -> None:
        """It is not taken from now on; once revoked it stays so. NotFound where there is none."""
        token = self.get(token_id)
        if token is None:
            raise NotFound(f"there is no token {token_id}")
        if token.revoked_at is None:
            self._connection.execute(update(TOKEN).where(TOKEN.c.id == token_id).values(revoked_at=at))

    def used(self, token_id: str, at: datetime) -> None:
        """Note its last use."""
        self._connection.execute(_USED, {"token": token_id, "at": at})


def _token(row: Row[Any]) -> Token:
    return Token(
        id=row.id,
        digest=row.digest,
        scopes=load_any(Words, row.scopes_json),
        outlets=load_any(Words, row.outlets_json),
        note=row.note,
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )
