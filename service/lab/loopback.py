"""Listening on loopback, and on nothing else.

The lab serves copied pages, bad certificates and wrong DNS answers on purpose. ``loopback_address`` is the one gate
that each of its servers passes before it binds a socket; ``Listener`` accepts TCP connections for all of them, bounded
in number and time, and leaves nothing open when it is closed.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable

from service.core.errors import ConfigError

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Gate = Callable[[socket.socket], Awaitable[ssl.SSLContext]]

_BACKLOG = 1024
_ACCEPTED_AT_ONCE = 64
_CONNECTIONS_AT_ONCE = 500
_SECONDS_A_CONNECTION = 30.0
# Time for the other side's close_notify. Clients that just leave must not hold a connection for asyncio's 30 seconds.
_SECONDS_TO_PART = 1.0
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_HEAD_LIMIT = 64 * 1024


class CutOff(Exception):
    """Raised by a handler or a gate to end the connection with a reset, without an answer."""


def loopback_address(address: str) -> str:
    """Give the address back if it is loopback (127.0.0.0/8 or ::1); ConfigError for anything else."""
    try:
        loopback = ipaddress.ip_address(address).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise ConfigError(
            file="lab",
            key="address",
            value=address,
            reason="the lab listens on loopback only",
            mend="use an address of 127.0.0.0/8",
        )
    return address


def bound_socket(address: str, port: int, kind: socket.SocketKind) -> socket.socket:
    """A non-blocking socket on a loopback address; port 0 takes a free one. OSError where the port is taken."""
    family = socket.AF_INET6 if ":" in loopback_address(address) else socket.AF_INET
    # A stream's protocol is named because asyncio turns Nagle's algorithm off only where it is (40 ms a page else).
    bound = socket.socket(family, kind, socket.IPPROTO_TCP if kind == socket.SOCK_STREAM else 0)
    try:
        bound.settimeout(0)
        if kind == socket.SOCK_STREAM:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((address, port))
    except BaseException:
        bound.close()
        raise
    return bound


def port_of(bound: socket.socket) -> int:
    """The port that a bound socket has."""
    return int(bound.getsockname()[1])


class Listener:
    """Accepts connections on any number of addresses and runs ``handle`` for each.

    ``gate`` looks at a fresh connection before a byte is taken from it and chooses the TLS context. ``at_once`` bounds
    the connections (more are cut off), ``seconds`` the life of each.
    """

    def __init__(
        self,
        handle: Handler,
        *,
        gate: Gate | None = None,
        at_once: int = _CONNECTIONS_AT_ONCE,
        seconds: float = _SECONDS_A_CONNECTION,
    ) -> None:
        self._handle, self._gate, self._at_once, self._seconds = handle, gate, at_once, seconds
        self._bound: list[socket.socket] = []
        self._connections: set[asyncio.Task[None]] = set()

    def open(self, address: str, port: int = 0) -> int:
        """Listen on one more address; gives back the port. ConfigError off loopback, OSError where it is taken."""
        bound = bound_socket(address, port, socket.SOCK_STREAM)
        bound.listen(_BACKLOG)
        self._bound.append(bound)
        asyncio.get_running_loop().add_reader(bound, self._accept, bound)
        return port_of(bound)

    async def close(self) -> None:
        """Stop listening and end every connection."""
        for bound in self._bound:
            asyncio.get_running_loop().remove_reader(bound)
            bound.close()
        self._bound.clear()
        # A task that is cancelled before its first step would never close its socket: let the newest ones begin.
        await asyncio.sleep(0)
        connections = tuple(self._connections)
        for connection in connections:
            connection.cancel()
        await asyncio.gather(*connections, return_exceptions=True)
        await asyncio.sleep(0)  # transports close one turn of the loop after they were aborted

    def _accept(self, bound: socket.socket) -> None:
        for _ in range(_ACCEPTED_AT_ONCE):
            try:
                connection, _peer = bound.accept()
            except OSError:  # nobody left, the other side gone again, or out of descriptors: the loop comes back
                return
            if len(self._connections) >= self._at_once:
                _reset(connection)
                continue
            connection.settimeout(0)
            task = asyncio.get_running_loop().create_task(self._serve(connection))
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)

    async def _serve(self, connection: socket.socket) -> None:
        try:
            async with asyncio.timeout(self._seconds):
                context = await self._gate(connection) if self._gate else None
                reader, writer = await _streams(connection, context)
                await self._converse(reader, writer, connection)
        except CutOff:
            _reset(connection)
        except (OSError, TimeoutError):  # ssl.SSLError is an OSError: the other side broke off, or spoke no TLS
            connection.close()
        except asyncio.CancelledError:
            connection.close()
            raise

    async def _converse(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: socket.socket
    ) -> None:
        try:
            await self._handle(reader, writer)
            writer.close()
            await writer.wait_closed()
        except CutOff:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        finally:
            writer.transport.abort()


async def _streams(
    connection: socket.socket, context: ssl.SSLContext | None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=_HEAD_LIMIT, loop=loop)
    protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
    transport, _ = await loop.connect_accepted_socket(
        lambda: protocol,
        connection,
        ssl=context,
        ssl_shutdown_timeout=_SECONDS_TO_PART if context else None,
    )
    return reader, asyncio.StreamWriter(transport, protocol, reader, loop)


def _reset(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    connection.close()
