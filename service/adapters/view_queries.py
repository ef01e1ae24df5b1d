"""Filters, cursors and shapes of what the API serves."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, or_, select

from service.adapters.codec import dumps, load_any
from service.adapters.tables import LOOKALIKE, SITE
from service.core.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import ColumnElement

    Filter = Callable[[Any], ColumnElement[bool]]

Position = tuple[datetime, int]

LOOKALIKES = select(
    LOOKALIKE,
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
"""Lookalikes with what is shown of their sites."""

_FILTERS: dict[str, Filter] = {
    "outlet": lambda value: LOOKALIKE.c.outlet == value,
    "flagged": lambda value: LOOKALIKE.c.flagged == bool(value),
    "verdict": lambda value: LOOKALIKE.c.verdict == value,
    "availability": lambda value: SITE.c.availability == value,
    "registered_after": lambda value: SITE.c.registered_at > value,
    "discovered_after": lambda value: LOOKALIKE.c.discovered_at > value,
    "q": lambda value: SITE.c.host.contains(str(value).lower(), autoescape=True),
    "host": lambda value: SITE.c.host == value,
}


def conditions(where: Mapping[str, Any]) -> Iterator[ColumnElement[bool]]:
    """Conditions for the filters given; those that are None are not set. InvalidInput for one that does not exist."""
    for name, value in where.items():
        condition = _FILTERS.get(name)
        if condition is None:
            raise InvalidInput(
                f"there is no filter {name!r}; there are {', '.join(_FILTERS)}", pointer=f"/query/{name}"
            )
        if value is not None:
            yield condition(value)


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
