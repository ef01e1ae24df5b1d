"""Filters, cursors and shapes of what the API serves."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, and_, or_, select, true
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from service.adapters.codec import dumps, load_any
from service.adapters.tables import LOOKALIKE, SITE
from service.core.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Column, ColumnElement, Connection, Row, Select
    from sqlalchemy.sql.compiler import SQLCompiler

    Filter = Callable[[Any], ColumnElement[bool]]

Position = tuple[datetime, int]

LOOKALIKES = select(
    *(column for column in LOOKALIKE.c if column.name not in ("signals_json", "analyst_json")),
    SITE.c.host,
    SITE.c.domain,
    SITE.c.availability,
    SITE.c.availability_since,
    SITE.c.availability_reason,
    SITE.c.registered_at,
    SITE.c.registration_status,
    SITE.c.registrar,
    SITE.c.looked_at,
).join(SITE, SITE.c.id == LOOKALIKE.c.site_id)
"""Lookalikes with what is shown of their sites in a list: without their signals, which are long."""

DETAILED = LOOKALIKES.add_columns(
    LOOKALIKE.c.signals_json, LOOKALIKE.c.analyst_json, SITE.c.registration_json, SITE.c.dns_json
)
"""The same with what one of them is explained by."""

FEW = 2_000
"""Sites that are so few that it is faster to find them first and to sort them: the newest fifty of a filter that lets
through one site in fifty are found after two thousand and a half, on average, in the order that the list has."""


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


class Unindexed(GenericFunction[Any]):
    """A column that no index is used for: SQLite's unary plus. PostgreSQL's planner knows how much a page needs."""

    inherit_cache = True


@compiles(Unindexed, "sqlite")
def _plus(element: Unindexed, compiler: SQLCompiler, **more: Any) -> str:
    return f"+{compiler.process(element.clauses, **more)}"


@compiles(Unindexed, "postgresql")
def _plain(element: Unindexed, compiler: SQLCompiler, **more: Any) -> str:
    return compiler.process(element.clauses, **more)


_FILTERS: dict[str, Filter] = {
    "outlet": lambda value: LOOKALIKE.c.outlet == value,
    "outlets": lambda value: LOOKALIKE.c.outlet.in_(value) if value else true(),
    "flagged": lambda value: LOOKALIKE.c.flagged == bool(value),
    "verdict": lambda value: LOOKALIKE.c.verdict == value,
    "technique": lambda value: LOOKALIKE.c.technique == value,
    "availability": lambda value: SITE.c.availability == value,
    "suffix": lambda value: SITE.c.suffix == value,
    "registered_after": lambda value: SITE.c.registered_at > value,
    "discovered_after": lambda value: LOOKALIKE.c.discovered_at > value,
    "q": lambda value: Place(SITE.c.host, str(value).lower()) > 0,
    "host": lambda value: SITE.c.host == value,
}


_CHECKED: dict[str, Filter] = {
    "availability": lambda value: Unindexed(SITE.c.availability, type_=SITE.c.availability.type) == value,
    "suffix": lambda value: Unindexed(SITE.c.suffix, type_=SITE.c.suffix.type) == value,
    "registered_after": lambda value: Unindexed(SITE.c.registered_at, type_=SITE.c.registered_at.type) > value,
}
"""The same for sites that are found through their lookalikes."""

_OF_SITES = ("availability", "suffix", "registered_after", "q", "host")


def sites_query(where: Mapping[str, Any]) -> Select[Any] | None:
    """Ids of sites that the filters of sites let through, up to ``FEW`` and one; None where no such filter is set."""
    asked = {name: value for name, value in where.items() if name in _OF_SITES and value is not None}
    return select(SITE.c.id).where(*conditions(asked)).limit(FEW + 1) if asked else None


def conditions(where: Mapping[str, Any], *, indexed: bool = True) -> Iterator[ColumnElement[bool]]:
    """Conditions for the filters given; those that are None are not set. InvalidInput for one that does not exist.

    Not ``indexed``: sites are not looked for by their own columns, only checked.
    """
    for name, value in where.items():
        condition = _FILTERS.get(name)
        if condition is None:
            raise InvalidInput(
                f"there is no filter {name!r}; there are {', '.join(_FILTERS)}", pointer=f"/query/{name}"
            )
        if value is not None:
            yield condition(value) if indexed or name not in _CHECKED else _CHECKED[name](value)


def filtered(query: Select[Any], where: Mapping[str, Any], filters: Mapping[str, Filter]) -> Select[Any]:
    """The query narrowed by each value that is given; InvalidInput for a filter that is not among ``filters``."""
    for name, value in where.items():
        if name not in filters:
            raise InvalidInput(f"there is no filter {name!r}; there are {', '.join(filters)}", f"/query/{name}")
        if value is not None:
            query = query.where(filters[name](value))
    return query


def page_query(where: Mapping[str, Any], cursor: str | None, limit: int, sites: Sequence[int] | None) -> Select[Any]:
    """A page of lookalikes, newest discovered first, and one row more, which tells whether another page follows.

    ``sites``: what ``sites_query`` gave. Where these are few, theirs are found first and sorted; else the list is read
    in its order until the page is full. Planners do not know which is faster: SQLite's would sort a quarter of all for
    a common suffix, and read through all of them for a rare one.
    """
    few = sites is not None and len(sites) <= FEW
    filters = {name: value for name, value in where.items() if not few or name not in _OF_SITES}
    query = LOOKALIKES.where(*conditions(filters, indexed=False))
    if cursor is not None:
        query = query.where(continued(cursor))
    if few:
        found = query.where(LOOKALIKE.c.site_id.in_(sites or ())).cte("found").prefix_with("MATERIALIZED")
        return select(found).order_by(found.c.discovered_at.desc(), found.c.id.desc()).limit(limit + 1)
    return query.order_by(LOOKALIKE.c.discovered_at.desc(), LOOKALIKE.c.id.desc()).limit(limit + 1)


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


def continued(cursor: str) -> ColumnElement[bool]:
    """The condition for rows after a cursor, newest first. InvalidInput where it is none of ours."""
    at, number = cursor_position(cursor)
    found, row = LOOKALIKE.c.discovered_at, LOOKALIKE.c.id
    # The first condition follows from the second; it is what lets the database begin at that place in the index.
    return and_(found <= at, or_(found < at, row < number))


def cursor_position(cursor: str) -> Position:
    """The time and id that a cursor of ours holds. InvalidInput where it is none."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii")
        position: Position = load_any(Position, text)
    except (ValueError, binascii.Error) as error:
        raise InvalidInput("the cursor is not one that this service gave out", pointer="/query/cursor") from error
    return position
