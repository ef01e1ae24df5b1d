"""The lab's webhook receiver: signatures by the official library, deliveries kept, failures on demand."""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import httpx
import pytest
from standardwebhooks import Webhook

from service.core.errors import ConfigError
from service.lab.receiver import Failure, Receiver

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

HOME = "127.0.0.1"
SECRET = "whsec_" + base64.b64encode(b"a secret of the lab's tests 1234").decode()
OTHER = "whsec_" + base64.b64encode(b"another secret of the lab's test").decode()


def receiving(test: Callable[[Receiver, str], Awaitable[None]], *secrets: str) -> None:
    async def run() -> None:
        receiver = Receiver(secrets)
        port = receiver.listen_on(HOME)
        try:
            await test(receiver, f"http://{HOME}:{port}")
        finally:
            await receiver.close()

    asyncio.run(run())


def signed(body: str, *, id_: str = "evt_1", secret: str = SECRET, ago: timedelta = timedelta(0)) -> dict[str, str]:
    at = datetime.now(UTC) - ago
    return {
        "webhook-id": id_,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(id_, at, body),
        "content-type": "application/json",
    }


async def post(url: str, body: str, headers: dict[str, str], timeout: float = 5) -> httpx.Response:  # noqa: ASYNC109 - handed on to httpx
    async with httpx.AsyncClient(trust_env=False, timeout=timeout) as client:
        return await client.post(f"{url}/hook", content=body, headers=headers)


BODY = json.dumps({"type": "webhook.test", "data": {"name": "süddeutsche[.]ltd"}}, ensure_ascii=False)


def test_a_signed_delivery_is_verified_and_kept() -> None:
    async def test(receiver: Receiver, url: str) -> None:
        assert (await post(url, BODY, signed(BODY))).status_code == 204
        (received,) = await receiver.wait_for(1)
        assert received.verified, received.reason
        assert (received.id, received.path, received.status) == ("evt_1", "/hook", 204)
        assert received.body.decode() == BODY

    receiving(test, SECRET)


def test_after_a_rotation_both_secrets_are_taken() -> None:
    async def test(receiver: Receiver, url: str) -> None:
        await post(url, BODY, signed(BODY, secret=OTHER))
        receiver.trust(OTHER)
        await post(url, BODY, signed(BODY, secret=OTHER))
        await post(url, BODY, signed(BODY, secret=SECRET))
        assert [received.verified for received in await receiver.wait_for(3)] == [False, True, True]

    receiving(test, SECRET)


def test_what_is_not_signed_as_it_should_be_says_why() -> None:
    cases: tuple[tuple[str, dict[str, str], str], ...] = (
        (BODY, {}, "Missing required headers"),
        (BODY, signed(BODY, secret=OTHER), "No matching signature"),
        (BODY + " ", signed(BODY), "No matching signature"),
        (BODY, signed(BODY, ago=timedelta(minutes=10)), "too old"),
        (BODY, {**signed(BODY), "webhook-signature": "nonsense"}, "not enough values"),
    )

    async def test(receiver: Receiver, url: str) -> None:
        for body, headers, reason in cases:
            assert (await post(url, body, headers)).status_code == 204
            assert not receiver.deliveries[-1].verified
            assert reason in receiver.deliveries[-1].reason

    receiving(test, SECRET)


def test_a_receiver_without_a_secret_verifies_nothing() -> None:
    async def test(receiver: Receiver, url: str) -> None:
        await post(url, BODY, signed(BODY))
        assert receiver.deliveries[0].reason == "the receiver knows no secret"
        with pytest.raises(ConfigError, match="not a webhook secret"):
            receiver.trust("whsec_")

    receiving(test)


def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "standardwebhooks", None)  # what importing a package that is not there looks like
    with pytest.raises(ConfigError, match=r"spoofwatch\[dev\]"):
        Receiver((SECRET,))


def test_it_fails_as_often_as_it_was_told_and_then_recovers() -> None:
    async def test(receiver: Receiver, url: str) -> None:
        receiver.fail(Failure(status=503, retry_after="7"), times=2)
        receiver.fail(Failure(status=410))
        answers = [await post(url, BODY, signed(BODY)) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [503, 503, 410, 204]
        assert [answer.headers.get("retry-after") for answer in answers] == ["7", "7", None, None]
        assert [received.status for received in receiver.deliveries] == [503, 503, 410, 204]
        receiver.fail(Failure(), times=5)
        receiver.recover()
        assert (await post(url, BODY, signed(BODY))).status_code == 204

    receiving(test, SECRET)


def test_it_hangs_and_drops_and_keeps_what_it_was_sent() -> None:
    async def test(receiver: Receiver, url: str) -> None:
        receiver.fail(Failure(hangs=True))
        receiver.fail(Failure(drops=True))
        with pytest.raises(httpx.ReadTimeout):
            await post(url, BODY, signed(BODY), timeout=0.3)
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            await post(url, BODY, signed(BODY))
        assert [(received.verified, received.status) for received in receiver.deliveries] == [(True, None)] * 2

    receiving(test, SECRET)


def test_another_process_can_ask_what_came() -> None:
    async def test(_: Receiver, url: str) -> None:
        await post(url, BODY, signed(BODY, id_="evt_9"))
        async with httpx.AsyncClient(trust_env=False) as client:
            (shown,) = (await client.get(f"{url}/deliveries")).json()
            assert (await client.get(f"{url}/other")).status_code == 405
        assert (shown["id"], shown["verified"], shown["status"]) == ("evt_9", True, 204)
        assert json.loads(shown["body"])["type"] == "webhook.test"

    receiving(test, SECRET)


def test_bodies_beyond_a_megabyte_are_not_read() -> None:
    async def test(receiver: Receiver, url: str) -> None:
        async with asyncio.timeout(5):
            reader, writer = await asyncio.open_connection(HOME, int(url.rpartition(":")[2]))
            writer.write(b"POST /hook HTTP/1.1\r\nContent-Length: 2000000\r\n\r\n")
            assert (await reader.read()).startswith(b"HTTP/1.1 413")
            writer.close()
        assert not receiver.deliveries

    receiving(test, SECRET)


def test_waiting_for_what_never_comes_ends() -> None:
    async def test(receiver: Receiver, _: str) -> None:
        with pytest.raises(TimeoutError):
            await receiver.wait_for(1, seconds=0.05)

    receiving(test, SECRET)
