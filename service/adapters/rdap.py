"""Registration data over RDAP (RFC 7480): which server, how it is asked, and what each kind of answer means.

A registry may lie, stall, redirect in circles or send HTML; each of these is a status. "Not found" counts only from the
server that is responsible for the name, because a registry that moved answers 404 to everything.
"""

from __future__ import annotations

import asyncio
import json
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
"""How often a bootstrap file from a URL is fetched anew (IANA asks for no more than daily, RFC 9224 section 8)."""

_LARGEST_BOOTSTRAP = 2 * 1024 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NOT_FOUND, _TOO_MANY, _UNAVAILABLE, _OK = 404, 429, 503, 200
_HEADERS = {"Accept": "application/rdap+json, application/json;q=0.9", "Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True)
class _Reply:
    """An answer after redirects. ``moved``: it came from another host than the one that was asked."""

    status: int
    content_type: str
    retry_after: str
    body: bytes
    moved: bool


class _Broken(Exception):
    """No usable answer; the message says why."""


class Rdap:
    """Asks RDAP servers through ``client``, which has to guard where it connects and must not follow redirects.

    ``bootstrap``: empty for the list that came with the release, the path of a file, or a URL that is fetched daily.
    ``timeout``: seconds for a whole lookup, redirects included.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        pace: RegistryPace,
        bootstrap: str = "",
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
        self._fetched_at: datetime | None = None
        self._turn = asyncio.Lock()

    async def lookup(self, domain: str, now: datetime) -> Registration | None:
        """Ask the registry of ``domain``; None where its suffix has no RDAP service."""
        await self._refresh(now)
        service = find_service(self._services, domain)
        if service is None:
            return None
        server = urlsplit(service.url).netloc
        wait = await self._pace.turn(server, now)
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

    async def _get(self, url: str, largest: int) -> _Reply:
        """Fetch, following two redirects at most, never from HTTPS to HTTP. Raises _Broken."""
        asked = urlsplit(url).hostname
        for _ in range(MOST_REDIRECTS + 1):
            parts = urlsplit(url)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise _Broken("redirected to something that is not a web address")
            try:
                reply, location = await self._get_once(url, largest, moved=parts.hostname != asked)
            except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
                raise _Broken(f"{type(error).__name__}: {error}"[:200]) from error
            if reply.status not in _REDIRECTS or not location:
                return reply
            target = urljoin(url, location)
            if parts.scheme == "https" and urlsplit(target).scheme == "http":
                raise _Broken("redirected from HTTPS to HTTP")
            url = target
        raise _Broken(f"more than {MOST_REDIRECTS} redirects")

    async def _get_once(self, url: str, largest: int, *, moved: bool) -> tuple[_Reply, str]:
        async with self._client.stream("GET", url, headers=_HEADERS, follow_redirects=False) as response:
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
                body=bytes(body),
                moved=moved,
            )
            return reply, headers.get("location", "")

    async def _refresh(self, now: datetime) -> None:
        """Fetch the bootstrap file where it comes from a URL and is a day old; what is known stays where that fails."""
        if not self._url or (self._fetched_at is not None and now - self._fetched_at < REFRESH):
            return
        async with self._turn:
            if self._fetched_at is not None and now - self._fetched_at < REFRESH:
                return
            self._fetched_at = now
            try:
                async with asyncio.timeout(self._timeout):
                    reply = await self._get(self._url, _LARGEST_BOOTSTRAP)
                services = parse_bootstrap(json.loads(reply.body))
            except (_Broken, TimeoutError, ValueError, RecursionError):
                return
            self._services = with_unlisted(services) if self._url == IANA_URL else services


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
