"""Ways out through other countries: what a proxy is told, and that one that fails is never taken for a dead site."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from service.adapters.dialer import Dialer
from service.adapters.exchange import ExchangeLimits
from service.adapters.http import FetchLimits, GuardedFetcher
from service.core.facts.page import FetchedPage, FetchOutcome
from service.core.proxy import Proxy
from service.lab.authority import Authority
from service.lab.hostile import HostileServer
from tests.fakes_fetching import DESKTOP, Names, TitleParser
from tests.proxies import PASSWORD, USER, TestProxy, proxy

PUBLIC = "93.184.216.34"
GERMAN = replace(DESKTOP, name="country-de", egress="DE")
LIMITS = FetchLimits(total=5.0, exchange=ExchangeLimits(connect=0.5))


def through(
    scheme: str, *, url: str = "http://spiegel.ltd/", user: str = USER, folder: Path | None = None, **proxy_is: Any
) -> tuple[FetchedPage, TestProxy]:
    """Fetch from a public address through a proxy; it must never be dialled directly, which tests could not do."""

    async def run() -> tuple[FetchedPage, TestProxy]:
        authority = Authority(folder) if folder else None
        tls = authority.context(("spiegel.ltd",)) if authority else None
        async with HostileServer(tls=tls) as server, proxy(server.port, **proxy_is) as made:
            out = Dialer(
                Names({"spiegel.ltd": [PUBLIC], "inside.example": ["10.0.0.1"]}),
                proxy_by_country={"DE": Proxy(scheme, "127.0.0.1", made.port, user, PASSWORD)},
                ca_file=str(authority.ca_file) if authority else None,
            )
            fetcher = GuardedFetcher(out, TitleParser(), LIMITS)
            page = await fetcher.fetch(url, GERMAN, ())
            await fetcher.close()
            return page, made

    return asyncio.run(run())


@pytest.mark.parametrize("scheme", ["socks5", "http"])
def test_a_proxy_is_told_the_vetted_address_and_the_page_comes_from_there(scheme: str) -> None:
    page, made = through(scheme)
    assert page.outcome is FetchOutcome.OK
    assert made.asked == [(PUBLIC, 80)]
    assert page.hops[0].address == PUBLIC
    assert (page.egress, page.profile) == ("DE", "country-de")


@pytest.mark.parametrize("scheme", ["socks5", "http"])
def test_certificates_are_verified_through_a_proxy_as_without(scheme: str, tmp_path: Path) -> None:
    page, made = through(scheme, url="https://spiegel.ltd/", folder=tmp_path)
    assert made.asked == [(PUBLIC, 443)]
    assert page.tls is not None
    assert page.tls.verified


@pytest.mark.parametrize(
    ("scheme", "fault", "detail"),
    [
        ("socks5", {"user": ""}, "another kind of login"),
        ("socks5", {"user": "stranger"}, "refuses the login"),
        ("socks5", {"refuses": 1}, "general failure"),
        ("socks5", {"refuses": 2}, "not allowed"),
        ("socks5", {"mute": True}, "broke off"),
        ("http", {"user": "stranger"}, "407"),
        ("http", {"refuses": 502}, "502"),
        ("http", {"mute": True}, "broke off"),
    ],
)
def test_a_proxy_that_fails_is_an_outcome_of_its_own(scheme: str, fault: dict[str, Any], detail: str) -> None:
    page, _ = through(scheme, **fault)
    assert page.outcome is FetchOutcome.PROXY_ERROR
    assert detail in page.detail
    assert not page.answered


@pytest.mark.parametrize("reply", [3, 4, 5])
def test_what_a_proxy_says_of_the_site_is_the_sites(reply: int) -> None:
    page, _ = through("socks5", refuses=reply)
    assert page.outcome is FetchOutcome.UNREACHABLE
    assert "the proxy says" in page.detail


def test_the_table_of_refused_networks_holds_behind_a_proxy_too() -> None:
    for url in ("http://inside.example/", "http://169.254.169.254/", "http://localhost/"):
        page, made = through("socks5", url=url)
        assert page.outcome is FetchOutcome.REFUSED
        assert made.asked == []


def unreachable(host: str, egress: str = "DE", names: dict[str, Any] | None = None) -> FetchedPage:
    async def run() -> FetchedPage:
        out = Dialer(Names({"spiegel.ltd": [PUBLIC], **(names or {})}), proxy_by_country={"DE": Proxy("http", host, 1)})
        fetcher = GuardedFetcher(out, TitleParser(), LIMITS)
        page = await fetcher.fetch("https://spiegel.ltd/", replace(GERMAN, egress=egress), ())
        await fetcher.close()
        return page

    return asyncio.run(run())


def test_nothing_goes_out_directly_where_the_proxy_is_down_or_unknown() -> None:
    down, unknown = unreachable("127.0.0.1"), unreachable("127.0.0.1", "FR")
    assert down.outcome is unknown.outcome is FetchOutcome.PROXY_ERROR
    assert "cannot be reached" in down.detail
    assert "no proxy for FR" in unknown.detail


def test_a_proxys_name_that_leads_inside_is_refused() -> None:
    page = unreachable("proxy.example", names={"proxy.example": ["10.0.0.1"]})
    assert page.outcome is FetchOutcome.PROXY_ERROR
    assert "private use" in page.detail
