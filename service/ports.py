"""What the pipeline needs of the outside world, as small protocols.

``adapters/`` has the real ones, ``tests/fakes.py`` the ones that fail loudly; ``bootstrap.py`` chooses. An outcome
(absent, refused, timed out, rate limited) is a value in the facts; an exception from a port means that the service
itself cannot go on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime, timedelta
    from pathlib import Path
    from typing import Any

    from service.core.exports.entry import Entry
    from service.core.facts.dns import DnsFacts, ProbeReport, VantageHealth
    from service.core.facts.listings import Listing
    from service.core.facts.page import FetchedPage, PageFacts
    from service.core.facts.picture import Icon, PictureFacts
    from service.core.facts.registration import Registration
    from service.core.feed import Download, FeedState, Listed, SavedFile
    from service.core.model import (
        Action,
        Admission,
        Attempt,
        Baseline,
        BaselineState,
        BaselineVersion,
        Delivery,
        Endpoint,
        Event,
        Observation,
        Outlet,
        Profile,
        Site,
        Sweep,
        Tier,
    )
    from service.core.persistence.campaigns import Campaign, Change
    from service.core.persistence.forecast import Forecast
    from service.core.persistence.histories import History
    from service.core.persistence.links import Link, RuledLink, Shared, Tie
    from service.core.persistence.reports import Report, ReportState
    from service.core.persistence.siblings import SiblingSweep
    from service.core.persistence.successors import Succession
    from service.core.persistence.traits import Trait
    from service.core.repeats import Repeatable
    from service.core.tokens import Token
    from service.ports_alerts import AlertGroupRows, DigestRows, OnboardingRows
    from service.ports_evidence import EvidenceRows
    from service.ports_requests import CheckRows, SweepRequestRows
    from service.ports_retention import RetentionRows
    from service.ports_sightings import CaptureRows, SightingRows, SightingViews

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


class OutletRows(Protocol):
    """The watch list, and what the real sites look like."""

    def all(self) -> tuple[Outlet, ...]:
        """Every outlet, ordered by id."""

    def put(self, outlet: Outlet, at: datetime) -> bool:
        """Insert or change one; True where it is new."""

    def remove(self, outlet_id: str) -> None:
        """Take one off the list; its lookalikes stay. NotFound where there is none."""

    def baselines(self) -> tuple[Baseline, ...]:
        """Every baseline in use of every outlet, oldest first."""

    def baseline_marks(self) -> tuple[tuple[str, str, str], ...]:
        """Outlet, URL and digest of every baseline in use: whether any is new or gone, without reading them all."""

    def add_baseline(self, baseline: Baseline, state: BaselineState = ...) -> bool:
        """Keep one, in use by default; False where one with this outlet, URL and digest is kept already."""


class BaselineRows(Protocol):
    """Versions of the outlets' baselines, in use or not; none is ever deleted."""

    def of(self, outlet_id: str) -> tuple[BaselineVersion, ...]:
        """Every version of one outlet, whatever its state, oldest first."""

    def seen(self, ids: Iterable[str], at: datetime) -> None:
        """The outlet's site was seen to look so again."""

    def put_state(self, ids: Iterable[str], state: BaselineState, by: str = "", note: str = "") -> None:
        """Take versions into use, hold them back or revoke them; NotFound for an id that there is not."""


class SiteRows(Protocol):
    """Sites and their due list, the only truth about what is to be done."""

    def admit(self, admission: Admission, at: datetime) -> bool:
        """Insert a site due now, or add what is new (lookalikes, targets) to a known one and make it due.

        True if anything was new.
        """

    def claim(self, now: datetime, until: datetime, limit: int) -> tuple[tuple[Site, int], ...]:
        """The most overdue sites with their row versions.

        Their due time moves to ``until``, so that a crash brings them back.
        """

    def get(self, host: str) -> tuple[Site, int] | None:
        """One site with its row version."""

    def save(self, site: Site, version: int, events: Sequence[Event], at: datetime) -> bool:
        """Store the site, append its events and their deliveries, all or nothing. False where the version has moved on.

        A site's ``observation`` extends the last row where digest and ``first_at`` are equal, and is a new row
        otherwise.
        """

    def next_due(self) -> datetime | None:
        """When the earliest site falls due."""


class SweepRows(Protocol):
    """Coverage, and requests for sweeps."""

    def last(self, outlet_id: str, tier: Tier) -> Sweep | None:
        """The newest sweep of this kind, finished or not."""

    def newest(self) -> dict[tuple[str, Tier], Sweep]:
        """The newest of each outlet and tier, finished or not."""

    def begin(self, outlet_id: str, tier: Tier, generator: str, vantage: str, at: datetime, *, total: int = 0) -> Sweep:
        """A new one."""

    def advance(self, sweep: Sweep, unanswered: Sequence[str] = ()) -> None:
        """Store how far it got, in the transaction that admits what it found, and names that stayed unanswered.

        A sweep that is complete makes the unanswered names of those before it forgotten; their number stays.
        """

    def finished_before(self, outlet_id: str, tier: Tier, at: datetime) -> Sweep | None:
        """The newest complete sweep that began before ``at``: what proves that a name was absent then."""

    def unanswered_among(self, sweep_id: int, names: Iterable[str]) -> frozenset[str]:
        """Those of ``names`` that stayed unanswered in a sweep: of these alone it says nothing."""


class CoverageRows(Protocol):
    """Sweeps as people read them."""

    def page(self, where: Mapping[str, Any], cursor: str | None, limit: int) -> tuple[list[dict[str, Any]], str | None]:
        """A page of sweeps, the newest begun first, and the cursor of the next."""

    def sweep(self, sweep_id: int) -> dict[str, Any] | None:
        """One sweep."""

    def unanswered(self, sweep_id: int, after: str, limit: int) -> list[str]:
        """Names that stayed unanswered, ordered by name, those after ``after``."""


class OutboxRows(Protocol):
    """Events, endpoints and deliveries."""

    def publish(self, events: Sequence[Event], at: datetime, only: str | None = None) -> None:
        """Append events that belong to no site, with their deliveries, to the endpoint ``only`` where it is given.

        An event whose id is there already is left alone.
        """

    def due(self, now: datetime, limit: int, endpoint: str | None = None) -> tuple[Delivery, ...]:
        """Deliveries to make, of one endpoint or of all: each endpoint's oldest first, endpoints in turn.

        One whose circuit is open has one at a time, and none before its next probe.
        """

    def record(self, delivery: Delivery, attempt: Attempt, next_at: datetime | None, at: datetime) -> None:
        """Store what came of a try; ``next_at`` None means done (delivered, or dead where it failed)."""

    def endpoints(self, only: str | None = None) -> tuple[Endpoint, ...]:
        """Every endpoint, ordered by id; or the one of this id, where there is one."""

    def put_endpoint(self, endpoint: Endpoint) -> None:
        """Insert or change one. What waits for one that the service disabled becomes dead letters."""


class DeliveryRows(Protocol):
    """Deliveries as people read them, and ask for them anew."""

    def page(self, where: Mapping[str, Any], before: int | None, limit: int) -> list[dict[str, Any]]:
        """Deliveries, the newest first, those with a smaller number than ``before``."""

    def get(self, number: int) -> dict[str, Any] | None:
        """One delivery with every try."""

    def retry(self, number: int, at: datetime) -> None:
        """Make one due at ``at``, whatever became of it. NotFound where there is none."""

    def replay(self, endpoint: Endpoint, since: datetime, at: datetime, *, delivered: bool = False) -> int:
        """Make due what an endpoint missed since, or all of it where ``delivered``; how many events that is."""

    def forget(self, endpoint_id: str) -> None:
        """Remove an endpoint with its deliveries. NotFound where there is none."""


class ActionRows(Protocol):
    """Enforcement acts, and single settings of the running service."""

    def put(self, action: Action) -> None:
        """Insert or change one."""

    def all(self) -> tuple[Action, ...]:
        """Every action, oldest first."""

    def get_state(self, key: str) -> str | None:
        """A value that outlives the process (when a tick last ran)."""

    def set_state(self, key: str, value: str) -> None:
        """Keep it."""


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


class FeedRows(Protocol):
    """Sources of names, and how far each was taken in."""

    def get(self, feed_id: str) -> FeedState | None:
        """One feed with its gaps."""

    def all(self) -> tuple[FeedState, ...]:
        """Every feed, ordered by id."""

    def save(self, state: FeedState) -> None:
        """Insert or change one, gaps included."""

    def forget(self, feed_id: str) -> None:
        """Drop one that is followed no more; NotFound where there is none."""

    def sites_under(self, domains: Collection[str]) -> Mapping[str, tuple[str, ...]]:
        """The hosts that are sites already, by those of these registrable names that have any."""


class ListingRows(Protocol):
    """Dated facts about known sites from lists of names, and the sites for such lists to be compared with."""

    def add(self, fact: Listed) -> bool:
        """Keep one; False where it is kept already."""

    def of(self, host: str) -> tuple[Listed, ...]:
        """What lists said of a host, oldest first."""

    def hosts(self, after: str, limit: int) -> tuple[str, ...]:
        """Hosts of known sites beyond ``after``, in the order of the database; fewer than ``limit`` at the end."""


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


class TokenRows(Protocol):
    """API tokens; only hashes are kept."""

    def add(self, token: Token) -> None:
        """Keep one. Conflict where the id is taken."""

    def get(self, token_id: str) -> Token | None:
        """One by its id, revoked and expired ones too."""

    def all(self) -> tuple[Token, ...]:
        """Every token that was ever made, oldest first."""

    def revoke(self, token_id: str, at: datetime) -> None:
        """It is not taken from now on; once revoked it stays so. NotFound where there is none."""

    def used(self, token_id: str, at: datetime) -> None:
        """Note its last use."""


class GaugeRows(Protocol):
    """Numbers for monitoring."""

    def numbers(self, now: datetime) -> Mapping[str, Mapping[tuple[tuple[str, str], ...], float]]:
        """Numbers by name and labels (pairs of name and value), none of which is a site's or an outlet's name."""


class RepeatRows(Protocol):
    """Answers to requests that may be sent twice."""

    def begin(self, asked: Repeatable) -> Repeatable | None:
        """The request that holds this key already, else None: then it is ``asked`` that holds it from now on."""

    def keep(self, answered: Repeatable) -> None:
        """Keep a request with its answer."""

    def forget(self, token_id: str, key: str) -> None:
        """The key is free again."""


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
