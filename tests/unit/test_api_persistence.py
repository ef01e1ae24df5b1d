"""What the routes on persistence do, over a real store: survival, effects, reports, forecasts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from service.core.model import Outlet
from service.core.persistence.inputs import Looked
from service.core.states import Availability, Verdict
from service.core.tokens import Scope
from tests.builders import judgement, look
from tests.fakes_api import BILD, SPIEGEL, ApiUnderTest, api_under_test

SITE = "spiegel.ltd"
ACTION = {"id": "doj-2022-06", "authority": "DOJ", "place": "registry", "effective": "2022-06-02T00:00:00Z"}
REPORT = {"role": "registrar", "recipient": "abuse@registrar.example", "sent_at": "2022-06-01T00:00:00Z"}


@pytest.fixture
def api() -> Iterator[ApiUnderTest]:
    with api_under_test() as made:
        made.watch(SPIEGEL, BILD)
        yield made


def flagged(api: ApiUnderTest, host: str = SITE) -> str:
    api.admit(host)
    api.look(host, "spiegel", Verdict.IMPERSONATION)
    (item,) = api.get("/v1/lookalikes", params={"q": host})["data"]
    return str(item["id"])


def gone(api: ApiUnderTest, host: str = SITE) -> None:
    """Three failed looks, an hour between each."""
    for _ in range(3):
        api.clock.advance(timedelta(hours=1))
        seen = look(api.clock.now(), Availability.NXDOMAIN)
        judged = judgement(Verdict.UNKNOWN, shows=False, outlet="spiegel")
        api.run(api.tracker.commit(host, Looked(look=seen, judgements=(judged,))))


def measure(found: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in found["measures"] if one["measure"] == name)


# --- survival and effect ---------------------------------------------------------------------------------------------


def test_persistence_of_nothing_is_empty(api: ApiUnderTest) -> None:
    found = api.get("/v1/persistence")
    assert [one["measure"] for one in found["measures"]] == ["down", "resurfaced", "successor", "report"]
    assert all(one["all"]["n"] == 0 and one["all"]["withheld"] for one in found["measures"])


def test_a_block_and_what_came_of_it_can_be_followed_to_its_rows(api: ApiUnderTest) -> None:
    number = flagged(api)
    api.post("/v1/actions", ACTION)
    api.clock.advance(timedelta(days=1))
    api.look(SITE, "spiegel", Verdict.IMPERSONATION)
    block = api.post(
        "/v1/blocks",
        {"site": SITE, "place": "registry", "effective_from": "2022-06-02T00:00:00Z", "action": "doj-2022-06"},
    )
    gone(api)
    found = measure(api.get("/v1/persistence", params={"by": "place", "rows": "true"}), "down")
    (group,) = found["groups"]
    assert (group["group"], group["n"], group["events"], group["withheld"]) == ("registry", 1, 1, True)
    (row,) = group["rows"]
    assert (row["id"], row["cause"]) == (f"{number}/{block['id']}", "blocked")
    api.clock.advance(timedelta(days=2))
    effect = api.get("/v1/actions/doj-2022-06/effect")
    (name,) = effect["names"]
    assert (name["lookalike"], name["block"], name["state"]) == (number, block["id"], "down")
    assert effect["down_at"][0]["down"] == {
        "count": 0,
        "n": 0,
        "share": None,
        "lower": None,
        "upper": None,
        "ids": [],
    }, "nobody has looked since"
    assert name["down_after"] == pytest.approx(row["high"])


def test_the_effect_of_an_action_nobody_recorded_is_not_found(api: ApiUnderTest) -> None:
    assert api.answer("GET", "/v1/actions/nothing/effect").status_code == 404


@pytest.mark.parametrize("as_of", ["2022-06-01T00:00:00Z", "2042-06-01T00:00:00Z"])
def test_an_effect_before_the_action_or_in_the_future_is_refused(api: ApiUnderTest, as_of: str) -> None:
    api.post("/v1/actions", ACTION)
    api.clock.advance(timedelta(days=5))
    answer = api.answer("GET", "/v1/actions/doj-2022-06/effect", params={"as_of": as_of})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/query/as_of"


# --- reports ---------------------------------------------------------------------------------------------------------


def test_a_report_is_kept_once(api: ApiUnderTest) -> None:
    given = REPORT | {"lookalike": flagged(api)}
    made = api.post("/v1/reports", given)
    assert (made["state"], made["due_at"], made["site"]) == ("sent", "2022-06-04T00:00:00Z", SITE)
    assert api.post("/v1/reports", given, 200) == made
    assert api.get("/v1/reports", params={"site": SITE})["data"] == [made]
    assert api.get(f"/v1/reports/{made['id']}") == made


def test_a_report_that_nobody_answers_is_overdue_once(api: ApiUnderTest) -> None:
    made = api.post("/v1/reports", REPORT | {"lookalike": flagged(api)})
    assert api.run(api.reporter.mark_overdue()) == 0
    api.clock.advance(timedelta(days=3))
    assert [api.run(api.reporter.mark_overdue()) for _ in range(2)] == [1, 0]
    assert [one["id"] for one in api.get("/v1/reports", params={"state": "overdue"})["data"]] == [made["id"]]
    told = [one for one in api.get("/v1/events")["data"] if one["type"] == "report.overdue"]
    assert [one["data"]["detail"]["report"] for one in told] == [made["id"]]


def test_an_answered_report_is_never_overdue_and_a_closed_one_stays_closed(api: ApiUnderTest) -> None:
    made = api.post("/v1/reports", REPORT | {"lookalike": flagged(api)})
    path = f"/v1/reports/{made['id']}/state"
    api.post(path, {"state": "answered", "note": "we look into it"}, 200)
    api.clock.advance(timedelta(days=9))
    assert api.run(api.reporter.mark_overdue()) == 0
    closed = api.post(path, {"state": "acted"}, 200)
    assert [change["state"] for change in closed["changes"]] == ["answered", "acted"]
    assert closed["changes"][0]["by"].startswith("token ")
    api.post(path, {"state": "refused"}, 409)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"sent_at": "2042-06-01T00:00:00Z"}, "/body/sent_at"),
        ({"due_at": "2022-05-01T00:00:00Z"}, "/body/due_at"),
        ({"role": "friend"}, "/body/role"),
    ],
)
def test_an_impossible_report_is_refused(api: ApiUnderTest, change: dict[str, str], pointer: str) -> None:
    refused = api.post("/v1/reports", REPORT | {"lookalike": flagged(api)} | change, 422)
    assert refused["errors"][0]["pointer"] in (pointer, pointer.removeprefix("/body"))


def test_a_report_about_nothing_and_a_change_of_nothing_are_not_found(api: ApiUnderTest) -> None:
    api.post("/v1/reports", REPORT | {"lookalike": "lka_99"}, 404)
    api.post("/v1/reports/rep_none/state", {"state": "acted"}, 404)


def test_days_from_report_to_down_are_measured(api: ApiUnderTest) -> None:
    number = flagged(api)
    api.clock.advance(timedelta(hours=1))
    made = api.post("/v1/reports", REPORT | {"lookalike": number, "sent_at": "2022-06-01T00:30:00Z"})
    api.look(SITE, "spiegel", Verdict.IMPERSONATION)
    gone(api)
    group = measure(api.get("/v1/persistence", params={"rows": "true"}), "report")["all"]
    assert [row["id"] for row in group["rows"]] == [f"{number}/{made['id']}"]
    assert group["events"] == 1


# --- forecasts -------------------------------------------------------------------------------------------------------


def test_a_forecast_is_stored_whole_and_listed_without_its_names(api: ApiUnderTest) -> None:
    flagged(api)
    made = api.post("/v1/forecasts", {"outlet": "spiegel", "watch": True})
    assert [one["rank"] for one in made["names"]] == list(range(1, 51))
    assert SITE not in {one["name"] for one in made["names"]}, "it is taken already"
    assert made["watched_until"] > made["made_at"]
    (listed,) = api.get("/v1/forecasts", params={"outlet": "spiegel"})["data"]
    assert (listed["id"], listed["size"], "names" in listed) == (made["id"], 50, False)
    assert api.get(f"/v1/forecasts/{made['id']}") == made


def test_a_forecast_for_nobody_is_not_found(api: ApiUnderTest) -> None:
    api.post("/v1/forecasts", {"outlet": "nobody"}, 404)
    assert api.answer("GET", "/v1/forecasts/fct_none").status_code == 404


# --- campaigns -------------------------------------------------------------------------------------------------------


def ruled(api: ApiUnderTest, one: str, other: str, ruling: str) -> None:
    api.clock.advance(timedelta(hours=1))
    api.post("/v1/links/rulings", {"sites": [one, other], "ruling": ruling, "reason": "a court's file"}, 200)


def campaigns(api: ApiUnderTest, **asked: str) -> dict[str, dict[str, Any]]:
    found = [one["id"] for one in api.get("/v1/campaigns", params=asked)["data"]]
    return {one: api.get(f"/v1/campaigns/{one}") for one in found}


def members(campaign: dict[str, Any]) -> set[str]:
    return {site["site"] for site in campaign["sites"]}


def test_campaigns_that_merge_and_split_keep_their_history(api: ApiUnderTest) -> None:
    a, b, c, d = (f"spiegel.{suffix}" for suffix in ("icu", "live", "ltd", "top"))
    for host in (a, b, c, d):
        flagged(api, host)
    ruled(api, a, b, "confirmed")
    ruled(api, c, d, "confirmed")
    older, younger = sorted(campaigns(api).values(), key=lambda one: one["began_at"])
    assert (members(older), members(younger)) == ({a, b}, {c, d})
    ruled(api, b, c, "confirmed")
    assert {one: members(found) for one, found in campaigns(api).items()} == {older["id"]: {a, b, c, d}}
    ended = campaigns(api, ended="true")[younger["id"]]
    assert (ended["merged_into"], members(ended)) == (older["id"], set())
    assert [change["kind"] for change in ended["history"]] == ["began", "left", "merged"]
    ruled(api, b, c, "cut")
    now = campaigns(api)
    (split,) = (found for one, found in now.items() if one != older["id"])
    assert members(now[older["id"]]) | members(split) == {a, b, c, d}
    assert [change["kind"] for change in now[older["id"]]["history"]] == ["began", "joined", "left"]
    assert [(change["kind"], change["other"]) for change in split["history"]] == [("split", older["id"])]
    assert campaigns(api, ended="true")[younger["id"]]["history"] == ended["history"], "what was told stays"


# --- tokens that are limited to outlets ------------------------------------------------------------------------------


@pytest.fixture
def two(api: ApiUnderTest) -> ApiUnderTest:
    """A flagged site of each of two outlets, both blocked by one action, with a report and a forecast for each."""
    api.post("/v1/actions", ACTION)
    api.clock.advance(timedelta(days=2))
    for host, outlet in (("spiegel.ltd", "spiegel"), ("bild.pics", "bild")):
        api.admit(host)
        api.look(host, outlet, Verdict.IMPERSONATION)
        (item,) = api.get("/v1/lookalikes", params={"q": host})["data"]
        api.post("/v1/blocks", {"site": host, "place": "registry", "effective_from": ACTION["effective"]} | of(ACTION))
        api.post("/v1/reports", REPORT | {"lookalike": item["id"]})
        api.post("/v1/forecasts", {"outlet": outlet})
    return api


def of(action: dict[str, str]) -> dict[str, str]:
    return {"action": action["id"]}


def test_a_limited_token_is_told_of_its_outlets_alone_in_survival_and_effect(two: ApiUnderTest) -> None:
    token = two.token(Scope.READ, outlets=frozenset({"bild"}))
    assert measure(two.get("/v1/persistence"), "down")["all"]["n"] == 2
    assert measure(two.get("/v1/persistence", token=token), "down")["all"]["n"] == 1
    others = two.get("/v1/persistence", token=token, params={"outlet": "spiegel"})
    assert all(one["all"]["n"] == 0 for one in others["measures"])
    everything, mine = (two.answer("GET", "/v1/actions/doj-2022-06/effect", token=one) for one in ("", token))
    assert {name["site"] for name in everything.json()["names"]} == {"bild.pics", "spiegel.ltd"}
    assert {name["site"] for name in mine.json()["names"]} == {"bild.pics"}
    assert "spiegel" not in mine.text


def test_an_action_that_blocked_nothing_of_a_limited_tokens_outlets_is_not_there_for_it(two: ApiUnderTest) -> None:
    two.watch(Outlet(id="welt", name="Die Welt", domain="welt.de"))
    token = two.token(Scope.READ, outlets=frozenset({"welt"}))
    assert two.answer("GET", "/v1/actions/doj-2022-06/effect", token=token).status_code == 404


def test_a_limited_token_reads_and_makes_forecasts_of_its_outlets_alone(two: ApiUnderTest) -> None:
    token = two.token(Scope.READ, Scope.WRITE, outlets=frozenset({"bild"}))
    everything = {one["outlet"]: one["id"] for one in two.get("/v1/forecasts")["data"]}
    assert [one["outlet"] for one in two.get("/v1/forecasts", token=token)["data"]] == ["bild"]
    assert two.get("/v1/forecasts", token=token, params={"outlet": "spiegel"})["data"] == []
    for outlet, status in (("bild", 200), ("spiegel", 404)):
        assert two.answer("GET", f"/v1/forecasts/{everything[outlet]}", token=token).status_code == status
    two.clock.advance(timedelta(minutes=1))
    two.post("/v1/forecasts", {"outlet": "spiegel"}, 404, token=token)
    two.post("/v1/forecasts", {"outlet": "bild"}, token=token)
    assert len(two.get("/v1/forecasts")["data"]) == 3


def test_a_limited_token_reads_and_follows_reports_of_its_outlets_alone(two: ApiUnderTest) -> None:
    token = two.token(Scope.READ, Scope.WRITE, outlets=frozenset({"bild"}))
    everything = {one["outlet"]: one for one in two.get("/v1/reports")["data"]}
    assert [one["outlet"] for one in two.get("/v1/reports", token=token)["data"]] == ["bild"]
    for outlet, status in (("bild", 200), ("spiegel", 404)):
        path = f"/v1/reports/{everything[outlet]['id']}"
        assert two.answer("GET", path, token=token).status_code == status
        two.post(f"{path}/state", {"state": "acted"}, status, token=token)
        again = REPORT | {"lookalike": everything[outlet]["lookalike"]}
        two.post("/v1/reports", again, status, token=token)
    assert {one["outlet"]: one["state"] for one in two.get("/v1/reports")["data"]} == {
        "bild": "acted",
        "spiegel": "sent",
    }
