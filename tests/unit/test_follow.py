"""The one loop of all sources, and what is said of a source that is in trouble."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from service.adapters.store import SqlStore, open_store
from service.core import feed as feeds
from service.core.errors import FeedUnavailable
from service.core.feed import FeedState
from service.core.model import Outlet
from service.core.watermark import Span, Watermark
from service.feeds.follow import Batch, follow, judge_feeds
from service.pipeline.watched import Watched
from tests.fakes import FakeClock

START = datetime(2026, 11, 25, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
STATE = FeedState(id="log", kind="certificates", begun_at=START)


class Source:
    """Gives what it was given, or fails; remembers the states it was asked with."""

    id = "log"
    kind = "certificates"
    patience = timedelta(hours=1)
    news_within: timedelta | None = None

    def __init__(self, *given: Batch | FeedUnavailable) -> None:
        self.given: Sequence[Batch | FeedUnavailable] = given
        self.asked: list[FeedState] = []

    async def batches(self, state: FeedState) -> AsyncGenerator[Batch, None]:
        self.asked.append(state)
        for one in self.given:
            if isinstance(one, FeedUnavailable):
                raise one
            yield one


@pytest.fixture
def store() -> Iterator[SqlStore]:
    store = open_store("sqlite://")
    yield store
    store.close()


def played(store: SqlStore, clock: FakeClock, source: Source) -> tuple[int, FeedState]:
    async def play() -> tuple[int, FeedState]:
        outlet = Outlet(id="spiegel", name="Der Spiegel", domain="spiegel.de")
        await store.write(lambda uow: uow.outlets.put(outlet, START))
        read = await follow(source, clock=clock, store=store, watched=Watched(store))
        state = await store.read(lambda uow: uow.feeds.get("log"))
        assert state is not None
        return read, state

    return asyncio.run(play())


def due_at(store: SqlStore, host: str) -> datetime | None:
    found = asyncio.run(store.read(lambda uow: uow.sites.get(host)))
    return None if found is None else found[0].due_at


def sleeping(store: SqlStore, host: str) -> None:
    """Nothing is to be done at this site for a day."""

    async def play() -> None:
        claimed = await store.write(lambda uow: uow.sites.claim(START, START + timedelta(days=1), 100))
        assert host in [site.host for site, _ in claimed]

    asyncio.run(play())


def test_a_batch_and_what_it_makes_true_of_the_source_are_committed_together(store: SqlStore) -> None:
    mark = Watermark().take(Span(0, 3), "", START)
    batch = Batch(names=("spiegel.ltd", "weather.com", "spiegel.de"), cursor="c", mark=mark, size=9, newest_at=START)
    read, state = played(store, FakeClock(START), Source(batch))
    assert (read, state.read, state.matched, state.admitted) == (3, 3, 1, 1)
    assert (state.cursor, state.mark, state.size, state.newest_at) == ("c", mark, 9, START)
    assert due_at(store, "spiegel.ltd") == START


def test_what_was_committed_before_a_failure_stays_and_the_next_round_goes_on_from_there(store: SqlStore) -> None:
    clock, batch = FakeClock(START), Batch(names=("spiegel.ltd",), cursor="1")
    _, state = played(store, clock, Source(batch, FeedUnavailable("the log answers 503")))
    assert (state.cursor, state.error, state.failures) == ("1", "the log answers 503", 1)
    again = Source(Batch(names=("spiegel.online",), cursor="2"))
    _, state = played(store, clock, again)
    assert again.asked[0].cursor == "1"
    assert (state.cursor, state.error, state.failures, state.read) == ("2", "", 0, 2)


def test_a_certificate_of_a_known_site_makes_it_due_and_gives_it_targets(store: SqlStore) -> None:
    clock = FakeClock(START)
    played(store, clock, Source(Batch(names=("spiegel.ltd",))))
    sleeping(store, "spiegel.ltd")
    clock.advance(MINUTE)
    names = ("spiegel.ltd", "www.spiegel.ltd", "a.b.spiegel.ltd")
    played(store, clock, Source(Batch(names=("weather.com",), together=(names, ("weather.com",)))))
    found = asyncio.run(store.read(lambda uow: uow.sites.get("spiegel.ltd")))
    assert found is not None
    assert found[0].due_at == START + MINUTE
    assert [target.url for target in found[0].targets] == ["https://www.spiegel.ltd/", "https://a.b.spiegel.ltd/"]
    assert {target.source for target in found[0].targets} == {"certificate"}
    assert due_at(store, "weather.com") is None


def test_a_certificate_that_says_nothing_new_makes_a_known_site_due_all_the_same(store: SqlStore) -> None:
    clock = FakeClock(START)
    played(store, clock, Source(Batch(names=("spiegel.ltd",))))
    sleeping(store, "spiegel.ltd")
    clock.advance(MINUTE)
    played(store, clock, Source(Batch(names=(), together=(("spiegel.ltd",),))))
    assert due_at(store, "spiegel.ltd") == START + MINUTE


def test_a_feed_in_trouble_is_told_of_once_and_so_is_that_it_is_well_again(store: SqlStore) -> None:
    clock = FakeClock(START)
    played(store, clock, Source(FeedUnavailable("connection refused")))
    assert asyncio.run(judge_feeds(clock, store)) == 0
    clock.advance(timedelta(hours=2))
    assert [asyncio.run(judge_feeds(clock, store)) for _ in range(2)] == [1, 0]
    played(store, clock, Source(Batch(names=("weather.com",))))
    assert [asyncio.run(judge_feeds(clock, store)) for _ in range(2)] == [1, 0]
    said = [event["data"]["detail"] for event in asyncio.run(store.read(lambda uow: uow.views.events(0, 10)))]
    assert [one["recovered"] for one in said] == [False, True]
    assert said[0]["what"] == "feed log"
    assert said[0]["detail"] == "has not answered for 2 h, 1 h are allowed: connection refused"


def test_a_complaint_and_missing_news_are_trouble(store: SqlStore) -> None:
    answered = feeds.answered(STATE, START + MINUTE)
    assert answered.trouble(START + MINUTE) == ""
    assert replace(answered, complaint="the log forked").trouble(START + MINUTE) == "the log forked"
    quiet = replace(answered, news_within=MINUTE / 2)
    assert quiet.trouble(START + MINUTE) == "brought nothing new for 1 min, something was expected within 30 s"


def test_lag_is_the_age_of_the_newest_entry_and_nothing_once_all_was_taken_in() -> None:
    assert STATE.lag(START) is None
    behind = replace(STATE, size=10, newest_at=START, mark=Watermark(position=5))
    assert behind.lag(START + MINUTE) == MINUTE
    assert behind.lag(START - MINUTE) == timedelta(0), "a source's clock may run ahead"
    assert replace(behind, mark=Watermark(position=10)).lag(START + MINUTE) == timedelta(0)


def test_names_a_second_are_measured_by_the_minute_and_sink_when_a_feed_stops() -> None:
    state, now = STATE, START
    for _ in range(7):
        state, now = feeds.took(state, 100, now), now + timedelta(seconds=10)
    assert state.rate == pytest.approx(700 / 60)
    assert state.names_per_second(now) == pytest.approx(700 / 60)
    assert state.names_per_second(now + timedelta(hours=1)) == 0
