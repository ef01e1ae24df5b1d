"""From traits to ties, campaigns and successors, over a database in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import insert

from service.adapters.store import SqlStore, SqlUnitOfWork, open_store
from service.adapters.tables import SITE, TRAIT
from service.core.errors import InvalidInput, NotFound
from service.core.model import Admission, NameMatch, Outlet
from service.core.persistence.inputs import BlockRecorded, Looked
from service.core.persistence.lifecycle import Rules
from service.core.persistence.links import RuledLink, Ruling
from service.core.persistence.siblings import SiblingSweep, of_campaign
from service.core.persistence.traits import Trait
from service.core.states import Availability, Place, Technique, Verdict
from service.pipeline.link import Linker
from service.pipeline.siblings import SiblingSweeper
from service.pipeline.track import Tracker
from service.pipeline.watched import Watched
from service.ports import UnitOfWork
from tests.builders import START, at, block, judgement, look, registration
from tests.fakes import FakeClock, FakeProber

SPIEGEL = Outlet(id="spiegel", name="Der Spiegel", domain="spiegel.de", languages=("de",))
A, B, C, D = "spiegel.ltd", "spiegel.pics", "spiegel.live", "spiegel.today"
TRACKER, ICON, ADDRESS = Trait("identifier", "google:G-1"), Trait("favicon", "f" * 64), Trait("address", "192.0.2.9")


class Linked:
    """A store with what links sites in it; each site is admitted and looked at when ``seen`` says so."""

    def __init__(self, store: SqlStore) -> None:
        self.store, self.clock = store, FakeClock(START)
        self.tracker = Tracker(clock=self.clock, store=store, rules=Rules())
        self.linker = Linker(clock=self.clock, store=store)
        self.prober = FakeProber()
        self.siblings = SiblingSweeper(
            clock=self.clock, store=store, prober=self.prober, watched=Watched(store), daily_queries=0
        )

    def run(self, step: Callable[[], Awaitable[Any]]) -> Any:
        async def act() -> Any:
            return await step()

        return asyncio.run(act())

    def write(self, step: Callable[[UnitOfWork], Any]) -> Any:
        return self.run(lambda: self.store.write(step))

    def at(self, when: datetime) -> None:
        self.clock.advance(when - self.clock.now())

    def seen(
        self,
        host: str,
        *traits: Trait,
        verdict: Verdict = Verdict.IMPERSONATION,
        domain: str | None = None,
        **more: Any,
    ) -> None:
        now = self.clock.now()
        of = domain or host
        match = NameMatch(name=host, domain=of, outlet="spiegel", technique=Technique.TLD_SWAP, distance=0, score=0.9)
        self.write(lambda uow: uow.sites.admit(Admission(host=host, domain=of, source="t", matches=(match,)), now))
        shows = verdict is Verdict.IMPERSONATION
        given = Looked(look=look(now, **more), judgements=(judgement(verdict, shows=shows),), traits=frozenset(traits))
        self.run(lambda: self.tracker.commit(host, given))

    def blocked(self, host: str, days: float) -> None:
        given = BlockRecorded(block=block(Place.PLATFORM, at(days=days)))
        self.run(lambda: self.tracker.commit(host, given))

    def link(self) -> None:
        self.run(self.linker.link_pending)

    def campaigns(self, *hosts: str) -> list[list[str]]:
        found = self.write(lambda uow: uow.campaigns.of(hosts))
        return [sorted(campaign.members) for campaign in found]

    def predecessor(self, host: str) -> str:
        site, _ = self.write(lambda uow: uow.sites.get(host))
        return str(site.lookalikes[0].predecessor)

    def told(self, kind: str) -> list[dict[str, Any]]:
        events = self.write(lambda uow: uow.views.events(0, 500))
        return [event for event in events if event["type"] == kind]

    def rule(self, one: str, other: str, ruling: Ruling) -> None:
        word = RuledLink(ruling=ruling, by="token 1", reason="a reason", at=self.clock.now())
        self.run(lambda: self.linker.rule((one, other), word))


@pytest.fixture
def linked() -> Iterator[Linked]:
    store = open_store("sqlite://")
    made = Linked(store)
    made.write(lambda uow: uow.outlets.put(SPIEGEL, START))
    yield made
    store.close()


def test_what_few_share_makes_a_campaign_and_what_only_one_flagged_site_has_none(linked: Linked) -> None:
    linked.seen(A, TRACKER)
    linked.seen(B, TRACKER)
    linked.seen(C, ICON)
    linked.seen(D, TRACKER, verdict=Verdict.UNKNOWN)
    linked.link()
    assert linked.campaigns(A, B, C, D) == [[A, B]]


def test_a_site_that_is_flagged_later_joins_then_although_its_traits_are_old(linked: Linked) -> None:
    linked.seen(A, TRACKER)
    linked.seen(B, TRACKER, verdict=Verdict.UNKNOWN)
    linked.link()
    assert linked.campaigns(A, B) == []
    linked.at(at(days=1))
    linked.seen(B, TRACKER)
    linked.link()
    assert linked.campaigns(A) == [[A, B]]


def test_cutting_a_link_splits_a_campaign_and_confirming_one_joins_what_shares_nothing(linked: Linked) -> None:
    linked.seen(A, TRACKER)
    linked.seen(B, TRACKER, ICON)
    linked.seen(C, ICON)
    linked.link()
    assert linked.campaigns(A) == [sorted([A, B, C])]
    linked.rule(A, B, Ruling.CUT)
    assert linked.campaigns(A, C) == [sorted([B, C])]
    linked.seen(D)
    linked.rule(D, A, Ruling.CONFIRMED)
    assert linked.campaigns(D) == [sorted([A, D])]
    linked.link()
    assert sorted(linked.campaigns(A, B)) == sorted([sorted([A, D]), sorted([B, C])])


def test_a_ruling_needs_two_known_sites(linked: Linked) -> None:
    linked.seen(A)
    with pytest.raises(NotFound):
        linked.rule(A, "nobody.example", Ruling.CUT)
    with pytest.raises(InvalidInput):
        linked.rule(A, A, Ruling.CUT)


def test_a_tied_site_that_comes_after_the_block_is_named_with_what_chance_would_give(linked: Linked) -> None:
    linked.seen(A, TRACKER)
    linked.at(at(days=10))
    linked.blocked(A, 10)
    linked.at(at(days=14))
    linked.seen(B, TRACKER, registration=registration(at(days=13)))
    linked.link()
    assert linked.predecessor(B) == A
    (event,) = linked.told("successor.found")
    detail = event["data"]["detail"]
    assert (detail["predecessor"], detail["delay_days"]) == (A, 3)
    # One spoof in ten days before the block, and half a one more for what was not seen yet: 1.5 / 10 * 3 days.
    assert detail["expected_by_chance"] == pytest.approx(0.45)


def test_a_block_that_becomes_known_later_names_whoever_had_taken_over_by_then(linked: Linked) -> None:
    linked.seen(A, TRACKER)
    linked.at(at(days=14))
    linked.seen(B, TRACKER, registration=registration(at(days=13)))
    linked.link()
    assert linked.predecessor(B) == ""
    linked.blocked(A, 10)
    linked.link()
    linked.link()
    assert linked.predecessor(B) == A
    assert len(linked.told("successor.found")) == 1


def test_a_name_held_in_reserve_takes_over_when_it_goes_live(linked: Linked) -> None:
    linked.seen(A, TRACKER)
    linked.seen(B, TRACKER, grade=Availability.PARKED, verdict=Verdict.SUSPECTED)
    linked.blocked(A, 5)
    linked.at(at(days=9))
    linked.seen(B, TRACKER)
    linked.link()
    assert linked.predecessor(B) == A
    assert linked.told("successor.found")[0]["data"]["detail"]["delay_days"] == 4


def test_content_that_was_merely_not_seen_at_first_took_over_from_nobody(linked: Linked) -> None:
    linked.seen(A, TRACKER)
    linked.seen(B, TRACKER, grade=Availability.CONTENT_NOT_SEEN, verdict=Verdict.SUSPECTED)
    linked.blocked(A, 5)
    linked.at(at(days=9))
    linked.seen(B, TRACKER)
    linked.link()
    assert linked.predecessor(B) == ""


def test_a_further_host_of_the_blocked_name_took_over_from_nobody(linked: Linked) -> None:
    further = f"video.{A}"
    linked.seen(A, TRACKER)
    linked.blocked(A, 5)
    linked.at(at(days=9))
    linked.seen(further, TRACKER, domain=A)
    linked.link()
    assert linked.campaigns(A) == [sorted([A, further])]
    assert linked.predecessor(further) == ""


def test_a_hundred_thousand_sites_behind_one_network_are_tied_by_nothing(linked: Linked) -> None:
    """Flagged ones among them keep the ties that they have for other reasons, and their number costs nothing."""

    def crowd(uow: UnitOfWork) -> None:
        assert isinstance(uow, SqlUnitOfWork)
        site = {"domain": "x", "source": "t", "version": 1, "admitted_at": START, "due_at": START, "observations": 0}
        site |= {"availability": "live", "availability_reason": "", "urgency": 3, "suffix": "example"}
        rows = [site | {"id": number, "host": f"{number}.example"} for number in range(1, 100_001)]
        uow.connection.execute(insert(SITE), rows)
        trait = {"kind": ADDRESS.kind, "value": ADDRESS.value, "first_at": START}
        uow.connection.execute(insert(TRAIT), [trait | {"site_id": row["id"]} for row in rows])

    linked.write(crowd)
    for host in (A, B, C):
        linked.seen(host, ADDRESS)
    linked.seen(A, TRACKER)
    linked.seen(B, TRACKER)
    linked.link()
    assert linked.campaigns(A, B, C) == [[A, B]]
    (tie,) = linked.write(lambda uow: uow.ties.of([A]))
    assert [trait for trait, _ in tie.traits] == [TRACKER]


def test_a_tie_ends_for_all_when_what_makes_it_has_become_common(linked: Linked) -> None:
    hosts = [f"spiegel.{suffix}" for suffix in ("ltd", "pics", "live", "today", "top", "icu", "vip", "cam", "lol")]
    for host in hosts[:2]:
        linked.seen(host, ADDRESS)
    linked.link()
    assert linked.campaigns(hosts[0]) == [sorted(hosts[:2])]
    for number in range(12):
        linked.seen(f"unrelated{number}.example", ADDRESS, verdict=Verdict.UNKNOWN)
    linked.link()
    assert linked.campaigns(*hosts) == []
    (tie,) = linked.write(lambda uow: uow.ties.of([hosts[0]]))
    assert (tie.holds, tie.confidence) == (False, 0.0)


# --- siblings --------------------------------------------------------------------------------------------------------


def open_requests(linked: Linked) -> Any:
    return linked.write(lambda uow: uow.siblings.next())


def test_a_confirmed_name_asks_for_its_siblings_once_and_finds_them(linked: Linked) -> None:
    linked.prober.existing |= {C, D}
    linked.seen(A, TRACKER)
    assert open_requests(linked).label == "spiegel"
    linked.seen(B, TRACKER)
    assert linked.run(linked.siblings.run_due) == 2
    assert open_requests(linked) is None
    assert {C, D, "spiegel.co.com"} <= set(linked.prober.asked)
    assert A not in linked.prober.asked
    assert linked.write(lambda uow: uow.sites.get(C))[0].source == "sweep:siblings"


def test_what_a_sweep_for_siblings_found_calls_for_none(linked: Linked) -> None:
    linked.prober.existing |= {C}
    linked.seen(A)
    linked.run(linked.siblings.run_due)
    linked.at(at(days=30))
    linked.seen(C)
    assert open_requests(linked) is None


def test_a_label_is_asked_for_again_after_its_cooldown_only(linked: Linked) -> None:
    linked.seen(A)
    linked.run(linked.siblings.run_due)
    linked.at(at(days=6))
    linked.seen(B)
    assert open_requests(linked) is None
    linked.at(at(days=8))
    linked.seen(C)
    assert open_requests(linked) is not None


def _advance(sweep: SiblingSweep, uow: UnitOfWork) -> None:
    uow.siblings.advance(sweep)


def test_an_outlet_has_so_many_such_sweeps_a_day(linked: Linked) -> None:
    for number in range(60):
        linked.seen(f"spiegel{number}.example")
    count = 0
    while (sweep := open_requests(linked)) is not None:
        count += 1
        done = replace(sweep, finished_at=START + timedelta(hours=1))
        linked.write(partial(_advance, done))
    assert count == Rules().siblings_daily


def test_a_vantage_that_fails_leaves_the_request_open(linked: Linked) -> None:
    linked.seen(A)
    linked.prober.believed = False
    assert linked.run(linked.siblings.run_due) == 0
    assert open_requests(linked).position == 0


def test_a_campaigns_labels_are_asked_for_under_its_suffixes() -> None:
    found = set(of_campaign(["spiegeli.live", "spiegelr.today", "bild.co.com"]))
    assert {"spiegeli.today", "spiegelr.live", "spiegeli.co.com", "bild.live"} <= found
    assert not found & {"spiegeli.live", "spiegelr.today", "bild.co.com"}
