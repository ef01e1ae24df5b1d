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

from service.core.names.vocabulary import Kind, affixes, is_common

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

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

LONGEST_MASTHEAD = 5
"""Words beyond which what a title or metadata says is a headline or a slogan and not learnt as a name."""

_AS_IN_LABELS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "o", "\u0131": "i"})
"""Letters that names of domains write otherwise, where dropping the accent is not what is done."""

_SEPARATORS = re.compile(r"\s[-\u2010-\u2015:\u2022\u00b7]\s|\s*[|\u00ab\u00bb\u2039\u203a]\s*")
_WORDS = re.compile(r"[^\W_]+")
_ARTICLES = frozenset(
    {"the", "der", "die", "das", "le", "la", "les", "il", "lo", "el", "los", "las", "de", "het", "o", "a"}
)
_ANYBODYS = frozenset(
    {
        "blogger", "drupal", "ghost", "joomla", "medium", "shopify", "squarespace", "substack", "tumblr", "typo3",
        "webflow", "wix", "wordpress", "weebly", "jimdo", "accueil", "inicio", "pagina", "principale", "principal",
        "startseite", "willkommen", "welcome", "bienvenue", "benvenuti", "bienvenidos", "mein", "meine", "mon",
        "mi", "artikel", "thema", "themen", "topic", "topics", "untitled", "unbenannt", "test", "demo", "index",
        "default", "und", "and", "et", "e",
    }
)  # fmt: skip
"""Words of templates and installations beside those of the trade (``names/affixes.txt``): a name of such words alone
("News", "Home", "Mein Blog") is anybody's."""


@dataclass(frozen=True, slots=True)
class Brand:
    """The names of one outlet: ``whole`` as mastheads have them, its mere ``labels``, and ``mentions`` in a phrase."""

    whole: frozenset[str]
    labels: frozenset[str]
    mentions: frozenset[str]


def brand_of(outlet: Outlet, pages: Sequence[PageFacts], everybodys: Collection[str] = ()) -> Brand:
    """Names from the watch list, and what the outlet's own pages call themselves.

    A segment counts where two titles have it, as a headline is one too. What a page declares as its site's
    name needs no second page, nor does a segment that is the outlet's label with words that stand beside it ("DER
    SPIEGEL", "SZ.de"). What anybody's site may be called is not learnt, nor what several outlets are (``everybodys``).
    """
    given = {words(outlet.name), *map(words, outlet.labels), *map(words, outlet.confirmed_domains)}
    given |= {_without_article(name) for name in given} | {words(outlet.domain.partition(".")[0])}
    bare = {_bare(domain.partition(".")[0]) for domain in outlet.confirmed_domains} | set(map(_bare, outlet.labels))
    endings = {word for domain in outlet.confirmed_domains for word in domain.split(".")[1:]}
    found = Counter(name for page in {page.title: page for page in pages}.values() for name in mastheads(page))
    published = {words(page.structured.get("publisher", "")) for page in pages}  # a whole house's, more often than not
    learnt = {name for page in pages for name in _declared(page)}
    learnt |= {name for name, pages_with in found.items() if pages_with > 1}
    learnt |= {name for name in (*found, *published) if _around_label(name, bare, endings)}
    names = {name for name in given if name} | {name for name in learnt if _distinct(name) and name not in everybodys}
    # "Presse" without its article is a word; as a name it is what a site of that label calls itself.
    short = bare | {_bare(_without_article(name)) for name in given if _bare(name) in bare}
    labels = frozenset(name for name in names if _bare(name) in short)
    mentions = frozenset(name for name in names if " " in name or len(name) >= SHORTEST_MENTION)
    return Brand(frozenset(names - labels), labels, mentions)


def shared_names(pages_of_outlets: Iterable[Sequence[PageFacts]]) -> frozenset[str]:
    """What pages of more than one outlet call themselves: a section's, the house's or the software's name."""
    owned = Counter(name for pages in pages_of_outlets for name in {n for page in pages for n in mastheads(page)})
    return frozenset(name for name, owners in owned.items() if owners > 1)


def likeness(page: PageFacts, brand: Brand) -> tuple[float, str]:
    """How much the page calls itself by the outlet's name, 0 to 1, and where."""
    called = {words(name): name for name in reversed(_called(page))}
    segments = _segments(page.title)
    for names, value in ((brand.whole, MASTHEAD), (brand.labels, LABEL)):
        named = next((name for name in called if name in names), None)
        if named is not None:
            return value, f"the page calls its site “{_cut(called[named])}”"
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
    return {*_declared(page), *_segments(page.title)} - {""}


def words(text: str) -> str:
    """A phrase for comparing: compatibility forms and case folded, words with one blank between them."""
    return " ".join(_WORDS.findall(unicodedata.normalize("NFKC", text).casefold()))


def _called(page: PageFacts) -> tuple[str, ...]:
    """What the page's metadata calls its site and its publisher, as written."""
    return (page.og_site_name, *page.names, page.structured.get("publisher", ""))


def _declared(page: PageFacts) -> set[str]:
    return {words(page.og_site_name), *map(words, page.names)} - {""}


def _around_label(name: str, bare: Collection[str], endings: Collection[str]) -> bool:
    """Whether a name is the label as whole words, articles before it, and words of the trade around it.

    A label within a word is another word ("Umwelt" is no name of Die Welt), and one in a phrase is a word of it ("Bild
    der Woche" is none of Bild).
    """
    parts = name.split()[: LONGEST_MASTHEAD + 1]
    return len(parts) <= LONGEST_MASTHEAD and any(
        _bare("".join(parts[start:end])) in bare
        and all(_trade(word) is not None for word in parts[:start])
        and all(word in endings or _trade(word) not in (None, Kind.ARTICLE) for word in parts[end:])
        for start in range(len(parts))
        for end in range(start + 1, len(parts) + 1)
    )


def _distinct(name: str) -> bool:
    """Whether a name of a site is more than words that anybody's may be called by, and no sentence."""
    parts = name.split()
    anybodys = (_trade(word) is not None or word in _ANYBODYS or is_common(word) for word in parts)
    return len(parts) <= LONGEST_MASTHEAD and not all(anybodys)


def _trade(word: str) -> Kind | None:
    """What a word says that stands beside mastheads in any language; None for other words."""
    return Kind.NUMBER if word.isdigit() else affixes(()).get(_bare(word))


def _bare(name: str) -> str:
    """Letters and digits alone without accents, as a label has them."""
    plain = unicodedata.normalize("NFKD", words(name).translate(_AS_IN_LABELS))
    return "".join(char for char in plain if char.isalnum())


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
