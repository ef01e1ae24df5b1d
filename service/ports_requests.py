"""The port of sweeps that people ask for: a part of ``ports.py``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from service.core.model import Sweep


class SweepRequestRows(Protocol):
    """Sweeps that somebody asked for, whatever their interval."""

    def ask(self, sweep_id: int, at: datetime) -> None:
        """A sweep is asked for; one that is asked for already keeps its time. NotFound where there is none."""

    def open(self) -> tuple[Sweep, ...]:
        """Those that are asked for and not finished, the first asked first."""

    def replace(self, before: int, after: int) -> None:
        """Another sweep of the same kind takes the place of one that cannot go on, and what was asked of it."""

    def withdraw(self, sweep_ids: Iterable[int]) -> None:
        """They are not asked for any more."""
