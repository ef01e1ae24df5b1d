"""How many values one SQL statement takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

T = TypeVar("T")

MOST = 400
"""Values of one IN list, which may stand twice in a query: SQLite takes 32,766 parameters, builds before 3.32 take 999
(https://www.sqlite.org/limits.html, SQLITE_MAX_VARIABLE_NUMBER), and short statements are kept compiled."""


def portions(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """The values in their order, as many at a time as one statement takes; nothing where there are none."""
    return (values[start : start + MOST] for start in range(0, len(values), MOST))
