"""What stands between httpx and the network: one vetted connection for every request, closed with its answer.

``KeptTransport`` keeps it for the next request to the same server, for sources that are asked all day.

httpx's own transport keeps a pool that resolves and dials by itself, and has no public way in. The HTTP/1.1 connection
below it takes any stream, so the stream comes from the dialer and the rest is httpx as everybody knows it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpcore
import httpx

from service.adapters.head import HeadCounted
from service.adapters.tape import TAPE, TapedStream

if TYPE_CHECKING:
    import ssl

    from service.adapters.streams import SocketStream

_ERRORS: tuple[tuple[type[Exception], type[httpx.TransportError]], ...] = (
    (httpcore.ConnectTimeout, httpx.ConnectTimeout),
    (httpcore.ReadTimeout, httpx.ReadTimeout),
    (httpcore.WriteTimeout, httpx.WriteTimeout),
    (httpcore.ConnectError, httpx.ConnectError),
    (httpcore.ReadError, httpx.ReadError),
    (httpcore.WriteError, httpx.WriteError),
    (httpcore.LocalProtocolError, httpx.LocalProtocolError),
    (httpcore.RemoteProtocolError, httpx.RemoteProtocolError),
    (httpcore.ProtocolError, httpx.ProtocolError),
    (httpcore.ConnectionNotAvailable, httpx.RemoteProtocolError),
)


class Connection:
    """HTTP/1.1 over one stream; asks one request after another for as long as the other side keeps it."""

    def __init__(self, origin: httpcore.Origin, stream: httpcore.AsyncNetworkStream) -> None:
        self.origin, self.stream = origin, stream
        self._http = httpcore.AsyncHTTP11Connection(origin=origin, stream=stream)

    @property
    def free(self) -> bool:
        """Whether the next request may be sent."""
        return self._http.is_idle()

    async def ask(self, request: httpx.Request) -> httpcore.Response:
        """Send a request; the connection is closed where that fails."""
        with _as_httpx(request):
            try:
                return await self._http.handle_async_request(
                    httpcore.Request(
                        method=request.method,
                        url=_target(request),
                        headers=request.headers.raw,
                        content=request.stream,
                        extensions=request.extensions,
                    )
                )
            except BaseException:
                await self.close()
                raise

    async def close(self) -> None:
        """Close it, whatever is left unread."""
        await self.stream.aclose()


class VettedTransport(httpx.AsyncBaseTransport):
    """Asks ``dial`` for a stream for each request and speaks HTTP/1.1 over it, under TLS by ``context`` for https."""

    def __init__(self, dial: Callable[[httpx.Request], Awaitable[SocketStream]], context: ssl.SSLContext) -> None:
        self._dial, self._context = dial, context
        self._context.set_alpn_protocols(["http/1.1"])

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; raises httpx's errors, with what caused them as their cause."""
        connection = await self.connected(request)
        response = await connection.ask(request)
        return _answer(request, response, connection.stream, connection.close)

    async def connected(self, request: httpx.Request) -> Connection:
        """A fresh connection to the request's server; raises httpx's errors."""
        url = request.url
        if url.scheme not in ("http", "https"):
            raise httpx.UnsupportedProtocol(f"the scheme {url.scheme!r} is not http or https", request=request)
        with _as_httpx(request):
            return Connection(_target(request).origin, await self._open(request))

    async def _open(self, request: httpx.Request) -> httpcore.AsyncNetworkStream:
        """A stream for the request, on a tape where the request brings one."""
        stream: httpcore.AsyncNetworkStream = await self._dial(request)
        if request.url.scheme == "https":
            patience = request.extensions.get("timeout", {}).get("connect")
            stream = await stream.start_tls(self._context, request.url.raw_host.decode("ascii"), patience)
        tape = request.extensions.get(TAPE)
        return HeadCounted(stream if tape is None else TapedStream(stream, tape))


class KeptTransport(httpx.AsyncBaseTransport):
    """Keeps one connection of ``inner`` for the next request to the same server. One request at a time.

    The address was vetted when it was dialled, and stays the one that is spoken to. Each answer may carry ``budget``
    bytes more.
    """

    def __init__(self, inner: VettedTransport, budget: int = 64 << 20) -> None:
        self._inner, self._budget = inner, budget
        self._kept: Connection | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request over the kept connection, or a fresh one where there is none or the server has left."""
        connection, self._kept = self._kept, None
        if connection is not None and connection.free and connection.origin == _target(request).origin:
            connection.stream.allow(self._budget)  # type: ignore[attr-defined]  # the dialer's streams have a budget
            try:
                return await self._ask(connection, request)
            except (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError):
                # The server closed it while it was idle: asked again once, on a fresh one (RFC 9110 9.2.2: GET).
                connection = None
        if connection is not None:
            await connection.close()
        return await self._ask(await self._inner.connected(request), request)

    async def aclose(self) -> None:
        """Close what is kept."""
        if self._kept is not None:
            await self._kept.close()
            self._kept = None

    async def _ask(self, connection: Connection, request: httpx.Request) -> httpx.Response:
        response = await connection.ask(request)

        async def done() -> None:
            await response.aclose()
            if connection.free and self._kept is None:
                self._kept = connection
            else:
                await connection.close()

        return _answer(request, response, connection.stream, done)


class _Body(httpx.AsyncByteStream):
    """An answer's body off the wire. ``done`` is called when it is closed."""

    def __init__(
        self, request: httpx.Request, response: httpcore.Response, done: Callable[[], Awaitable[None]]
    ) -> None:
        self._request, self._response, self._done = request, response, done

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _as_httpx(self._request):
            async for part in self._response.aiter_stream():
                yield part

    async def aclose(self) -> None:
        """Be done with the answer."""
        await self._done()


def _target(request: httpx.Request) -> httpcore.URL:
    url = request.url
    return httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)


def _answer(
    request: httpx.Request,
    response: httpcore.Response,
    stream: httpcore.AsyncNetworkStream,
    done: Callable[[], Awaitable[None]],
) -> httpx.Response:
    return httpx.Response(
        status_code=response.status,
        headers=response.headers,
        stream=_Body(request, response, done),
        extensions={**response.extensions, "network_stream": stream},
    )


@contextmanager
def _as_httpx(request: httpx.Request) -> Iterator[None]:
    try:
        yield
    except tuple(theirs for theirs, _ in _ERRORS) as error:
        kind = next(ours for theirs, ours in _ERRORS if isinstance(error, theirs))
        raise kind(str(error), request=request) from error
