"""The store: one writer thread, a few reader threads, one transaction a step (``ports.Store``)."""

from __future__ import annotations

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, nullcontext
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from service.adapters.database import (
    BUSY_SECONDS,
    engine_for,
    failures_as_unavailable,
    file_of,
    on_server,
    parse_url,
    prepare_file,
    read_only,
)
from service.adapters.gauges import SqlGauges
from service.adapters.recall import Recall
from service.adapters.rows_actions import SqlActions
from service.adapters.rows_baselines import SqlBaselines
from service.adapters.rows_campaigns import SqlCampaigns, SqlTies
from service.adapters.rows_checks import SqlChecks
from service.adapters.rows_coverage import SqlCoverage
from service.adapters.rows_deliveries import SqlDeliveries
from service.adapters.rows_digests import SqlAlertGroups, SqlDigests
from service.adapters.rows_evidence import SqlEvidence
from service.adapters.rows_exports import SqlExports
from service.adapters.rows_feeds import SqlFeeds
from service.adapters.rows_forecasts import SqlForecasts
from service.adapters.rows_history import SqlHistory
from service.adapters.rows_lifetimes import SqlLifetimes
from service.adapters.rows_links import SqlLinks
from service.adapters.rows_listings import SqlListings
from service.adapters.rows_onboarding import SqlOnboarding
from service.adapters.rows_outbox import SqlOutbox
from service.adapters.rows_outlets import SqlOutlets
from service.adapters.rows_repeats import SqlRepeats
from service.adapters.rows_reports import SqlReports
from service.adapters.rows_retention import SqlRetention
from service.adapters.rows_siblings import SqlSiblings
from service.adapters.rows_sightings import SqlCaptures, SqlSightings
from service.adapters.rows_sites import SqlSites
from service.adapters.rows_sweep_requests import SqlSweepRequests
from service.adapters.rows_sweeps import SqlSweeps
from service.adapters.rows_tokens import SqlTokens
from service.adapters.schema import upgrade_within
from service.adapters.sighting_views import SqlSightingViews
from service.adapters.site_views import SqlSiteViews
from service.adapters.views import SqlViews
from service.adapters.views_persistence import SqlPersistenceViews
from service.core.errors import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection, Engine
    from sqlalchemy.engine import URL
    from sqlalchemy.pool import PoolProxiedConnection

    from service.ports import UnitOfWork
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

READERS = 4
"""Reads at a time: the API's, beside the daemon's own."""


class SqlUnitOfWork:
    """``ports.UnitOfWork`` over one connection's transaction."""

    def __init__(self, connection: Connection, recall: Recall) -> None:
        outbox = SqlOutbox(connection)
        self._sites = SqlSites(connection, outbox, recall)
        self._recall = recall
        self.connection = connection
        self.outlets: OutletRows = SqlOutlets(connection)
        self.baselines: BaselineRows = SqlBaselines(connection)
        self.sites: SiteRows = self._sites
        self.sweeps: SweepRows = SqlSweeps(connection)
        self.sweep_requests: SweepRequestRows = SqlSweepRequests(connection)
        self.captures: CaptureRows = SqlCaptures(connection)
        self.checks: CheckRows = SqlChecks(connection)
        self.coverage: CoverageRows = SqlCoverage(connection)
        self.outbox: OutboxRows = outbox
        self.deliveries: DeliveryRows = SqlDeliveries(connection)
        self.digests: DigestRows = SqlDigests(connection)
        self.alert_groups: AlertGroupRows = SqlAlertGroups(connection)
        self.onboarding: OnboardingRows = SqlOnboarding(connection)
        self.actions: ActionRows = SqlActions(connection)
        self.views: ViewRows = SqlViews(connection)
        self.site_views: SiteViewRows = SqlSiteViews(connection)
        self.tokens: TokenRows = SqlTokens(connection)
        self.repeats: RepeatRows = SqlRepeats(connection)
        self.retention: RetentionRows = SqlRetention(connection)
        self.gauges: GaugeRows = SqlGauges(connection)
        self.links: LinkRows = SqlLinks(connection)
        self.evidence: EvidenceRows = SqlEvidence(connection)
        self.exports: ExportRows = SqlExports(connection)
        self.feeds: FeedRows = SqlFeeds(connection)
        self.listings: ListingRows = SqlListings(connection)
        self.ties: TieRows = SqlTies(connection)
        self.campaigns: CampaignRows = SqlCampaigns(connection)
        self.siblings: SiblingRows = SqlSiblings(connection)
        self.sightings: SightingRows = SqlSightings(connection)
        self.sighting_views: SightingViews = SqlSightingViews(connection)
        self.history: HistoryRows = SqlHistory(connection)
        self.lifetimes: LifetimeRows = SqlLifetimes(connection)
        self.reports: ReportRows = SqlReports(connection)
        self.forecasts: ForecastRows = SqlForecasts(connection)
        self.persistence: PersistenceViews = SqlPersistenceViews(connection)

    def committed(self) -> None:
        """What was read may be relied on from now on."""
        self._recall.keep(self._sites.seen.values())


class SqlStore:
    """``ports.Store`` on SQLite or PostgreSQL. Steps run off the event loop, writes in one thread and in turn.

    A write whose caller is cancelled while it runs is still carried out to its end.
    """

    def __init__(self, url: URL, writer: Engine, reader: Engine, readers: int) -> None:
        self._url, self.writer, self._reader = url, writer, reader
        self._recall = Recall()
        self._write_thread = ThreadPoolExecutor(1, thread_name_prefix="store-write")
        self._read_threads = (
            self._write_thread if reader is writer else ThreadPoolExecutor(readers, thread_name_prefix="store-read")
        )

    async def write(self, step: Callable[[UnitOfWork], T]) -> T:
        """Run in one immediate transaction; committed on return, rolled back on any exception.

        StoreUnavailable where the database does not let us in within the busy timeout, or cannot be written.
        """
        return await self._run(self._write_thread, lambda: self._write(step))

    async def read(self, step: Callable[[UnitOfWork], T]) -> T:
        """Run against a consistent snapshot; a step that writes is refused."""
        return await self._run(self._read_threads, lambda: self._read(step))

    async def _run(self, threads: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        try:
            running = threads.submit(work)
        except RuntimeError as error:
            raise StoreUnavailable("the store is closed") from error
        return await asyncio.wrap_future(running)

    def _write(self, step: Callable[[UnitOfWork], T]) -> T:
        with failures_as_unavailable(self._url):
            with self.writer.begin() as connection:
                unit = SqlUnitOfWork(connection, self._recall)
                result = step(unit)
            unit.committed()
            return result

    def _read(self, step: Callable[[UnitOfWork], T]) -> T:
        with failures_as_unavailable(self._url), self._reader.begin() as connection, self._guarded(connection):
            unit = SqlUnitOfWork(connection, self._recall)
            result = step(unit)
            unit.committed()
            return result

    def _guarded(self, connection: Connection) -> AbstractContextManager[None]:
        """A database in memory has one connection for all; readers' own ones cannot write anyway."""
        return read_only(connection) if self._reader is self.writer else nullcontext()

    def close(self) -> None:
        """Finish what was begun, then give the connections back. Closing twice is closing."""
        self._write_thread.shutdown()
        self._read_threads.shutdown()
        self.writer.dispose()
        self._reader.dispose()


def open_store(url: str, readers: int = READERS, busy_seconds: float = BUSY_SECONDS) -> SqlStore:
    """A store on ``url`` (``database.parse_url``). Creates a file's folder; the schema is for ``schema.upgrade``.

    ``readers`` read at a time; a write waits ``busy_seconds`` for another process's, then StoreUnavailable.
    ``sqlite://`` is a database in memory that begins empty, with its schema, and ends with the store.
    """
    parsed = parse_url(url)
    prepare_file(parsed)
    writer = engine_for(parsed, writes=True, busy_seconds=busy_seconds)
    if file_of(parsed) is not None or on_server(parsed):
        reader = engine_for(parsed, writes=False, connections=readers, busy_seconds=busy_seconds)
        return SqlStore(parsed, writer, reader, readers)
    _fill(writer)
    return SqlStore(parsed, writer, writer, readers)


def _fill(memory: Engine) -> None:
    """Give a database in memory its schema: nobody else could reach it to migrate it."""
    with closing(memory.raw_connection()) as connection:
        _of_sqlite(connection).deserialize(_empty_database())


@cache
def _empty_database() -> bytes:
    """An empty database of this version. Migrating takes a quarter of a second, loading this image a thousandth."""
    engine = engine_for(parse_url("sqlite://"), writes=True)
    try:
        with engine.begin() as connection:
            upgrade_within(connection)
        with closing(engine.raw_connection()) as connection:
            return _of_sqlite(connection).serialize()
    finally:
        engine.dispose()


def _of_sqlite(connection: PoolProxiedConnection) -> sqlite3.Connection:
    driver = connection.driver_connection
    if not isinstance(driver, sqlite3.Connection):
        raise TypeError(f"SQLite's own connection was expected, not {driver!r}")
    return driver
