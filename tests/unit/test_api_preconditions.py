"""Nobody overwrites what they have not seen; lists go on where they stopped; sites; words on many lookalikes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from service.api.app import declare
from service.core.states import Verdict
from service.core.tokens import Scope
from tests.fakes_api import BILD, SPIEGEL, ApiUnderTest, api_under_test

CHANGING = [
    (method, path, operation)
    for path, methods in declare("1").openapi()["paths"].items()
    for method, operation in methods.items()
    if method in ("put", "patch", "delete")
]


@pytest.fixture
def api() -> Iterator[ApiUnderTest]:
    with api_under_test() as made:
        made.watch(SPIEGEL, BILD)
        yield made


@pytest.fixture
def found(api: ApiUnderTest) -> ApiUnderTest:
    return filled(api)


@pytest.fixture(scope="module")
def calm() -> Iterator[ApiUnderTest]:
    """The same for tests that change nothing."""
    with api_under_test() as made:
        made.watch(SPIEGEL, BILD)
        yield filled(made)


def filled(api: ApiUnderTest) -> ApiUnderTest:
    """A site that resembles both outlets, and one that was reported and resembles none."""
    api.admit("bild-spiegel.com")
    api.look("bild-spiegel.com", "bild", Verdict.IMPERSONATION)
    api.post("/v1/sightings", {"url": "https://unrelated.example.org/artikel-1.html"}, 202)
    return api


# --- If-Match --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "path", "operation"), CHANGING, ids=[f"{one[0]} {one[1]}" for one in CHANGING])
def test_what_changes_or_removes_asks_for_if_match(
    calm: ApiUnderTest, method: str, path: str, operation: dict[str, Any]
) -> None:
    asked = {parameter["name"] for parameter in operation["parameters"]}
    assert "if-match" in {name.lower() for name in asked}, "take preconditions.Required and check it in the transaction"
    assert {"404", "412", "428"} <= set(operation["responses"])
    body: dict[str, Any] = {"json": {}} if "requestBody" in operation else {}
    answer = calm.answer(method.upper(), path, headers={"If-Match": ""}, **body)
    assert answer.status_code == 428, answer.text


@pytest.mark.parametrize(
    ("route", "content", "method", "change"),
    [
        ("/v1/webhooks", {"url": "https://hooks.example.org/"}, "PATCH", {"note": "night shift"}),
        ("/v1/outlets", {"domain": "welt.de"}, "DELETE", None),
        ("/v1/tokens", {"scopes": ["read"]}, "DELETE", None),
    ],
)
def test_what_somebody_else_changed_is_not_overwritten(
    api: ApiUnderTest, route: str, content: dict[str, Any], method: str, change: Any
) -> None:
    path = f"{route}/{api.post(route, content)['id']}"
    etag = api.answer("GET", path).headers["ETag"]
    stale = api.answer(method, path, json=change, headers={"If-Match": '"0123456789abcdef0123456789abcdef"'})
    assert (stale.status_code, stale.json()["title"]) == (412, "Precondition Failed")
    assert api.answer("GET", path).headers["ETag"] == etag
    assert api.answer(method, path, json=change, headers={"If-Match": f"W/{etag}"}).status_code == 412
    done = api.answer(method, path, json=change, headers={"If-Match": f'"other", {etag}'})
    assert done.status_code == (200 if method == "PATCH" else 204)
    again = api.answer(method, path, json=change, headers={"If-Match": etag})
    assert again.status_code == (404 if route == "/v1/outlets" else 412)


def test_a_token_s_etag_does_not_change_by_its_being_used(api: ApiUnderTest) -> None:
    made = api.post("/v1/tokens", {"scopes": ["read"]})
    before = api.answer("GET", f"/v1/tokens/{made['id']}")
    assert api.answer("GET", "/v1/events", token=made["token"]).status_code == 200
    after = api.answer("GET", f"/v1/tokens/{made['id']}")
    assert (before.json()["last_used_at"], before.headers["ETag"]) == (None, after.headers["ETag"])
    assert after.json()["last_used_at"] is not None


def test_an_answer_that_has_not_changed_is_not_sent_again(api: ApiUnderTest) -> None:
    first = api.answer("GET", "/v1/outlets/bild")
    again = api.answer("GET", "/v1/outlets/bild", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_word_on_what_was_read_is_refused_where_that_has_changed(found: ApiUnderTest) -> None:
    (number,) = (item["id"] for item in found.get("/v1/lookalikes", params={"outlet": "bild"})["data"])
    path, word = f"/v1/lookalikes/{number}", {"verdict": "innocent", "reason": "company"}
    read = found.answer("GET", path).headers["ETag"]
    found.look("bild-spiegel.com", "bild", Verdict.IMPERSONATION, evidence="now another page")
    assert found.answer("POST", f"{path}/verdict", json=word, headers={"If-Match": read}).status_code == 412
    assert found.get(path)["explanation"]["analyst"] is None
    now = found.answer("GET", path).headers["ETag"]
    taken = found.answer("POST", f"{path}/verdict", json=word, headers={"If-Match": now})
    assert (taken.status_code, taken.headers["ETag"]) == (200, found.answer("GET", path).headers["ETag"])


# --- words on many lookalikes ----------------------------------------------------------------------------------------


def test_each_of_many_words_is_taken_or_refused_on_its_own(found: ApiUnderTest) -> None:
    ids = {item["outlet"]: item["id"] for item in found.get("/v1/lookalikes")["data"]}
    words = [
        {"lookalike": ids["bild"], "verdict": "innocent", "reason": "company"},
        {"lookalike": "lka_99", "verdict": "innocent", "reason": "company"},
        {
            "lookalike": ids["spiegel"],
            "verdict": "suspected",
            "reason": "other",
            "note": "a tip",
            "if_match": '"stale"',
        },
    ]
    said = found.post("/v1/verdicts", {"verdicts": words}, 200)
    assert (said["given"], said["refused"]) == (1, 2)
    assert [result["status"] for result in said["results"]] == ["given", "refused", "refused"]
    assert said["results"][1]["reason"] == "there is no lookalike lka_99"
    assert "changed since" in said["results"][2]["reason"]
    assert found.get(f"/v1/lookalikes/{ids['bild']}")["explanation"]["analyst"]["reason"] == "company"
    limited = found.token(Scope.WRITE, outlets=frozenset({"spiegel"}))
    (result,) = found.post("/v1/verdicts", {"verdicts": words[:1]}, 200, token=limited)["results"]
    assert result["reason"] == f"there is no lookalike {ids['bild']}"


# --- pages -----------------------------------------------------------------------------------------------------------


def through(api: ApiUnderTest, path: str, between: Any = None) -> list[Any]:
    """Every row of a list, two at a time; ``between`` happens after the first page."""
    rows, cursor = [], None
    while True:
        page = api.get(path, params={"limit": 2} | ({"cursor": cursor} if cursor else {}))
        assert len(page["data"]) <= 2
        rows += page["data"]
        if between is not None and cursor is None:
            between()
        cursor = page["next_cursor"]
        if cursor is None:
            return rows


@pytest.mark.parametrize(
    ("route", "contents"),
    [
        ("/v1/outlets", [{"domain": f"{label}.de"} for label in ("welt", "zeit", "taz", "stern", "abc")]),
        ("/v1/webhooks", [{"url": f"https://hooks.example.org/{number}"} for number in range(5)]),
        ("/v1/tokens", [{"scopes": ["read"], "note": str(number)} for number in range(5)]),
        (
            "/v1/actions",
            [
                {"id": f"a{n}", "authority": "a court", "place": "host", "effective": f"2022-0{6 - n}-01T00:00:00Z"}
                for n in range(1, 6)
            ],
        ),
        (
            "/v1/blocks",
            [
                {"site": "bild.pics", "place": "host", "effective_from": f"2022-0{n}-01T00:00:00Z", "reference": "x"}
                for n in range(1, 6)
            ],
        ),
    ],
)
def test_pages_hold_each_row_once_while_rows_are_added(
    api: ApiUnderTest, route: str, contents: list[dict[str, Any]]
) -> None:
    for content in contents[:-1]:
        api.post(route, content)
    whole = [row["id"] for row in api.get(route)["data"]]
    paged = [row["id"] for row in through(api, route, lambda: api.post(route, contents[-1]))]
    assert [number for number in paged if number in whole] == whole
    assert len(paged) == len(set(paged))
    assert api.answer("GET", route, params={"cursor": "bm9uc2Vuc2U"}).status_code == 422


# --- sites -----------------------------------------------------------------------------------------------------------


def test_sites_are_listed_newest_first_with_what_they_resemble(calm: ApiUnderTest) -> None:
    unrelated, both = calm.get("/v1/sites")["data"]
    assert (unrelated["host"], unrelated["lookalikes"]) == ("unrelated.example.org", [])
    assert {one["outlet"] for one in both["lookalikes"]} == {"bild", "spiegel"}
    assert (both["source"], both["suffix"], both["availability"]) == ("sweep:exact", "com", "live")
    assert [row["host"] for row in through(calm, "/v1/sites")] == [unrelated["host"], both["host"]]


@pytest.mark.parametrize(
    ("query", "hosts"),
    [
        ({"q": "SPIEGEL"}, ["bild-spiegel.com"]),
        ({"domain": "example.org"}, ["unrelated.example.org"]),
        ({"suffix": "com"}, ["bild-spiegel.com"]),
        ({"availability": "live"}, ["bild-spiegel.com"]),
        ({"outlet": "bild"}, ["bild-spiegel.com"]),
        ({"due_before": "2022-01-01T00:00:00Z"}, []),
    ],
)
def test_each_filter_narrows_the_sites(calm: ApiUnderTest, query: dict[str, str], hosts: list[str]) -> None:
    assert [row["host"] for row in calm.get("/v1/sites", params=query)["data"]] == hosts


def test_one_site_has_what_is_known_of_it(found: ApiUnderTest) -> None:
    block = {"site": "bild-spiegel.com", "place": "host", "effective_from": "2022-05-01T00:00:00Z"}
    found.post("/v1/blocks", block)
    site = found.get("/v1/sites/bild-spiegel.com")
    assert site["blocked"]
    assert [one["place"] for one in site["blocks"]] == ["host"]
    assert (site["registration"]["domain"], site["dns"]["host"]) == ("bild-spiegel.com", "bild-spiegel.com")
    assert site["observations"][0]["availability"] == "live"
    (target,) = found.get("/v1/sites/unrelated[.]example[.]org")["targets"]
    assert target == {"url": "https://unrelated.example.org/artikel-1.html", "source": "sighting"}
    assert found.answer("GET", "/v1/sites/nobody.example.org").status_code == 404


def test_a_limited_token_sees_the_sites_of_its_outlets_and_their_judgements_alone(calm: ApiUnderTest) -> None:
    token = calm.token(Scope.READ, outlets=frozenset({"bild"}))
    (row,) = calm.get("/v1/sites", token=token)["data"]
    assert [one["outlet"] for one in row["lookalikes"]] == ["bild"]
    site = calm.get("/v1/sites/bild-spiegel.com", token=token)
    assert [one["outlet"] for one in site["lookalikes"]] == ["bild"]
    assert all(set(one["summary"]["judgements"]) <= {"bild"} for one in site["observations"])
    assert calm.answer("GET", "/v1/sites/unrelated.example.org", token=token).status_code == 404


@pytest.mark.parametrize(
    ("path", "content"),
    [("/v1/tokens", {"scopes": []}), ("/v1/webhooks/whk_none/rotate", {}), ("/v1/webhooks/whk_none/test", None)],
)
def test_a_refusal_is_the_same_again_also_where_answers_hold_secrets(
    api: ApiUnderTest, path: str, content: dict[str, Any] | None
) -> None:
    answers = [api.answer("POST", path, json=content, headers={"Idempotency-Key": path}) for _ in range(2)]
    assert answers[0].status_code in (404, 422)
    assert (answers[1].status_code, answers[1].content) == (answers[0].status_code, answers[0].content)
