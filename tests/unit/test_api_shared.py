"""What every route shares: requests that come twice, limits, and numbers for monitoring."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from service.adapters.telemetry import exposition
from service.api.app import create_app
from service.core.errors import StoreUnavailable
from service.core.facts.dns import VantageHealth
from service.core.sightings.sighting import Entry, Report, Sighting
from service.core.states import Verdict
from service.daemon.health import Health, TickState
from service.daemon.numbers import Monitor
from service.pipeline.sightings import SightingDesk
from tests.fakes_api import SPIEGEL, ApiUnderTest, Unused, api_under_test

KEY = {"Idempotency-Key": "one-and-only"}
SEEN = {"url": "https://spiegel.ltd/a"}


@pytest.fixture
def api() -> Iterator[ApiUnderTest]:
    with api_under_test() as made:
        made.watch(SPIEGEL)
        yield made


def post(api: ApiUnderTest, path: str, body: Any, **more: Any) -> httpx.Response:
    return api.answer("POST", path, json=body, headers=KEY, **more)


def desk(api: ApiUnderTest, kind: type[SightingDesk]) -> SightingDesk:
    return kind(clock=api.clock, store=api.store, watched=api.watched, token_bytes=api.app.token_bytes)


# --- requests that come twice ----------------------------------------------------------------------------------------


def test_a_request_that_comes_again_gets_the_first_answer_and_does_nothing(api: ApiUnderTest) -> None:
    first = post(api, "/v1/sightings", SEEN)
    api.run(api.store.write(lambda uow: uow.sites.claim(api.clock.now(), api.clock.now() + timedelta(days=9), 9)))
    again = post(api, "/v1/sightings", SEEN)
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert (first.headers.get("Idempotent-Replayed"), again.headers["Idempotent-Replayed"]) == (None, "true")
    assert again.headers["Content-Type"] == "application/json"


def test_a_key_is_one_request_s_and_one_token_s(api: ApiUnderTest) -> None:
    post(api, "/v1/sightings", SEEN)
    other = post(api, "/v1/sightings", {"url": "https://spiegel.pics/"})
    assert other.status_code == 422
    assert other.json()["errors"][0]["pointer"] == "/header/Idempotency-Key"
    from_another = post(api, "/v1/sightings", SEEN, token=api.token(*api.scopes))
    assert from_another.status_code == 202
    assert "Idempotent-Replayed" not in from_another.headers


def test_a_refusal_is_kept_like_any_answer(api: ApiUnderTest) -> None:
    assert post(api, "/v1/outlets", {"domain": "co.uk"}).status_code == 422
    assert post(api, "/v1/outlets", {"domain": "co.uk"}).headers["Idempotent-Replayed"] == "true"


def test_after_a_day_a_key_is_free_again(api: ApiUnderTest) -> None:
    post(api, "/v1/sightings", SEEN)
    api.clock.advance(timedelta(hours=24))
    assert post(api, "/v1/sightings", {"url": "https://spiegel.pics/"}).status_code == 202


def test_while_the_first_request_is_under_way_the_second_is_a_conflict(api: ApiUnderTest) -> None:
    class Slow(SightingDesk):
        """A desk before which somebody asks again."""

        async def admit(self, report: Report, entries: Iterable[Entry]) -> tuple[Sighting, ...]:
            second = await api.inside("POST", "/v1/sightings", SEEN, KEY)
            assert second.status_code == 409
            return await super().admit(report, entries)

    api.app = api.build(sightings=desk(api, Slow))
    assert post(api, "/v1/sightings", SEEN).status_code == 202


def test_what_the_service_failed_at_may_be_tried_again_under_the_same_key(api: ApiUnderTest) -> None:
    tries = itertools.count()

    class Broken(SightingDesk):
        """A desk that is out of order once."""

        async def admit(self, report: Report, entries: Iterable[Entry]) -> tuple[Sighting, ...]:
            if next(tries) == 0:
                raise StoreUnavailable("the disk is full")
            return await super().admit(report, entries)

    api.app = api.build(sightings=desk(api, Broken))
    assert post(api, "/v1/sightings", SEEN).status_code == 503
    assert post(api, "/v1/sightings", SEEN).status_code == 202


def test_a_secret_that_is_shown_once_is_not_kept_for_a_second_time(api: ApiUnderTest) -> None:
    made = post(api, "/v1/tokens", {"scopes": ["read"]})
    again = post(api, "/v1/tokens", {"scopes": ["read"]})
    assert (made.status_code, again.status_code) == (201, 409)
    assert "shown once" in again.json()["detail"]


@pytest.mark.parametrize("key", ["", "x" * 256, "two words"])
def test_a_key_is_visible_and_short(api: ApiUnderTest, key: str) -> None:
    answer = api.answer("POST", "/v1/sightings", json=SEEN, headers={"Idempotency-Key": key})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/header/Idempotency-Key"


# --- limits ----------------------------------------------------------------------------------------------------------


def test_a_token_that_asks_too_often_waits_and_others_do_not(api: ApiUnderTest) -> None:
    limited = create_app(api.app, requests_per_minute=60)
    api.serve(limited)
    left = [api.answer("GET", "/v1/events").headers["RateLimit-Remaining"] for _ in range(60)]
    assert left == [str(number) for number in reversed(range(60))]
    refused = api.answer("GET", "/v1/events")
    assert refused.status_code == 429
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert (refused.headers["Retry-After"], refused.headers["RateLimit-Limit"]) == ("1", "60")
    assert api.answer("GET", "/v1/events", token=api.token(*api.scopes)).status_code == 200
    api.clock.advance(timedelta(seconds=1))
    assert api.answer("GET", "/v1/events").status_code == 200
    assert api.answer("GET", "/v1/events").status_code == 429


def test_health_is_not_limited(api: ApiUnderTest) -> None:
    api.serve(create_app(api.app, requests_per_minute=1))
    assert [api.answer("GET", "/livez").status_code for _ in range(3)] == [200] * 3


# --- numbers ---------------------------------------------------------------------------------------------------------


def test_the_numbers_say_what_there_is_to_do_and_name_nobody(api: ApiUnderTest) -> None:
    api.admit("spiegel.ltd", "spiegel.pics")
    api.look("spiegel.ltd", "spiegel", Verdict.IMPERSONATION)
    api.clock.advance(timedelta(minutes=2))
    health = Health(clock=api.clock, store=api.store, resolver=Unused())
    health.ticks["looks"] = TickState(every=timedelta(seconds=1), done_at=api.clock.now(), error="broken")
    health.vantages = (VantageHealth(vantage="system", upstream="192.0.2.53:53", ok=False, detail="lies"),)
    monitor = Monitor(clock=api.clock, store=api.store, health=health, parser_kills=lambda: 3)
    told = exposition(api.run(monitor.numbers())).decode()
    for line in (
        "spoofwatch_due_sites 1.0",
        "spoofwatch_due_seconds 180.0",
        'spoofwatch_sites{availability="live"} 1.0',
        'spoofwatch_lookalikes{verdict="impersonation"} 1.0',
        "spoofwatch_open_episodes 1.0",
        'spoofwatch_tick_failed{tick="looks"} 1.0',
        'spoofwatch_vantage_ok{vantage="system"} 0.0',
        "spoofwatch_parser_kills 3.0",
    ):
        assert line in told.splitlines(), told
    assert "spiegel" not in told
