"""Outlets, baselines, sweeps, actions, single values and tokens: what their ports promise."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest

from service.core.errors import Conflict, NotFound
from service.core.facts.page import PageFacts, TlsFacts
from service.core.model import Action, Baseline, Outlet, Sweep
from service.core.states import BaselineState, Place, Tier
from service.core.tokens import Token
from tests.store_cases import HOUR, PLACES, START, Opened, opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from service.ports import UnitOfWork

SPIEGEL = Outlet(
    id="spiegel",
    name="Der Spiegel",
    domain="spiegel.de",
    own_domains=("spiegel.media",),
    labels=("spiegel", "spon"),
    country="de",
    languages=("de", "en"),
)
PAGE = PageFacts(
    title="Nachrichten \ud800\0 Ελλάδα",
    links={"": 12, "spiegel.media": 3},
    classes=frozenset({"article", "teaser"}),
    shingles=frozenset({0, 1, 2**64 - 1, 2**63}),
    text_shingles=frozenset(range(1000)),
)
BASELINE = Baseline(
    outlet="spiegel",
    url="https://www.spiegel.de/",
    kind="home",
    taken_at=START,
    page=PAGE,
    digest="d1",
    favicon_sha256="f" * 64,
)


@pytest.fixture(params=PLACES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opened]:
    with opened(request.param, tmp_path) as one:
        yield one


def test_outlets_are_kept_whole_and_ordered_by_id(store: Opened) -> None:
    bare = Outlet(id="bild.de", name="bild.de", domain="bild.de")
    assert store.write(lambda unit: unit.outlets.put(SPIEGEL, START)) is True
    assert store.write(lambda unit: unit.outlets.put(bare, START)) is True
    assert store.read(lambda unit: unit.outlets.all()) == (bare, SPIEGEL)


def test_putting_an_outlet_again_changes_it(store: Opened) -> None:
    store.write(lambda unit: unit.outlets.put(SPIEGEL, START))
    changed = replace(SPIEGEL, name="SPIEGEL", languages=())
    assert store.write(lambda unit: unit.outlets.put(changed, START + HOUR)) is False
    assert store.read(lambda unit: unit.outlets.all()) == (changed,)


def test_removing_an_outlet_that_is_not_there_says_so(store: Opened) -> None:
    with pytest.raises(NotFound, match="nobody"):
        store.write(lambda unit: unit.outlets.remove("nobody"))


def test_a_baseline_is_kept_whole_and_once(store: Opened) -> None:
    store.write(lambda unit: unit.outlets.put(SPIEGEL, START))
    assert store.write(lambda unit: unit.outlets.add_baseline(BASELINE)) is True
    later = replace(BASELINE, taken_at=START + HOUR)
    assert store.write(lambda unit: unit.outlets.add_baseline(later)) is False
    newer = replace(later, digest="d2", page=PageFacts(title="new"))
    assert store.write(lambda unit: unit.outlets.add_baseline(newer)) is True
    assert store.read(lambda unit: unit.outlets.baselines()) == (BASELINE, newer)


def test_versions_of_a_baseline_change_their_state_and_are_never_lost(store: Opened) -> None:
    store.write(lambda unit: unit.outlets.put(SPIEGEL, START))
    site = replace(BASELINE, certificate=TlsFacts(verified=True, names=("spiegel.de",)), nameservers=("ns1.example",))
    held = replace(site, digest="another")
    store.write(lambda unit: unit.outlets.add_baseline(site))
    store.write(lambda unit: unit.outlets.add_baseline(held, BaselineState.HELD))
    first, second = store.read(lambda unit: unit.baselines.of("spiegel"))
    assert (first.baseline, second.baseline) == (site, held)
    assert (first.state, second.state, second.seen_at) == (BaselineState.IN_USE, BaselineState.HELD, site.taken_at)
    assert store.read(lambda unit: unit.outlets.baselines()) == (site,)
    store.write(lambda unit: unit.baselines.put_state([first.id], BaselineState.REVOKED, "ina", "defaced"))
    store.write(lambda unit: unit.baselines.put_state([second.id], BaselineState.IN_USE))
    store.write(lambda unit: unit.baselines.seen([second.id], START + HOUR))
    first, second = store.read(lambda unit: unit.baselines.of("spiegel"))
    assert (first.state, first.by, first.note) == (BaselineState.REVOKED, "ina", "defaced")
    assert (second.state, second.seen_at) == (BaselineState.IN_USE, START + HOUR)
    assert store.read(lambda unit: unit.outlets.baselines()) == (held,)
    assert len(store.read(lambda unit: unit.outlets.baseline_marks())) == 1
    assert store.write(lambda unit: unit.outlets.add_baseline(site)) is False
    assert store.read(lambda unit: unit.baselines.of("nobody")) == ()


@pytest.mark.parametrize("unknown", ["bl_99", "bl_0", "17", "bl_" + "9" * 30])
def test_a_version_that_is_not_there_is_not_found(store: Opened, unknown: str) -> None:
    with pytest.raises(NotFound, match="no baseline"):
        store.write(lambda unit: unit.baselines.put_state([unknown], BaselineState.REVOKED))


def test_baselines_of_an_outlet_off_the_list_are_not_judged_by_and_come_back_with_it(store: Opened) -> None:
    store.write(lambda unit: unit.outlets.put(SPIEGEL, START))
    store.write(lambda unit: unit.outlets.add_baseline(BASELINE))
    store.write(lambda unit: unit.outlets.remove("spiegel"))
    assert store.read(lambda unit: (unit.outlets.all(), unit.outlets.baselines())) == ((), ())
    store.write(lambda unit: unit.outlets.put(SPIEGEL, START))
    assert store.read(lambda unit: unit.outlets.baselines()) == (BASELINE,)


def test_a_sweep_goes_from_begun_to_finished(store: Opened) -> None:
    assert store.read(lambda unit: unit.sweeps.last("spiegel", Tier.EXACT)) is None
    sweep = store.write(lambda unit: unit.sweeps.begin("spiegel", Tier.EXACT, "1.0", "own", START))
    assert (sweep.outlet, sweep.tier, sweep.generator, sweep.vantage) == ("spiegel", Tier.EXACT, "1.0", "own")
    assert (sweep.position, sweep.finished_at, sweep.asked) == (0, None, 0)
    further = replace(sweep, position=500, asked=500, existing=3, unanswered=1)
    store.write(lambda unit: unit.sweeps.advance(further))
    assert store.read(lambda unit: unit.sweeps.last("spiegel", Tier.EXACT)) == further
    assert store.read(lambda unit: unit.sweeps.finished_before("spiegel", Tier.EXACT, START + HOUR)) is None
    done = replace(further, finished_at=START + HOUR)
    store.write(lambda unit: unit.sweeps.advance(done))
    assert store.read(lambda unit: unit.sweeps.finished_before("spiegel", Tier.EXACT, START + HOUR)) == done


def test_the_newest_sweep_of_each_kind_is_told_at_once(store: Opened) -> None:
    assert store.read(lambda unit: unit.sweeps.newest()) == {}
    kinds = (("spiegel", Tier.EXACT), ("spiegel", Tier.EDITS), ("bild", Tier.EXACT), ("spiegel", Tier.EXACT))
    begun = [
        store.write(partial(_begin_one, outlet, tier, START + hours * HOUR))
        for hours, (outlet, tier) in enumerate(kinds)
    ]
    newest = store.read(lambda unit: unit.sweeps.newest())
    assert newest == {(one.outlet, one.tier): one for one in begun[1:]}
    for outlet, tier in kinds:
        assert newest[outlet, tier] == store.read(partial(_last, outlet, tier))


def _begin_one(outlet: str, tier: Tier, at: datetime, unit: UnitOfWork) -> Sweep:
    return unit.sweeps.begin(outlet, tier, "1.0", "own", at)


def _last(outlet: str, tier: Tier, unit: UnitOfWork) -> Sweep | None:
    return unit.sweeps.last(outlet, tier)


def test_sweeps_that_were_asked_for_come_in_the_order_of_asking_until_they_are_complete(store: Opened) -> None:
    first, second, third = (
        store.write(partial(_begin, outlet, hours)) for hours, outlet in enumerate(("spiegel", "bild", "welt"))
    )
    store.write(lambda unit: unit.sweep_requests.ask(second.id, START + HOUR))
    store.write(lambda unit: unit.sweep_requests.ask(first.id, START + 2 * HOUR))
    store.write(lambda unit: unit.sweep_requests.ask(second.id, START + 3 * HOUR))  # it keeps its first time
    assert store.read(lambda unit: unit.sweep_requests.open()) == (second, first)
    store.write(lambda unit: unit.sweep_requests.replace(second.id, third.id))
    assert store.read(lambda unit: unit.sweep_requests.open()) == (third, first)
    store.write(lambda unit: unit.sweeps.advance(replace(third, finished_at=START + 4 * HOUR)))
    store.write(lambda unit: unit.sweep_requests.withdraw((first.id,)))
    assert store.read(lambda unit: unit.sweep_requests.open()) == ()
    with pytest.raises(NotFound):
        store.write(lambda unit: unit.sweep_requests.ask(999, START))


def _begin(outlet: str, hours: int, unit: UnitOfWork) -> Sweep:
    return _begin_one(outlet, Tier.EXACT, START + hours * HOUR, unit)


def test_absence_is_proven_by_the_newest_complete_sweep_that_began_before(store: Opened) -> None:
    def sweep(tier: Tier, hours: int, *, complete: bool) -> None:
        begun = store.write(lambda unit: unit.sweeps.begin("spiegel", tier, "1.0", "own", START + hours * HOUR))
        if complete:
            done = replace(begun, finished_at=begun.started_at + HOUR)
            store.write(lambda unit: unit.sweeps.advance(done))

    sweep(Tier.EXACT, 0, complete=True)
    sweep(Tier.EXACT, 2, complete=True)
    sweep(Tier.EXACT, 4, complete=False)
    sweep(Tier.EDITS, 5, complete=True)

    def began(hours: float) -> float | None:
        at = START + hours * HOUR
        found = store.read(lambda unit: unit.sweeps.finished_before("spiegel", Tier.EXACT, at))
        return None if found is None else (found.started_at - START) / HOUR

    assert [began(hours) for hours in (0, 0.5, 2, 2.5, 9)] == [None, 0, 0, 2, 2]
    last = store.read(lambda unit: unit.sweeps.last("spiegel", Tier.EXACT))
    assert last is not None
    assert last.started_at == START + 4 * HOUR
    assert store.read(lambda unit: unit.sweeps.last("bild", Tier.EXACT)) is None


def test_advancing_a_sweep_that_never_began_says_so(store: Opened) -> None:
    sweep = store.write(lambda unit: unit.sweeps.begin("spiegel", Tier.EXACT, "1.0", "own", START))
    with pytest.raises(NotFound):
        store.write(lambda unit: unit.sweeps.advance(replace(sweep, id=99)))


def test_actions_are_kept_oldest_first_and_can_be_changed(store: Opened) -> None:
    meta = Action(id="a2", authority="Meta", place=Place.PLATFORM, effective=START, reference="https://about.fb.com/")
    court = Action(id="a1", authority="A court", place=Place.SEIZURE, effective=START + HOUR)
    store.write(lambda unit: unit.actions.put(court))
    store.write(lambda unit: unit.actions.put(meta))
    corrected = replace(court, effective=START + 2 * HOUR)
    store.write(lambda unit: unit.actions.put(corrected))
    assert store.read(lambda unit: unit.actions.all()) == (meta, corrected)


def test_a_single_value_outlives_the_transaction(store: Opened) -> None:
    assert store.read(lambda unit: unit.actions.get_state("tick")) is None
    store.write(lambda unit: unit.actions.set_state("tick", "1"))
    store.write(lambda unit: unit.actions.set_state("tick", "2"))
    assert store.read(lambda unit: unit.actions.get_state("tick")) == "2"


TOKEN = Token(
    id="t1",
    digest="hash1",
    scopes=frozenset({"read", "write"}),
    created_at=START,
    note="the first",
    outlets=frozenset({"spiegel"}),
    expires_at=START + HOUR,
)


def test_a_token_comes_back_as_it_was_made(store: Opened) -> None:
    bare = Token(id="t0", digest="hash2", scopes=frozenset(), created_at=START)
    for one in (TOKEN, bare):
        store.write(partial(lambda unit, token: unit.tokens.add(token), token=one))
    assert store.read(lambda unit: unit.tokens.all()) == (bare, TOKEN)
    assert store.read(lambda unit: unit.tokens.get("t1")) == TOKEN
    assert store.read(lambda unit: unit.tokens.get("t3")) is None


def test_a_token_s_id_is_given_once(store: Opened) -> None:
    store.write(lambda unit: unit.tokens.add(TOKEN))
    with pytest.raises(Conflict, match="t1"):
        store.write(lambda unit: unit.tokens.add(replace(TOKEN, digest="hash2")))
    assert store.read(lambda unit: unit.tokens.get("t1")) == TOKEN


def test_a_token_s_use_and_end_are_noted_and_the_end_stays(store: Opened) -> None:
    store.write(lambda unit: unit.tokens.add(TOKEN))
    store.write(lambda unit: unit.tokens.used("t1", START + HOUR))
    store.write(lambda unit: unit.tokens.revoke("t1", START + 2 * HOUR))
    store.write(lambda unit: unit.tokens.revoke("t1", START + 3 * HOUR))
    ended = replace(TOKEN, last_used_at=START + HOUR, revoked_at=START + 2 * HOUR)
    assert store.read(lambda unit: unit.tokens.get("t1")) == ended
    with pytest.raises(NotFound, match="t2"):
        store.write(lambda unit: unit.tokens.revoke("t2", START))
