"""A watch-listed label with everything that comparing names with it needs, worked out once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from service.core.names import name as names
from service.core.names import skeleton, vocabulary

if TYPE_CHECKING:
    from service.core.model import Outlet

SHORT: Final = 4
"""Up to so many characters a label is near ordinary words (bild: build, wild): an edit alone means nothing."""

TWO_EDITS_FROM: Final = 8
TWO_EDITS_OF_COMMON_FROM: Final = 11

OTHER_SCRIPTS: Final = frozenset(
    ("ar", "be", "bg", "el", "fa", "he", "hi", "hy", "ka", "kk", "mk", "ru", "sr", "uk", "ur")
)
"""Languages not written in Latin letters: their outlets' names have several Latin spellings."""


@dataclass(frozen=True, slots=True)
class Label:
    """``text`` as registered, ``bare`` as read in ASCII without hyphens, ``skeleton`` what it looks like.

    ``budget`` is the number of edits that still mean the outlet; ``distinctive`` labels mean it in any company.
    ``derived`` labels come from own domains and the outlet's name rather than from its domain; ``respelled`` ones are
    romanised. ``words`` may stand beside it; ``joins`` is what the outlet's own suffixes leave when joined to it.
    """

    outlet: str
    text: str
    bare: str
    skeleton: str
    budget: int
    distinctive: bool
    derived: bool
    respelled: bool
    words: Mapping[str, vocabulary.Kind]
    own_suffixes: frozenset[str]
    joins: frozenset[str]

    @classmethod
    def of(cls, outlet: Outlet, text: str, *, derived: bool) -> Label:
        """Return the label ``text`` of ``outlet``."""
        read = skeleton.ascii_readings(text)[0] if skeleton.is_read_whole(text) else text
        bare = skeleton.bare(read)
        words = vocabulary.affixes(outlet.languages)
        return cls(
            outlet=outlet.id,
            text=text,
            bare=bare,
            skeleton=skeleton.skeleton(read),
            budget=edit_budget(bare, words),
            distinctive=vocabulary.is_distinctive(bare, words),
            derived=derived,
            respelled=not OTHER_SCRIPTS.isdisjoint(outlet.languages),
            words=words,
            own_suffixes=frozenset(names.split(domain)[1] for domain in outlet.confirmed_domains),
            joins=_joins(outlet),
        )

    @property
    def readable(self) -> bool:
        """Whether the whole label reads in ASCII; one with letters that look like none there is only itself."""
        return skeleton.is_read_whole(self.text)

    @property
    def short(self) -> bool:
        """Whether edits alone mean nothing."""
        return len(self.bare) <= SHORT


def edit_budget(bare: str, words: Mapping[str, vocabulary.Kind]) -> int:
    """Return how many edits (optimal string alignment) of a label still resemble it.

    None up to four characters, one from five, two from eight; but from eleven only where the label is a common word or
    made of such: on a million new registrations two edits of guardian or mailonline hit nothing but chance (gordian,
    ablonline).
    """
    if len(bare) <= SHORT:
        return 0
    plain = vocabulary.is_common(bare) or vocabulary.is_compound(bare, words)
    return 2 if len(bare) >= (TWO_EDITS_OF_COMMON_FROM if plain else TWO_EDITS_FROM) else 1


def _joins(outlet: Outlet) -> frozenset[str]:
    """For pravda.com.ua: com, ua, comua; for abcnews.go.com: go, com, gocom."""
    found: set[str] = set()
    for domain in outlet.confirmed_domains:
        rest = domain.removeprefix("www.").partition(".")[2]
        found.update((*rest.split("."), rest.replace(".", "")))
    return frozenset(found - {""})
