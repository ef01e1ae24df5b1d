"""Filters, cursors and shapes of what the API serves."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, and_, or_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from service.adapters.codec import dumps, load_any
from service.core.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Column, ColumnElement, Connection, Row, Select
    from sqlalchemy.sql.compiler import SQLCompiler

    Filter = Callable[[Any], ColumnElement[bool]]

Position = tuple[datetime, int]


class Place(GenericFunction[int]):
    """Where a text begins inside another, counted from 1, 0 where it does not: taken literally, unlike LIKE."""

    type = Integer()
    inherit_cache = True


@compiles(Place, "sqlite")
def _instr(element: Place, compiler: SQLCompiler, **more: Any) -> str:
    return f"instr({compiler.process(element.clauses, **more)})"


@compiles(Place, "postgresql")
def _strpos(element: Place, compiler: SQLCompiler, **more: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **more)})"


def filtered(query: Select[Any], where: Mapping[str, Any], filters: Mapping[str, Filter]) -> Select[Any]:
    """The query narrowed by each value that is given; InvalidInput for a filter that is not among ``filters``."""
    for name, value in where.items():
        if name not in filters:
            raise InvalidInput(f"there is no filter {name!r}; there are {', '.join(filters)}", f"/query/{name}")
        if value is not None:
            query = query.where(filters[name](value))
    return query


def newest_first(
    connection: Connection, query: Select[Any], order: tuple[Column[Any], Column[Any]], cursor: str | None, limit: int
) -> tuple[Sequence[Row[Any]], str | None]:
    """A page of ``query``, and the cursor of the next (None on the last page). InvalidInput for a foreign cursor.

    ``order``: a time and an id, which the query selects under their own names; rows of one time come by their ids.
    """
    at, number = order
    if cursor is not None:
        last_at, last = cursor_position(cursor)
        query = query.where(or_(at < last_at, and_(at == last_at, number < last)))
    rows = connection.execute(query.order_by(at.desc(), number.desc()).limit(limit + 1)).all()
    return cut(rows, limit, at.name, number.name)


def cut(rows: Sequence[Row[Any]], limit: int, at: str, number: str) -> tuple[Sequence[Row[Any]], str | None]:
    """The first ``limit`` rows, and the cursor behind them where there are more; ``at``, ``number``: what it holds."""
    page = rows[:limit]
    if len(rows) <= limit or not page:
        return page, None
    return page, cursor_after(getattr(page[-1], at), getattr(page[-1], number))


def cursor_after(at: datetime, number: int) -> str:
    """An opaque cursor for what comes after the row with this time and id."""
    text = dumps(Position, (at, number))
    return base64.urlsafe_b64encode(text.encode("ascii")).decode("ascii").rstrip("=")


def cursor_position(cursor: str) -> Position:
    """The time and id that a cursor of ours holds. InvalidInput where it is none."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii")
        position: Position = load_any(Position, text)
    except (ValueError, binascii.Error) as error:
        raise InvalidInput("the cursor is not one that this service gave out", pointer="/query/cursor") from error
    return position
