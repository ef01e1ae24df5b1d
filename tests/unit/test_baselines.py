"""The keeper of baselines, over a fake fetcher and a database in memory."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from service.adapters.store import open_store
from service.core.errors import InvalidInput, NotFound
from service.core.facts.listings import Listing
from service.core.facts.page import PageFacts
from service.core.model import BaselineVersion, Outlet
from service.core.states import BaselineState
from service.pipeline.baselines import BaselineKeeper, BaselinePlan
from service.pipeline.watched import Watched
from tests.builders import START, dns
from tests.fakes import FakeClock, FakeFetcher, FakeResolver
from tests.fakes_fetching import DESKTOP, InProcessParser

SPIEGEL = Outlet(id="spiegel", name="Der Spiegel", domain="spiegel.de")
HOME, ARTICLE = "https://spiegel.de/", "https://spiegel.de/politik/artikel-1.html"
OLD = PageFacts(title="DER SPIEGEL", shingles=frozenset(range(300)), article_links=(ARTICLE,))
RELAUNCHED = PageFacts(title="SPIEGEL neu", shingles=frozenset(range(5000, 5300)))
STORY = PageFacts(title="Artikel", shingles=frozenset(range(2000, 2300)))


class Newsroom:
    """An outlet whose site a test can change, and the keeper that watches it."""

    def __init__(self) -> None:
        self.clock, self.store = FakeClock(START), open_store("sqlite://")
        self.fetcher = FakeFetcher({HOME: OLD, ARTICLE: STORY})
        self.watched = Watched(self.store)
        self.keeper = BaselineKeeper(
            clock=self.clock,
            store=self.store,
            resolver=FakeResolver({"spiegel.de": dns(host="spiegel.de")}),
            fetcher=self.fetcher,
            parser=InProcessParser(),
            watched=self.watched,
            plan=BaselinePlan(profile=DESKTOP),
        )
        _run(self.store.write(lambda uow: uow.outlets.put(SPIEGEL, START)))

    def take(self) -> int:
        return int(_run(self.keeper.take_due()))

    def versions(self) -> dict[str, BaselineVersion]:
        return {version.id: version for version in _run(self.keeper.versions("spiegel"))}

    def states(self) -> dict[str, str]:
        return {version.baseline.page.title: version.state.value for version in self.versions().values()}

    def in_use(self) -> set[str]:
        return {one.page.title for one in _run(self.store.read(lambda uow: uow.outlets.baselines()))}

    def told(self) -> list[dict[str, Any]]:
        events = _run(self.store.read(lambda uow: uow.views.events(0, 50)))
        return [event["data"]["detail"] for event in events if event["type"] == "outlet.baseline_changed"]


def _run(waited: Any) -> Any:
    return asyncio.run(waited)


@pytest.fixture
def newsroom() -> Any:
    made = Newsroom()
    yield made
    made.store.close()


def test_home_page_and_articles_are_taken_with_the_site_s_name_servers(newsroom: Newsroom) -> None:
    assert newsroom.take() == 2
    assert newsroom.in_use() == {"DER SPIEGEL", "Artikel"}
    assert newsroom.told() == []
    home = next(one.baseline for one in newsroom.versions().values() if one.baseline.kind == "home")
    assert home.nameservers == ("ns1.example", "ns2.example")


FEED = "https://spiegel.de/schlagzeilen/index.rss"
NEWEST = "https://spiegel.de/politik/was-heute-geschah-a-100001.html"


def test_the_newest_articles_of_the_outlet_s_feed_are_taken_with_their_texts(newsroom: Newsroom) -> None:
    elsewhere = "https://partner.example/anzeige-mit-langem-namen-100002.html"
    newsroom.fetcher.pages[HOME] = replace(OLD, feeds=("https://feeds.example/spiegel", FEED))
    newsroom.fetcher.pages[NEWEST] = replace(STORY, title="Heute", text_shingles=frozenset({7, 8}))
    newsroom.fetcher.listings[FEED] = Listing(pages=(elsewhere, "https://spiegel.de/thema/", NEWEST, NEWEST))
    assert newsroom.take() == 3
    assert newsroom.in_use() == {"DER SPIEGEL", "Artikel", "Heute"}
    assert newsroom.fetcher.listings_asked == [FEED]
    assert elsewhere not in {url for url, _ in newsroom.fetcher.asked}


def test_an_outlet_whose_feed_is_empty_is_known_by_what_its_home_page_links_to(newsroom: Newsroom) -> None:
    newsroom.fetcher.pages[HOME] = replace(OLD, feeds=(FEED,))
    assert newsroom.take() == 2
    assert newsroom.in_use() == {"DER SPIEGEL", "Artikel"}


def test_a_relaunch_is_used_on_the_second_day_and_told_of_twice(newsroom: Newsroom) -> None:
    newsroom.take()
    newsroom.fetcher.pages[HOME] = RELAUNCHED
    newsroom.clock.advance(timedelta(days=7))
    assert newsroom.take() == 0
    assert newsroom.states()["SPIEGEL neu"] == "held"
    assert "SPIEGEL neu" not in newsroom.in_use()
    newsroom.fetcher.pages[HOME] = replace(RELAUNCHED, text_shingles=frozenset({1, 2}))
    newsroom.clock.advance(timedelta(hours=23))
    assert newsroom.take() == 0
    newsroom.clock.advance(timedelta(hours=1))
    assert newsroom.take() == 2
    assert newsroom.in_use() == {"DER SPIEGEL", "Artikel", "SPIEGEL neu"}
    assert [(one["kind"], one["accepted"]) for one in newsroom.told()] == [("home", False), ("home", True)]


def test_a_day_s_defacement_is_never_judged_by(newsroom: Newsroom) -> None:
    newsroom.take()
    newsroom.fetcher.pages[HOME] = RELAUNCHED
    newsroom.clock.advance(timedelta(days=7))
    newsroom.take()
    newsroom.fetcher.pages[HOME] = OLD
    newsroom.clock.advance(timedelta(days=1))
    newsroom.take()
    assert newsroom.states()["SPIEGEL neu"] == "held"


def test_a_site_that_does_not_answer_is_asked_again_in_an_hour_and_changes_nothing(newsroom: Newsroom) -> None:
    newsroom.fetcher.pages.clear()
    assert newsroom.take() == 0
    newsroom.fetcher.pages |= {HOME: OLD}
    newsroom.clock.advance(timedelta(minutes=61))
    assert newsroom.take() == 1


def test_a_revoked_version_is_out_of_use_at_once_and_says_who_and_why(newsroom: Newsroom) -> None:
    newsroom.take()
    home = next(one.id for one in newsroom.versions().values() if one.baseline.kind == "home")
    _run(newsroom.keeper.put_state("spiegel", (home,), BaselineState.REVOKED, by="ina", note="defaced"))
    assert newsroom.in_use() == {"Artikel"}
    knowledge = _run(newsroom.watched.now())
    assert len(knowledge.baselines.rows_of("spiegel")) == 1
    newsroom.clock.advance(timedelta(days=7))
    newsroom.take()
    version = newsroom.versions()[home]
    assert (version.state, version.by, version.note) == (BaselineState.REVOKED, "ina", "defaced")


@pytest.mark.parametrize("ids", [("bl_99",), ("bl_1", "bl_99"), ("nonsense",)])
def test_a_version_that_is_not_the_outlet_s_changes_nothing(newsroom: Newsroom, ids: tuple[str, ...]) -> None:
    newsroom.take()
    with pytest.raises(NotFound, match="spiegel has no baseline"):
        _run(newsroom.keeper.put_state("spiegel", ids, BaselineState.REVOKED, by="ina", note=""))
    assert set(newsroom.states().values()) == {"in-use"}


def test_an_archived_page_is_kept_once(newsroom: Newsroom) -> None:
    html = b"<title>Layout of 2021</title><body class=old><p>Ein alter Text</p></body>"
    assert _run(newsroom.keeper.add_archived(SPIEGEL, html, "2021.html", START))
    assert not _run(newsroom.keeper.add_archived(SPIEGEL, html, "2021.html", START))
    assert newsroom.in_use() == {"Layout of 2021"}


@pytest.mark.parametrize("body", [b"", b"one word", b"SQLite format 3\0\x10\0<title>x</title>", b"<p>" * 20_000])
def test_a_file_without_a_page_is_refused(newsroom: Newsroom, body: bytes) -> None:
    with pytest.raises(InvalidInput, match=r"a\.html"):
        _run(newsroom.keeper.add_archived(SPIEGEL, body, "a.html", START))
    assert newsroom.in_use() == set()


def test_versions_are_kept_apart_and_unknown_outlets_have_none(newsroom: Newsroom) -> None:
    with pytest.raises(NotFound, match="nobody"):
        _run(newsroom.keeper.versions("nobody"))
