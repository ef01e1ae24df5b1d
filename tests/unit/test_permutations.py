"""What is generated is recognised, each name once, in an order that can be cut, and never an own name."""

from __future__ import annotations

import tomllib
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.core.model import Outlet
from service.core.names import name as names
from service.core.names import permutations, suffixes
from service.core.names.matching import MatchIndex
from service.core.names.permutations.variants import FAMILIES
from service.core.names.watchlist import WatchList
from service.core.states import Technique, Tier


def outlet(domain: str, *own: str, languages: tuple[str, ...] = ("de",)) -> Outlet:
    return Outlet(id=domain, name="", domain=domain, own_domains=own, languages=languages)


OUTLETS = (
    outlet("bild.de", "bild.tv"),
    outlet("spiegel.de"),
    outlet("t-online.de"),
    outlet("rbc.ua", languages=("uk", "ru")),
    outlet("dw.com"),
    outlet("express.co.uk", languages=("en",)),
    outlet("washingtonpost.com", languages=("en",)),
    outlet("abcnews.go.com", languages=("en",)),
    outlet("20minutes.fr", languages=("fr",)),
)
WATCHED = WatchList(OUTLETS, allow=["spiegel.com", "bild.example"])
INDEX = MatchIndex.build(WATCHED)
SUFFIXES = ["com", "life", "co.com"]


@pytest.mark.parametrize("watched", OUTLETS, ids=lambda outlet: outlet.id)
def test_every_candidate_of_every_family_is_recognised_with_its_technique(watched: Outlet) -> None:
    made = list(permutations.candidates(watched, Tier.EDITS, WATCHED, SUFFIXES))
    found = {
        match.name: match for match in INDEX.match([candidate.name for candidate in made]) if match.outlet == watched.id
    }
    missing = [candidate for candidate in made if candidate.name not in found]
    assert not missing
    other = [candidate for candidate in made if found[candidate.name].technique is not candidate.technique]
    assert not other


def shipped() -> list[Outlet]:
    text = (Path(__file__).parents[2] / "config" / "outlets.toml").read_text("utf-8")
    return [
        Outlet(
            id=row.get("id", row["domain"]),
            name=row.get("name", ""),
            domain=row["domain"],
            own_domains=tuple(row.get("own_domains", ())),
            labels=tuple(row.get("labels", ())),
            languages=tuple(row.get("languages", ())),
        )
        for row in tomllib.loads(text)["outlet"]
    ]


def test_every_candidate_of_every_shipped_outlet_is_recognised() -> None:
    listed = WatchList(shipped())
    index = MatchIndex.build(listed)
    for watched in listed.outlets:
        made = [candidate.name for candidate in permutations.candidates(watched, Tier.EDITS, listed, ["life"])]
        recognised = {match.name for match in index.match(made) if match.outlet == watched.id}
        assert [name for name in made if name not in recognised] == []
    assert len(listed.outlets) > 3


@pytest.mark.parametrize("domain", ["süddeutsche.de", "правда.рф", "日本.jp", "a" * 45 + ".de", "x-" * 31 + "x.de"])
def test_outlets_in_other_scripts_and_with_long_labels_are_generated_and_recognised(domain: str) -> None:
    watched = outlet(names.parse(domain), languages=("ru",))
    listed = WatchList([watched])
    made = [candidate.name for candidate in permutations.candidates(watched, Tier.EDITS, listed, ["life"])]
    assert names.parse(domain).partition(".")[0] + ".life" in made
    recognised = {match.name for match in MatchIndex.build(listed).match(made)}
    assert [name for name in made if name not in recognised] == []


@settings(deadline=None, max_examples=30)
@given(
    label=st.from_regex(r"[a-z0-9]([a-z0-9-]{0,18}[a-z0-9])?", fullmatch=True).filter(lambda text: "--" not in text),
    languages=st.sampled_from([(), ("de",), ("fr", "ar"), ("uk",)]),
)
def test_whatever_the_label_what_is_generated_is_recognised(label: str, languages: tuple[str, ...]) -> None:
    watched = outlet(f"{label}.info", languages=languages)
    listed = WatchList([watched])
    made = [candidate.name for candidate in permutations.candidates(watched, Tier.EDITS, listed, ["life"])]
    recognised = {match.name for match in MatchIndex.build(listed).match(made)}
    assert [name for name in made if name not in recognised] == []


ODD_TEXTS = st.text(max_size=20) | st.sampled_from(
    [
        "xn--80aafi6cg",
        "xn--a",
        "a--b",
        "Süddeutsche",
        "Ведомости",
        "日本 新聞",
        "x" * 63,
        "x" * 64,
        "-",
        "_",
        "x." * 120,
    ]
)


@settings(deadline=None, max_examples=60)
@given(
    domain=st.sampled_from(["spiegel.de", "a.github.io", "1.de", "xn--80aafi6cg.xn--p1ai", "a." * 100 + "go.com"]),
    own=st.lists(
        st.sampled_from(["gu.com", "guardian.co.uk", "a.spiegel.de", "x--y.com", "xn--wgv71a.jp"]), max_size=2
    ),
    name=ODD_TEXTS,
    labels=st.lists(ODD_TEXTS, max_size=2),
)
def test_whatever_an_operator_writes_candidates_are_names_and_are_recognised(
    domain: str, own: list[str], name: str, labels: list[str]
) -> None:
    watched = Outlet(id=domain, name=name, domain=domain, own_domains=tuple(own), labels=tuple(labels))
    listed = WatchList([watched])
    made = [candidate.name for candidate in permutations.candidates(watched, Tier.EDITS, listed, ["life", "co.com"])]
    assert len(set(made)) == len(made)
    assert all(names.parse(text) == text and not listed.is_innocent(text) for text in made)
    recognised = {match.name for match in MatchIndex.build(listed).match(made)}
    assert [text for text in made if text not in recognised] == []


@pytest.mark.parametrize("tier", [Tier.EXACT, Tier.EDITS])
@pytest.mark.parametrize("watched", OUTLETS, ids=lambda outlet: outlet.id)
def test_candidates_are_names_come_once_and_are_nobodys_own(watched: Outlet, tier: Tier) -> None:
    made = list(permutations.candidates(watched, tier, WATCHED, SUFFIXES))
    assert len({candidate.name for candidate in made}) == len(made)
    assert not any(WATCHED.is_innocent(candidate.name) for candidate in made)
    assert all(names.parse(name) == name for name in {candidate.name for candidate in islice(made, 5_000)})
    assert all(f"{candidate.label}.{candidate.suffix}" == candidate.name for candidate in made)
    left_out = permutations.count(watched, tier, WATCHED, SUFFIXES) - len(made)
    assert 0 <= left_out <= 20


def test_own_names_of_other_outlets_and_allowed_names_are_left_out() -> None:
    made = {candidate.name for candidate in permutations.candidates(OUTLETS[1], Tier.EXACT, WATCHED)}
    assert "spiegel.ltd" in made
    assert "spiegel.co.com" in made
    assert not {"spiegel.de", "spiegel.com"} & made


def test_an_outlet_that_is_not_on_the_list_does_not_get_its_own_name() -> None:
    watched = outlet("zeitung.at")
    made = {candidate.name for candidate in permutations.candidates(watched, Tier.EXACT, WatchList([]))}
    assert "zeitung.de" in made
    assert "zeitung.at" not in made


@pytest.mark.parametrize(
    ("domain", "name", "technique"),
    [
        ("spiegel.de", "spiegel.ltd", Technique.TLD_SWAP),
        ("spiegel.de", "spiegel.co.com", Technique.SLD_SUFFIX),
        ("spiegel.de", "spiegeli.life", Technique.COMBINED),
        ("spiegel.de", "spiegel-news.com", Technique.COMBOSQUAT),
        ("spiegel.de", "derspiegel.com", Technique.COMBOSQUAT),
        ("spiegel.de", "www-spiegel.com", Technique.JOINED_SUFFIX),
        ("spiegel.de", "spiegelde.com", Technique.JOINED_SUFFIX),
        ("spiegel.de", "spiegel.de-news.com", Technique.SUBDOMAIN),
        ("spiegel.de", "spiegl.de", Technique.OMISSION),
        ("spiegel.de", "spiegell.de", Technique.REPETITION),
        ("spiegel.de", "spiegelr.de", Technique.ADDITION),
        ("spiegel.de", "spigeel.de", Technique.TRANSPOSITION),
        ("spiegel.de", "spiegal.de", Technique.VOWEL_SWAP),
        ("spiegel.de", "spiegels.de", Technique.PLURAL),
        ("spiegel.de", "spiexgel.de", Technique.INSERTION),
        ("spiegel.de", "spiegxl.de", Technique.REPLACEMENT),
        ("spiegel.de", "spiegdl.de", Technique.BITSQUAT),
        ("spiegel.de", "spie-gel.de", Technique.HYPHENATION),
        ("spiegel.de", "spiegei.de", Technique.HOMOGLYPH),
        ("spiegel.de", "xn--spegel-4va.de", Technique.IDN),
        ("t-online.de", "tonline.life", Technique.COMBINED),
        ("t-online.de", "t-onlinl.today", Technique.COMBINED),
        ("bild.de", "bildd.life", Technique.COMBINED),
        ("bild.de", "blld.live", Technique.COMBINED),
        ("rbc.ua", "rbk.media", Technique.COMBINED),
        ("abcnews.go.com", "abcnewsgo.co", Technique.JOINED_SUFFIX),
    ],
)
def test_candidates_know_their_technique(domain: str, name: str, technique: Technique) -> None:
    watched = next(outlet for outlet in OUTLETS if outlet.id == domain)
    made = {candidate.name: candidate for candidate in permutations.candidates(watched, Tier.EDITS, WATCHED)}
    assert made[name].technique is technique


def test_short_labels_get_no_plain_edits_under_their_own_suffix() -> None:
    made = {candidate.name for candidate in permutations.candidates(OUTLETS[0], Tier.EDITS, WATCHED, SUFFIXES)}
    assert not {"wild.de", "bildx.de", "bildd.de", "bld.life", "wild.life"} & made
    assert {"blld.de", "bildx.life", "bildd.life"} <= made


def test_the_tiers_differ_in_width() -> None:
    exact, edits, full = (permutations.count(OUTLETS[1], tier, WATCHED) for tier in (Tier.EXACT, Tier.EDITS, Tier.FULL))
    assert exact == len(suffixes.sweepable())
    assert 20_000 < edits < 100_000
    assert full > 1_000_000


def test_ranges_of_suffixes_put_together_are_the_whole() -> None:
    whole = list(permutations.candidates(OUTLETS[1], Tier.EXACT, WATCHED))
    total = len(permutations.suffixes_of(OUTLETS[1], Tier.EXACT))
    parts = [
        candidate
        for start in range(0, total, 700)
        for candidate in permutations.candidates(OUTLETS[1], Tier.EXACT, WATCHED, start=start, stop=start + 700)
    ]
    assert parts == whole


def test_generation_is_lazy() -> None:
    full = permutations.candidates(OUTLETS[6], Tier.FULL, WATCHED)
    assert len(list(islice(full, 10))) == 10


def test_an_operators_own_suffixes_replace_the_packaged_ones() -> None:
    found = permutations.suffixes_of(OUTLETS[0], Tier.EDITS, ["zip"])
    assert found == ("de", "tv", "zip")


def test_siblings_are_one_label_under_every_suffix() -> None:
    made = {candidate.name: candidate.technique for candidate in permutations.siblings("spiegeli", OUTLETS[1], WATCHED)}
    assert made["spiegeli.today"] is Technique.COMBINED
    assert made["spiegeli.de"] is Technique.ADDITION
    assert len(made) == len(suffixes.sweepable())
    unrelated = {candidate.technique for candidate in permutations.siblings("jiraboom", OUTLETS[1], WATCHED)}
    assert unrelated == {Technique.UNRELATED}
    with pytest.raises(ValueError, match="siblings"):
        list(permutations.candidates(OUTLETS[1], Tier.SIBLINGS, WATCHED))


def test_the_version_is_stable_and_short() -> None:
    assert permutations.generator_version() == permutations.generator_version()
    assert len(permutations.generator_version()) == 12


def test_every_technique_has_a_family() -> None:
    made_otherwise = {Technique.TLD_SWAP, Technique.SLD_SUFFIX, Technique.COMBINED, Technique.UNRELATED}
    assert set(FAMILIES) == {technique.value for technique in Technique} - {
        technique.value for technique in made_otherwise
    }
