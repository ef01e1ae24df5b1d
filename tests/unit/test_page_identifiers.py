"""Trackers' identifiers in a page's source."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.facts.identifiers import MOST, identifiers


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("gtag('config', 'G-ABC1234567')", "google:G-ABC1234567"),
        ("https://www.googletagmanager.com/gtag/js?id=UA-1234567-8", "google:UA-1234567-8"),
        ("(window,document,'script','dataLayer','GTM-M7F7NCZ')", "google:GTM-M7F7NCZ"),
        ("gtag('config','AW-123456789')", "google:AW-123456789"),
        ("data-ad-client='ca-pub-1234567890123456'", "adsense:pub-1234567890123456"),
        ("fbq('init', '123456789012345');", "meta:123456789012345"),
        ('<img src="https://www.facebook.com/tr?id=123456789012345&ev=PageView">', "meta:123456789012345"),
        ('<img src="https://www.facebook.com/tr?ev=PageView&amp;id=123456789012345">', "meta:123456789012345"),
        ("ym(90123456, 'init', {})", "yandex:90123456"),
        ('<img src="https://mc.yandex.ru/watch/90123456">', "yandex:90123456"),
        ("h._hjSettings={hjid:1234567,hjsv:6}", "hotjar:1234567"),
        (
            """data-cf-beacon='{"token": "0123456789abcdef0123456789abcdef"}'""",
            "cloudflare:0123456789abcdef0123456789abcdef",
        ),
        ('(window, document, "clarity", "script", "abcdefgh12")', "clarity:abcdefgh12"),
        ("ttq.load('C1ABCDEFGHIJKLMNOPQ0')", "tiktok:C1ABCDEFGHIJKLMNOPQ0"),
        ('_linkedin_partner_id = "1234567";', "linkedin:1234567"),
        ("VK.Retargeting.Init('VK-RTRG-123456-abcDE')", "vk:VK-RTRG-123456-abcDE"),
        (
            """var u="//stats.example.org/"; _paq.push(['setTrackerUrl', u+'matomo.php', 'setSiteId', '7']);""",
            "matomo:stats.example.org/7",
        ),
        ('<img src="https://stats.example.org/piwik/piwik.php?idsite=12&rec=1">', "matomo:stats.example.org/12"),
        ("_paq.push(['setSiteId', 3]); matomo", "matomo:3"),
    ],
)
def test_identifiers_are_found_as_loaders_write_them(source: str, found: str) -> None:
    assert identifiers(f"<html>{source}</html>") == {found}


@pytest.mark.parametrize(
    "source", ["BIG-ABC1234567", "my-UA-1234567-8", "G-ABCDEFGHIJ", "xym(123456)", "AW-12", "setSiteId()"]
)
def test_look_alikes_are_left_out(source: str) -> None:
    assert identifiers(source) == frozenset()


def test_thousands_of_identifiers_are_cut() -> None:
    assert len(identifiers(" ".join(f"UA-{10_000 + i}-1" for i in range(5000)))) == MOST


@given(st.text(alphabet="UAG-TM123456 'setSiteId,\"/.abc()=:", max_size=300))
def test_any_source_is_searched(source: str) -> None:
    assert len(identifiers(source)) <= MOST
