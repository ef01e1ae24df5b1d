"""``ports.ExportRows``: what is or was flagged, as it stands in the database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from service.core.model import AnalystWord, Block, Site
from service.core.states import Cause, Place, Verdict, WordReason
from tests.store_cases import HOUR, PLACES, START, Opened, admission, impersonating, opened


@pytest.fixture(params=PLACES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opened]:
    with opened(request.param, tmp_path) as made:
        yield made


def flagged(store: Opened, host: str, *outlets: str) -> Site:
    store.admit(admission(host, *outlets))
    site, version = store.site(host)
    assert store.save(impersonating(site, START), version)
    return store.site(host)[0]


def changed(store: Opened, host: str, at: timedelta, **changes: object) -> None:
    site, version = store.site(host)
    lookalikes = tuple(replace(lookalike, **changes) for lookalike in site.lookalikes)  # type: ignore[arg-type]  # by name
    assert store.save(replace(site, lookalikes=lookalikes), version, at=START + at)


def test_what_was_never_flagged_is_not_exported(store: Opened) -> None:
    store.admit(admission("spiegel.ltd", "spiegel"))
    assert store.read(lambda unit: list(unit.exports.entries())) == []
    assert store.read(lambda unit: (unit.exports.outlets(), unit.exports.changed_at())) == ((), None)


def test_a_flagged_lookalike_is_an_entry_with_what_is_known_of_its_site(store: Opened) -> None:
    flagged(store, "spiegel.ltd", "spiegel")
    (entry,) = store.read(lambda unit: list(unit.exports.entries()))
    assert (entry.site, entry.domain, entry.outlet, entry.verdict) == (
        "spiegel.ltd",
        "spiegel.ltd",
        "spiegel",
        Verdict.IMPERSONATION,
    )
    assert (entry.first_flagged_at, entry.changed_at, entry.withdrawn_at) == (START, START, None)
    assert (entry.live, entry.blocked, entry.registrar) == (True, False, "Registrar Ltd")
    assert entry.evidence == {"form"}
    assert not entry.confirmed


def test_an_analysts_word_confirms_and_a_withdrawn_flag_stays_with_its_date(store: Opened) -> None:
    flagged(store, "spiegel.ltd", "spiegel")
    word = AnalystWord(verdict=Verdict.IMPERSONATION, reason=WordReason.OTHER, note="seen", by="ana", at=START + HOUR)
    changed(store, "spiegel.ltd", HOUR, analyst=word)
    (entry,) = store.read(lambda unit: list(unit.exports.entries()))
    assert (entry.confirmed_by, entry.confirmed, entry.changed_at) == ("ana", True, START + HOUR)
    changed(store, "spiegel.ltd", 2 * HOUR, verdict=Verdict.INNOCENT, analyst=None)
    (entry,) = store.read(lambda unit: list(unit.exports.entries()))
    assert (entry.withdrawn_at, entry.first_flagged_at, entry.live) == (START + 2 * HOUR, START, False)
    assert store.read(lambda unit: unit.exports.changed_at()) == START + 2 * HOUR


def test_entries_come_outlet_by_outlet_and_can_be_chosen(store: Opened) -> None:
    for host, outlets in (("one.ltd", ("spiegel", "bild")), ("two.ltd", ("bild",)), ("three.ltd", ("spiegel",))):
        flagged(store, host, *outlets)
    site, version = store.site("two.ltd")
    ended = tuple(
        replace(one, episodes=(replace(one.episodes[0], ended_at=START + HOUR, cause=Cause.BLOCKED),))
        for one in site.lookalikes
    )
    block = Block(id="b1", place=Place.HOST, effective_from=START, known_from=START, reported=True)
    assert store.save(replace(site, lookalikes=ended, blocks=(block,)), version)

    def named(*outlets: str, live: bool = False) -> list[tuple[str, str]]:
        entries = store.read(lambda unit: list(unit.exports.entries(outlets or None, live=live)))
        return [(entry.outlet, entry.site) for entry in entries]

    assert named() == [("bild", "one.ltd"), ("bild", "two.ltd"), ("spiegel", "one.ltd"), ("spiegel", "three.ltd")]
    assert named("spiegel") == [("spiegel", "one.ltd"), ("spiegel", "three.ltd")]
    assert named("bild", live=True) == [("bild", "one.ltd")]
    assert store.read(lambda unit: unit.exports.outlets()) == ("bild", "spiegel")
    assert [e.blocked for e in store.read(lambda unit: list(unit.exports.entries(("bild",))))] == [False, True]
    assert store.read(lambda unit: list(unit.exports.entries(changed_after=START))) == []
