"""The watch list: an outlet's labels, and names that are innocent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.errors import InvalidName
from service.core.model import Outlet
from service.core.names import name as names
from service.core.names.labels import Label
from service.core.names.watchlist import WatchList, label_of, outlet_host


def outlet(
    domain: str, name: str = "", *own: str, labels: tuple[str, ...] = (), languages: tuple[str, ...] = ()
) -> Outlet:
    return Outlet(id=domain, name=name, domain=domain, own_domains=own, labels=labels, languages=languages)


def labels_of(watched: Outlet) -> list[str]:
    return [label.text for label in WatchList([watched]).labels]


@pytest.mark.parametrize(
    ("domain", "label"),
    [
        ("spiegel.de", "spiegel"),
        ("www.spiegel.de", "spiegel"),
        ("pravda.com.ua", "pravda"),
        ("abcnews.go.com", "abcnews"),
        ("zeitung.github.io", "zeitung"),
        ("co.uk", ""),
        ("nosuch.tldatall", ""),
    ],
)
def test_a_domain_is_known_by_the_label_that_readers_type(domain: str, label: str) -> None:
    assert label_of(domain) == label


@pytest.mark.parametrize(
    ("watched", "labels"),
    [
        (outlet("heraldscotland.com", "The Herald"), {"heraldscotland", "theherald"}),
        (outlet("nd-aktuell.de", "nd (Neues Deutschland)", languages=("de",)), {"nd-aktuell", "neuesdeutschland"}),
        (outlet("paok24.com", "PAOK24 (sports news)"), {"paok24"}),
        (outlet("morgenpost.de", "Berliner Morgenpost / Hamburger Morgenpost"), {"morgenpost", "berlinermorgenpost"}),
        (outlet("sueddeutsche.de", "Süddeutsche Zeitung"), {"sueddeutsche", "sueddeutschezeitung"}),
        (outlet("jpost.com", "The Jerusalem Post"), {"jpost", "thejerusalempost", "jerusalempost"}),
        (outlet("novosti.rs", "Večernje novosti"), {"novosti", "vecernjenovosti"}),
        (outlet("cnn.com", "CNN", "edition.cnn.com", "cnn.io"), {"cnn"}),
        (outlet("theguardian.com", "The Guardian", "gu.com", "guardian.co.uk"), {"theguardian", "guardian"}),
        (outlet("rbc.ua", "RBC-Ukraine"), {"rbc", "rbcukraine"}),
        (outlet("bild.de", "Bild", labels=("BILD Zeitung",)), {"bild", "bildzeitung"}),
    ],
)
def test_labels_come_from_domains_names_and_the_operator(watched: Outlet, labels: set[str]) -> None:
    found = labels_of(watched)
    assert labels <= set(found)
    assert not {"edition", "gu", "sportsnews", ""} & set(found)
    assert len({label.replace("-", "") for label in found}) == len(found)


def test_the_domains_own_label_comes_first_and_is_not_derived() -> None:
    watched = outlet("t-online.de", "t-online", "stroeer.de")
    first, *others = WatchList([watched]).labels
    assert first.text == "t-online"
    assert not first.derived
    assert all(label.derived for label in others)


def test_labels_of_an_outlet_that_is_not_on_the_list_are_worked_out() -> None:
    found = WatchList([]).labels_for(outlet("spiegel.de", "Der Spiegel", languages=("de",)))
    assert [label.text for label in found] == ["spiegel", "derspiegel"]


@pytest.mark.parametrize(
    ("watched", "labels"),
    [
        (outlet("pravda.com.ua", "Українська правда"), ["pravda", "українськаправда"]),
        (outlet("gazeta.example", "Газета Online"), ["gazeta", "газетаonline"]),  # noqa: RUF001 -- Cyrillic is meant
        (outlet("bhaskar.com", "दैनिक भास्कर"), ["bhaskar", "दैनिकभास्कर"]),
        (outlet("x.example", labels=("правда", "!?", "-", "a" * 64)), ["x", "правда"]),
    ],
)
def test_names_in_other_scripts_are_kept_whole(watched: Outlet, labels: list[str]) -> None:
    assert [names.decoded(label) for label in labels_of(watched)] == labels


def test_a_label_that_looks_like_nothing_in_ascii_is_only_itself() -> None:
    (pravda,) = WatchList([outlet(names.parse("правда.рф"))]).labels
    (express,) = WatchList([outlet(names.parse("ехргеѕѕ.рф"))]).labels  # noqa: RUF001 -- look-alikes are meant
    assert not pravda.readable
    assert express.readable
    assert express.bare == "express"


def test_an_outlet_without_a_name_has_its_domains_label_only() -> None:
    assert labels_of(outlet("nd-aktuell.de", "nd-aktuell.de")) == ["nd-aktuell"]


def test_a_label_that_two_sources_give_counts_as_the_nearer_ones() -> None:
    watched = outlet("t-online.de", "T Online", "t-online.at", "stroeer.de", labels=("tonline",))
    found = {label.text: label.derived for label in WatchList([watched]).labels}
    assert found == {"t-online": False, "stroeer": True}


@given(
    name=st.text(max_size=40),
    labels=st.lists(st.text(max_size=80), max_size=3),
    languages=st.sampled_from([(), ("de",), ("nosuch",)]),
)
def test_any_name_and_labels_give_labels_that_a_registry_could_hold(
    name: str, labels: list[str], languages: tuple[str, ...]
) -> None:
    watched = outlet("spiegel.de", name, labels=tuple(labels), languages=languages)
    assert all(names.parse(f"{text}.de") == f"{text}.de" for text in labels_of(watched))


def test_own_domains_and_what_lies_below_them_belong_to_their_outlet() -> None:
    watched = WatchList(
        [outlet("spiegel.de", "Der Spiegel", "spiegel.tv"), outlet("abcnews.go.com")], allow=["spiegel.example"]
    )
    assert watched.is_own("spiegel.de") == "spiegel.de"
    assert watched.is_own("www.spiegel.tv") == "spiegel.de"
    assert watched.is_own("a.abcnews.go.com") == "abcnews.go.com"
    assert watched.is_own("go.com") is None
    assert watched.is_own("spiegel.ltd") is None
    assert watched.is_innocent("www.spiegel.example")
    assert not watched.is_innocent("notspiegel.de")
    assert watched.innocent_under("de") == {"spiegel"}


@pytest.mark.parametrize(
    ("label", "edits"),
    [("dw", 0), ("bild", 0), ("delfi", 1), ("spiegel", 1), ("bloomberg", 2), ("guardian", 1), ("mailonline", 1)],
)
def test_longer_labels_bear_more_edits_and_common_words_fewer(label: str, edits: int) -> None:
    assert Label.of(outlet(f"{label}.com"), label, derived=False).budget == edits


def test_an_outlets_host_is_read_as_people_type_it() -> None:
    for text in ("WWW.Spiegel.de.", "https://www.spiegel.de/", "spiegel.de/politik?x=1", "https://spiegel.de:443"):
        assert outlet_host(text) == "spiegel.de"
    for text in ("de", "no such", "localhost", "https://", "https://10.0.0.1/", "https://[::1]/"):
        with pytest.raises(InvalidName):
            outlet_host(text)
