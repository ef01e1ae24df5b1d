"""What a label looks like: two labels with the same skeleton are read as the same word.

A skeleton is made in three steps: Punycode is decoded and each character replaced by the ASCII letters that it looks
like (``ascii_readings``), hyphens are dropped, then look-alikes within ASCII fall together, pairs of letters first (rn
and m) and single characters after (0 and o). The single step keeps the length, so that a position in a folded label is
the same position in the label itself.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from importlib.resources import files
from typing import Final

from service.core.names import name as names

PAIRS: Final = (("rn", "m"), ("vv", "w"), ("cl", "d"))
"""Two letters that together look like one (the ASCII part of UTS 39's prototypes, and dnstwist's table)."""

SINGLES: Final = dict(zip("01i3547689q2u", "ollesatbbggzv", strict=True))
"""One character that looks like another in address bars; i and l fall together through 1 (blld, heiiasjournai)."""

FOLD: Final = bytes(ord(SINGLES.get(chr(code), chr(code))) for code in range(256))
"""``SINGLES`` as a table for ``bytes.translate``."""

_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})


def bare(label: str) -> str:
    """Return the label without its hyphens."""
    return label.replace("-", "")


def paired(text: str) -> str:
    """Return ``text`` with pairs of letters that look like one replaced by that one."""
    for pair, letter in PAIRS:
        text = text.replace(pair, letter)
    return text


def folded(text: str) -> str:
    """Return ``text``, of the same length, with each character replaced by the one that stands for its look-alikes."""
    return text.translate(_FOLD_STR)


def skeleton(text: str) -> str:
    """Return the skeleton of an ASCII label: equal for labels that look alike."""
    return folded(paired(bare(text)))


def ascii_readings(label: str) -> tuple[str, ...]:
    """Return what an A-label reads like in ASCII, hyphens kept: itself, or for Punycode one or two readings.

    The second reading spells umlauts out, as German and Scandinavian names do (süddeutsche: sueddeutsche).
    Characters that look like nothing in ASCII are dropped; a label of which nothing is left has no reading. Whether the
    Punycode is well-formed is not asked here: ``name.parse`` has.
    """
    if not label.startswith(names.ACE):
        return (label,)
    try:
        shown = label[len(names.ACE) :].encode("ascii").decode("punycode")
    except UnicodeError:
        return ()
    found = [shown.translate(_READINGS).lower()]
    if not _SPELLED_OUT.isdisjoint(shown):
        found.append(shown.translate(_UMLAUTS).translate(_READINGS).lower())
    return tuple(reading for reading in found if reading)


def is_read_whole(label: str) -> bool:
    """Whether every character of an A-label looks like something in ASCII: what is left of others is another word."""
    shown = names.decoded(label)
    return shown is not None and all(_READINGS[ord(char)] for char in shown)


def lookalikes() -> dict[str, str]:
    """Return, for each ASCII letter or digit, the characters outside ASCII that look like it without decomposition."""
    by_prototype: dict[str, str] = {}
    for char, prototype in _confusables().items():
        by_prototype[prototype] = by_prototype.get(prototype, "") + char
    return by_prototype


@cache
def _confusables() -> dict[str, str]:
    lines = files(__package__).joinpath("confusables.txt").read_text("utf-8").splitlines()
    rows = (line.split(" ", 1) for line in lines if line and not line.startswith("#"))
    return {char: prototype for prototype, characters in rows for char in characters}


class _Readings(dict[int, str]):
    """A table for ``str.translate`` that works out each character when it is first met."""

    def __missing__(self, code: int) -> str:
        plain = (char for char in unicodedata.normalize("NFKD", chr(code)) if not unicodedata.combining(char))
        table = _confusables()
        self[code] = "".join(table.get(char, char if char in _LDH else "") for char in (table.get(chr(code)) or plain))
        return self[code]


_FOLD_STR: Final = str.maketrans(SINGLES)
_LDH: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_")
_SPELLED_OUT: Final = frozenset("äöüøå")
_READINGS: Final = _Readings()
