"""Answers to requests that may be sent twice (``ports.RepeatRows``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from service.adapters.codec import dumps, load_any
from service.adapters.tables_access import REPEAT
from service.core.repeats import KEPT_FOR, Repeatable

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

Headers = Mapping[str, str] | None


class SqlRepeats:
    """``RepeatRows`` over one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def begin(self, asked: Repeatable) -> Repeatable | None:
        """The request that holds this key already, else None: then it is ``asked`` that holds it from now on."""
        known = self._get(asked.token_id, asked.key)
        if known is not None and not known.is_over(asked.at):
            return known
        self.keep(asked)
        return None

    def keep(self, answered: Repeatable) -> None:
        """Keep a request with its answer; those that nobody may repeat any more are dropped on this occasion."""
        self.forget(answered.token_id, answered.key)
        self._connection.execute(delete(REPEAT).where(REPEAT.c.at < answered.at - KEPT_FOR))
        row = {
            "token": answered.token_id,
            "key": answered.key,
            "digest": answered.digest,
            "at": answered.at,
            "status": answered.status,
            "headers_json": dumps(Headers, answered.headers),
            "body": answered.body,
        }
        self._connection.execute(insert(REPEAT), row)

    def forget(self, token_id: str, key: str) -> None:
        """The key is free again."""
        self._connection.execute(delete(REPEAT).where(*_is(token_id, key)))

    def _get(self, token_id: str, key: str) -> Repeatable | None:
        row = self._connection.execute(select(REPEAT).where(*_is(token_id, key))).first()
        if row is None:
            return None
        return Repeatable(
            token_id=row.token,
            key=row.key,
            digest=row.digest,
            at=row.at,
            status=row.status,
            headers=load_any(Headers, row.headers_json),
            body=row.body,
        )


def _is(token_id: str, key: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return REPEAT.c.token == token_id, REPEAT.c.key == key
