"""The due list and the sites: what ``ports.SiteRows`` promises."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event as sql_event

from service.adapters.recall import Recall
from service.adapters.rows_sites import MAX_TARGETS, MAX_URL
from service.adapters.site_loading import Stored, load_ids
from service.adapters.store import SqlUnitOfWork
from service.core.errors import StoreUnavailable
from service.core.model import Block, Episode, Failures, Target
from service.core.states import Availability, Cause, FirstSeenAs, Place, Technique, Verdict
from tests.store_cases import (
    HOUR,
    PLACES,
    START,
    Opened,
    admission,
    endpoint,
    event,
    impersonating,
    match,
    opened,
    seen,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from service.ports import UnitOfWork

HOST = "spiegel.ltd"


@pytest.fixture(params=PLACES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opened]:
    with opened(request.param, tmp_path) as one:
        yield one


# --- admit -----------------------------------------------------------------------------------------------------------


def test_an_admitted_site_is_due_now_with_a_lookalike_for_each_match(store: Opened) -> None:
    store.admit(admission(HOST, "spiegel", "welt", targets=(f"https://{HOST}/artikel",)))
    site, version = store.site(HOST)
    assert version == 1
    assert (site.host, site.domain, site.source, site.admitted_at, site.due_at) == (HOST, HOST, "sweep", START, START)
    assert site.availability is Availability.NOT_CHECKED
    assert site.targets == (Target(url=f"https://{HOST}/artikel", source="sighting"),)
    assert [(one.outlet, one.technique, one.name_score, one.discovered_at) for one in site.lookalikes] == [
        ("spiegel", Technique.TLD_SWAP, 0.9, START),
        ("welt", Technique.TLD_SWAP, 0.9, START),
    ]
    assert {one.verdict for one in site.lookalikes} == {Verdict.UNKNOWN}
    assert {one.first_seen_as for one in site.lookalikes} == {FirstSeenAs.UNKNOWN}


def test_a_site_without_an_outlet_is_legal(store: Opened) -> None:
    assert store.write(lambda unit: unit.sites.admit(admission("unknown.example"), START)) is True
    assert store.site("unknown.example")[0].lookalikes == ()


def test_admitting_the_same_twice_is_nothing_new_and_leaves_the_due_time(store: Opened) -> None:
    again = admission(HOST, "spiegel", targets=(f"https://{HOST}/",))
    store.admit(again)
    store.write(lambda unit: unit.sites.claim(START, START + HOUR, 10))
    assert store.write(lambda unit: unit.sites.admit(again, START + HOUR / 2)) is False
    site, version = store.site(HOST)
    assert (site.due_at, version) == (START + HOUR, 1)


def test_a_new_lookalike_or_target_makes_a_known_site_due_and_moves_its_version(store: Opened) -> None:
    store.admit(admission(HOST, "spiegel"))
    store.write(lambda unit: unit.sites.claim(START, START + 5 * HOUR, 10))
    assert store.write(lambda unit: unit.sites.admit(admission(HOST, "welt"), START + HOUR)) is True
    site, version = store.site(HOST)
    assert [one.outlet for one in site.lookalikes] == ["spiegel", "welt"]
    assert (site.due_at, version) == (START + HOUR, 2)
    target = admission(HOST, targets=(f"https://{HOST}/a",))
    assert store.write(lambda unit: unit.sites.admit(target, START + 2 * HOUR)) is True
    site, version = store.site(HOST)
    assert (site.due_at, version) == (START + HOUR, 3), "it was due earlier already"


def test_a_match_replaces_the_technique_only_of_a_lookalike_that_content_alone_had_found(store: Opened) -> None:
    store.admit(admission(HOST), admission("other.example", "spiegel"))
    site, version = store.site(HOST)
    (flagged,) = impersonating(store.site("other.example")[0], START).lookalikes
    assert store.save(
        replace(site, lookalikes=(replace(flagged, technique=Technique.UNRELATED, name_score=0.0),)), version
    )

    homoglyph = replace(admission(HOST), matches=(match(HOST, technique=Technique.HOMOGLYPH, score=0.8),))
    assert store.write(lambda unit: unit.sites.admit(homoglyph, START + HOUR)) is True
    (lookalike,) = store.site(HOST)[0].lookalikes
    assert (lookalike.technique, lookalike.name_score) == (Technique.HOMOGLYPH, 0.8)
    assert lookalike.verdict is Verdict.IMPERSONATION

    better = replace(admission(HOST), matches=(match(HOST, technique=Technique.TLD_SWAP, score=1.0),))
    assert store.write(lambda unit: unit.sites.admit(better, START + HOUR)) is False
    assert store.site(HOST)[0].lookalikes == (lookalike,)


def test_of_several_matches_for_one_outlet_the_best_counts(store: Opened) -> None:
    two = (match(HOST, score=0.4, technique=Technique.OMISSION), match(HOST, score=0.7, technique=Technique.IDN))
    store.admit(replace(admission(HOST), matches=two))
    (lookalike,) = store.site(HOST)[0].lookalikes
    assert lookalike.technique is Technique.IDN


def test_targets_are_bounded_and_the_first_ones_stay(store: Opened) -> None:
    first = tuple(f"https://{HOST}/{number}" for number in range(MAX_TARGETS))
    store.admit(admission(HOST, targets=first))
    more = admission(HOST, targets=(f"https://{HOST}/more",))
    assert store.write(lambda unit: unit.sites.admit(more, START)) is False
    assert tuple(target.url for target in store.site(HOST)[0].targets) == first


def test_a_target_that_is_too_long_is_not_kept(store: Opened) -> None:
    store.admit(admission(HOST, targets=("https://x/" + "y" * MAX_URL, "https://x/y")))
    assert [target.url for target in store.site(HOST)[0].targets] == ["https://x/y"]


@pytest.mark.parametrize("url", ["https://x/\ud800", "https://x/\0", "https://x/\udfff\ud800"])
def test_text_that_no_database_takes_is_kept_as_replacement_characters_and_known_again(store: Opened, url: str) -> None:
    hostile = admission(HOST, targets=(url,))
    store.admit(hostile)
    assert store.write(lambda unit: unit.sites.admit(hostile, START)) is False
    (target,) = store.site(HOST)[0].targets
    assert target.url.startswith("https://x/\ufffd")
    site, version = store.site(HOST)
    assert store.save(replace(site, targets=(Target(url=url, source="link"),)), version)
    assert len(store.site(HOST)[0].targets) == 1


# --- claim -----------------------------------------------------------------------------------------------------------


def test_claim_gives_the_most_overdue_first_and_moves_their_due_time(store: Opened) -> None:
    for hours, host in ((9, "later.example"), (1, "b.example"), (0, "a.example"), (2, "c.example")):
        store.admit(admission(host), at=START + hours * HOUR)
    now, until = START + 3 * HOUR, START + 4 * HOUR
    claimed = store.write(lambda unit: unit.sites.claim(now, until, 2))
    assert [(site.host, version) for site, version in claimed] == [("a.example", 1), ("b.example", 1)]
    assert {site.due_at for site, _ in claimed} == {until}
    assert store.site("a.example")[0].due_at == until
    assert [site.host for site, _ in store.write(lambda unit: unit.sites.claim(now, until, 9))] == ["c.example"]
    assert store.write(lambda unit: unit.sites.claim(now, until, 9)) == ()
    assert [site.host for site, _ in store.write(lambda unit: unit.sites.claim(until, until + HOUR, 9))] == [
        "b.example",
        "a.example",
        "c.example",
    ], "equally overdue: in the order of admission"


def test_what_was_claimed_comes_back_where_nobody_saved_it(store: Opened) -> None:
    store.admit(admission(HOST))
    (first,) = store.write(lambda unit: unit.sites.claim(START, START + HOUR, 1))
    (again,) = store.write(lambda unit: unit.sites.claim(START + HOUR, START + 2 * HOUR, 1))
    assert first[0].host == again[0].host
    assert store.save(impersonating(again[0], START + HOUR), again[1])
    assert not store.save(impersonating(first[0], START), first[1]), "the claimer who was overtaken"


def test_next_due_is_the_earliest(store: Opened) -> None:
    assert store.read(lambda unit: unit.sites.next_due()) is None
    store.admit(admission("b.example"), at=START + HOUR)
    store.admit(admission("a.example"), at=START)
    assert store.read(lambda unit: unit.sites.next_due()) == START


def test_a_claim_of_many_sites_asks_as_often_as_a_claim_of_one(store: Opened) -> None:
    def statements(limit: int) -> int:
        with _statements(store) as asked:
            store.write(lambda unit: unit.sites.claim(START, START + HOUR, limit))
        return len(asked)

    store.admit(*(admission(f"s{number}.example", "spiegel") for number in range(41)))
    assert statements(1) == statements(40) == 8


# --- save ------------------------------------------------------------------------------------------------------------


def test_a_saved_site_is_read_back_as_it_was(store: Opened) -> None:
    store.admit(admission(HOST, "spiegel", "welt", targets=(f"https://{HOST}/",)))
    site, version = store.site(HOST)
    block = Block(
        id="blk_1", place=Place.HOST, effective_from=START, known_from=START + HOUR, reported=True, action="a1"
    )
    whole = replace(
        impersonating(site, START),
        blocks=(block,),
        failures=Failures(count=2, since=START, resolvers=frozenset({"own", "isp"})),
    )
    assert store.save(whole, version)
    assert store.site(HOST) == (whole, version + 1)


def test_a_conflicting_save_writes_nothing(store: Opened) -> None:
    store.admit(admission(HOST, "spiegel"))
    store.put_endpoints(endpoint("hook"))
    site, version = store.site(HOST)
    first = impersonating(site, START)
    assert store.save(first, version, event("first"))
    other = replace(first, availability=Availability.NXDOMAIN, lookalikes=(), observation=seen(START + HOUR, "b"))
    assert store.save(other, version, event("second")) is False
    assert store.site(HOST) == (first, version + 1)
    assert [row["id"] for row in store.read(lambda unit: unit.views.events(0, 10))] == ["evt_first"]
    assert len(store.read(lambda unit: unit.outbox.due(START + HOUR, 10))) == 1


def test_an_admission_during_a_look_makes_the_look_s_save_conflict(store: Opened) -> None:
    store.admit(admission(HOST, "spiegel"))
    ((site, version),) = store.write(lambda unit: unit.sites.claim(START, START + HOUR, 1))
    store.admit(admission(HOST, "welt"))
    assert not store.save(impersonating(site, START), version)
    assert [one.outlet for one in store.site(HOST)[0].lookalikes] == ["spiegel", "welt"]


def test_saving_a_site_that_nobody_admitted_is_a_conflict(store: Opened) -> None:
    store.admit(admission(HOST))
    site, version = store.site(HOST)
    assert not store.save(replace(site, host="other.example"), version)


def test_equal_looks_extend_the_last_observation_and_a_changed_one_begins_another(store: Opened) -> None:
    store.admit(admission(HOST, "spiegel"))
    site, version = store.site(HOST)
    for number in range(3):
        at = START + number * HOUR
        look = replace(site, observation=seen(at, count=number + 1, first_at=START), looked_at=at)
        assert store.save(look, version + number)
    assert store.save(replace(site, observation=seen(START + 3 * HOUR, "b")), version + 3)
    assert store.save(replace(site, observation=seen(START + 4 * HOUR, "a")), version + 4)
    rows = _detail(store)["observations"]
    assert [(row["first_at"], row["last_at"], row["count"]) for row in rows] == [
        ("2022-09-01T16:00:00Z", "2022-09-01T16:00:00Z", 1),
        ("2022-09-01T15:00:00Z", "2022-09-01T15:00:00Z", 1),
        ("2022-09-01T12:00:00Z", "2022-09-01T14:00:00Z", 3),
    ]
    assert store.site(HOST)[0].observation == seen(START + 4 * HOUR, "a")


def test_a_look_that_found_nothing_new_costs_two_updates(store: Opened) -> None:
    store.admit(admission(HOST, "spiegel", targets=(f"https://{HOST}/",)))
    assert store.save(impersonating(store.site(HOST)[0], START), 1)
    ((site, version),) = store.write(lambda unit: unit.sites.claim(START + HOUR, START + 2 * HOUR, 1))
    later = START + HOUR
    look = replace(site, due_at=later + HOUR, looked_at=later, observation=seen(later, count=2, first_at=START))
    with _statements(store) as asked:
        assert store.save(look, version)
    assert [statement.split()[:2] for statement in asked] == [["UPDATE", "site"], ["UPDATE", "observation"]]
    assert store.site(HOST) == (look, version + 1)


def test_what_a_claim_read_is_not_read_again_to_save_it(store: Opened) -> None:
    store.admit(admission(HOST, "spiegel"))
    assert store.save(impersonating(store.site(HOST)[0], START), 1)
    ((claimed, _),) = store.write(lambda unit: unit.sites.claim(START + HOUR, START + 2 * HOUR, 1))

    def look(unit: UnitOfWork) -> None:
        found = unit.sites.get(HOST)
        assert found == (claimed, 2)
        assert unit.sites.save(replace(claimed, looked_at=START + HOUR), 2, (), START)

    with _statements(store) as asked:
        store.write(look)
    assert [statement.split()[0] for statement in asked] == ["SELECT", "UPDATE"]


def test_a_memory_of_one_site_is_enough(store: Opened) -> None:
    memory = Recall(capacity=1)
    store.admit(*(admission(host, "spiegel") for host in ("a.example", "b.example")))

    def both(unit: UnitOfWork) -> list[Stored]:
        assert isinstance(unit, SqlUnitOfWork)
        return load_ids(unit.connection, [2, 1, 99])

    second, first = store.read(both)
    memory.keep([first, second])
    assert memory.get("a.example") is None
    assert memory.get("b.example") is second
    memory.keep([first])
    assert memory.get("a.example") is first


def test_verdicts_and_episodes_keep_their_history(store: Opened) -> None:
    store.admit(admission(HOST, "spiegel"))
    site, version = store.site(HOST)
    first = impersonating(site, START)
    (flagged,) = first.lookalikes
    ended = replace(flagged.episodes[0], ended_at=START + HOUR, cause=Cause.BLOCKED)
    second = replace(
        flagged, episodes=(ended, Episode(number=2, began_at=START + 2 * HOUR, last_seen_at=START + 2 * HOUR))
    )
    innocent = replace(second, verdict=Verdict.INNOCENT, reason="an analyst said so")
    for number, lookalike in enumerate((flagged, second, innocent)):
        assert store.save(replace(first, lookalikes=(lookalike,)), version + number, at=START + number * HOUR)
    detail = _detail(store)
    assert [(row["at"], row["verdict"]) for row in detail["verdicts"]] == [
        ("2022-09-01T12:00:00Z", "impersonation"),
        ("2022-09-01T14:00:00Z", "innocent"),
    ]
    assert [(row["number"], row["cause"]) for row in detail["episodes"]] == [(1, "blocked"), (2, None)]
    assert store.site(HOST)[0].lookalikes == (innocent,)


def test_a_block_is_changed_by_its_id_and_never_lost(store: Opened) -> None:
    store.admit(admission(HOST))
    site, version = store.site(HOST)
    block = Block(id="blk_1", place=Place.REGISTRAR, effective_from=START, known_from=START, reported=False)
    assert store.save(replace(site, blocks=(block,)), version)
    lifted = replace(block, lifted_at=START + HOUR)
    again = replace(block, id="blk_2", effective_from=START + 2 * HOUR)
    assert store.save(replace(site, blocks=(lifted, again)), version + 1)
    assert store.save(replace(site, blocks=()), version + 2)
    assert store.site(HOST)[0].blocks == (lifted, again)


def test_a_fact_that_does_not_fit_its_type_is_refused_before_it_is_stored(store: Opened) -> None:
    store.admit(admission(HOST, "spiegel"))
    site, version = store.site(HOST)
    whole = impersonating(site, START)
    assert whole.registration is not None
    listed: Any = ["a registrar", "twice"]
    with pytest.raises(StoreUnavailable, match=r"registrar: .* is not of type str"):
        store.save(replace(whole, registration=replace(whole.registration, registrar=listed)), version)
    assert store.site(HOST) == (site, version)


def _detail(store: Opened) -> dict[str, Any]:
    detail = store.read(lambda unit: unit.views.lookalike("lka_1"))
    assert detail is not None
    return detail


@contextmanager
def _statements(store: Opened) -> Iterator[list[str]]:
    """What is said to the database meanwhile, but for the frame of the transaction."""
    asked: list[str] = []

    def listen(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(("BEGIN", "SELECT pg_advisory_xact_lock")):
            asked.append(statement)

    engine = store.store.writer
    sql_event.listen(engine, "before_cursor_execute", listen)
    try:
        yield asked
    finally:
        sql_event.remove(engine, "before_cursor_execute", listen)
