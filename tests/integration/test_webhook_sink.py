"""Alerts to webhooks, received and checked by the standard's own verifier."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service.adapters.dialer import Dialer
from service.adapters.webhook import LONGEST_WAIT, WebhookSink, payload, retry_after
from service.core.alerts.deliveries import Attempt, Delivery, Endpoint
from service.core.alerts.signature import new_secret
from service.core.model import Event
from service.lab.hostile import HostileServer
from service.lab.receiver import Failure, Receiver
from tests.fakes_fetching import Names

SECRET, OTHER = new_secret(bytes(32)), new_secret(bytes(range(32)))
HAPPENED = datetime(2022, 9, 27, 12, 30, tzinfo=UTC)
DATA = {"site": "bücher.example", "reason": "<script>", "score": 0.9}
EVENT = Event(id="evt_abc", type="impersonation.confirmed", at=HAPPENED, data=DATA)


def now() -> datetime:
    return datetime.now(UTC)


def delivery(url: str, secret: str = SECRET, event: Event = EVENT) -> Delivery:
    endpoint = Endpoint(id="e1", url=url, secret=secret, created_at=HAPPENED)
    return Delivery(id=1, endpoint=endpoint, event=event, attempt=0, next_at=HAPPENED)


def sent(
    url: str, *, secret: str = SECRET, allow: Mapping[str, list[str]] | None = None, patience: float = 10.0
) -> Attempt:
    async def run() -> Attempt:
        return await send(url, secret=secret, allow=allow, patience=patience)

    return asyncio.run(run())


async def send(
    url: str,
    *,
    secret: str = SECRET,
    allow: Mapping[str, list[str]] | None = None,
    patience: float = 10.0,
    event: Event = EVENT,
) -> Attempt:
    dialer = Dialer(Names({"inside.example": ["10.0.0.1"]}), {"webhooks": ["127.0.0.0/8"]} if allow is None else allow)
    async with dialer.client("webhooks") as client:
        return await WebhookSink(client, patience).send(delivery(url, secret, event), now())


def with_receiver(scenario: Callable[[Receiver, str], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        receiver = Receiver([SECRET, OTHER])
        port = receiver.listen_on("127.0.0.1")
        try:
            return await scenario(receiver, f"http://127.0.0.1:{port}/hook")
        finally:
            await receiver.close()

    return asyncio.run(run())


def test_an_event_arrives_signed_and_whole() -> None:
    async def scenario(receiver: Receiver, url: str) -> None:
        attempt = await send(url)
        assert attempt == Attempt(ok=True, status=204, detail="")
        (received,) = receiver.deliveries
        assert (received.verified, received.reason) == (True, "")
        assert received.id == EVENT.id
        assert json.loads(received.body) == {"type": EVENT.type, "timestamp": "2022-09-27T12:30:00Z", "data": DATA}
        assert b": " not in received.body
        assert received.headers["content-type"] == "application/json"
        assert received.headers["user-agent"].startswith("Spoofwatch")
        assert abs(int(received.headers["webhook-timestamp"]) - now().timestamp()) < 60

    with_receiver(scenario)


def test_while_secrets_change_the_receiver_may_know_either() -> None:
    async def scenario(receiver: Receiver, url: str) -> None:
        await send(url, secret=OTHER)
        await send(url, secret=f"{OTHER} {SECRET}")
        assert [received.verified for received in receiver.deliveries] == [True, True]
        assert len(receiver.deliveries[1].headers["webhook-signature"].split(" ")) == 2

    with_receiver(scenario)


def test_a_rotated_endpoint_signs_with_both_secrets_as_they_are_opened_until_the_day_is_over() -> None:
    async def scenario(receiver: Receiver, url: str) -> None:
        sealed = replace(
            delivery(url).endpoint, secret="1", old_secret="2", old_secret_until=now() + timedelta(hours=1)
        )
        dialer = Dialer(Names({}), {"webhooks": ["127.0.0.0/8"]})
        async with dialer.client("webhooks") as client:
            sink = WebhookSink(client, 10.0, {"1": OTHER, "2": SECRET}.__getitem__)
            for at in (now(), now() + timedelta(hours=2)):
                await sink.send(replace(delivery(url), endpoint=sealed), at)
        signatures = [received.headers["webhook-signature"].split(" ") for received in receiver.deliveries]
        assert [len(one) for one in signatures] == [2, 1]
        assert receiver.deliveries[0].verified

    with_receiver(scenario)


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (Failure(status=500), Attempt(ok=False, status=500, detail="told to fail")),
        (Failure(status=400), Attempt(ok=False, status=400, detail="told to fail")),
        (Failure(status=301), Attempt(ok=False, status=301, detail="told to fail")),
        (Failure(status=410), Attempt(ok=False, status=410, detail="told to fail", permanent=True)),
        (
            Failure(status=429, retry_after="120"),
            Attempt(ok=False, status=429, detail="told to fail", retry_after=120.0),
        ),
        (Failure(status=503, retry_after="7"), Attempt(ok=False, status=503, detail="told to fail", retry_after=7.0)),
        (Failure(status=503, retry_after="soon"), Attempt(ok=False, status=503, detail="told to fail")),
        (Failure(status=500, retry_after="7"), Attempt(ok=False, status=500, detail="told to fail")),
    ],
)
def test_what_the_receiver_answers_decides_what_the_outbox_does(failure: Failure, expected: Attempt) -> None:
    async def scenario(receiver: Receiver, url: str) -> Attempt:
        receiver.fail(failure)
        return await send(url)

    assert with_receiver(scenario) == expected


def test_a_receiver_that_drops_or_hangs_fails_the_attempt() -> None:
    async def scenario(receiver: Receiver, url: str) -> tuple[Attempt, Attempt]:
        receiver.fail(Failure(drops=True))
        dropped = await send(url)
        receiver.fail(Failure(hangs=True))
        return dropped, await send(url, patience=0.2)

    dropped, hung = with_receiver(scenario)
    assert (dropped.ok, dropped.status, dropped.permanent) == (False, None, False)
    assert (hung.ok, hung.status, hung.detail) == (False, None, "no answer within 0.2 s")


def test_private_targets_are_refused_unless_the_operator_allows_them() -> None:
    for url in ("http://169.254.169.254/latest", "http://127.0.0.1:9/", "http://inside.example/", "http://localhost/"):
        attempt = sent(url, allow={})
        assert not attempt.ok
        assert not attempt.permanent
        assert "Refused" not in attempt.detail
        assert attempt.detail


def test_a_redirect_is_a_failure_and_is_not_followed() -> None:
    async def run() -> Attempt:
        async with HostileServer() as server:
            attempt = await send(f"http://127.0.0.1:{server.port}/loop")
            assert [request.path for request in server.seen] == ["/loop"]
            return attempt

    attempt = asyncio.run(run())
    assert (attempt.ok, attempt.status) == (False, 302)


@pytest.mark.parametrize(
    "path", ["/endless", "/endless-interim", "/many-headers", "/long-header", "/garbage", "/gzip-bomb"]
)
def test_a_receiver_that_floods_is_left(path: str) -> None:
    async def run() -> Attempt:
        async with HostileServer() as server:
            return await send(f"http://127.0.0.1:{server.port}{path}", patience=0.5)

    attempt = asyncio.run(run())
    assert len(attempt.detail) <= 1024
    assert attempt.detail.isprintable()


@pytest.mark.parametrize(
    ("url", "secret"),
    [("ftp://a.example/", SECRET), ("no url", SECRET), ("http://127.0.0.1:1/", "no secret"), ("http://[::1", SECRET)],
)
def test_an_endpoint_that_cannot_be_posted_to_is_a_permanent_failure(url: str, secret: str) -> None:
    attempt = sent(url, secret=secret)
    assert (attempt.ok, attempt.permanent) == (False, True)
    assert attempt.detail


def test_hostile_strings_travel_as_text() -> None:
    hostile = Event(id="evt_x", type="t", at=HAPPENED, data={"title": "\ud800\u202e\n\"'</script>=1+1"})

    async def scenario(receiver: Receiver, url: str) -> None:
        assert (await send(url, event=hostile)).ok
        assert receiver.deliveries[0].verified
        assert json.loads(receiver.deliveries[0].body)["data"]["title"] == "?\u202e\n\"'</script>=1+1"

    with_receiver(scenario)


def test_an_event_that_is_no_json_is_a_permanent_failure() -> None:
    broken = Event(id="evt_x", type="t", at=HAPPENED, data={"score": float("nan")})

    async def run() -> Attempt:
        return await send("http://127.0.0.1:1/", event=broken)

    assert asyncio.run(run()).permanent


def test_the_body_is_the_same_for_every_try() -> None:
    assert payload(EVENT) == payload(EVENT)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 5 ", 5.0),
        ("99999999999", LONGEST_WAIT),
        ("-5", None),
        ("1.5", None),
        ("", None),
        ("tomorrow", None),
        ("²", None),
        ("Tue, 27 Sep 2022 12:32:00 GMT", 120.0),
        ("Tue, 27 Sep 2022 12:32:00 -0000", 120.0),
        ("Tue, 27 Sep 2022 12:00:00 GMT", 0.0),
        ("Tue, 27 Sep 9999 12:00:00 GMT", LONGEST_WAIT),
        ("Tue, 99 Sep 2022 12:00:00 GMT", None),
    ],
)
def test_patience_is_read_as_seconds_or_as_a_date(value: str, seconds: float | None) -> None:
    assert retry_after(value, HAPPENED) == seconds


def test_a_date_is_compared_with_the_time_of_the_attempt() -> None:
    later = HAPPENED + timedelta(minutes=1)
    assert retry_after("Tue, 27 Sep 2022 12:32:00 GMT", later) == 60.0
