"""The lines that people see while a replay runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from service.lab.scenario import load
from service.replay.progress import Progress, days_of, phrases

THREE_DAYS = load("three-days")


def event(kind: str, site: str | None = "a.ltd", **detail: Any) -> dict[str, Any]:
    return {"type": kind, "site": site, "data": {"detail": detail}}


def at(day: int, hour: int = 0) -> datetime:
    return datetime(2023, 5, day, hour, tzinfo=UTC)


def said(*, live: bool) -> tuple[Progress, list[str]]:
    written: list[str] = []
    return Progress(THREE_DAYS, written.append, live=live), written


def test_a_day_is_one_line_once_the_next_has_begun_and_quiet_days_are_none() -> None:
    progress, written = said(live=False)
    progress.begin(at(1))
    progress.take(at(1), [])
    progress.take(at(2), [event("impersonation.confirmed")])
    progress.take(at(2, 6), [event("site.down", "b.ltd")])
    assert written == ["three-days: 1 outlet, 4 sites, 3 days from 2023-05-01\n"]
    progress.take(at(3), [])
    progress.finish()
    assert written[1:] == ["2023-05-02  impersonation: a[.]ltd; down: b[.]ltd\n"]


def test_a_terminal_shows_the_day_under_way_and_wipes_it_before_a_line() -> None:
    progress, written = said(live=True)
    progress.take(at(2), [event("site.down")])
    progress.finish()
    assert written == ["\r\x1b[K", "\r\x1b[K2023-05-02  day 2 of 3", "\r\x1b[K", "2023-05-02  down: a[.]ltd\n"]


def test_blocks_say_where_and_successors_whose() -> None:
    told = phrases(
        [
            event("successor.found", "b.ltd", predecessor="a.ltd"),
            event("block.observed", block={"place": "registrar"}),
            event("block.recorded", "b.ltd", block={"place": "registrar"}),
            event("block.lifted", "c.ltd", block={"place": "host"}),
        ]
    )
    assert list(told) == [
        "blocked (registrar): a[.]ltd, b[.]ltd",
        "unblocked (host): c[.]ltd",
        "successor: b[.]ltd of a[.]ltd",
    ]


def test_many_names_are_counted_and_three_shown() -> None:
    told = phrases([event("site.down", f"{letter}.ltd") for letter in "abcde"])
    assert list(told) == ["down 5: a[.]ltd, b[.]ltd, c[.]ltd and 2 more"]


def test_a_name_is_told_once_and_not_as_suspected_where_it_was_confirmed_on_the_same_day() -> None:
    told = phrases([event("lookalike.suspected"), event("impersonation.confirmed"), event("impersonation.confirmed")])
    assert list(told) == ["impersonation: a[.]ltd"]


def test_what_only_programs_need_is_left_out_and_trouble_of_our_own_is_not() -> None:
    told = phrases([event("lookalike.discovered"), event("monitor.degraded", None, detail="no answer")])
    assert list(told) == ["own resolver failed: no answer"]


def test_a_day_that_has_begun_counts() -> None:
    assert days_of(THREE_DAYS) == 3
    shorter = type(THREE_DAYS)(
        name="x", begin=at(1), end=at(2) + timedelta(hours=1), sweep_tiers=(), outlets=(), actions=(), sites=()
    )
    assert days_of(shorter) == 2
