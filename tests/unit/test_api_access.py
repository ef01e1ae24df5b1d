"""Who may ask for what: the whole table of route x scope, and what a token sees that is limited to outlets."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from service.api.app import declare
from service.api.auth import TRUSTED_FOR
from service.core.errors import StoreUnavailable
from service.core.states import Verdict
from service.core.tokens import Scope
from tests.fakes_api import BILD, SPIEGEL, ApiUnderTest, api_under_test

ACCESS = {
    "POST /v1/checks": "write, limited",
    "GET /v1/checks/{check_id}": "write, limited",
    "GET /v1/feeds": "read",
    "GET /v1/actions": "read",
    "POST /v1/actions": "write",
    "GET /v1/actions/{action_id}/effect": "read, limited",
    "GET /v1/alert-groups": "read",
    "POST /v1/alert-groups/acknowledge": "write",
    "POST /v1/alert-groups/reopen": "write",
    "GET /v1/blocks": "read",
    "POST /v1/blocks": "write",
    "POST /v1/blocks/import": "write",
    "POST /v1/blocks/{block_id}/lift": "write",
    "GET /v1/campaigns": "read",
    "GET /v1/campaigns/{campaign_id}": "read",
    "GET /v1/events": "read, limited",
    "GET /v1/evidence/{evidence_id}": "read",
    "GET /v1/exports": "read",
    "GET /v1/exports/misp-feed/{file}": "read",
    "GET /v1/exports/{format}": "read, limited",
    "GET /v1/forecasts": "read, limited",
    "POST /v1/forecasts": "write, limited",
    "GET /v1/forecasts/{forecast_id}": "read, limited",
    "GET /v1/lookalikes": "read, limited",
    "GET /v1/lookalikes/{lookalike_id}": "read, limited",
    "GET /v1/lookalikes/{lookalike_id}/dossier": "read",
    "POST /v1/lookalikes/{lookalike_id}/verdict": "write, limited",
    "GET /v1/outlets": "read, limited",
    "GET /v1/outlets/{outlet_id}": "read, limited",
    "POST /v1/outlets": "admin",
    "DELETE /v1/outlets/{outlet_id}": "admin",
    "GET /v1/links": "read",
    "POST /v1/links/rulings": "write",
    "GET /v1/outlets/{outlet_id}/baselines": "read",
    "POST /v1/outlets/{outlet_id}/baselines": "admin",
    "GET /v1/outlets/{outlet_id}/baselines/{baseline_id}": "read",
    "PATCH /v1/outlets/{outlet_id}/baselines/{baseline_id}": "admin",
    "GET /v1/persistence": "read, limited",
    "GET /v1/persistence/sites": "read",
    "GET /v1/persistence/sites/{site}": "read",
    "GET /v1/reports": "read, limited",
    "POST /v1/reports": "write, limited",
    "GET /v1/reports/{report_id}": "read, limited",
    "POST /v1/reports/{report_id}/state": "write, limited",
    "GET /v1/sightings": "read",
    "POST /v1/sightings": "report, limited",
    "POST /v1/sightings/captures": "report, limited",
    "POST /v1/sightings/import": "report, limited",
    "GET /v1/sightings/reports/{report_id}": "report, limited",
    "GET /v1/sightings/{sighting_id}": "read",
    "GET /v1/sites": "read, limited",
    "GET /v1/sites/{host}": "read, limited",
    "GET /v1/sweeps": "read",
    "POST /v1/sweeps": "write",
    "GET /v1/sweeps/{sweep_id}": "read",
    "GET /v1/sweeps/{sweep_id}/unanswered": "read",
    "GET /v1/tokens": "admin",
    "GET /v1/tokens/{token_id}": "admin",
    "POST /v1/tokens": "admin",
    "DELETE /v1/tokens/{token_id}": "admin",
    "GET /v1/webhooks": "admin",
    "POST /v1/verdicts": "write, limited",
    "POST /v1/webhooks": "admin",
    "GET /v1/webhooks/{webhook_id}": "admin",
    "PATCH /v1/webhooks/{webhook_id}": "admin",
    "DELETE /v1/webhooks/{webhook_id}": "admin",
    "POST /v1/webhooks/{webhook_id}/rotate": "admin",
    "POST /v1/webhooks/{webhook_id}/replay": "admin",
    "POST /v1/webhooks/{webhook_id}/test": "admin",
    "GET /v1/deliveries": "admin",
    "GET /v1/deliveries/{delivery_id}": "admin",
    "POST /v1/deliveries/{delivery_id}/retry": "admin",
}
"""The scope of each route; ``limited``: it answers tokens that are limited to outlets, and keeps to their limits."""

OPENAPI = declare("1").openapi()
ROUTES = [
    (f"{method.upper()} {path}", operation)
    for path, methods in OPENAPI["paths"].items()
    for method, operation in methods.items()
    if path.startswith("/v1/")
]


@pytest.fixture(scope="module")
def api() -> Iterator[ApiUnderTest]:
    with api_under_test() as made:
        yield made


@pytest.fixture
def shared() -> Iterator[ApiUnderTest]:
    """A site that resembles two outlets, and one that resembles the first of them alone."""
    with api_under_test() as made:
        made.watch(SPIEGEL, BILD)
        made.admit("spiegel.ltd", "bild.pics", "bild-spiegel.com")
        made.look("spiegel.ltd", "spiegel", Verdict.IMPERSONATION)
        made.look("bild.pics", "bild", Verdict.IMPERSONATION)
        made.look("bild-spiegel.com", "bild", Verdict.IMPERSONATION)
        yield made


def ask(api: ApiUnderTest, route: str, token: str) -> Any:
    method, _, path = route.partition(" ")
    # A body that no route takes: who may ask is decided before it is looked at, so nothing is ever changed.
    return api.answer(method, path.replace("{", "").replace("}", ""), token=token, json=[])


def test_the_table_has_each_route_and_no_other() -> None:
    assert {route for route, _ in ROUTES} == set(ACCESS)


@pytest.mark.parametrize(("route", "operation"), ROUTES, ids=[route for route, _ in ROUTES])
def test_a_route_asks_for_the_scope_of_the_table_and_for_no_other(
    api: ApiUnderTest, route: str, operation: dict[str, Any]
) -> None:
    scope, _, limited = ACCESS[route].partition(", ")
    ((documented,),) = (security["token"] for security in operation["security"])
    assert documented == scope
    others = [other for other in Scope if other != scope]
    assert ask(api, route, api.token(*others)).status_code == 403
    assert ask(api, route, api.token(Scope(scope))).status_code != 403
    within = ask(api, route, api.token(Scope(scope), outlets=frozenset({"spiegel"})))
    assert (within.status_code != 403) == (limited == "limited")


def test_a_limited_token_sees_the_lookalikes_of_its_outlets_alone(shared: ApiUnderTest) -> None:
    token = shared.token(Scope.READ, Scope.WRITE, outlets=frozenset({"spiegel"}))
    everything = {(item["site"], item["outlet"]): item["id"] for item in shared.get("/v1/lookalikes")["data"]}
    mine = {pair: number for pair, number in everything.items() if pair[1] == "spiegel"}
    assert {outlet for _, outlet in everything} == {"spiegel", "bild"}
    listed = shared.get("/v1/lookalikes", token=token)["data"]
    assert {(item["site"], item["outlet"]): item["id"] for item in listed} == mine
    assert shared.get("/v1/lookalikes", token=token, params={"outlet": "bild"})["data"] == []
    for pair, number in everything.items():
        path = f"/v1/lookalikes/{number}"
        assert shared.answer("GET", path, token=token).status_code == (200 if pair in mine else 404)
        body = {"verdict": "innocent", "reason": "other", "note": "asked by phone"}
        judged = shared.answer("POST", f"{path}/verdict", token=token, json=body)
        assert judged.status_code == (200 if pair in mine else 404)


def test_a_limited_token_is_not_told_what_others_were_judged_to_be_on_a_shared_site(shared: ApiUnderTest) -> None:
    token = shared.token(Scope.READ, outlets=frozenset({"spiegel"}))
    found = shared.get("/v1/lookalikes", token=token, params={"q": "bild-spiegel"})["data"]
    (number,) = (item["id"] for item in found)
    detail = shared.answer("GET", f"/v1/lookalikes/{number}", token=token)
    assert '"outlet":"bild"' not in detail.text.replace(" ", "")
    assert all(set(one["summary"]["judgements"]) <= {"spiegel"} for one in detail.json()["observations"])


def test_a_limited_token_sees_its_outlets_and_their_events_alone(shared: ApiUnderTest) -> None:
    token = shared.token(Scope.READ, outlets=frozenset({"bild"}))
    assert [outlet["id"] for outlet in shared.get("/v1/outlets", token=token)["data"]] == ["bild"]
    everything = shared.get("/v1/events")["data"]
    mine = shared.get("/v1/events", token=token)["data"]
    assert mine
    assert {event["outlet"] for event in mine} <= {"bild", None}
    assert {event["site"] for event in mine} == {"bild.pics", "bild-spiegel.com"}
    assert [event for event in everything if event["site"] == "spiegel.ltd"]


# --- tokens ----------------------------------------------------------------------------------------------------------


def test_a_token_is_shown_once_and_does_what_was_asked_for(shared: ApiUnderTest) -> None:
    wanted = {"scopes": ["read"], "outlets": ["spiegel"], "note": "newsroom", "expires_at": "2022-07-01T00:00:00Z"}
    made = shared.post("/v1/tokens", wanted)
    assert shared.answer("GET", "/v1/lookalikes", token=made["token"]).status_code == 200
    (listed,) = (one for one in shared.get("/v1/tokens")["data"] if one["id"] == made["id"])
    assert listed["last_used_at"] is not None
    assert listed | {"last_used_at": None} == {name: value for name, value in made.items() if name != "token"}
    assert made["token"] not in shared.answer("GET", "/v1/tokens").text


def test_a_revoked_token_is_refused_and_stays_in_the_list(shared: ApiUnderTest) -> None:
    made = shared.post("/v1/tokens", {"scopes": ["read"]})
    path = f"/v1/tokens/{made['id']}"
    assert shared.answer("DELETE", path).status_code == 204
    assert shared.answer("DELETE", path).status_code == 204
    refused = shared.answer("GET", "/v1/lookalikes", token=made["token"])
    assert (refused.status_code, refused.json()["detail"]) == (401, "This token was revoked.")
    (listed,) = (one for one in shared.get("/v1/tokens")["data"] if one["id"] == made["id"])
    assert listed["revoked_at"] is not None
    assert shared.answer("DELETE", "/v1/tokens/ffffffffffff").status_code == 404


def test_a_token_that_another_process_revokes_ends_within_a_second(shared: ApiUnderTest) -> None:
    token = shared.token(Scope.READ)
    assert shared.answer("GET", "/v1/events", token=token).status_code == 200
    identity = token.split("_")[1]
    shared.run(shared.store.write(lambda uow: uow.tokens.revoke(identity, shared.clock.real_now())))
    shared.clock.advance(TRUSTED_FOR)
    assert shared.answer("GET", "/v1/events", token=token).status_code == 401


def test_a_token_ends_when_it_was_said_to(shared: ApiUnderTest) -> None:
    ends = shared.clock.real_now() + timedelta(hours=1)
    token = shared.token(Scope.READ, expires_at=ends)
    assert shared.answer("GET", "/v1/events", token=token).status_code == 200
    shared.clock.advance(timedelta(hours=1))
    refused = shared.answer("GET", "/v1/events", token=token)
    assert (refused.status_code, refused.json()["detail"]) == (401, "This token has expired.")


@pytest.mark.parametrize(
    ("wanted", "pointer"),
    [
        ({"scopes": []}, "/body/scopes"),
        ({"scopes": ["root"]}, "/body/scopes/0"),
        ({"scopes": ["read"], "outlets": ["nobody"]}, "/body/outlets"),
        ({"scopes": ["read", "admin"], "outlets": ["spiegel"]}, "/body/outlets"),
        ({"scopes": ["read"], "expires_at": "2022-05-01T00:00:00Z"}, "/body/expires_at"),
    ],
)
def test_a_token_that_could_not_be_used_as_it_is_meant_is_not_made(
    shared: ApiUnderTest, wanted: dict[str, Any], pointer: str
) -> None:
    before = shared.get("/v1/tokens")["data"]
    problem = shared.post("/v1/tokens", wanted, 422)
    assert problem["errors"][0]["pointer"] == pointer
    assert len(shared.get("/v1/tokens")["data"]) == len(before)


def test_a_full_disk_makes_the_api_read_only(shared: ApiUnderTest) -> None:
    shared.app = shared.build(full=lambda: "20 MiB free on the disk")
    report = {"urls": ["https://spiegel.ltd/a"]}
    answer = shared.answer("POST", "/v1/sightings", json=report)
    assert (answer.status_code, answer.headers["retry-after"]) == (507, "60")
    assert answer.headers["content-type"] == "application/problem+json"
    assert "20 MiB free on the disk" in answer.json()["detail"]
    assert shared.answer("POST", "/v1/sightings", token=None, json=report).status_code == 401
    assert shared.answer("DELETE", "/v1/webhooks/whk_x").status_code == 507
    for path in ("/v1/lookalikes", "/v1/sites", "/readyz", "/openapi.json"):
        assert shared.answer("GET", path).status_code == 200


def test_who_reads_goes_on_reading_while_the_disk_is_full(shared: ApiUnderTest) -> None:
    class Full:
        """The store, but nothing can be written."""

        read = shared.store.read

        async def write(self, _: Any) -> Any:
            raise StoreUnavailable("the disk is full")

    token = shared.token(Scope.READ)
    shared.app = shared.build(store=Full())
    assert shared.answer("GET", "/v1/lookalikes", token=token).status_code == 200
