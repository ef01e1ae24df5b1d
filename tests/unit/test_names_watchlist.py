"""The watch list: an outlet's labels, and names that are innocent."""

from __future__ import annotations

import pytest

from service.core.errors import InvalidName
from service.core.model import Outlet
from service.core.names.labels import Label
from service.core.names.watchlist import WatchList, label_of, outlet_host


def outlet(
    domain: str, name: str = "", *own: str, labels: tuple[str, ...] = (), languages: tuple[str, ...] = ()
) -> Outlet:
    return Outlet(id=domain, name=name, domain=domain, own_domains=own, labels=labels, languages=languages)


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
    found = WatchList([watched]).labels_of(watched)
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
    assert WatchList([]).labels_of(outlet("spiegel.de", "Der Spiegel", languages=("de",)))[0] == "spiegel"


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
    assert outlet_host("WWW.Spiegel.de.") == "spiegel.de"
    for text in ("de", "no such", "localhost"):
        with pytest.raises(InvalidName):
            outlet_host(text)
