"""What can be said of a body before, and of a page after it is parsed."""

from __future__ import annotations

import pytest

from service.core.facts import html
from service.core.facts.page import FetchedPage, FetchOutcome, HopKind, PageFacts, onward


def test_a_refresh_leads_on_before_a_script() -> None:
    assert onward(PageFacts(refresh_url="/a", script_location="/b")) == (HopKind.META_REFRESH, "/a")
    assert onward(PageFacts(script_location="/b")) == (HopKind.SCRIPT, "/b")
    assert onward(PageFacts()) is None


def test_a_script_in_a_page_with_something_to_read_leads_nowhere() -> None:
    assert onward(PageFacts(script_location="/b", text="word " * 200)) is None


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/html", b"anything"),
        ("Text/HTML; charset=x", b""),
        ("application/xhtml+xml", b"<html/>"),
        ("", b"  <!DOCTYPE html><p>"),
        ("", b"\xef\xbb\xbf<html>"),
        ("application/xml", b"<?xml version='1.0'?><html xmlns='x'>"),
    ],
)
def test_pages_are_told_by_type_or_by_their_first_bytes(content_type: str, body: bytes) -> None:
    assert html.is_page(content_type, body)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"<html>"),
        ("image/png", b"<html>"),
        ("text/plain", b"<html>"),
        ("", b"\x89PNG"),
        ("text/xml", b"<rss>"),
    ],
)
def test_other_bodies_are_not_pages(content_type: str, body: bytes) -> None:
    assert not html.is_page(content_type, body)


def test_a_title_is_found_without_a_parser() -> None:
    assert html.title(b"<TITLE class=x> A &amp;\n B </TITLE>", "text/html") == "A & B"
    assert html.title("<title>Zürich".encode("cp1252"), "text/html") == "Zürich"
    assert html.title(b"<title<title<title" * 5000, "text/html") == ""
    assert html.title(b"no title", "text/html") == ""


def test_an_answer_is_told_from_silence() -> None:
    page = FetchedPage(
        target="http://a.example/", profile="p", outcome=FetchOutcome.TIMEOUT, hops=(), final_url="http://a.example/"
    )
    assert not page.answered
