"""Lifetimes, reports and forecasts: what ``ports.LifetimeRows``, ``ReportRows`` and ``ForecastRows`` promise."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from service.adapters.dump import DUMPED, LEFT_OUT, canonical_dump
from service.adapters.tables_base import Base
from service.core.errors import NotFound
from service.core.model import Block
from service.core.persistence.campaigns import Change, ChangeKind
from service.core.persistence.forecast import Forecast, Hit, Likely, Score
from service.core.persistence.reports import Report, ReportChange, ReportState, Role
from service.core.persistence.traits import Trait
from service.core.states import Cause, Place, Tier, Verdict
from tests.store_cases import HOUR, PLACES, START, Opened, admission, event, impersonating, opened, seen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from service.core.persistence.histories import History

HOST, OTHER = "spiegel.ltd", "spiegel.live"


@pytest.fixture(params=PLACES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opened]:
    with opened(request.param, tmp_path) as one:
        one.admit(admission(HOST, "spiegel"), admission(OTHER, "spiegel"))
        yield one


def _put(store: Opened, report: Report) -> None:
    store.write(lambda unit: unit.reports.put(report))


def _add(store: Opened, made: Forecast) -> bool:
    return store.write(lambda unit: unit.forecasts.add(made))


def _update(store: Opened, made: Forecast) -> None:
    store.write(lambda unit: unit.forecasts.update(made))


def _begin(store: Opened, outlet: str, at: datetime) -> None:
    store.write(lambda unit: unit.sweeps.begin(outlet, Tier.EXACT, "1", "system", at, total=9))


# --- lifetimes -------------------------------------------------------------------------------------------------------


def _flagged(store: Opened, host: str, hours: int = 0) -> None:
    site, version = store.site(host)
    assert store.save(impersonating(site, START + hours * HOUR), version, at=START + hours * HOUR)


def _lifetimes(store: Opened) -> dict[str, History]:
    return {history.host: history for history in store.read(lambda unit: unit.lifetimes.all())}


def test_only_what_was_ever_flagged_has_a_lifetime(store: Opened) -> None:
    assert _lifetimes(store) == {}
    _flagged(store, HOST)
    (history,) = _lifetimes(store).values()
    assert (history.host, history.outlet, history.suffix) == (HOST, "spiegel", "ltd")
    assert history.verdicts == ((START, Verdict.IMPERSONATION),)
    assert history.appeared_at == START - 24 * HOUR, "it was registered before it was taken in"
    assert history.registrar == "Registrar Ltd"


def test_a_withdrawn_flag_stays_in_the_lifetime(store: Opened) -> None:
    _flagged(store, HOST)
    site, version = store.site(HOST)
    innocent = tuple(replace(one, verdict=Verdict.INNOCENT, flagged_at=None) for one in site.lookalikes)
    assert store.save(replace(site, lookalikes=innocent), version, at=START + HOUR)
    assert _lifetimes(store)[HOST].verdicts == (
        (START, Verdict.IMPERSONATION),
        (START + HOUR, Verdict.INNOCENT),
    )


def test_an_episode_keeps_the_look_before_it_and_when_its_end_was_found_out(store: Opened) -> None:
    site, version = store.site(HOST)
    assert store.save(replace(site, observation=seen(START, "empty"), looked_at=START), version)
    _flagged(store, HOST, hours=3)
    site, version = store.site(HOST)
    (lookalike,) = site.lookalikes
    ended = replace(lookalike.episodes[0], ended_at=START + 5 * HOUR, cause=Cause.BLOCKED)
    told = replace(
        event("down", at=START + 9 * HOUR, host=HOST, outlet="spiegel"),
        type="site.down",
        data={"detail": {"episode": 1}},
    )
    after = replace(site, lookalikes=(replace(lookalike, episodes=(ended,)),))
    assert store.save(after, version, told, at=START + 9 * HOUR)
    (stretch,) = _lifetimes(store)[HOST].stretches
    assert (stretch.unseen_at, stretch.began_at) == (START, START + 3 * HOUR)
    assert (stretch.ended_at, stretch.known_at) == (START + 5 * HOUR, START + 9 * HOUR)
    assert (stretch.cause, stretch.down) == (Cause.BLOCKED, True)


def test_a_lifetime_has_blocks_addresses_campaigns_and_reports(store: Opened) -> None:
    _flagged(store, HOST)
    made = Block(id="blk_1", place=Place.HOST, effective_from=START, known_from=START + HOUR, reported=True)
    site, version = store.site(HOST)
    assert store.save(replace(site, blocks=(made,)), version)
    report = _report(store)
    began = Change(campaign="cmp_1", kind=ChangeKind.BEGAN, hosts=(HOST, OTHER))
    left = Change(campaign="cmp_1", kind=ChangeKind.LEFT, hosts=(HOST,))
    store.write(lambda unit: unit.links.put(HOST, [Trait("address", "192.0.2.7")], START))
    store.write(lambda unit: unit.campaigns.record([began], START))
    store.write(lambda unit: unit.campaigns.record([left], START + HOUR))
    store.write(lambda unit: unit.reports.put(report))
    history = _lifetimes(store)[HOST]
    assert history.blocks == (made,)
    assert history.addresses == ((START, "192.0.2.7"),)
    assert history.memberships == ((START, START + HOUR, "cmp_1"),)
    assert history.reports == (report,)


def test_each_lifetime_has_the_reports_about_its_own_lookalike(store: Opened) -> None:
    for host in (HOST, OTHER):
        _flagged(store, host)
    reports = {host: (_report(store, host, 1), _report(store, host)) for host in (HOST, OTHER)}
    for one in (*reports[HOST], *reports[OTHER]):
        _put(store, one)
    assert {host: history.reports for host, history in _lifetimes(store).items()} == reports


def test_sweeps_come_oldest_first_with_those_that_did_not_finish(store: Opened) -> None:
    for outlet, hours in (("spiegel", 5), ("bild", 2)):
        begun = START + hours * HOUR
        _begin(store, outlet, begun)
    found = store.read(lambda unit: unit.lifetimes.sweeps())
    assert [(sweep.outlet, sweep.finished_at) for sweep in found] == [("bild", None), ("spiegel", None)]


# --- reports ---------------------------------------------------------------------------------------------------------


def _report(store: Opened, host: str = HOST, sent: int = 0) -> Report:
    page, _ = store.read(lambda unit: unit.views.lookalikes({"q": host}, None, 5))
    return Report(
        id=f"rep_{host}_{sent}",
        lookalike=page[0]["id"],
        host=host,
        outlet="spiegel",
        role=Role.REGISTRAR,
        recipient="abuse@registrar.example \U0001f4f0",
        sent_at=START + sent * HOUR,
        due_at=START + (sent + 72) * HOUR,
        recorded_at=START + (sent + 1) * HOUR,
        reference="ticket 7",
    )


def _changed(report: Report, state: ReportState, hours: int) -> Report:
    change = ReportChange(
        state=state, at=START + hours * HOUR, recorded_at=START + hours * HOUR, note="by phone", by="token 4f2a"
    )
    return replace(report, changes=(*report.changes, change))


def test_a_report_is_read_back_as_it_was_kept_with_every_change(store: Opened) -> None:
    report = _report(store)
    store.write(lambda unit: unit.reports.put(report))
    assert store.read(lambda unit: unit.reports.get(report.id)) == report
    answered = _changed(report, ReportState.ANSWERED, 4)
    acted = _changed(answered, ReportState.ACTED, 9)
    for one in (answered, acted, acted):
        _put(store, one)
    assert store.read(lambda unit: unit.reports.get(report.id)) == acted
    assert store.read(lambda unit: unit.reports.get("rep_none")) is None


def test_reports_are_listed_newest_first_by_state_and_by_site(store: Opened) -> None:
    first, second, third = _report(store), _report(store, OTHER, 2), _report(store, HOST, 3)
    for one in (first, second, _changed(third, ReportState.REFUSED, 5)):
        _put(store, one)

    def listed(state: ReportState | None = None, host: str | None = None) -> list[str]:
        return [one.id for one in store.read(lambda unit: unit.reports.all(state, host))]

    assert listed() == [third.id, second.id, first.id]
    assert listed(host=HOST) == [third.id, first.id]
    assert listed(ReportState.SENT) == [second.id, first.id]
    assert listed(ReportState.REFUSED, OTHER) == []


def test_what_nobody_answered_in_time_comes_longest_overdue_first(store: Opened) -> None:
    early, late, answered = _report(store), _report(store, OTHER, 2), _report(store, HOST, 1)
    for one in (late, early, _changed(answered, ReportState.ANSWERED, 4)):
        _put(store, one)

    def unanswered(hours: int) -> list[str]:
        return [one.id for one in store.read(lambda unit: unit.reports.unanswered(START + hours * HOUR))]

    assert unanswered(71) == []
    assert unanswered(72) == [early.id]
    assert unanswered(80) == [early.id, late.id]


def test_a_report_about_a_lookalike_that_is_not_there_is_not_kept(store: Opened) -> None:
    report = _report(store)
    for wrong in (replace(report, lookalike="lka_99"), replace(report, outlet="bild")):
        with pytest.raises(NotFound):
            _put(store, wrong)
    assert store.read(lambda unit: unit.reports.all()) == ()


# --- forecasts -------------------------------------------------------------------------------------------------------


def _forecast(name: str, outlet: str = "spiegel", made: int = 0, watched: int = 72) -> Forecast:
    return Forecast(
        id=f"fct_{name}",
        outlet=outlet,
        made_at=START + made * HOUR,
        reason="action doj-2024-09",
        method="labels-suffixes-1",
        names=(
            Likely(name="spiegel.live", form="exact", likelihood=0.25),
            Likely(name="spiegell.lol", form="repetition", likelihood=0.0625),
        ),
        watched_until=START + (made + watched) * HOUR,
    )


def test_a_forecast_is_kept_once_and_read_back_as_it_was_made(store: Opened) -> None:
    made = _forecast("a")
    assert store.write(lambda unit: unit.forecasts.add(made))
    assert not store.write(lambda unit: unit.forecasts.add(replace(made, names=made.names[:1])))
    assert store.read(lambda unit: unit.forecasts.get(made.id)) == made
    assert store.read(lambda unit: unit.forecasts.get("fct_none")) is None


def test_what_came_of_a_forecast_is_added_and_its_names_never_change(store: Opened) -> None:
    made = _forecast("a")
    store.write(lambda unit: unit.forecasts.add(made))
    first = Hit(name="spiegell.lol", rank=2, found_at=START + HOUR)
    second = Hit(name="spiegel.live", rank=1, found_at=START + 2 * HOUR)
    score = Score(at=START + 3 * HOUR, taken=2, within_10=2, within_100=2, within_1000=2)
    probed = replace(made, probed_at=START + HOUR, probes=1, hits=(first,))
    scored = replace(probed, probed_at=START + 3 * HOUR, probes=9, hits=(second, first), score=score)
    for after in (probed, scored, replace(scored, names=())):
        _update(store, after)
    assert store.read(lambda unit: unit.forecasts.get(made.id)) == scored


def test_forecasts_are_listed_newest_first_and_by_outlet(store: Opened) -> None:
    for one in (_forecast("a"), _forecast("b", made=5), _forecast("c", outlet="bild", made=2)):
        _add(store, one)

    def listed(outlets: frozenset[str] | None, limit: int = 10) -> list[str]:
        return [one.id for one in store.read(lambda unit: unit.forecasts.newest(outlets, limit))]

    assert listed(None) == ["fct_b", "fct_c", "fct_a"]
    assert listed(frozenset({"spiegel"})) == ["fct_b", "fct_a"]
    assert listed(frozenset({"spiegel", "bild"}), 2) == ["fct_b", "fct_c"]
    assert listed(None, 1) == ["fct_b"]
    assert listed(frozenset()) == []


def test_who_was_asked_for_longest_ago_is_watched_next_and_nobody_after_the_time_is_over(store: Opened) -> None:
    asked, never, over = _forecast("a"), _forecast("b"), _forecast("c", watched=1)
    for one in (asked, never, over):
        _add(store, one)
    store.write(lambda unit: unit.forecasts.update(replace(asked, probed_at=START + HOUR, probes=1)))

    def watched(hours: int) -> list[str]:
        return [one.id for one in store.read(lambda unit: unit.forecasts.watched(START + hours * HOUR))]

    assert watched(2) == [never.id, asked.id]
    assert watched(72) == []


# --- the dump --------------------------------------------------------------------------------------------------------


def test_two_stores_with_the_same_reports_and_forecasts_read_alike_and_others_do_not(
    store: Opened, tmp_path: Path
) -> None:
    report, made = _changed(_report(store), ReportState.ANSWERED, 4), _forecast("a")
    hit = replace(made, hits=(Hit(name="spiegel.live", rank=1, found_at=START),))

    def fill(one: Opened, about: Report) -> str:
        one.write(lambda unit: unit.reports.put(about))
        one.write(lambda unit: unit.forecasts.add(made))
        one.write(lambda unit: unit.forecasts.update(hit))
        return asyncio.run(canonical_dump(one.store))

    (tmp_path / "other").mkdir()
    with opened("memory", tmp_path / "other") as other:
        # Taken in in another order: other row ids, and so another id of the lookalike and of the report.
        other.admit(admission(OTHER, "spiegel"), admission(HOST, "spiegel"))
        theirs = fill(other, replace(report, id="rep_x", lookalike=_report(other).lookalike))
    mine = fill(store, report)
    assert mine == theirs
    for kind in ("report ", "report_change ", "forecast ", "forecast_hit "):
        assert any(line.startswith(kind) for line in mine.splitlines())


def test_every_table_is_dumped_or_said_to_be_left_out() -> None:
    assert {*DUMPED, *LEFT_OUT} == set(Base.metadata.tables)
    assert not DUMPED & LEFT_OUT
