"""Ways out through other countries: SOCKS5 and HTTP CONNECT over a connection to the proxy that is already there.

The proxy is told an address that was resolved and vetted here, never a name: what it may reach is decided by our table
and not by its resolver. Whatever goes wrong with the proxy itself is ``ProxyFailed`` and never a fact about the site;
nothing is asked for directly instead. Written here because the protocols are thirty lines each, and every client that
speaks them brings its own dialling.
"""

from __future__ import annotations

import base64
import ipaddress
import re

import httpcore

from service.adapters.streams import SocketStream
from service.core.proxy import Proxy

_VERSION, _NO_AUTH, _PASSWORD, _CONNECT = 5, 0, 2, 1
_IPV4, _DOMAIN, _IPV6 = 1, 3, 4
_SITES_FAULT = {3: "the network is unreachable", 4: "the host is unreachable", 5: "the connection is refused"}
"""Replies (RFC 1928 6) by which a proxy says something of where it was to connect to."""
_REPLIES = {
    1: "general failure",
    2: "not allowed by its rules",
    6: "TTL expired",
    7: "no CONNECT",
    8: "no such address",
}
_SUCCESS = re.compile(rb"HTTP/1\.[01] 2\d\d(?: |\Z)")
_LONGEST_HEAD = 16_384


class ProxyFailed(httpcore.ConnectError):
    """The way out through a proxy failed; it says nothing of the site."""


async def tunnel(stream: SocketStream, proxy: Proxy, address: str, port: int, seconds: float | None) -> None:
    """Have the proxy at the other end of ``stream`` connect on to ``address``.

    Raises ProxyFailed, or httpcore.ConnectError where the proxy says that the site is not to be reached.
    """
    try:
        if proxy.scheme == "socks5":
            await _socks(stream, proxy, address, port, seconds)
        else:
            await _http(stream, proxy, address, port, seconds)
    except (httpcore.NetworkError, httpcore.TimeoutException) as error:
        if isinstance(error, httpcore.ConnectError):
            raise
        raise ProxyFailed(f"the proxy broke off: {error}") from error


async def _socks(stream: SocketStream, proxy: Proxy, address: str, port: int, seconds: float | None) -> None:
    """RFC 1928, with RFC 1929 where a user is given."""
    way = _PASSWORD if proxy.user else _NO_AUTH
    await stream.write(bytes((_VERSION, 1, way)), seconds)
    version, chosen = await _exactly(stream, 2, seconds)
    if version != _VERSION or chosen != way:
        raise ProxyFailed("the proxy wants another kind of login" if version == _VERSION else "it speaks no SOCKS5")
    if proxy.user:
        words = b"".join(bytes((len(word),)) + word for word in (proxy.user.encode(), proxy.password.encode()))
        await stream.write(b"\x01" + words, seconds)
        if (await _exactly(stream, 2, seconds))[1] != 0:
            raise ProxyFailed("the proxy refuses the login")
    packed = ipaddress.ip_address(address).packed
    kind = _IPV4 if len(packed) == 4 else _IPV6  # noqa: PLR2004 - octets of an IPv4 address
    await stream.write(bytes((_VERSION, _CONNECT, 0, kind)) + packed + port.to_bytes(2, "big"), seconds)
    _, reply, _, kind = await _exactly(stream, 4, seconds)
    if reply in _SITES_FAULT:
        raise httpcore.ConnectError(f"the proxy says that {_SITES_FAULT[reply]}")
    if reply:
        raise ProxyFailed(f"the proxy says: {_REPLIES.get(reply, f'reply {reply}')}")
    bound = {_IPV4: 4, _IPV6: 16}.get(kind)
    if bound is None:
        bound = (await _exactly(stream, 1, seconds))[0] if kind == _DOMAIN else 0
    await _exactly(stream, bound + 2, seconds)


async def _http(stream: SocketStream, proxy: Proxy, address: str, port: int, seconds: float | None) -> None:
    """CONNECT (RFC 9110 9.3.6). Anything but success is the proxy's matter: it cannot say whose fault it was."""
    place = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    login = base64.b64encode(f"{proxy.user}:{proxy.password}".encode()).decode()
    lines = [f"CONNECT {place} HTTP/1.1", f"Host: {place}"]
    lines += [f"Proxy-Authorization: Basic {login}"] if proxy.user else []
    await stream.write("\r\n".join([*lines, "", ""]).encode("ascii"), seconds)
    head = b""
    # Octet by octet: what follows the head is the site's, and must be left for whoever reads the site.
    while not head.endswith(b"\r\n\r\n"):
        head += await _exactly(stream, 1, seconds)
        if len(head) > _LONGEST_HEAD:
            raise ProxyFailed("the proxy's answer has no end")
    status = head.split(b"\r\n", 1)[0]
    if _SUCCESS.match(status) is None:
        raise ProxyFailed(f"the proxy answers {status[:80].decode('latin-1')!r}")


async def _exactly(stream: SocketStream, count: int, seconds: float | None) -> bytes:
    data = b""
    while len(data) < count:
        more = await stream.read(count - len(data), seconds)
        if not more:
            raise ProxyFailed("the proxy broke off")
        data += more
    return data
