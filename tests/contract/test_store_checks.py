"""Checks that were asked for: what their port promises."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from service.core.checks import Check, CheckState
from tests.store_cases import HOUR, PLACES, START, Opened, opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(params=PLACES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opened]:
    with opened(request.param, tmp_path) as made:
        yield made


FIRST = Check(id="chk_1", target="https://spiegel.ltd/\ud800", by="token", asked_at=START, outlets=frozenset({"bild"}))
SECOND = Check(id="chk_2", target="bild.pics", by="token", asked_at=START + HOUR)


def test_the_oldest_is_claimed_first_and_none_twice_while_its_lease_runs(store: Opened) -> None:
    store.write(lambda unit: unit.checks.add(SECOND))
    store.write(lambda unit: unit.checks.add(replace(FIRST, target="spiegel.ltd")))
    now, until = START + 2 * HOUR, START + 3 * HOUR
    claimed = [store.write(lambda unit: unit.checks.claim(now, until)) for _ in range(3)]
    assert claimed == [
        replace(FIRST, target="spiegel.ltd", tries=1, leased_until=until),
        replace(SECOND, tries=1, leased_until=until),
        None,
    ]
    again = store.write(lambda unit: unit.checks.claim(until, until + HOUR))
    assert again == replace(FIRST, target="spiegel.ltd", tries=2, leased_until=until + HOUR)
    assert store.read(lambda unit: unit.checks.asked("token", START)) == (SECOND.asked_at,)
    assert store.read(lambda unit: unit.checks.asked("other", START - HOUR)) == ()


def test_whoever_was_too_late_stores_nothing(store: Opened) -> None:
    store.write(lambda unit: unit.checks.add(SECOND))
    late = store.write(lambda unit: unit.checks.claim(START + HOUR, START + 2 * HOUR))
    has_it = store.write(lambda unit: unit.checks.claim(START + 2 * HOUR, START + 3 * HOUR))
    assert late is not None
    assert has_it is not None
    late, has_it = (replace(one, done_at=START + 2 * HOUR, leased_until=None) for one in (late, has_it))
    assert not store.write(lambda unit: unit.checks.finish(replace(late, report={"by": "late"})))
    report = {"name": "bild.pics", "title": "\ud800\0", "outlets": [{"score": 0.5}], "registrar": None}
    assert store.write(lambda unit: unit.checks.finish(replace(has_it, report=report)))
    assert not store.write(lambda unit: unit.checks.finish(replace(has_it, error="again")))
    found = store.read(lambda unit: unit.checks.get("chk_2"))
    assert found == replace(has_it, report=report)
    assert found.state(START + HOUR) is CheckState.DONE
    assert store.write(lambda unit: unit.checks.claim(START + 9 * HOUR, START + 10 * HOUR)) is None


def test_a_hostile_target_is_stored_as_every_database_can_keep_it(store: Opened) -> None:
    store.write(lambda unit: unit.checks.add(FIRST))
    assert store.read(lambda unit: unit.checks.get("chk_1")) == replace(FIRST, target="https://spiegel.ltd/\ufffd")
    assert store.read(lambda unit: unit.checks.get("chk_9")) is None
