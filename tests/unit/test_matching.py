"""Which names match which outlet, with which technique and how strongly."""

from __future__ import annotations

import pytest

from service.core.model import NameMatch, Outlet
from service.core.names.matching import MatchIndex
from service.core.names.readings import STRONG
from service.core.names.watchlist import WatchList
from service.core.states import Technique


def outlet(domain: str, name: str = "", *own: str, languages: tuple[str, ...] = ("en",)) -> Outlet:
    return Outlet(id=domain, name=name, domain=domain, own_domains=own, languages=languages)


WATCHED = WatchList(
    (
        outlet("bild.de", "Bild", "bild.tv", languages=("de",)),
        outlet("spiegel.de", "Der Spiegel", "spiegel-online.de", languages=("de",)),
        outlet("t-online.de", "t-online", languages=("de",)),
        outlet("welt.de", "Die Welt", "welt.tv", languages=("de",)),
        outlet("faz.net", "Frankfurter Allgemeine Zeitung", languages=("de",)),
        outlet("sueddeutsche.de", "Süddeutsche Zeitung", "sz.de", languages=("de",)),
        outlet("rbc.ua", "RBC-Ukraine", languages=("uk", "ru")),
        outlet("pravda.com.ua", "Ukrainska Pravda", languages=("uk", "ru", "en")),
        outlet("unian.ua", "UNIAN", languages=("uk", "ru")),
        outlet("abcnews.go.com", "ABC News (US)", "abcnews.com"),
        outlet("theguardian.com", "The Guardian", "guardian.co.uk"),
        outlet("guardian.co.tt", "Trinidad & Tobago Guardian"),
        outlet("mirror.co.uk", "Daily Mirror"),
        outlet("dw.com", "Deutsche Welle"),
        outlet("cnn.com", "CNN"),
        outlet("dailymail.co.uk", "Daily Mail"),
        outlet("yallakora.com", "Yallakora", languages=("ar",)),
        outlet("hellasjournal.com", "Hellas Journal", languages=("el",)),
    ),
    allow=("spiegel.allowed.example", "mirror.com"),
)
INDEX = MatchIndex.build(WATCHED)


def match(name: str, outlet_id: str) -> NameMatch | None:
    return next((found for found in INDEX.match_one(name) if found.outlet == outlet_id), None)


@pytest.mark.parametrize(
    ("name", "outlet_id", "technique"),
    [
        ("spiegel.ltd", "spiegel.de", Technique.TLD_SWAP),
        ("bild.work", "bild.de", Technique.TLD_SWAP),
        ("dw.life", "dw.com", Technique.TLD_SWAP),
        ("spiegel.co.com", "spiegel.de", Technique.SLD_SUFFIX),
        ("theguardian.co.com", "theguardian.com", Technique.SLD_SUFFIX),
        ("spiegel.github.io", "spiegel.de", Technique.SLD_SUFFIX),
        ("spiegeli.life", "spiegel.de", Technique.COMBINED),
        ("spiegelr.today", "spiegel.de", Technique.COMBINED),
        ("t-onlinl.life", "t-online.de", Technique.COMBINED),
        ("tonline.cfd", "t-online.de", Technique.COMBINED),
        ("blld.live", "bild.de", Technique.COMBINED),
        ("bildd.lol", "bild.de", Technique.COMBINED),
        ("bild-d.beauty", "bild.de", Technique.COMBINED),
        ("fazz.lol", "faz.net", Technique.COMBINED),
        ("weltt.beauty", "welt.de", Technique.COMBINED),
        ("rbk.kiev.ua", "rbc.ua", Technique.COMBINED),
        ("heiiasjournai.com", "hellasjournal.com", Technique.HOMOGLYPH),
        ("yallakora-egy.com", "yallakora.com", Technique.COMBOSQUAT),
        ("dwnewstoday.com", "dw.com", Technique.COMBOSQUAT),
        ("themirrornewstoday.com", "mirror.co.uk", Technique.COMBOSQUAT),
        ("bildzeitung.de", "bild.de", Technique.COMBOSQUAT),
        ("derspiegel.com", "spiegel.de", Technique.TLD_SWAP),
        ("cnn-africa.co", "cnn.com", Technique.COMBOSQUAT),
        ("pravda-ua.com", "pravda.com.ua", Technique.JOINED_SUFFIX),
        ("ua-pravda.click", "pravda.com.ua", Technique.JOINED_SUFFIX),
        ("abcnewsgo.co", "abcnews.go.com", Technique.JOINED_SUFFIX),
        ("www-bild.de", "bild.de", Technique.JOINED_SUFFIX),
        ("wwwbild.de", "bild.de", Technique.JOINED_SUFFIX),
        ("m-bild.de", "bild.de", Technique.JOINED_SUFFIX),
        ("xn--spegel-4va.de", "spiegel.de", Technique.IDN),
        ("xn--sddeutsche-9db.life", "sueddeutsche.de", Technique.IDN),
        ("spiegel.de.example.com", "spiegel.de", Technique.SUBDOMAIN),
        ("www.spiegel.de-news.com", "spiegel.de", Technique.SUBDOMAIN),
        ("spiegel-de.example.com", "spiegel.de", Technique.SUBDOMAIN),
        ("bild.de.example.com", "bild.de", Technique.SUBDOMAIN),
        ("spiegel.example.com", "spiegel.de", Technique.SUBDOMAIN),
        ("video.spiegelr.today", "spiegel.de", Technique.COMBINED),
        ("spiegl.de", "spiegel.de", Technique.OMISSION),
    ],
)
def test_lookalikes_match_with_their_technique(name: str, outlet_id: str, technique: Technique) -> None:
    found = match(name, outlet_id)
    assert found is not None
    assert found.technique is technique


@pytest.mark.parametrize(
    "name",
    [
        "wild.com",
        "build.com",
        "bilder.de",
        "ausbildung.de",
        "welle.de",
        "nasa.gov",
        "union.golf",
        "ordinary.com",
        "express.com",
        "umwelt.nrw.de",
        "blackmirror.com",
        "newcnnx.com",
        "de",
        "co.com",
        "localhost",
        "bild.nosuchtld",
        "bild.example.com",
        "xn--wgv71a.com",
    ],
)
def test_ordinary_names_do_not_match(name: str) -> None:
    assert INDEX.match_one(name) == []


@pytest.mark.parametrize(
    "name",
    [
        "bild.de",
        "www.bild.tv",
        "a.b.spiegel.de",
        "guardian.co.uk",
        "guardian.co.tt",
        "abcnews.go.com",
        "spiegel.allowed.example",
        "www.mirror.com",
    ],
)
def test_own_and_allowed_names_are_silent_for_every_outlet(name: str) -> None:
    assert INDEX.match_one(name) == []


def test_a_name_can_resemble_two_outlets_and_matches_each_once() -> None:
    found = INDEX.match_one("guardian.hair")
    assert [one.outlet for one in found] == ["guardian.co.tt", "theguardian.com"]


def test_a_match_says_its_registrable_form() -> None:
    found = match("video.spiegelr.today", "spiegel.de")
    assert found is not None
    assert (found.name, found.domain, found.distance) == ("video.spiegelr.today", "spiegelr.today", 1)


@pytest.mark.parametrize(
    ("stronger", "weaker"),
    [
        ("spiegel.ltd", "spiegeli.life"),
        ("spiegeli.life", "spiegelx-abc.com"),
        ("hellasjournal.news", "hellasjournl.news"),
        ("hellasjournl.news", "helasjournl.news"),
        ("spiegel-news.com", "spiegel-qwertz.com"),
        ("themirrornewstoday.com", "mirrornews.com"),
        ("spiegel.de.example.com", "spiegel.example.com"),
        ("bildd.life", "bildx.life"),
        ("sueddeutsche.life", "mueddeutsche.life"),
    ],
)
def test_scores_fall_with_what_is_changed_or_unexplained(stronger: str, weaker: str) -> None:
    scores = [max((found.score for found in INDEX.match_one(name)), default=0.0) for name in (stronger, weaker)]
    assert scores[0] > scores[1]


@pytest.mark.parametrize(
    "name", ["spiegel.ltd", "bild.live", "dw.pe", "mirror.news", "spiegelr.today", "pravda-ua.com"]
)
def test_clones_of_real_campaigns_are_strong(name: str) -> None:
    assert max(found.score for found in INDEX.match_one(name)) >= STRONG


def test_an_empty_watch_list_matches_nothing() -> None:
    assert MatchIndex.build(WatchList([])).match(["spiegel.ltd", "a.b.c.com"]) == []
    assert INDEX.match([]) == []


@pytest.mark.parametrize("domain", ["x.com", "de", "nosuch.tldatall", "online.de", "co.uk", "a-b.com", "1.de"])
def test_odd_outlets_can_be_watched(domain: str) -> None:
    index = MatchIndex.build(WatchList([outlet(domain)]))
    index.match(["x.ltd", "online.ltd", "ab.com", "xnews.com", "a.b.c.d.com", "1.live", "www.1.com"])


def test_matches_come_in_the_order_of_the_names() -> None:
    hosts = ["welt.ltd", "x.com", "bild.ltd", "a.spiegel.de.b.com", "dw.ltd"] * 3
    assert [found.name for found in INDEX.match(hosts)] == [host for host in hosts if host != "x.com"]
