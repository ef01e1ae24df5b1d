"""From one DNS query's bytes to its answer's bytes, without sockets.

``plain_absence`` is the path that a sweep takes hundreds of thousands of times: an ordinary question for a name that
does not exist, answered by slicing the packet (RFC 1035 section 4.1, RFC 2308 section 2). ``consider`` is for all else,
garbage included: dnspython parses and renders it, and what it rendered is kept with the zone.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

import dns.exception
import dns.flags
import dns.message
from dns.opcode import Opcode
from dns.rcode import Rcode
from dns.rdataclass import RdataClass
from dns.rdatatype import RdataType

from service.lab.world import DnsFault
from service.lab.zones import NEGATIVE_TTL, TTL, key_of

if TYPE_CHECKING:
    from dns.message import Message

    from service.lab.zones import Zone, Zones

PAYLOAD = 1232
"""Bytes of UDP payload that the lab offers and never exceeds (the value agreed on at DNS Flag Day 2020)."""

_LARGEST_TCP = 65_535
_SMALLEST_UDP = 512  # RFC 1035 section 4.2.1: what a client without EDNS takes
_TRANSFERS = (RdataType.AXFR, RdataType.IXFR)
_HEADER = 12
_SHORTEST_NAME_END = 14  # one label of one byte, and the root
_RENDERED_PER_ZONE = 512  # a zone with a wildcard answers any name; its memory stays bounded

_ONE_QUESTION = b"\x00\x01\x00\x00\x00\x00"
_CLASS_IN = b"\x00\x01"
_NO_MORE, _ONE_MORE = b"\x00\x00", b"\x00\x01"
_NXDOMAIN_COUNTS = {False: b"\x00\x01\x00\x00\x00\x01\x00\x00", True: b"\x00\x01\x00\x00\x00\x01\x00\x01"}
_OPT_OWNER_AND_TYPE = b"\x00\x00\x29"
_OPT = _OPT_OWNER_AND_TYPE + struct.pack("!HBBHH", PAYLOAD, 0, 0, 0, 0)
_OPT_WITH_DO = _OPT_OWNER_AND_TYPE + struct.pack("!HBBHH", PAYLOAD, 0, 0, 0x8000, 0)
_OPT_BYTES = len(_OPT)


def _soa_without_owner() -> bytes:
    server, contact = key_of("ns1.lab.example") + b"\0", key_of("hostmaster.lab.example") + b"\0"
    rdata = server + contact + struct.pack("!5I", 1, 3600, 600, 86_400, NEGATIVE_TTL)
    return b"\0" + struct.pack("!HHIH", RdataType.SOA, RdataClass.IN, TTL, len(rdata)) + rdata


_SOA_BEHIND_SUFFIX = _soa_without_owner()


class Considered(NamedTuple):
    """An answer, or None for silence, and the seconds to hold it back."""

    reply: bytes | None
    delay: float = 0.0


def plain_absence(packet: bytes, zones: Zones) -> bytes | None:
    """NXDOMAIN with the suffix's SOA, or None where the packet or the name needs a closer look.

    Takes plain queries only: one question of class IN, no flag but RD, AD and CD, nothing behind it but at most one OPT
    of version 0 (RFC 6891). The question goes back byte for byte, so the case that a client mixed in (0x20) is kept.
    """
    end = packet.find(0, _HEADER)
    if (
        end < _SHORTEST_NAME_END
        or packet[2] & 0xFE
        or packet[4:10] != _ONE_QUESTION
        or packet[end + 3 : end + 5] != _CLASS_IN
    ):
        return None
    name = packet[_HEADER:end].lower()
    suffix = _absent_suffix(name, zones)
    opt = _opt_for(packet, end + 5)
    if not suffix or opt is None:
        return None
    flags = bytes((0x84 | packet[2], 0x83 | packet[3] & 0x10))  # QR AA, RD as asked; RA, CD as asked, NXDOMAIN
    head = packet[:2] + flags + _NXDOMAIN_COUNTS[bool(opt)]
    return head + packet[_HEADER : end + 5] + suffix + _SOA_BEHIND_SUFFIX + opt


def _absent_suffix(name: bytes, zones: Zones) -> bytes:
    """The last label of a well-formed name of two labels or more that does not exist, else nothing."""
    if name in zones.inner or len(name) > 254:  # noqa: PLR2004 - RFC 1035 section 2.3.4: 255 with the root
        return b""
    stops = zones.stops
    at = last = 0
    while at < len(name):
        step = name[at]
        if step > 63 or name[at:] in stops:  # noqa: PLR2004 - above 63 it is no length (RFC 1035 section 4.1.4)
            return b""
        last, at = at, at + step + 1
    return name[last:] if last and at == len(name) else b""


def _opt_for(packet: bytes, at: int) -> bytes | None:
    """The OPT record that answers what stands behind the question: nothing for nothing, None for anything unusual."""
    additional = packet[10:12]
    if additional == _NO_MORE:
        return b"" if len(packet) == at else None
    if (
        additional != _ONE_MORE
        or len(packet) < at + _OPT_BYTES
        or packet[at : at + 3] != _OPT_OWNER_AND_TYPE
        or packet[at + 6]  # the version
        or len(packet) != at + _OPT_BYTES + int.from_bytes(packet[at + 9 : at + 11])
    ):
        return None
    return _OPT_WITH_DO if packet[at + 7] & 0x80 else _OPT


def consider(packet: bytes, zones: Zones, vantage: str, *, over_tcp: bool) -> Considered:
    """The answer to any bytes at all, as this vantage gives it; never raises.

    What is no query (too short, or an answer itself) gets silence, so that two servers can never talk to each other.
    """
    if len(packet) < _HEADER or packet[2] & 0x80:
        return Considered(None)
    end = packet.find(0, _HEADER)
    name = packet[_HEADER : max(end, _HEADER)].lower()
    zone = zones.zone_of(name)
    fault = zones.fault_at(vantage, zone)
    delay = zone.name.delay if zone else 0.0
    if fault is DnsFault.SILENT:
        return Considered(None, delay)
    if zone is None or fault or vantage in zones.world.hijacks or not zone.knows(name):
        return Considered(_render(packet, zones, vantage, fault, over_tcp=over_tcp), delay)
    variant = b"%s %d " % (vantage.encode(), over_tcp)
    key = variant + packet[2:_HEADER] + name + packet[end:]
    kept = zone.rendered.get(key)
    if kept is None:
        kept = _render(packet, zones, vantage, None, over_tcp=over_tcp)
        _keep(zone, key, kept, packet[_HEADER : end + 5])
        return Considered(kept, delay)
    # Only id and question differ: compression pointers still hit, since the question is as long as the kept one.
    return Considered(packet[:2] + kept[2:_HEADER] + packet[_HEADER : end + 5] + kept[end + 5 :], delay)


def _keep(zone: Zone, key: bytes, reply: bytes, question: bytes) -> None:
    if reply[_HEADER : _HEADER + len(question)].lower() != question.lower():
        return  # a refusal that does not repeat the question
    if len(zone.rendered) >= _RENDERED_PER_ZONE:
        zone.rendered.clear()
    zone.rendered[key] = reply


def _render(packet: bytes, zones: Zones, vantage: str, fault: DnsFault | None, *, over_tcp: bool) -> bytes:
    if packet[2] >> 3 & 0xF != Opcode.QUERY:
        return _bare(packet, Rcode.NOTIMP)
    try:
        query = dns.message.from_wire(packet)
    except (dns.exception.DNSException, ValueError):
        return _bare(packet, Rcode.FORMERR)
    if len(query.question) != 1:
        return _bare(packet, Rcode.FORMERR)
    reply = dns.message.make_response(query, recursion_available=True, our_payload=PAYLOAD)
    reply.flags |= dns.flags.AA | (query.flags & dns.flags.CD)
    reply.ednsflags |= query.ednsflags & dns.flags.DO if query.edns >= 0 else 0
    _fill(reply, query, zones, vantage, None if over_tcp and fault is DnsFault.TRUNCATED else fault)
    size = _LARGEST_TCP if over_tcp else min(max(query.payload, _SMALLEST_UDP), PAYLOAD)
    return reply.to_wire(max_size=size, prefer_truncation=True)


def _fill(reply: Message, query: Message, zones: Zones, vantage: str, fault: DnsFault | None) -> None:
    question = query.question[0]
    if query.edns > 0:
        reply.set_rcode(Rcode.BADVERS)
    elif fault is DnsFault.TRUNCATED:
        reply.flags |= dns.flags.TC
    elif fault is DnsFault.SERVFAIL:
        reply.set_rcode(Rcode.SERVFAIL)
    elif fault is DnsFault.REFUSED or question.rdclass != RdataClass.IN or question.rdtype in _TRANSFERS:
        reply.set_rcode(Rcode.REFUSED)
    else:
        found = zones.look_up(question.name, question.rdtype, vantage)
        reply.set_rcode(found.rcode)
        reply.answer, reply.authority = list(found.answer), list(found.authority)


def _bare(packet: bytes, rcode: Rcode) -> bytes:
    """A header and nothing else, for what cannot be parsed: opcode and RD as they came."""
    return packet[:2] + bytes((0x80 | packet[2] & 0x79, 0x80 | rcode)) + bytes(8)
