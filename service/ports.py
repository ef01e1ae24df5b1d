"""What the pipeline needs of the outside world, as small protocols.

``adapters/`` has the real ones, ``tests/fakes.py`` the ones that fail loudly; ``bootstrap.py`` chooses. An outcome
(absent, refused, timed out, rate limited) is a value in the facts; an exception from a port means that the service
itself cannot go on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from service.core.alerts.deliveries import Attempt, Delivery
    from service.core.facts.dns import DnsFacts, ProbeReport, VantageHealth
    from service.core.facts.listings import Listing
    from service.core.facts.page import FetchedPage, PageFacts
    from service.core.facts.picture import Icon, PictureFacts
    from service.core.facts.registration import Registration
    from service.core.feed import Download, SavedFile
    from service.core.model import (
        Profile,
    )
    from service.ports_alerts import AlertGroupRows, DigestRows, OnboardingRows
    from service.ports_evidence import EvidenceRows
    from service.ports_persistence import (
        CampaignRows,
        ForecastRows,
        HistoryRows,
        LifetimeRows,
        LinkRows,
        ReportRows,
        SiblingRows,
        TieRows,
    )
    from service.ports_requests import CheckRows, SweepRequestRows
    from service.ports_retention import RetentionRows
    from service.ports_rows import (
        ActionRows,
        BaselineRows,
        CoverageRows,
        DeliveryRows,
        FeedRows,
        ListingRows,
        OutboxRows,
        OutletRows,
        RepeatRows,
        SiteRows,
        SweepRows,
        TokenRows,
    )
    from service.ports_sightings import CaptureRows, SightingRows, SightingViews
    from service.ports_views import ExportRows, GaugeRows, PersistenceViews, SiteViewRows, ViewRows

T = TypeVar("T")


class Clock(Protocol):
    """Where time comes from. Only adapters/clock.py reads the machine's."""

    def now(self) -> datetime:
        """Aware UTC time that due times, ages and events follow."""

    def real_now(self) -> datetime:
        """Aware UTC time of the machine, for signatures and certificates; the same as now() except under replay."""

    async def sleep(self, seconds: float) -> None:
        """Sleep in this clock's time."""


class Prober(Protocol):
    """Bulk existence checks."""

    async def probe(self, names: Sequence[str], heard: Callable[[int], None] | None = None) -> ProbeReport:
        """Ask for each registrable name once; every name ends as existing, absent or unanswered.

        ``heard`` is told about every second how many names have ended so far.
        """

    async def close(self) -> None:
        """Stop the child process."""


class Resolver(Protocol):
    """Full DNS facts for one host."""

    async def facts(self, host: str, domain: str) -> DnsFacts:
        """Ask every configured vantage for every record type; never raises for what a resolver answers."""

    async def addresses(self, host: str) -> tuple[str, ...]:
        """Addresses for dialling, IPv4 first; empty where there are none."""

    async def health(self) -> tuple[VantageHealth, ...]:
        """Ask the known-live and the random absent control names at every vantage."""


class Registry(Protocol):
    """Registration data."""

    async def lookup(self, domain: str, now: datetime, *, pressing: bool = False) -> Registration:
        """RDAP where the suffix has it, else WHOIS; failures are statuses, never exceptions.

        A ``pressing`` question is asked before others, and anew: what was answered before something happened is no
        answer to it.
        """


class Fetcher(Protocol):
    """Guarded HTTP."""

    async def fetch(self, url: str, profile: Profile, languages: Sequence[str]) -> FetchedPage:
        """Follow redirects by hand and parse the final page; refusals and errors are outcomes."""

    async def fetch_verified(self, url: str, profile: Profile, languages: Sequence[str]) -> FetchedPage:
        """The same, but only over a verified TLS chain; for the outlets' own sites (baselines)."""

    async def favicon(self, url: str, profile: Profile, languages: Sequence[str]) -> Icon | None:
        """An icon with its hashes, None where there is none."""

    async def listing(self, url: str, profile: Profile, languages: Sequence[str]) -> Listing:
        """What a robots.txt, sitemap or feed lists; nothing where there is none."""


class Downloads(Protocol):
    """One server's files, over one connection: requests one after another."""

    async def get(self, url: str, most: int) -> Download:
        """What the server answers, its body decoded; FeedUnavailable where nothing whole comes, with the reason.

        AnswerTooLarge where the body has more than ``most`` bytes.
        """

    async def save(self, url: str, path: Path, known: str) -> SavedFile:
        """Write what is at ``url`` to ``path``, whole and synced, unless it is the version ``known`` still.

        FeedUnavailable where nothing whole comes.
        """

    async def close(self) -> None:
        """Close the connection."""


class MessageStream(Protocol):
    """A stream of text messages, such as a websocket."""

    async def open(self) -> None:
        """Connect; FeedUnavailable where that fails."""

    async def receive(self, seconds: float) -> str | None:
        """The next message, None where none came in time; FeedUnavailable where the stream ended."""

    async def close(self) -> None:
        """Close it; closing what is closed is nothing."""


class Parser(Protocol):
    """Hostile bytes to facts, in a process that can be killed."""

    async def parse(self, body: bytes, content_type: str, url: str) -> PageFacts:
        """Never raises for what stands in the page: ``unparseable`` says why it was given up."""

    async def picture(self, body: bytes) -> PictureFacts:
        """What a picture holds. Never raises for what it is: ``unreadable`` says why it was given up."""

    async def listing(self, body: bytes, url: str) -> Listing:
        """What a robots.txt, sitemap or feed lists, as far as it can be read."""

    async def close(self) -> None:
        """Stop the child process."""


class Sink(Protocol):
    """Where alerts go."""

    async def send(self, delivery: Delivery, at: datetime) -> Attempt:
        """Sign and post one event to one endpoint, once. ``at`` is the real time of the attempt."""


class UnitOfWork(Protocol):
    """One transaction over all rows. Steps that take one are synchronous: no await inside a transaction."""

    outlets: OutletRows
    baselines: BaselineRows
    sites: SiteRows
    sweeps: SweepRows
    sweep_requests: SweepRequestRows
    captures: CaptureRows
    checks: CheckRows
    coverage: CoverageRows
    outbox: OutboxRows
    deliveries: DeliveryRows
    digests: DigestRows
    alert_groups: AlertGroupRows
    onboarding: OnboardingRows
    actions: ActionRows
    views: ViewRows
    site_views: SiteViewRows
    tokens: TokenRows
    repeats: RepeatRows
    retention: RetentionRows
    gauges: GaugeRows
    links: LinkRows
    evidence: EvidenceRows
    exports: ExportRows
    feeds: FeedRows
    listings: ListingRows
    ties: TieRows
    campaigns: CampaignRows
    siblings: SiblingRows
    sightings: SightingRows
    sighting_views: SightingViews
    history: HistoryRows
    lifetimes: LifetimeRows
    reports: ReportRows
    forecasts: ForecastRows
    persistence: PersistenceViews


class Store(Protocol):
    """Runs steps in transactions, off the event loop."""

    async def write(self, step: Callable[[UnitOfWork], T]) -> T:
        """Run in one immediate transaction; committed on return, rolled back on any exception. One writer at a time."""

    async def read(self, step: Callable[[UnitOfWork], T]) -> T:
        """Run against a consistent snapshot."""

    def close(self) -> None:
        """Give the connections back."""
