"""Lists that tell parking, sinkholes, seizures and other nothing from a site of its own.

The shipped lists stand in ``data/``, each with its source, its date and what was left out of it.
"""

from __future__ import annotations

import ipaddress
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, kw_only=True, slots=True)
class Markers:
    """Phrases in lower case by which a page with little on it is told; ``data/markers.toml`` says what each is for."""

    parked: tuple[str, ...] = ()
    suspended: tuple[str, ...] = ()
    seized: tuple[str, ...] = ()
    authorities: tuple[str, ...] = ()
    challenges: tuple[str, ...] = ()
    challenge_titles: tuple[str, ...] = ()
    defaults: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Lists:
    """Domains of name servers (every host under one counts), networks, and phrases.

    ``block_pages``: addresses that filtering resolvers answer for blocked names; an operator who names an ISP's
    resolver as a vantage adds that ISP's here. Sinkholes and addresses that no public host has count without it.
    """

    parking_nameservers: frozenset[str] = frozenset()
    parking_networks: tuple[Network, ...] = ()
    sinkhole_nameservers: frozenset[str] = frozenset()
    sinkhole_networks: tuple[Network, ...] = ()
    authority_nameservers: frozenset[str] = frozenset()
    block_pages: tuple[Network, ...] = ()
    markers: Markers = Markers()


def shipped_lists(more: Mapping[str, Iterable[str]] = MappingProxyType({})) -> Lists:
    """The lists that come with the package, each with the operator's ``more`` under its name in ``Lists``.

    Raises ValueError for an entry that should be an address or a network and is neither.
    """
    phrases = tomllib.loads(_text("markers.toml"))

    def listed(name: str) -> tuple[str, ...]:
        return (*_lines(f"{name}.txt"), *more.get(name, ()))

    return Lists(
        parking_nameservers=frozenset(listed("parking_nameservers")),
        parking_networks=_networks(listed("parking_networks")),
        sinkhole_nameservers=frozenset(listed("sinkhole_nameservers")),
        sinkhole_networks=_networks(listed("sinkhole_networks")),
        authority_nameservers=frozenset(listed("authority_nameservers")),
        block_pages=_networks(more.get("block_pages", ())),
        markers=Markers(**{kind: tuple(listed) for kind, listed in phrases.items()}),
    )


def within(host: str, domains: Collection[str]) -> str | None:
    """The one of ``domains`` that ``host`` is or lies under, the nearest where there are several, else None."""
    above = host
    while above:
        if above in domains:
            return above
        above = above.partition(".")[2]
    return None


def in_networks(addresses: Sequence[str], networks: Sequence[Network]) -> bool:
    """Whether there are addresses and all lie in one of ``networks``. What is no address lies in none."""
    return bool(addresses) and all(_in_any(address, networks) for address in addresses)


def unreachable_everywhere(addresses: Sequence[str]) -> bool:
    """Whether there are addresses and no public host can have any (loopback, private, unspecified, reserved)."""
    return bool(addresses) and not any(_public(address) for address in addresses)


def _in_any(address: str, networks: Sequence[Network]) -> bool:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(ip in network for network in networks)


def _public(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return False


def _lines(file: str) -> tuple[str, ...]:
    return tuple(line for line in map(str.strip, _text(file).splitlines()) if line and not line.startswith("#"))


def _text(file: str) -> str:
    return files("service.core.verdict").joinpath("data", file).read_text(encoding="utf-8")


def _networks(lines: Iterable[str]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(line) for line in lines)
