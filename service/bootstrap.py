"""The composition root: settings in, a running ``App`` out. The only place that builds adapters; tests call it too.

Everything that can differ in a test or a replay is a keyword; every default is built inside.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import version

from service import bootstrap_fetching as fetching
from service.adapters.clock import SystemClock
from service.adapters.dialer import Dialer
from service.adapters.dns import DnsResolver
from service.adapters.http import GuardedFetcher
from service.adapters.parser import ChildParser
from service.adapters.prober import ChildProber
from service.adapters.rdap import Rdap
from service.adapters.registry import RegistryClient
from service.adapters.registry_pace import RegistryPace
from service.adapters.schema import upgrade
from service.adapters.store import open_store
from service.adapters.telemetry import exposition
from service.adapters.vault import Vault
from service.adapters.whois import Whois
from service.app import App
from service.bootstrap_alerts import heartbeat, onboarder, seal_secrets, sinks, vet_endpoint
from service.bootstrap_evidence import Around, evidence_parts
from service.bootstrap_feeds import followers, list_ticks, retire_others, sighting_desk
from service.core.model import Outlet
from service.core.persistence.infrastructure import Infrastructure, shared_infrastructure
from service.core.persistence.lifecycle import Rules
from service.core.persistence.schedule import Intervals
from service.core.retention import Keeping
from service.core.states import Tier
from service.core.verdict.lists import Lists, shipped_lists
from service.daemon.followers import Follower
from service.daemon.health import Health
from service.daemon.numbers import Monitor
from service.daemon.scheduler import Tick
from service.daemon.space import Space
from service.pipeline.admit import Door
from service.pipeline.alert import Courier
from service.pipeline.baselines import BaselineKeeper, BaselinePlan
from service.pipeline.blocks import BlockBook
from service.pipeline.check import Checker
from service.pipeline.check_desk import CheckDesk
from service.pipeline.digest import Digester
from service.pipeline.examine import LEASE, Examiner
from service.pipeline.export import Exporter, ExportPlan
from service.pipeline.fetch import FetchPlan
from service.pipeline.forecast import Forecaster, ForecastPlan
from service.pipeline.link import Linker
from service.pipeline.onboard import Onboarder
from service.pipeline.persistence import Persister
from service.pipeline.report import Reporter
from service.pipeline.retention import Tidier
from service.pipeline.siblings import SiblingSweeper
from service.pipeline.sweep import Sweeper, SweepPlan
from service.pipeline.track import Tracker
from service.pipeline.watched import Watched
from service.ports import Clock, Store, UnitOfWork
from service.settings import Settings
from service.settings_exports import popular_names

log = logging.getLogger("spoofwatch")

CONTROLS = 5
"""Outlets whose own domains serve as known-live names where none are configured."""


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The App with what only the daemon needs."""

    app: App
    health: Health
    ticks: tuple[Tick, ...]
    followers: tuple[Follower, ...]


@asynccontextmanager
async def open_app(settings: Settings, *, clock: Clock | None = None) -> AsyncIterator[App]:
    """Everything wired, on a database that is migrated and seeded; closed again on leaving."""
    async with open_parts(settings, clock=clock) as parts:
        yield parts.app


@asynccontextmanager
async def open_parts(settings: Settings, *, clock: Clock | None = None, replayed: bool = False) -> AsyncIterator[Parts]:
    """The same, with the daemon's health board and ticks.

    ``replayed``: a driver moves the clock, so no answer is good for longer than the clock stands still, and a look that
    was cut off is due again at once, for there is nobody else who could be making it.
    """
    clock = clock or SystemClock()
    async with AsyncExitStack() as stack:
        upgrade(settings.database_url)
        store = open_store(settings.database_url)
        stack.callback(store.close)
        vault = Vault(settings.path(settings.service.webhooks.key_file))
        await seal_secrets(store, vault)
        onboarding = onboarder(settings, clock, store, _sweep_plan(settings).every, replayed=replayed)
        outlets = await seed(store, settings.outlets.outlets, onboarding)
        controls = settings.service.dns.control_names or tuple(outlet.domain for outlet in outlets[:CONTROLS])
        resolver = _resolver(settings, controls, clock.now if replayed else None)
        dialer = fetching.dialer(settings, resolver)
        parser = ChildParser()
        stack.push_async_callback(parser.close)
        fetcher = GuardedFetcher(dialer, parser, fetching.limits(settings))
        stack.push_async_callback(fetcher.close)
        prober = _prober(settings, controls)
        stack.push_async_callback(prober.close)
        registry = await _registry(settings, dialer, stack)
        webhooks = dialer.client("webhooks", timeout=settings.service.webhooks.timeout.total_seconds())
        await stack.enter_async_context(webhooks)
        lists = shipped_lists({"block_pages": settings.service.dns.block_pages} | settings.service.lists.model_dump())
        watched = Watched(store, settings.outlets.allow, _shared(settings, lists))
        tracker = Tracker(clock=clock, store=store, rules=rules(settings))
        door = Door(clock=clock, store=store, watched=watched)
        health = Health(clock=clock, store=store, resolver=resolver)
        monitor = Monitor(clock=clock, store=store, health=health, parser_kills=lambda: parser.killed)
        kept = evidence_parts(
            Around(
                settings=settings,
                clock=clock,
                store=store,
                watched=watched,
                dialer=dialer,
                parser=parser,
                profiles=fetching.profiles(settings),
            )
        )

        async def ready() -> Mapping[str, str]:
            return {**await health.ready(), **kept.ready()}

        courier = Courier(
            clock=clock,
            store=store,
            sink=sinks(settings, webhooks, vault),
        )
        stack.push_async_callback(courier.close)
        examiner = Examiner(
            clock=clock,
            store=store,
            watched=watched,
            resolver=resolver,
            registry=registry,
            fetcher=fetcher,
            tracker=tracker,
            plan=FetchPlan(
                profiles=fetching.profiles(settings),
                every=settings.service.watch.pages_every,
                budget=settings.service.fetch.budget,
            ),
            policy=settings.scoring,
            lists=lists,
            concurrency=settings.service.fetch.concurrency,
            archivist=kept.archivist,
            lease=timedelta(0) if replayed else LEASE,
            second=fetching.second(settings, resolver, parser, fetcher),
        )
        desk = sighting_desk(settings, clock=clock, store=store, watched=watched)
        app = App(
            version=version("spoofwatch"),
            clock=clock,
            store=store,
            resolver=resolver,
            watched=watched,
            door=door,
            tracker=tracker,
            blocks=BlockBook(clock=clock, store=store, door=door, tracker=tracker),
            linker=Linker(clock=clock, store=store),
            examiner=examiner,
            checks=CheckDesk(
                clock=clock,
                store=store,
                checker=Checker(store=store, resolver=resolver, watched=watched, door=door, examiner=examiner),
                token_bytes=secrets.token_bytes,
                hourly=settings.service.checks.hourly,
                at_once=settings.service.checks.at_once,
            ),
            sweeper=Sweeper(clock=clock, store=store, prober=prober, watched=watched, plan=_sweep_plan(settings)),
            siblings=SiblingSweeper(
                clock=clock,
                store=store,
                prober=prober,
                watched=watched,
                shard=settings.service.sweep.shard,
                daily_queries=settings.service.sweep.daily_queries,
            ),
            sightings=desk,
            captures=kept.captures(desk, parser),
            courier=courier,
            digester=Digester(clock=clock, store=store, default=settings.service.alerts.digest_every),
            onboarder=onboarding,
            baselines=BaselineKeeper(
                clock=clock,
                store=store,
                resolver=resolver,
                fetcher=fetcher,
                parser=parser,
                watched=watched,
                plan=BaselinePlan(
                    profile=fetching.profiles(settings)[0],
                    every=settings.service.baselines.every,
                    articles=settings.service.baselines.articles,
                ),
            ),
            persister=Persister(clock=clock, store=store, minimum=settings.service.persistence.minimum),
            reporter=Reporter(clock=clock, store=store, answer_within=settings.service.reports.answer_within),
            forecaster=Forecaster(
                clock=clock, store=store, prober=prober, watched=watched, plan=_forecast_plan(settings)
            ),
            exporter=Exporter(clock=clock, store=store, watched=watched, plan=_export_plan(settings)),
            metrics=lambda: _metrics(monitor),
            evidence=kept.files,
            archivist=kept.archivist,
            photographer=kept.photographer,
            ready=ready,
            full=kept.space.full,
            vet_webhook=lambda url, kind: vet_endpoint(settings, dialer, url, kind),
            token_bytes=secrets.token_bytes,
            seal=vault.seal,
        )
        stack.push_async_callback(app.checks.close)
        following = followers(settings, dialer=dialer, clock=clock, store=store, watched=watched, space=kept.space)
        await retire_others(store, settings)
        ticks = (
            *_ticks(app, settings, health, registry, kept.space),
            *list_ticks(settings, dialer=dialer, clock=clock, store=store, watched=watched, space=kept.space),
            *heartbeat(settings, webhooks, health.ready),
        )
        yield Parts(app=app, health=health, ticks=ticks, followers=following)


async def seed(store: Store, outlets: Sequence[Outlet], onboarding: Onboarder) -> tuple[Outlet, ...]:
    """Put outlets from the file that the database does not know by id; the watch list as it then is."""

    def step(uow: UnitOfWork) -> tuple[Outlet, ...]:
        known = {outlet.id for outlet in uow.outlets.all()}
        for outlet in outlets:
            if outlet.id not in known:
                onboarding.watch(uow, outlet)
        return uow.outlets.all()

    return await store.write(step)


def rules(settings: Settings) -> Rules:
    """The state machine's figures from the settings."""
    watch = settings.service.watch
    return Rules(
        new_window=watch.new_window,
        siblings_cooldown=settings.service.sweep.siblings_cooldown,
        siblings_daily=settings.service.sweep.siblings_daily,
        intervals=Intervals(
            first=watch.first,
            young=watch.young,
            live=watch.live,
            blocked=watch.blocked,
            settled=watch.settled,
            failing=watch.failing,
            dormant=watch.dormant,
            innocent=watch.innocent,
            retry=watch.retry,
            watched_for=watch.watched_for,
        ),
    )


def _shared(settings: Settings, lists: Lists) -> Infrastructure:
    links = settings.service.links
    return shared_infrastructure(lists, links.shared_networks, links.shared_nameservers)


def _ticks(app: App, settings: Settings, health: Health, registry: RegistryClient, space: Space) -> tuple[Tick, ...]:
    """Everything the daemon does by itself. A tick asks what is due; how often it asks is no business time."""
    second, minute = timedelta(seconds=1), timedelta(minutes=1)
    tidier = Tidier(clock=app.clock, store=app.store, keeping=Keeping(**settings.service.retention.model_dump()))
    return (
        Tick(name="disk", every=timedelta(seconds=10), run=space.check),
        Tick(name="resolvers", every=timedelta(seconds=10), run=health.check_vantages),
        Tick(name="baselines", every=minute, run=app.baselines.take_due),
        Tick(name="watch-list", every=timedelta(seconds=10), run=app.watched.refresh),
        Tick(name="registries", every=timedelta(hours=1), run=lambda: registry.refresh(app.clock.now())),
        Tick(name="sweeps", every=timedelta(seconds=10), run=space.while_there_is_room(app.sweeper.run_due)),
        Tick(name="looks", every=second, run=space.while_there_is_room(app.examiner.examine_due)),
        Tick(name="checks", every=second, run=space.while_there_is_room(app.checks.start_due)),
        Tick(name="links", every=minute, run=app.linker.link_pending),
        Tick(name="reports", every=minute, run=app.reporter.mark_overdue),
        Tick(name="forecasts", every=minute, run=app.forecaster.run_due),
        Tick(name="siblings", every=timedelta(seconds=10), run=app.siblings.run_due),
        Tick(name="sightings", every=second, run=space.while_there_is_room(app.sightings.work)),
        Tick(name="alerts", every=second, run=app.courier.start_due),
        Tick(name="digests", every=timedelta(seconds=10), run=app.digester.run_due),
        Tick(name="onboarding", every=timedelta(seconds=2), run=app.onboarder.run_due),
        Tick(name="screenshots", every=minute, run=space.while_there_is_room(app.photographer.take_pending)),
        Tick(name="retention", every=timedelta(hours=1), run=tidier.run_due),
        Tick(name="evidence", every=timedelta(hours=1), run=space.while_there_is_room(app.archivist.tidy)),
    )


def _resolver(settings: Settings, controls: Sequence[str], epoch: Callable[[], object] | None) -> DnsResolver:
    dns = settings.service.dns
    vantages = {"system": dns.upstreams} | {vantage.name: vantage.upstreams for vantage in dns.vantage}
    return DnsResolver(
        vantages,
        controls,
        timeout=dns.timeout.total_seconds(),
        tries=dns.tries,
        epoch=epoch,
    )


def _prober(settings: Settings, controls: Sequence[str]) -> ChildProber:
    dns = settings.service.dns
    return ChildProber(
        dns.upstreams,
        dns.queries_per_second,
        window=dns.window,
        timeout=dns.timeout.total_seconds(),
        tries=dns.tries,
        control_live=controls,
        use_0x20=dns.use_0x20,
    )


async def _registry(settings: Settings, dialer: Dialer, stack: AsyncExitStack) -> RegistryClient:
    rdap, whois = settings.service.rdap, settings.service.whois
    client = await stack.enter_async_context(dialer.client("rdap"))
    bootstrap = rdap.bootstrap if not rdap.bootstrap or "://" in rdap.bootstrap else str(settings.path(rdap.bootstrap))
    pace = RegistryPace(rdap.queries_per_second)
    return RegistryClient(
        Rdap(client, pace, bootstrap, rdap.servers),
        Whois(lambda host, port: dialer.connect("whois", host, port), pace, whois.servers),
    )


def _sweep_plan(settings: Settings) -> SweepPlan:
    sweep = settings.service.sweep
    every = {"exact": sweep.exact_every, "edits": sweep.edits_every, "full": sweep.full_every}
    return SweepPlan(
        every={Tier(tier): every[tier] for tier in sweep.tiers},
        shard=sweep.shard,
        daily_queries=sweep.daily_queries,
        campaign_suffixes=sweep.campaign_suffixes,
    )


def _forecast_plan(settings: Settings) -> ForecastPlan:
    given = settings.service.forecast
    return ForecastPlan(every=given.every, size=given.size, daily_queries=given.daily_queries)


async def _metrics(monitor: Monitor) -> bytes:
    return exposition(await monitor.numbers())


def _export_plan(settings: Settings) -> ExportPlan:
    exports = settings.service.exports
    popular = exports.popular_file
    return ExportPlan(
        organisation=exports.organisation,
        tlp=exports.tlp,
        zone=exports.zone,
        popular=popular_names(settings.path(popular), settings.folder) if popular is not None else (),
    )
