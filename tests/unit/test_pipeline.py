"""The steps from a name to an alert, over fakes of the outside and a database in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from service.adapters.store import SqlStore, open_store
from service.core.alerts.deliveries import Attempt, Endpoint
from service.core.errors import InvalidInput, InvalidName, NotFound
from service.core.facts.age import AgeSource, age_of
from service.core.facts.dns import DnsStatus
from service.core.facts.page import PageFacts
from service.core.facts.registration import RegistrationStatus
from service.core.model import Episode, Outlet, Profile, Site, Target, Turn
from service.core.names.permutations import suffixes_of
from service.core.persistence.inputs import BlockRecorded, Tick
from service.core.persistence.lifecycle import Rules
from service.core.persistence.observations import observe
from service.core.states import Availability, Tier, Verdict
from service.core.verdict.lists import shipped_lists
from service.core.verdict.policy import ScoringPolicy
from service.pipeline.admit import Door
from service.pipeline.alert import Courier
from service.pipeline.examine import Examiner, dated
from service.pipeline.fetch import FetchPlan, asks, full_turn, spoken, wanted
from service.pipeline.registration import due, pressing
from service.pipeline.sweep import Progress, Sweeper, SweepPlan
from service.pipeline.track import Tracker
from service.pipeline.watched import Watched
from tests.builders import START, at, block, dns, look, lookalike, registration, site
from tests.fakes import FakeClock, FakeFetcher, FakeProber, FakeRegistry, FakeResolver, RecordingSink

SPIEGEL = Outlet(id="spiegel", name="Der Spiegel", domain="spiegel.de", own_domains=("spiegel.tv",), languages=("de",))
PROFILES = tuple(Profile(name=name, headers={}) for name in ("desktop", "mobile", "social"))


@dataclass
class Bench:
    """Everything a step needs, with the fakes at hand."""

    clock: FakeClock
    store: SqlStore
    watched: Watched
    door: Door
    tracker: Tracker
    prober: FakeProber
    resolver: FakeResolver
    registry: FakeRegistry
    fetcher: FakeFetcher
    examiner: Examiner
    sweeper: Sweeper
    sink: RecordingSink
    courier: Courier


def bench(existing: tuple[str, ...] = (), pages: dict[Any, PageFacts] | None = None) -> Bench:
    clock, store = FakeClock(START), open_store("sqlite://")
    watched = Watched(store)
    tracker = Tracker(clock=clock, store=store, rules=Rules())
    resolver = FakeResolver({name: dns(host=name) for name in existing})
    registry = FakeRegistry({name: replace(registration(START), domain=name) for name in existing})
    fetcher, prober, sink = FakeFetcher(pages or {}), FakeProber(existing), RecordingSink()
    return Bench(
        clock=clock,
        store=store,
        watched=watched,
        door=Door(clock=clock, store=store, watched=watched),
        tracker=tracker,
        prober=prober,
        resolver=resolver,
        registry=registry,
        fetcher=fetcher,
        examiner=Examiner(
            clock=clock,
            store=store,
            watched=watched,
            resolver=resolver,
            registry=registry,
            fetcher=fetcher,
            tracker=tracker,
            plan=FetchPlan(profiles=PROFILES),
            policy=ScoringPolicy(),
            lists=shipped_lists(),
            concurrency=10,
        ),
        sweeper=Sweeper(clock=clock, store=store, prober=prober, watched=watched, plan=PLAN),
        sink=sink,
        courier=Courier(clock=clock, store=store, sink=sink),
    )


PLAN = SweepPlan(every={Tier.EXACT: timedelta(days=1)}, shard=500)


def play(made: Bench, act: Callable[[Bench], Awaitable[Any]], outlets: tuple[Outlet, ...] = (SPIEGEL,)) -> Any:
    async def run() -> Any:
        await made.store.write(lambda uow: [uow.outlets.put(outlet, START) for outlet in outlets])
        try:
            return await act(made)
        finally:
            made.store.close()

    return asyncio.run(run())


# --- the door


def test_a_reported_url_is_admitted_with_its_target_and_what_it_resembles() -> None:
    async def act(b: Bench) -> Any:
        host = await b.door.admit_url("https://SPIEGEL.ltd/artikel/x.html", "sighting")
        return host, await b.store.read(lambda uow: uow.sites.get(host))

    host, row = play(bench(), act)
    assert host == "spiegel.ltd"
    assert [la.outlet for la in row[0].lookalikes] == ["spiegel"]
    assert [target.url for target in row[0].targets] == ["https://SPIEGEL.ltd/artikel/x.html"]


def test_a_name_that_resembles_nothing_is_a_legal_site() -> None:
    async def act(b: Bench) -> Any:
        await b.door.admit_url("https://jiraboom.pro/a", "sighting")
        return await b.store.read(lambda uow: uow.sites.get("jiraboom.pro"))

    assert play(bench(), act)[0].lookalikes == ()


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ("https://www.spiegel.de/x", InvalidInput),
        ("spiegel.tv", InvalidInput),
        ("co.uk", InvalidName),
        ("a b", InvalidName),
    ],
)
def test_own_domains_and_what_is_no_name_are_refused(given: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        play(bench(), lambda b: b.door.admit_url(given, "sighting"))


def test_names_that_resemble_nothing_are_dropped_by_the_matcher() -> None:
    async def act(b: Bench) -> Any:
        return await b.door.admit_names(["spiegel.ltd", "weather.com", "spiegel.de"], "feed:x")

    assert play(bench(), act) == 1


# --- sweeps


def test_a_sweep_admits_what_exists_and_is_kept_as_coverage() -> None:
    async def act(b: Bench) -> Any:
        done = await b.sweeper.run(SPIEGEL, Tier.EXACT)
        return done, await b.store.read(lambda uow: uow.sites.get("spiegel.ltd")), b.prober.asked

    done, row, asked = play(bench(("spiegel.ltd",)), act)
    assert done.finished_at == START
    assert (done.asked, done.existing, done.unanswered) == (len(asked), 1, 0)
    assert row[0].source == "sweep:exact"
    assert "spiegel.de" not in asked
    assert len(asked) == len(set(asked))


def test_a_shard_whose_controls_failed_admits_nothing_and_keeps_its_place() -> None:
    async def act(b: Bench) -> Any:
        shards: list[Progress] = []

        def cut_off(made: Progress) -> None:
            shards.append(made)
            b.prober.believed = made.sweep.position == 0

        stopped = await b.sweeper.run(SPIEGEL, Tier.EXACT, cut_off)
        told = await b.store.read(lambda uow: uow.views.events(0, 10))
        b.prober.believed = True
        before = len(b.prober.asked)
        done = await b.sweeper.run(SPIEGEL, Tier.EXACT)
        return stopped, told, done, b.prober.asked[before:]

    stopped, told, done, asked_again = play(bench(("spiegel.ltd",)), act)
    assert stopped.finished_at is None
    assert stopped.position == 500
    assert [event["type"] for event in told] == ["monitor.degraded"]
    assert done.id == stopped.id
    assert done.asked == 500 + len(asked_again)


def test_a_name_that_appears_was_absent_unless_the_sweep_before_had_no_answer_for_it() -> None:
    async def act(b: Bench) -> Any:
        b.prober.silent = {"spiegel.top"}
        await b.sweeper.run(SPIEGEL, Tier.EXACT)
        listed = await b.store.read(lambda uow: uow.coverage.unanswered(1, "", 10))
        b.clock.advance(timedelta(days=1))
        b.prober.silent, b.prober.existing = set(), {"spiegel.top", "spiegel.ltd"}
        await b.sweeper.run(SPIEGEL, Tier.EXACT)
        hosts = ("spiegel.top", "spiegel.ltd")
        return listed, await b.store.read(lambda uow: [uow.sites.get(host) for host in hosts])

    listed, (silent, absent) = play(bench(), act)
    assert listed == ["spiegel.top"]
    assert silent[0].absent_at is None
    assert absent[0].absent_at == START


def test_a_sweep_says_nothing_of_names_that_an_outlets_new_label_makes() -> None:
    async def act(b: Bench) -> Any:
        await b.sweeper.run(SPIEGEL, Tier.EXACT)
        b.clock.advance(timedelta(days=1))
        wider = replace(SPIEGEL, labels=(*SPIEGEL.labels, "nachrichtenspiegel"))
        await b.store.write(lambda uow: uow.outlets.put(wider, b.clock.now()))
        await b.watched.refresh()
        b.prober.existing = {"nachrichtenspiegel.ltd"}
        await b.sweeper.run(wider, Tier.EXACT)
        return await b.store.read(lambda uow: uow.sites.get("nachrichtenspiegel.ltd"))

    site, _ = play(bench(), act)
    assert site.absent_at is None


def test_a_sweep_whose_names_have_changed_meanwhile_begins_anew() -> None:
    async def act(b: Bench) -> Any:
        def cut_off(made: Progress) -> None:
            b.prober.believed = made.sweep.position == 0

        stopped = await b.sweeper.run(SPIEGEL, Tier.EXACT, cut_off)
        b.prober.believed = True
        wider = replace(SPIEGEL, labels=(*SPIEGEL.labels, "nachrichtenspiegel"))
        await b.store.write(lambda uow: uow.outlets.put(wider, b.clock.now()))
        await b.watched.refresh()
        return stopped, await b.sweeper.run(wider, Tier.EXACT)

    stopped, done = play(bench(), act)
    assert done.id != stopped.id
    assert done.asked > stopped.total


def test_progress_moves_within_a_shard_and_ends_with_the_whole_range_of_suffixes() -> None:
    async def act(b: Bench) -> Any:
        told: list[Progress] = []
        return await b.sweeper.run(SPIEGEL, Tier.EXACT, told.append), told

    done, told = play(bench(), act)
    positions = [made.sweep.position + made.under_way for made in told]
    assert positions == sorted(positions)
    assert any(made.under_way for made in told)
    assert 0.95 * done.total < done.position <= done.total
    covered = suffixes_of(SPIEGEL, Tier.EXACT)
    assert (done.first_suffix, done.last_suffix) == (covered[0], covered[-1])


def test_two_processes_that_make_one_sweep_save_each_shard_once() -> None:
    async def act(b: Bench) -> Any:
        other = Sweeper(clock=b.clock, store=b.store, prober=b.prober, watched=b.watched, plan=PLAN)
        told: list[Progress] = []
        done = await asyncio.gather(
            b.sweeper.run(SPIEGEL, Tier.EXACT, told.append), other.run(SPIEGEL, Tier.EXACT, told.append)
        )
        return done, told

    done, told = play(bench(), act)
    complete = [sweep for sweep in done if sweep.finished_at is not None]
    assert len({sweep.id for sweep in done}) == len(complete) == 1
    assert complete[0].asked == complete[0].position
    assert sum("another process" in made.detail for made in told) == 1


def test_a_finished_sweep_is_due_again_after_its_interval() -> None:
    async def act(b: Bench) -> Any:
        first = await b.sweeper.run_due()
        again = await b.sweeper.run_due()
        b.clock.advance(timedelta(days=1))
        return first, again, await b.sweeper.run_due()

    first, again, later = play(bench(), act)
    assert first > 1000
    assert again == 0
    assert later == first


def test_sweeps_that_are_asked_for_are_made_due_or_not_and_none_twice_at_one_time() -> None:
    async def act(b: Bench) -> Any:
        wanted = {(SPIEGEL.id, Tier.EXACT), (SPIEGEL.id, Tier.FULL), ("nobody", Tier.EXACT)}
        at_once = [await b.sweeper.run_all(wanted) for _ in range(2)]
        b.clock.advance(timedelta(hours=1))
        return at_once, await b.sweeper.run_all({("nobody", Tier.EXACT)}), await b.sweeper.run_all(wanted)

    (first, again), nobodys, later = play(bench(), act)
    assert first > 1000
    assert (again, nobodys) == (0, 0)
    assert later == first


@pytest.mark.parametrize(
    ("source", "proof"),
    [("sweep:exact", AgeSource.RESOLVED), ("feed:czds", AgeSource.FEED), ("sighting", None), ("block", None)],
)
def test_only_what_proves_that_a_name_existed_bounds_its_age(source: str, proof: AgeSource | None) -> None:
    age = age_of(dated(site(source=source, admitted_at=START), None), at(days=400))
    assert (age.source, age.not_after) == (proof, START if proof else None)


def test_what_happened_to_a_name_is_asked_of_its_registry_before_routine() -> None:
    calm = site(registration_asked_at=START, dns=dns())
    assert not pressing(calm, dns(), at(days=1))
    assert not pressing(replace(calm, registration_asked_at=None, dns=None), dns(), at(days=1))
    assert pressing(calm, dns(nameservers=("ns1.elsewhere.example",)), at(days=1))
    assert pressing(replace(calm, blocks=(block(known_from=at(hours=3)),)), dns(), at(days=1))
    assert pressing(replace(calm, lookalikes=(lookalike(verdict=Verdict.SUSPECTED),)), dns(), at(days=1))
    due_out = replace(calm, registration=registration(START, expires_at=at(hours=2)))
    assert pressing(due_out, dns(), at(days=1))


def test_the_daily_budget_stops_a_sweep_and_the_next_day_goes_on() -> None:
    made = bench()
    tight = SweepPlan(every={Tier.EXACT: timedelta(days=1)}, shard=500, daily_queries=1000)
    made.sweeper = Sweeper(clock=made.clock, store=made.store, prober=made.prober, watched=made.watched, plan=tight)

    async def act(b: Bench) -> Any:
        stopped = await b.sweeper.run(SPIEGEL, Tier.EXACT)
        b.clock.advance(timedelta(days=1))
        return stopped, await b.sweeper.run(SPIEGEL, Tier.EXACT)

    stopped, more = play(made, act)
    assert stopped.position == 1000
    assert more.id == stopped.id
    assert more.position > 1000


def test_no_outlet_waits_for_a_wide_sweep_of_another() -> None:
    made = bench()
    bild = Outlet(id="bild", name="Bild", domain="bild.de")
    plan = SweepPlan(every=dict.fromkeys((Tier.FULL, Tier.EXACT), timedelta(days=1)), shard=500, daily_queries=40_000)
    made.sweeper = Sweeper(clock=made.clock, store=made.store, prober=made.prober, watched=made.watched, plan=plan)

    async def act(b: Bench) -> Any:
        asked_for = await b.sweeper.request(SPIEGEL.id, Tier.FULL)
        await b.sweeper.run_due()
        return asked_for, await b.store.read(lambda uow: uow.sweeps.newest())

    asked_for, newest = play(made, act, (SPIEGEL, bild))
    exact = [newest[outlet.id, Tier.EXACT] for outlet in (SPIEGEL, bild)]
    assert all(sweep.finished_at is not None for sweep in exact)
    full = newest[SPIEGEL.id, Tier.FULL]
    assert full.id == asked_for.id
    assert full.finished_at is None
    assert full.asked > 0
    assert (bild.id, Tier.FULL) not in newest


# --- looks


def clone() -> PageFacts:
    return PageFacts(title="DER SPIEGEL", text="words " * 200, links={"spiegel.de": 40}, og_site_name="DER SPIEGEL")


def test_a_look_asks_every_step_and_commits_what_it_found() -> None:
    made = bench(("spiegel.ltd",), {"https://spiegel.ltd/": clone()})

    async def act(b: Bench) -> Any:
        await b.door.admit_url("spiegel.ltd", "check")
        count = await b.examiner.examine_due()
        return count, await b.store.read(lambda uow: uow.sites.get("spiegel.ltd"))

    count, row = play(made, act)
    assert count == 1
    assert made.registry.asked == ["spiegel.ltd"]
    assert {profile for _, profile in made.fetcher.asked} == {"desktop", "mobile", "social"}
    seen = row[0]
    assert seen.looked_at == START
    assert seen.due_at > START
    assert seen.availability is Availability.LIVE
    assert seen.observation.count == 1


def test_nothing_is_due_twice_at_once() -> None:
    async def act(b: Bench) -> Any:
        await b.door.admit_url("spiegel.ltd", "check")
        now = b.clock.now()
        claimed = await b.store.write(lambda uow: uow.sites.claim(now, now + timedelta(minutes=15), 10))
        return len(claimed), await b.examiner.examine_due()

    assert play(bench(("spiegel.ltd",)), act) == (1, 0)


def test_what_a_dead_worker_had_claimed_comes_back() -> None:
    async def act(b: Bench) -> Any:
        await b.door.admit_url("spiegel.ltd", "check")
        now = b.clock.now()
        await b.store.write(lambda uow: uow.sites.claim(now, now + timedelta(minutes=15), 10))
        b.clock.advance(timedelta(minutes=16))
        return await b.examiner.examine_due()

    assert play(bench(("spiegel.ltd",)), act) == 1


def test_a_vantage_that_failed_judges_nothing_and_is_asked_again_soon() -> None:
    made = bench(("spiegel.ltd",))
    made.resolver.answers["spiegel.ltd"] = dns(DnsStatus.VANTAGE_FAILED)

    async def act(b: Bench) -> Any:
        await b.door.admit_url("spiegel.ltd", "check")
        return await b.examiner.examine_host("spiegel.ltd")

    seen = play(made, act)
    assert seen.step.events == ()
    assert seen.step.site.lookalikes[0].verdict is Verdict.UNKNOWN
    assert seen.step.site.due_at == START + Rules().intervals.retry


def test_a_fault_of_our_own_on_one_site_harms_no_other() -> None:
    made = bench(("spiegel.ltd", "spiegel.pics"))
    del made.registry.answers["spiegel.ltd"]  # the fake raises where a registry never would

    async def act(b: Bench) -> Any:
        await b.door.admit_url("spiegel.ltd", "check")
        await b.door.admit_url("spiegel.pics", "check")
        count = await b.examiner.examine_due()
        found = await b.store.read(lambda uow: [uow.sites.get(n) for n in ("spiegel.ltd", "spiegel.pics")])
        return count, [row[0] for row in found if row is not None]

    count, (broken, well) = play(made, act)
    assert count == 2
    assert (broken.looked_at, broken.due_at) == (None, START + Rules().intervals.retry)
    assert well.looked_at == START


def test_an_unknown_site_cannot_be_examined_or_changed() -> None:
    with pytest.raises(NotFound):
        play(bench(), lambda b: b.examiner.examine_host("nobody.com"))
    with pytest.raises(NotFound):
        play(bench(), lambda b: b.tracker.commit("nobody.com", Tick()))


def test_two_who_change_a_site_at_once_both_count() -> None:
    async def act(b: Bench) -> Any:
        await b.door.admit_url("spiegel.ltd", "check")
        one = b.tracker.commit("spiegel.ltd", BlockRecorded(block=block(id="a")))
        two = b.tracker.commit("spiegel.ltd", BlockRecorded(block=block(id="b")))
        await asyncio.gather(one, two, b.examiner.examine_host("spiegel.ltd"))
        return await b.store.read(lambda uow: uow.sites.get("spiegel.ltd"))

    site_, _ = play(bench(("spiegel.ltd",)), act)
    assert {found.id for found in site_.blocks} == {"a", "b"}
    assert site_.looked_at == START


# --- what is asked for, and when


def test_a_registry_is_asked_on_admission_and_when_something_changed() -> None:
    known = site(registration=registration(START), registration_asked_at=START, dns=dns())
    assert due(site(), dns(), START)
    assert not due(known, dns(), at(5))
    assert due(known, dns(nameservers=("ns1.other",)), at(5))
    assert due(known, dns(DnsStatus.NXDOMAIN), at(5))
    assert not due(known, dns(DnsStatus.SERVFAIL), at(5))
    assert due(known, dns(), at(days=31))


def test_a_registry_that_failed_is_asked_again_after_hours_not_at_once() -> None:
    failed = registration(None, status=RegistrationStatus.RATE_LIMITED)
    known = site(registration=failed, registration_asked_at=START, dns=dns())
    assert not due(known, dns(), at(1))
    assert due(known, dns(), at(7))


def test_a_block_is_a_reason_to_ask_the_registry() -> None:
    known = site(registration=registration(START), registration_asked_at=START, dns=dns(), blocks=(block(when=at(2)),))
    assert due(known, dns(), at(3))


def test_a_flagged_name_that_stopped_resolving_is_asked_about_every_few_days_for_a_month() -> None:
    gone = dns(DnsStatus.NXDOMAIN)
    flagged = (lookalike(verdict=Verdict.IMPERSONATION),)
    known = site(registration=registration(START), registration_asked_at=at(days=4), dns=gone, active_at=at(days=1))
    held = replace(known, lookalikes=flagged)
    assert due(held, gone, at(days=7))
    assert not due(held, gone, at(days=6))
    assert not due(known, gone, at(days=7)), "nobody was told of it"
    assert not due(replace(held, registration_asked_at=at(days=30)), gone, at(days=33))


def test_a_young_site_is_fetched_at_every_look_and_an_old_quiet_one_in_turn() -> None:
    plan = FetchPlan(profiles=PROFILES)
    quiet = site(pages_fetched_at=at(days=199), dns=dns(), active_at=START)
    assert wanted(plan, replace(quiet, admitted_at=at(days=150)), dns(), at(days=200))
    assert not wanted(plan, quiet, dns(), at(days=200))
    assert wanted(plan, quiet, dns(), at(days=210))
    assert wanted(plan, quiet, dns(addresses=("192.0.2.9",)), at(days=200))


def test_the_url_and_profile_that_last_showed_the_content_are_asked_first() -> None:
    episode = Episode(number=1, began_at=START, last_seen_at=START, url="https://spiegel.ltd/a", profile="social")
    shown = site(lookalikes=(lookalike(verdict=Verdict.IMPERSONATION, episodes=(episode,)),), active_at=START)
    asked = [(url, profile.name) for url, profile in asks(FetchPlan(profiles=PROFILES), shown, at(days=1))]
    assert asked[0] == ("https://spiegel.ltd/a", "social")
    assert asked[1] == ("https://spiegel.ltd/a", "desktop"), "under another profile too, lest cloaking goes unseen"
    assert len(asked) == 2


def test_the_root_is_asked_too_after_news_and_where_the_content_was_not_seen() -> None:
    episode = Episode(number=1, began_at=START, last_seen_at=START, url="https://spiegel.ltd/a", profile="social")
    shown = site(lookalikes=(lookalike(verdict=Verdict.IMPERSONATION, episodes=(episode,)),), active_at=START)
    quiet = next(day for day in range(2, 9) if not full_turn(shown, at(days=day)))

    def urls(of: Site, hours: float) -> list[str]:
        return [url for url, _ in asks(FetchPlan(profiles=PROFILES), of, at(hours, days=quiet))]

    article, root = "https://spiegel.ltd/a", "https://spiegel.ltd/"
    assert urls(replace(shown, looked_at=START), 0) == [article, article]
    assert urls(replace(shown, looked_at=at(5)), 0) == [article, article, root]
    assert urls(replace(shown, active_at=at(days=quiet)), 1) == [article, article, root]


def test_an_unknown_site_is_fetched_under_every_profile() -> None:
    asked = asks(FetchPlan(profiles=PROFILES), site(), START)
    assert [profile.name for _, profile in asked] == ["desktop", "mobile", "social"]


FACES = (
    Profile(name="desktop", headers={}, articles=False),
    Profile(name="mobile", headers={}, turn=Turn.NEWS),
    Profile(name="social", headers={}),
    Profile(name="country-de", headers={}, egress="DE"),
    Profile(name="plain", headers={}, turn=Turn.WEEKLY, articles=False),
)


def test_profiles_have_their_turns() -> None:
    plan, article = FetchPlan(profiles=FACES), Target(url="https://spiegel.ltd/a", source="sighting")
    looked = site(targets=(article,), observation=observe(None, look(START), (), None), looked_at=at(hours=1))

    def faces(of: Site, days: float, countries: frozenset[str] = frozenset()) -> list[str]:
        return [f"{profile.name} {url[19:]}" for url, profile in asks(plan, of, at(days=days), countries)]

    assert faces(replace(looked, observation=None), 0) == [
        *("desktop /", "mobile /", "social /", "plain /", "desktop /a", "mobile /a", "social /a", "plain /a"),
    ]
    fresh = [days for days in range(1, 8) if "mobile /" in faces(replace(looked, active_at=START), days)]
    assert len(fresh) == 1, "once a week all turns come"
    quiet = next(days for days in range(1, 8) if days not in fresh)
    assert faces(replace(looked, active_at=START), quiet) == ["desktop /", "social /", "social /a"]
    german = faces(replace(looked, active_at=START), quiet, frozenset({"DE", "AT"}))
    assert german == ["desktop /", "social /", "country-de /", "social /a", "country-de /a"]


def test_reported_articles_come_before_those_that_the_site_links_to() -> None:
    told = [("link", 1), ("sighting", 2), ("sitemap", 3), ("check", 4)]
    targets = tuple(Target(url=f"https://spiegel.ltd/{number}", source=source) for source, number in told)
    urls = [url for url, _ in asks(FetchPlan(profiles=PROFILES[:1], budget=9), site(targets=targets), START)]
    assert [url[20:] for url in urls] == ["", "4", "2", "1", "3"]


def test_a_look_makes_no_more_fetches_than_its_budget() -> None:
    many = tuple(Target(url=f"https://spiegel.ltd/{i}", source="link") for i in range(50))
    assert len(asks(FetchPlan(profiles=FACES, budget=7), site(targets=many), START)) == 7


def test_sites_are_asked_in_the_languages_of_the_outlets_readers() -> None:
    swiss = replace(SPIEGEL, country="ch", languages=("de", "fr"))
    assert spoken([swiss, replace(SPIEGEL, languages=("de-AT",))]) == ("de-CH", "de", "fr-CH", "fr", "de-AT", "en")
    assert spoken([]) == ("en",)


def test_of_a_link_around_a_link_the_one_inside_is_admitted() -> None:
    async def act(b: Bench) -> Any:
        host = await b.door.admit_url(
            "https://l.facebook.com/l.php?u=https%3A%2F%2Fspiegel.ltd%2Fa%3Fx%3D1&h=A", "sighting"
        )
        return host, await b.store.read(lambda uow: uow.sites.get(host))

    host, row = play(bench(), act)
    assert host == "spiegel.ltd"
    assert [target.url for target in row[0].targets] == ["https://spiegel.ltd/a?x=1"]


# --- alerts


def endpoint(name: str) -> Endpoint:
    return Endpoint(id=name, url=f"https://{name}.example/hook", secret="whsec_" + "A" * 32, created_at=START)


async def two_events(b: Bench) -> None:
    await b.store.write(lambda uow: uow.outbox.put_endpoint(endpoint("one")))
    await b.store.write(lambda uow: uow.outbox.put_endpoint(endpoint("two")))
    await b.door.admit_url("spiegel.ltd", "check")
    await b.tracker.commit("spiegel.ltd", BlockRecorded(block=block(id="a")))
    await b.tracker.commit("spiegel.ltd", BlockRecorded(block=block(id="b")))


def test_every_endpoint_gets_every_event_in_order() -> None:
    async def act(b: Bench) -> Any:
        await two_events(b)
        await b.courier.deliver_due()
        return await b.courier.deliver_due()

    made = bench()
    assert play(made, act) == 0
    assert [(d.endpoint.id, d.event.sequence) for d in sorted(made.sink.sent, key=lambda d: d.endpoint.id)] == [
        ("one", 1),
        ("one", 2),
        ("two", 1),
        ("two", 2),
    ]


def test_a_sick_endpoint_is_probed_once_and_does_not_delay_the_healthy_one() -> None:
    made = bench()
    made.sink = RecordingSink(
        lambda d: Attempt(ok=d.endpoint.id == "two", status=500 if d.endpoint.id == "one" else 204, detail="")
    )
    made.courier = Courier(clock=made.clock, store=made.store, sink=made.sink)

    async def act(b: Bench) -> Any:
        await two_events(b)
        await b.courier.deliver_due()

    play(made, act)
    assert sorted((d.endpoint.id, d.event.sequence) for d in made.sink.sent) == [("one", 1), ("two", 1), ("two", 2)]


def test_a_failed_delivery_is_repeated_under_the_same_id() -> None:
    answers = [Attempt(ok=False, status=503, detail="busy"), Attempt(ok=True, status=204, detail="")]
    made = bench()
    made.sink = RecordingSink(lambda _: answers.pop(0) if answers else Attempt(ok=True, status=204, detail=""))
    made.courier = Courier(clock=made.clock, store=made.store, sink=made.sink)

    async def act(b: Bench) -> Any:
        await b.store.write(lambda uow: uow.outbox.put_endpoint(endpoint("one")))
        await b.door.admit_url("spiegel.ltd", "check")
        await b.tracker.commit("spiegel.ltd", BlockRecorded(block=block()))
        await b.courier.deliver_due()
        b.clock.advance(timedelta(seconds=10))
        await b.courier.deliver_due()

    play(made, act)
    assert len({d.event.id for d in made.sink.sent}) == 1
    assert [d.attempt for d in made.sink.sent] == [0, 1]


def test_the_order_in_which_sites_are_admitted_does_not_matter() -> None:
    names = [f"spiegel.{suffix}" for suffix in ("ltd", "pics", "live", "today", "fun")]

    async def act(b: Bench, order: list[str]) -> Any:
        for name in order:
            await b.door.admit_url(name, "check")
        await b.examiner.examine_due()
        found = await b.store.read(lambda uow: [uow.sites.get(name) for name in names])
        return [row[0] for row in found if row is not None]

    shuffled = [names[i] for i in (3, 0, 4, 2, 1)]
    first = play(bench(tuple(names)), lambda b: act(b, names))
    second = play(bench(tuple(names)), lambda b: act(b, shuffled))
    assert first == second
