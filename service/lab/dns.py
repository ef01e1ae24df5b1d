"""The lab's name servers: authoritative for everything, over UDP and TCP, one vantage for each address listened on."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import socket
from typing import TYPE_CHECKING

from service.lab.dns_packets import consider, plain_absence
from service.lab.loopback import Listener, bound_socket, port_of
from service.lab.zones import Zones

if TYPE_CHECKING:
    from service.lab.world import World

DEFAULT_VANTAGE = "default"

_BATCH = 256
"""Datagrams answered before the loop gets its turn: about 4 ms of work."""

_LARGEST_QUERY = 4096
_RECEIVE_BUFFER = 4 << 20
_HELD_BACK_AT_ONCE = 10_000
_SECONDS_A_TCP_CONNECTION = 60.0
_PORT_TRIES = 20


class DnsServer:
    """Answers from the current world. ``queries`` counts what came in at all vantages, over UDP and TCP."""

    def __init__(self, world: World) -> None:
        self.queries = 0
        self._zones = Zones(world)
        self._sockets: list[socket.socket] = []
        self._listeners: list[Listener] = []
        self._held_back: set[asyncio.TimerHandle] = set()

    def show(self, world: World) -> None:
        """Answer from this world from now on. ValueError where a name in it cannot be served; then nothing changes."""
        self._zones = Zones(world, self._zones)

    def listen_on(self, address: str, port: int = 0, *, vantage: str = DEFAULT_VANTAGE) -> int:
        """Open a vantage on a loopback address, the same port for UDP and TCP; gives back the port."""
        listener = Listener(functools.partial(self._converse, vantage), seconds=_SECONDS_A_TCP_CONNECTION)
        datagrams = _paired(listener, address, port)
        datagrams.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        self._listeners.append(listener)
        self._sockets.append(datagrams)
        asyncio.get_running_loop().add_reader(datagrams, self._drain, datagrams, vantage)
        return port_of(datagrams)

    async def close(self) -> None:
        """Stop answering and free the ports; answers that are held back are never sent."""
        for handle in self._held_back:
            handle.cancel()
        self._held_back.clear()
        for datagrams in self._sockets:
            asyncio.get_running_loop().remove_reader(datagrams)
            datagrams.close()
        self._sockets.clear()
        for listener in self._listeners:
            await listener.close()

    def _drain(self, datagrams: socket.socket, vantage: str) -> None:
        """Answer what has arrived, in one go: a turn of the loop for each datagram would cost more than the answer."""
        receive, send, zones = datagrams.recvfrom, datagrams.sendto, self._zones
        truthful = vantage not in zones.world.vantage_faults and vantage not in zones.world.hijacks
        for _ in range(_BATCH):
            try:
                packet, peer = receive(_LARGEST_QUERY)
            except OSError:  # nothing left, or an earlier answer could not be delivered
                return
            self.queries += 1
            reply = plain_absence(packet, zones) if truthful else None
            if reply is None:
                self._answer_considered(datagrams, packet, peer, vantage)
                continue
            with contextlib.suppress(OSError):  # a full buffer loses the datagram, as on any network
                send(reply, peer)

    def _answer_considered(self, datagrams: socket.socket, packet: bytes, peer: tuple[str, int], vantage: str) -> None:
        reply, delay = consider(packet, self._zones, vantage, over_tcp=False)
        if reply is None:
            return
        if not delay:
            _send(datagrams, reply, peer)
        elif len(self._held_back) < _HELD_BACK_AT_ONCE:
            self._hold_back(datagrams, reply, peer, delay)

    def _hold_back(self, datagrams: socket.socket, reply: bytes, peer: tuple[str, int], delay: float) -> None:
        def release() -> None:
            self._held_back.discard(handle)
            _send(datagrams, reply, peer)

        handle = asyncio.get_running_loop().call_later(delay, release)
        self._held_back.add(handle)

    async def _converse(self, vantage: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Questions on one TCP connection, each behind two bytes of length (RFC 1035 section 4.2.2)."""
        with contextlib.suppress(asyncio.IncompleteReadError):
            while True:
                packet = await reader.readexactly(int.from_bytes(await reader.readexactly(2)))
                self.queries += 1
                reply, delay = consider(packet, self._zones, vantage, over_tcp=True)
                if reply is not None:
                    await asyncio.sleep(delay)
                    writer.write(len(reply).to_bytes(2) + reply)
                    await writer.drain()


def _send(datagrams: socket.socket, reply: bytes, peer: tuple[str, int]) -> None:
    with contextlib.suppress(OSError):
        datagrams.sendto(reply, peer)


def _paired(listener: Listener, address: str, port: int) -> socket.socket:
    """A datagram socket whose port ``listener`` has too. A port free for UDP may be taken for TCP, so it tries some."""
    for attempt in range(_PORT_TRIES):
        datagrams = bound_socket(address, port, socket.SOCK_DGRAM)
        try:
            listener.open(address, port_of(datagrams))
        except OSError:
            datagrams.close()
            if port or attempt == _PORT_TRIES - 1:
                raise
        else:
            return datagrams
    raise AssertionError("unreachable: the last attempt returns or raises")
