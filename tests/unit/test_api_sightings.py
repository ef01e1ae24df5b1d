"""Sightings over the API: what came of each, how they go on, and how many one may report."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from service.core.states import Verdict
from service.core.tokens import Scope
from service.pipeline.sightings import SightingDesk
from tests.fakes_api import BILD, SPIEGEL, ApiUnderTest, api_under_test

SITE = "spiegel.ltd"


@pytest.fixture
def api() -> Iterator[ApiUnderTest]:
    with api_under_test() as made:
        made.watch(SPIEGEL, BILD)
        yield made


def limit(api: ApiUnderTest, daily: int) -> None:
    desk = SightingDesk(
        clock=api.clock, store=api.store, watched=api.watched, token_bytes=api.app.token_bytes, daily=daily
    )
    api.app = api.build(sightings=desk)


def send(api: ApiUnderTest, content: bytes, query: str = "", **more: Any) -> httpx.Response:
    return api.answer("POST", f"/v1/sightings/import{query}", content=content, **more)


def test_an_address_that_is_known_already_says_so_and_wakes_its_site_after_an_hour(api: ApiUnderTest) -> None:
    seen = {"url": f"https://{SITE}/a"}
    first, again = (api.post("/v1/sightings", seen, 202) for _ in range(2))
    assert [(one["admitted"], one["known"]) for one in (first, again)] == [(1, 0), (0, 1)]
    api.look(SITE, "spiegel", Verdict.UNKNOWN)
    assert api.post("/v1/sightings", seen, 202)["known"] == 1
    api.clock.advance(timedelta(hours=1))
    later = api.clock.now() + timedelta(days=1)
    api.run(api.store.write(lambda uow: uow.sites.claim(api.clock.now(), later, 9)))
    assert api.post("/v1/sightings", seen, 202)["admitted"] == 1


def test_a_sighting_goes_from_pending_to_judged_and_leads_to_its_lookalikes(api: ApiUnderTest) -> None:
    given = {"url": f"https://{SITE}/a", "chain": ["https://t.co/x"], "tlp": "amber", "note": "<b>", "seen_at": None}
    (result,) = api.post("/v1/sightings", given | {"seen_at": "2022-05-01T00:00:00Z"}, 202)["results"]
    path = f"/v1/sightings/{result['id']}"
    before = api.get(path)
    assert (before["state"], before["chain"], before["tlp"], before["note"]) == (
        "pending",
        ["https://t.co/x"],
        "amber",
        "<b>",
    )
    api.look(SITE, "spiegel", Verdict.IMPERSONATION)
    assert api.get(path)["state"] == "looked"
    assert [(one["outlet"], one["verdict"]) for one in api.get(path)["lookalikes"]] == [("spiegel", "impersonation")]
    assert api.get("/v1/sightings", params={"state": "looked", "site": SITE})["data"][0]["id"] == result["id"]
    assert api.get("/v1/sightings", params={"state": "pending"})["data"] == []


def test_a_thousand_addresses_of_a_host_are_one_site_with_fifty_targets(api: ApiUnderTest) -> None:
    api.post("/v1/sightings", {"urls": [f"https://jiraboom.pro/{number}" for number in range(1000)]}, 202)
    (site,) = api.get("/v1/sites")["data"]
    assert site["host"] == "jiraboom.pro"
    assert len(api.get("/v1/sites/jiraboom.pro")["targets"]) == 50


def test_a_file_is_taken_line_by_line_and_can_be_followed(api: ApiUnderTest) -> None:
    token = api.token(Scope.REPORT)
    answer = send(
        api, gzip.compress(b"spiegel.ltd\nhttps://www.spiegel.de/\nspiegel.ltd\nx y\n"), "?tlp=red", token=token
    )
    assert answer.status_code == 202
    where = answer.headers["Location"]
    report = api.get(where, token=token)
    assert report["outcomes"] == {"admitted": 1, "known": 1, "refused": 2, "waiting": 0}
    assert (report["format"], report["count"], report["states"]["pending"], report["tlp"]) == ("text", 4, 2, "red")
    refused = api.get(where, token=token, params={"outcome": "refused"})["data"]
    assert {one["entry"]: one["reason"] for one in refused} == {
        "line 2": "spiegel.de is the own domain of spiegel",
        "line 4": "a URL holds no spaces and no control characters",
    }
    assert api.answer("GET", where, token=api.token(Scope.REPORT)).status_code == 404
    assert api.answer("GET", "/v1/sightings", token=token).status_code == 403


def test_a_long_file_waits_and_is_worked_off_after_the_answer(api: ApiUnderTest) -> None:
    answer = send(api, "".join(f"name{number}.pics\n" for number in range(1200)).encode())
    assert answer.json()["outcomes"]["waiting"] == 1200
    assert api.get("/v1/sites")["data"] == []
    assert api.run(api.app.sightings.work()) == 1200
    report = api.get(answer.headers["Location"], params={"limit": 500})
    assert report["outcomes"]["admitted"] == 1200
    assert [one["entry"] for one in report["data"]][:2] == ["line 1200", "line 1199"]
    following = api.get(answer.headers["Location"], params={"cursor": report["next_cursor"], "limit": 1})
    assert following["data"][0]["entry"] == "line 700"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "there is no address"),
        (b"\xff\xfea\0", "UTF-16"),
        (b"[" * 50_000, "no JSON"),
        (b"# nothing\n", "no address"),
    ],
)
def test_a_file_that_reports_nothing_is_refused(api: ApiUnderTest, content: bytes, said: str) -> None:
    answer = send(api, content)
    assert (answer.status_code, said in answer.json()["detail"]) == (422, True)
    assert api.get("/v1/sightings")["data"] == []


def test_a_file_may_be_larger_than_other_bodies_and_is_bounded(api: ApiUnderTest) -> None:
    assert send(api, b"#\n" * (1 << 20)).status_code == 422
    assert send(api, b"#" * ((16 << 20) + 1)).status_code == 413


def test_who_has_reported_enough_for_the_day_is_told_when_the_next_begins(api: ApiUnderTest) -> None:
    limit(api, 3)
    api.post("/v1/sightings", {"urls": ["a.pics", "b.pics"]}, 202)
    refused = api.answer("POST", "/v1/sightings", json={"urls": ["c.pics", "d.pics"]})
    left = 24 * 3600 - (api.clock.now() - api.clock.now().replace(hour=0, minute=0, second=0)).total_seconds()
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, str(int(left)))
    assert "1 are left today, and these are 2" in refused.json()["detail"]
    api.post("/v1/sightings", {"url": "c.pics"}, 202)
    assert send(api, b"d.pics").status_code == 429
    assert len(api.get("/v1/sites")["data"]) == 3
    assert api.answer("POST", "/v1/sightings", json={"url": "e.pics"}, token=api.token(Scope.REPORT)).status_code == 202
    api.clock.advance(timedelta(days=1))
    assert send(api, b"d.pics").status_code == 202


def test_exports_mark_a_site_as_strictly_as_any_report_of_it(api: ApiUnderTest) -> None:
    for level in ("amber", "red", "green"):
        api.post("/v1/sightings", {"url": SITE, "tlp": level}, 202)
    api.post("/v1/sightings", {"url": "bild.pics"}, 202)
    api.look(SITE, "spiegel", Verdict.IMPERSONATION)
    api.look("bild.pics", "bild", Verdict.IMPERSONATION)
    found = api.run(api.store.read(lambda uow: {one.site: one.tlp for one in uow.exports.entries()}))
    assert found == {SITE: "red", "bild.pics": ""}


def test_the_wrapper_around_a_link_is_taken_off(api: ApiUnderTest) -> None:
    wrapped = "https://l.facebook.com/l.php?u=https%3A%2F%2Fspiegel.ltd%2Fa&h=x"
    (result,) = api.post("/v1/sightings", {"url": wrapped}, 202)["results"]
    assert (result["url"], result["site"]) == (wrapped, SITE)
