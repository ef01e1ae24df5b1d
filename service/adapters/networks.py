"""Which addresses and host names the service must never connect to by itself, whoever asks.

Python's ``ipaddress.is_global`` is no substitute: in 3.11 it calls NAT64 and 6to4 forms of loopback, ``fec0::/10``,
multicast and cloud metadata addresses global (CVE-2024-4032, cpython#113171). So the table is written out, and
``is_global`` only adds to it. Pure: no resolution, no connection.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence

from service.core.names.name import MAX_NAME, is_number_like

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_TABLE = (
    # IANA IPv4 Special-Purpose Address Registry
    ("0.0.0.0/8", "this network (RFC 791)"),
    ("10.0.0.0/8", "private use (RFC 1918)"),
    ("100.64.0.0/10", "carriers' shared space (RFC 6598)"),
    ("127.0.0.0/8", "loopback (RFC 1122)"),
    ("169.254.0.0/16", "link-local, cloud metadata (RFC 3927)"),
    ("172.16.0.0/12", "private use (RFC 1918)"),
    ("192.0.0.0/24", "protocol assignments, cloud metadata (RFC 6890)"),
    ("192.0.2.0/24", "documentation (RFC 5737)"),
    ("192.88.99.0/24", "6to4 relays (RFC 7526)"),
    ("192.168.0.0/16", "private use (RFC 1918)"),
    ("198.18.0.0/15", "benchmarks (RFC 2544)"),
    ("198.51.100.0/24", "documentation (RFC 5737)"),
    ("203.0.113.0/24", "documentation (RFC 5737)"),
    ("224.0.0.0/4", "multicast (RFC 5771)"),
    ("240.0.0.0/4", "reserved, broadcast (RFC 1112, RFC 919)"),
    # Not in the registry: the address at which Azure's virtual machines reach their host.
    ("168.63.129.16/32", "Azure's host"),
    # IANA IPv6 Special-Purpose Address Registry
    ("::/96", "unspecified, loopback, IPv4-compatible (RFC 4291)"),
    ("64:ff9b:1::/48", "local NAT64 (RFC 8215)"),
    ("100::/64", "discard (RFC 6666)"),
    ("2001::/23", "protocol assignments, Teredo, ORCHID (RFC 2928)"),
    ("2001:db8::/32", "documentation (RFC 3849)"),
    ("2002::/16", "6to4 (RFC 3056)"),
    ("3fff::/20", "documentation (RFC 9637)"),
    ("5f00::/16", "segment routing (RFC 9602)"),
    ("fc00::/7", "unique local (RFC 4193)"),
    ("fe80::/10", "link-local (RFC 4291)"),
    ("fec0::/10", "site-local (RFC 3879)"),
    ("ff00::/8", "multicast (RFC 4291)"),
)
REFUSED: tuple[tuple[Network, str], ...] = tuple((ipaddress.ip_network(network), why) for network, why in _TABLE)
"""Every refused network with what it is for and where that is said."""

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_LOW_32_BITS = 0xFFFFFFFF

_FORBIDDEN_ENDINGS = {
    "localhost": "names this machine (RFC 6761)",
    "local": "is multicast DNS (RFC 6762)",
    "internal": "is for private networks (ICANN, 2024)",
    "onion": "is Tor's (RFC 7686)",
    "arpa": "is infrastructure (RFC 3172)",
}


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Networks from text, single addresses included; raises ValueError for what is none."""
    return tuple(ipaddress.ip_network(text) for text in texts)


def within(address: Address, among: Sequence[Network]) -> bool:
    """Whether the address lies in one of the networks."""
    return any(address.version == network.version and address in network for network in among)


def vet(address: str, allowed: Sequence[Network] = (), refused: Sequence[Network] = ()) -> str | None:
    """Why this address is not connected to, in words, or None where it may be.

    ``refused`` adds networks of the operator's to the table (the machine's own public addresses), ``allowed`` takes
    networks out of it; refusal wins. An IPv4 address inside an IPv6 one (mapped, NAT64) is judged as itself and never
    by ``allowed``: nobody who means an address of the own network writes it that way.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return f"{address[:60]!r} is not an IP address"
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.scope_id:
        return f"{address} has a zone, so it belongs to one machine only"
    if within(parsed, refused):
        return f"{address} is in a network that the operator refuses"
    embedded = _embedded(parsed)
    if embedded is not None:
        return vet(str(embedded), (), refused)
    return None if within(parsed, allowed) else _from_table(parsed)


def vet_name(host: str) -> str | None:
    """Why this host name is not asked for at all, in words, or None where it may be. ``host`` is in A-labels."""
    if not host or len(host) > MAX_NAME:
        return "the host name is empty or too long"
    if is_number_like(host):
        return f"{host[:60]!r} is a number and not an address in its usual form"
    if host.endswith("."):
        return f"{host!r} ends in a dot"
    first, dot, _ = host.partition(".")
    why = _FORBIDDEN_ENDINGS.get(host.rpartition(".")[2])
    if why:
        return f"{host!r} {why}"
    return None if dot and first else f"{host!r} is a single label"


def _from_table(address: Address) -> str | None:
    for network, why in REFUSED:
        if address.version == network.version and address in network:
            return f"{address} is in {network}: {why}"
    return None if address.is_global else f"{address} is not globally reachable"


def _embedded(address: Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address inside an IPv4-mapped (RFC 4291 2.5.5.2) or well-known NAT64 (RFC 6052 2.1) one."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return ipaddress.IPv4Address(int(address) & _LOW_32_BITS) if address in _NAT64 else None
