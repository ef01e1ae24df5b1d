"""Registration data over RDAP (RFC 7480): which server, how it is asked, and what each kind of answer means.

A registry may lie, stall, redirect in circles or send HTML; each of these is a status. "Not found" counts only from the
server that is responsible for the name, because a registry that moved answers 404 to everything.
"""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import httpx

from service.adapters.rdap_bootstrap import (
    IANA_URL,
    RdapService,
    find_service,
    parse_bootstrap,
    parse_servers,
    published,
    vendored_services,
    with_unlisted,
)
from service.core.errors import InvalidInput
from service.core.facts.rdap_json import LARGEST, UnreadableAnswer, decode, read_domain
from service.core.facts.registration import Registration, RegistrationStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.adapters.registry_pace import RegistryPace

MOST_REDIRECTS = 2
REFRESH = timedelta(days=1)
"""How often a bootstrap file from a URL is asked for anew (IANA asks for no more than daily, RFC 9224 section 8)."""

RETRY = timedelta(hours=1)
"""When it is asked for again where that failed."""

log = logging.getLogger("spoofwatch.registries")

_LARGEST_BOOTSTRAP = 2 * 1024 * 1024
_LONGEST_ETAG = 200
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NOT_FOUND, _TOO_MANY, _UNAVAILABLE, _OK, _NOT_MODIFIED = 404, 429, 503, 200, 304
_HEADERS = {"Accept": "application/rdap+json, application/json;q=0.9", "Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True)
class _Reply:
    """An answer after redirects. ``moved``: it came from another host than the one that was asked."""

    status: int
    content_type: str
    retry_after: str
    etag: str
    body: bytes
    moved: bool


class _Broken(Exception):
    """No usable answer; the message says why."""


class Rdap:
    """Asks RDAP servers through ``client``, which has to guard where it connects and must not follow redirects.

    ``bootstrap``: empty for the list that came with the release, the path of a file, or a URL that is asked for daily.
    ``servers`` maps a suffix to the base URL of its server and goes before every list. ``timeout``: seconds for a whole
    lookup, redirects included.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        pace: RegistryPace,
        bootstrap: str = "",
        servers: Mapping[str, str] | None = None,
        *,
        timeout: float = 15.0,
    ) -> None:
        self._client = client
        self._pace = pace
        self._timeout = timeout
        self._url = bootstrap if urlsplit(bootstrap).scheme in ("http", "https") else ""
        self._services: Mapping[str, str] = vendored_services()
        if bootstrap and not self._url:
            self._services = _read_file(bootstrap)
        self._servers = parse_servers(servers or {})
        self._refresh_at: datetime | None = None
        self._etag = ""
        self._turn = asyncio.Lock()

    async def lookup(self, domain: str, now: datetime, *, pressing: bool = False) -> Registration | None:
        """Ask the registry of ``domain``, a ``pressing`` question before others; None where its suffix has no RDAP."""
        if self._url not in ("", IANA_URL):
            # An operator's own list goes before the shipped one, so it is waited for. IANA's is not: the shipped one is
            # its copy, and the daemon brings it up to date beside the lookups.
            await self.refresh(now)
        service = find_service(self._servers, domain) or find_service(self._services, domain)
        if service is None:
            return None
        server = urlsplit(service.url).netloc
        wait = await self._pace.turn(server, now, pressing=pressing)
        if wait:
            return _outcome(
                domain, service, now, RegistrationStatus.RATE_LIMITED, "asked too often for now", retry_after=wait
            )
        try:
            async with asyncio.timeout(self._timeout):
                reply = await self._get(f"{service.url}domain/{domain}", LARGEST)
        except (_Broken, TimeoutError) as error:
            detail = str(error) or f"no answer within {self._timeout:g} seconds"
            return _outcome(domain, service, now, RegistrationStatus.SERVER_ERROR, detail)
        return self._judge(reply, domain, service, now)

    def _judge(self, reply: _Reply, domain: str, service: RdapService, now: datetime) -> Registration | None:
        server = urlsplit(service.url).netloc
        if reply.status == _TOO_MANY or (reply.status == _UNAVAILABLE and reply.retry_after):
            wait = self._pace.struck(server, now, _seconds(reply.retry_after, now))
            return _outcome(
                domain, service, now, RegistrationStatus.RATE_LIMITED, f"HTTP {reply.status}", retry_after=wait
            )
        self._pace.answered(server)
        if reply.status == _OK:
            try:
                return read_domain(decode(reply.body), domain, server, now)
            except UnreadableAnswer as error:
                return _outcome(domain, service, now, RegistrationStatus.SERVER_ERROR, str(error))
        if reply.status == _NOT_FOUND and not service.is_authoritative_for(domain):
            # Somebody below this registry hands the name out, and has no RDAP service that is known.
            return None
        if reply.status == _NOT_FOUND and not reply.moved and _speaks_rdap(reply):
            return _outcome(domain, service, now, RegistrationStatus.NOT_FOUND, "")
        return _outcome(domain, service, now, RegistrationStatus.SERVER_ERROR, f"HTTP {reply.status}")

    async def _get(self, url: str, largest: int, etag: str = "") -> _Reply:
        """Fetch, following two redirects at most, never from HTTPS to HTTP. Raises _Broken."""
        asked = urlsplit(url).hostname
        for _ in range(MOST_REDIRECTS + 1):
            parts = urlsplit(url)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise _Broken("redirected to something that is not a web address")
            try:
                reply, location = await self._get_once(url, largest, etag, moved=parts.hostname != asked)
            except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
                raise _Broken(f"{type(error).__name__}: {error}"[:200]) from error
            if reply.status not in _REDIRECTS or not location:
                return reply
            target = urljoin(url, location)
            if parts.scheme == "https" and urlsplit(target).scheme == "http":
                raise _Broken("redirected from HTTPS to HTTP")
            url = target
        raise _Broken(f"more than {MOST_REDIRECTS} redirects")

    async def _get_once(self, url: str, largest: int, etag: str, *, moved: bool) -> tuple[_Reply, str]:
        asked = _HEADERS | ({"If-None-Match": etag} if etag else {})
        async with self._client.stream("GET", url, headers=asked, follow_redirects=False) as response:
            if response.headers.get("content-encoding", "identity").lower() not in ("", "identity"):
                # An encoded body could inflate without bound, and nobody asked for one.
                raise _Broken("an encoded body that was not asked for")
            body = bytearray()
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > largest:
                    raise _Broken(f"more than {largest} bytes")
            headers = response.headers
            reply = _Reply(
                status=response.status_code,
                content_type=headers.get("content-type", ""),
                retry_after=headers.get("retry-after", ""),
                etag=headers.get("etag", "")[:_LONGEST_ETAG],
                body=bytes(body),
                moved=moved,
            )
            return reply, headers.get("location", "")

    async def refresh(self, now: datetime) -> None:
        """Ask for the bootstrap file where it has a URL and is a day old; what is known stays where that fails."""
        if not self._url or (self._refresh_at is not None and now < self._refresh_at):
            return
        async with self._turn:
            if self._refresh_at is not None and now < self._refresh_at:
                return
            self._refresh_at = now + RETRY
            try:
                async with asyncio.timeout(self._timeout):
                    reply = await self._get(self._url, _LARGEST_BOOTSTRAP, self._etag)
                self._take(reply)
            except (_Broken, TimeoutError, ValueError, RecursionError) as error:
                log.warning("the list of RDAP servers at %s was not refreshed: %s", self._url, error or "no answer")
                return
            self._refresh_at = now + REFRESH

    def _take(self, reply: _Reply) -> None:
        """Go on with a bootstrap file that was fetched; ValueError where it is none."""
        if reply.status == _NOT_MODIFIED and self._etag:
            return
        if reply.status != _OK:
            raise _Broken(f"HTTP {reply.status}")
        document = json.loads(reply.body)
        services = parse_bootstrap(document)
        self._services = with_unlisted(services) if self._url == IANA_URL else services
        self._etag = reply.etag
        log.info("RDAP servers of %d suffixes, as published %s", len(services), published(document))


def _read_file(path: str) -> Mapping[str, str]:
    """A bootstrap file of the operator's own: what it does not list has no RDAP, or a closed network would be left."""
    try:
        return parse_bootstrap(json.loads(Path(path).read_bytes()))
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidInput(f"rdap.bootstrap: {path}: {error}", "rdap.bootstrap") from error


def _speaks_rdap(reply: _Reply) -> bool:
    """Whether a denial came from RDAP and not from some web server: JSON or nothing (RFC 7480 section 5.3)."""
    kind = reply.content_type.partition(";")[0].strip().lower()
    return not reply.body.strip() or kind.endswith(("/json", "+json"))


def _seconds(retry_after: str, now: datetime) -> float | None:
    """A Retry-After header (RFC 9110 section 10.2.3: seconds or a date), None where there is none that makes sense."""
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return max(0.0, (parsedate_to_datetime(text) - now).total_seconds())
    except (ValueError, TypeError):
        return None


def _outcome(
    domain: str,
    service: RdapService,
    now: datetime,
    status: RegistrationStatus,
    detail: str,
    *,
    retry_after: float | None = None,
) -> Registration:
    return Registration(
        domain=domain,
        status=status,
        source="rdap",
        server=urlsplit(service.url).netloc,
        asked_at=now,
        retry_after=retry_after,
        detail=detail,
    )
