"""Registration data over WHOIS (RFC 3912) for suffixes without RDAP: a small client of our own, python-whois to read.

The library's own client blocks, looks at the environment and turns failures into empty records, so only its server
table and its parsers are used. They run in a thread with a time limit, over text whose lines are bounded.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, TypeAlias

import httpcore
from whois.parser import WhoisEntry

from service.adapters.whois_servers import (
    IANA,
    configured_server,
    has_public_registry,
    known_server,
    parse_servers,
    question,
    referral,
)
from service.core.facts.registration import Registration, RegistrationStatus
from service.core.facts.whois_text import LARGEST, bounded_text, read_whois

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import datetime

    from service.adapters.registry_pace import RegistryPace

    Connect: TypeAlias = Callable[[str, int], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]

PARSING_SECONDS = 5.0
"""How long the library may read one answer; afterwards its text is read without it."""

_CHUNK = 8192
_NETWORK_ERRORS = (OSError, EOFError, TimeoutError, httpcore.NetworkError, httpcore.TimeoutException)


class Whois:
    """Asks WHOIS servers through ``connect``, which has to guard where it connects.

    ``servers`` maps a suffix (``*`` for all) to host:port and goes before every other table. ``timeout``: seconds for a
    whole question, however slowly the answer drips.
    """

    def __init__(
        self,
        connect: Connect,
        pace: RegistryPace,
        servers: Mapping[str, str] | None = None,
        *,
        timeout: float = 15.0,
    ) -> None:
        self._connect = connect
        self._pace = pace
        self._servers = parse_servers(servers or {})
        self._timeout = timeout
        self._referrals: dict[str, tuple[str, int] | None] = {}

    async def lookup(self, domain: str, now: datetime, *, pressing: bool = False) -> Registration:
        """Ask the registry of ``domain``, a ``pressing`` question before others; every failure is a status."""
        try:
            server = await self._server_for(domain, now)
        except _NETWORK_ERRORS as error:
            return _outcome(domain, IANA[0], now, RegistrationStatus.SERVER_ERROR, _words(error))
        if server is None:
            return _outcome(domain, "", now, RegistrationStatus.UNSUPPORTED, "no WHOIS server is known for this suffix")
        wait = await self._pace.turn(server[0], now, pressing=pressing)
        if wait:
            return _outcome(
                domain, server[0], now, RegistrationStatus.RATE_LIMITED, "asked too often for now", retry_after=wait
            )
        try:
            body = await self._ask(server, question(server[0], domain))
        except _NETWORK_ERRORS as error:
            return _outcome(domain, server[0], now, RegistrationStatus.SERVER_ERROR, _words(error))
        registration = await _read(body, domain, server[0], now)
        if registration.status is RegistrationStatus.RATE_LIMITED:
            wait = self._pace.struck(server[0], now, None)
            return _outcome(
                domain, server[0], now, RegistrationStatus.RATE_LIMITED, registration.detail, retry_after=wait
            )
        self._pace.answered(server[0])
        return registration

    async def _server_for(self, domain: str, now: datetime) -> tuple[str, int] | None:
        configured = configured_server(self._servers, domain)
        if configured is not None or not has_public_registry(domain):
            return configured
        known = known_server(domain)
        if known is not None:
            return known
        tld = domain.rpartition(".")[2]
        if tld not in self._referrals:
            if await self._pace.turn(IANA[0], now):
                raise OSError("IANA's WHOIS server is asked too often")
            self._referrals[tld] = referral(bounded_text(await self._ask(IANA, f"{tld}\r\n".encode())))
        return self._referrals[tld]

    async def _ask(self, server: tuple[str, int], line: bytes) -> bytes:
        """Send one line and read to the end, at most 64 KiB; what comes after that is not waited for."""
        async with asyncio.timeout(self._timeout):
            reader, writer = await self._connect(*server)
            try:
                writer.write(line)
                await writer.drain()
                body = bytearray()
                while len(body) < LARGEST and (chunk := await reader.read(_CHUNK)):
                    body += chunk
                return bytes(body)
            finally:
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()


async def _read(body: bytes, domain: str, server: str, now: datetime) -> Registration:
    text = bounded_text(body)
    try:
        async with asyncio.timeout(PARSING_SECONDS):
            fields = await asyncio.to_thread(_library_fields, domain, text)
    except TimeoutError:
        fields = {}
    return read_whois(text, fields, domain, server, now)


def _library_fields(domain: str, text: str) -> dict[str, object]:
    """What python-whois finds; nothing where it gives up. What it finds of people is dropped by not being read."""
    try:
        return dict(WhoisEntry.load(domain, text))
    except Exception:  # noqa: BLE001  # two hundred hand-written formats raise whatever a surprising text makes them raise
        return {}


def _words(error: BaseException) -> str:
    return str(error)[:200] or type(error).__name__


def _outcome(
    domain: str,
    server: str,
    now: datetime,
    status: RegistrationStatus,
    detail: str,
    *,
    retry_after: float | None = None,
) -> Registration:
    return Registration(
        domain=domain,
        status=status,
        source="whois",
        server=server,
        asked_at=now,
        retry_after=retry_after,
        detail=detail,
    )
