"""Ties, campaigns and successions: what ``ports.TieRows`` and ``ports.CampaignRows`` promise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from service.core.errors import NotFound
from service.core.persistence.campaigns import Campaign, Change, ChangeKind
from service.core.persistence.links import Link, RuledLink, Ruling, Tie
from service.core.persistence.successors import Succession
from service.core.persistence.traits import Trait
from tests.store_cases import HOUR, PLACES, START, Opened, admission, opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

A, B, C = "a.example", "b.example", "c.example"
TRACKER = Trait("identifier", "google:G-1")
TO_B = Link(host=B, confidence=0.9, traits=((TRACKER, 0.9),))
CUT = RuledLink(ruling=Ruling.CUT, by="token 4f2a", reason="one hosting customer \U0001f4f0", at=START + HOUR)


@pytest.fixture(params=PLACES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opened]:
    with opened(request.param, tmp_path) as one:
        one.admit(*(admission(host) for host in (A, B, C)))
        yield one


def _ties(store: Opened, *hosts: str) -> tuple[Tie, ...]:
    return store.read(lambda unit: unit.ties.of(hosts))


def _keep(store: Opened, host: str, *links: Link, hours: int = 0) -> int:
    return store.write(lambda unit: unit.ties.keep(host, links, START + hours * HOUR))


def test_a_tie_is_one_from_both_ends_and_keeps_when_it_was_found(store: Opened) -> None:
    assert _keep(store, A, TO_B) == 1
    (tie,) = _ties(store, B)
    assert tie == Tie(hosts=(A, B), confidence=0.9, traits=TO_B.traits, found_at=START, changed_at=START)
    weaker = Link(host=A, confidence=0.5, traits=((TRACKER, 0.5),))
    assert _keep(store, B, weaker, hours=2) == 1
    assert _keep(store, B, weaker, hours=3) == 0
    (tie,) = _ties(store, A, B)
    assert (tie.confidence, tie.found_at, tie.changed_at) == (0.5, START, START + 2 * HOUR)


def test_a_tie_without_evidence_any_more_stays_and_counts_for_nothing(store: Opened) -> None:
    _keep(store, A, TO_B)
    assert _keep(store, A, hours=1) == 1
    (tie,) = _ties(store, A)
    assert (tie.confidence, tie.holds, tie.traits) == (0.0, False, TO_B.traits)
    assert _keep(store, A, hours=2) == 0


def test_a_persons_word_stands_against_the_evidence_until_another_is_given(store: Opened) -> None:
    _keep(store, A, TO_B)
    assert store.write(lambda unit: unit.ties.rule((B, A), CUT)).ruled == CUT
    _keep(store, A, Link(host=B, confidence=0.95, traits=TO_B.traits), hours=3)
    (tie,) = _ties(store, A)
    assert (tie.ruled, tie.holds, tie.confidence) == (CUT, False, 0.95)


def test_a_person_may_tie_sites_that_share_nothing_but_not_unknown_ones(store: Opened) -> None:
    confirmed = RuledLink(ruling=Ruling.CONFIRMED, by="token 4f2a", reason="a court's file", at=START)
    tie = store.write(lambda unit: unit.ties.rule((C, A), confirmed))
    assert (tie.hosts, tie.joins) == ((A, C), True)
    with pytest.raises(NotFound, match=r"unknown\.example"):
        store.write(lambda unit: unit.ties.rule((A, "unknown.example"), confirmed))


def test_campaigns_and_their_members_are_those_of_the_moment(store: Opened) -> None:
    def record(hours: int, *changes: Change) -> None:
        store.write(lambda unit: unit.campaigns.record(changes, START + hours * HOUR))

    record(0, Change(campaign="cmp_1", kind=ChangeKind.BEGAN, hosts=(A, B)))
    one = Campaign(id="cmp_1", began_at=START, members=frozenset({A, B}))
    assert store.read(lambda unit: unit.campaigns.of([B, C])) == (one,)
    record(1, Change(campaign="cmp_1", kind=ChangeKind.LEFT, hosts=(B,)))
    record(1, Change(campaign="cmp_2", kind=ChangeKind.SPLIT, hosts=(B, C), other="cmp_1"))
    found = store.read(lambda unit: unit.campaigns.of([A, B, C]))
    assert [(campaign.id, sorted(campaign.members)) for campaign in found] == [("cmp_1", [A]), ("cmp_2", [B, C])]
    record(2, Change(campaign="cmp_1", kind=ChangeKind.LEFT, hosts=(A,)))
    record(2, Change(campaign="cmp_1", kind=ChangeKind.MERGED, other="cmp_2"))
    assert store.read(lambda unit: unit.campaigns.of([A])) == ()


def test_who_took_over_from_whom_is_kept_once(store: Opened) -> None:
    found = Succession(
        host=A,
        outlet="spiegel",
        predecessor=B,
        found_at=START,
        blocked_since=START - HOUR,
        began_at=START,
        link=TO_B,
        expected_by_chance=0.1,
    )
    assert store.write(lambda unit: unit.campaigns.succeed(found))
    assert not store.write(lambda unit: unit.campaigns.succeed(found))


def test_whoever_shares_what_has_just_become_common_is_compared_again(store: Opened) -> None:
    address = Trait("address", "192.0.2.1")
    hosts = [f"{number:02}.example" for number in range(12)]
    store.admit(*(admission(host) for host in hosts))

    def put(host: str) -> None:
        store.write(lambda unit: unit.links.put(host, [address], START))
        store.write(lambda unit: unit.links.settle([host]))

    for host in hosts:
        put(host)
    assert store.read(lambda unit: unit.links.pending(50)) == ()
    put(A)
    assert store.read(lambda unit: unit.links.pending(50)) == tuple(hosts)
