"""What a replay's summary counts, and what people read of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from service.lab.scenario import load
from service.replay.summary import Summary, blocks, compared

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


def row(site: str, place: str, begun: str, lifted: str | None = None) -> dict[str, Any]:
    return {"site": site, "place": place, "effective_from": begun, "lifted_at": lifted}


def test_blocks_at_several_places_and_times_are_several() -> None:
    rows = [
        row("a.ltd", "platform", "2023-01-01T00:00:00Z"),
        row("a.ltd", "registrar", "2023-01-02T00:00:00Z", "2023-01-03T00:00:00Z"),
        row("a.ltd", "registrar", "2023-01-04T00:00:00Z"),
        row("b.ltd", "registrar", "2023-01-02T00:00:00Z"),
    ]
    assert blocks(rows) == 4


def test_a_hold_that_two_hosts_of_one_name_show_is_one_block() -> None:
    rows = [
        row("video.a.ltd", "registry", "2023-01-01T00:00:00Z", "2023-01-05T00:00:00Z"),
        row("a.ltd", "registry", "2023-01-01T06:00:00Z", "2023-01-05T12:00:00Z"),
        row("video.a.ltd", "registry", "2023-01-09T06:00:00Z"),
        row("a.ltd", "registry", "2023-01-09T00:00:00Z"),
    ]
    assert blocks(rows) == 2


def test_a_hosts_block_of_two_hosts_of_one_name_is_two() -> None:
    assert blocks([row("a.ltd", "host", "2023-01-01T00:00:00Z"), row("b.a.ltd", "host", "2023-01-01T00:00:00Z")]) == 2


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
