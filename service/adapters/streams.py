"""Byte streams under httpx: one socket to one vetted address, with a budget of bytes, and TLS on top of it.

They take the place of httpcore's own streams for three reasons. The peer is compared with the address that was vetted.
A budget ends what no header limit sees, such as an endless row of interim answers. And closing never waits for the
other side: a TLS connection is simply cut, as a hostile server would not answer the goodbye.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import os
import socket
import ssl
from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager
from types import coroutine
from typing import Any

import httpcore

CHUNK = 16_384
"""Bytes taken at a time. What is read is handed on before more is taken, and hostile answers take h11 a millisecond a
kilobyte, so this bounds for how long one site can hold the event loop."""

_OWN_FAULTS = frozenset(
    {errno.ENETUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL, errno.EMFILE, errno.ENFILE, errno.ENOBUFS}
)


class BudgetSpent(httpcore.ReadError):
    """The other side sent more than this connection is allowed to carry."""


class TlsFailed(httpcore.ConnectError):
    """The handshake failed: the certificate is not trusted, or there is no protocol that both sides speak."""


class HandshakeCut(httpcore.ConnectError):
    """The other side closed the connection during the handshake without a word."""


class TlsBroken(httpcore.ReadError):
    """TLS failed after the handshake, such as where the other side asks for a certificate of ours."""


class OwnFault(httpcore.ConnectError):
    """This machine could not connect anywhere; it says nothing of the other side."""


class SocketStream(httpcore.AsyncNetworkStream):
    """A connected socket. ``budget`` is how many bytes may be read from it until ``allow`` adds to it.

    ``peer`` is the endpoint that it talks to: behind a proxy not the socket's own.
    """

    def __init__(self, sock: socket.socket, budget: int, peer: tuple[str, int]) -> None:
        self._socket = sock
        self._left = budget
        self.peer = peer

    def allow(self, more: int) -> None:
        """Let this many bytes more be read."""
        self._left += more

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore's signature
        """At most ``max_bytes``, empty at the end."""
        if self._left <= 0:
            raise BudgetSpent("more bytes than one answer may have")
        async with _mapped(timeout, httpcore.ReadTimeout, httpcore.ReadError):
            # A peer that sends faster than we read would never let anybody else run: data that is there already is
            # returned without a look at the event loop.
            await _others()
            data = await asyncio.get_running_loop().sock_recv(self._socket, min(max_bytes, CHUNK))
        self._left -= len(data)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - httpcore's signature
        """Send all of ``buffer``."""
        async with _mapped(timeout, httpcore.WriteTimeout, httpcore.WriteError):
            await asyncio.get_running_loop().sock_sendall(self._socket, buffer)

    async def aclose(self) -> None:
        """Close the socket at once."""
        self._socket.close()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
    ) -> httpcore.AsyncNetworkStream:
        """Shake hands and return the encrypted stream; the socket is closed where that fails."""
        stream = TlsStream(self, ssl_context, server_hostname)
        try:
            async with _mapped(timeout, httpcore.ConnectTimeout, httpcore.ConnectError):
                await stream.handshake()
        except BaseException:
            await self.aclose()
            raise
        return stream

    def get_extra_info(self, info: str) -> Any:
        """``server_addr`` and ``socket``, as httpcore names them; None for anything else."""
        if info == "server_addr":
            return self.peer
        if info == "is_readable":
            return False
        return self._socket if info == "socket" else None


class TlsStream(httpcore.AsyncNetworkStream):
    """TLS over a socket stream."""

    def __init__(self, raw: SocketStream, context: ssl.SSLContext, server_hostname: str | None) -> None:
        self._raw = raw
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_hostname)

    def allow(self, more: int) -> None:
        """Let this many bytes more be read."""
        self._raw.allow(more)

    async def handshake(self) -> None:
        """Shake hands; raises TlsFailed or HandshakeCut."""
        while True:
            try:
                # OpenSSL's arithmetic, a millisecond without the interpreter's lock: elsewhere it holds nobody up.
                await asyncio.to_thread(self._tls.do_handshake)
            except ssl.SSLWantReadError:
                await self._exchange(None)
            except ssl.SSLEOFError as error:
                raise HandshakeCut("the other side left during the handshake") from error
            except ssl.SSLError as error:
                # The alert tells the other side; whether it arrives does not matter.
                await self._flush_quietly()
                raise TlsFailed(_words(error)) from error
            else:
                return await self._flush(None)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore's signature
        """At most ``max_bytes`` of clear text, empty at the end, whether or not the other side said goodbye."""
        while True:
            try:
                return self._tls.read(max_bytes)
            except ssl.SSLWantReadError:
                await self._exchange(timeout)
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                return b""
            except ssl.SSLError as error:
                raise TlsBroken(_words(error)) from error

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - httpcore's signature
        """Encrypt and send all of ``buffer``."""
        try:
            self._tls.write(buffer)
        except ssl.SSLError as error:
            raise httpcore.WriteError(_words(error)) from error
        await self._flush(timeout)

    async def aclose(self) -> None:
        """Close the socket at once."""
        await self._raw.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,  # noqa: ARG002 - httpcore's signature
        server_hostname: str | None = None,  # noqa: ARG002 - httpcore's signature
        timeout: float | None = None,  # noqa: ARG002, ASYNC109 - httpcore's signature
    ) -> httpcore.AsyncNetworkStream:
        """TLS within TLS is for proxies, which do not pass here."""
        raise httpcore.UnsupportedProtocol("TLS within TLS")

    def get_extra_info(self, info: str) -> Any:
        """As for the socket stream, and ``ssl_object``."""
        return self._tls if info == "ssl_object" else self._raw.get_extra_info(info)

    async def _exchange(self, seconds: float | None) -> None:
        await self._flush(seconds)
        data = await self._raw.read(CHUNK, seconds)
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()

    async def _flush(self, seconds: float | None) -> None:
        if self._outgoing.pending:
            await self._raw.write(self._outgoing.read(), seconds)

    async def _flush_quietly(self) -> None:
        try:
            await self._flush(1.0)
        except (httpcore.WriteError, httpcore.WriteTimeout):
            return


class LayeredStream(httpcore.AsyncNetworkStream):
    """``below`` with something done to what goes through it; by itself it hands everything on. TLS lies below it."""

    def __init__(self, below: Any) -> None:
        self._below = below

    def allow(self, more: int) -> None:
        """Let this many bytes more be read."""
        self._below.allow(more)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore's signature
        """At most ``max_bytes``, empty at the end."""
        data: bytes = await self._below.read(max_bytes, timeout)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - httpcore's signature
        """Send all of ``buffer``."""
        await self._below.write(buffer, timeout)

    async def aclose(self) -> None:
        """Close the connection."""
        await self._below.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,  # noqa: ARG002 - httpcore's signature
        server_hostname: str | None = None,  # noqa: ARG002 - httpcore's signature
        timeout: float | None = None,  # noqa: ARG002, ASYNC109 - httpcore's signature
    ) -> httpcore.AsyncNetworkStream:
        """What is above TLS cannot go below it."""
        raise httpcore.UnsupportedProtocol("TLS over a layered stream")

    def get_extra_info(self, info: str) -> Any:
        """As the stream below says."""
        return self._below.get_extra_info(info)


async def connected(
    address: str, port: int, seconds: float | None, budget: int, source: str | None = None
) -> SocketStream:
    """A stream to exactly this address; raises httpcore.ConnectError or ConnectTimeout with the system's words.

    ``source`` is the local address that it leaves from; the system chooses one where it is None.
    """
    sock = await connected_socket(address, port, seconds, source)
    return SocketStream(sock, budget, (address, port))


async def connected_socket(address: str, port: int, seconds: float | None, source: str | None = None) -> socket.socket:
    """A connected socket whose peer was compared with ``address``; errors as for ``connected``."""
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.settimeout(0)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        async with _mapped(seconds, httpcore.ConnectTimeout, httpcore.ConnectError):
            if source is not None:
                sock.bind((source, 0))
            await asyncio.get_running_loop().sock_connect(sock, (address, port))
        _compare(sock.getpeername()[0], address)
    except BaseException:
        sock.close()
        raise
    return sock


def _compare(peer: str, dialled: str) -> None:
    if ipaddress.ip_address(peer) != ipaddress.ip_address(dialled):
        raise httpcore.ConnectError(f"connected to {peer} where {dialled} was dialled")


@coroutine
def _others() -> Generator[None, None, None]:
    """Let everything else that is ready run first."""
    yield


@asynccontextmanager
async def _mapped(
    seconds: float | None, late: type[httpcore.TimeoutException], failed: type[httpcore.NetworkError]
) -> AsyncIterator[None]:
    """Within so many ``seconds``; the system's and TLS's errors become httpcore's."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise late("no answer in time") from error
    except OSError as error:
        raise (OwnFault if error.errno in _OWN_FAULTS else failed)(_words(error)) from error


def _words(error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    if isinstance(error, ssl.SSLError):
        return (error.reason or str(error))[:200]
    # asyncio puts its own words, with the address, where the system's would stand.
    return os.strerror(error.errno) if error.errno else type(error).__name__
