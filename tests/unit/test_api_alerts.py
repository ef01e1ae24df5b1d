"""Alert groups and digests as the API and the command line show them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from service.core.states import Verdict
from tests.fakes_api import BILD, SPIEGEL, ApiUnderTest, api_under_test


@pytest.fixture
def api() -> Iterator[ApiUnderTest]:
    """An impersonation of one outlet, and a suspected one of another."""
    with api_under_test() as made:
        made.watch(SPIEGEL, BILD)
        made.admit("spiegel.ltd", "bild.pics")
        made.look("spiegel.ltd", "spiegel", Verdict.IMPERSONATION)
        made.look("bild.pics", "bild", Verdict.SUSPECTED)
        yield made


def test_groups_are_listed_acknowledged_by_a_site_and_taken_back(api: ApiUnderTest) -> None:
    listed = api.get("/v1/alert-groups")["data"]
    assert [(one["group"], one["severity"], one["last_event"]) for one in listed] == [
        ("family:bild", "high", "lookalike.suspected"),
        ("family:spiegel", "critical", "impersonation.confirmed"),
    ]
    asked = {"group": "spiegel.ltd", "note": "reported"}
    taken = api.post("/v1/alert-groups/acknowledge", asked, 200)
    assert (taken["group"], taken["acknowledged"], taken["note"]) == ("family:spiegel", True, "reported")
    assert taken["acknowledged_by"].startswith("token ")
    assert api.get("/v1/alert-groups", params={"acknowledged": "true"})["data"] == [taken]
    api.clock.advance(timedelta(days=40))
    assert api.get("/v1/alert-groups")["data"] == [taken]
    back = api.post("/v1/alert-groups/reopen", {"group": "family:spiegel"}, 200)
    assert (back["acknowledged"], back["note"]) == (False, "reported")
    assert api.get("/v1/alert-groups", params={"days": 50, "limit": 1})["next_cursor"] is not None


@pytest.mark.parametrize("path", ["acknowledge", "reopen"])
@pytest.mark.parametrize(("group", "status"), [("nobody.example", 404), ("campaign:cmp_0", 404), ("", 422)])
def test_what_is_no_group_is_refused(api: ApiUnderTest, path: str, group: str, status: int) -> None:
    problem = api.post(f"/v1/alert-groups/{path}", {"group": group}, status)
    assert "group" in problem["detail"] or problem["errors"][0]["pointer"] == "/body/group"


@pytest.mark.parametrize(
    ("given", "minutes"),
    [
        ({}, 0),
        ({"digest_minutes": 15}, 15),
        ({"kind": "slack"}, 60),
        ({"kind": "slack", "digest_minutes": 0}, 0),
    ],
)
def test_people_get_digests_and_programs_each_event_unless_something_else_is_said(
    api: ApiUnderTest, given: dict[str, object], minutes: int
) -> None:
    made = api.post("/v1/webhooks", {"url": "https://hooks.example.org/x", **given})
    assert made["digest_minutes"] == minutes
    path = f"/v1/webhooks/{made['id']}"
    before = api.answer("GET", path).headers["etag"]
    changed = api.answer("PATCH", path, json={"digest_minutes": 240})
    assert (changed.json()["digest_minutes"], changed.headers["etag"] != before) == (240, True)
    assert api.answer("PATCH", path, json={"digest_minutes": 0}).json()["digest_minutes"] == 0
    assert api.answer("PATCH", path, json={"digest_minutes": -1}).status_code == 422
