from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.adapters import codec
from service.adapters.extract import extract
from service.core.facts.accounts import accounts
from service.core.facts.page import PageFacts
from service.core.persistence.traits import Copied, Trait, traits_of
from tests.fakes_judging import fetched, look, site

URL = "https://nordbote.ltd/"


@pytest.mark.parametrize(
    ("key", "content", "found"),
    [
        ("twitter:site", "@DerNordbote", ["x-account:dernordbote"]),
        ("twitter:site", "https://twitter.com/DerNordbote", ["x-account:dernordbote"]),
        ("twitter:site", "der nordbote, jeden tag", []),
        ("twitter:site", "@WordPressDotCom", []),
        ("twitter:creator", "@reporter", []),
        (
            "fb:pages",
            "37816894428, 63811549237,37816894428",
            ["facebook-page:37816894428", "facebook-page:63811549237"],
        ),
        ("fb:pages", "https://www.facebook.com/nordbote", []),
        (
            "apple-itunes-app",
            "app-id=424881832, app-argument=https://nordbote.de/a?id=1234567890",
            ["apple-app:424881832"],
        ),
        ("al:ios:app_store_id", "424881832", ["apple-app:424881832"]),
        ("al:android:package", "de.Nordbote.App", ["android-app:de.nordbote.app"]),
        ("al:android:package", "keins", []),
    ],
)
def test_an_account_has_one_spelling(key: str, content: str, found: list[str]) -> None:
    assert accounts(key, content) == found


@given(st.sampled_from(["twitter:site", "fb:pages", "apple-itunes-app", "al:android:package"]), st.text(max_size=300))
def test_whatever_a_field_holds_an_account_is_short_and_plain(key: str, content: str) -> None:
    assert all(len(found) < 320 and " " not in found for found in accounts(key, content))


def test_a_page_s_accounts_and_names_are_read() -> None:
    page = extract(
        '<meta name="twitter:site" content="@nordbote"><meta name="apple-itunes-app" content="app-id=424881832">'
        '<meta name="application-name" content=" Der Nordbote "><meta property="al:ios:app_name" content="Nordbote">',
        URL,
    )
    assert page.accounts == {"x-account:nordbote", "apple-app:424881832"}
    assert page.names == ("Der Nordbote", "Nordbote")
    assert page.identifiers == frozenset()


def test_a_page_with_thousands_of_accounts_and_names_is_bounded() -> None:
    many = "".join(
        f'<meta name="twitter:site" content="@a{n}"><meta name="application-name" content="n{n}">' for n in range(5000)
    )
    page = extract(many, URL)
    assert len(page.accounts) <= 60
    assert len(page.names) <= 8


def test_a_page_stored_before_accounts_and_names_were_read_loads_without_any() -> None:
    stored = codec.dumps(PageFacts, PageFacts(title="Alt"))
    assert "accounts" not in stored
    assert codec.loads(PageFacts, stored) == PageFacts(title="Alt")


def test_an_account_is_no_trait_that_ties_two_sites() -> None:
    page = '<meta name="twitter:site" content="@theme"><script>gtag("config","G-FREMD00001")</script>'
    found = traits_of(site(), look([fetched(page, URL)]), Copied())
    assert {trait for trait in found if trait.kind == "identifier"} == {Trait("identifier", "google:G-FREMD00001")}
