"""Links within links: what social networks, mail guards and search engines put around the address that is meant.

The address stands in the wrapper's own query, so nobody has to be asked for it, and nobody learns that it was looked
at. Short links (``t.co/abc``) hold nothing to unwrap: they are asked for, and their answer is a hop like any other.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote, urlsplit

from service.core.errors import InvalidInput
from service.core.facts import urls

MOST_LAYERS = 5
"""Wrappers within wrappers; mail guards around a social network's make two."""

_MOST_FIELDS = 50

_ANY = ""
# Host (or a domain with everything below it, as ".x.example"), path (empty: any), and the field that holds the address.
# As the services themselves write them in posts, mails and results.
_WRAPPERS = (
    (".facebook.com", "/l.php", "u"),
    (".facebook.com", "/flx/warn/", "u"),
    ("l.instagram.com", _ANY, "u"),
    ("l.messenger.com", "/l.php", "u"),
    ("l.threads.net", _ANY, "u"),
    ("l.threads.com", _ANY, "u"),
    ("l.workplace.com", "/l.php", "u"),
    (".google.com", "/url", "q"),
    (".google.com", "/url", "url"),
    (".youtube.com", "/redirect", "q"),
    (".vk.com", "/away.php", "to"),
    (".vk.ru", "/away.php", "to"),
    ("away.vk.com", _ANY, "to"),
    (".linkedin.com", "/redir/redirect", "url"),
    (".linkedin.com", "/safety/go", "url"),
    ("out.reddit.com", _ANY, "url"),
    ("t.me", "/iv", "url"),
    ("t.me", "/share/url", "url"),
    ("telegram.me", "/share/url", "url"),
    ("slack-redir.net", "/link", "url"),
    (".duckduckgo.com", "/l/", "uddg"),
    (".steamcommunity.com", "/linkfilter/", "url"),
    (".steamcommunity.com", "/linkfilter/", "u"),
    (".tumblr.com", "/redirect", "z"),
    (".pinterest.com", "/offsite/", "url"),
    ("link.zhihu.com", _ANY, "target"),
    (".safelinks.protection.outlook.com", _ANY, "url"),
    ("statics.teams.cdn.office.net", _ANY, "url"),
    (".ok.ru", "/dk", "st.link"),
)


def unwrapped(url: urls.WebUrl) -> str | None:
    """The address that ``url`` wraps, as it stands there; None where it is no wrapper or holds no web address."""
    for host, path, field in _WRAPPERS:
        if _at(url.host, host) and (not path or url.rest.partition("?")[0].rstrip("/") == path.rstrip("/")):
            found = _field(url.rest.partition("?")[2], field)
            if found:
                return found
    return _in_path(url)


def meant(url: str) -> str:
    """The address behind all wrappers of a reported one; ``url`` itself where there is none."""
    for _ in range(MOST_LAYERS):
        try:
            inner = unwrapped(urls.parse(url))
        except InvalidInput:
            return url
        if inner is None:
            return url
        url = inner
    return url


def _at(host: str, pattern: str) -> bool:
    return host == pattern.removeprefix(".") or (pattern.startswith(".") and host.endswith(pattern))


def _field(query: str, name: str) -> str | None:
    try:
        pairs = parse_qsl(query, max_num_fields=_MOST_FIELDS)
    except ValueError:
        return None
    return next((value for key, value in pairs if key == name and _is_web(value)), None)


def _in_path(url: urls.WebUrl) -> str | None:
    """What the AMP cache puts behind its own host: ``/c/`` (``/c/s/`` for https) and the address without a scheme."""
    if not _at(url.host, ".cdn.ampproject.org"):
        return None
    _, kind, *rest = url.rest.split("/", 3)
    if kind not in ("c", "v") or not rest:
        return None
    secure, address = (True, rest[1]) if rest[0] == "s" and len(rest) > 1 else (False, "/".join(rest))
    return f"http{'s' if secure else ''}://{unquote(address)}" if address else None


def _is_web(value: str) -> bool:
    parts = urlsplit(value) if "[" not in value else None
    return parts is not None and parts.scheme.lower() in urls.DEFAULT_PORTS and bool(parts.netloc)
