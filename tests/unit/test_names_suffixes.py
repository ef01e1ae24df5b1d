"""Public suffixes: the list's rules, and which suffixes are swept."""

from __future__ import annotations

from importlib.resources import files

import pytest
from publicsuffixlist import PublicSuffixList

from service.core.names import suffixes

PRIVATE = ("github.io", "pages.dev", "blogspot.com")


def test_every_rule_of_the_list_gives_what_the_package_itself_gives() -> None:
    reference = PublicSuffixList(accept_unknown=False)
    text = files("publicsuffixlist").joinpath("public_suffix_list.dat").read_text("utf-8")
    rules = [line.split()[0] for line in text.splitlines() if line and not line.startswith("//") and line.isascii()]
    for rule in rules:
        name = rule.removeprefix("!").replace("*.", "any.")
        for host in (name, f"a.{name}", f"b.a.{name}"):
            assert suffixes.public_suffix(host) == reference.publicsuffix(host), host


def test_sweeps_cover_what_anybody_can_register_under() -> None:
    swept = set(suffixes.sweepable())
    assert {"com", "de", "ltd", "life", "co.uk", "com.ua", "kiev.ua", "co.com", "eu.com", "com.de", "gr.com"} <= swept
    assert len(swept) == len(suffixes.sweepable())
    assert 2_000 < len(swept) < 3_000


@pytest.mark.parametrize(
    "suffix", ["arpa", "bmw", "google", "gov.uk", "ac.jp", "kobe.jp", "milano.it", "github.io", "edu"]
)
def test_sweeps_leave_out_what_nobody_else_can_register_under(suffix: str) -> None:
    assert suffix not in suffixes.sweepable()


def test_suffixes_of_campaigns_are_swept_and_come_most_used_first() -> None:
    assert set(suffixes.campaign()) <= set(suffixes.sweepable())
    assert suffixes.campaign()[:3] == ("com", "ltd", "life")


def test_platforms_are_private_suffixes_that_are_not_like_a_registry() -> None:
    assert {"github.io", "pages.dev", "blogspot.com"} <= set(filter(suffixes.is_platform, PRIVATE))
    assert not any(map(suffixes.is_platform, ("co.com", "co.uk", "de")))
    assert not any(map(suffixes.is_platform, suffixes.sweepable()))


def test_every_registry_like_suffix_is_one_of_the_list() -> None:
    assert all(suffixes.public_suffix(suffix) == suffix for suffix in suffixes.REGISTRY_LIKE)
