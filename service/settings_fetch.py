"""[fetch] of config/service.toml: who may be talked to, how often, by which way and under which faces."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from service.core.model import Turn
from service.settings_fields import Country, Duration, Network, Purpose, Section

_SIDES = 2
"""Profiles that every look uses: one alone shows no cloaking."""


class FetchProfile(Section):
    """[[fetch.profile]]."""

    name: str = Field(description="as it stands in observations", pattern=r"^[a-z0-9-]{1,32}$")
    headers: dict[str, str] = Field(
        description="{languages} stands for the outlet's languages, {agent} for the service's own name"
    )
    turn: Turn = Field(
        Turn.ALWAYS,
        description="always: at every look; news: at the first, after news and weekly; weekly: without news",
    )
    articles: bool = Field(default=True, description="whether it is used on reported and linked articles too")
    egress: Literal["direct", "country"] = Field(
        "direct", description="country: through the proxy of each country that has one, for that country's outlets"
    )


class FetchProxy(Section):
    """[[fetch.proxy]]."""

    country: Country = Field(description="ISO 3166 code of where it comes out, as outlets have it")
    url_file: Path = Field(
        description="a file with its URL, as that holds a password: socks5://user:password@host:port"
    )


_HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
_DESKTOP = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)
_MOBILE = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36"
)


_SEARCH_BOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


def _profile(name: str, agent: str, headers: dict[str, str] | None = None, **more: Any) -> FetchProfile:
    shown = {"User-Agent": agent, "Accept": _HTML, "Accept-Language": "{languages}", **(headers or {})}
    return FetchProfile(name=name, headers=shown, **more)


_FROM_A_POST = {"Referer": "https://l.facebook.com/"}
_PROFILES = (
    _profile("desktop", _DESKTOP, articles=False),
    _profile("mobile", _MOBILE, turn=Turn.NEWS),
    _profile("social", _MOBILE, _FROM_A_POST),
    _profile("country", _MOBILE, _FROM_A_POST, egress="country"),
    _profile("search", _SEARCH_BOT, turn=Turn.WEEKLY, articles=False),
    FetchProfile(name="plain", headers={"User-Agent": "{agent}"}, turn=Turn.WEEKLY, articles=False),
)


class Fetch(Section):
    """[fetch]."""

    allow_networks: dict[Purpose, tuple[Network, ...]] = Field(
        default_factory=dict, description="networks that are refused otherwise, per purpose; warned of at start"
    )
    port_map: dict[int, int] = Field(default_factory=dict, description="for a closed network: dial this port instead")
    ca_file: Path | None = Field(None, description="a further certificate authority, for a closed network")
    second_source: str | None = Field(
        None,
        description="a local address with another way out: content that is gone is asked for again from there, "
        "else through a proxy",
    )
    timeout: Duration = Field(timedelta(seconds=20), description="for a whole chain of redirects, body included")
    concurrency: int = Field(20, ge=1, le=200, description="looks under way at once")
    per_address: int = Field(2, ge=1, le=100, description="requests under way at one address")
    per_domain: int = Field(2, ge=1, le=100, description="requests under way at one registrable domain")
    pause: Duration = Field(
        timedelta(seconds=1),
        description="between two requests to one domain, up to half as long again by chance; none in allow_networks",
    )
    budget: int = Field(15, ge=2, le=100, description="fetches in one look")
    ports: tuple[int, ...] = Field(
        (80, 443, 8080, 8443), min_length=1, description="pages are asked for on these; other ports are no web sites"
    )
    deny_hosts: tuple[str, ...] = Field(
        (), description="hosts that are left alone, with everything below them, also as hops of a chain"
    )
    refuse_networks: tuple[Network, ...] = Field(
        (), description="networks beside the built-in table that are never dialled: your own public addresses"
    )
    contact: str = Field(
        "",
        max_length=200,
        pattern=r"^[\x21-\x7e]*$",
        description="a URL or mail address that the service names itself with where it does not look like a browser",
    )
    proxy: tuple[FetchProxy, ...] = Field((), description="ways out through other countries; none by default")
    profile: tuple[FetchProfile, ...] = Field(
        _PROFILES,
        min_length=2,
        description="how fetches present themselves; clones hide from all but some, and the difference is evidence",
    )

    @model_validator(mode="after")
    def _several_sides(self) -> Self:
        names = [profile.name for profile in self.profile]
        if len(set(names)) < len(names):
            raise ValueError("two profiles have the same name")
        direct = [profile for profile in self.profile if profile.egress == "direct"]
        if sum(profile.turn is Turn.ALWAYS for profile in direct) < _SIDES:
            raise ValueError(
                'two profiles at least have turn = "always" and go out directly: one alone shows no cloaking'
            )
        if not any(profile.articles and profile.turn is Turn.ALWAYS for profile in direct):
            raise ValueError(
                'no direct profile with turn = "always" has articles = true: clones often have nothing else'
            )
        countries = [proxy.country for proxy in self.proxy]
        if len(set(countries)) < len(countries):
            raise ValueError("two proxies are for the same country")
        return self
