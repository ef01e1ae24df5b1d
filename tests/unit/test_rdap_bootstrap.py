"""Which RDAP server is responsible for a name."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.adapters.rdap_bootstrap import (
    UNLISTED,
    at_registry_level,
    find_service,
    parse_bootstrap,
    vendored_services,
    with_unlisted,
)


def test_the_list_that_comes_along_knows_the_common_suffixes() -> None:
    services = vendored_services()
    assert len(services) >= 1200
    assert services["com"] == "https://rdap.verisign.com/com/v1/"
    assert services["de"] == "https://rdap.denic.de/"
    assert "eu" not in services


def test_what_iana_lists_goes_before_our_own_table() -> None:
    assert with_unlisted({"de": "https://iana.example/"})["de"] == "https://iana.example/"
    assert with_unlisted({})["io"] == UNLISTED["io"]


@pytest.mark.parametrize(
    ("domain", "suffix", "authoritative"),
    [
        ("bild.com", "com", True),
        ("bild.co.uk", "uk", True),
        ("bild.eu.com", "eu.com", True),
        ("bild.co.com", "com", False),
        ("bild.blogspot.com", "com", False),
    ],
)
def test_the_longest_suffix_answers_and_counts_only_for_its_own_level(
    domain: str, suffix: str, *, authoritative: bool
) -> None:
    service = find_service(vendored_services(), domain)
    assert service is not None
    assert service.suffix == suffix
    assert service.is_authoritative_for(domain) == authoritative


def test_a_suffix_without_rdap_has_no_service() -> None:
    assert find_service(vendored_services(), "bild.eu") is None
    assert find_service(vendored_services(), "localhost") is None


def test_a_name_below_a_private_suffix_is_not_the_registrys() -> None:
    assert at_registry_level("bild.ltd")
    assert at_registry_level("bild.co.uk")
    assert at_registry_level("lab.example")
    assert not at_registry_level("bild.co.com")
    assert not at_registry_level("bild.github.io")


@pytest.mark.parametrize(
    ("urls", "chosen"),
    [
        (["http://a.example/", "https://b.example/rdap"], "https://b.example/rdap/"),
        (["http://a.example/"], "http://a.example/"),
        (["ftp://a.example/", 7, None, "https://" + "a" * 400, "https:///x"], None),
    ],
)
def test_https_goes_before_http_and_nonsense_is_left_out(urls: list[Any], chosen: str | None) -> None:
    document = {"services": [[["com"], urls], [["net"], ["https://n.example/"]]]}
    assert parse_bootstrap(document).get("com") == chosen


JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=15,
)


@given(JSON | st.fixed_dictionaries({"services": JSON}))
def test_any_json_is_a_list_of_services_or_refused(document: Any) -> None:
    with contextlib.suppress(ValueError):
        assert parse_bootstrap(document)
