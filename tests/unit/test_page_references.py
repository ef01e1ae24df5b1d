"""What links, refreshes and scripts of a page point at."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.facts import urls
from service.core.facts.references import Reference, looks_like_article, refresh_target, resolve, script_target

BASE = urls.parse("https://www.spiegel.ltd/politik/seite")


@pytest.mark.parametrize(
    ("reference", "found"),
    [
        ("/a?b#c", Reference("", "/a")),
        ("b.html", Reference("", "/politik/b.html")),
        ("https://www.spiegel.ltd/x", Reference("", "/x")),
        ("https://www.spiegel.de", Reference("www.spiegel.de", "/")),
        ("//CDN.spiegel.de:443/x.js?v=1", Reference("cdn.spiegel.de", "/x.js")),
        ("http://user@spiegel.de/x", Reference("spiegel.de", "/x")),
        ("https://bücher.example/x", Reference("xn--bcher-kva.example", "/x")),
        ("\\\\spiegel.de\\x", Reference("spiegel.de", "\\x")),
        ("#top", None),
        ("", None),
        ("javascript:void(0)", None),
        ("mailto:a@b.example", None),
        ("tel:123", None),
        ("data:image/png;base64,AAAA", None),
        ("http://exa mple/", None),
        ("https:///x", None),
    ],
)
def test_links_are_counted_by_host(reference: str, found: Reference | None) -> None:
    assert resolve(reference, BASE, "www.spiegel.ltd") == found


def test_a_base_elsewhere_takes_relative_links_along() -> None:
    base = urls.parse("https://www.spiegel.de/")
    assert resolve("/x", base, "www.spiegel.ltd") == Reference("www.spiegel.de", "/x")
    assert resolve("x", base, "www.spiegel.ltd") == Reference("www.spiegel.de", "/x")


@given(st.text(max_size=100))
def test_any_reference_is_resolved_or_left_out(reference: str) -> None:
    found = resolve(reference, BASE, "www.spiegel.ltd")
    assert found is None or found.host == found.host.lower()


@pytest.mark.parametrize(
    "path",
    [
        "/19765800/nennen-wir-ihn-doch-golf",
        "/politik/ausland/kanzler-spricht-mit-dem-praesidenten-a-1234.html",
        "/2024/05/12/some_long_title_of_an_article",
        "/artikel/wer-sind-die-leute-hinter-dem-geld/",
    ],
)
def test_articles_are_told_by_their_path(path: str) -> None:
    assert looks_like_article(path)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/politik",
        "/impressum.html",
        "/about-us",
        "/themen/klima/",
        "/static/12345678/app-main-very-long-name.js",
        "/2024/05/",
    ],
)
def test_sections_and_files_are_no_articles(path: str) -> None:
    assert not looks_like_article(path)


@pytest.mark.parametrize(
    ("content", "target"),
    [
        ("0;url=https://a.example/", "https://a.example/"),
        ("0; URL='/x y'", "/x y"),
        ('5,url="/x" trailing', "/x"),
        ("3; /x", "/x"),
        ("1.5;url=/x", "/x"),
        (".5 url=/x", "/x"),
        ("16;url=/x", ""),
        ("300", ""),
        ("0", ""),
        ("soon;url=/x", ""),
        ("", ""),
    ],
)
def test_a_refresh_is_followed_where_it_comes_by_itself(content: str, target: str) -> None:
    assert refresh_target(content) == target


@pytest.mark.parametrize(
    ("script", "target"),
    [
        ("window.location='https://a.example/x';", "https://a.example/x"),
        ('location.href = "https:\\/\\/a.example\\/x"', "https://a.example/x"),
        ("top.location.replace('/x')", "/x"),
        ("self.location.assign(`/x`);", "/x"),
        ("document.location = '/x'\nmore()", "/x"),
        ("if (location == '/x') {}", ""),
        ("var mylocation = '/x';", ""),
        ("geo.location = '/x';", ""),
        ("location = '/x' + id;", ""),
        ("location = `/x/${id}`;", ""),
        ("location = base", ""),
        ("", ""),
    ],
)
def test_only_a_literal_location_is_followed(script: str, target: str) -> None:
    assert script_target(script) == target
