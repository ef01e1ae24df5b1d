"""What a replay's summary counts, and what people read of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from service.lab.scenario import load
from service.replay.summary import Summary, blocks, compared, times

TWO_OUTLETS = load("two-outlets-2023")

FOUND = Summary(
    scenario="two-outlets-2023",
    flagged=("a.ltd",),
    missed=(),
    false_flags=(),
    alerts_delivered=77,
    alerts_undelivered=0,
    alerts_unverified=0,
    blocks=6,
    down_after_block=5,
    resurfaced=4,
    successors=1,
    days_to_first_successor=5,
    seconds=56.4,
    looks=656,
    queries=2_731_140,
)


SITES = {"a.ltd", "b.ltd", "b.a.ltd"}


def rows(*pairs: tuple[str, str]) -> list[dict[str, Any]]:
    return [{"site": site, "place": place} for site, place in pairs]


def test_blocks_at_several_places_and_times_are_several() -> None:
    places = ("platform", "registrar", "registrar")
    assert blocks(rows(*(("a.ltd", place) for place in places), ("b.ltd", "registrar")), SITES) == {
        "a.ltd": 3,
        "b.ltd": 1,
    }


@pytest.mark.parametrize("place", ["registry", "seizure", "host"])
def test_a_block_that_two_hosts_of_one_site_show_is_one_block(place: str) -> None:
    once = (("a.ltd", place), ("video.a.ltd", place))
    assert blocks(rows(*once), SITES) == {"a.ltd": 1}
    assert blocks(rows(*once, *once, ("video.a.ltd", place)), SITES) == {"a.ltd": 3}, "lifted and made again"


def test_blocks_of_two_sites_are_two_where_one_lies_below_the_other() -> None:
    assert blocks(rows(("a.ltd", "host"), ("b.a.ltd", "host")), SITES) == {"a.ltd": 1, "b.a.ltd": 1}


def test_what_is_done_to_a_name_is_no_block_of_the_site_below_it_that_it_befalls_too() -> None:
    assert blocks(rows(("a.ltd", "registry"), ("b.a.ltd", "registry")), SITES) == {"a.ltd": 1}
    assert blocks(rows(("b.a.ltd", "registry")), SITES) == {"b.a.ltd": 1}


def test_a_name_that_the_scenario_leaves_out_shows_the_block_of_its_site_below() -> None:
    sites = {"video.a.ltd", "c.ltd"}
    assert blocks(rows(("a.ltd", "registry"), ("video.a.ltd", "registry")), sites) == {"video.a.ltd": 1}


def test_a_return_is_one_whatever_hosts_and_outlets_it_is_told_of() -> None:
    told = [("a.ltd", "x"), ("a.ltd", "y"), ("video.a.ltd", "x"), ("b.ltd", "x"), ("a.ltd", "x")]
    news = [{"type": "site.resurfaced", "site": site, "outlet": outlet} for site, outlet in told]
    assert times("site.resurfaced", news, SITES) == {"a.ltd": 2, "b.ltd": 1}
    assert times("site.down", news, SITES) == {}


def test_people_read_it_beside_what_the_scenario_holds() -> None:
    assert compared(FOUND, TWO_OUTLETS) == [
        "flagged     17 of 17 lookalikes, 0 false flags",
        "alerts      77 delivered, every signature verified",
        "blocks      6 of 6; down after one: 5 sites",
        "resurfaced  4",
        "successors  1 of 1; the first after 5 days",
        "work        656 looks, 2731140 names asked for, 56 seconds",
    ]


def test_what_went_wrong_is_named() -> None:
    wrong = replace(
        FOUND,
        missed=("tagblatt-nordstadt.ltd", "zephyrlinie.pro"),
        false_flags=("lacronaca-verde.es",),
        alerts_unverified=2,
        alerts_undelivered=3,
        days_to_first_successor=None,
    )
    lines = compared(wrong, TWO_OUTLETS)
    assert lines[0] == "flagged     15 of 17 lookalikes, 1 false flags"
    assert lines[1] == "alerts      77 delivered, 2 of them with a wrong signature; 3 undelivered"
    assert lines[4] == "successors  1 of 1"
    assert lines[6:] == [
        "missed      tagblatt-nordstadt.ltd, zephyrlinie.pro",
        "            by technique: tld-swap 1, unrelated 1",
        "false flags lacronaca-verde.es",
    ]


def test_names_are_lists_in_what_programs_get() -> None:
    assert FOUND.as_json()["flagged"] == ["a.ltd"]
    assert FOUND.as_json()["days_to_first_successor"] == 5
