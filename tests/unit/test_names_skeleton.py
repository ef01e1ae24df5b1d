"""What labels look like, and which words they are made of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.names import skeleton, vocabulary
from service.core.names.vocabulary import Kind

LABELS = st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("label", "other"),
    [
        ("bild", "blld"),
        ("bild", "b1ld"),
        ("mirror", "rnirror"),
        ("welt", "vvelt"),
        ("delfi", "clelfi"),
        ("hellasjournal", "heiiasjournai"),
        ("t-online", "tonline"),
        ("reuters", "reuter5"),
        ("obozrevatel", "0b0zrevatel"),
    ],
)
def test_labels_that_look_alike_have_one_skeleton(label: str, other: str) -> None:
    assert skeleton.skeleton(label) == skeleton.skeleton(other)


@pytest.mark.parametrize(("label", "other"), [("bild", "wild"), ("welt", "well"), ("ansa", "nasa")])
def test_labels_that_do_not_look_alike_keep_apart(label: str, other: str) -> None:
    assert skeleton.skeleton(label) != skeleton.skeleton(other)


@given(LABELS)
def test_folding_keeps_the_length_and_is_the_same_for_text_and_octets(label: str) -> None:
    assert len(skeleton.folded(label)) == len(label)
    assert skeleton.folded(label).encode() == label.encode().translate(skeleton.FOLD)
    assert skeleton.folded(skeleton.folded(label)) == skeleton.folded(label)


@pytest.mark.parametrize(
    ("label", "readings"),
    [
        ("bild", ("bild",)),
        ("xn--bld-rma", ("bild",)),  # bíld
        ("xn--c1adb6bya3ha", ("express",)),  # in Cyrillic, letter by letter
        ("xn--sddeutsche-9db", ("suddeutsche", "sueddeutsche")),
        ("xn--wgv71a", ()),  # 日本
        ("xn--999999999", ()),
    ],
)
def test_punycode_is_read_as_what_it_looks_like(label: str, readings: tuple[str, ...]) -> None:
    assert skeleton.ascii_readings(label) == readings


@given(st.text(alphabet=st.characters(min_codepoint=0x80), min_size=1, max_size=12))
def test_every_punycode_label_has_at_most_two_ascii_readings(shown: str) -> None:
    try:
        label = "xn--" + shown.encode("punycode").decode("ascii")
    except UnicodeError:
        return
    readings = skeleton.ascii_readings(label)
    assert len(readings) <= 2
    assert all(reading.isascii() for reading in readings)


WORDS = vocabulary.affixes(("de",))


@pytest.mark.parametrize(
    ("rest", "kinds"),
    [
        ("", ()),
        ("news", (Kind.MASTHEAD,)),
        ("aktuellnews", (Kind.MASTHEAD, Kind.MASTHEAD)),
        ("der", (Kind.ARTICLE,)),
        ("24", (Kind.MASTHEAD,)),
        ("2025", (Kind.NUMBER,)),
        ("newsx", None),
        ("x", None),
        ("12345", None),
    ],
)
def test_the_words_beside_a_label_are_told_apart(rest: str, kinds: tuple[Kind, ...] | None) -> None:
    assert vocabulary.segmented(rest, WORDS, single_letters=False) == kinds


def test_a_single_letter_is_a_word_only_between_hyphens() -> None:
    assert vocabulary.segmented("m", WORDS, single_letters=True) == (Kind.WEB,)
    assert vocabulary.segmented("m", WORDS, single_letters=False) is None


def test_words_follow_the_outlets_languages_and_english() -> None:
    assert "zeitung" in WORDS
    assert "news" in WORDS
    assert "giornale" not in WORDS
    assert {"zeitung", "giornale", "news"} <= vocabulary.affixes(()).keys()


@pytest.mark.parametrize("label", ["spiegel", "obozrevatel", "sueddeutsche", "yallakora", "bloomberg"])
def test_distinctive_labels_are_those_that_no_common_word_explains(label: str) -> None:
    assert vocabulary.is_distinctive(label, WORDS)


@pytest.mark.parametrize("label", ["express", "mirror", "guardian", "welt", "dailystar", "bild", "cnn"])
def test_common_words_and_their_compounds_are_not_distinctive(label: str) -> None:
    assert not vocabulary.is_distinctive(label, WORDS)


@given(st.text(alphabet="newstodaylive24x", max_size=60))
def test_segmenting_ends_for_every_text(rest: str) -> None:
    vocabulary.segmented(rest, WORDS, single_letters=False)
