"""Did an action work: the action of 2022-09-27 in the shipped campaign, computed by hand, and what may not count."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service.commands.persistence import survival_told
from service.core.model import Action, Block, Sweep
from service.core.names.name import split
from service.core.persistence.effect import Effect, effect, state_at
from service.core.persistence.histories import History, Stretch, as_known, down_after_block
from service.core.persistence.measures import By, persistence
from service.core.states import Cause, Place, Technique, Tier, Verdict
from service.lab.scenario import load
from service.lab.scenario_model import CLONES, Happening, ScenarioSite, Truth

META = "meta-2022-09"
ENDS = (Place.REGISTRAR, Place.REGISTRY, Place.HOST)


def on(month: int, day: int) -> datetime:
    return datetime(2022, month, day, tzinfo=UTC)


# --- the shipped campaign --------------------------------------------------------------------------------------------


def changes(site: ScenarioSite) -> Iterator[tuple[datetime, bool]]:
    """When a site begins or ceases to serve its clone. A second egress proves that content was taken off."""
    yield site.live_from, True
    for event in site.events:
        gone = event.kind is Happening.BLOCK and event.place in ENDS
        if gone or event.kind in (Happening.EXPIRED, Happening.PARKED, Happening.CONTENT_REMOVED):
            yield event.on, False
        elif event.kind in (Happening.LIFTED, Happening.MOVED, Happening.CONTENT_BACK, Happening.REGISTERED_AGAIN):
            yield event.on, True


def stretches(site: ScenarioSite, end: datetime) -> tuple[Stretch, ...]:
    """Episodes as a watcher sees them who looks every hour."""
    made: list[Stretch] = []
    serving = False
    for at, serves in changes(site):
        if serves and not serving:
            made.append(Stretch(number=len(made) + 1, began_at=at, last_seen_at=end))
        elif serving and not serves:
            seen = at - timedelta(hours=1)
            made[-1] = replace(made[-1], last_seen_at=seen, ended_at=at, cause=Cause.BLOCKED, known_at=at)
        serving = serves
    return tuple(made)


def campaign(name: str = "doppelganger-2022") -> tuple[Action, list[History], list[Sweep], datetime]:
    scenario = load(name)
    (given,) = (action for action in scenario.actions if action.id == META)
    action = Action(id=META, authority=given.authority, place=given.place, effective=given.effective)
    histories = [
        History(
            id=f"lka_{number}",
            host=site.name,
            outlet=site.outlet,
            suffix=split(site.name)[1],
            technique=Technique.TLD_SWAP,
            discovered_at=max(site.registered, scenario.begin),
            appeared_at=site.registered,
            looked_at=scenario.end,
            verdicts=((max(site.registered, scenario.begin), Verdict(site.truth.value)),),
            stretches=stretches(site, scenario.end) if site.serves in CLONES else (),
            blocks=tuple(blocks(site)),
            predecessor=site.successor_of or "",
            succeeded_at=site.live_from if site.successor_of else None,
        )
        for number, site in enumerate(scenario.sites)
        if site.truth in (Truth.IMPERSONATION, Truth.SUSPECTED) and site.outlet is not None
    ]
    outlets = sorted({history.outlet for history in histories})
    days = [scenario.begin + timedelta(days=n) for n in range((scenario.end - scenario.begin).days)]
    sweeps = [
        Sweep(id=n, outlet=outlet, tier=Tier.EXACT, generator="g", started_at=day, finished_at=day + timedelta(hours=1))
        for n, (outlet, day) in enumerate((outlet, day) for day in days for outlet in outlets)
    ]
    return action, histories, sweeps, scenario.end


def blocks(site: ScenarioSite) -> Iterator[Block]:
    for number, event in enumerate(site.events):
        if event.kind is Happening.BLOCK and event.place is not None:
            yield Block(
                id=f"blk_{number}",
                place=event.place,
                effective_from=event.on,
                known_from=event.on,
                reported=bool(event.recorded),
                action=event.action,
            )


@pytest.fixture(scope="module")
def meta() -> Effect:
    action, histories, sweeps, end = campaign()
    return effect(action, histories, sweeps, end)


def sites_of(found: Effect, ids: tuple[str, ...]) -> set[str]:
    by_id = {name.lookalike: name.site for name in found.names}
    return {by_id[one] for one in ids}


def test_the_platforms_block_of_2022_09_27_met_all_but_those_that_were_down_before(meta: Effect) -> None:
    assert meta.served_at_block.n == 59
    down_before = {name.site for name in meta.names} - sites_of(meta, meta.served_at_block.ids)
    assert down_before == {"dailymail.top", "repubblica.life", "tonline.cfd"}, "ansa.ltd was registered again"


def test_a_platforms_block_takes_no_site_down(meta: Effect) -> None:
    """What is down later was dropped by registrars, registries and hosts; spiegel.pro was, and moved, and is back."""
    after_1, after_7, after_30, after_90 = meta.down_at
    assert (after_1.down.count, after_1.down.n) == (0, 56)
    assert sites_of(meta, after_7.down.ids) == {"bild.pics", "spiegel.pro"}
    sueddeutsche = {"sueddeutsche.me", "sueddeutsche.cc", "sueddeutsche.co"}
    assert sites_of(meta, after_30.down.ids) == {"bild.pics", "welt.tours", "t-onlinr.today"} | sueddeutsche
    assert after_30.unknown == ()
    assert after_30.down.share == pytest.approx(6 / 56, abs=1e-4)
    assert len(after_90.pending) == 56, "the scenario ends before"
    assert after_90.down.share is None


def test_what_came_after_2022_09_27(meta: Effect) -> None:
    assert meta.first_replacement is not None
    assert (meta.first_replacement.site, meta.first_replacement.days) == ("bild-d.beauty", 11.0)
    assert meta.first_successor == meta.first_replacement
    assert len(meta.replacements) == 15
    assert [one.site for one in meta.replacements if one.predecessor is None] == ["faz.quest"]
    assert (meta.outlets_again.count, meta.outlets_again.n) == (4, 15)
    assert set(meta.outlets_again.ids) == {"bild", "faz", "spiegel", "welt"}
    assert (meta.served_elsewhere.count, meta.served_elsewhere.n) == (11, 59)
    assert meta.successors_per_name == pytest.approx(14 / 59, abs=1e-4)


def test_rates_before_and_after_2022_09_27(meta: Effect) -> None:
    assert (meta.before.since, meta.before.until, meta.before.count) == (on(6, 29), on(9, 27), 55)
    assert meta.before.per_month == pytest.approx(55 / 90 * 30, abs=1e-3)
    assert (meta.after.count, meta.after.until) == (15, on(12, 15))
    assert meta.after.per_month == pytest.approx(15 / 79 * 30, abs=1e-3)
    assert meta.rate_ratio == pytest.approx(15 / 55 * 90 / 79, abs=1e-3)
    assert meta.ratio_lower is not None
    assert meta.ratio_lower < 0.31 < (meta.ratio_upper or 0)


def test_coverage_says_how_often_each_outlet_was_swept(meta: Effect) -> None:
    assert {one.longest_gap for one in meta.coverage} == {1.0}
    assert {one.complete for one in meta.coverage} == {169}, "90 days before and 79 after, each with its sweep"


def test_two_weeks_after_the_action_only_what_was_known_then_counts() -> None:
    action, histories, sweeps, _ = campaign()
    found = effect(action, histories, sweeps, on(10, 10))
    assert [one.site for one in found.replacements] == ["bild-d.beauty", "bild.beauty"]
    assert (found.down_at[1].down.count, len(found.down_at[2].pending)) == (2, 56)
    assert found.after.until == on(10, 10)


def test_the_same_block_seen_from_the_end_of_2023() -> None:
    found = effect(*campaign("doppelganger-2022-2023"))
    assert (found.served_at_block.count, found.served_at_block.n) == (56, 59)
    downs = [(one.day, one.down.count, one.down.n) for one in found.down_at]
    assert downs == [(1, 0, 56), (7, 2, 56), (30, 6, 56), (90, 11, 56)]
    assert found.first_replacement is not None
    assert (found.first_replacement.site, found.first_replacement.days) == ("bild-d.beauty", 11.0)
    assert (len(found.replacements), sum(one.predecessor is not None for one in found.replacements)) == (20, 14)
    assert (found.outlets_again.count, found.outlets_again.n) == (6, 15)


# --- what may not count ----------------------------------------------------------------------------------------------


def history(**more: Any) -> History:
    ordinary: dict[str, Any] = {
        "id": "lka_1",
        "host": "spiegel.ltd",
        "outlet": "spiegel",
        "suffix": "ltd",
        "technique": Technique.TLD_SWAP,
        "discovered_at": on(6, 1),
        "appeared_at": on(6, 1),
        "looked_at": on(12, 1),
        "verdicts": ((on(6, 1), Verdict.IMPERSONATION),),
    }
    return History(**{**ordinary, **more})


def blocked(when: datetime, **more: Any) -> Block:
    given = {"id": "blk_1", "place": Place.REGISTRAR, "effective_from": when, "known_from": when, "reported": True}
    return Block(**{**given, "action": "act", **more})


ACT = Action(id="act", authority="A", place=Place.REGISTRAR, effective=on(7, 1))
ENDED = Stretch(
    number=1, began_at=on(6, 2), last_seen_at=on(7, 3), ended_at=on(7, 5), known_at=on(7, 6), cause=Cause.BLOCKED
)


def test_an_end_is_known_from_the_look_that_told_it_not_from_the_first_failed_one() -> None:
    before = as_known(history(stretches=(ENDED,)), on(7, 5))
    after = as_known(history(stretches=(ENDED,)), on(7, 6))
    assert before is not None
    assert after is not None
    assert before.open is not None
    assert (after.open, after.stretches[0].ended_at) == (None, on(7, 5))


def test_a_block_entered_later_does_not_exist_before() -> None:
    late = history(stretches=(ENDED,), blocks=(blocked(on(7, 1), known_from=on(8, 1)),))
    assert effect(ACT, [late], [], on(7, 20)).names == ()
    assert len(effect(ACT, [late], [], on(8, 1)).names) == 1


def test_a_lookalike_that_was_not_flagged_yet_does_not_exist_before() -> None:
    assert as_known(history(verdicts=((on(8, 1), Verdict.SUSPECTED),)), on(7, 31)) is None
    assert as_known(history(verdicts=((on(6, 1), Verdict.UNKNOWN),)), on(7, 31)) is None


@pytest.mark.parametrize(
    ("when", "end", "state"),
    [(on(7, 2), 0.5, "served"), (on(7, 4), 0.5, "down"), (on(7, 4), 1.0, "served"), (on(7, 3), 0.0, "down")],
)
def test_the_state_between_two_looks_depends_on_where_the_end_is_placed(when: datetime, end: float, state: str) -> None:
    assert state_at(history(stretches=(ENDED,)), when, end) == state


def test_what_nobody_looked_at_since_is_unknown() -> None:
    assert state_at(history(stretches=(ENDED,), looked_at=on(7, 6)), on(7, 7)) == "unknown"


def test_a_site_that_was_down_before_its_block_is_no_subject() -> None:
    assert list(down_after_block(history(stretches=(ENDED,)), [blocked(on(8, 1))])) == []


def test_a_site_found_after_its_block_comes_under_watch_then() -> None:
    late = history(discovered_at=on(7, 1), stretches=(replace(ENDED, began_at=on(7, 1)),))
    (subject,) = down_after_block(late, [blocked(on(6, 1))])
    assert (subject.span.entry, subject.span.low, subject.span.high) == (30.0, 32.0, 34.0)


def test_a_clone_first_seen_long_after_its_discovery_and_block_is_no_subject() -> None:
    hidden = history(stretches=(replace(ENDED, began_at=on(7, 1)),))
    assert list(down_after_block(hidden, [blocked(on(6, 15))])) == []


def test_rates_are_withheld_below_the_minimum_and_counts_are_not() -> None:
    few = [history(id=f"lka_{n}", stretches=(ENDED,), blocks=(blocked(on(7, 1)),)) for n in range(4)]
    found = effect(ACT, few, [], on(12, 1))
    assert (found.down_at[1].down.count, found.down_at[1].down.n, found.down_at[1].down.share) == (4, 4, None)
    assert found.to_down.withheld
    assert effect(ACT, few, [], on(12, 1), minimum=4).down_at[1].down.share == 1.0
    assert found.before.per_month is None, "nobody swept before"


def test_groups_below_the_minimum_are_not_compared() -> None:
    many = [
        history(id=f"lka_{n}", suffix="ltd" if n < 6 else "top", stretches=(ENDED,), blocks=(blocked(on(7, 1)),))
        for n in range(8)
    ]
    down = persistence(many, on(12, 1), By.SUFFIX).measures[0]
    assert [(group.group, group.n, group.withheld) for group in down.groups] == [("ltd", 6, False), ("top", 2, True)]
    assert down.test is None
    by_day = {share.day: share for share in down.groups[0].shares}
    assert (by_day[1].value, by_day[7].value, by_day[90].value) == (0.0, 1.0, 1.0)
    assert by_day[1].upper == pytest.approx(0.390, abs=1e-3), "none of six is no proof of none"


def test_survival_in_words_gives_a_band_where_there_is_one() -> None:
    six = [history(id=f"lka_{n}", stretches=(ENDED,), blocks=(blocked(on(7, 1)),)) for n in range(6)]
    told = list(survival_told(persistence(six, on(12, 1))))
    assert "  all: 6 of 6; half by day 3" in told
    none_yet = next(line for line in told if line.startswith("    by day   1"))
    assert none_yet == f"    by day   1    0%  {'.' * 40}  (0% to 39%), 6 still at risk"
    assert f"    by day   7  100%  {'#' * 40}  (no limits), 0 still at risk" in told


def test_further_hosts_of_one_name_are_no_new_names() -> None:
    case = history(blocks=(blocked(on(7, 1)),))
    hosts = [history(id=f"lka_{n}", host=host, appeared_at=on(8, 1)) for n, host in ((2, "www.a.pro"), (3, "a.pro"))]
    other = history(id="lka_4", host="a.pro", outlet="bild", appeared_at=on(8, 1))
    found = effect(ACT, [case, *hosts, other], [], on(12, 1))
    assert [one.site for one in found.replacements] == ["a.pro"]
    assert found.after.ids == ("lka_3",)
