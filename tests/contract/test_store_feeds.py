"""Feeds and their gaps: what the port promises."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from service.core.errors import NotFound
from service.core.feed import FeedState
from service.core.watermark import Span, Watermark
from tests.store_cases import HOUR, PLACES, START, Opened, admission, opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MARK = Watermark().take(Span(0, 2**40), "", START).skip(Span(2**40, 2**40 + 5), "the tile is gone", START)
WHOLE = FeedState(
    id="certificates:a",
    kind="certificates",
    begun_at=START,
    cursor='{"root": "x\ufffd"}',
    mark=MARK.take(Span(2**40 + 9, 2**40 + 10), "changed", START + HOUR).tried(Span(2**40, 2**40 + 1)),
    size=2**41,
    newest_at=START,
    asked_at=START + HOUR,
    answered_at=START + HOUR,
    taken_at=START,
    patience=timedelta(seconds=1.5),
    news_within=HOUR,
    read=1,
    matched=2,
    admitted=3,
    skipped=4,
    complaint="forked",
    error="refused",
    failures=5,
    told_at=START,
    window_at=START,
    window_read=6,
    rate=0.25,
)
BARE = FeedState(id="b", kind="names", begun_at=START)


@pytest.fixture(params=PLACES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opened]:
    with opened(request.param, tmp_path) as one:
        yield one


def test_feeds_are_kept_whole_and_ordered_by_id(store: Opened) -> None:
    store.write(lambda unit: unit.feeds.save(BARE))
    store.write(lambda unit: unit.feeds.save(WHOLE))
    assert store.read(lambda unit: unit.feeds.all()) == (BARE, WHOLE)
    assert store.read(lambda unit: unit.feeds.get(WHOLE.id)) == WHOLE
    assert store.read(lambda unit: unit.feeds.get("nobody")) is None


def test_saving_a_feed_again_changes_it_and_its_gaps(store: Opened) -> None:
    store.write(lambda unit: unit.feeds.save(WHOLE))
    store.write(lambda unit: unit.feeds.save(BARE))
    further = replace(WHOLE, read=10, mark=WHOLE.mark.take(Span(2**40, 2**40 + 3), "", START))
    store.write(lambda unit: unit.feeds.save(further))
    assert store.read(lambda unit: unit.feeds.get(WHOLE.id)) == further
    without = replace(further, mark=Watermark(position=2**41))
    store.write(lambda unit: unit.feeds.save(without))
    assert store.read(lambda unit: unit.feeds.all()) == (BARE, without)


def test_a_feed_that_is_forgotten_is_gone_with_its_gaps(store: Opened) -> None:
    store.write(lambda unit: unit.feeds.save(WHOLE))
    store.write(lambda unit: unit.feeds.forget(WHOLE.id))
    assert store.read(lambda unit: unit.feeds.all()) == ()
    store.write(lambda unit: unit.feeds.save(replace(WHOLE, mark=Watermark())))
    assert store.read(lambda unit: unit.feeds.all()) == (replace(WHOLE, mark=Watermark()),)
    with pytest.raises(NotFound, match="nobody"):
        store.write(lambda unit: unit.feeds.forget("nobody"))


def test_sites_are_found_by_their_registrable_names(store: Opened) -> None:
    for host in ("a.example", "www.a.example", "b.example"):
        store.admit(replace(admission(host), domain=host.removeprefix("www.")))
    asked = {"a.example", "c.example", *(f"x{number}.example" for number in range(1200))}
    found = store.read(lambda unit: unit.feeds.sites_under(asked))
    assert {domain: sorted(hosts) for domain, hosts in found.items()} == {"a.example": ["a.example", "www.a.example"]}
    assert store.read(lambda unit: unit.feeds.sites_under(())) == {}


def test_a_known_site_is_due_again_where_that_alone_is_asked_for(store: Opened) -> None:
    store.admit(admission("a.example"))
    store.write(lambda unit: unit.sites.claim(START, START + 24 * HOUR, 1))
    plain = admission("a.example")
    assert store.write(lambda unit: unit.sites.admit(plain, START + HOUR)) is False
    assert store.site("a.example")[0].due_at == START + 24 * HOUR
    assert store.write(lambda unit: unit.sites.admit(replace(plain, again=True), START + HOUR)) is True
    assert store.site("a.example")[0].due_at == START + HOUR
    assert store.write(lambda unit: unit.sites.admit(replace(plain, again=True), START + HOUR)) is False
