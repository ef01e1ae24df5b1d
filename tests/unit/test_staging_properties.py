"""What comes in through the API while a scenario plays, and what holds for every scenario."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.core.states import Place
from service.lab.pages_outlet import paper
from service.lab.scenario_model import Happening, Scenario, ScenarioSite, Serves, SiteEvent, Truth, Visitor
from service.lab.site_content import site_content
from service.lab.site_history import history
from service.lab.site_parts import site_part
from service.lab.staging import moments, recorded_blocks_between, reports_between, truth, world_at
from tests.scenario_worlds import BEGIN, INSTANT, at, day, event, played, site_of

if TYPE_CHECKING:
    from collections.abc import Callable

# -- what comes in through the API -------------------------------------------------------------------------------------


def test_reports_come_in_when_the_site_goes_live_and_at_the_beginning_for_one_that_was_live_before() -> None:
    early = site_of(name="early.ltd", registered=day(-9), live_from=day(-5), reported=("https://early.ltd/x",))
    late = site_of(live_from=day(6), reported=("https://blatt.ltd/a", "https://blatt.ltd/b"))
    scenario = played(late, early)
    told = reports_between(scenario, None, day(30))
    assert [(report.at, report.url) for report in told] == [
        (BEGIN, "https://early.ltd/x"),
        (day(6), "https://blatt.ltd/a"),
        (day(6), "https://blatt.ltd/b"),
    ]
    assert reports_between(scenario, BEGIN, day(5)) == ()
    assert reports_between(scenario, day(5), day(6)) == told[1:]
    assert reports_between(scenario, day(6), day(30)) == ()


def test_recorded_blocks_and_lifts_come_in_on_their_day_with_place_action_and_reference() -> None:
    told = (
        event(5, Happening.BLOCK, place=Place.PLATFORM, action="act", recorded=True),
        event(6, Happening.BLOCK, place=Place.HOST),
        event(9, Happening.LIFTED, place=Place.PLATFORM, recorded=True),
    )
    scenario = played(site_of(events=told))
    block, lift = recorded_blocks_between(scenario, None, day(30))
    assert (block.at, block.site, block.place, block.lifted) == (day(5), "blatt.ltd", Place.PLATFORM, False)
    assert (block.action, block.reference) == ("act", "https://reports.example/1")
    assert (lift.at, lift.lifted) == (day(9), True)
    assert recorded_blocks_between(scenario, day(5), day(8)) == ()


def test_a_block_from_before_the_beginning_is_entered_on_the_first_day_with_its_own_date() -> None:
    told = (event(-3, Happening.BLOCK, place=Place.PLATFORM, recorded=True),)
    scenario = played(site_of(registered=day(-9), live_from=day(-9), events=told))
    (block,) = recorded_blocks_between(scenario, None, BEGIN)
    assert (block.at, block.effective) == (BEGIN, day(-3))


def test_the_truth_of_every_site_is_as_the_file_says() -> None:
    scenario = played(site_of(technique="tld-swap"), site_of(name="b.ltd", successor_of="blatt.ltd"))
    told = truth(scenario)
    assert (told["blatt.ltd"].truth, told["blatt.ltd"].technique) == (Truth.IMPERSONATION, "tld-swap")
    assert told["b.ltd"].successor_of == "blatt.ltd"


# -- what holds for every scenario -------------------------------------------------------------------------------------

_KINDS = (Serves.CLONE, Serves.PARKED, Serves.EMPTY, Serves.DEFAULT, Serves.NONE, Serves.UNREGISTERED_DNS, Serves.OWN)
_VALUES: dict[Happening, Callable[[int, Place], dict[str, object]]] = {
    Happening.BLOCK: lambda _, place: {"place": place},
    Happening.LIFTED: lambda _, place: {"place": place},
    Happening.MOVED: lambda pick, _: {"address": f"203.0.113.{pick}"},
    Happening.SERVES: lambda pick, _: {"to": _KINDS[pick % len(_KINDS)]},
    Happening.NAMESERVERS: lambda pick, _: {"nameservers": (f"ns{pick}.z.example",)},
    Happening.HIDDEN: lambda pick, _: {"visible_to": (Visitor.MOBILE,) if pick % 2 else None},
}


def _event(number: int, kind: Happening, pick: int, place: Place) -> SiteEvent:
    values = _VALUES[kind](pick, place) if kind in _VALUES else {}
    return event(number, kind, **values)


def events(*without: Happening) -> st.SearchStrategy[tuple[SiteEvent, ...]]:
    kinds = st.sampled_from([kind for kind in Happening if kind not in without])
    one = st.builds(_event, st.integers(3, 20), kinds, st.integers(1, 9), st.sampled_from(Place))
    return st.lists(one, max_size=6).map(tuple)


def sites(*without: Happening) -> st.SearchStrategy[ScenarioSite]:
    return st.builds(
        lambda name, serves, registered, wait, told: site_of(
            name=name, serves=serves, registered=day(registered), live_from=day(registered + wait), events=told
        ),
        st.sampled_from(("blatt.ltd", "video.blatt.ltd", "b.ltd")),
        st.sampled_from(_KINDS),
        st.integers(-3, 3),
        st.integers(0, 4),
        events(*without),
    )


scenarios = st.lists(sites(), max_size=3, unique_by=lambda site: site.name).map(lambda found: played(*found))
days = st.integers(1, 30)
quickly = partial(settings, max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _forget() -> None:
    for cached in (site_part, site_content, paper, history):
        cached.cache_clear()


@quickly()
@given(scenarios, days)
def test_the_world_follows_from_scenario_and_instant_alone(scenario: Scenario, number: int) -> None:
    first = world_at(scenario, day(number))
    _forget()
    assert world_at(scenario, day(number)) == first


@quickly()
@given(sites(), days)
def test_a_name_resolves_only_from_its_registration_to_its_expiry(site: ScenarioSite, number: int) -> None:
    registered = site.registered <= day(number)
    for told in sorted(site.events, key=lambda told: told.on):
        if told.on <= day(number) and told.kind in (Happening.EXPIRED, Happening.REGISTERED_AGAIN):
            registered = told.kind is Happening.REGISTERED_AGAIN
    world = at(number, site)
    assert (site.name in world.names) == registered
    assert registered or site.name not in world.hosts


@quickly()
@given(
    sites(Happening.CONTENT_REMOVED, Happening.CONTENT_BACK, Happening.PARKED, Happening.HIDDEN), st.integers(21, 25)
)
def test_content_back_undoes_content_removed(site: ScenarioSite, number: int) -> None:
    removed, back = event(number, Happening.CONTENT_REMOVED), event(number + 2, Happening.CONTENT_BACK)
    told = replace(site, events=(*site.events, removed, back))
    for later in (number + 2, number + 4):
        assert at(later, told) == at(later, site)


@quickly()
@given(scenarios)
def test_moments_are_exactly_when_the_world_changes(scenario: Scenario) -> None:
    changes = set(moments(scenario))
    for number in range(1, 31):
        just_before, now = world_at(scenario, day(number) - INSTANT), world_at(scenario, day(number))
        changed = (just_before.names, just_before.hosts) != (now.names, now.hosts)
        assert (day(number) in changes) == changed
    assert changes == {at for at in changes if at == at.replace(hour=0, minute=0, second=0, microsecond=0)}
