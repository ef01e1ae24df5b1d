"""Which RDAP server answers for a suffix: IANA's bootstrap registry (RFC 9224), and what it does not list.

A copy of IANA's file of 2026-07-23 lies beside this module, so that the service works without asking for it. Several
country registries run RDAP and never told IANA; those are in ``UNLISTED``. An entry of IANA's own always wins.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from service.core.errors import InvalidInput
from service.core.names.suffixes import REGISTRY_LIKE, is_platform, public_suffix

if TYPE_CHECKING:
    from collections.abc import Mapping

IANA_URL = "https://data.iana.org/rdap/dns.json"

_IDENTITY_DIGITAL = "https://rdap.identitydigital.services/rdap/"

_CENTRALNIC = (
    "ae.org", "br.com", "cn.com", "com.de", "com.se", "de.com", "eu.com", "gb.net", "gr.com", "hu.net", "in.net",
    "jp.net", "jpn.com", "mex.com", "ru.com", "sa.com", "se.net", "uk.com", "uk.net", "us.com", "us.org", "za.com",
)  # fmt: skip

UNLISTED: Mapping[str, str] = {
    **dict.fromkeys(("ac", "ag", "bz", "io", "lc", "me", "mn", "pr", "sc", "sh", "vc"), _IDENTITY_DIGITAL),
    "bh": "https://rdap.centralnic.com/bh/",
    "ch": "https://rdap.nic.ch/",
    "co": "https://rdap.registry.co/co/",
    "de": "https://rdap.denic.de/",
    "gl": "https://rdap.centralnic.com/gl/",
    "li": "https://rdap.nic.li/",
    "my": "https://rdap.mynic.my/rdap/",
    "us": "https://rdap.nic.us/",
    # CentralNic runs a registry, and RDAP, below these second-level names.
    **{suffix: f"https://rdap.centralnic.com/{suffix}/" for suffix in _CENTRALNIC},
}
"""RDAP servers that IANA does not list; first table as published by users of RDAP clients on 2026-01-05."""

_MOST_SUFFIXES = 5_000
_LONGEST_URL = 300


@dataclass(frozen=True, slots=True)
class RdapService:
    """A server and the suffix that it is responsible for."""

    suffix: str
    url: str

    def is_authoritative_for(self, domain: str) -> bool:
        """Whether its "no such name" counts: nobody else hands out names at the level of ``domain``."""
        return domain.partition(".")[2] == self.suffix or at_registry_level(domain)


def at_registry_level(domain: str) -> bool:
    """Whether the top-level domain's own registry hands ``domain`` out, and not somebody below it (``x.co.com``)."""
    suffix = public_suffix(domain)
    if suffix is None:
        return domain.count(".") == 1
    return not is_platform(suffix) and suffix not in REGISTRY_LIKE


def find_service(services: Mapping[str, str], domain: str) -> RdapService | None:
    """The service of the longest suffix that is listed (RFC 9224 section 4)."""
    suffix = domain.partition(".")[2]
    while suffix:
        if suffix in services:
            return RdapService(suffix, services[suffix])
        suffix = suffix.partition(".")[2]
    return None


def parse_bootstrap(document: object) -> dict[str, str]:
    """Server by suffix from a bootstrap file; what makes no sense is left out. ValueError where nothing is left."""
    services = document.get("services") if isinstance(document, dict) else None
    found: dict[str, str] = {}
    for entry in services if isinstance(services, list) else []:
        match entry:
            case [list(suffixes), list(urls), *_]:
                url = _best_url(urls)
                if url is not None:
                    found |= {suffix.lower(): url for suffix in suffixes if isinstance(suffix, str)}
    if not 0 < len(found) <= _MOST_SUFFIXES:
        raise ValueError("not an RDAP bootstrap file: it lists no suffix, or far too many")
    return found


def parse_servers(servers: Mapping[str, str]) -> dict[str, str]:
    """The operator's table of suffixes and base URLs. InvalidInput where a value is no web address."""
    found = {}
    for suffix, url in servers.items():
        best = _best_url([url])
        if best is None:
            raise InvalidInput(
                f"rdap.servers: {url!r} is not a base URL, as in https://rdap.example.net/rdap/", "rdap.servers"
            )
        found[suffix.lower().strip(".")] = best
    return found


def published(document: object) -> str:
    """The date of a bootstrap file as it stands in it (RFC 9224 section 3), or that there is none."""
    date = document.get("publication") if isinstance(document, dict) else None
    return date[:40] if isinstance(date, str) and date.isascii() and date.isprintable() else "at an unknown date"


@cache
def vendored_services() -> Mapping[str, str]:
    """IANA's list as it came with this release, completed by ``UNLISTED``."""
    text = files("service.adapters").joinpath("data", "rdap_bootstrap.json").read_text(encoding="ascii")
    return with_unlisted(parse_bootstrap(json.loads(text)))


def with_unlisted(services: Mapping[str, str]) -> dict[str, str]:
    """A list of IANA's completed by what it does not list."""
    return dict(UNLISTED) | dict(services)


def _best_url(urls: list[Any]) -> str | None:
    """HTTPS before HTTP, as RFC 9224 section 3 asks; always with a slash at the end."""
    usable = [url for url in urls if isinstance(url, str) and len(url) <= _LONGEST_URL and urlsplit(url).hostname]
    for scheme in ("https", "http"):
        for url in usable:
            if urlsplit(url).scheme == scheme:
                return url if url.endswith("/") else f"{url}/"
    return None
