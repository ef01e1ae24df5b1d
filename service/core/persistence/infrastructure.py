"""Infrastructure that everybody may use: what stands on these lists ties no two sites together.

The lists only help the count of who shares what, where the service has seen too few sites to know: an address of a
large network is nobody's, although but two of its millions of sites were ever looked at here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from importlib.resources import files
from ipaddress import ip_network

from service.core.verdict.lists import Lists, Network, in_networks, within


@dataclass(frozen=True, kw_only=True, slots=True)
class Infrastructure:
    """``networks`` of addresses, ``nameservers`` and ``hosts`` as domains with everything below them."""

    networks: tuple[Network, ...] = ()
    nameservers: frozenset[str] = frozenset()
    hosts: frozenset[str] = frozenset()

    def shares_address(self, address: str) -> bool:
        """Whether an address is in one of the networks; what is no address is in none."""
        return bool(in_networks((address,), self.networks))

    def shares_nameservers(self, servers: Collection[str]) -> bool:
        """Whether all of a site's name servers belong to such companies."""
        return bool(servers) and all(within(server, self.nameservers) for server in servers)

    def shares_host(self, host: str) -> bool:
        """Whether a host of a redirect chain is one that everybody may use."""
        return bool(within(host, self.hosts))


def shared_infrastructure(
    lists: Lists, networks: Iterable[str] = (), nameservers: Iterable[str] = ()
) -> Infrastructure:
    """The shipped lists, those of parking services, sinkholes and authorities in ``lists``, and the operator's own.

    ValueError for an entry of ``networks`` that is no address or network.
    """
    own = (*_lines("shared_networks.txt"), *networks)
    return Infrastructure(
        networks=(
            *(ip_network(text, strict=False) for text in own),
            *lists.parking_networks,
            *lists.sinkhole_networks,
            *lists.block_pages,
        ),
        nameservers=frozenset(_lines("shared_nameservers.txt"))
        | lists.parking_nameservers
        | lists.sinkhole_nameservers
        | lists.authority_nameservers
        | frozenset(nameserver.lower().rstrip(".") for nameserver in nameservers),
        hosts=frozenset(_lines("shared_hosts.txt")),
    )


def _lines(name: str) -> tuple[str, ...]:
    """A list of the package without its comments."""
    text = (files("service.core.persistence") / "data" / name).read_text(encoding="utf-8")
    return tuple(line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#"))
