"""A webhook receiver that checks every request with the official Standard Webhooks library, and can be told to fail.

Signatures are checked against the machine's clock, also under a driven one: the standard's tolerance of five minutes is
about real requests.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from service.core.errors import ConfigError
from service.lab.exchange import Request, exchange, text_reply
from service.lab.loopback import CutOff, Listener
from service.lab.world import Reply

if TYPE_CHECKING:
    from collections.abc import Iterable

_LARGEST_BODY = 1 << 20
_DELIVERIES_KEPT = 100_000
# Longer than the 15 to 30 seconds that the standard lets a sender wait: whoever hangs must be left by the sender.
_SECONDS_A_CONNECTION = 120.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """How one request is mistreated: answered with ``status``, never answered (``hangs``), or reset (``drops``)."""

    status: int = HTTPStatus.INTERNAL_SERVER_ERROR
    retry_after: str | None = None
    hangs: bool = False
    drops: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Received:
    """One request as it arrived at ``at`` (real time). ``status`` None: it was not answered.

    ``verified`` is the library's word; ``reason`` says why not. ``headers`` by lower-case name.
    """

    at: datetime
    path: str
    headers: Mapping[str, str]
    body: bytes
    verified: bool
    reason: str
    status: int | None

    @property
    def id(self) -> str:
        """The message's id, the same for every try at one message."""
        return self.headers.get("webhook-id", "")

    def as_json(self) -> dict[str, Any]:
        """Everything as JSON values, the body as text."""
        return {
            "at": self.at.isoformat(),
            "id": self.id,
            "path": self.path,
            "headers": dict(self.headers),
            "body": self.body.decode("utf-8", "replace"),
            "verified": self.verified,
            "reason": self.reason,
            "status": self.status,
        }


class Receiver:
    """Takes POSTs on any path and answers 204; ``GET /deliveries`` shows what came. ``secrets`` as whsec_..."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self.deliveries: deque[Received] = deque(maxlen=_DELIVERIES_KEPT)
        self._verifiers: list[Any] = []
        self._failures: deque[Failure] = deque()
        self._arrival = asyncio.Condition()
        self._listener = Listener(self._converse, seconds=_SECONDS_A_CONNECTION)
        for secret in secrets:
            self.trust(secret)

    def trust(self, secret: str) -> None:
        """Take signatures of this secret as well. ConfigError where it is no secret, or the library is missing."""
        self._verifiers.append(_verifier(secret))

    def fail(self, failure: Failure, times: int = 1) -> None:
        """Mistreat the next ``times`` POSTs, after those that are to be mistreated already."""
        self._failures.extend([failure] * times)

    def recover(self) -> None:
        """Answer everything again."""
        self._failures.clear()

    async def wait_for(self, count: int, seconds: float = 10.0) -> tuple[Received, ...]:
        """All that came, as soon as there are ``count``; TimeoutError after real seconds."""
        async with asyncio.timeout(seconds), self._arrival:
            await self._arrival.wait_for(lambda: len(self.deliveries) >= count)
            return tuple(self.deliveries)

    def listen_on(self, address: str, port: int = 0) -> int:
        """Listen on a loopback address; gives back the port."""
        return self._listener.open(address, port)

    async def close(self) -> None:
        """Stop, and leave whoever hangs."""
        await self._listener.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await exchange(reader, writer, self._answer, body_limit=_LARGEST_BODY)

    async def _answer(self, request: Request) -> Reply:
        if request.method == "GET" and request.path == "/deliveries":
            body = json.dumps([received.as_json() for received in self.deliveries]).encode()
            return Reply(body=body, headers=(("Content-Type", "application/json"),))
        if request.method != "POST":
            return text_reply(HTTPStatus.METHOD_NOT_ALLOWED, "POST deliveries, or GET /deliveries")
        failure = self._failures.popleft() if self._failures else None
        await self._record(request, failure)
        return await _answer_with(failure)

    async def _record(self, request: Request, failure: Failure | None) -> None:
        reason = self._why_unverified(request)
        silent = failure is not None and (failure.hangs or failure.drops)
        status = failure.status if failure else HTTPStatus.NO_CONTENT
        received = Received(
            at=datetime.now(UTC),
            path=request.path,
            headers=request.headers,
            body=request.body,
            verified=not reason,
            reason=reason,
            status=None if silent else int(status),
        )
        async with self._arrival:
            self.deliveries.append(received)
            self._arrival.notify_all()

    def _why_unverified(self, request: Request) -> str:
        """Nothing where one of the secrets fits, as after a rotation; else what the last one's verifier says."""
        reason = "the receiver knows no secret"
        for verifier in self._verifiers:
            try:
                verifier.verify(request.body, dict(request.headers), json_parse=False)
            except Exception as error:  # noqa: BLE001 - the library raises what its parsing raises, not only its own errors
                reason = str(error) or type(error).__name__
            else:
                return ""
        return reason


async def _answer_with(failure: Failure | None) -> Reply:
    if failure is None:
        return Reply(status=HTTPStatus.NO_CONTENT, headers=())
    if failure.drops:
        raise CutOff
    if failure.hangs:
        await asyncio.Event().wait()  # until the sender leaves it, or the listener's own limit
    asked = (("Retry-After", failure.retry_after),) if failure.retry_after is not None else ()
    return Reply(status=failure.status, body=b"told to fail\n", headers=asked)


def _verifier(secret: str) -> Any:
    try:
        from standardwebhooks import Webhook  # noqa: PLC0415 - a development dependency: only a receiver needs it
    except ImportError:
        raise ConfigError(
            file="lab",
            key="receiver",
            reason="the package standardwebhooks is not installed",
            mend='install the extra: pip install "spoofwatch[dev]"',
        ) from None
    try:
        return Webhook(secret)
    except Exception as error:  # noqa: BLE001 - the library lets through what its Base64 decoder raises
        raise ConfigError(file="lab", key="receiver", reason=f"not a webhook secret: {error}") from None
