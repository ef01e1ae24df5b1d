"""What stands between httpx and the network: one vetted connection for every request, closed with its answer.

httpx's own transport keeps a pool that resolves and dials by itself, and has no public way in. The HTTP/1.1 connection
below it takes any stream, so the stream comes from the dialer and the rest is httpx as everybody knows it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpcore
import httpx

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


class VettedTransport(httpx.AsyncBaseTransport):
    """Asks ``dial`` for a stream for each request and speaks HTTP/1.1 over it, under TLS by ``context`` for https."""

    def __init__(self, dial: Callable[[httpx.Request], Awaitable[SocketStream]], context: ssl.SSLContext) -> None:
        self._dial, self._context = dial, context
        self._context.set_alpn_protocols(["http/1.1"])

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; raises httpx's errors, with what caused them as their cause."""
        url = request.url
        if url.scheme not in ("http", "https"):
            raise httpx.UnsupportedProtocol(f"the scheme {url.scheme!r} is not http or https", request=request)
        with _as_httpx(request):
            stream = await self._open(request)
            target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
            connection = httpcore.AsyncHTTP11Connection(origin=target.origin, stream=stream)
            try:
                response = await connection.handle_async_request(
                    httpcore.Request(
                        method=request.method,
                        url=target,
                        headers=request.headers.raw,
                        content=request.stream,
                        extensions=request.extensions,
                    )
                )
            except BaseException:
                await stream.aclose()
                raise
        return httpx.Response(
            status_code=response.status,
            headers=response.headers,
            stream=_Body(request, response, stream),
            extensions={**response.extensions, "network_stream": stream},
        )

    async def _open(self, request: httpx.Request) -> httpcore.AsyncNetworkStream:
        """A stream for the request, on a tape where the request brings one."""
        stream: httpcore.AsyncNetworkStream = await self._dial(request)
        if request.url.scheme == "https":
            patience = request.extensions.get("timeout", {}).get("connect")
            stream = await stream.start_tls(self._context, request.url.raw_host.decode("ascii"), patience)
        tape = request.extensions.get(TAPE)
        return stream if tape is None else TapedStream(stream, tape)


class _Body(httpx.AsyncByteStream):
    """An answer's body off the wire. Closing it closes the connection, whatever is left unread."""

    def __init__(
        self, request: httpx.Request, response: httpcore.Response, stream: httpcore.AsyncNetworkStream
    ) -> None:
        self._request, self._response, self._stream = request, response, stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _as_httpx(self._request):
            async for part in self._response.aiter_stream():
                yield part

    async def aclose(self) -> None:
        """Close the connection."""
        await self._stream.aclose()


@contextmanager
def _as_httpx(request: httpx.Request) -> Iterator[None]:
    try:
        yield
    except tuple(theirs for theirs, _ in _ERRORS) as error:
        kind = next(ours for theirs, ours in _ERRORS if isinstance(error, theirs))
        raise kind(str(error), request=request) from error
