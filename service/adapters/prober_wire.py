"""DNS packets of the bulk prober: names to questions, answers to one of four kinds. Pure: bytes in, values out.

dnspython renders the query template once and parses every answer that is not a plain NXDOMAIN; a plain NXDOMAIN is
told from the bytes alone, because 99 of 100 answers of a sweep are one and a full parse costs fifty times as much.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Any

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

from service.core.errors import InvalidName

HEADER = 12
"""Bytes before the question (RFC 1035 4.1.1)."""

EDNS_PAYLOAD = 1232
"""UDP size that we offer: never fragmented on paths of 1280 bytes (DNS flag day 2020)."""

_QR_OPCODE_TC = 0xFA
_QR = 0x80
_TC = 0x02
_NXDOMAIN = 3
_ONE = b"\x00\x01"
_ONE_AND_NONE = b"\x00\x01\x00\x00"
_MAX_LABEL = 63
_MAX_TEXT = 253  # 255 octets on the wire: one more at either end
_OCTETS = [bytes((length,)) for length in range(_MAX_LABEL + 1)]

_CASE_BITS = bytes(0x20 if bytes((octet,)).isalpha() else 0 for octet in range(256))


class Sort(IntEnum):
    """What the bytes of a packet alone tell."""

    FOREIGN = 0
    ABSENT = 1
    OTHER = 2


_FOREIGN, _ABSENT, _OTHER = Sort
"""As globals: a look into the class costs a third of what the rest of a comparison does."""


class Kind(IntEnum):
    """What an answer means for the name that was asked for."""

    EXISTS = 0
    ABSENT = 1
    TRUNCATED = 2
    TROUBLE = 3


@dataclass(frozen=True, slots=True)
class Reading:
    """A parsed answer. ``values`` are the record data of the asked type and any aliases, to tell wildcards apart."""

    kind: Kind
    values: frozenset[str] = frozenset()
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """A query without its id and name: ``head`` follows the id, ``kind`` the name, ``tail`` the question."""

    rdtype: str
    head: bytes
    kind: bytes
    tail: bytes


def template(rdtype: str) -> Template:
    """Render a recursive query for one record type with EDNS, split around its name."""
    query = dns.message.make_query(dns.name.root, rdtype, use_edns=0, payload=EDNS_PAYLOAD)
    wire = query.to_wire()
    name_end = HEADER + 1
    return Template(rdtype, wire[2:HEADER], wire[name_end : name_end + 4], wire[name_end + 4 :])


def encode_name(name: str) -> bytes:
    """A host name in A-labels to its uncompressed wire form (RFC 1035 3.1); InvalidName where it has none."""
    label, dot, rest = name.partition(".")
    length = len(label)
    if not 0 < length <= _MAX_LABEL or len(name) > _MAX_TEXT or not label.isascii():
        raise InvalidName(f"{name!r} is not in A-labels, has an empty or overlong label, or is too long")
    return _OCTETS[length] + label.encode() + (_encode_rest(rest) if dot else b"\x00")


@lru_cache(maxsize=8192)
def _encode_rest(rest: str) -> bytes:
    """The part behind the first label: a sweep asks for thousands of names under each of a few suffixes."""
    return encode_name(rest)


def mix_case(wire_name: bytes, bits: bytes) -> bytes:
    """Flip the case of letters by random ``bits`` of the same length (draft-vixie-dnsext-dns0x20).

    Length octets are at most 63 and letters begin at 65, so only letters can be hit.
    """
    mask = int.from_bytes(wire_name.translate(_CASE_BITS)) & int.from_bytes(bits)
    return (int.from_bytes(wire_name) ^ mask).to_bytes(len(wire_name))


def sort_packet(packet: bytes, question: bytes) -> Sort:
    """Tell from the bytes: not an answer to exactly this question, a plain NXDOMAIN, or something to be read.

    Plain means: an answer to a standard query, not truncated, one question with our very bytes, RCODE 3, no answer
    record (a chain of aliases that ends in NXDOMAIN is a name that exists).
    """
    if not packet.startswith(question, HEADER):
        return _FOREIGN
    flags = packet[2] & _QR_OPCODE_TC
    if flags == _QR and packet[3] & 15 == _NXDOMAIN and packet[4:8] == _ONE_AND_NONE:
        return _ABSENT
    return _OTHER if flags in (_QR, _QR | _TC) and packet[4:6] == _ONE else _FOREIGN


def read_packet(packet: bytes, question: bytes) -> Reading:
    """Read an answer in full. Whatever cannot be read is TROUBLE, never absence."""
    if sort_packet(packet, question) is Sort.FOREIGN:
        return Reading(Kind.TROUBLE, detail="not an answer to this question")
    try:
        message = dns.message.from_wire(packet, ignore_trailing=True)
    except (dns.exception.DNSException, ValueError, IndexError) as error:
        # The truncation flag stands in the header: a packet cut in the middle of a record is asked for again over TCP.
        if packet[2] & _TC:
            return Reading(Kind.TRUNCATED)
        return Reading(Kind.TROUBLE, detail=f"unreadable answer: {type(error).__name__}")
    if message.flags & dns.flags.TC:
        return Reading(Kind.TRUNCATED)
    return _read_message(message)


def _read_message(message: dns.message.Message) -> Reading:
    rcode = message.rcode()
    asked = message.question[0]
    values = frozenset(_values(message.answer, asked.rdtype))
    if rcode == dns.rcode.NOERROR:
        return Reading(Kind.EXISTS, values)
    if rcode == dns.rcode.NXDOMAIN:
        if any(_is_alias_of(rrset, asked.name) for rrset in message.answer):
            return Reading(Kind.EXISTS, values)
        if not message.answer:
            return Reading(Kind.ABSENT)
        return Reading(Kind.TROUBLE, detail="NXDOMAIN with answers")
    return Reading(Kind.TROUBLE, detail=dns.rcode.to_text(rcode))


def _values(answer: list[dns.rrset.RRset], rdtype: dns.rdatatype.RdataType) -> list[str]:
    wanted = (rdtype, dns.rdatatype.CNAME)
    return [f"{rrset.rdtype.name} {_text(rdata)}" for rrset in answer if rrset.rdtype in wanted for rdata in rrset]


def _text(rdata: Any) -> str:
    return str(rdata.to_text()).lower()


def _is_alias_of(rrset: dns.rrset.RRset, name: dns.name.Name) -> bool:
    if rrset.rdtype == dns.rdatatype.CNAME:
        return bool(rrset.name == name)
    return rrset.rdtype == dns.rdatatype.DNAME and bool(name.is_subdomain(rrset.name))
