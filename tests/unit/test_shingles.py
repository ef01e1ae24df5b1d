"""Fingerprints: stable, bounded, alike for what is alike."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from service.core.facts.cloaking import likeness
from service.core.facts.shingles import bottom_k, hash64, skeleton_shingles, text_shingles

K = 1000


def test_hashes_are_the_same_on_every_machine_and_in_every_release() -> None:
    assert hash64("html+") == 0xD59EAD478B94AED6
    assert text_shingles("Der neue Bericht zeigt, dass", K) == {0xC044738100973441}


def test_a_changed_word_changes_five_shingles_at_most() -> None:
    words = [f"word{i}" for i in range(200)]
    before, after = text_shingles(" ".join(words), K), text_shingles(" ".join([*words[:100], "other", *words[101:]]), K)
    assert len(before) == 196
    assert len(before - after) == 5


def test_case_space_and_punctuation_do_not_show() -> None:
    assert text_shingles("Der Kanzler sagte: nein, niemals!", K) == text_shingles("der kanzler\n sagte nein niemals", K)


def test_text_under_five_words_has_no_shingles() -> None:
    assert text_shingles("only four words here", K) == frozenset()


def test_the_number_of_paragraphs_does_not_show_in_the_skeleton() -> None:
    def page(paragraphs: int) -> list[str]:
        return [
            "html+",
            "body+",
            "div+",
            "h1+",
            *["p="] * paragraphs,
            "div-",
            "footer=",
            "ul+",
            *["li+", "a+", "li-"] * 3,
        ]

    assert skeleton_shingles(page(3), K) == skeleton_shingles(page(30), K)


def test_another_layout_has_another_skeleton() -> None:
    one = ["html+", "body+", "header+", "nav+", "main-", "section+", "article+", "h1+", "p=", "aside-"]
    other = ["html+", "body+", "table+", "tr+", "td+", "table+", "tr+", "td+", "font+", "center+"]
    assert likeness(skeleton_shingles(one, K), skeleton_shingles(other, K)) == 0.0


def test_a_tiny_page_has_a_skeleton_and_an_empty_one_has_none() -> None:
    assert len(skeleton_shingles(["html+", "body+"], K)) == 1
    assert skeleton_shingles([], K) == frozenset()


@given(st.lists(st.sampled_from("abc"), max_size=30))
def test_equal_windows_have_equal_hashes_and_others_do_not(words: list[str]) -> None:
    windows = {tuple(words[i : i + 5]) for i in range(len(words) - 4)}
    assert len(text_shingles(" ".join(words), K)) == len(windows)


@given(st.sets(st.integers(0, 2**64 - 1)), st.integers(1, 50))
def test_bottom_k_keeps_the_smallest(hashes: set[int], k: int) -> None:
    kept = bottom_k(hashes, k)
    assert kept <= hashes
    assert len(kept) == min(k, len(hashes))
    assert all(gone > max(kept) for gone in hashes - kept)


@given(st.text(max_size=500), st.integers(1, 20))
def test_shingles_of_any_text_are_bounded(text: str, k: int) -> None:
    shingles = text_shingles(text, k)
    assert len(shingles) <= k
    assert all(0 <= number < 2**64 for number in shingles)
