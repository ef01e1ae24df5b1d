"""Enforcement acts and single values (``ports.ActionRows``), and API tokens (``ports.TokenRows``)."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError

from service.adapters.codec import dumps, load_any, member
from service.adapters.tables import ACTION, STATE, TOKEN
from service.core.errors import Conflict
from service.core.model import Action, Place

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Connection

Scopes = frozenset[str]


class SqlActions:
    """``ActionRows`` over one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, action: Action) -> None:
        """Insert or change one."""
        values = {
            "authority": action.authority,
            "place": action.place,
            "effective": action.effective,
            "reference": action.reference,
        }
        known = update(ACTION).where(ACTION.c.id == action.id).values(values)
        if not self._connection.execute(known).rowcount:
            self._connection.execute(insert(ACTION).values({"id": action.id, **values}))

    def all(self) -> tuple[Action, ...]:
        """Every action, oldest first."""
        rows = self._connection.execute(select(ACTION).order_by(ACTION.c.effective, ACTION.c.id))
        return tuple(
            Action(
                id=row.id,
                authority=row.authority,
                place=member(Place, row.place),
                effective=row.effective,
                reference=row.reference,
            )
            for row in rows
        )

    def get_state(self, key: str) -> str | None:
        """A value that outlives the process."""
        value: str | None = self._connection.execute(select(STATE.c.value).where(STATE.c.key == key)).scalar()
        return value

    def set_state(self, key: str, value: str) -> None:
        """Keep it."""
        if not self._connection.execute(update(STATE).where(STATE.c.key == key).values(value=value)).rowcount:
            self._connection.execute(insert(STATE).values(key=key, value=value))


class SqlTokens:
    """``TokenRows`` over one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, token_id: str, digest: str, scopes: Iterable[str], note: str, at: datetime) -> None:
        """Keep one. Conflict where the id is taken."""
        row = {
            "id": token_id,
            "digest": digest,
            "scopes_json": dumps(Scopes, frozenset(scopes)),
            "note": note,
            "created_at": at,
        }
        try:
            self._connection.execute(insert(TOKEN).values(row))
        except IntegrityError as error:
            raise Conflict(f"there is a token {token_id!r} already") from error

    def scopes(self, token_id: str, digest: str) -> frozenset[str] | None:
        """The scopes of a token whose id and hash fit, else None. The hashes are compared in constant time."""
        row = self._connection.execute(select(TOKEN).where(TOKEN.c.id == token_id)).first()
        if row is None or not hmac.compare_digest(row.digest.encode(), digest.encode()):
            return None
        scopes: frozenset[str] = load_any(Scopes, row.scopes_json)
        return scopes

    def count(self) -> int:
        """How many there are."""
        return int(self._connection.execute(select(func.count()).select_from(TOKEN)).scalar_one())
