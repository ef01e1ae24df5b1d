"""Web addresses as hostile pages and reports write them, made into one form that is safe to compare and to ask for.

Only what a browser would ask for over HTTP comes through. A host is a name in A-labels or an IP address in its usual
form; the many other ways of writing an address (``2130706433``, ``0x7f.1``, ``127.1``) are refused, as resolvers and
libraries disagree on them.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from service.core.errors import InvalidInput, InvalidName
from service.core.names import name

MAX_URL = 8192
"""Characters; servers commonly refuse longer request lines (RFC 9110 4.1 asks for at least 8000)."""

DEFAULT_PORTS = {"http": 80, "https": 443}

_DROPPED = re.compile(r"[\t\r\n]")
_AROUND = "".join(map(chr, range(0x21)))
_UNSAFE = re.compile(r"[^!#-;=?-Z\[\]_a-z|~]")


@dataclass(frozen=True, slots=True)
class WebUrl:
    """One http or https address. ``host``: A-labels, or an IP address without brackets; ``rest``: path and query."""

    scheme: str
    host: str
    port: int
    rest: str

    @property
    def origin(self) -> str:
        """Scheme, host and port as a URL without a path; the default port is left out."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}"

    @property
    def text(self) -> str:
        """The whole address in its one form, without a fragment."""
        return self.origin + self.rest


def parse(url: str, base: str | None = None) -> WebUrl:
    """A URL, or one relative to ``base``, as browsers read it; raises InvalidInput with the reason otherwise.

    Blanks around and line breaks inside are dropped and backslashes are slashes (WHATWG URL 4.4). Refused: other
    schemes than http and https, user names and passwords, hosts that are neither a name nor a plain address, and more
    than 8192 characters. Query strings stay as they came but for octets that may not stand in a request line.
    """
    text = _absolute(url, base)
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise InvalidInput(f"not a URL: {error}") from error
    if parts.scheme not in DEFAULT_PORTS:
        raise InvalidInput(f"the scheme {parts.scheme[:20]!r} is not http or https")
    if "@" in parts.netloc:
        raise InvalidInput("a URL with a user name or a password is not asked for")
    rest = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return WebUrl(parts.scheme, _host(host), port or DEFAULT_PORTS[parts.scheme], _UNSAFE.sub(_percent, rest))


def redacted(url: str) -> str:
    """The URL for people outside: what its query and fragment hold is left out, as it may name whoever reported it.

    Names of fields stay (``?fbclid=*``), for they tell by which way visitors came.
    """
    before, mark, query = url.partition("#")[0].partition("?")
    fields = (field.partition("=") for field in query.split("&") if field)
    return before + mark + "&".join(f"{key}=*" if equals else "*" for key, equals, _ in fields)


def _absolute(url: str, base: str | None) -> str:
    if len(url) > MAX_URL:
        raise InvalidInput(f"the URL has {len(url)} characters, at most {MAX_URL} are asked for")
    text = _DROPPED.sub("", url.strip(_AROUND))
    before, mark, query = text.partition("?")
    text = before.replace("\\", "/") + mark + query
    if base is None:
        return text
    try:
        return urljoin(base, text)
    except ValueError as error:
        raise InvalidInput(f"not a URL: {error}") from error


def _host(host: str) -> str:
    if not host:
        raise InvalidInput("the URL has no host")
    if name.is_number_like(host):
        return _address(host)
    try:
        return name.parse(host)
    except InvalidName as error:
        raise InvalidInput(str(error)) from error


def _address(host: str) -> str:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        raise InvalidInput(f"the host {host[:60]!r} is a number and not an address in its usual form") from None
    if isinstance(address, ipaddress.IPv6Address) and address.scope_id:
        raise InvalidInput("an address with a zone belongs to one machine only")
    return str(address)


def _percent(match: re.Match[str]) -> str:
    return "".join(f"%{octet:02X}" for octet in match[0].encode("utf-8", "replace"))
