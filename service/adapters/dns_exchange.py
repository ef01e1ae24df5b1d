"""Questions to resolvers from an event loop: one connected UDP socket per resolver and look, TCP for long answers.

A socket of its own for each look gives it a source port of its own (RFC 5452), and leaves nothing open afterwards.
dnspython renders the query once per record type and parses every answer.
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Self

import dns.exception
import dns.flags
import dns.message
import dns.rcode

from service.adapters.prober_wire import Sort, encode_name, sort_packet, template
from service.core.errors import InvalidName
from service.core.facts.dns import DnsStatus

if TYPE_CHECKING:
    from types import TracebackType

_LARGEST = 4096
_PARSED = 1024  # answers; at most some 20 MB, as records take about ten times their bytes
_LENGTH = struct.Struct("!H")
_template = cache(template)


@dataclass(frozen=True, slots=True)
class Upstreams:
    """A vantage's resolvers and how they are asked: ``timeout`` seconds a try, ``tries`` in turn over them."""

    addresses: Sequence[tuple[str, int]]
    timeout: float
    tries: int


@dataclass(frozen=True, slots=True)
class Answer:
    """A resolver's last word on one question. ``message`` is None where nothing readable came."""

    status: DnsStatus
    message: dns.message.Message | None = None

    @property
    def failed(self) -> bool:
        """Whether the question stayed open: neither an answer nor a denial."""
        return self.status in (DnsStatus.SERVFAIL, DnsStatus.REFUSED, DnsStatus.TIMEOUT)


_UNREADABLE = Answer(DnsStatus.SERVFAIL)
_SILENT = Answer(DnsStatus.TIMEOUT)


class Conversation:
    """The questions of one look at one vantage, as a context manager that closes its sockets."""

    def __init__(self, upstreams: Upstreams) -> None:
        self._upstreams = upstreams
        self._exchanges: dict[tuple[str, int], _Exchange] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for exchange in self._exchanges.values():
            exchange.close()

    async def ask(self, name: str, rdtype: str) -> Answer:
        """Ask one question, of the next resolver in turn after each failure. Never raises for what comes back."""
        kind = _template(rdtype)
        try:
            question = encode_name(name) + kind.kind
        except InvalidName:
            # No resolver knows a name that cannot be written down.
            return Answer(DnsStatus.NXDOMAIN)
        answer = _SILENT
        for attempt in range(self._upstreams.tries):
            address = self._upstreams.addresses[attempt % len(self._upstreams.addresses)]
            answer = await self._ask_one(address, kind.head + question + kind.tail, question)
            if not answer.failed:
                break
        return answer

    async def _ask_one(self, address: tuple[str, int], query: bytes, question: bytes) -> Answer:
        try:
            exchange = self._exchanges.get(address)
            if exchange is None:
                exchange = self._exchanges[address] = _Exchange(address)
            packet = await exchange.ask(query, question, self._upstreams.timeout)
        except OSError:
            return _SILENT
        if packet is None:
            return _SILENT
        if packet[2] & (dns.flags.TC >> 8):
            packet = await _ask_tcp(address, query, question, self._upstreams.timeout * 2)
        return _SILENT if packet is None else read_message(packet)


class _Exchange:
    """One connected UDP socket. A datagram counts only where id and question are exactly ours."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._loop = asyncio.get_running_loop()
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._waiting: dict[bytes, tuple[bytes, asyncio.Future[bytes | None]]] = {}
        try:
            self._socket.setblocking(False)  # noqa: FBT003  # the socket module takes it no other way
            self._socket.connect(address)
            self._loop.add_reader(self._socket.fileno(), self._receive)
        except OSError:
            self._socket.close()
            raise

    async def ask(self, query: bytes, question: bytes, timeout: float) -> bytes | None:  # noqa: ASYNC109  # one timer is cheaper than a scope a question
        """The answer's bytes, or None after ``timeout`` seconds."""
        key = os.urandom(2)
        while key in self._waiting:
            key = os.urandom(2)
        future: asyncio.Future[bytes | None] = self._loop.create_future()
        self._waiting[key] = (question, future)
        timer = self._loop.call_later(timeout, _give_up, future)
        try:
            self._socket.send(key + query)
            return await future
        finally:
            timer.cancel()
            del self._waiting[key]

    def close(self) -> None:
        self._loop.remove_reader(self._socket.fileno())
        self._socket.close()

    def _receive(self) -> None:
        while True:
            try:
                packet = self._socket.recv(_LARGEST)
            except BlockingIOError:
                return
            except OSError:
                # The kernel says that nobody listens there: no use in waiting.
                for _, future in self._waiting.values():
                    _give_up(future)
                return
            question, awaiting = self._waiting.get(packet[:2], (b"", None))
            if awaiting is not None and not awaiting.done() and sort_packet(packet, question) is not Sort.FOREIGN:
                awaiting.set_result(packet)


def _give_up(future: asyncio.Future[bytes | None]) -> None:
    if not future.done():
        future.set_result(None)


async def _ask_tcp(address: tuple[str, int], query: bytes, question: bytes, limit: float) -> bytes | None:
    """The whole answer over TCP (RFC 7766), or None where no fitting one came within ``limit`` seconds."""
    packet = os.urandom(2) + query
    try:
        async with asyncio.timeout(limit):
            reader, writer = await asyncio.open_connection(*address)
            try:
                writer.write(_LENGTH.pack(len(packet)) + packet)
                (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
                answer = await reader.readexactly(length)
            finally:
                writer.close()
    except (OSError, EOFError, TimeoutError):
        return None
    fits = answer[:2] == packet[:2] and sort_packet(answer, question) is not Sort.FOREIGN
    return answer if fits else None


def read_message(packet: bytes) -> Answer:
    """Parse an answer; what cannot be parsed counts as a failure to answer. The message's id is 0: it was checked."""
    return _parse(packet[2:])


@lru_cache(maxsize=_PARSED)
def _parse(behind_id: bytes) -> Answer:
    """An authority's answers are the same bytes from one look to the next, and parsing is what an answer costs most."""
    try:
        message = dns.message.from_wire(b"\0\0" + behind_id, ignore_trailing=True)
    except (dns.exception.DNSException, ValueError, IndexError):
        return _UNREADABLE
    rcode = message.rcode()
    if rcode == dns.rcode.NOERROR:
        return Answer(DnsStatus.ANSWERED, message)
    if rcode == dns.rcode.NXDOMAIN:
        # A chain of aliases that leads nowhere: the name that was asked for does exist (RFC 6604).
        return Answer(DnsStatus.ANSWERED if message.answer else DnsStatus.NXDOMAIN, message)
    return Answer(DnsStatus.REFUSED if rcode == dns.rcode.REFUSED else DnsStatus.SERVFAIL, message)
