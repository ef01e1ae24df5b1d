"""A proxy as its URL names it. Pure; ``adapters/proxies.py`` speaks to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

_SCHEMES = {"socks5": 1080, "http": 8080}
_LONGEST_WORD = 255


@dataclass(frozen=True, slots=True)
class Proxy:
    """One proxy. ``scheme`` is socks5 or http; user and password are empty where it wants none."""

    scheme: str
    host: str
    port: int
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @classmethod
    def parse(cls, url: str) -> Proxy:
        """From ``socks5://user:password@host:port`` or ``http://...``; raises ValueError, without the password."""
        parts = urlsplit(url.strip())
        if parts.scheme not in _SCHEMES:
            raise ValueError(f"a proxy's URL begins with {' or '.join(f'{known}://' for known in _SCHEMES)}")
        try:
            port = parts.port
        except ValueError:
            raise ValueError("the proxy's port is not a number from 1 to 65535") from None
        if not parts.hostname:
            raise ValueError("the proxy's URL has no host")
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        if max(len(user.encode()), len(password.encode())) > _LONGEST_WORD:
            raise ValueError("the proxy's user and password have 255 octets at most (RFC 1929)")
        return cls(parts.scheme, parts.hostname, port or _SCHEMES[parts.scheme], user, password)
