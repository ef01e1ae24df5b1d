"""The one way out: every connection that the service opens for data that others control is vetted and dialled here.

    host -> name vetted -> resolved -> EVERY address vetted -> a vetted address dialled -> peer compared
                                                              (or a proxy told to dial it)

A name is never resolved a second time between vetting and dialling, so an answer that changes in between (DNS
rebinding) changes nothing. One forbidden address in an answer refuses the whole host: no honest site mixes public and
private addresses.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from http.cookiejar import CookieJar
from importlib.metadata import PackageNotFoundError, version
from typing import TypeVar

import httpcore
import httpx

from service.adapters import networks, proxies, streams, tls
from service.adapters.proxies import ProxyFailed
from service.adapters.transport import VettedTransport
from service.core.facts.urls import DEFAULT_PORTS
from service.core.model import DIRECT
from service.core.proxy import Proxy

T = TypeVar("T")

PAGE_PORTS = frozenset({80, 443, 8080, 8443})
"""Ports that pages are asked for on; others belong to services that are not web sites."""

MOST_ADDRESSES = 3
"""Addresses tried in turn where the first does not answer."""

ROUTE, EGRESS = "route", "egress"
"""The extensions of a request that carry the route which was vetted for it, and the way out that it takes."""

DEFAULT_BUDGET = 64 * 1024 * 1024
"""Bytes that one connection may carry unless its client says otherwise."""


def user_agent(contact: str = "") -> str:
    """How the service names itself where it does not look like a browser; ``contact`` is an operator's URL or mail."""
    try:
        name = f"Spoofwatch/{version('spoofwatch')}"
    except PackageNotFoundError:
        name = "Spoofwatch"
    return f"{name} (+{contact})" if contact else name


class Purpose(StrEnum):
    """What a connection is for; each purpose has its own allowed networks."""

    PAGES = "pages"
    RDAP = "rdap"
    WHOIS = "whois"
    WEBHOOKS = "webhooks"
    FEEDS = "feeds"
    PROXIES = "proxies"


class Refused(httpcore.ConnectError, OSError):
    """Our own guard does not let this connection out; the message says why."""


class NoAddress(httpcore.ConnectError, OSError):
    """The host has no address to dial."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where a connection for ``host`` and ``port`` may go: vetted endpoints in the order of trying.

    ``outside``: one of them is not in an allowed network, so a chain that goes on from here is a chain from outside.
    """

    host: str
    port: int
    endpoints: tuple[tuple[str, int], ...]
    outside: bool

    @property
    def address(self) -> str:
        """The address that is tried first."""
        return self.endpoints[0][0]


class Dialer:
    """Vets and dials.

    ``resolve`` gives the addresses of a host, none where it has none. ``allow`` takes networks out of the table of
    refused ones, by purpose. ``port_map`` sends a port to another one inside allowed networks only. ``refuse`` adds
    networks to the table, ``deny_hosts`` are host names that are left alone, with everything below them. ``ca_file``
    holds more trusted authorities (PEM). ``connect_timeout`` in seconds, per address. ``proxy_by_country`` are the ways
    out beside the direct one; an address that stands there as such may be dialled, as the operator wrote it down.
    ``agent`` is how clients name themselves. ``source`` is the local address that direct connections leave from.
    """

    def __init__(
        self,
        resolve: Callable[[str], Awaitable[tuple[str, ...]]],
        allow: Mapping[str, Sequence[str]] | None = None,
        *,
        page_ports: Collection[int] = PAGE_PORTS,
        port_map: Mapping[int, int] | None = None,
        refuse: Iterable[str] = (),
        deny_hosts: Iterable[str] = (),
        ca_file: str | None = None,
        connect_timeout: float = 5.0,
        proxy_by_country: Mapping[str, Proxy] | None = None,
        agent: str | None = None,
        source: str | None = None,
    ) -> None:
        self._resolve = resolve
        self._agent = agent or user_agent()
        self._proxies = dict(proxy_by_country or {})
        self._allow = {Purpose(purpose): networks.networks(texts) for purpose, texts in (allow or {}).items()}
        self._page_ports = frozenset(page_ports)
        written = networks.networks(proxy.host for proxy in self._proxies.values() if _is_address(proxy.host))
        self._allow[Purpose.PROXIES] = (*self._allow.get(Purpose.PROXIES, ()), *written)
        self._port_map = dict(port_map or {})
        self._refuse = networks.networks(refuse)
        self._deny_hosts = frozenset(host.lower() for host in deny_hosts)
        self._connect_timeout = connect_timeout
        self._source = source
        self._verifying = tls.verifying_context(ca_file)
        self._lenient = tls.lenient_context()

    async def route(self, purpose: str, host: str, port: int, *, outside: bool = False) -> Route:
        """Resolve and vet. ``outside``: the chain has left the allowed networks, so none is allowed any more.

        Raises Refused or NoAddress.
        """
        kind = Purpose(purpose)
        allowed = () if outside else self._allow.get(kind, ())
        self._vet_target(kind, host, port, trusted=bool(allowed))
        addresses = await self._addresses(host)
        if not addresses:
            raise NoAddress(f"{host} has no address")
        for address in addresses:
            reason = networks.vet(address, allowed, self._refuse)
            if reason:
                raise Refused(f"{host}: {reason}" if host != address else reason)
        inside = {address for address in addresses if networks.within(ipaddress.ip_address(address), allowed)}
        endpoints = tuple(
            (address, self._port_map.get(port, port) if address in inside else port) for address in addresses
        )
        return Route(host, port, endpoints[:MOST_ADDRESSES], outside=len(inside) < len(addresses))

    def client(
        self, purpose: str, *, verify: bool = True, timeout: float = 20.0, budget: int = DEFAULT_BUDGET
    ) -> httpx.AsyncClient:
        """An HTTP client whose every connection is dialled here. Whoever asks for one closes it.

        It follows no redirect, keeps no cookie and no connection, reads no environment, speaks HTTP/1.1 and asks for
        unencoded bodies. ``timeout`` in seconds for each wait, ``budget`` in bytes for each connection. Encoded answers
        are refused (httpx.DecodingError), because httpx decodes without limits.
        """
        kind = Purpose(purpose)
        return httpx.AsyncClient(
            transport=self.transport(kind, verify=verify, budget=budget),
            trust_env=False,
            follow_redirects=False,
            cookies=_NoCookies(),
            timeout=timeout,
            headers={"User-Agent": self._agent, "Accept-Encoding": "identity"},
            event_hooks={"response": [_refuse_encoded]},
        )

    def transport(self, purpose: str, *, verify: bool = True, budget: int = DEFAULT_BUDGET) -> VettedTransport:
        """What a client sends requests through, for who needs answers as they come: encoded, with any header.

        ``budget`` in bytes for each connection; the connection's stream takes more (``allow``).
        """
        kind = Purpose(purpose)

        async def dial(request: httpx.Request) -> streams.SocketStream:
            return await self._dial(kind, request, budget)

        return VettedTransport(dial, self._verifying if verify else self._lenient)

    async def connect(
        self, purpose: str, host: str, port: int, *, limit: int = 65_536
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A plain TCP connection (WHOIS). Raises Refused, NoAddress, httpcore.ConnectError or ConnectTimeout."""
        return await asyncio.open_connection(sock=await self.socket(purpose, host, port), limit=limit)

    async def socket(self, purpose: str, host: str, port: int) -> socket.socket:
        """A connected socket, for who speaks something else than HTTP over it; errors as for ``connect``."""
        route = await self.route(purpose, host, port)
        return await _first(route, lambda address, to: streams.connected_socket(address, to, self._connect_timeout))

    @property
    def verifying(self) -> ssl.SSLContext:
        """The context that verifies, for TLS over such a socket."""
        return self._verifying

    async def stream(
        self, route: Route, budget: int, patience: float | None, egress: str = DIRECT
    ) -> streams.SocketStream:
        """A stream to the first endpoint of the route that answers; ``patience`` in seconds for each.

        By a proxy where ``egress`` names its country; where that fails (ProxyFailed), nothing goes out directly.
        """
        seconds = self._connect_timeout if patience is None else min(patience, self._connect_timeout)
        if egress == DIRECT:
            return await _first(
                route, lambda address, to: streams.connected(address, to, seconds, budget, self._source)
            )
        proxy = self._proxies.get(egress)
        if proxy is None:
            raise ProxyFailed(f"there is no proxy for {egress}")
        return await _first(route, lambda address, to: self._through(proxy, (address, to), seconds, budget))

    async def _through(
        self, proxy: Proxy, endpoint: tuple[str, int], seconds: float, budget: int
    ) -> streams.SocketStream:
        """A stream to one endpoint through a proxy, itself resolved, vetted and compared like any other host."""
        try:
            way = await self.route(Purpose.PROXIES, proxy.host, proxy.port)
            stream = await _first(way, lambda address, to: streams.connected(address, to, seconds, budget))
        except (httpcore.NetworkError, httpcore.TimeoutException) as error:
            raise ProxyFailed(f"the proxy cannot be reached: {error}") from error
        try:
            await proxies.tunnel(stream, proxy, *endpoint, seconds)
        except BaseException:
            await stream.aclose()
            raise
        stream.peer = endpoint
        return stream

    async def _dial(self, purpose: Purpose, request: httpx.Request, budget: int) -> streams.SocketStream:
        """A stream for a request: by the route that was vetted for it before, else by one of its own."""
        url = request.url
        host, port = url.raw_host.decode("ascii"), url.port or DEFAULT_PORTS[url.scheme]
        route: Route | None = request.extensions.get(ROUTE)
        if route is None or (route.host, route.port) != (host, port):
            route = await self.route(purpose, host, port)
        patience = request.extensions.get("timeout", {}).get("connect")
        return await self.stream(route, budget, patience, request.extensions.get(EGRESS, DIRECT))

    def _vet_target(self, purpose: Purpose, host: str, port: int, *, trusted: bool) -> None:
        if purpose is Purpose.PAGES:
            if port not in self._page_ports:
                raise Refused(f"port {port} is not one that pages are asked for on")
            if self._denied(host):
                raise Refused(f"{host} is on the operator's list of hosts to leave alone")
        if _is_address(host):
            return
        # Where the operator allowed networks of their own, their own short names may stand in what they configured.
        reason = None if trusted and purpose is not Purpose.PAGES else networks.vet_name(host)
        if reason:
            raise Refused(reason)

    def _denied(self, host: str) -> bool:
        labels = host.split(".")
        return any(".".join(labels[i:]) in self._deny_hosts for i in range(len(labels)))

    async def _addresses(self, host: str) -> tuple[str, ...]:
        if _is_address(host):
            return (host,)
        if host == "localhost" or host.endswith(".localhost"):
            return ("127.0.0.1",)  # RFC 6761 6.3: never asked of a resolver
        return tuple(dict.fromkeys(await self._resolve(host)))


async def _first(route: Route, dial: Callable[[str, int], Awaitable[T]]) -> T:
    """What dialling the first endpoint that answers gives; the last error where none does."""
    failure: httpcore.NetworkError | httpcore.TimeoutException | None = None
    for address, port in route.endpoints:
        try:
            return await dial(address, port)
        except ProxyFailed:
            raise  # it fails for the next address as well
        except (httpcore.NetworkError, httpcore.TimeoutException) as error:
            failure = error
    raise failure if failure is not None else NoAddress(f"{route.host} has no address")


class _NoCookies(CookieJar):
    """Keeps nothing, and parses nothing either: the standard library's reading of dates warns about hostile ones."""

    def extract_cookies(self, response: object, request: object) -> None:
        """Keep nothing."""

    def add_cookie_header(self, request: object) -> None:
        """Send nothing."""


async def _refuse_encoded(response: httpx.Response) -> None:
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise httpx.DecodingError(f"encoded as {encoding[:40]!r} though not asked for", request=response.request)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
