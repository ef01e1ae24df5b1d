"""Cookies of one chain of requests: kept while it lasts, as sites that lead visitors on ask for them back.

Much simpler than a browser's (RFC 6265), since nothing outlives the chain. The standard library's jar is not used: it
parses dates by hand and answers to hostile ones with warnings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from service.core.facts.urls import WebUrl

MOST, MOST_BYTES = 50, 8192
"""What is kept in all: browsers keep at least 50 cookies of a host (RFC 6265 6.1), servers take headers of 8 KB."""

_PAIR = re.compile(r"[!#-'*+.0-9A-Z^_`a-z|~-]{1,200}=[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e\" ]*\Z")
_LONG_AGO = re.compile(r"\b19[67]\d\b")


class _Cookie(NamedTuple):
    pair: str
    host: str
    below: bool
    path: str
    secure: bool


class Cookies:
    """The cookies that the answers of one chain have set so far."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str, str], _Cookie] = {}

    def keep(self, url: WebUrl, lines: Iterable[str]) -> None:
        """Take the Set-Cookie headers of an answer from ``url``.

        All of an answer's are left out where they are more than is kept, since no honest site sets so many; so are
        single ones that are not ASCII, or for a domain that the host is not in.
        """
        lines = list(lines)
        if len(lines) > MOST or sum(map(len, lines)) > MOST_BYTES:
            return
        for line in lines:
            self._keep_one(url, line)

    def header(self, url: WebUrl) -> str:
        """The value of the Cookie header for ``url``, empty where there is none."""
        path = url.rest.partition("?")[0]
        fitting = [cookie.pair for cookie in self._kept.values() if _fits(cookie, url, path)]
        return "; ".join(fitting)

    def _keep_one(self, url: WebUrl, line: str) -> None:
        pair, *rest = (part.strip() for part in line.split(";"))
        if not _PAIR.match(pair):
            return
        attributes = {name.strip().lower(): value.strip() for name, _, value in (part.partition("=") for part in rest)}
        domain = attributes.get("domain", "").lower().removeprefix(".")
        if domain and not (f".{url.host}".endswith(f".{domain}") and "." in domain):
            return
        path = attributes.get("path", "")
        cookie = _Cookie(
            pair, domain or url.host, bool(domain), path if path.startswith("/") else "/", "secure" in attributes
        )
        key = (pair.partition("=")[0], cookie.host, cookie.path)
        self._kept.pop(key, None)
        size = sum(len(kept.pair) for kept in self._kept.values())
        if not _deletes(attributes) and len(self._kept) < MOST and size + len(pair) <= MOST_BYTES:
            self._kept[key] = cookie


def _deletes(attributes: dict[str, str]) -> bool:
    """Whether a cookie is set in order to be forgotten: no age left, or a date of long ago."""
    age = attributes.get("max-age", "")
    return age.startswith("-") or age == "0" or bool(not age and _LONG_AGO.search(attributes.get("expires", "")))


def _fits(cookie: _Cookie, url: WebUrl, path: str) -> bool:
    host = url.host == cookie.host or (cookie.below and url.host.endswith(f".{cookie.host}"))
    within = path == cookie.path or path.startswith(cookie.path.rstrip("/") + "/")
    return host and within and (url.scheme == "https" or not cookie.secure)
