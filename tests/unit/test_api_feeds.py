"""/v1/feeds: the state of each source as people and programs read it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from service.core.feed import RETIRED, FeedState, answered, failed, took
from service.core.watermark import Span, Watermark
from service.ports import UnitOfWork
from tests.builders import START
from tests.fakes_api import ApiUnderTest, api_under_test

LOG = FeedState(id="ct/log.example-2026h2", kind="certificates", begun_at=START, size=300, newest_at=START)
MARK = Watermark().skip(Span(0, 256), "the tile answers 404", START).take(Span(256, 290), "", START)


@pytest.fixture(scope="module")
def api() -> Iterator[ApiUnderTest]:
    with api_under_test() as made:
        at = START + timedelta(minutes=90)
        made.clock.advance(timedelta(hours=2))
        behind = replace(took(LOG, 60, at), mark=MARK, matched=2, admitted=1, skipped=3)
        silent = failed(answered(replace(LOG, id="silent"), START), "https://silent.example answers 503", at)

        def step(uow: UnitOfWork) -> None:
            uow.feeds.save(behind)
            uow.feeds.save(silent)
            uow.feeds.save(replace(silent, id="gone", patience=RETIRED))

        made.run(made.store.write(step))
        yield made


def test_a_feed_says_how_far_it_is_and_what_it_passed_over(api: ApiUnderTest) -> None:
    (feed,) = api.get("/v1/feeds", params={"status": "ok"})["data"]
    figures = {name: feed[name] for name in ("position", "size", "read", "matched", "admitted", "unreadable")}
    assert figures == {"position": 290, "size": 300, "read": 60, "matched": 2, "admitted": 1, "unreadable": 3}
    assert (feed["lag_seconds"], feed["names_per_second"], feed["missing"]) == (7200, round(60 / 1800, 3), 256)
    (gap,) = feed["gaps"]
    assert (gap["first"], gap["last"], gap["reason"], gap["tries"]) == (0, 255, "the tile answers 404", 0)


def test_a_feed_in_trouble_says_so_in_words(api: ApiUnderTest) -> None:
    (feed,) = api.get("/v1/feeds", params={"status": "degraded"})["data"]
    assert feed["id"] == "silent"
    assert feed["trouble"] == "has not answered for 2 h, 1 h are allowed: https://silent.example answers 503"
    assert (feed["failures"], feed["taken_at"]) == (1, None)


def test_a_feed_that_is_followed_no_more_is_retired_and_no_trouble(api: ApiUnderTest) -> None:
    (feed,) = api.get("/v1/feeds", params={"status": "retired"})["data"]
    assert (feed["id"], feed["trouble"]) == ("gone", "")
    assert [one["id"] for one in api.get("/v1/feeds")["data"]] == ["ct/log.example-2026h2", "gone", "silent"]
