"""Checks that are asked for over the API: what comes of them, who sees them, and what cuts them off."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from service.core.checks import LEASE, TRIES
from service.core.errors import StoreUnavailable
from service.core.facts.dns import DnsStatus
from service.core.facts.page import PageFacts
from service.core.model import Profile
from service.core.tokens import Scope
from service.core.verdict.lists import shipped_lists
from service.core.verdict.policy import ScoringPolicy
from service.pipeline.check import Checker
from service.pipeline.check_desk import CheckDesk
from service.pipeline.examine import Examiner
from service.pipeline.fetch import FetchPlan
from tests.builders import START, dns, registration
from tests.fakes import FakeFetcher, FakeRegistry, FakeResolver
from tests.fakes_api import BILD, SPIEGEL, ApiUnderTest, api_under_test

SITE, ABSENT = "spiegel.ltd", "spiegel.pics"
PAGE = PageFacts(title="Spiegel \ud800 <b>Bild</b>", text="Nachrichten " * 200)
HOUR = timedelta(hours=1)


def desk(made: ApiUnderTest, *, checker: Any = None, hourly: int = 0) -> CheckDesk:
    """A desk whose looks meet fakes of the outside: one site that exists, and nothing else."""
    resolver = FakeResolver({SITE: dns(host=SITE), ABSENT: dns(DnsStatus.NXDOMAIN, host=ABSENT)})
    examiner = Examiner(
        clock=made.clock,
        store=made.store,
        watched=made.watched,
        resolver=resolver,
        registry=FakeRegistry({SITE: replace(registration(START), domain=SITE)}),
        fetcher=FakeFetcher(dict.fromkeys((f"https://{SITE}/", f"https://{SITE}/politik"), PAGE)),
        tracker=made.tracker,
        plan=FetchPlan(profiles=(Profile(name="desktop", headers={}),)),
        policy=ScoringPolicy(),
        lists=shipped_lists(),
        concurrency=1,
    )
    real = Checker(store=made.store, resolver=resolver, watched=made.watched, door=made.door, examiner=examiner)
    return CheckDesk(
        clock=made.clock,
        store=made.store,
        checker=checker or real,
        token_bytes=made.app.token_bytes,
        hourly=hourly,
    )


@pytest.fixture
def api() -> Iterator[ApiUnderTest]:
    with api_under_test() as made:
        made.watch(SPIEGEL, BILD)
        made.app = made.build(checks=desk(made))
        yield made


def asked(api: ApiUnderTest, target: str = SITE, **more: Any) -> str:
    answer = api.answer("POST", "/v1/checks", json={"target": target}, **more)
    assert answer.status_code == 202, answer.text
    return answer.headers["Location"]


def test_a_check_is_queued_made_and_explained(api: ApiUnderTest) -> None:
    where = asked(api, "hxxps://spiegel[.]ltd/politik")
    before = api.get(where)
    assert (before["state"], before["report"], before["done_at"]) == ("queued", None, None)
    assert api.run(api.app.checks.make_due()) == 1
    after = api.get(where)
    assert (after["id"], after["state"], after["error"]) == (before["id"], "done", None)
    report = after["report"]
    assert (report["name"], report["availability"]) == (SITE, "live")
    assert {one["outlet"] for one in report["outlets"]} == {"spiegel"}
    assert all(one["explanation"] for one in report["outlets"])
    assert {page["title"] for page in report["pages"]} == {"Spiegel ? <b>Bild</b>"}
    assert api.get(f"/v1/sites/{SITE}")["source"] == "check"


def test_a_name_that_does_not_exist_is_said_to_resemble_and_is_not_taken_in(api: ApiUnderTest) -> None:
    where = asked(api, ABSENT)
    api.run(api.app.checks.make_due())
    report = api.get(where)["report"]
    assert (report["verdict"], report["availability"]) == ("unknown", "nxdomain")
    assert "spiegel (tld-swap)" in report["summary"]
    assert api.answer("GET", f"/v1/sites/{ABSENT}").status_code == 404


@pytest.mark.parametrize(
    "target", ["", "no name", "https://", "co.uk", "192.0.2.1", "https://x" + "y" * 5000 + ".ltd", "a\nb.ltd"]
)
def test_what_is_no_name_is_refused_at_once(api: ApiUnderTest, target: str) -> None:
    answer = api.answer("POST", "/v1/checks", json={"target": target})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/body/target")


def test_a_token_sees_its_own_checks_and_a_limited_one_hears_of_its_outlets_alone(api: ApiUnderTest) -> None:
    limited = api.token(Scope.WRITE, outlets=frozenset({"bild"}))
    theirs, whole = asked(api, token=limited), asked(api)
    api.run(api.app.checks.make_due())
    assert api.answer("GET", whole, token=limited).status_code == 404
    assert api.answer("GET", theirs).status_code == 404
    assert [one["outlet"] for one in api.get(whole)["report"]["outlets"]] == ["spiegel"]
    told = api.get(theirs, token=limited)["report"]
    assert (told["verdict"], told["outlets"], told["events"]) == ("unknown", [], [])
    dead = asked(api, ABSENT, token=limited)
    api.run(api.app.checks.make_due())
    assert "resemble" not in api.get(dead, token=limited)["report"]["summary"]


def test_a_token_may_ask_for_so_many_an_hour(api: ApiUnderTest) -> None:
    api.app = api.build(checks=desk(api, hourly=2))
    asked(api)
    api.clock.advance(HOUR / 4)
    asked(api)
    refused = api.answer("POST", "/v1/checks", json={"target": SITE})
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, str(45 * 60))
    assert api.answer("POST", "/v1/checks", json={"target": SITE}, token=api.token(Scope.WRITE)).status_code == 202
    api.clock.advance(HOUR * 3 / 4)
    asked(api)


# --- cut off ---------------------------------------------------------------------------------------------------------


class Failing:
    """A checker that fails as it is told."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    async def check(self, given: str, outlets: frozenset[str]) -> Any:
        del given, outlets
        raise self.error


def test_a_check_that_a_kill_cut_off_is_made_anew_when_its_lease_has_ended(api: ApiUnderTest) -> None:
    where = asked(api)
    killed = desk(api, checker=Failing(asyncio.CancelledError()))  # its process dies with the check in its hands
    api.run(killed.start_due())
    api.run(killed.close())
    assert api.get(where)["state"] == "running"
    assert api.run(api.app.checks.make_due()) == 0
    api.clock.advance(LEASE)
    assert api.get(where)["state"] == "queued"
    assert api.run(api.app.checks.make_due()) == 1
    assert api.get(where)["state"] == "done"


def test_a_check_that_is_cut_off_again_and_again_is_given_up(api: ApiUnderTest) -> None:
    where = asked(api)
    killed = desk(api, checker=Failing(asyncio.CancelledError()))
    for _ in range(TRIES):
        api.run(killed.start_due())
        api.run(killed.close())
        api.clock.advance(LEASE)
    assert api.run(api.app.checks.make_due()) == 0
    found = api.get(where)
    assert (found["state"], found["report"]) == ("failed", None)
    assert "cut off" in found["error"]


@pytest.mark.parametrize(
    ("error", "said"), [(ValueError("of our own"), "fault of our own"), (TimeoutError(), "more than 4 minutes")]
)
def test_a_check_that_fails_says_so_and_the_next_one_is_made(api: ApiUnderTest, error: Exception, said: str) -> None:
    where = asked(api)
    api.run(desk(api, checker=Failing(error)).make_due())
    assert said in api.get(where)["error"]
    assert "of our own" not in said or "ValueError" not in api.get(where)["error"]
    other = asked(api)
    api.run(api.app.checks.make_due())
    assert api.get(other)["state"] == "done"


def test_a_check_that_the_database_cut_off_is_made_anew_too(api: ApiUnderTest) -> None:
    where = asked(api)
    assert api.run(desk(api, checker=Failing(StoreUnavailable("locked"))).make_due()) == 1
    assert api.get(where)["state"] == "running"
    api.clock.advance(LEASE)
    api.run(api.app.checks.make_due())
    assert api.get(where)["state"] == "done"
