"""Everything that one label is changed into, each once, with the technique that the matcher will name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from service.core.names import name as names
from service.core.names.permutations import (
    addition,
    bitsquat,
    combosquat,
    homoglyph,
    hyphenation,
    idn,
    insertion,
    joined_suffix,
    omission,
    plural,
    repetition,
    replacement,
    subdomain,
    transposition,
    vowel_swap,
)
from service.core.names.permutations.context import Context
from service.core.names.readings import Seen
from service.core.names.resemblance import resemble, technique_under
from service.core.states import Technique

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from service.core.model import Outlet
    from service.core.names.labels import Label

    Family = Callable[[str, Context], Iterator[str]]

FAMILIES: Final[dict[str, Family]] = {
    "hyphenation": hyphenation.permute,
    "homoglyph": homoglyph.permute,
    "repetition": repetition.permute,
    "addition": addition.permute,
    "omission": omission.permute,
    "transposition": transposition.permute,
    "plural": plural.permute,
    "joined-suffix": joined_suffix.permute,
    "combosquat": combosquat.permute,
    "vowel-swap": vowel_swap.permute,
    "bitsquat": bitsquat.permute,
    "replacement": replacement.permute,
    "insertion": insertion.permute,
    "idn": idn.permute,
    "subdomain": subdomain.permute,
}
"""In the order in which a label's variants are generated; a text that two families make belongs to the first."""


LONGEST_HOST: Final = names.MAX_NAME - names.MAX_LABEL
"""Octets before a suffix, so that any suffix has room behind."""


@dataclass(frozen=True, slots=True)
class Variant:
    """``text`` goes in front of a suffix. The techniques are those under the outlet's own suffixes, and under others.

    ``foreign`` or ``own`` is None where the rules see no resemblance there (short labels need a foreign suffix).
    """

    text: str
    own: Technique | None
    foreign: Technique | None


def exact(label: Label) -> list[Variant]:
    """Return the label itself, as it is and, where it can be read, without hyphens."""
    return list(_judged(label, dict.fromkeys((label.text, label.bare) if label.readable else (label.text,))))


def all_of(outlet: Outlet, label: Label) -> list[Variant]:
    """Return the label itself and what every family makes of it, as far as the rules recognise it."""
    if not label.readable:
        return exact(label)
    context = Context.of(outlet, label)
    texts = dict.fromkeys((label.text, label.bare))
    bases = [text for text in texts if not text.startswith(names.ACE)]
    for base in bases:
        for family in FAMILIES.values():
            texts.update(dict.fromkeys(family(base, context)))
    return list(_judged(label, texts))


def _judged(label: Label, texts: Iterable[str]) -> Iterator[Variant]:
    for text in texts:
        if any(names.encoded(part) is None for part in text.split(".")):
            continue
        if "." not in text:
            found = _techniques(label, Seen.of(text))
            if found != (None, None):
                yield Variant(text, *found)
        elif len(text) <= LONGEST_HOST:
            yield Variant(text, Technique.SUBDOMAIN, Technique.SUBDOMAIN)


def _techniques(label: Label, seen: Seen) -> tuple[Technique | None, Technique | None]:
    """The techniques under the outlet's own suffixes and under others; only short labels ask which it is."""
    foreign = resemble(label, seen, foreign=True)
    own = resemble(label, seen, foreign=False) if label.short else foreign
    return (
        own.technique if own else None,
        technique_under(foreign.technique, "", foreign=True) if foreign else None,
    )
