"""Pages of lists that are short enough to be read whole: a cursor names the last row, never a position.

So rows that are added or removed between two pages move none of those that follow.
"""

import base64
import binascii
import json
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from service.core.errors import InvalidInput

T = TypeVar("T")
Key = tuple[str, ...]

MOST = 500


class Paging(BaseModel):
    """Which part of a list is asked for."""

    model_config = ConfigDict(extra="forbid")

    cursor: str | None = Field(
        None, max_length=2_000, description="Where to go on: next_cursor of the page before.", examples=["WyJiaWxkIl0"]
    )
    limit: int = Field(MOST, ge=1, le=MOST, description="How many at most.", examples=[50])


def page(
    rows: Iterable[T], asked: Paging, key: Callable[[T], Key], *, newest_first: bool = False
) -> tuple[list[T], str | None]:
    """The rows behind the cursor in the order of ``key``, which is unique, and the cursor of the next page.

    InvalidInput where the cursor is none of ours.
    """
    ordered = sorted(rows, key=key, reverse=newest_first)
    if asked.cursor is not None:
        last = _key(asked.cursor)
        ordered = [row for row in ordered if (key(row) < last if newest_first else key(row) > last)]
    shown = ordered[: asked.limit]
    return shown, _cursor(key(shown[-1])) if len(ordered) > len(shown) else None


def _cursor(key: Key) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode("ascii")).decode("ascii").rstrip("=")


def _key(cursor: str) -> Key:
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        found: Any = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError) as error:
        raise _foreign() from error
    if not isinstance(found, list) or not all(isinstance(part, str) for part in found):
        raise _foreign()
    return tuple(found)


def _foreign() -> InvalidInput:
    return InvalidInput("the cursor is not one that this service gave out", pointer="/query/cursor")
