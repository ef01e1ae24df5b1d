"""The port of what is deleted: a part of ``ports.py``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from service.core.retention import Passing

Key = tuple[Any, ...]


class RetentionRows(Protocol):
    """Rows that nothing rests on any more."""

    def passed(self, kind: Passing, before: datetime, limit: int) -> tuple[Key, ...]:
        """Keys of rows of this kind that are older than ``before`` and that nothing rests on."""

    def forget(self, kind: Passing, keys: Sequence[Key], before: datetime) -> int:
        """Delete those of ``keys`` of which this still holds; how many. The sum of all is kept."""

    def forgotten(self) -> dict[Passing, int]:
        """How many rows of each kind were ever deleted."""
