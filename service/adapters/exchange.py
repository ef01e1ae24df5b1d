"""One request to one vetted address and its answer, as far as it came.

An answer is filled while it arrives, so that whoever gives up waiting still has what came before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import httpx

from service.adapters import tls
from service.adapters.decode import BodyLimits, BodyReader, TooLarge, Truncated, UnsupportedEncoding
from service.adapters.dialer import ROUTE, Dialer, NoAddress, Purpose, Refused, Route
from service.adapters.proxies import ProxyFailed
from service.adapters.streams import BudgetSpent, HandshakeCut, OwnFault, TlsBroken, TlsFailed
from service.adapters.tape import TAPE, Tape
from service.core.facts.page import FetchOutcome, TlsFacts

Headers = Sequence[tuple[str, str]]

_BEFORE_BODY = 256 * 1024
"""Bytes that a connection may carry before the body: handshake, interim answers, headers (which h11 ends at 100 KB).

Their lines are counted in ``head.py``.
"""

_CRUMBS, _CRUMB = 500, 16
"""Chunks from which on they have to carry sixteen bytes on average: a body in single bytes costs seconds of CPU."""

_LEFT = "without sending a response"
"""How httpcore says that a connection was closed before a byte of an answer came."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ExchangeLimits:
    """``connect`` and ``read`` in seconds for each wait, ``headers`` a count, ``body`` in bytes."""

    connect: float = 5.0
    read: float = 10.0
    headers: int = 200
    body: BodyLimits = field(default_factory=BodyLimits)


@dataclass(slots=True)
class Answer:
    """What came of one request. ``outcome`` is timeout until something else is known."""

    address: str | None = None
    status: int | None = None
    headers: httpx.Headers = field(default_factory=httpx.Headers)
    body: bytes | bytearray = b""
    tls: TlsFacts | None = None
    outcome: FetchOutcome = FetchOutcome.TIMEOUT
    detail: str = "the time for the whole fetch was over"
    tape: Tape = field(default_factory=Tape)

    def ended(self, outcome: FetchOutcome, detail: str = "") -> None:
        """Say how it ended."""
        self.outcome, self.detail = outcome, detail[:300]

    def header(self, name: str) -> str:
        """The first header of this name, cut to 2000 characters; empty where there is none."""
        values = self.headers.get_list(name)
        return values[0][:2000] if values else ""


class Exchanger:
    """Asks for pages over verified TLS first, then over any TLS, with the reason kept."""

    def __init__(self, dialer: Dialer, limits: ExchangeLimits) -> None:
        self._limits = limits
        self._verifying = dialer.transport(Purpose.PAGES, budget=_BEFORE_BODY)
        self._lenient = dialer.transport(Purpose.PAGES, verify=False, budget=_BEFORE_BODY)

    async def ask(self, request: httpx.Request, route: Route, answer: Answer, *, verified_only: bool) -> None:
        """Fill ``answer``. Every failure of the other side is an outcome in it."""
        answer.address = route.address
        request.extensions["timeout"] = {
            "connect": self._limits.connect,
            "read": self._limits.read,
            "write": self._limits.read,
            "pool": None,
        }
        request.extensions[ROUTE] = route
        request.extensions[TAPE] = answer.tape
        distrust = await self._attempt(self._verifying, request, answer, "")
        if distrust and not verified_only:
            answer.tape.rewind()
            await self._attempt(self._lenient, request, answer, distrust)

    async def _attempt(
        self, transport: httpx.AsyncBaseTransport, request: httpx.Request, answer: Answer, distrust: str
    ) -> str:
        """One try; what TLS found fault with, in words, where it never came to an answer."""
        try:
            response = await transport.handle_async_request(request)
            try:
                await self._read(response, answer, distrust)
            finally:
                await response.aclose()
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError) as error:
            answer.ended(*_outcome(error, answered=answer.status is not None))
            if isinstance(error.__cause__, (TlsFailed, HandshakeCut)):
                answer.tls = TlsFacts(verified=False, error=distrust or answer.detail)
                return answer.detail
        return ""

    async def _read(self, response: httpx.Response, answer: Answer, distrust: str) -> None:
        stream = response.extensions["network_stream"]
        answer.address = stream.get_extra_info("server_addr")[0]
        encrypted = stream.get_extra_info("ssl_object")
        if encrypted is not None:
            leaf = encrypted.getpeercert(binary_form=True) or b""
            answer.tls = tls.facts(leaf, distrust, encrypted.version() or "")
        answer.status = response.status_code
        if len(response.headers.raw) > self._limits.headers:
            answer.ended(FetchOutcome.TOO_LARGE, f"{len(response.headers.raw)} headers")
            return
        answer.headers = response.headers
        # Twice the body's own limit, for chunk sizes and TLS records; the reader below counts the body itself.
        stream.allow(2 * self._limits.body.wire)
        await self._read_body(response, answer)

    async def _read_body(self, response: httpx.Response, answer: Answer) -> None:
        try:
            reader = BodyReader(response.headers.get("content-encoding", ""), self._limits.body)
            answer.body = reader.body
            count = 0
            async for chunk in response.aiter_raw():
                reader.feed(chunk)
                count += 1
                if count > _CRUMBS and reader.wire < _CRUMB * count:
                    return answer.ended(FetchOutcome.PROTOCOL_ERROR, f"{count} chunks for {reader.wire} bytes")
            reader.finish()
        except UnsupportedEncoding as error:
            return answer.ended(FetchOutcome.UNSUPPORTED_ENCODING, str(error))
        except TooLarge as error:
            return answer.ended(FetchOutcome.TOO_LARGE, str(error))
        except Truncated as error:
            return answer.ended(FetchOutcome.PROTOCOL_ERROR, str(error))
        return answer.ended(FetchOutcome.OK)


_OUTCOMES: tuple[tuple[type[Exception], FetchOutcome], ...] = (
    (Refused, FetchOutcome.REFUSED),
    (NoAddress, FetchOutcome.NO_ADDRESS),
    (ProxyFailed, FetchOutcome.PROXY_ERROR),
    (BudgetSpent, FetchOutcome.TOO_LARGE),
    (TlsFailed, FetchOutcome.TLS_ERROR),
    (TlsBroken, FetchOutcome.TLS_ERROR),
    (OwnFault, FetchOutcome.VANTAGE_FAILED),
    (httpx.TimeoutException, FetchOutcome.TIMEOUT),
    (httpx.InvalidURL, FetchOutcome.REFUSED),
)


def _outcome(error: Exception, *, answered: bool) -> tuple[FetchOutcome, str]:
    """What an error of the transport says of the site. ``answered``: headers had come before."""
    words = str(error) or type(error).__name__
    for kind, outcome in _OUTCOMES:
        # httpx wraps what httpcore raises, and keeps it as the cause.
        if isinstance(error, kind) or isinstance(error.__cause__, kind):
            return outcome, words
    if answered or (isinstance(error, httpx.ProtocolError) and _LEFT not in words):
        return FetchOutcome.PROTOCOL_ERROR, words
    return FetchOutcome.UNREACHABLE, words


def header_lines(headers: Iterable[tuple[str, str]], languages: Sequence[str]) -> list[tuple[str, str]]:
    """A profile's headers with ``{languages}`` filled in, and ``Accept-Encoding: identity`` unless the profile has one.

    Preferences fall by a tenth from language to language (RFC 9110 12.5.4); no language at all is English.
    """
    wanted = list(languages) or ["en"]
    weighed = ",".join(word if i == 0 else f"{word};q={max(1, 10 - i) / 10:.1f}" for i, word in enumerate(wanted))
    lines = [(name, value.replace("{languages}", weighed)) for name, value in headers]
    if not any(name.lower() == "accept-encoding" for name, _ in lines):
        lines.append(("Accept-Encoding", "identity"))
    return lines
