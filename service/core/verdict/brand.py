"""An outlet's name as its pages write it: in titles, in ``og:site_name``, in headings.

A whole segment of a title that is the outlet's name ("… - DER SPIEGEL") is how a masthead reads; the name as words
inside a longer phrase ("The Guardian Nigeria News", an article about Der Spiegel) says far less.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.core.facts.page import PageFacts
    from service.core.model import Outlet

MASTHEAD = 1.0
"""Value of a title segment or ``og:site_name`` that is the outlet's name as a whole."""

LABEL = 0.5
"""Value of a segment that is only the outlet's label: whoever has the same name for a site calls it so as well."""

MENTION = 0.4
"""Value of the name as words within a title, ``og:site_name`` or heading."""

SHORTEST_MENTION = 5
"""Letters from which a single word counts as a mention: shorter names (Bild, Welt) are ordinary words."""

MOST_HEADINGS = 10
"""Headings that are read: a masthead stands on top."""

_SEPARATORS = re.compile(r"\s[-\u2010-\u2015:\u2022\u00b7]\s|\s*[|\u00ab\u00bb\u2039\u203a]\s*")
_WORDS = re.compile(r"[^\W_]+")
_ARTICLES = frozenset(
    {"the", "der", "die", "das", "le", "la", "les", "il", "lo", "el", "los", "las", "de", "het", "o", "a"}
)


@dataclass(frozen=True, slots=True)
class Brand:
    """The names of one outlet: ``whole`` as mastheads have them, its mere ``labels``, and ``mentions`` in a phrase."""

    whole: frozenset[str]
    labels: frozenset[str]
    mentions: frozenset[str]


def brand_of(outlet: Outlet, pages: Sequence[PageFacts]) -> Brand:
    """Names from the watch list, and what at least two of the outlet's own pages call themselves."""
    given = {words(outlet.name), *map(words, outlet.labels), *map(words, outlet.confirmed_domains)}
    given |= {_without_article(name) for name in given} | {words(outlet.domain.partition(".")[0])}
    learnt = Counter(name for page in pages for name in mastheads(page))
    names = {name for name in given if name} | {name for name, pages_with in learnt.items() if pages_with > 1}
    bare = {_bare(domain.partition(".")[0]) for domain in outlet.confirmed_domains} | set(map(_bare, outlet.labels))
    labels = frozenset(name for name in names if _bare(name) in bare)
    mentions = frozenset(name for name in names if " " in name or len(name) >= SHORTEST_MENTION)
    return Brand(frozenset(names - labels), labels, mentions)


def likeness(page: PageFacts, brand: Brand) -> tuple[float, str]:
    """How much the page calls itself by the outlet's name, 0 to 1, and where."""
    named = words(page.og_site_name)
    segments = _segments(page.title)
    for names, value in ((brand.whole, MASTHEAD), (brand.labels, LABEL)):
        if named in names:
            return value, f"the page calls its site “{page.og_site_name}”"
        whole = next((segment for segment in segments if segment in names), None)
        if whole:
            return value, f"the title names “{whole}”: “{_cut(page.title)}”"
    for place, text in (("site name", page.og_site_name), ("title", page.title), *_headings(page)):
        spaced = f" {words(text)} "
        mention = next((name for name in sorted(brand.mentions) if f" {name} " in spaced), None)
        if mention:
            return MENTION, f"the {place} mentions “{mention}”: “{_cut(text)}”"
    return 0.0, ""


def mastheads(page: PageFacts) -> set[str]:
    """Everything that the page may call itself, in the form of ``Brand.whole``."""
    return {words(page.og_site_name), *_segments(page.title)} - {""}


def words(text: str) -> str:
    """A phrase for comparing: compatibility forms and case folded, words with one blank between them."""
    return " ".join(_WORDS.findall(unicodedata.normalize("NFKC", text).casefold()))


def _bare(name: str) -> str:
    """Letters and digits alone, as a label has them."""
    return words(name).replace(" ", "")


def _segments(title: str) -> list[str]:
    return [segment for segment in map(words, _SEPARATORS.split(title)) if segment]


def _headings(page: PageFacts) -> list[tuple[str, str]]:
    return [("heading", heading) for heading in page.headings[:MOST_HEADINGS]]


def _without_article(name: str) -> str:
    first, _, rest = name.partition(" ")
    return rest if first in _ARTICLES else name


def _cut(text: str, longest: int = 80) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= longest else flat[: longest - 1] + "…"
