"""The ports of what people ask to be done now: a part of ``ports.py``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from service.core.checks import Check
    from service.core.model import Sweep


class CheckRows(Protocol):
    """Checks that were asked for."""

    def add(self, check: Check) -> None:
        """Keep a new one."""

    def get(self, check_id: str) -> Check | None:
        """One check."""

    def asked(self, by: str, since: datetime) -> tuple[datetime, ...]:
        """When a token asked for checks since then, oldest first."""

    def claim(self, now: datetime, until: datetime) -> Check | None:
        """The oldest that nobody is making, begun once more and leased until a time; None where there is none."""

    def finish(self, check: Check) -> bool:
        """Store what came of a claimed one; False, and nothing, where it was claimed anew or is done."""


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
