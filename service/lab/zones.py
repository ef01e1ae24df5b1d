"""What the lab's name servers answer: a ``World`` made into zones, without sockets.

Names are keys in wire form: lower case, labels behind their length bytes, without the root's zero byte. So the plain
path of ``dns.py`` needs nothing but slices of the packet. A zone whose ``Name`` did not change keeps what was rendered
of it from one world to the next; a replay swaps worlds daily, and hardly anything in them changes.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.ANY.TXT
import dns.rrset
from dns.rcode import Rcode
from dns.rdatatype import RdataType

from service.lab.world import Name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from service.lab.world import DnsFault, World

CONTROL_NAMES = ("lab.example", "control.lab.example")
"""Names that every vantage answers with an address at all times, so that clients can prove a vantage works."""

INFRASTRUCTURE = {
    "lab.example": Name(
        domain="lab.example",
        addresses=("127.0.0.1",),
        hosts=("control.lab.example", "ns1.lab.example", "ns2.lab.example"),
    )
}
"""What exists in every world; a world may say otherwise."""

TTL = 60
"""Seconds. Short, because a driven clock moves days while a client's cache counts real seconds."""

NEGATIVE_TTL = 0
"""Seconds that a denial holds: none, because in here any name may come to be at the next moment."""

_SOA_TIMES = f"1 3600 600 86400 {NEGATIVE_TTL}"
_CNAME_HOPS = 8
_TXT_CHUNK = 255  # RFC 1035 section 3.3: one character string
_LONGEST_LABEL = 63
_ADDRESS_TYPES = (RdataType.A, RdataType.AAAA)
_APEX_TYPES = (RdataType.NS, RdataType.SOA, RdataType.MX, RdataType.TXT, RdataType.CAA)


@dataclass(frozen=True, slots=True)
class Found:
    """What is said of one question: RRsets for the answer and authority sections (RFC 1034 section 3.7)."""

    rcode: Rcode
    answer: tuple[dns.rrset.RRset, ...] = ()
    authority: tuple[dns.rrset.RRset, ...] = ()


@dataclass(slots=True)
class Zone:
    """One ``Name`` made ready: its data by type, its hosts as keys, and the answers rendered so far."""

    name: Name
    origin: dns.name.Name
    hosts: frozenset[bytes]
    inner: frozenset[bytes]
    apex: Mapping[RdataType, tuple[dns.rdata.Rdata, ...]]
    soa: dns.rrset.RRset
    rendered: dict[bytes, bytes] = field(default_factory=dict)

    def knows(self, key: bytes) -> bool:
        """Whether the name's addresses answer for this host; then its answers depend on this zone alone."""
        return key in self.hosts or self.name.wildcard


def key_of(host: str) -> bytes:
    """A host name (A-labels) as a key; ValueError where it is none."""
    labels = host.lower().rstrip(".").encode("ascii").split(b".")
    if not all(0 < len(label) <= _LONGEST_LABEL for label in labels):
        raise ValueError(f"{host!r} is no host name: every label has 1 to {_LONGEST_LABEL} bytes")
    return b"".join(bytes((len(label),)) + label for label in labels)


def parents_of(key: bytes) -> Iterator[bytes]:
    """The key itself, then what is left when labels go from the front: www.bild.ltd, bild.ltd, ltd."""
    at = 0
    while at < len(key):
        yield key[at:]
        at += key[at] + 1


class Zones:
    """All names of one world. ``stops`` are the keys at or below which an answer is not plain NXDOMAIN.

    ``inner`` are names that exist only because something below them does: no data, but never NXDOMAIN
    (RFC 8020 section 2). ``previous`` lends the zones that did not change. ValueError where a name cannot be served.
    """

    def __init__(self, world: World, previous: Zones | None = None) -> None:
        self.world = world
        kept = previous.zones if previous else {}
        self.zones: dict[bytes, Zone] = {}
        for name in {**INFRASTRUCTURE, **world.names}.values():
            key = key_of(name.domain)
            old = kept.get(key)
            # What stands behind a CNAME may have changed although the name itself did not.
            self.zones[key] = old if old and old.name == name and name.cname is None else _zone(name, key)
        self.wildcards = frozenset(map(key_of, world.wildcard_suffixes))
        self.stops = self.wildcards | self.zones.keys()
        self.inner = frozenset(_above(self.zones.values())) | self.wildcards

    def zone_of(self, key: bytes) -> Zone | None:
        """The zone of the longest name at or above ``key``."""
        return next((self.zones[parent] for parent in parents_of(key) if parent in self.zones), None)

    def fault_at(self, vantage: str, zone: Zone | None) -> DnsFault | None:
        """How a question for this zone is misanswered at this vantage, if it is."""
        return self.world.vantage_faults.get(vantage) or (zone.name.fault if zone else None)

    def look_up(self, qname: dns.name.Name, rdtype: RdataType, vantage: str) -> Found:
        """The answer at a vantage, following CNAMEs inside the world; NXDOMAIN and no data carry the zone's SOA."""
        found = self._follow(qname, rdtype, vantage)
        hijacks = self.world.hijacks.get(vantage)
        if found.rcode == Rcode.NXDOMAIN and hijacks and rdtype in _ADDRESS_TYPES:
            return _addresses(qname, rdtype, hijacks, dns.name.root)
        return found

    def _follow(self, qname: dns.name.Name, rdtype: RdataType, vantage: str) -> Found:
        chain: list[dns.rrset.RRset] = []
        found = self._look_up_once(qname, rdtype, vantage)
        while len(chain) < _CNAME_HOPS and rdtype in _ADDRESS_TYPES and _is_alias(found):
            chain.extend(found.answer)
            found = self._look_up_once(found.answer[0][0].target, rdtype, vantage)
        return Found(found.rcode, (*chain, *found.answer), found.authority)

    def _look_up_once(self, qname: dns.name.Name, rdtype: RdataType, vantage: str) -> Found:
        key = _wire_key(qname)
        zone = self.zone_of(key)
        if zone is None:
            return self._outside(qname, key, rdtype)
        view = zone.name.views.get(vantage)
        if not zone.name.delegated or view == ():
            return Found(Rcode.NXDOMAIN, authority=(soa_of(_top(zone.origin)),))
        known = zone.knows(key)
        if not known and key not in zone.inner and key not in self.inner:
            return Found(Rcode.NXDOMAIN, authority=(zone.soa,))
        if known and rdtype in _ADDRESS_TYPES and view:
            return _addresses(qname, rdtype, view, zone.origin)
        if known and zone.name.cname is not None and rdtype in (*_ADDRESS_TYPES, RdataType.CNAME):
            return Found(Rcode.NOERROR, (dns.rrset.from_text(qname, TTL, "IN", "CNAME", f"{zone.name.cname}."),))
        return _of_zone(zone, qname, rdtype, known=known)

    def _outside(self, qname: dns.name.Name, key: bytes, rdtype: RdataType) -> Found:
        suffix = next((parent for parent in parents_of(key) if parent in self.wildcards), None)
        if suffix is not None and suffix != key:
            return _addresses(qname, rdtype, self.world.wildcard_addresses, qname.parent())
        top = _top(qname)
        rcode = Rcode.NOERROR if qname == top or key in self.inner else Rcode.NXDOMAIN
        return Found(rcode, authority=(soa_of(top),))


def soa_of(origin: dns.name.Name) -> dns.rrset.RRset:
    """The SOA of a zone that the lab itself keeps: the root's and the suffixes'."""
    text = f"ns1.lab.example. hostmaster.lab.example. {_SOA_TIMES}"
    return dns.rrset.from_text(origin, TTL, "IN", "SOA", text)


def _zone(name: Name, key: bytes) -> Zone:
    origin = dns.name.from_text(name.domain)
    hosts = {key, key_of(f"www.{name.domain}")}
    for host in name.hosts:
        host_key = key_of(host)
        if key not in parents_of(host_key):
            raise ValueError(f"{name.domain}: its host {host!r} is not a whole host name below it")
        hosts.add(host_key)
    for address in (*name.addresses, *(address for view in name.views.values() for address in view)):
        ipaddress.ip_address(address)
    if name.cname is not None:
        key_of(name.cname)
    apex = {rdtype: tuple(_apex_rdata(name, rdtype)) for rdtype in _APEX_TYPES}
    soa = dns.rrset.from_rdata_list(origin, TTL, apex[RdataType.SOA])
    inner = frozenset(part for host in hosts for part in parents_of(host) if key in parents_of(part)) - hosts
    return Zone(name, origin, frozenset(hosts), inner, apex, soa)


def _apex_rdata(name: Name, rdtype: RdataType) -> Iterator[dns.rdata.Rdata]:
    if rdtype == RdataType.TXT:
        for text in name.txt:
            raw = text.encode()
            chunks = [raw[at : at + _TXT_CHUNK] for at in range(0, len(raw), _TXT_CHUNK)] or [b""]
            yield dns.rdtypes.ANY.TXT.TXT(dns.rdataclass.IN, RdataType.TXT, chunks)
        return
    primary = name.nameservers[0] if name.nameservers else "ns1.lab.example"
    texts: Mapping[RdataType, Iterable[str]] = {
        RdataType.NS: name.nameservers,
        RdataType.SOA: (f"{primary} hostmaster.{name.domain} {_SOA_TIMES}",),
        RdataType.MX: (mx if " " in mx else f"10 {mx}" for mx in name.mx),
        RdataType.CAA: name.caa,
    }
    for text in texts[rdtype]:
        yield dns.rdata.from_text("IN", rdtype, text, origin=dns.name.root, relativize=False)


def _above(zones: Iterable[Zone]) -> Iterator[bytes]:
    for zone in zones:
        if zone.name.delegated:
            yield from parents_of(key_of(zone.name.domain))


def _of_zone(zone: Zone, qname: dns.name.Name, rdtype: RdataType, *, known: bool) -> Found:
    wanted = (*_ADDRESS_TYPES, *_APEX_TYPES) if rdtype == RdataType.ANY else (rdtype,)
    answer: list[dns.rrset.RRset] = []
    for one in wanted:
        if known and one in _ADDRESS_TYPES:
            answer.extend(_address_sets(qname, one, zone.name.addresses))
        elif qname == zone.origin and zone.apex.get(one):
            answer.append(dns.rrset.from_rdata_list(qname, TTL, zone.apex[one]))
    return Found(Rcode.NOERROR, tuple(answer), () if answer else (zone.soa,))


def _addresses(qname: dns.name.Name, rdtype: RdataType, addresses: Iterable[str], origin: dns.name.Name) -> Found:
    answer = tuple(_address_sets(qname, rdtype, addresses))
    return Found(Rcode.NOERROR, answer, () if answer else (soa_of(origin),))


def _address_sets(qname: dns.name.Name, rdtype: RdataType, addresses: Iterable[str]) -> Iterator[dns.rrset.RRset]:
    kind = RdataType.AAAA if rdtype == RdataType.AAAA else RdataType.A
    texts = [address for address in addresses if (":" in address) == (kind == RdataType.AAAA)]
    if texts and rdtype in _ADDRESS_TYPES:
        yield dns.rrset.from_text_list(qname, TTL, "IN", kind, texts)


def _is_alias(found: Found) -> bool:
    return len(found.answer) == 1 and found.answer[0].rdtype == RdataType.CNAME


def _top(qname: dns.name.Name) -> dns.name.Name:
    return dns.name.Name(qname.labels[-2:])


def _wire_key(qname: dns.name.Name) -> bytes:
    return b"".join(bytes((len(label),)) + label for label in qname.labels[:-1]).lower()
