"""What robots.txt, sitemaps and feeds list, and what they must not do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.facts.listings import MOST_LISTED, Listing, listing, robots

AT = "https://spiegel.ltd/sitemap.xml"
SITEMAP = b"""
<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
 xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
<url><loc> https://spiegel.ltd/a?x=1&amp;y </loc><image:image><image:loc>/i.png</image:loc></image:image></url>
<url><loc><![CDATA[/b]]></loc></url><url><loc>/b</loc></url></urlset>"""
INDEX = b"<sitemapindex><sitemap><loc>https://spiegel.ltd/s1.xml.gz</loc></sitemap></sitemapindex>"
RSS = b"""<rss version="2.0"><channel><link>https://spiegel.ltd/</link><item><title>A &lt; B</title>
<link>https://spiegel.ltd/artikel-1</link></item><item><link/></item></channel></rss>"""
ATOM = b"""<feed xmlns="http://www.w3.org/2005/Atom"><link href="/"/><entry><link rel="edit" href="/e"/>
<link href="/artikel-2"/></entry></feed>"""
CYRILLIC = "<urlset><url><loc>/ж</loc></url></urlset>"
CYRILLIC_PAGE = "https://spiegel.ltd/%D0%B6"


@pytest.mark.parametrize(
    ("body", "pages", "sitemaps"),
    [
        (SITEMAP, ("https://spiegel.ltd/a?x=1&y", "https://spiegel.ltd/b"), ()),
        (INDEX, (), ("https://spiegel.ltd/s1.xml.gz",)),
        (RSS, ("https://spiegel.ltd/artikel-1",), ()),
        (ATOM, ("https://spiegel.ltd/artikel-2",), ()),
        (RSS[:-40] + b"<broken", ("https://spiegel.ltd/artikel-1",), ()),
        (b"<html><body>404", (), ()),
        (b"", (), ()),
        (f'<?xml version="1.0" encoding="cp1251"?>{CYRILLIC}'.encode("cp1251"), (CYRILLIC_PAGE,), ()),
        (f'<?xml version="1.0" encoding="utf-7"?>{CYRILLIC}'.encode(), (CYRILLIC_PAGE,), ()),
        (f'\ufeff<?xml version="1.0" encoding="zlib"?>{CYRILLIC}'.encode(), (CYRILLIC_PAGE,), ()),
        (b"<urlset><url><loc>javascript:x</loc></url><url><loc>http://a b/</loc></url></urlset>", (), ()),
    ],
)
def test_addresses_are_read_from_every_kind_of_listing(
    body: bytes, pages: tuple[str, ...], sitemaps: tuple[str, ...]
) -> None:
    assert listing(body, AT) == Listing(pages=pages, sitemaps=sitemaps)


def test_robots_names_sitemaps() -> None:
    body = b"User-agent: *\r\nDisallow: /\r\nSITEMAP: https://spiegel.ltd/s.xml\r\n sitemap:/t.xml # x\nSitemap:"
    assert robots(body, "https://spiegel.ltd/robots.txt").sitemaps == (
        "https://spiegel.ltd/s.xml",
        "https://spiegel.ltd/t.xml",
    )


LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaaaaaaaa">""" + b"".join(
    b'<!ENTITY %s "%s">' % (bytes([98 + i]), b"&%s;" % bytes([97 + i]) * 10) for i in range(9)
)


@pytest.mark.parametrize(
    "declaration",
    [
        LAUGHS + b"]>",
        b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>',
        b'<!DOCTYPE x [<!ENTITY % p SYSTEM "http://169.254.169.254/"> %p;]>',
    ],
)
def test_a_document_that_declares_entities_ends_there(declaration: bytes) -> None:
    body = declaration + b"<urlset><url><loc>/&f;&j;</loc></url><url><loc>/b</loc></url></urlset>"
    assert listing(body, AT) == Listing()


def test_an_outside_definition_is_not_asked_for() -> None:
    body = b'<!DOCTYPE urlset SYSTEM "http://169.254.169.254/x.dtd"><urlset><url><loc>/a</loc></url></urlset>'
    assert listing(body, AT).pages == ("https://spiegel.ltd/a",)


def test_depth_and_number_are_bounded() -> None:
    assert listing(b"<a>" * 100_000, AT) == Listing()
    many = b"".join(b"<url><loc>/%d</loc></url>" % i for i in range(5000))
    assert len(listing(b"<urlset>" + many + b"</urlset>", AT).pages) == MOST_LISTED
    assert listing(b"<urlset><url><loc>/" + b"a" * 1_000_000 + b"</loc></url></urlset>", AT) == Listing()


@given(
    st.lists(st.sampled_from([b"<url>", b"<loc>", b"/a", b"</loc>", b"</url>", b"<!DOCTYPE", b"&", b"\xff", b"]]>"]))
)
def test_any_bytes_give_a_listing(pieces: list[bytes]) -> None:
    assert len(listing(b"<urlset>" + b"".join(pieces), AT).pages) <= MOST_LISTED
