"""What settings are made of: sections that refuse unknown keys, and the shapes of single values."""

from __future__ import annotations

import re
from datetime import timedelta
from ipaddress import ip_network
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from service.core.errors import ConfigError

_HIGHEST_PORT = 65_535
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def _duration(value: object) -> timedelta:
    """``"90s"``, ``"15m"``, ``"12h"``, ``"90d"``: one number, one unit."""
    if isinstance(value, timedelta):
        return value
    if isinstance(value, str) and value[-1:] in _UNITS and value[:-1].isdigit():
        return timedelta(**{_UNITS[value[-1]]: int(value[:-1])})
    raise ValueError('a duration is a whole number and a unit: "90s", "15m", "12h", "90d"')


def duration(key: str, text: str | None) -> timedelta | None:
    """A duration given on the command line; ConfigError names ``key`` where it is none. None stays None."""
    if text is None:
        return None
    try:
        return _duration(text)
    except ValueError as error:
        raise ConfigError(file="the command line", key=key, value=text, reason=str(error)) from None


def _host_port(value: str) -> str:
    host, _, port = value.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) <= _HIGHEST_PORT:
        raise ValueError('an address and a port, as in "192.0.2.53:53" or "[2001:db8::53]:53"')
    return value


def _network(value: str) -> str:
    ip_network(value)
    return value


def _server_domain(value: str) -> str:
    domain = value.lower().strip(".")
    if not re.fullmatch(r"[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+", domain):
        raise ValueError('a domain, as in "parkingcrew.net"; every host under it counts')
    return domain


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError('a web address, as in "https://rdap.example.net/rdap/"')
    return value


Duration = Annotated[timedelta, BeforeValidator(_duration)]
HostPort = Annotated[str, AfterValidator(_host_port)]
Network = Annotated[str, AfterValidator(_network)]
ServerDomain = Annotated[str, AfterValidator(_server_domain)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
Purpose = Literal["pages", "rdap", "whois", "webhooks", "feeds", "proxies"]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]


class Section(BaseModel):
    """A table of a settings file."""

    model_config = ConfigDict(frozen=True, extra="forbid")
