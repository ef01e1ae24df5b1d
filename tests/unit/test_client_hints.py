"""Client hints agree with the User-Agent beside them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.facts.client_hints import client_hints
from service.settings_fetch import Fetch

WINDOWS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{0}.0.0.0 Safari/537.36"
)
MOBILE = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{0}.0.0.0 Mobile Safari/537.36"
)


@pytest.mark.parametrize(
    ("agent", "brands"),
    [
        # As Chrome and Edge of these versions sent them.
        (WINDOWS.format(142), '"Chromium";v="142", "Google Chrome";v="142", "Not_A Brand";v="99"'),
        (WINDOWS.format(120), '"Not_A Brand";v="8", "Chromium";v="120", "Google Chrome";v="120"'),
        (WINDOWS.format(131) + " Edg/131.0.0.0", '"Microsoft Edge";v="131", "Chromium";v="131", "Not_A Brand";v="24"'),
    ],
)
def test_brands_are_those_that_the_browser_sends(agent: str, brands: str) -> None:
    assert dict(client_hints(agent))["sec-ch-ua"] == brands


def test_platform_and_mobile_follow_from_the_agent() -> None:
    assert client_hints(WINDOWS.format(142))[1:] == (("sec-ch-ua-mobile", "?0"), ("sec-ch-ua-platform", '"Windows"'))
    assert client_hints(MOBILE.format(142))[1:] == (("sec-ch-ua-mobile", "?1"), ("sec-ch-ua-platform", '"Android"'))


@pytest.mark.parametrize(
    "agent",
    [
        "",
        "Spoofwatch/1.0 (+https://cert.example)",
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Googlebot/2.1) Chrome/142.0.0.0 Safari/537.36",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
    ],
)
def test_other_browsers_and_robots_send_none(agent: str) -> None:
    assert client_hints(agent) == ()


def test_each_profile_that_looks_like_a_browser_has_hints_of_its_own_version() -> None:
    agents = {profile.name: profile.headers["User-Agent"] for profile in Fetch().profile}
    hinted = {name: dict(client_hints(agent)) for name, agent in agents.items()}
    assert {name for name, hints in hinted.items() if not hints} == {"search", "plain"}
    for name in ("desktop", "mobile", "social", "country"):
        version = agents[name].partition("Chrome/")[2].partition(".")[0]
        assert f'"Chromium";v="{version}"' in hinted[name]["sec-ch-ua"]


@given(st.text(max_size=80), st.integers(0, 9999), st.text(max_size=80))
def test_any_agent_makes_headers_that_may_be_sent(before: str, version: int, after: str) -> None:
    for name, value in client_hints(f"{before} Chrome/{version}.0 {after}"):
        assert name.startswith("sec-ch-ua")
        assert value.isascii()
        assert value.isprintable()
