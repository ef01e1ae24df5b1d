"""What each resource does, over a real store: what goes in comes out, and what may not go in is told why."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from service.core.alerts.condition import Condition
from service.core.alerts.deliveries import Attempt
from service.core.facts.registration import RegistrationStatus
from service.core.persistence.inputs import Looked
from service.core.states import Availability, Verdict
from service.ports import UnitOfWork
from tests.builders import START, dns, judgement, look, registration
from tests.fakes_api import BILD, SPIEGEL, ApiUnderTest, api_under_test

SITE = "spiegel.ltd"
BLOCK = {"site": SITE, "place": "registrar", "effective_from": "2022-06-01T00:00:00Z", "reference": "ticket 4711"}
ACTION = {"id": "doj-2024-09", "authority": "DOJ", "place": "seizure", "effective": "2022-05-30T00:00:00Z"}
HOOK = {"url": "https://hooks.example.org/spoofwatch"}


@pytest.fixture
def api() -> Iterator[ApiUnderTest]:
    with api_under_test() as made:
        made.watch(SPIEGEL, BILD)
        yield made


@pytest.fixture(scope="module")
def calm() -> Iterator[ApiUnderTest]:
    """One flagged site and one that was not looked at, for tests that change nothing."""
    with api_under_test() as made:
        made.watch(SPIEGEL, BILD)
        flagged(made)
        made.admit("bild.pics")
        yield made


def flagged(api: ApiUnderTest, host: str = SITE, outlet: str = "spiegel") -> str:
    """A site that serves an outlet's page; its lookalike's id."""
    api.admit(host)
    api.look(host, outlet, Verdict.IMPERSONATION)
    (item,) = api.get("/v1/lookalikes", params={"q": host})["data"]
    return str(item["id"])


def refusal(api: ApiUnderTest, path: str, content: Any, status: int = 422) -> dict[str, Any]:
    problem: dict[str, Any] = api.post(path, content, status)
    return problem


# --- lookalikes ------------------------------------------------------------------------------------------------------


def test_a_flagged_lookalike_is_listed_with_what_people_need(api: ApiUnderTest) -> None:
    flagged(api)
    api.admit("bild.pics")
    (item,) = api.get("/v1/lookalikes", params={"flagged": "true"})["data"]
    assert (item["site"], item["defanged"], item["outlet"]) == (SITE, "spiegel[.]ltd", "spiegel")
    assert (item["verdict"], item["availability"], item["technique"]) == ("impersonation", "live", "tld-swap")
    assert item["registered_at"] == "2022-05-30T00:01:00Z"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"outlet": "spiegel"}, {SITE}),
        ({"outlet": "nobody"}, set()),
        ({"flagged": "false"}, {"bild.pics"}),
        ({"verdict": "impersonation"}, {SITE}),
        ({"availability": "live"}, {SITE}),
        ({"registered_after": "2022-05-01T00:00:00Z"}, {SITE}),
        ({"registered_after": "2022-06-01T00:00:00+02:00"}, set()),
        ({"discovered_after": "2022-05-01T00:00:00Z"}, {SITE, "bild.pics"}),
        ({"q": "BILD"}, {"bild.pics"}),
        ({"q": "spiegel", "flagged": "true", "outlet": "bild"}, set()),
    ],
)
def test_each_filter_narrows_the_list(calm: ApiUnderTest, query: dict[str, str], found: set[str]) -> None:
    assert {item["site"] for item in calm.get("/v1/lookalikes", params=query)["data"]} == found


def test_pages_follow_one_another_until_all_were_seen_once(api: ApiUnderTest) -> None:
    hosts = {f"spiegel.{suffix}" for suffix in ("ltd", "pics", "today", "agency", "fun")}
    api.admit(*hosts)
    seen: list[str] = []
    cursor: str | None = None
    while cursor is not None or not seen:
        query: dict[str, Any] = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = api.get("/v1/lookalikes", params=query)
        seen += [item["site"] for item in page["data"]]
        cursor = page["next_cursor"]
    assert sorted(seen) == sorted(hosts)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"registered_after": "2022-06-01T00:00:00"}, "offset"),
        ({"registered_after": "2022-06-01"}, "RFC 3339"),
        ({"registered_after": "1654041600"}, "RFC 3339"),
        ({"registered_after": "2022-06-01T00:00:00 02:00"}, "RFC 3339"),
        ({"registered_after": "2022-02-30T00:00:00Z"}, "day"),
        ({"registered_after": "9999-12-31T23:59:59-23:59"}, "year"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"verdict": "guilty"}, "impersonation"),
        ({"limit": "0"}, "1"),
    ],
)
def test_a_wrong_query_is_told_what_is_wrong_with_it(calm: ApiUnderTest, query: dict[str, str], said: str) -> None:
    answer = calm.answer("GET", "/v1/lookalikes", params=query)
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["pointer"] == f"/query/{next(iter(query))}"
    assert said in error["detail"]


def test_the_detail_explains_the_verdict_and_tells_the_story(api: ApiUnderTest) -> None:
    detail = api.get(f"/v1/lookalikes/{flagged(api)}")
    (signal,) = detail["explanation"]["signals"]
    assert signal == {
        "name": "structure",
        "value": 0.97,
        "weight": 0.4,
        "evidence": "<b>97%</b> of the home page's shingles",
    }
    assert [event["type"] for event in detail["timeline"]] == [
        "lookalike.discovered",
        "lookalike.registered",
        "impersonation.confirmed",
    ]
    assert detail["episodes"][0]["ended_at"] is None
    assert detail["observations"][0]["count"] == 1
    assert detail["registration"]["registrar"] == "Example Registrar"
    assert detail["dns"]["answers"][0]["nameservers"] == ["ns1.example", "ns2.example"]


def test_no_value_that_the_store_has_for_people_is_lost_on_the_way(api: ApiUnderTest) -> None:
    public_id = flagged(api)
    api.post("/v1/blocks", BLOCK)
    api.post(
        f"/v1/lookalikes/{public_id}/verdict", {"verdict": "impersonation", "reason": "other", "note": "seen"}, 200
    )
    row = api.run(api.store.read(lambda uow: uow.views.lookalike(public_id)))
    assert api.get(f"/v1/lookalikes/{public_id}") == row
    rows, _ = api.run(api.store.read(lambda uow: uow.views.lookalikes({}, None, 10)))
    assert api.get("/v1/lookalikes")["data"] == rows


@pytest.mark.parametrize("public_id", ["lka_99", "lka_x", "17", "lka_" + "9" * 30])
def test_a_lookalike_that_is_not_there_is_a_404(calm: ApiUnderTest, public_id: str) -> None:
    assert calm.answer("GET", f"/v1/lookalikes/{public_id}").status_code == 404


def test_an_etag_saves_an_answer_until_the_content_changes(api: ApiUnderTest) -> None:
    path = f"/v1/lookalikes/{flagged(api)}"
    etag = api.answer("GET", path).headers["ETag"]
    for known in (etag, f'"other", W/{etag}', "*"):
        again = api.answer("GET", path, headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", etag)
    api.look(SITE, "spiegel", Verdict.IMPERSONATION)
    changed = api.answer("GET", path, headers={"If-None-Match": etag})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != etag


def test_no_text_that_a_site_writes_makes_its_own_entry_unreadable(api: ApiUnderTest) -> None:
    written = "\ud800 \x00 \u202e </script>"
    api.admit(SITE)
    api.look(SITE, "spiegel", Verdict.IMPERSONATION, evidence=written)
    (signal,) = api.get("/v1/lookalikes/lka_1")["explanation"]["signals"]
    assert signal["evidence"] == written.replace("\ud800", "?")
    assert api.get("/v1/lookalikes")["data"]
    assert api.get("/v1/events")["data"][-1]["data"]["detail"]["signals"] == [signal]


# --- verdicts --------------------------------------------------------------------------------------------------------


def test_an_analysts_word_withdraws_a_flag_and_rests_on_what_is_known(api: ApiUnderTest) -> None:
    public_id = flagged(api)
    detail = api.post(
        f"/v1/lookalikes/{public_id}/verdict", {"verdict": "innocent", "reason": "company", "note": "a supplier"}, 200
    )
    assert (detail["verdict"], detail["flagged"]) == ("innocent", False)
    word = detail["explanation"]["analyst"]
    assert word["by"].startswith("token ")
    assert word["by"].removeprefix("token ") in api.all_scopes
    assert (word["reason"], word["note"], word["scope"]) == ("company", "a supplier", "name-and-outlet")
    assert word["registrar"] == "Example Registrar"
    assert word["registered_at"] == detail["registered_at"]
    assert word["nameservers"] == ["ns1.example", "ns2.example"]
    *_, confirmed, withdrawn = detail["timeline"]
    assert (confirmed["type"], withdrawn["type"]) == ("impersonation.confirmed", "flag.withdrawn")
    assert withdrawn["data"]["detail"]["takes_back"] == [confirmed["id"]]


def test_an_analysts_word_ends_with_what_it_rests_on(api: ApiUnderTest) -> None:
    public_id = flagged(api)
    api.post(
        f"/v1/lookalikes/{public_id}/verdict", {"verdict": "innocent", "reason": "company", "note": "a supplier"}, 200
    )
    api.clock.advance(timedelta(days=400))
    now = api.clock.now()
    seen = look(now, dns=dns(host=SITE), registration=registration(now - timedelta(days=1), registrar="Another"))
    api.run(api.tracker.commit(SITE, Looked(look=seen, judgements=(judgement(outlet="spiegel"),))))
    detail = api.get(f"/v1/lookalikes/{public_id}")
    assert "verdict.stale" in [event["type"] for event in detail["timeline"]]
    assert detail["explanation"]["analyst"] is None
    assert detail["verdict"] == "impersonation"


def test_a_verdict_before_the_first_look_rests_on_nothing(api: ApiUnderTest) -> None:
    api.admit(SITE)
    detail = api.post("/v1/lookalikes/lka_1/verdict", {"verdict": "suspected", "reason": "other", "note": "a tip"}, 200)
    word = detail["explanation"]["analyst"]
    assert (word["registrar"], word["registered_at"], word["nameservers"]) == (None, None, [])


@pytest.mark.parametrize(
    "content",
    [
        {"verdict": "guilty", "reason": "company"},
        {"verdict": "innocent"},
        {"verdict": "innocent", "reason": "because"},
        {"verdict": "innocent", "reason": "other"},
        {"verdict": "innocent", "reason": "other", "note": "     "},
        {"verdict": "innocent", "reason": "company", "scope": "everything"},
    ],
)
def test_a_verdict_needs_a_known_word_and_a_reason(calm: ApiUnderTest, content: dict[str, str]) -> None:
    refusal(calm, "/v1/lookalikes/lka_1/verdict", content)


def test_a_verdict_on_what_is_not_there_is_a_404(calm: ApiUnderTest) -> None:
    refusal(calm, "/v1/lookalikes/lka_99/verdict", {"verdict": "innocent", "reason": "parody"}, 404)


# --- blocks and actions ----------------------------------------------------------------------------------------------


def test_a_block_of_an_unknown_site_takes_it_in_through_the_door(api: ApiUnderTest) -> None:
    block = api.post("/v1/blocks", BLOCK)
    assert block["known_from"] == "2022-06-01T00:00:00Z"
    assert (block["reported"], block["lifted_at"], block["action"]) == (True, None, None)
    assert api.get("/v1/blocks")["data"] == [block]
    (item,) = api.get("/v1/lookalikes")["data"]
    assert (item["site"], item["blocked"]) == (SITE, True)
    site, _ = api.run(api.store.read(lambda uow: uow.sites.get(SITE)))
    assert site.source == "block"
    assert site.due_at <= api.clock.now()


def test_a_block_of_a_site_that_resembles_nobody_is_legal(api: ApiUnderTest) -> None:
    api.post("/v1/blocks", BLOCK | {"site": "recentreliablenews.example.com"})
    assert api.get("/v1/blocks", params={"site": "recentreliablenews.example.com"})["data"]


def test_the_same_block_sent_twice_is_one_block(api: ApiUnderTest) -> None:
    first = api.post("/v1/blocks", BLOCK)
    api.clock.advance(timedelta(hours=1))
    again = api.post("/v1/blocks", BLOCK | {"effective_from": "2022-06-01T02:00:00+02:00"}, 200)
    assert again == first
    assert [event["type"] for event in api.get("/v1/events")["data"]].count("block.recorded") == 1
    other = api.post("/v1/blocks", BLOCK | {"reference": "ticket 4712"})
    assert other["id"] != first["id"]


def test_a_block_is_lifted_once_and_says_when(api: ApiUnderTest) -> None:
    block = api.post("/v1/blocks", BLOCK)
    api.clock.advance(timedelta(days=2))
    path = f"/v1/blocks/{block['id']}/lift"
    lifted = api.post(path, {"lifted_at": "2022-06-02T00:00:00Z"}, 200)
    assert lifted == block | {"lifted_at": "2022-06-02T00:00:00Z"}
    assert api.post(path, {"lifted_at": "2022-06-02T00:00:00Z"}, 200) == lifted
    assert api.post(path, {}, 200) == lifted
    refusal(api, path, {"lifted_at": "2022-06-02T12:00:00Z"}, 409)
    assert [event["type"] for event in api.get("/v1/events")["data"]].count("block.lifted") == 1
    assert api.get("/v1/blocks", params={"site": SITE})["data"] == [lifted]


def test_a_lift_without_a_time_is_now(api: ApiUnderTest) -> None:
    block = api.post("/v1/blocks", BLOCK)
    api.clock.advance(timedelta(hours=3))
    assert api.post(f"/v1/blocks/{block['id']}/lift", {}, 200)["lifted_at"] == "2022-06-01T03:00:00Z"


@pytest.mark.parametrize("lifted_at", ["2022-05-31T23:59:59Z", "2022-06-09T00:00:00Z"])
def test_a_block_cannot_be_lifted_before_it_began_or_at_a_time_to_come(api: ApiUnderTest, lifted_at: str) -> None:
    block = api.post("/v1/blocks", BLOCK)
    problem = refusal(api, f"/v1/blocks/{block['id']}/lift", {"lifted_at": lifted_at})
    assert problem["errors"][0]["pointer"] == "/body/lifted_at"


def test_lifting_what_nobody_recorded_is_a_404(calm: ApiUnderTest) -> None:
    refusal(calm, "/v1/blocks/blk_0000000000000000/lift", {}, 404)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"site": "https://spiegel.ltd/x"}, "/body/site"),
        ({"site": "192.0.2.1"}, "/body/site"),
        ({"site": "co.uk"}, "/body/site"),
        ({"site": "no such name"}, "/body/site"),
        ({"site": "spiegel.de"}, "/body/site"),
        ({"place": "moon"}, "/body/place"),
        ({"effective_from": "2022-06-01T00:00:00"}, "/body/effective_from"),
        ({"effective_from": 1654041600}, "/body/effective_from"),
        ({"known_from": "2022-07-01T00:00:00Z"}, "/body/known_from"),
        ({"action": "doj-2024-09"}, "/body/action"),
        ({"reference": "x\x00y"}, "/body/reference"),
        ({"refrence": "ticket"}, "/body/refrence"),
    ],
)
def test_a_wrong_block_is_told_which_value_is_wrong(calm: ApiUnderTest, change: dict[str, Any], pointer: str) -> None:
    problem = refusal(calm, "/v1/blocks", BLOCK | change)
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert calm.get("/v1/blocks")["data"] == []


def test_a_block_is_part_of_an_action_that_was_recorded_before(api: ApiUnderTest) -> None:
    api.post("/v1/actions", ACTION)
    assert api.post("/v1/blocks", BLOCK | {"action": ACTION["id"]})["action"] == ACTION["id"]
    refusal(api, "/v1/blocks", BLOCK, 409)


def test_the_same_action_sent_twice_is_one_and_another_under_its_id_a_conflict(api: ApiUnderTest) -> None:
    action = api.post("/v1/actions", ACTION)
    assert api.post("/v1/actions", ACTION, 200) == action
    refusal(api, "/v1/actions", ACTION | {"authority": "somebody else"}, 409)
    assert api.get("/v1/actions")["data"] == [action]


# --- sightings -------------------------------------------------------------------------------------------------------


def test_each_url_of_a_report_is_taken_or_refused_on_its_own(api: ApiUnderTest) -> None:
    given = {
        "https://spiegel.ltd/ausland/artikel.html": "spiegel.ltd",
        "hxxps://bild[.]pics/politik": "bild.pics",
        "SPIEGEL.Today": "spiegel.today",
        "https://www.spiegel.de/": None,
        "ftp://spiegel.fun/": None,
        "https://user:word@spiegel.agency/": None,
        "https://192.0.2.1/": None,
        "https://[::1/": None,
        "two words.example": None,
        "": None,
        "\x00": None,
        "https://spiegel.ltd/" + "x" * 5_000: None,
    }
    report = api.post("/v1/sightings", {"urls": list(given)}, 202)
    assert {result["url"]: result["site"] for result in report["results"]} == {
        url[:4_096]: site for url, site in given.items()
    }
    assert (report["admitted"], report["refused"]) == (3, 9)
    assert all(result["reason"] for result in report["results"] if result["status"] == "refused")
    sites = {item["site"] for item in api.get("/v1/lookalikes")["data"]}
    assert sites == {"spiegel.ltd", "bild.pics", "spiegel.today"}


def test_a_reported_article_becomes_a_target(api: ApiUnderTest) -> None:
    api.post("/v1/sightings", {"url": "hxxps://spiegel[.]ltd/ausland/artikel.html"}, 202)
    site, _ = api.run(api.store.read(lambda uow: uow.sites.get("spiegel.ltd")))
    assert [target.url for target in site.targets] == ["https://spiegel.ltd/ausland/artikel.html"]


def test_a_report_holds_at_most_a_thousand_urls_and_is_one_or_many(calm: ApiUnderTest) -> None:
    refusal(calm, "/v1/sightings", {"urls": [f"https://spiegel{i}.example.com/" for i in range(1_001)]})
    wrong: list[Any] = [{}, {"url": "a.example.com", "urls": ["b.example.com"]}, {"urls": []}, ["a.example.com"]]
    for content in wrong:
        refusal(calm, "/v1/sightings", content)


# --- outlets ---------------------------------------------------------------------------------------------------------


def test_an_outlet_needs_only_its_domain_and_is_matched_at_once(api: ApiUnderTest) -> None:
    outlet = api.post("/v1/outlets", {"domain": "WWW.Ansa.it"})
    assert outlet == {
        "id": "ansa.it",
        "name": "ansa.it",
        "domain": "ansa.it",
        "own_domains": [],
        "labels": [],
        "country": None,
        "languages": [],
    }
    api.post("/v1/sightings", {"url": "https://ansa.ltd/"}, 202)
    assert [item["outlet"] for item in api.get("/v1/lookalikes")["data"]] == ["ansa.it"]


def test_an_outlet_sent_again_is_changed(api: ApiUnderTest) -> None:
    changed = api.post("/v1/outlets", {"id": "bild", "domain": "bild.de", "own_domains": ["bild.tv", "bild.de"]}, 200)
    assert changed["own_domains"] == ["bild.tv"]
    assert [outlet["id"] for outlet in api.get("/v1/outlets")["data"]] == ["bild", "spiegel"]


def test_a_domain_has_one_owner(calm: ApiUnderTest) -> None:
    assert "spiegel" in refusal(calm, "/v1/outlets", {"domain": "spiegel.de"}, 409)["detail"]
    refusal(calm, "/v1/outlets", {"domain": "example.org", "own_domains": ["english.spiegel.de"]}, 409)


@pytest.mark.parametrize(
    "content",
    [
        {"domain": "co.uk"},
        {"domain": "192.0.2.1"},
        {"domain": "spiegel..de"},
        {"domain": "example.org", "own_domains": ["com"]},
        {"domain": "example.org", "country": "Germany"},
        {"domain": "example.org", "languages": ["german!"]},
        {"domain": "example.org", "labels": ["two words"]},
        {"domain": "example.org", "id": "../x"},
        {"domain": "example.org", "owner": "x"},
        {"name": "nobody"},
    ],
)
def test_a_wrong_outlet_is_refused(calm: ApiUnderTest, content: dict[str, Any]) -> None:
    refusal(calm, "/v1/outlets", content)
    assert len(calm.get("/v1/outlets")["data"]) == 2


def test_an_outlet_is_taken_off_the_list_and_its_lookalikes_stay(api: ApiUnderTest) -> None:
    flagged(api)
    assert api.answer("DELETE", "/v1/outlets/spiegel").status_code == 204
    assert api.answer("DELETE", "/v1/outlets/spiegel").status_code == 404
    assert [outlet["id"] for outlet in api.get("/v1/outlets")["data"]] == ["bild"]
    assert api.get("/v1/lookalikes")["data"]


# --- webhooks --------------------------------------------------------------------------------------------------------


def test_a_secret_is_made_shown_once_and_never_again(api: ApiUnderTest) -> None:
    made = api.post("/v1/webhooks", HOOK | {"events": ["site.down"], "outlets": ["spiegel"], "note": "night shift"})
    assert len(base64.b64decode(made["secret"].removeprefix("whsec_"))) == 32
    (listed,) = api.get("/v1/webhooks")["data"]
    assert "secret" not in listed
    assert listed == {name: value for name, value in made.items() if name != "secret"}
    changed = api.answer("PATCH", f"/v1/webhooks/{made['id']}", json={"enabled": False})
    assert made["secret"] not in changed.text


def test_a_secret_of_ones_own_is_kept(api: ApiUnderTest) -> None:
    secret = "whsec_" + base64.b64encode(b"0123456789abcdefghijklmn").decode()
    assert api.post("/v1/webhooks", HOOK | {"secret": secret})["secret"] == secret


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"secret": "hunter2"}, "/body/secret"),
        ({"secret": "whsec_" + "A" * 8}, "/body/secret"),
        ({"secret": "whsec_" + "A" * 33}, "/body/secret"),
        ({"secret": "whsec_" + base64.b64encode(b"x" * 65).decode()}, "/body/secret"),
        ({"events": ["site.exploded"]}, "/body/events/0"),
        ({"outlets": ["nobody"]}, "/body/outlets"),
        ({"url": "https://10.0.0.1/"}, "/body/url"),
        ({"url": "https://x.example/\n"}, "/body/url"),
    ],
)
def test_a_wrong_webhook_is_refused(calm: ApiUnderTest, change: dict[str, Any], pointer: str) -> None:
    calm.outside.refused_urls["https://10.0.0.1/"] = "10.0.0.1 is a private address"
    problem = refusal(calm, "/v1/webhooks", HOOK | change)
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert calm.get("/v1/webhooks")["data"] == []


def test_a_change_leaves_what_it_does_not_name(api: ApiUnderTest) -> None:
    made = api.post("/v1/webhooks", HOOK | {"events": ["site.down"], "note": "night shift"})
    path = f"/v1/webhooks/{made['id']}"
    changed = api.answer("PATCH", path, json={"enabled": False, "events": []}).json()
    assert (changed["enabled"], changed["events"], changed["note"]) == (False, [], "night shift")
    (kept,) = api.run(api.store.read(lambda uow: uow.outbox.endpoints()))
    assert kept.secret == "sealed " + made["secret"]
    assert api.answer("PATCH", path, json={"outlets": ["nobody"]}).status_code == 422
    assert api.answer("PATCH", "/v1/webhooks/whk_0", json={"note": "x"}).status_code == 404


def test_a_test_event_goes_to_the_one_webhook_whatever_its_filters(api: ApiUnderTest) -> None:
    asked = api.post("/v1/webhooks", HOOK | {"events": ["site.down"], "outlets": ["spiegel"]})
    api.post("/v1/webhooks", {"url": "https://other.example/"})
    event = api.post(f"/v1/webhooks/{asked['id']}/test", None, 202)["event"]
    due = api.run(api.store.read(lambda uow: uow.outbox.due(api.clock.now(), 10)))
    assert [(delivery.endpoint.id, delivery.event.id, delivery.event.type) for delivery in due] == [
        (asked["id"], event, "webhook.test")
    ]


def test_two_tests_in_one_second_are_two_events(api: ApiUnderTest) -> None:
    made = api.post("/v1/webhooks", HOOK)
    path = f"/v1/webhooks/{made['id']}/test"
    assert api.post(path, None, 202) != api.post(path, None, 202)


def test_a_webhook_that_is_paused_or_not_there_is_not_tested(api: ApiUnderTest) -> None:
    made = api.post("/v1/webhooks", HOOK)
    api.answer("PATCH", f"/v1/webhooks/{made['id']}", json={"enabled": False})
    refusal(api, f"/v1/webhooks/{made['id']}/test", None, 409)
    refusal(api, "/v1/webhooks/whk_0/test", None, 404)


# --- events ----------------------------------------------------------------------------------------------------------


def test_events_are_read_in_order_without_missing_one(api: ApiUnderTest) -> None:
    flagged(api)
    api.post("/v1/blocks", BLOCK)
    api.look(SITE, "spiegel", Verdict.UNKNOWN, grade=Availability.SEIZED)
    after, seen = 0, list[int]()
    while True:
        page = api.get("/v1/events", params={"after": after, "limit": 2})
        if not page["data"]:
            assert page["next_after"] == after
            break
        seen += [event["sequence"] for event in page["data"]]
        after = page["next_after"]
    assert seen == list(range(1, len(seen) + 1))
    types = [event["type"] for event in api.get("/v1/events")["data"]]
    assert types[-1] == "site.down"


def test_the_highest_number_that_can_be_asked_for_is_no_error(calm: ApiUnderTest) -> None:
    assert calm.get("/v1/events", params={"after": 2**63 - 1})["data"] == []
    assert calm.answer("GET", "/v1/events", params={"after": 2**63}).status_code == 422


def test_the_builders_site_was_registered(api: ApiUnderTest) -> None:
    flagged(api)
    (item,) = api.get("/v1/lookalikes")["data"]
    assert item["registration_status"] == RegistrationStatus.FOUND_DATE
    assert item["discovered_at"] == START.strftime("%Y-%m-%dT%H:%M:%SZ")


def hook_of(api: ApiUnderTest) -> Any:
    (kept,) = api.run(api.store.read(lambda uow: uow.outbox.endpoints()))
    return kept


def test_a_new_secret_is_shown_once_and_the_old_one_signs_along_for_a_day(api: ApiUnderTest) -> None:
    made = api.post("/v1/webhooks", HOOK)
    turned = api.post(f"/v1/webhooks/{made['id']}/rotate", {}, 200)
    assert turned["secret"] not in ("", made["secret"])
    assert turned["old_secret_until"] > turned["created_at"]
    now, sealed = api.clock.real_now(), ("sealed " + turned["secret"], "sealed " + made["secret"])
    assert hook_of(api).secrets(now) == sealed
    assert hook_of(api).secrets(now + timedelta(hours=23, minutes=59)) == sealed
    assert hook_of(api).secrets(now + timedelta(hours=24)) == sealed[:1]
    assert "secret" not in api.get(f"/v1/webhooks/{made['id']}")
    refusal(api, "/v1/webhooks/whk_0/rotate", {}, 404)


def test_a_webhook_that_was_disabled_says_why_until_it_is_enabled(api: ApiUnderTest) -> None:
    made = api.post("/v1/webhooks", HOOK | {"severity": "high"})
    path, down = f"/v1/webhooks/{made['id']}", Condition(failures=9, failing_since=START, probe_at=START)
    gone = replace(hook_of(api), enabled=False, disabled_because="it answered 410 Gone", condition=down)
    api.run(api.store.write(lambda uow: uow.outbox.put_endpoint(gone)))
    shown = api.get(path)
    assert (shown["disabled_because"], shown["failures"], shown["enabled"]) == ("it answered 410 Gone", 9, False)
    assert shown["failing_since"] == shown["next_probe_at"] is not None
    refusal(api, f"{path}/replay", {"since": "2022-01-01T00:00:00Z"}, 409)
    again = api.answer("PATCH", path, json={"enabled": True}).json()
    assert (again["disabled_because"], again["failures"], again["enabled"], again["severity"]) == ("", 0, True, "high")


def test_dead_letters_are_listed_shown_retried_and_replayed(api: ApiUnderTest) -> None:
    hook = api.post("/v1/webhooks", HOOK)["id"]
    events = {api.post(f"/v1/webhooks/{hook}/test", None, 202)["event"] for _ in range(3)}
    failed = Attempt(ok=False, status=500, detail="<b>\u202eno")

    def step(uow: UnitOfWork) -> None:
        for one in uow.outbox.due(api.clock.now(), 10):
            uow.outbox.record(one, failed, None, START)

    api.run(api.store.write(step))
    first = api.get("/v1/deliveries?state=dead&limit=2")
    rest = api.get(f"/v1/deliveries?state=dead&cursor={first['next_cursor']}")
    assert {row["event"] for row in first["data"] + rest["data"]} == events
    assert rest["next_cursor"] is None
    dead = rest["data"][0]
    assert api.get(f"/v1/deliveries/{dead['id']}")["attempts"][0]["status"] == 500
    assert api.post(f"/v1/deliveries/{dead['id']}/retry", None, 202)["state"] == "pending"
    assert api.post(f"/v1/webhooks/{hook}/replay", {"since": "2022-01-01T00:00:00Z"}, 202) == {"queued": 2}
    assert api.get("/v1/deliveries?state=dead")["data"] == []
    api.answer("PATCH", f"/v1/webhooks/{hook}", json={"enabled": False})
    refusal(api, f"/v1/deliveries/{dead['id']}/retry", None, 409)
    refusal(api, "/v1/deliveries/dlv_0/retry", None, 404)
    assert api.answer("GET", "/v1/deliveries?cursor=x").status_code == 422


def test_a_webhook_is_removed_with_its_log(api: ApiUnderTest) -> None:
    made = api.post("/v1/webhooks", HOOK)
    api.post(f"/v1/webhooks/{made['id']}/test", None, 202)
    assert api.answer("DELETE", f"/v1/webhooks/{made['id']}").status_code == 204
    assert api.get("/v1/deliveries")["data"] == []
    assert api.answer("DELETE", f"/v1/webhooks/{made['id']}").status_code == 404


@pytest.mark.parametrize(
    ("kind", "url", "shown"),
    [
        ("slack", "https://hooks.slack.com/services/T0/B0/secret", "https://hooks.slack.com/…"),
        ("email", "mailto:desk@news.example", "mailto:desk@news.example"),
        ("apprise", "tgram://token/chat", "tgram:///…"),
    ],
)
def test_the_address_of_a_chat_is_sealed_and_never_shown_again(
    api: ApiUnderTest, kind: str, url: str, shown: str
) -> None:
    made = api.post("/v1/webhooks", {"kind": kind, "url": url})
    assert (made["kind"], made["url"], made["secret"]) == (kind, shown, None)
    assert hook_of(api).secret == f"sealed {url}"
    assert "secret/" not in api.answer("GET", "/v1/webhooks").text
    refusal(api, f"/v1/webhooks/{made['id']}/rotate", {}, 409)
    secret = "whsec_" + base64.b64encode(b"0123456789abcdefghijklmn").decode()
    problem = refusal(api, "/v1/webhooks", {"kind": kind, "url": url, "secret": secret})
    assert [error["pointer"] for error in problem["errors"]] == ["/body/secret"]
