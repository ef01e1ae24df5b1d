"""Each family makes what its name says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from service.core.names import name as names
from service.core.names import skeleton
from service.core.names.permutations import homoglyph, idn, keyboards
from service.core.names.permutations.context import Context
from service.core.names.permutations.variants import FAMILIES

CONTEXT = Context(domain="spiegel.de", words=("news",), articles=("der",), joins=("de",))
LABELS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,12}[a-z0-9])?", fullmatch=True)

MADE = {
    "addition": {"spiegelr", "xspiegel"},
    "omission": {"spiegl", "piegel"},
    "repetition": {"spiegell", "sspiegel"},
    "replacement": {"spiegrl", "spiegxl"},
    "insertion": {"spieggel", "spxiegel"},
    "transposition": {"psiegel", "spiegle"},
    "vowel-swap": {"speegel", "spiegal"},
    "bitsquat": {"spiegem", "spiggel"},
    "hyphenation": {"s-piegel", "spie-gel"},
    "plural": {"spiegels", "spiegeles"},
    "homoglyph": {"splegel", "spiege1", "5p1egel", "spieqel"},
    "idn": {"xn--spegel-4va"},
    "joined-suffix": {"spiegelde", "spiegel-de", "de-spiegel", "wwwspiegel", "www-spiegel"},
    "combosquat": {"spiegelnews", "news-spiegel", "derspiegel", "der-spiegel", "spiegel2025"},
    "subdomain": {"spiegel.de-news"},
}


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_makes_what_its_name_says(family: str) -> None:
    made = set(FAMILIES[family]("spiegel", CONTEXT))
    assert MADE[family] <= made
    assert "spiegel" not in made or family == "hyphenation"


@given(LABELS)
def test_single_edits_are_one_edit_away(label: str) -> None:
    for family in (
        "addition",
        "omission",
        "repetition",
        "replacement",
        "insertion",
        "transposition",
        "vowel-swap",
        "bitsquat",
    ):
        assert all(OSA.distance(label, made) <= 1 for made in FAMILIES[family](label, CONTEXT))


@given(LABELS)
def test_homoglyphs_look_like_the_label(label: str) -> None:
    for made in homoglyph.permute(label, CONTEXT):
        assert spelled_out(made) == spelled_out(label)


def spelled_out(label: str) -> str:
    """Look-alikes fallen together; pairs stand for letters, since letters for pairs depend on what is beside them."""
    text = skeleton.folded(label)
    for pair, letter in skeleton.PAIRS:
        text = text.replace(letter, pair)
    return text


@given(LABELS)
def test_internationalised_labels_could_be_registered_and_read_as_the_label(label: str) -> None:
    for made in idn.permute(label, CONTEXT):
        shown = names.decoded(made)
        assert shown is not None
        assert names.encoded(shown) == made
        assert len(made) <= names.MAX_LABEL
        readings = [skeleton.folded(skeleton.bare(reading)) for reading in skeleton.ascii_readings(made)]
        assert skeleton.folded(skeleton.bare(label)) in readings


def test_whole_labels_are_written_in_other_scripts() -> None:
    shown = {names.decoded(made) for made in idn.permute("express", CONTEXT)}
    assert "ехргеѕѕ" in shown  # noqa: RUF001 -- look-alikes are what this is about


def test_one_letter_of_another_script_stands_among_latin_ones() -> None:
    shown = {names.decoded(made) for made in idn.permute("express", CONTEXT)}
    assert {"exprеss", "eхpress", "expreѕѕ", "exρress"} <= shown  # noqa: RUF001 -- look-alikes are what this is about


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("label", ["", "a", "-", "a-", "t-online", "x" * 63])
def test_odd_labels_break_no_family(family: str, label: str) -> None:
    assert all(isinstance(made, str) for made in FAMILIES[family](label, CONTEXT))


def test_keys_side_by_side_are_neighbours_both_ways() -> None:
    assert {"r", "w", "s", "d", "z"} <= set(keyboards.NEIGHBOURS["e"]) | set(keyboards.NEIGHBOURS["t"])
    for key, others in keyboards.NEIGHBOURS.items():
        assert all(key in keyboards.NEIGHBOURS[other] for other in others), key
