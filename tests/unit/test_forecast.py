"""Names that are likely to be taken next: ranked from what was taken, stored before they are asked for, then scored."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.adapters.store import SqlStore, open_store
from service.core.model import Action, Outlet
from service.core.names.watchlist import WatchList
from service.core.persistence.forecast import Forecast, Likely, Taken, forecast, score, score_due, taken_of
from service.core.persistence.inputs import BlockRecorded, Looked
from service.core.persistence.lifecycle import Rules
from service.core.states import Place, Verdict
from service.pipeline.admit import Door
from service.pipeline.forecast import Forecaster, ForecastPlan
from service.pipeline.track import Tracker
from service.pipeline.watched import Watched
from tests.builders import START, at, block, judgement, look
from tests.fakes import FakeClock, FakeProber

SPIEGEL = Outlet(id="spiegel", name="Der Spiegel", domain="spiegel.de", languages=("de",))
BILD = Outlet(id="bild", name="Bild", domain="bild.de", languages=("de",))
LIST = WatchList((SPIEGEL, BILD))


def taken(label: str, suffix: str, outlet: str = "spiegel", days: float = 0) -> Taken:
    return Taken(label=label, suffix=suffix, outlet=outlet, at=at(days=-days))


def ranked(*known: Taken, outlet: Outlet = SPIEGEL, size: int = 200) -> list[str]:
    return [likely.name for likely in forecast(outlet, LIST, known, START, size=size)]


# --- the ranking -----------------------------------------------------------------------------------------------------


def test_suffixes_used_for_other_outlets_come_first() -> None:
    known = [taken("bild", suffix, "bild") for suffix in ("ltd", "ltd", "life")]
    assert ranked(*known)[:2] == ["spiegel.ltd", "spiegel.life"]


def test_a_label_used_before_comes_back_under_the_suffixes_of_its_siblings() -> None:
    known = [taken("spiegeli", "life"), taken("bild", "today", "bild"), taken("bild", "live", "bild")]
    names = ranked(*known)
    assert {"spiegeli.today", "spiegeli.live"} <= set(names[:10])


def test_what_was_used_lately_counts_more() -> None:
    names = ranked(taken("bild", "lol", "bild", days=1), taken("welt", "cfd", "bild", days=400))
    assert names.index("spiegel.lol") < names.index("spiegel.cfd")


def test_names_that_exist_and_own_names_are_left_out() -> None:
    names = ranked(taken("spiegel", "ltd"), taken("bild", "de", "bild"))
    assert "spiegel.ltd" not in names
    assert "spiegel.de" not in names


def test_nothing_that_was_taken_later_is_known() -> None:
    later = replace(taken("bild", "lol", "bild"), at=at(days=1))
    assert ranked(later, size=50) == ranked(size=50)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["bild", "bildd", "bild-de"]), st.sampled_from(["ltd", "life", "co.com", "me"])),
        max_size=6,
    )
)
def test_likelihoods_fall_and_no_name_comes_twice(rows: list[tuple[str, str]]) -> None:
    known = [taken(label, suffix, "bild", days=number) for number, (label, suffix) in enumerate(rows)]
    found = forecast(BILD, LIST, known, START, size=300)
    values = [likely.likelihood for likely in found]
    assert values == sorted(values, reverse=True)
    assert len({likely.name for likely in found}) == len(found) == 300
    assert sum(values) <= 1 + 1e-9
    assert not {one.name for one in known} & {likely.name for likely in found}


# --- the score -------------------------------------------------------------------------------------------------------


def made(**more: Any) -> Forecast:
    names = tuple(Likely(name=f"spiegel.n{n}", form="exact", likelihood=0.1) for n in range(1, 1001))
    ordinary: dict[str, Any] = {"id": "fct_1", "outlet": "spiegel", "made_at": START, "reason": "asked for"}
    return Forecast(**{**ordinary, "method": "m", "names": names, "watched_until": START, **more})


def test_hits_are_counted_by_rank_among_what_came_into_being_afterwards() -> None:
    new = [taken("spiegel", f"n{rank}", days=-1) for rank in (10, 11, 100, 101, 1000, 1001)]
    before, other = taken("spiegel", "n1", days=1), taken("spiegel", "n2", "bild", days=-1)
    late = taken("spiegel", "n3", days=-91)
    found = score(made(), [*new, before, other, late], at(days=200))
    assert (found.taken, found.within_10, found.within_100, found.within_1000) == (6, 1, 3, 5)


def test_a_score_is_counted_hourly_and_a_last_time_after_its_90_days() -> None:
    counted = made(score=score(made(), [], at(1)))
    assert not score_due(counted, at(1.5))
    assert score_due(counted, at(2))
    assert not score_due(made(score=score(made(), [], at(days=91))), at(days=200))


def test_what_has_no_label_left_of_its_suffix_is_no_name() -> None:
    assert taken_of("co.uk", "spiegel", START) is None


# --- from an action to a hit -----------------------------------------------------------------------------------------


@dataclass
class Bench:
    clock: FakeClock
    store: SqlStore
    prober: FakeProber
    forecaster: Forecaster
    door: Door
    tracker: Tracker
    runner: asyncio.Runner

    def run(self, waited: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(waited)

    def forecasts(self) -> tuple[Forecast, ...]:
        found: tuple[Forecast, ...] = self.run(self.store.read(lambda uow: uow.forecasts.newest(None, 10)))
        return found


@contextmanager
def bench(**plan: Any) -> Iterator[Bench]:
    clock, store, prober = FakeClock(START), open_store("sqlite://"), FakeProber()
    watched = Watched(store)
    with asyncio.Runner() as runner:
        runner.run(store.write(lambda uow: [uow.outlets.put(outlet, START) for outlet in (SPIEGEL, BILD)]))
        yield Bench(
            clock=clock,
            store=store,
            prober=prober,
            forecaster=Forecaster(
                clock=clock,
                store=store,
                prober=prober,
                watched=watched,
                plan=ForecastPlan(size=150, **plan),
            ),
            door=Door(clock=clock, store=store, watched=watched),
            tracker=Tracker(clock=clock, store=store, rules=Rules()),
            runner=runner,
        )
    store.close()


def blocked_by_an_action(one: Bench) -> None:
    one.run(one.door.admit_names(["spiegel.ltd"], "sweep:exact"))
    seen = Looked(look=look(one.clock.now()), judgements=(judgement(Verdict.IMPERSONATION),))
    one.run(one.tracker.commit("spiegel.ltd", seen))
    act = Action(id="act", authority="A", place=Place.REGISTRAR, effective=one.clock.now())
    one.run(one.store.write(lambda uow: uow.actions.put(act)))
    one.run(one.tracker.commit("spiegel.ltd", BlockRecorded(block=block(when=one.clock.now(), action="act"))))


def test_after_an_action_a_forecast_is_stored_before_its_names_are_asked_for() -> None:
    with bench() as one:
        blocked_by_an_action(one)
        assert one.run(one.forecaster.make_due()) == 1
        (stored,) = one.forecasts()
        assert (stored.outlet, stored.reason, stored.probes) == ("spiegel", "action act", 0)
        assert one.prober.asked == []
        assert one.run(one.forecaster.make_due()) == 0, "one an action and outlet"


def test_a_name_that_comes_into_being_is_admitted_and_a_hit() -> None:
    with bench() as one:
        blocked_by_an_action(one)
        one.run(one.forecaster.run_due())
        (stored,) = one.forecasts()
        name = stored.names[7].name
        one.prober.existing.add(name)
        one.clock.advance(timedelta(minutes=5))
        assert one.run(one.forecaster.probe_due()) == 100, "between full rounds the likeliest"
        (after,) = one.forecasts()
        assert [(hit.name, hit.rank) for hit in after.hits] == [(name, 8)]
        admitted = one.run(one.store.read(lambda uow: uow.sites.get(name)))
        assert admitted is not None
        assert admitted[0].source == f"forecast:{stored.id}"


def test_names_are_asked_for_every_few_minutes_for_72_hours() -> None:
    with bench() as one:
        blocked_by_an_action(one)
        assert one.run(one.forecaster.run_due()) == 150, "the first round asks for all"
        assert one.run(one.forecaster.run_due()) == 0
        one.clock.advance(timedelta(hours=71))
        assert one.run(one.forecaster.run_due()) == 100
        one.clock.advance(timedelta(hours=1))
        assert one.run(one.forecaster.run_due()) == 0


def test_the_days_budget_bounds_all_forecasts() -> None:
    with bench(daily_queries=200) as one:
        blocked_by_an_action(one)
        one.run(one.forecaster.run_due())
        one.clock.advance(timedelta(minutes=5))
        assert one.run(one.forecaster.probe_due()) == 0
        one.clock.advance(timedelta(days=1))
        assert one.run(one.forecaster.probe_due()) == 100


def test_a_resolver_that_cannot_be_believed_counts_for_nothing() -> None:
    with bench() as one:
        blocked_by_an_action(one)
        one.prober.believed = False
        one.run(one.forecaster.run_due())
        assert [stored.probes for stored in one.forecasts()] == [0]


@pytest.mark.parametrize("watch", [True, False])
def test_a_forecast_that_somebody_asks_for_is_watched_on_demand(*, watch: bool) -> None:
    with bench() as one:
        one.run(one.forecaster.make("bild", reason="asked for", watch=watch))
        assert bool(one.run(one.forecaster.probe_due())) == watch
