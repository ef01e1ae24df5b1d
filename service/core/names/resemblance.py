"""Whether and how a label resembles a watch-listed one: the one rule that the generator and the matcher share.

The score says how likely the resemblance is meant rather than chance, as a judgement from 0 to 1 that was calibrated on
a million new registrations: 1 is the label itself; it falls with every edit by the share of the label that it changes,
and with how much of the name the label does not explain. From 0.8 (``STRONG``) a match is worth a look by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from rapidfuzz.distance import OSA

from service.core.model import Technique
from service.core.names import skeleton, vocabulary
from service.core.names.labels import SHORT
from service.core.names.vocabulary import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.core.names.labels import Label

STRONG: Final = 0.8
"""From here on a match is worth a look by itself; below, it wants a second reason (age, content, certificate)."""

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
_WHATEVER_THE_SUFFIX: Final = frozenset(
    {Technique.COMBOSQUAT, Technique.JOINED_SUFFIX, Technique.SUBDOMAIN, Technique.IDN}
)
_RESPELLINGS: Final = frozenset({"ck", "iy", "jy", "ij", "vw", "gh", "sz", "ks"})
"""Latin letters that stand for one letter of another script in competing romanisations (к: c, k; и: i, y; в: v, w; г: g, h)."""

SHORTEST_LOOKALIKE: Final = 3
"""Labels of two characters are too easily hit by what merely looks like them."""

MOST_LOOKALIKES_OF_SHORT: Final = 2
"""Edits that a look-alike of a short label may be away: rn for m is two."""

LOOKALIKE_BESIDE_EDIT_FROM: Final = 6
"""Shorter labels are hit by chance once an edit and a look-alike may come together (vlast: viat, slast)."""

LONG_INSIDE: Final = 8
LONG_COMPOUND_INSIDE: Final = 10
"""From so many characters a name that holds the label beside unknown text resembles it; more where the label is a compound."""

_PREFIXES: Final = frozenset({"m", "amp", "mobile", "wap", "web", "ww"})
_VOWELS: Final = frozenset("aeiou")


@dataclass(frozen=True, slots=True)
class Resemblance:
    """How a name resembles a label. ``distance``: edits or added characters, ``score`` as the module says."""

    technique: Technique
    distance: int
    score: float


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a label in ASCII: with its hyphens, without, and what it looks like."""

    text: str
    bare: str
    skeleton: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A label that somebody registered, and its readings; Punycode may have two, or none."""

    label: str
    readings: tuple[Reading, ...]
    idn: bool

    @classmethod
    def of(cls, label: str) -> Seen:
        """Return what can be read from an A-label."""
        texts = skeleton.ascii_readings(label)
        readings = tuple(Reading(text, skeleton.bare(text), skeleton.skeleton(text)) for text in texts)
        return cls(label, readings, label not in texts)


def whole_name(label: Label, seen: Seen, suffix: str) -> Resemblance | None:
    """Return how a whole registrable name resembles ``label``, its suffix taken into account."""
    foreign = suffix not in label.own_suffixes
    found = resemble(label, seen, foreign=foreign)
    return (
        None if found is None else replace(found, technique=technique_under(found.technique, suffix, foreign=foreign))
    )


def technique_under(found: Technique, suffix: str, *, foreign: bool) -> Technique:
    """Return the technique of a whole name whose label resembles an outlet's by ``found``.

    An unchanged label is tld-swap, or sld-suffix where the suffix has more than one label (co.com, com.co). An edit
    under a suffix that is not the outlet's own is combined.
    """
    if found is Technique.TLD_SWAP:
        return Technique.SLD_SUFFIX if "." in suffix else Technique.TLD_SWAP
    return Technique.COMBINED if foreign and found not in _WHATEVER_THE_SUFFIX else found


def may_stand_beside_anything(label: Label) -> bool:
    """Whether a name that holds ``label`` beside text that is no known word can resemble it."""
    return len(label.bare) > SHORT and not vocabulary.is_common(label.bare)


def resemble(label: Label, seen: Seen, *, foreign: bool) -> Resemblance | None:
    """Return the best resemblance of ``seen`` to ``label``, None where the rules see none.

    ``foreign`` says that the name is under a suffix that is not the outlet's own: short labels need that beside an
    edit. The same label is tld-swap here; the caller knows the suffix.
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
    yield from _holding(label, reading)


def _same_look(label: Label, reading: Reading, *, idn: bool) -> Resemblance | None:
    """Equal but for hyphens, or equal to the eye. Labels of two characters are too easily hit by the latter."""
    short = label.short
    if reading.bare == label.bare:
        technique = Technique.IDN if idn else Technique.HYPHENATION
        return Resemblance(technique, OSA.distance(reading.text, label.text), 0.85 if short else 0.95)
    if reading.skeleton == label.skeleton and len(label.bare) >= SHORTEST_LOOKALIKE:
        technique = Technique.IDN if idn else Technique.HOMOGLYPH
        distance = OSA.distance(reading.bare, label.bare)
        if distance <= MOST_LOOKALIKES_OF_SHORT or not short:
            return Resemblance(technique, distance, 0.95 if not short else 0.85 if len(label.bare) == SHORT else 0.7)
    return None


def _edited(label: Label, reading: Reading, *, foreign: bool, idn: bool) -> Resemblance | None:
    """Edits within the label's budget; a result that is a common word is taken for that word (union is no edit of unian).

    Beside the edits that the eye sees, one more character may be a look-alike, from six characters.
    """
    if vocabulary.is_common(reading.bare) and not idn:
        return None
    if not label.budget:
        return _short_edit(label, reading) if foreign else None
    most = label.budget + (len(label.bare) >= LOOKALIKE_BESIDE_EDIT_FROM)
    distance = OSA.distance(reading.bare, label.bare, score_cutoff=most)
    seen = min(distance, OSA.distance(reading.skeleton, label.skeleton, score_cutoff=label.budget))
    if seen > label.budget or distance > most:
        return None
    technique = Technique.IDN if idn else edit_technique(label.bare, reading.bare)
    return Resemblance(technique, distance, _score_of_edits(label, reading, (seen + distance) / 2))


def _short_edit(label: Label, reading: Reading) -> Resemblance | None:
    """What resembles a label of three or four characters under a foreign suffix: a doubled letter, one more, a respelling."""
    own, other = label.bare, reading.bare
    if len(own) < SHORTEST_LOOKALIKE or abs(len(own) - len(other)) > 1:
        return None
    if edit_technique(own, other) is Technique.REPETITION:
        return Resemblance(Technique.REPETITION, 1, 0.85)
    if len(own) > SHORTEST_LOOKALIKE and other[:-1] == own and other[-1].isalpha():
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


def _holding(label: Label, reading: Reading) -> Iterator[Resemblance]:
    """Names that hold the label whole: joined to its own suffix, beside other words, or merely in them."""
    at = reading.bare.find(label.bare)
    while at >= 0:
        before, after = reading.bare[:at], reading.bare[at + len(label.bare) :]
        found = _joined(label, reading, before, after) or _beside_words(label, reading, before, after)
        if found is not None:
            yield found
        at = reading.bare.find(label.bare, at + 1)


def _joined(label: Label, reading: Reading, before: str, after: str) -> Resemblance | None:
    """Joined to the outlet's own suffix or to www: spiegelde, bild-de, www-bild, wwwbildde.

    With a hyphen also behind the suffix or what sites for phones begin with: ua-pravda, m-bild.
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
    alone = _is_token(label.text, reading.text)
    if alone:
        rest = f"-{reading.text}-".replace(f"-{label.text}-", "-", 1).strip("-").split("-")
    else:
        rest = [before, after]
    kinds = _kinds(label, rest, single_letters=alone)
    score = _score_of_company(label, kinds, alone=alone) if kinds is not None else None
    if score is None:
        score = _score_of_holding(label, alone=alone)
    return None if score is None else Resemblance(Technique.COMBOSQUAT, len(before) + len(after), score)


def _is_token(text: str, name: str) -> bool:
    return f"-{text}-" in f"-{name}-"


def _kinds(label: Label, rest: list[str], *, single_letters: bool) -> tuple[Kind, ...] | None:
    found: list[Kind] = []
    for part in rest:
        kinds = vocabulary.segmented(part, label.words, single_letters=single_letters)
        if kinds is None:
            return None
        found += kinds
    return tuple(found)


def _score_of_itself(label: Label) -> float:
    base = 1.0 if len(label.bare) >= SHORTEST_LOOKALIKE + 1 else 0.9 if len(label.bare) == SHORTEST_LOOKALIKE else 0.8
    return max(STRONG, base - 0.1 * vocabulary.is_common(label.bare) - 0.05 * label.derived)


def _score_of_edits(label: Label, reading: Reading, edits: float) -> float:
    """One edit of five characters is 0.78, of eight 0.86; two edits weigh 2.8 times as much. A changed first letter is rare."""
    loss = 1.1 * edits**1.5 / len(label.bare)
    loss += 0.1 * (reading.skeleton[:1] != label.skeleton[:1]) + 0.05 * label.derived
    return round(max(0.3, 1 - loss), 2)


def _score_of_company(label: Label, kinds: tuple[Kind, ...], *, alone: bool) -> float | None:
    """How much the words beside a label say; None where they say too little for a label of this kind.

    ``alone``: hyphens set the label apart, so that a place or any word of the trade is enough beside a short one.
    """
    weight = min(sum(_WEIGHTS[kind] for kind in kinds), 2.5)
    if label.distinctive:
        return round(min(0.95, 0.75 + 0.1 * weight), 2)
    telling = any(kind in _NEWS or (alone and kind is Kind.PLACE) for kind in kinds)
    if len(label.bare) > SHORTEST_LOOKALIKE:
        return round(0.6 + 0.12 * weight, 2) if telling or Kind.ARTICLE in kinds else None
    named = telling and (alone or not label.derived) or Kind.MASTHEAD in kinds
    return round(0.5 + 0.14 * weight, 2) if named and not _EMPTY.intersection(kinds) else None


def _score_of_holding(label: Label, *, alone: bool) -> float | None:
    """A name that holds the label beside something that is no known word: between hyphens, or run together."""
    if not may_stand_beside_anything(label):
        return None
    if alone:
        return 0.6
    return 0.45 if len(label.bare) >= (LONG_INSIDE if label.distinctive else LONG_COMPOUND_INSIDE) else None
