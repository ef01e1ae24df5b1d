"""Which WHOIS server answers for a name, and in which words it wants to be asked.

The operator's table comes first, then the table of python-whois, then IANA's own WHOIS server, which refers to the
registry of any top-level domain.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from whois.whois import NICClient

from service.adapters.rdap_bootstrap import at_registry_level
from service.core.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping

WHOIS_PORT = 43
IANA = ("whois.iana.org", WHOIS_PORT)

_HIGHEST_PORT = 65_535
_REFERRAL = re.compile(r"^(?:whois|refer):[ \t]+([a-z0-9.-]{4,253})[ \t]*$", re.IGNORECASE | re.MULTILINE)


class _TableOnly(NICClient):  # type: ignore[misc]  # the library ships no types
    """The library's table, without the blocking connection that it opens for what is not in it."""

    def findwhois_iana(self, tld: str) -> None:
        """Nothing: IANA is asked by our own client."""


def parse_servers(servers: Mapping[str, str]) -> dict[str, tuple[str, int]]:
    """The operator's table: suffix (``*`` for all) to (host, port). InvalidInput where a value is not host[:port]."""
    return {suffix.lower().strip("."): _parse(text) for suffix, text in servers.items()}


def configured_server(servers: Mapping[str, tuple[str, int]], domain: str) -> tuple[str, int] | None:
    """The operator's server for the longest suffix of ``domain`` that is in the table."""
    suffix = domain.partition(".")[2]
    while suffix:
        if suffix in servers:
            return servers[suffix]
        suffix = suffix.partition(".")[2]
    return servers.get("*")


def known_server(domain: str) -> tuple[str, int] | None:
    """The library's server for ``domain``, None where it knows none.

    The library compares endings without their dot (``madrid`` ends in ``id``); those answers are not taken.
    """
    tld = domain.rpartition(".")[2]
    if tld.endswith(("id", "hr")) and tld not in ("id", "hr"):
        return None
    try:
        host = _TableOnly().choose_server(domain)
    except (UnicodeError, ValueError):
        return None
    return (host, WHOIS_PORT) if isinstance(host, str) else None


def has_public_registry(domain: str) -> bool:
    """Whether the registry of the top-level domain is the one to ask; it knows nothing of names below ``co.com``."""
    return at_registry_level(domain)


def referral(text: str) -> tuple[str, int] | None:
    """The server that IANA's answer about a top-level domain names."""
    found = _REFERRAL.search(text)
    return (found[1].lower(), WHOIS_PORT) if found else None


def question(host: str, domain: str) -> bytes:
    """The line that asks ``host`` about ``domain``: some registries want flags in front (their own help texts)."""
    if host == NICClient.DENICHOST:
        return f"-T dn,ace {domain}\r\n".encode("ascii", "replace")
    if host == NICClient.JP_HOST:
        return f"{domain}/e\r\n".encode("ascii", "replace")
    return f"{domain}\r\n".encode("ascii", "replace")


def _parse(text: str) -> tuple[str, int]:
    host, found, port = text.strip().rpartition(":")
    if not found:
        host, port = text.strip(), str(WHOIS_PORT)
    host = host.strip("[]")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) <= _HIGHEST_PORT:
        raise InvalidInput(f"whois.servers: {text!r} is not host:port, as in whois.example.net:43", "whois.servers")
    return host, int(port)
