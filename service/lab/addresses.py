"""Which loopback addresses a world needs web servers on."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.lab.world import Name, World

_CNAME_HOPS = 8


def web_addresses(world: World) -> tuple[str, ...]:
    """Every loopback address that leads to a virtual host of this world, at any vantage, or catches all; in order.

    An address that no virtual host's name has is left alone: connections to it are refused, as by a host without a
    web server.
    """
    found = {address for host in world.hosts for address in _addresses_of(host, world)} | world.catch_all.keys()
    loopback = (address for address in found if ipaddress.ip_address(address).is_loopback)
    return tuple(sorted(loopback, key=lambda address: (ipaddress.ip_address(address).version, address)))


def _addresses_of(host: str, world: World) -> Iterator[str]:
    for _ in range(_CNAME_HOPS):
        name = _name_of(host, world)
        if name is None:
            if any(host.endswith(f".{suffix}") for suffix in world.wildcard_suffixes):
                yield from world.wildcard_addresses
            return
        yield from name.addresses
        for view in name.views.values():
            yield from view
        if name.cname is None:
            return
        host = name.cname


def _name_of(host: str, world: World) -> Name | None:
    while host and host not in world.names:
        host = host.partition(".")[2]
    return world.names.get(host)
