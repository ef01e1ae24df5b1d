"""In which order due sites are claimed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from service.core.states import Urgency
from tests.store_cases import HOUR, PLACES, START, Opened, admission, opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(params=PLACES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opened]:
    with opened(request.param, tmp_path) as one:
        yield one


def _put(store: Opened, host: str, urgency: Urgency, hours: int) -> None:
    store.admit(admission(host))

    def step(unit: object) -> None:
        site, version = unit.sites.get(host)  # type: ignore[attr-defined]  # a unit of work
        changed = replace(site, urgency=urgency, due_at=START + hours * HOUR)
        assert unit.sites.save(changed, version, (), START)  # type: ignore[attr-defined]  # as above

    store.write(step)


def _claim(store: Opened, limit: int) -> list[str]:
    now = START + 100 * HOUR
    return [site.host for site, _ in store.write(lambda unit: unit.sites.claim(now, now + HOUR, limit))]


def test_a_burst_does_not_wait_behind_dormant_names_and_starves_none(store: Opened) -> None:
    for number in range(30):
        _put(store, f"dormant{number}.example", Urgency.DORMANT, number)
    for number in range(20):
        _put(store, f"new{number}.example", Urgency.NOW, 60 + number)
    claimed = _claim(store, 10)
    assert [host for host in claimed if host.startswith("new")] == [f"new{number}.example" for number in range(8)]
    assert [host for host in claimed if host.startswith("dormant")] == ["dormant0.example", "dormant1.example"]
    assert len(set(claimed + _claim(store, 1000))) == 50


def test_where_all_that_is_due_can_be_taken_the_order_is_that_of_time(store: Opened) -> None:
    _put(store, "later.example", Urgency.NOW, 9)
    _put(store, "earlier.example", Urgency.DORMANT, 3)
    assert _claim(store, 10) == ["earlier.example", "later.example"]


def test_what_is_admitted_or_learns_something_is_wanted_now(store: Opened) -> None:
    store.admit(admission("a.example"))
    site, _ = store.read(lambda unit: unit.sites.get("a.example")) or (None, 0)
    assert site is not None
    assert site.urgency is Urgency.NOW
    _put(store, "a.example", Urgency.DORMANT, 99)
    store.admit(admission("a.example", "spiegel"))
    site, _ = store.read(lambda unit: unit.sites.get("a.example")) or (None, 0)
    assert site is not None
    assert (site.urgency, site.due_at) == (Urgency.NOW, START)
