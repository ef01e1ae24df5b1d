"""Cookies of one chain."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.facts.cookies import MOST, MOST_BYTES, Cookies
from service.core.facts.urls import parse

HERE = parse("https://www.spiegel.ltd/politik/a")


def sent(lines: list[str], url: str) -> str:
    cookies = Cookies()
    cookies.keep(HERE, lines)
    return cookies.header(parse(url))


@pytest.mark.parametrize(
    ("line", "url", "header", "why"),
    [
        ("a=1", "https://www.spiegel.ltd/", "a=1", "the same host"),
        ("a=1", "https://spiegel.ltd/", "", "a host above"),
        ("a=1", "https://x.www.spiegel.ltd/", "", "a host below, without a domain"),
        ("a=1; Domain=.spiegel.ltd", "https://m.spiegel.ltd/x?y", "a=1", "the domain above both"),
        ("a=1; Domain=evil.example", "https://evil.example/", "", "another's domain"),
        ("a=1; Domain=ltd", "https://other.ltd/", "", "a whole suffix"),
        ("a=1; Domain=egel.ltd", "https://egel.ltd/", "", "half a label"),
        ("a=1; Path=/politik", "https://www.spiegel.ltd/politik/b", "a=1", "below the path"),
        ("a=1; Path=/politik", "https://www.spiegel.ltd/politikus", "", "beside the path"),
        ("a=1; Path=x", "https://www.spiegel.ltd/", "a=1", "no path at all"),
        ("a=1; Secure", "http://www.spiegel.ltd/", "", "in the clear"),
        ("a=1; Max-Age=0", "https://www.spiegel.ltd/", "", "no age left"),
        ("a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "https://www.spiegel.ltd/", "", "long ago"),
        ("a=1; Expires=jqn 40th", "https://www.spiegel.ltd/", "a=1", "a date that is none"),
        ('a="x y"', "https://www.spiegel.ltd/", 'a="x y"', "quotes and blanks"),
        ("a=ü", "https://www.spiegel.ltd/", "", "not ASCII"),
        ("=1", "https://www.spiegel.ltd/", "", "no name"),
        ("a", "https://www.spiegel.ltd/", "", "no value"),
    ],
)
def test_a_cookie_goes_back_to_where_it_belongs(line: str, url: str, header: str, why: str) -> None:
    assert sent([line], url) == header, why


def test_a_later_cookie_takes_the_place_of_an_earlier_one_and_can_delete_it() -> None:
    assert sent(["a=1", "b=2", "a=3"], HERE.text) == "b=2; a=3"
    assert sent(["a=1", "b=2", "a=; Max-Age=-1"], HERE.text) == "b=2"


def test_an_answer_with_a_trap_of_many_sets_none() -> None:
    assert sent([f"c{i}=1" for i in range(MOST + 1)], HERE.text) == ""
    assert sent(["a=" + "x" * MOST_BYTES], HERE.text) == ""


def test_many_answers_together_set_no_more_than_is_kept() -> None:
    cookies = Cookies()
    for round_number in range(10):
        cookies.keep(HERE, [f"c{round_number}x{i}={'v' * 100}" for i in range(40)])
    assert cookies.header(HERE).count("=") <= MOST
    assert len(cookies.header(HERE)) <= MOST_BYTES + 2 * MOST


@given(st.lists(st.text(max_size=80), max_size=10))
def test_any_lines_make_a_header_that_may_be_sent(lines: list[str]) -> None:
    header = sent(lines, HERE.text)
    assert header.isascii()
    assert header.isprintable()
