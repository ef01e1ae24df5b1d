"""Names that hold a label whole: joined to its own suffix, beside words of the trade, or merely in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from service.core.names import vocabulary
from service.core.names.labels import SHORT
from service.core.names.readings import Resemblance
from service.core.names.vocabulary import Kind
from service.core.states import Technique

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from service.core.names.labels import Label
    from service.core.names.readings import Reading

LONG_INSIDE: Final = 8
LONG_COMPOUND_INSIDE: Final = 10
"""From so many characters a name that holds the label beside unknown text resembles it; compounds need more."""

SHORTEST_HELD: Final = 2
"""A label of one character is held by every name."""

INITIALS: Final = 3
"""Labels of up to so many characters stand in the middle of many words: the company must say more."""

HEAVIEST: Final = 2.5
"""Words beyond this weight add nothing to a score."""

_NEWS: Final = (Kind.NEWS, Kind.MASTHEAD)
_EMPTY: Final = frozenset({Kind.NUMBER, Kind.WEB})
_WEIGHTS: Final = {
    Kind.MASTHEAD: 1.0,
    Kind.NEWS: 1.0,
    Kind.ARTICLE: 0.5,
    Kind.WEB: 0.3,
    Kind.PLACE: 0.3,
    Kind.NUMBER: 0.2,
}
_PREFIXES: Final = frozenset({"m", "amp", "mobile", "wap", "web", "ww"})


def holding(label: Label, reading: Reading) -> Iterator[Resemblance]:
    """Yield a finding for each place where ``reading`` holds ``label``, hyphens aside, in telling company."""
    at = reading.bare.find(label.bare) if len(label.bare) >= SHORTEST_HELD else -1
    while at >= 0:
        before, after = reading.bare[:at], reading.bare[at + len(label.bare) :]
        found = _joined(label, reading, before, after) or _beside_words(label, reading, before, after)
        if found is not None:
            yield found
        at = reading.bare.find(label.bare, at + 1)


def may_stand_beside_anything(label: Label) -> bool:
    """Whether a name that holds ``label`` beside text that is no known word can resemble it."""
    return len(label.bare) > SHORT and not vocabulary.is_common(label.bare)


def _joined(label: Label, reading: Reading, before: str, after: str) -> Resemblance | None:
    """Joined to the outlet's own suffix or to www: spiegelde, bild-de, www-bild, wwwbildde.

    With a hyphen also behind the suffix, or behind what sites for phones begin with: ua-pravda, m-bild.
    """
    if before in ("", "www"):
        fits = after in label.joins or (before != "" and not after)
    else:
        in_front = before in label.joins or before in _PREFIXES
        fits = in_front and reading.text.startswith(f"{before}-") and (not after or after in label.joins)
    if not fits:
        return None
    return Resemblance(Technique.JOINED_SUFFIX, len(before) + len(after), 0.8 if label.short else 0.9)


def _beside_words(label: Label, reading: Reading, before: str, after: str) -> Resemblance | None:
    """``alone`` is a label that hyphens set apart; the words around it are then what other hyphens set apart."""
    alone = f"-{label.text}-" in f"-{reading.text}-"
    rest: Sequence[str] = (before, after)
    if alone:
        rest = f"-{reading.text}-".replace(f"-{label.text}-", "-", 1).strip("-").split("-")
    kinds = _kinds(label, rest, single_letters=alone)
    score = None if kinds is None else _score_of_company(label, kinds, alone=alone)
    if score is None:
        score = _score_of_holding(label, alone=alone)
    return None if score is None else Resemblance(Technique.COMBOSQUAT, len(before) + len(after), score)


def _kinds(label: Label, rest: Sequence[str], *, single_letters: bool) -> tuple[Kind, ...] | None:
    found: list[Kind] = []
    for part in rest:
        kinds = vocabulary.segmented(part, label.words, single_letters=single_letters)
        if kinds is None:
            return None
        found += kinds
    return tuple(found)


def _score_of_company(label: Label, kinds: tuple[Kind, ...], *, alone: bool) -> float | None:
    """How much the words beside a label say; None where they say too little for a label of this kind.

    A distinctive label needs no more than known words. Others need a word of the trade or an article, or a place where
    hyphens set them apart. Initials need a word that news sites put into their names; the outlet's main ones, and those
    set apart, any word of the trade.
    """
    weight = min(sum(_WEIGHTS[kind] for kind in kinds), HEAVIEST)
    if label.distinctive:
        return round(min(0.95, 0.75 + 0.1 * weight), 2)
    telling = any(kind in _NEWS or (alone and kind is Kind.PLACE) for kind in kinds)
    if len(label.bare) > INITIALS:
        return round(0.6 + 0.1 * weight, 2) if telling or Kind.ARTICLE in kinds else None
    named = Kind.MASTHEAD in kinds or (telling and (alone or not label.derived))
    return round(0.5 + 0.14 * weight, 2) if named and not _EMPTY.intersection(kinds) else None


def _score_of_holding(label: Label, *, alone: bool) -> float | None:
    """A name that holds the label beside something that is no known word: set apart by hyphens, or run together."""
    if not may_stand_beside_anything(label):
        return None
    if alone:
        return 0.6
    return 0.45 if len(label.bare) >= (LONG_INSIDE if label.distinctive else LONG_COMPOUND_INSIDE) else None
