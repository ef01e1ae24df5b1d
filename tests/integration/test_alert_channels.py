"""Alerts to people over real connections: a chat's webhook, a mail server, Apprise; and the heartbeat."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import httpx
from aiosmtpd.controller import Controller

from service.adapters.channels import AppriseSink, Channels, ChatSink
from service.adapters.dialer import Dialer
from service.adapters.heartbeat import Heartbeat
from service.adapters.mail import MailServer, MailSink
from service.core.alerts.condition import Channel
from service.core.alerts.deliveries import Attempt, Delivery, Endpoint
from service.core.model import Event
from service.lab.receiver import Failure, Receiver
from tests.fakes_fetching import Names

AT = datetime(2022, 9, 27, 12, 30, tzinfo=UTC)
EVENT = Event(id="evt_1", type="site.resurfaced", at=AT, data={"id": "evt_1", "site": "spiegel.ltd", "detail": {}})


def delivery(kind: Channel, url: str) -> Delivery:
    endpoint = Endpoint(id="e", url=url, secret="sealed", created_at=AT, kind=kind)
    return Delivery(id=1, endpoint=endpoint, event=EVENT, attempt=0, next_at=AT)


def with_receiver(scenario: Callable[[Receiver, str, httpx.AsyncClient], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        receiver = Receiver()
        url = f"http://127.0.0.1:{receiver.listen_on('127.0.0.1')}/hook"
        try:
            async with Dialer(Names({}), {"webhooks": ["127.0.0.0/8"]}).client("webhooks") as client:
                return await scenario(receiver, url, client)
        finally:
            await receiver.close()

    return asyncio.run(run())


def test_a_chat_gets_its_format_at_the_address_that_was_sealed() -> None:
    async def scenario(receiver: Receiver, url: str, client: httpx.AsyncClient) -> None:
        sink = ChatSink(client, 10.0, {"sealed": url}.__getitem__)
        assert (await sink.send(delivery(Channel.SLACK, "http://127.0.0.1/…"), AT)).ok
        (received,) = receiver.deliveries
        assert json.loads(received.body)["text"] == "An impersonation is back: spiegel[.]ltd"
        receiver.fail(Failure(status=429, retry_after="30"))
        throttled = await sink.send(delivery(Channel.TEAMS, "http://127.0.0.1/…"), AT)
        assert (throttled.ok, throttled.status, throttled.retry_after) == (False, 429, 30.0)

    with_receiver(scenario)


class Inbox:
    """Keeps what comes, or refuses every recipient with ``refuse``."""

    def __init__(self, refuse: str = "") -> None:
        self.mails: list[EmailMessage] = []
        self._refuse = refuse

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if self._refuse:
            return self._refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


def mailed(inbox: Inbox) -> Attempt:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Controller(inbox, hostname="127.0.0.1", port=port)
    server.start()
    try:
        sink = MailSink(MailServer(host="127.0.0.1", port=port, security="none", sender="watch@news.example"))
        return asyncio.run(sink.send(delivery(Channel.EMAIL, "mailto:desk@news.example,night@news.example"), AT))
    finally:
        server.stop()


def test_a_mail_arrives_in_plain_text_and_html() -> None:
    inbox = Inbox()
    assert mailed(inbox) == Attempt(ok=True, status=None, detail="")
    (mail,) = inbox.mails
    assert mail["To"] == "desk@news.example, night@news.example"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


def test_recipients_that_are_refused_for_good_are_not_tried_again_and_others_are() -> None:
    for answer, permanent in (("550 no such user", True), ("451 later", False)):
        attempt = mailed(Inbox(answer))
        assert (attempt.ok, attempt.permanent) == (False, permanent)


def test_a_mail_server_that_is_not_there_fails_the_try() -> None:
    sink = MailSink(MailServer(host="127.0.0.1", port=1, security="none", sender="watch@news.example"))
    attempt = asyncio.run(sink.send(delivery(Channel.EMAIL, "mailto:desk@news.example"), AT))
    assert (attempt.ok, attempt.permanent) == (False, False)
    assert "refused" in attempt.detail.lower()


def test_apprise_carries_what_it_knows_and_says_what_it_does_not() -> None:
    async def scenario(receiver: Receiver, url: str, client: httpx.AsyncClient) -> None:
        sink = AppriseSink({"sealed": url.replace("http://", "json://")}.__getitem__)
        assert await sink.send(delivery(Channel.APPRISE, "json:///…"), AT) == Attempt(ok=True, status=None, detail="")
        assert "spiegel[.]ltd" in json.loads(receiver.deliveries[0].body)["title"]
        unknown = await AppriseSink(lambda _: "nothing://x").send(delivery(Channel.APPRISE, ""), AT)
        assert (unknown.ok, unknown.detail) == (False, "Apprise does not know this kind of address")

    with_receiver(scenario)


def test_a_kind_that_is_not_set_up_fails_and_says_so() -> None:
    attempt = asyncio.run(Channels({}).send(delivery(Channel.EMAIL, "mailto:desk@news.example"), AT))
    assert (attempt.ok, attempt.permanent) == (False, False)
    assert "email is not set up" in attempt.detail


def test_the_heart_beats_while_the_database_answers_and_its_address_may_be_down() -> None:
    async def run() -> list[bool]:
        checks = {"database": "ok"}
        answers = [httpx.Response(200), httpx.Response(404)]
        asked = []

        def answer(request: httpx.Request) -> httpx.Response:
            asked.append(str(request.url))
            if not answers:
                raise httpx.ConnectError("down")
            return answers.pop(0)

        async def ready() -> dict[str, str]:
            return checks

        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
            heart = Heartbeat(client, "https://hc.example/ping/secret", ready)
            beats = [await heart.beat() for _ in range(3)]
            checks["database"] = "does not answer"
            beats.append(await heart.beat())
        assert asked == ["https://hc.example/ping/secret"] * 3
        return beats

    assert asyncio.run(run()) == [True, False, False, False]
