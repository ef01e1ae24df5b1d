"""What became of a scenario's sites, as its file says and as a replay found it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from service.core.states import Place
from service.lab.fates import Fate, fates
from service.lab.scenario import load
from service.lab.scenario_model import Happening, Hidden, Scenario, Serves, Truth
from service.lab.world import Channel
from service.replay.table import found, rendered
from tests.scenario_files import HEAD, SITE, file_in
from tests.scenario_lives import lives

TWO_OUTLETS = load("two-outlets-2023")

SEIZED = "tagblatt-nordstadt.icu"
EARLIER = (("02-01", "parked"), ("03-01", "content-back"), ("06-10", "content-removed"))


def read(folder: Path, text: str) -> Scenario:
    return load(str(file_in(folder, text)))


def event(site: str, kind: str, **detail: str) -> dict[str, Any]:
    return {"site": site, "outlet": "tagblatt-nordstadt", "type": kind, "data": {"detail": detail}}


def blocked(site: str, place: str) -> dict[str, Any]:
    return {"site": site, "place": place, "effective_from": "2023-03-24T09:00:00Z", "lifted_at": None}


def test_a_file_says_how_often_each_site_was_blocked_went_down_and_came_back() -> None:
    told = fates(TWO_OUTLETS)
    assert told["tagblatt-nordstadt.ltd"] == Fate(blocks=2, downs=1)
    assert told["tagblatt-nordstadt.today"] == Fate(blocks=1, downs=1, returns=1, successor_of="tagblatt-nordstadt.ltd")
    assert told["video.tagblatt-nordstadt.today"] == Fate(downs=1, returns=1), "with the name above it"
    assert told["tagblatt-nordstadt.top"] == Fate(blocks=1)
    assert told["lacronaca-verde.click"] == Fate(downs=1, returns=1)
    assert told["lacronaca-verde.online"] == Fate(downs=1)
    assert told["lacronaca-verde.news"] == told["lacronaca-verde.me"] == Fate()


@pytest.mark.parametrize("number", range(3))
def test_fates_agree_with_what_a_made_scenario_says_of_itself(number: int, tmp_path: Path) -> None:
    made = lives(number)
    told = fates(read(tmp_path, made.text))
    assert {name for name, fate in told.items() if fate.downs} == made.truth.down.keys() | made.truth.down_after_block
    assert {name: fate.returns for name, fate in told.items() if fate.returns} == made.truth.resurfaced
    assert {name: fate.successor_of for name, fate in told.items() if fate.successor_of} == made.truth.successors
    assert sum(fate.blocks for fate in told.values()) == made.truth.blocks


def test_the_made_scenarios_hold_every_word_of_the_format(tmp_path: Path) -> None:
    sites = [site for number in range(3) for site in read(tmp_path, lives(number).text).sites]
    events = [event for site in sites for event in site.events]
    assert {event.kind for event in events} == set(Happening)
    blocks = {(event.place, event.recorded) for event in events if event.kind is Happening.BLOCK}
    assert {place for place, _ in blocks} == set(Place)
    assert {True, False} == {recorded for _, recorded in blocks}
    assert {site.serves for site in sites} == set(Serves)
    assert {site.registration for site in sites} == set(Channel)
    assert {site.truth for site in sites} == set(Truth)
    assert {site.hidden for site in sites} == set(Hidden)
    for key in ("registrar", "address", "nameservers", "favicon", "trackers", "certificate_names", "reported"):
        assert any(getattr(site, key) for site in sites), key
    assert any(site.outlet is None for site in sites)
    assert any(site.live_from > site.registered for site in sites)


def test_a_block_at_a_platform_that_nobody_reports_leaves_no_trace(tmp_path: Path) -> None:
    block = '[[site.event]]\non = 2022-06-10\nkind = "block"\nplace = "platform"\nrecorded = false\n'
    assert fates(read(tmp_path, HEAD + SITE + block))["blatt.ltd"] == Fate()


def test_what_was_there_before_the_scenario_began_is_no_return(tmp_path: Path) -> None:
    site = SITE.replace("registered = 2022-06-03", "registered = 2022-01-03")
    again = "".join(f'[[site.event]]\non = 2022-{day}\nkind = "{kind}"\n' for day, kind in EARLIER)
    assert fates(read(tmp_path, HEAD + site + again))["blatt.ltd"] == Fate(downs=1)


def test_a_site_that_is_hidden_from_some_is_served_and_one_that_nobody_is_shown_is_not(tmp_path: Path) -> None:
    hidden = '[[site.event]]\non = 2022-06-10\nkind = "hidden"\n'
    some = hidden + 'visible_to = ["mobile"]\n'
    assert fates(read(tmp_path, HEAD + SITE + some))["blatt.ltd"] == Fate()
    assert fates(read(tmp_path, HEAD + SITE + hidden))["blatt.ltd"] == Fate(downs=1)


def test_what_was_found_is_counted_by_site_and_certificates_hosts_with_the_site_above() -> None:
    events = [
        event(SEIZED, "site.down"),
        event(SEIZED, "site.resurfaced"),
        event("tagblatt-nordstadt.today", "successor.found", predecessor=SEIZED),
        event("stranger.example", "successor.found", predecessor=SEIZED),
        {"site": None, "outlet": None, "type": "monitor.degraded", "data": {}},
    ]
    rows = [blocked(SEIZED, "seizure"), blocked(f"www.{SEIZED}", "registry"), blocked(SEIZED, "registry")]
    told = found(events, rows, TWO_OUTLETS)
    assert told[SEIZED] == Fate(blocks=2, downs=1, returns=1)
    assert told["tagblatt-nordstadt.today"] == Fate(successor_of=SEIZED)
    assert told["stranger.example"] == Fate(successor_of=SEIZED)


def test_people_see_where_what_was_found_differs_from_what_was_true() -> None:
    true = {"a.ltd": Fate(blocks=2, downs=1), "b.ltd": Fate(successor_of="a.ltd"), "quiet.ltd": Fate()}
    seen = {"a.ltd": Fate(blocks=1, downs=1), "b.ltd": Fate(), "c.ltd": Fate(successor_of="a.ltd")}
    assert rendered(true, seen) == [
        "site   blocks  down  resurfaced  takes over from",
        "a.ltd  1 of 2  1     0",
        "b.ltd  0       0     0           nobody, in truth a.ltd",
        "c.ltd  0       0     0           a.ltd, in truth nobody",
        "found as it was: 0 of 3 sites",
    ]
    assert rendered(true, true)[-1] == "found as it was: 2 of 2 sites"
    assert rendered({"quiet.ltd": Fate()}, {}) == []
