"""Resolvers' addresses as settings write them: ``host:port``, an address of either family, the port 53 by default."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

import dns.resolver

from service.core.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence

DNS_PORT = 53
_HIGHEST_PORT = 65_535


def parse_upstreams(texts: Sequence[str], pointer: str = "dns.upstreams") -> tuple[tuple[str, int], ...]:
    """Each text as (address, port); without any text, the machine's own resolvers.

    InvalidInput names ``pointer`` where a text is not an address with an optional port, or the machine has no resolver.
    """
    return tuple(_parse(text, pointer) for text in texts) if texts else _system(pointer)


def is_loopback(upstream: tuple[str, int]) -> bool:
    """Whether an upstream is on this machine."""
    return ipaddress.ip_address(upstream[0]).is_loopback


def show(upstream: tuple[str, int]) -> str:
    """An upstream as a setting would write it."""
    host, port = upstream
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _parse(text: str, pointer: str) -> tuple[str, int]:
    host, port = _split(text.strip())
    try:
        address = ipaddress.ip_address(host)
        number = int(port)
    except ValueError as error:
        raise InvalidInput(f"{pointer}: {text!r} is not an address with a port, as in 127.0.0.1:53", pointer) from error
    if not 0 < number <= _HIGHEST_PORT:
        raise InvalidInput(f"{pointer}: {text!r} has no valid port", pointer)
    return str(address), number


def _split(text: str) -> tuple[str, str]:
    if text.startswith("["):
        host, closed, rest = text[1:].partition("]")
        return (host if closed else text), rest.removeprefix(":") or str(DNS_PORT)
    if text.count(":") == 1:
        host, _, port = text.partition(":")
        return host, port
    return text, str(DNS_PORT)


def _system(pointer: str) -> tuple[tuple[str, int], ...]:
    try:
        resolver = dns.resolver.Resolver()
    except dns.resolver.NoResolverConfiguration as error:
        raise InvalidInput(
            f"{pointer}: this machine names no resolver in /etc/resolv.conf; name one", pointer
        ) from error
    servers = [str(server) for server in resolver.nameservers if isinstance(server, str)]
    return tuple((server, resolver.port) for server in servers if _is_address(server))


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
