"""What sites have in common: what ``ports.LinkRows`` promises."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from service.adapters.rows_links import MAX_TRAITS, MAX_VALUE
from service.core.errors import NotFound
from service.core.persistence.links import Shared
from service.core.persistence.traits import COMMON, Trait
from tests.store_cases import PLACES, START, Opened, admission, opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TRACKER, ADDRESS = Trait("identifier", "google:G-1"), Trait("address", "192.0.2.1")


@pytest.fixture(params=PLACES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opened]:
    with opened(request.param, tmp_path) as one:
        one.admit(*(admission(host) for host in ("a.example", "b.example", "c.example")))
        yield one


def _put(store: Opened, host: str, *traits: Trait) -> int:
    return store.write(lambda unit: unit.links.put(host, traits, START))


def _pending(store: Opened, limit: int = 10) -> tuple[str, ...]:
    return store.read(lambda unit: unit.links.pending(limit))


def test_a_trait_is_new_once(store: Opened) -> None:
    assert _put(store, "a.example", TRACKER, ADDRESS, TRACKER) == 2
    assert _put(store, "a.example", TRACKER) == 0
    assert _put(store, "b.example", TRACKER) == 1


def test_sites_with_new_traits_are_pending_until_they_are_settled(store: Opened) -> None:
    for host in ("b.example", "a.example"):
        _put(store, host, TRACKER)
    _put(store, "c.example")
    assert _pending(store) == ("a.example", "b.example")
    assert _pending(store, limit=1) == ("a.example",)
    store.write(lambda unit: unit.links.settle(("a.example", "unknown.example")))
    assert _pending(store) == ("b.example",)
    _put(store, "a.example", TRACKER)
    assert _pending(store) == ("b.example",), "nothing new"
    _put(store, "a.example", ADDRESS)
    assert _pending(store) == ("a.example", "b.example")


def test_shared_traits_name_the_other_sites_and_count_all(store: Opened) -> None:
    _put(store, "a.example", TRACKER, ADDRESS, Trait("hop", "only.example"))
    _put(store, "b.example", TRACKER, ADDRESS)
    _put(store, "c.example", TRACKER, Trait("hop", TRACKER.value))
    assert store.read(lambda unit: unit.links.sharing("a.example")) == (
        Shared(host="b.example", trait=ADDRESS, sites=2),
        Shared(host="b.example", trait=TRACKER, sites=3),
        Shared(host="c.example", trait=TRACKER, sites=3),
    )
    assert store.read(lambda unit: unit.links.sharing("unknown.example")) == ()


def test_a_trait_of_very_many_sites_is_left_out(store: Opened) -> None:
    hosts = [f"{number}.example" for number in range(COMMON)]
    store.admit(*(admission(host) for host in hosts))
    for host in hosts:
        _put(store, host, ADDRESS)
    assert len(store.read(lambda unit: unit.links.sharing(hosts[0]))) == COMMON - 1
    _put(store, "a.example", ADDRESS)
    assert store.read(lambda unit: unit.links.sharing(hosts[0])) == ()


def test_traits_belong_to_sites_that_were_admitted(store: Opened) -> None:
    with pytest.raises(NotFound, match=r"unknown\.example"):
        _put(store, "unknown.example", TRACKER)


def test_the_traits_of_one_site_are_bounded_and_the_first_ones_stay(store: Opened) -> None:
    assert _put(store, "a.example", TRACKER) == 1
    many = [Trait("identifier", f"google:{number}") for number in range(2 * MAX_TRAITS)]
    assert _put(store, "a.example", *many) == MAX_TRAITS - 1
    assert _put(store, "a.example", ADDRESS) == 0
    _put(store, "b.example", TRACKER)
    assert [one.trait for one in store.read(lambda unit: unit.links.sharing("a.example"))] == [TRACKER]


def test_long_and_hostile_values_are_kept_apart_and_known_again(store: Opened) -> None:
    long = [Trait("hop", "x" * 10_000 + end) for end in "ab"]
    hostile = Trait("identifier", "\0\ud800")
    assert _put(store, "a.example", *long, hostile) == 3
    assert _put(store, "a.example", *long, hostile) == 0
    _put(store, "b.example", *long)
    shared = store.read(lambda unit: unit.links.sharing("b.example"))
    assert len({one.trait for one in shared}) == 2
    assert all(len(one.trait.value) <= MAX_VALUE for one in shared)
