"""The watch list as the matcher and the generator see it: outlets, their labels, and the names that are innocent."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from service.core.errors import InvalidName
from service.core.names import name as names
from service.core.names import vocabulary
from service.core.names.labels import Label
from service.core.names.vocabulary import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from service.core.model import Outlet

SHORTEST_OWN_LABEL: Final = 3
"""Labels of own domains shorter than this (gu.com, sz.de) say nothing; the main domain's label counts at any length."""

SHORTEST_NAME_LABEL: Final = 5
"""A label read off an outlet's name counts from this length: shorter ones are initials and words."""

_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_LETTERS = str.maketrans(
    {
        "ł": "l",
        "ø": "o",
        "đ": "d",
        "æ": "ae",
        "œ": "oe",
        "ß": "ss",
        "\N{LATIN SMALL LETTER DOTLESS I}": "i",
        "&": " and ",
    }
)


class WatchList:
    """Outlets, and names that are never lookalikes: ``allow`` holds names and hosts that an operator cleared."""

    def __init__(self, outlets: Iterable[Outlet], allow: Iterable[str] = ()) -> None:
        self.outlets = tuple(outlets)
        self.allow = frozenset(allow)
        self._compared = {outlet.id: _compared(outlet) for outlet in self.outlets}
        self.labels = tuple(label for outlet in self.outlets for label in self._compared[outlet.id])
        self._own = {domain: outlet.id for outlet in reversed(self.outlets) for domain in outlet.confirmed_domains}
        self._innocent_under = _by_suffix(self.allow.union(self._own))

    def labels_for(self, outlet: Outlet) -> tuple[Label, ...]:
        """Labels that a lookalike of ``outlet`` would carry, the main domain's first; it need not be on the list."""
        known = self._compared.get(outlet.id)
        return _compared(outlet) if known is None else known

    def including(self, outlet: Outlet) -> WatchList:
        """Return a list that ``outlet`` is on: this one where it is."""
        return self if outlet.id in self._compared else WatchList((*self.outlets, outlet), self.allow)

    def innocent_under(self, suffix: str) -> frozenset[str]:
        """What stands before ``suffix`` in own and allowed names: spiegel for de."""
        return self._innocent_under.get(suffix, frozenset())

    def is_own(self, host: str) -> str | None:
        """Return the id of the outlet that ``host`` belongs to: a confirmed domain or a name below one."""
        return next((self._own[parent] for parent in _parents(host) if parent in self._own), None)

    def is_allowed(self, host: str) -> bool:
        """Whether ``host`` or a name above it is on the allow list."""
        return any(parent in self.allow for parent in _parents(host))

    def is_innocent(self, host: str) -> bool:
        """Whether ``host`` is an outlet's own or allowed: neither generated nor matched, for any outlet."""
        return self.is_own(host) is not None or self.is_allowed(host)


def label_of(domain: str) -> str:
    """Return the label that a domain is known by: the left-most where it lies below a registrable name; www is none.

    abcnews.go.com is known as abcnews, pravda.com.ua as pravda.
    """
    domain = domain.removeprefix("www.")
    registered = names.registrable(domain)
    if registered is None:
        return ""
    return domain.partition(".")[0] if domain != registered else names.split(domain)[0]


def outlet_host(text: str) -> str:
    """Return the domain of a name or address that an operator typed, without ``www``.

    Raises InvalidName where nobody can register it.
    """
    host = (names.host_of_url(text) if "/" in text else names.parse(text)).removeprefix("www.")
    if names.registrable(host) is None:
        raise InvalidName(f"{host} is not below a known public suffix")
    return host


def _compared(outlet: Outlet) -> tuple[Label, ...]:
    main = frozenset(_main_labels(outlet))
    return tuple(Label.of(outlet, text, derived=text not in main) for text in _labels(outlet))


def _main_labels(outlet: Outlet) -> tuple[str, ...]:
    found = [label_of(outlet.domain), *_spelled(outlet.labels)]
    return tuple(dict.fromkeys(label for label in found if label))


def _labels(outlet: Outlet) -> tuple[str, ...]:
    found = [*_main_labels(outlet), *_of_own_domains(outlet), *_of_name(outlet)]
    found = [label for label in found if names.encoded(label) is not None]
    by_bare: dict[str, str] = {}
    for label in found:
        by_bare.setdefault(label.replace("-", ""), label)
    return tuple(by_bare.values())


def _of_own_domains(outlet: Outlet) -> list[str]:
    """Sections of an outlet's own site (edition.cnn.com) carry no label of their own."""
    main = set(outlet.confirmed_domains)
    tops = [d for d in outlet.own_domains if names.registrable(d) == d or names.registrable(d) not in main]
    return [label for label in map(label_of, tops) if len(label) >= SHORTEST_OWN_LABEL]


def _of_name(outlet: Outlet) -> list[str]:
    """Each spelling of the name as one word, with and without the article in front where two words are left.

    "nd (Neues Deutschland)" has two names, "A / B" as well; a bracket in lower case describes ("sports news"). An
    outlet that was added by its address alone has no name yet, only its domain.
    """
    if outlet.name == outlet.domain:
        return []
    articles = {word for word, kind in vocabulary.affixes(outlet.languages).items() if kind is Kind.ARTICLE}
    found: list[str] = []
    for part in re.split(r"[()/]", outlet.name):
        words = part.replace("-", " ").split()
        if len(words) > 1 and not part.islower():
            found.append(" ".join(words))
            if len(words) > 2 and words[0].lower() in articles:  # noqa: PLR2004 -- two words left, as said above
                found.append(" ".join(words[1:]))
    return [label for label in _spelled(found) if len(label) >= SHORTEST_NAME_LABEL]


def _spelled(titles: Iterable[str]) -> list[str]:
    """Each title with its umlauts spelled out, and without their dots."""
    return [_typed(spelling) for title in titles for spelling in (title.lower().translate(_GERMAN), title)]


def _typed(text: str) -> str:
    """Return how a name is typed as a label: lower case, no spaces, ASCII; in Punycode where other scripts are in it.

    What is left of a name without the letters of its own script is another word (Gazeta Online in Cyrillic: online).
    Empty where no registry could hold it.
    """
    plain = _letters(unicodedata.normalize("NFKD", text.lower().translate(_LETTERS)), "LN")
    if plain.isascii():
        return plain
    return names.encoded(unicodedata.normalize("NFC", _letters(text.lower(), "LMN"))) or ""


def _letters(text: str, categories: str) -> str:
    """Keep what belongs to one of the general categories (UAX 44: L letters, M marks, N numbers), and inner hyphens."""
    return "".join(char for char in text if char == "-" or unicodedata.category(char)[0] in categories).strip("-")


def _by_suffix(hosts: Iterable[str]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for host in hosts:
        labels = host.split(".")
        for cut in range(1, len(labels)):
            found.setdefault(".".join(labels[cut:]), set()).add(".".join(labels[:cut]))
    return {suffix: frozenset(texts) for suffix, texts in found.items()}


def _parents(host: str) -> Iterable[str]:
    while host:
        yield host
        host = host.partition(".")[2]
