"""What people and programs are shown of the store: a part of ``ports.py``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from typing import Any

    from service.core.exports.entry import Entry


class ViewRows(Protocol):
    """What the API reads: plain dictionaries of JSON values, shaped for people."""

    def lookalikes(
        self, where: Mapping[str, Any], cursor: str | None, limit: int
    ) -> tuple[list[dict[str, Any]], str | None]:
        """A page of lookalikes, newest first, and the cursor of the next."""

    def lookalike(self, public_id: str) -> dict[str, Any] | None:
        """One with explanation, observations, episodes, blocks and timeline."""

    def blocks(self, host: str | None) -> list[dict[str, Any]]:
        """Blocks of one site or of all, newest first."""

    def events(self, after: int, limit: int, outlets: frozenset[str] = frozenset()) -> list[dict[str, Any]]:
        """Committed events by sequence; where ``outlets`` are given, those about their lookalikes and these' sites."""

    def counts(self) -> dict[str, int]:
        """Rows by kind, for health and for people."""


class PersistenceViews(Protocol):
    """What the API reads of persistence: plain dictionaries of JSON values, shaped for people."""

    def blocked(self, where: Mapping[str, str], after: int, limit: int) -> tuple[list[dict[str, Any]], int | None]:
        """A page of sites that were ever blocked, with what became of each, and where the next page begins."""

    def timeline(self, host: str) -> dict[str, Any] | None:
        """Everything dated that is known of one site; None for one that was never admitted."""

    def links(self, host: str) -> list[dict[str, Any]]:
        """The links of one site, surest first, those that no longer hold and those that were cut included."""

    def campaigns(self, outlet: str | None, *, ended: bool) -> list[dict[str, Any]]:
        """Campaigns, those with most sites first."""

    def campaign(self, campaign_id: str) -> dict[str, Any] | None:
        """One campaign with sites, links, successions and history."""


class SiteViewRows(Protocol):
    """The same of sites and of their blocks."""

    def sites(
        self, where: Mapping[str, Any], cursor: str | None, limit: int
    ) -> tuple[list[dict[str, Any]], str | None]:
        """A page of sites, newest admitted first, and the cursor of the next."""

    def site(self, host: str, outlets: frozenset[str] = frozenset()) -> dict[str, Any] | None:
        """One with targets, blocks, observations, registration and DNS, as far as ``outlets`` may see it."""

    def blocks(self, host: str | None, cursor: str | None, limit: int) -> tuple[list[dict[str, Any]], str | None]:
        """A page of blocks of one site or of all, newest first, and the cursor of the next."""


class GaugeRows(Protocol):
    """Numbers for monitoring."""

    def numbers(self, now: datetime) -> Mapping[str, Mapping[tuple[tuple[str, str], ...], float]]:
        """Numbers by name and labels (pairs of name and value), none of which is a site's or an outlet's name."""


class ExportRows(Protocol):
    """What exports are made from: lookalikes that are flagged, or were."""

    def entries(
        self, outlets: tuple[str, ...] | None = None, changed_after: datetime | None = None, *, live: bool = False
    ) -> Iterator[Entry]:
        """Entries of these outlets (None: of all), outlet by outlet, in the order in which they were found.

        They are never all in memory at once.
        """

    def outlets(self) -> tuple[str, ...]:
        """Outlets that any entry is about, sorted."""

    def changed_at(self) -> datetime | None:
        """When any entry's verdict changed last; None where there is none."""
