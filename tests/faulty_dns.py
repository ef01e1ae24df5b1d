"""A DNS server on loopback that misbehaves on purpose, for the tests of everything that asks one.

Runs in a thread of the test's process, over UDP and TCP on one port. What it knows is a plain mapping; what it gets
wrong is drawn from a seeded generator, so that a failing run can be repeated.
"""

from __future__ import annotations

import random
import socket
import struct
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

if TYPE_CHECKING:
    from types import TracebackType


@dataclass(frozen=True, kw_only=True)
class Zone:
    """What exists: record texts by (name, type), names that fail by rcode or with "silent", suffixes with a wildcard.

    A name that has any record exists; other types of it are empty. ``wildcards`` hold records by type for every name
    beneath them that does not exist itself. Where ``negative_ttl`` is not 0, denials say by an SOA how long they hold.
    """

    records: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    trouble: Mapping[str, str] = field(default_factory=dict)
    wildcards: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    truncated: frozenset[str] = frozenset()
    negative_ttl: int = 0

    @property
    def names(self) -> frozenset[str]:
        return frozenset(name for name, _ in self.records)


@dataclass(frozen=True, kw_only=True)
class Faults:
    """Shares of queries, 0 to 1, that meet each fault."""

    lost: float = 0.0
    servfail: float = 0.0
    refused: float = 0.0
    forged_question: float = 0.0
    forged_id: float = 0.0
    twice: float = 0.0
    truncated: float = 0.0
    garbage: float = 0.0


class FaultyDns:
    """The server, as a context manager. ``address`` is its host:port."""

    def __init__(self, zone: Zone, faults: Faults | None = None, host: str = "127.0.0.1", seed: int = 7) -> None:
        self.zone = zone
        self.faults = faults or Faults()
        self.seen: Counter[str] = Counter()
        self.asked: Counter[str] = Counter()
        self._random = random.Random(seed)  # noqa: S311  # faults that can be repeated
        self._udp, self._tcp = _listen(host)
        self.address = f"{host}:{self._udp.getsockname()[1]}"
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=run, daemon=True) for run in (self._serve_udp, self._serve_tcp)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()
        self._udp.close()
        self._tcp.close()

    def _serve_udp(self) -> None:
        while not self._stopping.is_set():
            try:
                packet, peer = self._udp.recvfrom(4096)
            except TimeoutError:
                continue
            self._answer_udp(packet, peer)

    def _serve_tcp(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = self._tcp.accept()
            except TimeoutError:
                continue
            with connection:
                connection.settimeout(1)
                self._answer_tcp(connection)

    def _answer_tcp(self, connection: socket.socket) -> None:
        try:
            (length,) = struct.unpack("!H", connection.recv(2))
            reply = self._reply(connection.recv(length), over_tcp=True)
        except (OSError, struct.error):
            return
        self.seen["tcp"] += 1
        if reply is not None:
            connection.sendall(struct.pack("!H", len(reply)) + reply)

    def _answer_udp(self, packet: bytes, peer: tuple[str, int]) -> None:
        faults, dice = self.faults, self._random
        if self._hit("lost", faults.lost):
            return
        if self._hit("forged_question", faults.forged_question):
            # The right id and a lie about another name: says that it exists, to show up if anybody believes it.
            self._udp.sendto(_forged(packet[:2]), peer)
        if self._hit("forged_id", faults.forged_id):
            wrong = bytes((packet[0] ^ 0x55, packet[1] ^ 0xAA))
            self._udp.sendto(wrong + b"\x81\x80" + packet[4:], peer)
        if self._hit("garbage", faults.garbage):
            self._udp.sendto(packet[:2] + dice.randbytes(dice.randrange(60)), peer)
        reply = self._faulty_reply(packet)
        if reply is None:
            return
        self._udp.sendto(reply, peer)
        if self._hit("twice", faults.twice):
            self._udp.sendto(reply, peer)

    def _faulty_reply(self, packet: bytes) -> bytes | None:
        header = packet[:2]
        if self._hit("servfail", self.faults.servfail):
            return header + b"\x81\x82" + packet[4:]
        if self._hit("refused", self.faults.refused):
            return header + b"\x81\x85" + packet[4:]
        if self._hit("truncated", self.faults.truncated):
            return header + b"\x83\x80" + packet[4:]
        return self._reply(packet, over_tcp=False)

    def _hit(self, fault: str, share: float) -> bool:
        hit = share > 0 and self._random.random() < share
        self.seen[fault] += hit
        return hit

    def _reply(self, packet: bytes, *, over_tcp: bool) -> bytes | None:
        query = dns.message.from_wire(packet)
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        self.asked[f"{name} {question.rdtype.name}"] += 1
        trouble = self.zone.trouble.get(name)
        if trouble == "silent":
            return None
        response = dns.message.make_response(query, recursion_available=True)
        if trouble is not None:
            response.set_rcode(dns.rcode.from_text(trouble))
        elif name in self.zone.truncated and not over_tcp:
            response.flags |= dns.flags.TC
        else:
            self._fill(response, name, question.rdtype.name)
        return response.to_wire(max_size=65_535)

    def _fill(self, response: dns.message.Message, name: str, kind: str) -> None:
        """Answers with aliases followed; NXDOMAIN as resolvers say it, with the chain in front."""
        for _ in range(8):
            alias = self.zone.records.get((name, "CNAME"))
            if alias is None or kind == "CNAME":
                break
            response.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", "CNAME", alias[0]))
            name = alias[0].rstrip(".")
        records = self.zone.records.get((name, kind), ())
        if name not in self.zone.names:
            wildcard = self.zone.wildcards.get(name.partition(".")[2])
            if wildcard is None:
                response.set_rcode(dns.rcode.NXDOMAIN)
                if ttl := self.zone.negative_ttl:
                    soa = f"ns.example. root.example. 1 3600 600 86400 {ttl}"
                    suffix = f"{name.rpartition('.')[2]}."
                    response.authority.append(dns.rrset.from_text(suffix, 3600, "IN", "SOA", soa))
                return
            records = wildcard.get(kind, ())
        if records:
            response.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", kind, *records))


def _forged(header: bytes) -> bytes:
    query = dns.message.make_query("forged.example", "NS", use_edns=False)
    response = dns.message.make_response(query, recursion_available=True)
    response.answer.append(dns.rrset.from_text("forged.example.", 60, "IN", "NS", "ns.evil.example."))
    return header + response.to_wire()[2:]


def _listen(host: str) -> tuple[socket.socket, socket.socket]:
    """UDP and TCP on one port that the kernel chose."""
    for _ in range(20):
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        udp.bind((host, 0))
        tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            tcp.bind(udp.getsockname())
        except OSError:
            udp.close()
            tcp.close()
            continue
        tcp.listen(16)
        udp.settimeout(0.1)
        tcp.settimeout(0.1)
        return udp, tcp
    raise RuntimeError("no port is free for both UDP and TCP")
