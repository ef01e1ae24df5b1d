"""The rows of what happens after blocking: ties, campaigns, lifetimes, reports, forecasts. A part of ``ports.py``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, timedelta

    from service.core.model import (
        Observation,
        Sweep,
    )
    from service.core.persistence.campaigns import Campaign, Change
    from service.core.persistence.forecast import Forecast
    from service.core.persistence.histories import History
    from service.core.persistence.links import Link, RuledLink, Shared, Tie
    from service.core.persistence.reports import Report, ReportState
    from service.core.persistence.siblings import SiblingSweep
    from service.core.persistence.successors import Succession
    from service.core.persistence.traits import Trait


class LinkRows(Protocol):
    """What sites have in common."""

    def put(self, host: str, traits: Iterable[Trait], at: datetime) -> int:
        """Keep traits of a site; how many were new. A site with new ones is pending."""

    def sharing(self, host: str) -> tuple[Shared, ...]:
        """Traits that a site has in common with others, with how many sites have each."""

    def pending(self, limit: int) -> tuple[str, ...]:
        """Hosts whose traits are new since ``settle``, ordered by host."""

    def settle(self, hosts: Iterable[str]) -> None:
        """Their traits were looked at."""

    def mark(self, host: str) -> None:
        """A site is pending although its traits are not new: what they lead to has changed."""


class TieRows(Protocol):
    """Links between two sites, with their evidence and what a person said of them."""

    def of(self, hosts: Iterable[str]) -> tuple[Tie, ...]:
        """Every tie with one of ``hosts`` at an end, those that no longer hold and those that were cut included."""

    def keep(self, host: str, links: Iterable[Link], at: datetime) -> int:
        """Make these the evidence of a host's ties; how many changed. A tie without evidence any more stays, at 0."""

    def rule(self, hosts: tuple[str, str], ruled: RuledLink) -> Tie:
        """Keep a person's word on the tie of two sites. NotFound for an unknown site."""


class SiblingRows(Protocol):
    """Requests for sweeps for siblings."""

    def request(self, asked: SiblingSweep, cooldown: timedelta, daily: int) -> bool:
        """Keep a request; False within the cooldown of one for this outlet and label, or where the day's are spent."""

    def next(self) -> SiblingSweep | None:
        """The oldest request that is open."""

    def advance(self, sweep: SiblingSweep) -> None:
        """Store how far it got."""


class CampaignRows(Protocol):
    """Groups of sites that ties join, their history, and who took over from whom."""

    def of(self, hosts: Iterable[str]) -> tuple[Campaign, ...]:
        """The campaigns that any of ``hosts`` belongs to now, with all their members, ordered by id."""

    def record(self, changes: Iterable[Change], at: datetime) -> None:
        """Write changes in their order: campaigns, memberships and the history."""

    def succeed(self, succession: Succession) -> bool:
        """Keep who took over from whom; False where that is kept already."""


class HistoryRows(Protocol):
    """What was seen before."""

    def observations(self, host: str) -> tuple[Observation, ...]:
        """Every observation of a site, oldest first."""

    def appearances(self, outlet: str) -> tuple[datetime, ...]:
        """When each flagged name of an outlet appeared: its registration, else its admission; oldest first."""

    def watched_since(self, outlet: str) -> datetime | None:
        """Since when an outlet is on the watch list; None for one that is not."""


class LifetimeRows(Protocol):
    """Lookalikes over time, for survival and for the effect of actions."""

    def all(self) -> tuple[History, ...]:
        """Every lookalike that was ever flagged."""

    def sweeps(self) -> tuple[Sweep, ...]:
        """Every sweep, oldest first: how well was looked for new names."""


class ReportRows(Protocol):
    """Reports to registrars, hosts, registries and platforms."""

    def put(self, report: Report) -> None:
        """Insert one, or append the changes that it has more than the stored one. NotFound without its lookalike."""

    def get(self, report_id: str) -> Report | None:
        """One by its id."""

    def all(self, state: ReportState | None = None, host: str | None = None) -> tuple[Report, ...]:
        """All, or those in a state or about a site; the newest sent first."""

    def unanswered(self, now: datetime) -> tuple[Report, ...]:
        """Those sent that nobody answered and whose time is over, the longest overdue first."""


class ForecastRows(Protocol):
    """Forecasts, kept before they are checked, and what came of them."""

    def add(self, made: Forecast) -> bool:
        """Keep one; False where one with its id is kept already."""

    def update(self, made: Forecast) -> None:
        """Keep what came of one: probes, hits that are new, its score. Its names never change."""

    def newest(self, outlets: frozenset[str] | None, limit: int) -> tuple[Forecast, ...]:
        """The newest first, of these outlets or of all."""

    def get(self, forecast_id: str) -> Forecast | None:
        """One by its id."""

    def watched(self, now: datetime) -> tuple[Forecast, ...]:
        """Those whose names are to be asked for at ``now``, the one asked for longest ago first."""
