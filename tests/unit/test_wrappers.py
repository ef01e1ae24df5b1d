"""Links within links."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.facts import urls
from service.core.facts.wrappers import meant

CLONE = "https://spiegel.ltd/politik/a?id=1&x=%C3%BC"
QUOTED = "https%3A%2F%2Fspiegel.ltd%2Fpolitik%2Fa%3Fid%3D1%26x%3D%25C3%25BC"


@pytest.mark.parametrize(
    "wrapper",
    [
        f"https://l.facebook.com/l.php?u={QUOTED}&h=AT0abc",
        f"https://lm.facebook.com/l.php?h=AT0abc&u={QUOTED}",
        f"https://www.facebook.com/flx/warn/?u={QUOTED}",
        f"https://l.instagram.com/?u={QUOTED}&e=x",
        f"https://l.threads.net/?u={QUOTED}",
        f"https://www.google.com/url?sa=t&url={QUOTED}",
        f"https://www.google.com/url?q={QUOTED}",
        f"https://www.youtube.com/redirect?event=video&q={QUOTED}",
        f"https://vk.com/away.php?to={QUOTED}",
        f"https://out.reddit.com/t3_x?url={QUOTED}&token=y",
        f"https://t.me/iv?url={QUOTED}&rhash=1",
        f"https://duckduckgo.com/l/?uddg={QUOTED}",
        f"https://eur01.safelinks.protection.outlook.com/?url={QUOTED}&data=z",
        f"https://www.linkedin.com/redir/redirect?url={QUOTED}",
        "https://spiegel-ltd.cdn.ampproject.org/c/s/spiegel.ltd/politik/a?id=1&x=%25C3%25BC",
    ],
)
def test_the_address_inside_is_meant(wrapper: str) -> None:
    assert meant(wrapper) == CLONE


def test_wrappers_around_wrappers_are_taken_off_one_by_one() -> None:
    inner = urls.parse(f"https://l.facebook.com/l.php?u={QUOTED}").text
    quoted = inner.replace("%", "%25").replace("&", "%26").replace("?", "%3F").replace(":", "%3A").replace("/", "%2F")
    assert meant(f"https://eur01.safelinks.protection.outlook.com/?url={quoted}") == CLONE


@pytest.mark.parametrize(
    "url",
    [
        CLONE,
        "https://t.co/AbCdEf",
        "https://l.facebook.com/l.php?h=AT0abc",
        "https://l.facebook.com/l.php?u=javascript:alert(1)",
        "https://l.facebook.com/l.php?u=/relative",
        "https://l.facebook.com/l.php?u=http://[bad",
        "https://evil-l.facebook.com.example/l.php?u=https://spiegel.ltd/",
        "https://notgoogle.com/url?q=https://spiegel.ltd/",
        "https://www.google.com/search?q=https://spiegel.ltd/",
        "https://x.cdn.ampproject.org/",
        "not a url",
    ],
)
def test_anything_else_is_meant_as_it_stands(url: str) -> None:
    assert meant(url) == url


@given(st.text(alphabet="u=&?%/:.https[]l#", max_size=80))
def test_any_query_is_read(query: str) -> None:
    assert isinstance(meant(f"https://l.facebook.com/l.php?{query}"), str)


def test_what_a_query_holds_is_left_out_for_people_outside() -> None:
    assert urls.redacted("https://spiegel.ltd/a?fbclid=IwAR0secret&x#frag") == "https://spiegel.ltd/a?fbclid=*&*"
    assert urls.redacted("https://spiegel.ltd/a") == "https://spiegel.ltd/a"
