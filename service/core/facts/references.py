"""What links and assets of a page point at, quickly: a news page has hundreds of them, and most look alike."""

from __future__ import annotations

import re
from typing import NamedTuple

from service.core.errors import InvalidInput, InvalidName
from service.core.facts import urls
from service.core.names import name

REFRESH_WITHIN = 15.0
"""Seconds: a meta refresh that waits longer is for somebody who reads the page, so the page is where the chain ends."""

_SCHEME = re.compile(r"[a-z][a-z0-9+.\-]*:", re.IGNORECASE)
_ABSOLUTE = re.compile(
    r"(?:https?:)?[/\\]{2}(?:[^/\\?#@]*@)?(\[[0-9a-f:.]+\]|[^/\\?#:@]+)(?::\d*)?([^?#]*)", re.IGNORECASE
)
_PLAIN_HOST = re.compile(r"[a-z0-9.\-]{1,253}\Z")

_REFRESH = re.compile(r"\s*(\d{1,6}(?:\.\d*)?|\.\d+)\s*[;,\s]\s*(?:url\s*=\s*)?([\"']?)(.+)", re.IGNORECASE | re.DOTALL)
_LOCATION = re.compile(
    r"(?<![\w$.\-])(?:(?:window|document|self|top|parent|globalThis)\.)*location(?:\.href)?\s*"
    r"(?:=\s*|\.(?:replace|assign)\s*\(\s*)(?P<quote>[\"'`])(?P<url>[^\"'`\s<>${}]{1,2000})(?P=quote)\s*(?=[;)}\n]|\Z)"
)

_NOT_ARTICLES = re.compile(
    r"\.(?:jpe?g|png|gif|webp|svg|ico|css|m?js|json|xml|rss|pdf|mp[34]|zip|woff2?)\Z", re.IGNORECASE
)
_EXTENSION = re.compile(r"\.[a-z]{2,5}\Z", re.IGNORECASE)
_LONG_NUMBER = re.compile(r"\d{6,}")
_SLUG_LENGTH, _SLUG_HYPHENS = 20, 3


class Reference(NamedTuple):
    """Where a reference leads: ``host`` is empty for the page's own, ``path`` has no query."""

    host: str
    path: str


def resolve(reference: str, base: urls.WebUrl, own_host: str) -> Reference | None:
    """Host and path of a link on a page; None for fragments, scripts, mail, data and what is no web address."""
    if not reference or reference[0] == "#":
        return None
    base_host = "" if base.host == own_host else base.host
    absolute = _ABSOLUTE.match(reference)
    if absolute is not None:
        host = _host(absolute[1])
        return None if host is None else Reference("" if host == own_host else host, absolute[2] or "/")
    if reference[0] == "/":
        return Reference(base_host, reference.partition("?")[0].partition("#")[0])
    if _SCHEME.match(reference):
        return None
    try:
        found = urls.parse(reference, base.text)
    except InvalidInput:
        return None
    return Reference(base_host, found.rest.partition("?")[0])


def looks_like_article(path: str) -> bool:
    """Whether a path looks like one article's: a long slug of several words, or a number of six digits and more."""
    if _NOT_ARTICLES.search(path):
        return False
    if _LONG_NUMBER.search(path):
        return True
    last = _EXTENSION.sub("", path.rstrip("/").rpartition("/")[2])
    return len(last) >= _SLUG_LENGTH and last.count("-") + last.count("_") >= _SLUG_HYPHENS


def refresh_target(content: str) -> str:
    """The URL of a ``<meta http-equiv=refresh>`` that goes on within fifteen seconds, else empty (HTML 4.2.5.3)."""
    found = _REFRESH.match(content[: urls.MAX_URL])
    if found is None or float(found[1]) > REFRESH_WITHIN:
        return ""
    target = found[3].partition(found[2])[0] if found[2] else found[3]
    return target.strip()


def script_target(script: str) -> str:
    """The URL that a script assigns to ``location`` as one literal, else empty. What it computes is not followed."""
    found = _LOCATION.search(script)
    return found["url"].replace("\\/", "/") if found else ""


def _host(text: str) -> str | None:
    host = text.lower()
    if host.startswith("["):
        return host.strip("[]")
    if _PLAIN_HOST.match(host) and "xn--" not in host:
        return host.rstrip(".") or None
    try:
        return name.parse(host)
    except InvalidName:
        return None
