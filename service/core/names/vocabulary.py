"""Words: which stand beside an outlet's label in a lookalike, and which are too common to mean an outlet."""

from __future__ import annotations

from enum import IntEnum
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

MAX_WORDS: Final = 4
"""Words on one side of a label: ``the-...-news-today-online`` has three; more is somebody's sentence."""

MAX_REST: Final = 24
"""Characters on one side of a label that are looked at; the longest real one in published lists has 13."""


LONGEST_NUMBER: Final = 4
"""Digits that count as a word: years, and what mastheads add (24, 365)."""

SHORTEST_DISTINCTIVE: Final = 6
"""Characters of the shortest label that most likely means its outlet wherever it stands."""


class Kind(IntEnum):
    """What a word beside a label says, in rising order of weight. See ``affixes.txt``."""

    NUMBER = 1
    PLACE = 2
    WEB = 3
    ARTICLE = 4
    NEWS = 5
    MASTHEAD = 6


_KINDS: Final = {kind.name.lower(): kind for kind in Kind}


def affixes(languages: Iterable[str]) -> Mapping[str, Kind]:
    """Return the words for outlets in ``languages`` (ISO 639-1), with English and those of none; all where empty."""
    chosen = frozenset(languages)
    return _affixes(chosen | {"*", "en"} if chosen else frozenset())


def segmented(rest: str, words: Mapping[str, Kind], *, single_letters: bool) -> tuple[Kind, ...] | None:
    """Return the kinds of the words that ``rest`` is made of, the reading with most weight; None where it is not.

    One to four digits count as a word. An empty rest is made of no words. ``single_letters`` lets a rest of one letter
    be a word (``m-bild``, where it stands between hyphens); within a rest one letter never is.
    """
    if single_letters and len(rest) == 1:
        return (words[rest],) if rest in words else (Kind.NUMBER,) if rest.isdigit() else None
    if len(rest) > MAX_REST:
        return None
    return _segmented(rest, words, MAX_WORDS)


def is_common(word: str) -> bool:
    """Whether many names on the internet are made of this word."""
    return word in common_words()


def is_distinctive(label: str, words: Mapping[str, Kind]) -> bool:
    """Whether a name that merely holds this label (no hyphens) most likely means the outlet.

    From six characters, not a common word, and not one put together from common words and affixes.
    """
    return len(label) >= SHORTEST_DISTINCTIVE and not is_common(label) and not is_compound(label, words)


def _is_known(word: str, words: Mapping[str, Kind]) -> bool:
    return is_common(word) or words.get(word, Kind.NUMBER) >= Kind.ARTICLE


def is_compound(label: str, words: Mapping[str, Kind]) -> bool:
    """Whether a label (no hyphens) is two words that are common or stand beside labels: mail-online, the-guardian."""
    return any(_is_known(label[:cut], words) and _is_known(label[cut:], words) for cut in range(2, len(label) - 1))


def _segmented(rest: str, words: Mapping[str, Kind], left: int) -> tuple[Kind, ...] | None:
    if not rest:
        return ()
    if not left:
        return None
    best: tuple[Kind, ...] | None = None
    for length, kind in _first_words(rest, words):
        tail = _segmented(rest[length:], words, left - 1)
        if tail is not None and (best is None or sum((kind, *tail)) > sum(best)):
            best = (kind, *tail)
    return best


def _first_words(rest: str, words: Mapping[str, Kind]) -> Iterator[tuple[int, Kind]]:
    digits = len(rest) - len(rest.lstrip("0123456789"))
    if 1 <= digits <= LONGEST_NUMBER and rest[:digits] not in words:
        yield digits, Kind.NUMBER
    for length in range(2, len(rest) + 1):
        kind = words.get(rest[:length])
        if kind is not None:
            yield length, kind


@cache
def _affixes(languages: frozenset[str]) -> dict[str, Kind]:
    found: dict[str, Kind] = {}
    for line in _lines("affixes.txt"):
        language, kind, *words = line.split()
        if not languages or language in languages:
            for word in words:
                found[word] = max(found.get(word, Kind.NUMBER), _KINDS[kind])
    return found


@cache
def common_words() -> frozenset[str]:
    """Words that many names on the internet are made of; ``words.txt`` says how they were found."""
    return frozenset(_lines("words.txt"))


def _lines(table: str) -> list[str]:
    text = files(__package__).joinpath(table).read_text("utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]
