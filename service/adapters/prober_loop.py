"""The prober's loop: one blocking epoll loop over connected UDP sockets, made for a process of its own.

A plain NXDOMAIN, the fate of nearly every name, costs one send, one receive and one comparison of bytes. Everything
else is parsed, asked again over TCP, or tried again later. Each name ends as exactly one of answered, absent,
unanswered. Nothing in here lives longer than its run, and a run has one batch of names.
"""

from __future__ import annotations

import os
import select
import socket
import struct
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from queue import SimpleQueue
from typing import TYPE_CHECKING, NamedTuple

from service.adapters.prober_absences import absence_seconds
from service.adapters.prober_pace import Bucket, Wheel
from service.adapters.prober_tcp import ask_over_tcp
from service.adapters.prober_wire import (
    HEADER,
    Kind,
    Reading,
    Sort,
    Template,
    encode_name,
    mix_case,
    read_packet,
    sort_packet,
)
from service.core.errors import InvalidName

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SOCKETS = 16
"""Source ports per upstream: with 16-bit ids a blind forger has to hit one of a million (RFC 5452)."""

BURST = 128
"""Datagrams sent between two looks at the sockets: more would overrun default receive buffers (212,992 bytes)."""

STREAK = 200
"""Failures in a row, without one good answer, after which the upstream itself is in doubt."""

_POLL = 0.005
_BACKOFF = 0.25
_TCP_THREADS = 4
_LARGEST = 4096
_IDS = struct.Struct("2s")


class Query(NamedTuple):
    """One name on its way: the question's exact bytes, the packet without its id, and how many tries are behind it."""

    question: bytes
    packet: bytes
    name: str
    tries: int


_query = partial(tuple.__new__, Query)
"""Query's own constructor is written in Python and takes twice as long; millions are made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopSettings:
    """Whom to ask and how. ``upstreams`` are (address, port), ``qps`` per upstream (0: no limit), times in seconds."""

    upstreams: tuple[tuple[str, int], ...]
    qps: float
    window: int
    timeout: float
    tries: int
    use_0x20: bool = False


@dataclass(slots=True)
class Run:
    """A list of names being asked for one record type, and what has become of it so far.

    ``denials`` are plain denials with the seconds that they hold.
    """

    template: Template
    channels: Sequence[Channel]
    fresh: Iterator[Query]
    again: deque[Query] = field(default_factory=deque)
    waiting: int = 0
    exhausted: bool = False
    absent: int = 0
    denials: list[tuple[str, int]] = field(default_factory=list)
    answered: list[tuple[str, frozenset[str]]] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)

    def take(self, count: int) -> list[Query]:
        """The next to send, at most ``count``: second tries first, then fresh names."""
        taken = [self.again.popleft() for _ in range(min(count, len(self.again)))]
        wanted = count - len(taken)
        if wanted and not self.exhausted:
            fresh = list(islice(self.fresh, wanted))
            self.exhausted = len(fresh) < wanted
            taken += fresh
        return taken

    @property
    def ended(self) -> int:
        """How many names have ended so far."""
        return self.absent + len(self.answered) + len(self.unanswered)

    @property
    def pending(self) -> bool:
        """Whether anything is left to send, now or later."""
        return bool(self.again) or bool(self.waiting) or not self.exhausted


class Channel:
    """One upstream: its sockets, what is under way on each, and its tokens."""

    def __init__(self, address: tuple[str, int], qps: float, window: int, now: float) -> None:
        self.address = address
        self.bucket = Bucket(qps, window, now)
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.sockets = [socket.socket(family, socket.SOCK_DGRAM) for _ in range(SOCKETS)]
        self.pending: list[dict[bytes, Query]] = [{} for _ in self.sockets]
        self.under_way = 0
        self.turn = 0
        self.streak = 0
        for sock in self.sockets:
            sock.setblocking(False)  # noqa: FBT003  # the socket module takes it no other way
            # Connected, so that the kernel drops datagrams from anybody else.
            sock.connect(address)

    def close(self) -> None:
        """Close every socket."""
        for sock in self.sockets:
            sock.close()


class Burst(NamedTuple):
    """Queries sent together, whose time ends together: still unanswered where ``table`` has them under their keys."""

    run: Run
    channel: Channel
    table: dict[bytes, Query]
    keys: list[bytes]
    queries: list[Query]


class Later(NamedTuple):
    """A query that is tried again when its pause is over."""

    run: Run
    query: Query


class TcpAnswer(NamedTuple):
    """What came of asking again over TCP; None where nothing did."""

    run: Run
    channel: Channel
    query: Query
    packet: bytes | None


class ProbeLoop:
    """Sends and receives. ``clock`` is a steady clock in seconds; ``beat`` is called about every second."""

    def __init__(self, settings: LoopSettings, clock: Callable[[], float], beat: Callable[[], None]) -> None:
        now = clock()
        self._settings = settings
        self._clock = clock
        self._beat, self._beat_at = beat, now
        window = max(1, settings.window // len(settings.upstreams))
        self.channels = [Channel(address, settings.qps, window, now) for address in settings.upstreams]
        self._epoll = select.epoll()
        self._where: dict[int, tuple[Channel, int]] = {}
        for channel in self.channels:
            for index, sock in enumerate(channel.sockets):
                self._epoll.register(sock.fileno(), select.EPOLLIN)
                self._where[sock.fileno()] = (channel, index)
        self._wheel: Wheel[Burst | Later] = Wheel(max(settings.timeout, _BACKOFF * 2**settings.tries), now)
        self._tcp = ThreadPoolExecutor(_TCP_THREADS, thread_name_prefix="prober-tcp")
        self._tcp_answers: SimpleQueue[TcpAnswer] = SimpleQueue()
        self.queries = 0
        self.foreign = 0

    def close(self) -> None:
        """Close the sockets; questions still on TCP are waited for (they have a time limit)."""
        self._tcp.shutdown()
        self._epoll.close()
        for channel in self.channels:
            channel.close()

    def start(self, names: Iterable[str], template: Template, channels: Sequence[Channel]) -> Run:
        """Prepare a run over ``channels``; ``drive`` carries it out."""
        run = Run(template, channels, iter(()))
        run.fresh = self._questions(run, names)
        return run

    def drive(self, run: Run) -> bool:
        """Ask until every name has ended (True), or until an upstream failed many times in a row (False).

        After False nothing is under way any more; calling again goes on where it stopped.
        """
        for channel in run.channels:
            channel.streak = 0
        tripped = False
        while any(channel.under_way for channel in self.channels) or (run.pending and not tripped):
            sent = 0 if tripped else self._send(run)
            self._receive(run, 0 if sent else _POLL)
            self._collect_tcp()
            self._expire()
            tripped = tripped or any(channel.streak >= STREAK for channel in run.channels)
        return not run.pending

    def _questions(self, run: Run, names: Iterable[str]) -> Iterator[Query]:
        mixes = self._settings.use_0x20
        head, kind, tail = run.template.head, run.template.kind, run.template.tail
        for name in names:
            try:
                wire = encode_name(name)
            except InvalidName:
                # It was never asked, so nothing is known of it.
                run.unanswered.append(name)
                continue
            if mixes:
                wire = mix_case(wire, os.urandom(len(wire)))
            question = wire + kind
            yield _query((question, head + question + tail, name, 0))

    def _send(self, run: Run) -> int:
        now = self._clock()
        sent = 0
        for channel in run.channels:
            if run.exhausted and not run.again:
                break
            quota = channel.bucket.take(BURST, channel.under_way, now)
            if quota:
                sent += self._send_on(channel, run, quota)
        return sent

    def _send_on(self, channel: Channel, run: Run, quota: int) -> int:
        """One burst on the next socket in turn; what the kernel does not take now goes back to the queue."""
        channel.turn = (channel.turn + 1) % SOCKETS
        send, table = channel.sockets[channel.turn].send, channel.pending[channel.turn]
        queries = run.take(quota)
        keys = _fresh_keys(len(queries), table)
        sent = 0
        for key, query in zip(keys, queries, strict=True):
            try:
                send(key + query.packet)
            except BlockingIOError:
                run.again.extend(queries[sent:])
                break
            except OSError:
                # Nobody listens, or no route: it counts as sent and will time out, like any lost datagram.
                pass
            table[key] = query
            sent += 1
        if sent:
            self._wheel.slot(self._settings.timeout).append(Burst(run, channel, table, keys[:sent], queries[:sent]))
        channel.under_way += sent
        self.queries += sent
        return sent

    def _receive(self, run: Run, wait: float) -> None:
        for fd, _ in self._epoll.poll(wait):
            channel, index = self._where[fd]
            self._drain(run, channel, channel.sockets[index], channel.pending[index])

    def _drain(self, run: Run, channel: Channel, sock: socket.socket, table: dict[bytes, Query]) -> None:
        receive, take, foreign, denied = sock.recv, table.pop, Sort.FOREIGN, Sort.ABSENT
        holds, keep = absence_seconds, run.denials.append
        absent = 0
        while True:
            try:
                packet = receive(_LARGEST)
            except BlockingIOError:
                break
            except OSError:
                continue
            query = take(packet[:2], None)
            sort = foreign if query is None else sort_packet(packet, query[0])
            if query is not None and sort is denied:
                absent += 1
                if seconds := holds(packet, HEADER + len(query[0])):
                    keep((query[2], seconds))
            elif query is None or sort is foreign:
                self.foreign += 1
                if query is not None:
                    # Forged: the query goes on waiting for its true answer.
                    table[packet[:2]] = query
            else:
                channel.under_way -= 1
                self._settle(run, channel, query, read_packet(packet, query.question))
        if absent:
            run.absent += absent
            channel.under_way -= absent
            channel.streak = 0
            channel.bucket.note(good=absent)

    def _settle(self, run: Run, channel: Channel, query: Query, reading: Reading) -> None:
        if reading.kind is Kind.TRUNCATED:
            self._ask_tcp(run, channel, query)
            return
        if reading.kind is Kind.TROUBLE:
            self._fail(run, channel, query)
            return
        channel.streak = 0
        channel.bucket.note(good=1)
        if reading.kind is Kind.ABSENT:
            run.absent += 1
        else:
            run.answered.append((query.name, reading.values))

    def _fail(self, run: Run, channel: Channel, query: Query) -> None:
        channel.streak += 1
        channel.bucket.note(bad=1)
        tries = query.tries + 1
        if tries >= self._settings.tries:
            run.unanswered.append(query.name)
            return
        later = Later(run, query._replace(tries=tries))
        self._wheel.slot(_BACKOFF * 2**query.tries).append(later)
        run.waiting += 1

    def _expire(self) -> None:
        now = self._clock()
        for item in self._wheel.due(now):
            if isinstance(item, Later):
                item.run.waiting -= 1
                item.run.again.append(item.query)
            else:
                self._give_up(item)
        for channel in self.channels:
            channel.bucket.adapt(now)
        if now - self._beat_at >= 1:
            self._beat_at = now
            self._beat()

    def _give_up(self, burst: Burst) -> None:
        table = burst.table
        for key, query in zip(burst.keys, burst.queries, strict=True):
            if table.get(key) is query:
                del table[key]
                burst.channel.under_way -= 1
                self._fail(burst.run, burst.channel, query)

    def _ask_tcp(self, run: Run, channel: Channel, query: Query) -> None:
        channel.bucket.charge()
        self.queries += 1
        channel.under_way += 1
        packet = os.urandom(2) + query.packet
        limit = self._settings.timeout * 2

        def ask() -> None:
            answer = ask_over_tcp(packet, query.question, channel.address, self._clock, limit)
            self._tcp_answers.put(TcpAnswer(run, channel, query, answer))

        self._tcp.submit(ask)

    def _collect_tcp(self) -> None:
        while not self._tcp_answers.empty():
            run, channel, query, packet = self._tcp_answers.get()
            channel.under_way -= 1
            reading = Reading(Kind.TROUBLE) if packet is None else read_packet(packet, query.question)
            if reading.kind is Kind.TRUNCATED:
                reading = Reading(Kind.TROUBLE, detail="truncated over TCP")
            self._settle(run, channel, query, reading)


def _fresh_keys(count: int, table: dict[bytes, Query]) -> list[bytes]:
    """Random ids, all different and none in use on this socket: a socket has 65,536, a window 4,000 at most."""
    keys: dict[bytes, None] = {}
    while len(keys) < count:
        pool = os.urandom(2 * (count - len(keys)))
        keys |= dict.fromkeys(key for (key,) in _IDS.iter_unpack(pool) if key not in table)
    return list(keys)
