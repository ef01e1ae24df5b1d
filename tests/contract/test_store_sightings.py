"""Sightings, their reports and uploaded pages: what the ports promise."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from service.core.errors import InvalidInput, NotFound
from service.core.facts.page import PageFacts
from service.core.sightings.capture import Capture
from service.core.sightings.sighting import Outcome, Report, Reported, Sighting
from tests.store_cases import HOUR, PLACES, START, Opened, admission, opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOST = "spiegel.ltd"
REPORT = Report(id="sgr_1", by="one", at=START, format="text", count=3, tlp="green", passed_over={"no referrer": 2})
GIVEN = Reported(
    entry="line 1", url="https://spiegel.ltd/\0\ud800", seen_at=START - HOUR, tlp="red", chain=("t.co",), note="x"
)


@pytest.fixture(params=PLACES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opened]:
    with opened(request.param, tmp_path) as made:
        yield made


def sighting(outcome: Outcome = Outcome.WAITING, site: str = "") -> Sighting:
    return Sighting(report=REPORT.id, reported=GIVEN, outcome=outcome, at=START, site=site)


def test_what_waits_is_found_until_something_came_of_it(store: Opened) -> None:
    store.write(lambda uow: uow.sightings.open(REPORT))
    first, second = store.write(lambda uow: uow.sightings.put([sighting(), sighting()]))
    assert [one.id for one in store.read(lambda uow: uow.sightings.waiting(9))] == [first.id, second.id]
    store.write(lambda uow: uow.sightings.put([replace(first, outcome=Outcome.ADMITTED, site=HOST)]))
    (left,) = store.read(lambda uow: uow.sightings.waiting(9))
    assert left == replace(second, reported=replace(GIVEN, url="https://spiegel.ltd/\ufffd\ufffd"))


def test_a_report_counts_against_its_own_token_from_a_time_on(store: Opened) -> None:
    store.write(lambda uow: uow.sightings.open(REPORT))
    store.write(lambda uow: uow.sightings.open(replace(REPORT, id="sgr_2", by="two")))
    store.write(lambda uow: uow.sightings.close(replace(REPORT, count=5)))
    spent = store.read(lambda uow: [uow.sightings.spent(*asked) for asked in (("one", START), ("one", START + HOUR))])
    assert spent == [5, 0]


def test_a_report_says_how_far_it_is_and_a_page_goes_on_where_the_last_ended(store: Opened) -> None:
    store.admit(admission(HOST))
    store.write(lambda uow: uow.sightings.open(REPORT))
    given = [sighting(Outcome.ADMITTED, HOST), sighting(Outcome.KNOWN, HOST), sighting(Outcome.REFUSED)]
    ids = [f"sgt_{one.id}" for one in store.write(lambda uow: uow.sightings.put(given))]
    found = store.read(lambda uow: uow.sighting_views.report(REPORT.id))
    assert found is not None
    assert found["outcomes"] == {"waiting": 0, "admitted": 1, "known": 1, "refused": 1}
    assert found["states"] == {"pending": 2, "looked": 0, "judged": 0}
    assert found["passed_over"] == {"no referrer": 2}
    rows, cursor = store.read(lambda uow: uow.sighting_views.page({"report": REPORT.id}, None, 2))
    more, end = store.read(lambda uow: uow.sighting_views.page({"report": REPORT.id, "state": None}, cursor, 2))
    assert ([row["id"] for row in (*rows, *more)], end) == (ids[::-1], None)
    pending, _ = store.read(lambda uow: uow.sighting_views.page({"state": "pending", "site": HOST}, None, 9))
    assert [row["id"] for row in pending] == ids[1::-1]
    assert store.read(lambda uow: uow.sighting_views.sighting("sgt_999")) is None
    with pytest.raises(InvalidInput):
        store.read(lambda uow: uow.sighting_views.page({"nonsense": 1}, None, 2))


def test_an_uploaded_page_is_found_by_its_host_while_it_is_new(store: Opened) -> None:
    store.write(lambda uow: uow.sightings.open(REPORT))
    (kept,) = store.write(lambda uow: uow.sightings.put([sighting(Outcome.ADMITTED, HOST)]))
    capture = Capture(
        sighting=kept.id,
        host=HOST,
        url="https://spiegel.ltd/a",
        captured_at=START - HOUR,
        received_at=START,
        evidence="evd_1",
        page=PageFacts(title="Spiegel", shingles=frozenset({2**63})),
    )
    store.write(lambda uow: uow.captures.add(capture))
    store.write(lambda uow: uow.captures.add(replace(capture, page=None, evidence="evd_2")))
    assert store.read(lambda uow: uow.captures.of(HOST, START)) == (capture,)
    assert store.read(lambda uow: uow.captures.of(HOST, START + HOUR)) == ()
    shown = store.read(lambda uow: uow.sighting_views.sighting(f"sgt_{kept.id}"))
    assert shown is not None
    assert [(one["evidence"], one["has_page"]) for one in shown["captures"]] == [("evd_1", True), ("evd_2", False)]
    with pytest.raises(NotFound):
        store.write(lambda uow: uow.captures.add(replace(capture, sighting=kept.id + 1)))
