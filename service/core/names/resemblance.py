"""Whether and how a label resembles a watch-listed one: the one rule that the generator and the matcher share."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from rapidfuzz.distance import OSA

from service.core.names import vocabulary
from service.core.names.company import holding
from service.core.names.labels import SHORT
from service.core.names.readings import STRONG, Resemblance
from service.core.states import Technique

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.core.names.labels import Label
    from service.core.names.readings import Reading, Seen

SHORTEST_LOOKALIKE: Final = 3
"""Labels of two characters are too easily hit by what merely looks like them."""

MOST_LOOKALIKES_OF_SHORT: Final = 2
"""Edits that a look-alike of a short label may be away: rn for m is two."""

_LOOKALIKE_BESIDE: Final = {1: 6, 2: 12}
"""Characters from which one edit, or two, may come with a look-alike: in shorter labels that hits only chance."""

FIRST_MAY_CHANGE_FROM: Final = 12
"""Two edits that change the first character hit only chance in shorter labels (20minutes: himinutes)."""

_RESPELLINGS: Final = frozenset(("ck", "gh", "ij", "iy", "jy", "ks", "sz", "vw"))
"""Pairs of Latin letters that stand for one letter of another script in competing romanisations (rbc and rbk)."""

_WHATEVER_THE_SUFFIX: Final = frozenset(
    (Technique.COMBOSQUAT, Technique.JOINED_SUFFIX, Technique.SUBDOMAIN, Technique.IDN)
)
_VOWELS: Final = frozenset("aeiou")


def whole_name(label: Label, seen: Seen, suffix: str) -> Resemblance | None:
    """Return how a whole registrable name resembles ``label``, its suffix taken into account."""
    foreign = suffix not in label.own_suffixes
    found = resemble(label, seen, foreign=foreign)
    if found is None:
        return None
    return replace(found, technique=technique_under(found.technique, suffix, foreign=foreign))


def technique_under(found: Technique, suffix: str, *, foreign: bool) -> Technique:
    """Return the technique of a whole name whose label resembles an outlet's by ``found``.

    An unchanged label is tld-swap, or sld-suffix where the suffix has more than one label (co.com, com.co). An edit
    under a suffix that is not the outlet's own is combined.
    """
    if found is Technique.TLD_SWAP:
        return Technique.SLD_SUFFIX if "." in suffix else Technique.TLD_SWAP
    return Technique.COMBINED if foreign and found not in _WHATEVER_THE_SUFFIX else found


def resemble(label: Label, seen: Seen, *, foreign: bool) -> Resemblance | None:
    """Return the best resemblance of ``seen`` to ``label``, None where the rules see none.

    ``foreign``: the name is under a suffix that is not the outlet's own, which short labels need beside an edit. The
    same label is tld-swap here; ``technique_under`` knows the suffix.
    """
    if seen.label == label.text:
        return Resemblance(Technique.TLD_SWAP, 0, _score_of_itself(label))
    best: Resemblance | None = None
    for reading in seen.readings:
        for found in _compared(label, reading, foreign=foreign, idn=seen.idn):
            if best is None or found.score > best.score:
                best = found
    return best


def _compared(label: Label, reading: Reading, *, foreign: bool, idn: bool) -> Iterator[Resemblance]:
    same = _same_look(label, reading, idn=idn)
    if same is not None:
        yield same
        return
    edited = _edited(label, reading, foreign=foreign, idn=idn)
    if edited is not None:
        yield edited
    yield from holding(label, reading)


def _same_look(label: Label, reading: Reading, *, idn: bool) -> Resemblance | None:
    """Equal but for hyphens, or equal to the eye."""
    if reading.bare == label.bare:
        technique = Technique.IDN if idn else Technique.HYPHENATION
        return Resemblance(technique, OSA.distance(reading.text, label.text), 0.85 if label.short else 0.95)
    if reading.skeleton != label.skeleton or len(label.bare) < SHORTEST_LOOKALIKE:
        return None
    distance = OSA.distance(reading.bare, label.bare)
    if label.short and distance > MOST_LOOKALIKES_OF_SHORT:
        return None
    score = 0.7 if len(label.bare) < SHORT else 0.85 if label.short else 0.95
    return Resemblance(Technique.IDN if idn else Technique.HOMOGLYPH, distance, score)


def _edited(label: Label, reading: Reading, *, foreign: bool, idn: bool) -> Resemblance | None:
    """Edits within the label's budget, and in long labels one more character that is a look-alike.

    A result that is a common word is taken for that word: union is no edit of unian.
    """
    if vocabulary.is_common(reading.bare) and not idn:
        return None
    if not label.budget:
        return _short_edit(label, reading) if foreign else None
    most = label.budget + (len(label.bare) >= _LOOKALIKE_BESIDE[label.budget])
    distance = OSA.distance(reading.bare, label.bare, score_cutoff=most)
    seen = min(distance, OSA.distance(reading.skeleton, label.skeleton, score_cutoff=label.budget))
    if seen > label.budget or distance > most or (seen > 1 and _begins_otherwise(label, reading)):
        return None
    technique = Technique.IDN if idn else edit_technique(label.bare, reading.bare)
    return Resemblance(technique, distance, _score_of_edits(label, reading, (seen + distance) / 2))


def _begins_otherwise(label: Label, reading: Reading) -> bool:
    return len(label.bare) < FIRST_MAY_CHANGE_FROM and reading.skeleton[:1] != label.skeleton[:1]


def _short_edit(label: Label, reading: Reading) -> Resemblance | None:
    """Three or four characters under a foreign suffix: a doubled letter, one letter more, another romanisation."""
    own, other = label.bare, reading.bare
    if len(own) < SHORTEST_LOOKALIKE or abs(len(own) - len(other)) > 1:
        return None
    if edit_technique(own, other) is Technique.REPETITION:
        return Resemblance(Technique.REPETITION, 1, 0.85)
    if len(own) == SHORT and other[:-1] == own and other[-1].isalpha():
        return Resemblance(Technique.ADDITION, 1, 0.6)
    if label.respelled and is_respelling(own, other):
        return Resemblance(Technique.REPLACEMENT, 1, 0.7)
    return None


def is_respelling(own: str, other: str) -> bool:
    """Whether one letter of ``own`` is written as another romanisation would."""
    if len(own) != len(other):
        return False
    changed = [pair for pair in zip(own, other, strict=True) if pair[0] != pair[1]]
    return len(changed) == 1 and "".join(sorted(changed[0])) in _RESPELLINGS


def edit_technique(own: str, other: str) -> Technique:
    """Name what makes ``other`` of ``own`` (both without hyphens); more than one edit is combined."""
    if OSA.distance(own, other, score_cutoff=1) != 1:
        return Technique.COMBINED
    if len(other) == len(own):
        return _changed(own, other)
    if len(other) < len(own):
        return Technique.OMISSION
    at = next((i for i, char in enumerate(own) if other[i] != char), len(own))
    added = other[at]
    if added in (other[at - 1 : at], other[at + 1 : at + 2]):
        return Technique.REPETITION
    if at == len(own):
        return Technique.PLURAL if added == "s" else Technique.ADDITION
    return Technique.ADDITION if at == 0 else Technique.INSERTION


def _changed(own: str, other: str) -> Technique:
    changed = [(a, b) for a, b in zip(own, other, strict=True) if a != b]
    if len(changed) > 1:
        return Technique.TRANSPOSITION
    before, after = changed[0]
    if {before, after} <= _VOWELS:
        return Technique.VOWEL_SWAP
    return Technique.BITSQUAT if (ord(before) ^ ord(after)).bit_count() == 1 else Technique.REPLACEMENT


def _score_of_itself(label: Label) -> float:
    base = 1.0 if len(label.bare) >= SHORT else 0.9 if len(label.bare) == SHORTEST_LOOKALIKE else STRONG
    return max(STRONG, round(base - 0.1 * vocabulary.is_common(label.bare) - 0.05 * label.derived, 2))


def _score_of_edits(label: Label, reading: Reading, edits: float) -> float:
    """One edit of five characters is 0.78, of eight 0.86; two weigh 2.8 times as much. Few change the first letter."""
    loss: float = 1.1 * edits**1.5 / len(label.bare)
    loss += 0.1 * (reading.skeleton[:1] != label.skeleton[:1])
    loss += 0.05 * (label.derived + vocabulary.is_common(label.bare))
    return round(max(0.3, 1 - loss), 2)
