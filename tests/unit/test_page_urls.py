"""Web addresses as pages and reports write them."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.errors import InvalidInput
from service.core.facts import urls


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("http://spiegel.ltd", "http://spiegel.ltd/"),
        ("HTTPS://Spiegel.LTD:443/A?b=C#d", "https://spiegel.ltd/A?b=C"),
        ("http://spiegel.ltd:8080/", "http://spiegel.ltd:8080/"),
        ("http://spiegel.ltd.", "http://spiegel.ltd/"),
        ("  http://spiegel.ltd/a\n\tb ", "http://spiegel.ltd/ab"),
        ("http:\\\\spiegel.ltd\\a", "http://spiegel.ltd/a"),
        ("http://bücher.example/ü ?q=ä&x=%E4|", "http://xn--bcher-kva.example/%C3%BC%20?q=%C3%A4&x=%E4|"),
        ("http://93.184.216.34/", "http://93.184.216.34/"),
        ("http://[2606:4700:0::1111]/", "http://[2606:4700::1111]/"),
        ("http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/"),
    ],
)
def test_an_address_has_one_form(written: str, read: str) -> None:
    assert urls.parse(written).text == read


@pytest.mark.parametrize(
    ("reference", "read"),
    [
        ("/a/b", "https://site.example/a/b"),
        ("b?c", "https://site.example/dir/b?c"),
        ("//other.example/x", "https://other.example/x"),
        ("?q=1", "https://site.example/dir/page?q=1"),
        ("http://other.example", "http://other.example/"),
        ("../../../x", "https://site.example/x"),
        ("\\\\other.example\\x", "https://other.example/x"),
    ],
)
def test_references_are_relative_to_the_page(reference: str, read: str) -> None:
    assert urls.parse(reference, "https://site.example/dir/page").text == read


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("file:///etc/passwd", "scheme"),
        ("ftp://site.example/", "scheme"),
        ("gopher://site.example/", "scheme"),
        ("data:text/html,x", "scheme"),
        ("javascript:alert(1)", "scheme"),
        ("spiegel.ltd/x", "scheme"),
        ("http://user@10.0.0.1/", "user name"),
        ("http://good.example@10.0.0.1/", "user name"),
        ("http://good.example:pass@evil.example/", "user name"),
        ("http:///x", "no host"),
        ("http://2130706433/", "number"),
        ("http://0x7f000001/", "number"),
        ("http://0177.1/", "number"),
        ("http://127.1/", "number"),
        ("http://127.0.0.1./", "number"),
        ("http://010.0.0.1/", "number"),
        ("http://[fe80::1%25eth0]/", "zone"),
        ("http://[fe80::1/", "not a URL"),
        ("http://site.example:99999/", "not a URL"),
        ("http://site.example:x/", "not a URL"),
        ("http://a..example/", "empty label"),
        ("http://" + "a" * 64 + ".example/", "octets"),
        ("http://site.example/" + "a" * 9000, "characters"),
    ],
)
def test_what_no_browser_should_ask_for_is_refused_with_the_reason(written: str, why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        urls.parse(written)


@given(st.text(max_size=200), st.sampled_from([None, "https://site.example/dir/page"]))
def test_any_text_is_an_address_or_refused(written: str, base: str | None) -> None:
    try:
        found = urls.parse(written, base)
    except InvalidInput:
        return
    assert found.text.isascii()
    assert urls.parse(found.text) == found


@given(st.text(alphabet="aZ0.-_/?#@:%[]\\ ü&=|{}<>\"'^`\t", max_size=60))
def test_the_http_client_reads_the_same_host_as_we_do(written: str) -> None:
    """Else the name that was vetted would not be the one that is asked for."""
    try:
        found = urls.parse("http://" + written)
    except InvalidInput:
        return
    theirs = httpx.URL(found.text)
    assert (theirs.scheme, theirs.raw_host.decode().strip("[]"), theirs.port or 80) == (
        found.scheme,
        found.host,
        found.port,
    )
