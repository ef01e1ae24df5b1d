"""Look-alikes outside ASCII: spíegel, the whole label in Cyrillic or Greek, and one such letter among Latin ones.

Registries of generic suffixes refuse labels that mix scripts; those of countries and whoever gives out names below a
private suffix need not (ICANN's IDN Guidelines 4.0 of 2018 bind the former alone). A label has about ten such names.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Final

from service.core.names import name as names
from service.core.names import skeleton

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from service.core.names.permutations.context import Context

ACCENTED: Final = range(0x00C0, 0x0180)
"""Latin-1 Supplement and Latin Extended-A: what the language tables of registries hold nearly everywhere."""

DOTTED_BELOW: Final = range(0x1EA0, 0x1EFA)
"""Latin letters of Vietnamese: a dot below is easily taken for dust."""

WHOLE_SCRIPTS: Final = ("CYRILLIC", "GREEK", "ARMENIAN")
MIXED_SCRIPTS: Final = ("CYRILLIC", "GREEK")


def permute(label: str, context: Context) -> Iterator[str]:  # noqa: ARG001 -- every family takes the same
    """Yield A-labels with one look-alike, with one for every occurrence, and wholly in another script."""
    for shown in dict.fromkeys((*_accented(label), *_whole(label), *_mixed(label))):
        encoded = names.encoded(shown)
        if encoded is not None and encoded != label:
            yield encoded


def _accented(label: str) -> Iterator[str]:
    return _replaced(label, _by_script()["LATIN"])


def _mixed(label: str) -> Iterator[str]:
    """Each script's first choice for one letter."""
    for script in MIXED_SCRIPTS:
        yield from _replaced(label, {char: others[0] for char, others in _by_script()[script].items()})


def _replaced(label: str, table: Mapping[str, str]) -> Iterator[str]:
    """The label with each character's look-alikes in one place, and in all of its places."""
    for at, char in enumerate(label):
        for other in table.get(char, ""):
            yield label[:at] + other + label[at + 1 :]
    for char in dict.fromkeys(label):
        for other in table.get(char, ""):
            yield label.replace(char, other)


def _whole(label: str) -> Iterator[str]:
    """Each script's first choice for every letter; nothing where a letter has no look-alike there."""
    for script in WHOLE_SCRIPTS:
        table = _by_script()[script]
        if all(char in table or not char.isalpha() for char in label):
            yield "".join(table[char][0] if char in table else char for char in label)


@cache
def _by_script() -> dict[str, Mapping[str, str]]:
    found: dict[str, dict[str, str]] = {script: {} for script in ("LATIN", *WHOLE_SCRIPTS)}
    for prototype, characters in skeleton.lookalikes().items():
        for char in characters:
            script = unicodedata.name(char).partition(" ")[0]
            if script in WHOLE_SCRIPTS or ord(char) in ACCENTED:
                found[script][prototype] = found[script].get(prototype, "") + char
    for code in (*ACCENTED, *DOTTED_BELOW):
        plain = unicodedata.normalize("NFKD", chr(code))[0]
        if chr(code).islower() and plain.isascii() and plain.isalpha():
            found["LATIN"][plain] = found["LATIN"].get(plain, "") + chr(code)
    return dict(found)
