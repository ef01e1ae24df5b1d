"""Names below somebody else's registration that read like an outlet's: spiegel.de.example.com, spiegel.de-news.com."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import ahocorasick_rs
import numpy as np

from service.core.names import name as names
from service.core.names import skeleton, vocabulary
from service.core.names.labels import SHORT
from service.core.names.readings import Resemblance
from service.core.states import Technique

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from service.core.names.watchlist import WatchList

WHOLE_DOMAIN: Final = 0.95
LABEL_ONLY: Final = 0.6
"""A label alone in front of an unrelated registration: clones have it, and so have customers of a service."""

_NO_PATTERN: Final = b"\xff"
_NEWLINE: Final = ord("\n")
_BORDER: Final = b"\n.-"


class Tricks:
    """An index of the outlets' domains and distinctive labels as they would stand in front of another registration."""

    def __init__(self, watchlist: WatchList) -> None:
        found: dict[bytes, list[tuple[str, float]]] = {}
        for outlet in watchlist.outlets:
            for domain in outlet.confirmed_domains:
                for text in (f"{domain}.", f"{domain}-", domain.replace(".", "-") + "."):
                    found.setdefault(_folded(text), []).append((outlet.id, WHOLE_DOMAIN))
        for label in watchlist.labels:
            if len(label.bare) > SHORT and not vocabulary.is_common(label.bare):
                found.setdefault(_folded(f"{label.text}."), []).append((label.outlet, LABEL_ONLY))
        self._found = list(found.values())
        self._texts = list(found)
        self._find = ahocorasick_rs.BytesAhoCorasick(
            self._texts or [_NO_PATTERN], matchkind=ahocorasick_rs.MatchKind.Standard
        ).find_matches_as_indexes

    def found(self, hosts: Sequence[str]) -> Iterator[tuple[int, str, Resemblance]]:
        """Yield (position in ``hosts``, outlet id, resemblance) for what stands in front of registrable names."""
        blob = _folded("\n" + "\n".join(hosts) + "\n")
        hits = self._find(blob, overlapping=True)
        ends = np.flatnonzero(np.frombuffer(blob, np.uint8) == _NEWLINE)
        for pattern, start, stop in hits:
            row = int(np.searchsorted(ends, start)) - 1
            if self._is_in_front(
                hosts[row], start - int(ends[row]) - 1, stop - int(ends[row]) - 1, blob[start - 1], pattern
            ):
                for outlet, score in self._found[pattern]:
                    yield row, outlet, Resemblance(Technique.SUBDOMAIN, 0, score)

    def _is_in_front(self, host: str, start: int, stop: int, before: int, pattern: int) -> bool:
        domain = names.registrable(host)
        if domain is None or before not in _BORDER:
            return False
        front = len(host) - len(domain)
        text = self._texts[pattern]
        whole = text.endswith(b"-") or b"." in text[:-1]
        return start < front if whole else stop <= front


def _folded(text: str) -> bytes:
    return text.encode("ascii").translate(skeleton.FOLD)
