"""The browser's only way out: a proxy on loopback that vets and dials every connection as the fetcher does.

A browser resolves names, follows redirects, opens WebSockets and loads what scripts ask for by itself; intercepting its
requests misses some of them. So it is started with no other way out than this proxy, which takes ``CONNECT`` (https,
wss, ws) and plain requests with a whole URL (http), and knows nothing of what is in them. One proxy serves one picture:
what left the operator's allowed networks once does not come back into them, and all of it together has one budget.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import httpcore

from service.adapters.dialer import NoAddress, Purpose, Refused
from service.adapters.streams import CHUNK, BudgetSpent

if TYPE_CHECKING:
    from service.adapters.dialer import Dialer

_HOME = "127.0.0.1"
_MOST_HEAD = 32 * 1024
_PATIENCE = 10.0
_HIGHEST_PORT = 65_535
_NOT_FORWARDED = frozenset({"proxy-authorization", "proxy-connection", "connection", "keep-alive", "upgrade"})
"""Header fields between the browser and the proxy alone (RFC 9110 7.6.1)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EgressLimits:
    """``budget`` in bytes for everything together, ``connections`` at a time, ``idle`` seconds without a byte."""

    budget: int = 48 * 1024 * 1024
    connections: int = 64
    idle: float = 15.0


class _Denied(Exception):
    """An answer of the proxy's own: status and words."""

    def __init__(self, status: str, words: str) -> None:
        super().__init__(words)
        self.status = status


@dataclass(frozen=True, slots=True)
class _Asked:
    """Where a request wants to go, and what is sent there first (empty for CONNECT)."""

    host: str
    port: int
    first: bytes


class EgressProxy:
    """Listens from entering to leaving. ``secret`` is asked of every client, so that the proxy is the browser's alone.

    ``refused`` collects what was not let out, with the reason: an attempt to reach an inner network is a finding.
    """

    def __init__(self, dialer: Dialer, secret: str, limits: EgressLimits | None = None) -> None:
        self._dialer, self._limits = dialer, limits or EgressLimits()
        self._expected = "Basic " + base64.b64encode(f"browser:{secret}".encode()).decode()
        self._left = self._limits.budget
        self._outside = False
        self._open = asyncio.Semaphore(self._limits.connections)
        self._serving: set[asyncio.Task[Any]] = set()
        self.port = 0
        self.refused: list[str] = []

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._take, _HOME, 0, limit=_MOST_HEAD)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{_HOME}:{self.port}"

    def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with self._open:
                await self._one(reader, writer)
        except (OSError, httpcore.NetworkError, httpcore.TimeoutException, asyncio.IncompleteReadError):
            return
        finally:
            writer.transport.abort()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            asked = await self._asked(reader)
            stream = await self._dial(asked)
        except _Denied as error:
            await _answer(writer, error)
            return
        try:
            if asked.first:
                await stream.write(asked.first, _PATIENCE)
            else:
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await self._relay(reader, writer, stream)
        finally:
            await stream.aclose()

    async def _asked(self, reader: asyncio.StreamReader) -> _Asked:
        try:
            async with asyncio.timeout(_PATIENCE):
                head = await reader.readuntil(b"\r\n\r\n")
        except (TimeoutError, asyncio.LimitOverrunError):
            raise _Denied("400 Bad Request", "no request head in time or in size") from None
        line, *fields = head.decode("latin-1").split("\r\n")
        parts = line.split(" ")
        if len(parts) != len(("method", "target", "version")):
            raise _Denied("400 Bad Request", "no request line")
        names = [(field.partition(":")[0].strip().lower(), field) for field in fields if field]
        given = next((field.partition(":")[2].strip() for name, field in names if name == "proxy-authorization"), "")
        if given != self._expected:
            raise _Denied("407 Proxy Authentication Required", "this proxy is for the service's own browser")
        if parts[0] == "CONNECT":
            return _Asked(*_host_port(parts[1]), b"")
        kept = [field for name, field in names if name not in _NOT_FORWARDED]
        return _plain(parts, kept)

    async def _dial(self, asked: _Asked) -> Any:
        try:
            route = await self._dialer.route(Purpose.PAGES, asked.host, asked.port, outside=self._outside)
            self._outside = self._outside or route.outside
            return await self._dialer.stream(route, self._limits.budget, None)
        except Refused as error:
            self.refused.append(str(error))
            raise _Denied("403 Forbidden", str(error)) from None
        except NoAddress as error:
            raise _Denied("502 Bad Gateway", str(error)) from None
        except (httpcore.NetworkError, httpcore.TimeoutException) as error:
            raise _Denied("504 Gateway Timeout", str(error) or type(error).__name__) from None

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, stream: Any) -> None:
        """Both directions until one of them ends, nothing moves any more, or the budget is spent."""
        both = [
            asyncio.create_task(self._up(reader, stream)),
            asyncio.create_task(self._down(stream, writer)),
        ]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in both:
                one.cancel()
            await asyncio.gather(*both, return_exceptions=True)

    async def _up(self, reader: asyncio.StreamReader, stream: Any) -> None:
        while data := await reader.read(CHUNK):
            self._spend(len(data))
            await stream.write(data, self._limits.idle)
        # The browser may have said all it has to say and still be listening: the other direction decides.
        await asyncio.Event().wait()

    async def _down(self, stream: Any, writer: asyncio.StreamWriter) -> None:
        while data := await stream.read(CHUNK, self._limits.idle):
            self._spend(len(data))
            writer.write(data)
            await writer.drain()
        with contextlib.suppress(OSError):
            writer.write_eof()

    def _spend(self, count: int) -> None:
        self._left -= count
        if self._left < 0:
            raise BudgetSpent("more bytes than one picture may cost")


def _plain(parts: list[str], fields: list[str]) -> _Asked:
    """A request with a whole URL, as it goes on to the server: with its path alone, and closed with its answer."""
    method, target, version = parts
    try:
        url = urlsplit(target)
        port = url.port or 80
    except ValueError:
        raise _Denied("400 Bad Request", "no URL") from None
    if url.scheme != "http" or not url.hostname or url.username is not None:
        raise _Denied("400 Bad Request", "only http URLs and CONNECT go through here")
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    head = "\r\n".join([f"{method} {path} {version}", *fields, "Connection: close", "", ""])
    return _Asked(url.hostname, port, head.encode("latin-1"))


def _host_port(target: str) -> tuple[str, int]:
    host, _, port = target.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or int(port) > _HIGHEST_PORT:
        raise _Denied("400 Bad Request", "CONNECT takes a host and a port")
    return host.removeprefix("[").removesuffix("]").lower(), int(port)


async def _answer(writer: asyncio.StreamWriter, error: _Denied) -> None:
    challenge = 'Proxy-Authenticate: Basic realm="spoofwatch"\r\n' if error.status.startswith("407") else ""
    body = f"{error}\n".encode("ascii", "replace")
    head = f"HTTP/1.1 {error.status}\r\n{challenge}Content-Type: text/plain\r\nContent-Length: {len(body)}\r\n"
    writer.write(head.encode("ascii") + b"Connection: close\r\n\r\n" + body)
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(_PATIENCE):
            await writer.drain()
        writer.close()
        async with asyncio.timeout(_PATIENCE):
            await writer.wait_closed()
