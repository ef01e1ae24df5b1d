"""The lab's web servers: every virtual host of the world over HTTP and HTTPS, on any number of loopback addresses."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import socket
from collections import deque
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from service.lab.client_hello import LONGEST, is_whole, server_name
from service.lab.exchange import Request, exchange, text_reply
from service.lab.loopback import CutOff, Listener
from service.lab.visitors import kinds_of_visitor

if TYPE_CHECKING:
    import ssl

    from service.lab.authority import Authority
    from service.lab.world import Reply, VirtualHost, World

_VISITS_KEPT = 10_000
_SECONDS_BETWEEN_PEEKS = 0.005
_SECONDS_FOR_THE_REST = 1.0  # of a ClientHello whose first bytes came; on loopback it comes whole
_NAMELESS = ("lab.example",)


@dataclass(frozen=True, slots=True)
class Visit:
    """One request as the server saw it; ``shown`` False where the visitor got ``hidden``."""

    scheme: str
    host: str
    path: str
    kinds: frozenset[str]
    shown: bool


class WebServer:
    """Serves the current world. ``visits`` keeps the latest requests, ``requests`` counts them all."""

    def __init__(self, world: World, authority: Authority, *, http_port: int = 0, https_port: int = 0) -> None:
        self.http_port, self.https_port = http_port, https_port
        self.requests = 0
        self.visits: deque[Visit] = deque(maxlen=_VISITS_KEPT)
        self._world, self._authority = world, authority
        self._addresses: set[str] = set()
        self._plain = Listener(functools.partial(self._converse, "http"))
        self._secure = Listener(functools.partial(self._converse, "https"), gate=self._context_for)

    def show(self, world: World) -> None:
        """Serve this world from now on."""
        self._world = world

    def listen_on(self, address: str) -> None:
        """Serve on one more loopback address; nothing happens where it is served already.

        All addresses have the same two ports, so that one port map in a client's settings holds for all of them.
        ConfigError off loopback, OSError where a port is taken.
        """
        if address in self._addresses:
            return
        self.http_port = self._plain.open(address, self.http_port)
        self.https_port = self._secure.open(address, self.https_port)
        self._addresses.add(address)

    async def close(self) -> None:
        """Stop serving on all addresses."""
        await asyncio.gather(self._plain.close(), self._secure.close())

    async def _context_for(self, connection: socket.socket) -> ssl.SSLContext:
        """Choose the certificate by the name in the ClientHello, or cut off, before a byte of TLS is answered."""
        name = server_name(await _peek(connection))
        address = connection.getsockname()[0]
        if name is None and address not in self._world.catch_all:
            return self._authority.context(_NAMELESS)
        host = self._served(name or "", address)
        return self._authority.context(host.certificate_names or (host.host,), host.certificate)

    async def _converse(self, scheme: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address = writer.get_extra_info("sockname")[0]
        await exchange(reader, writer, functools.partial(self._answer, scheme, address))

    async def _answer(self, scheme: str, address: str, request: Request) -> Reply:
        self.requests += 1
        host = self._served(request.host, address)
        if request.method not in ("GET", "HEAD"):
            return text_reply(HTTPStatus.METHOD_NOT_ALLOWED, "only GET and HEAD")
        kinds = kinds_of_visitor(request.headers)
        shown = not host.visible_to or bool(kinds & host.visible_to)
        self.visits.append(Visit(scheme, request.host, request.path, kinds, shown))
        if not shown:
            return host.hidden or host.missing
        return host.replies.get(request.path, host.missing)

    def _served(self, name: str, address: str) -> VirtualHost:
        host = self._world.catch_all.get(address) or self._world.hosts.get(name)
        if host is None or host.refuses:
            raise CutOff
        return host


async def _peek(connection: socket.socket) -> bytes:
    """What the client sends first, left in the socket for the handshake to read."""
    await _readable(connection)
    async with asyncio.timeout(_SECONDS_FOR_THE_REST):
        while True:
            with contextlib.suppress(BlockingIOError):
                data = connection.recv(LONGEST, socket.MSG_PEEK)
                if not data:
                    raise CutOff
                if is_whole(data):
                    return data
            await asyncio.sleep(_SECONDS_BETWEEN_PEEKS)


async def _readable(connection: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(connection, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(connection)
