"""The ports of what people report: a part of ``ports.py``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from service.core.sightings.capture import Capture
    from service.core.sightings.sighting import Report, Sighting


class SightingRows(Protocol):
    """Sightings, and the reports that they stand in."""

    def open(self, report: Report) -> None:
        """Keep a report; its sightings follow, in this transaction or in later ones."""

    def close(self, report: Report) -> None:
        """Note what was found out of a report since: its format, its number of entries, what it passed over."""

    def spent(self, by: str, since: datetime) -> int:
        """How many entries the reports of one token had since then."""

    def put(self, sightings: Sequence[Sighting]) -> tuple[Sighting, ...]:
        """Insert those without an id, change the others; all of them with their ids."""

    def waiting(self, limit: int) -> tuple[Sighting, ...]:
        """Those that were taken and are not admitted yet, the oldest first."""


class SightingViews(Protocol):
    """The same as people read them."""

    def page(self, where: Mapping[str, Any], cursor: str | None, limit: int) -> tuple[list[dict[str, Any]], str | None]:
        """A page of sightings, the newest first, and the next one's cursor. ``where``: site, report, outcome, state."""

    def sighting(self, public_id: str) -> dict[str, Any] | None:
        """One with its captures and the lookalikes of its site."""

    def report(self, report_id: str) -> dict[str, Any] | None:
        """One report with its sightings by outcome and by state."""


class CaptureRows(Protocol):
    """Pages that reporters uploaded."""

    def add(self, capture: Capture) -> None:
        """Keep one. NotFound where there is no such sighting."""

    def of(self, host: str, since: datetime) -> tuple[Capture, ...]:
        """Those of a host that came since then and have a page, the newest first, a few."""
