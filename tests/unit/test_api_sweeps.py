"""/v1/sweeps: coverage as people and programs read it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from service.core.alerts.events import rfc3339
from service.core.states import Tier
from service.ports import UnitOfWork
from tests.builders import START
from tests.fakes_api import SPIEGEL, ApiUnderTest, api_under_test


@pytest.fixture(scope="module")
def api() -> Iterator[ApiUnderTest]:
    """Two sweeps of Spiegel, the first complete with three unanswered names, and one of Bild."""
    with api_under_test() as made:

        def step(uow: UnitOfWork) -> None:
            first = uow.sweeps.begin("spiegel", Tier.EXACT, "rules-1", "system", START, total=100)
            done = replace(first, position=90, asked=90, existing=2, unanswered=3, first_suffix="com", last_suffix="zw")
            uow.sweeps.advance(replace(done, finished_at=START + timedelta(hours=1)), ("c.kp", "a.kp", "b.kp"))
            uow.sweeps.begin("spiegel", Tier.FULL, "rules-1", "system", START + timedelta(hours=2), total=9)
            uow.sweeps.begin("bild", Tier.EXACT, "rules-1", "system", START + timedelta(hours=3))

        made.run(made.store.write(step))
        yield made


def test_a_sweep_says_what_it_covered_and_what_it_found(api: ApiUnderTest) -> None:
    (row,) = api.get("/v1/sweeps", params={"complete": "true"})["data"]
    assert row == api.get(f"/v1/sweeps/{row['id']}")
    figures = {name: row[name] for name in ("total", "asked", "existing", "absent", "unanswered")}
    assert figures == {"total": 90, "asked": 90, "existing": 2, "absent": 85, "unanswered": 3}
    assert (row["first_suffix"], row["last_suffix"], row["vantage"]) == ("com", "zw", "system")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, [3, 2, 1]),
        ({"outlet": "spiegel"}, [2, 1]),
        ({"tier": "exact"}, [3, 1]),
        ({"complete": "false"}, [3, 2]),
        ({"started_after": "2026-06-01T00:00:00Z", "outlet": "nobody"}, []),
    ],
)
def test_each_filter_narrows_the_list(api: ApiUnderTest, query: dict[str, str], found: list[int]) -> None:
    assert [row["id"] for row in api.get("/v1/sweeps", params=query)["data"]] == found


def test_pages_follow_one_another(api: ApiUnderTest) -> None:
    seen, cursor = [], None
    while True:
        page = api.get("/v1/sweeps", params={"limit": 1} | ({"cursor": cursor} if cursor else {}))
        seen += [row["id"] for row in page["data"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [3, 2, 1]


def test_unanswered_names_are_listed_in_their_order(api: ApiUnderTest) -> None:
    page = api.get("/v1/sweeps/1/unanswered", params={"limit": 2})
    assert page == {"data": ["a.kp", "b.kp"], "next_after": "b.kp"}
    rest = api.get("/v1/sweeps/1/unanswered", params={"limit": 2, "after": "b.kp"})
    assert rest == {"data": ["c.kp"], "next_after": None}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/sweeps/99", 404),
        ("/v1/sweeps/99/unanswered", 404),
        ("/v1/sweeps/0", 422),
        ("/v1/sweeps?tier=some", 422),
        ("/v1/sweeps?colour=red", 422),
        ("/v1/sweeps?cursor=nonsense", 422),
    ],
)
def test_what_is_not_there_or_makes_no_sense_is_refused(api: ApiUnderTest, path: str, status: int) -> None:
    assert api.answer("GET", path).status_code == status


# --- asked for now ---------------------------------------------------------------------------------------------------


def test_a_sweep_that_is_asked_for_is_made_although_no_tier_runs_by_itself() -> None:
    with api_under_test() as api:
        api.watch(SPIEGEL)
        answer = api.answer("POST", "/v1/sweeps", json={"outlet": "spiegel"})
        assert answer.status_code == 202
        begun = answer.json()
        assert (begun["tier"], begun["complete"], begun["requested_at"]) == ("exact", False, rfc3339(START))
        again = api.answer("POST", "/v1/sweeps", json={"outlet": "spiegel", "tier": "exact"})
        assert again.headers["Location"] == answer.headers["Location"]  # one is under way
        assert api.run(api.app.sweeper.run_due()) > 0
        done = api.get(answer.headers["Location"])
        assert (done["complete"], done["asked"]) == (True, done["total"])
        assert api.run(api.app.sweeper.run_due()) == 0


def test_a_sweep_that_cannot_go_on_hands_what_was_asked_of_it_to_its_successor() -> None:
    with api_under_test() as api:
        api.watch(SPIEGEL)
        first = api.post("/v1/sweeps", {"outlet": "spiegel"}, 202)
        api.watch(replace(SPIEGEL, labels=("spon-online",)))  # other names are to be asked for now
        assert api.run(api.app.sweeper.run_due()) > 0
        newest, before = api.get("/v1/sweeps")["data"]
        assert (newest["complete"], newest["requested_at"]) == (True, first["requested_at"])
        assert (before["id"], before["complete"], before["requested_at"]) == (first["id"], False, None)


def test_what_was_asked_of_an_outlet_that_left_the_list_is_dropped() -> None:
    with api_under_test() as api:
        api.watch(SPIEGEL)
        api.post("/v1/sweeps", {"outlet": "spiegel"}, 202)
        api.run(api.store.write(lambda uow: uow.outlets.remove("spiegel")))
        api.run(api.watched.refresh())
        assert api.run(api.app.sweeper.run_due()) == 0
        assert [row["requested_at"] for row in api.get("/v1/sweeps")["data"]] == [None]


@pytest.mark.parametrize(
    ("content", "pointer"),
    [({"outlet": "nobody"}, "/body/outlet"), ({"outlet": "spiegel", "tier": "siblings"}, "/body/tier")],
)
def test_what_cannot_be_swept_is_refused(content: dict[str, str], pointer: str) -> None:
    with api_under_test() as api:
        api.watch(SPIEGEL)
        answer = api.answer("POST", "/v1/sweeps", json=content)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
