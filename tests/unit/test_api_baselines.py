"""/v1/outlets/{outlet_id}/baselines: listed, added from archives, revoked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from service.core.tokens import Scope
from tests.fakes_api import SPIEGEL, ApiUnderTest, api_under_test

PATH = "/v1/outlets/spiegel/baselines"
PAGE = {"source": "2021.html", "taken_at": "2021-04-01T00:00:00Z", "html": "<title>Alt</title><p class=x>Text</p>"}


@pytest.fixture(scope="module")
def api() -> Iterator[ApiUnderTest]:
    with api_under_test() as made:
        made.watch(SPIEGEL)
        yield made


def test_an_archived_page_is_added_once_listed_and_revoked(api: ApiUnderTest) -> None:
    (added,) = api.post(PATH, PAGE)["data"]
    assert (added["kind"], added["state"], added["title"], added["url"]) == ("archived", "in-use", "Alt", "2021.html")
    assert added["taken_at"] == PAGE["taken_at"]
    assert api.post(PATH, PAGE, 200)["data"] == [added]
    content = {"state": "revoked", "note": "the site was defaced"}
    revoked = api.answer("PATCH", f"{PATH}/{added['id']}", json=content).json()
    assert revoked == added | content | {"by": revoked["by"]}
    assert revoked["by"].startswith("token ")
    assert api.get(PATH)["data"] == [revoked]


@pytest.mark.parametrize(
    ("method", "path", "content", "status"),
    [
        ("GET", "/v1/outlets/nobody/baselines", None, 404),
        ("POST", "/v1/outlets/nobody/baselines", PAGE, 404),
        ("PATCH", f"{PATH}/bl_99", {"state": "revoked"}, 404),
        ("PATCH", f"{PATH}/bl_1", {"state": "held"}, 422),
        ("POST", PATH, PAGE | {"html": ""}, 422),
        ("POST", PATH, PAGE | {"taken_at": "2021-04-01"}, 422),
    ],
)
def test_what_is_not_there_or_not_right_is_refused(
    api: ApiUnderTest, method: str, path: str, content: dict[str, Any] | None, status: int
) -> None:
    answer = api.answer(method, path, json=content)
    assert answer.status_code == status, answer.text


def test_only_an_administrator_changes_what_outlets_look_like(api: ApiUnderTest) -> None:
    token = api.token(Scope.READ, Scope.WRITE)
    assert api.answer("GET", PATH, token=token).status_code == 200
    assert api.answer("POST", PATH, token=token, json=PAGE).status_code == 403
    assert api.answer("PATCH", f"{PATH}/bl_1", token=token, json={"state": "revoked"}).status_code == 403
