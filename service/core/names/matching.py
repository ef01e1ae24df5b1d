"""Finds which names resemble which outlets, a chunk of names at a time.

Two lookups give candidate pairs of name and label for a whole chunk: ``Neighbourhood`` those within edits of each
other, ``Holders`` the names that hold a label. Each pair is then judged by ``resemblance``, which the generator shares.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from service.core.model import NameMatch
from service.core.names import chunks, skeleton
from service.core.names import name as names
from service.core.names.holders import Holders
from service.core.names.neighbourhood import Neighbourhood
from service.core.names.readings import Resemblance, Seen
from service.core.names.resemblance import SHORTEST_LOOKALIKE, whole_name
from service.core.names.tricks import Tricks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from service.core.names.chunks import Chunk
    from service.core.names.labels import Label
    from service.core.names.watchlist import WatchList

    I64 = NDArray[np.int64]

CHUNK: Final = 100_000
"""Names that are worked on together: 20,000 is half as fast, a million no faster and needs half a gigabyte."""


class MatchIndex:
    """Built once from a watch list; ``match`` takes host names as ``name.parse`` gives them."""

    def __init__(self, watchlist: WatchList) -> None:
        self._watchlist = watchlist
        self._labels = watchlist.labels
        forms = [(form, place) for place, label in enumerate(self._labels) for form in _forms(label)]
        self._near = Neighbourhood(
            [form.encode("ascii") for form, _ in forms],
            [place for _, place in forms],
            [_edits_looked_up(self._labels[place]) for _, place in forms],
        )
        self._holders = Holders(self._labels)
        self._tricks = Tricks(watchlist)

    @classmethod
    def build(cls, watchlist: WatchList) -> MatchIndex:
        """Return the index of a watch list."""
        return cls(watchlist)

    def match(self, hosts: Sequence[str]) -> list[NameMatch]:
        """Return the best match of every (name, outlet) that resemble, in the order of ``hosts``, outlets in theirs."""
        found: list[NameMatch] = []
        for low in range(0, len(hosts), CHUNK):
            found += self._match_chunk(hosts[low : low + CHUNK])
        return found

    def match_one(self, host: str) -> list[NameMatch]:
        """Return the matches of one name."""
        return self.match([host])

    def _match_chunk(self, hosts: Sequence[str]) -> list[NameMatch]:
        chunk = chunks.cut(hosts)
        best: dict[tuple[int, str], Resemblance] = {}
        for row, outlet, found in self._resembling(hosts, chunk):
            known = best.get((row, outlet))
            if known is None or found.score > known.score:
                best[row, outlet] = found
        matches = (self._named(hosts[row], outlet, found) for (row, outlet), found in sorted(best.items(), key=_order))
        return [match for match in matches if match is not None]

    def _resembling(self, hosts: Sequence[str], chunk: Chunk) -> Iterator[tuple[int, str, Resemblance]]:
        last, seen, suffix = -1, None, ""
        for row, place in self._pairs(chunk):
            if row != last:
                label, suffix = names.split(hosts[row])
                last, seen = row, Seen.of(label) if label else None
            if seen is not None:
                found = whole_name(self._labels[place], seen, suffix)
                if found is not None:
                    yield row, self._labels[place].outlet, found
        deep = chunk.deep.tolist()
        for position, outlet, found in self._tricks.found([hosts[row] for row in deep]):
            yield deep[position], outlet, found

    def _pairs(self, chunk: Chunk) -> Iterator[tuple[int, int]]:
        """Candidate pairs of row and label, each once, by row."""
        column = chunk.readings
        near, near_places = self._near.pairs(column.folded, column.starts, column.lengths)
        held, held_places = self._holders.pairs(column)
        rows, places = column.rows[np.concatenate((near, held))], np.concatenate((near_places, held_places))
        width = max(1, len(self._labels))
        pairs = np.unique(rows * width + places)
        return zip((pairs // width).tolist(), (pairs % width).tolist(), strict=True)

    def _named(self, host: str, outlet: str, found: Resemblance) -> NameMatch | None:
        domain = names.registrable(host)
        if domain is None or self._watchlist.is_innocent(host):
            return None
        return NameMatch(
            name=host,
            domain=domain,
            outlet=outlet,
            technique=found.technique,
            distance=found.distance,
            score=found.score,
        )


def _forms(label: Label) -> tuple[str, ...]:
    return tuple(dict.fromkeys((skeleton.folded(label.bare), label.skeleton)))


def _edits_looked_up(label: Label) -> int:
    """Short labels have no edits to spare, but some single edits of them count (see ``resemblance``)."""
    return max(label.budget, 1) if len(label.bare) >= SHORTEST_LOOKALIKE else 0


def _order(item: tuple[tuple[int, str], Resemblance]) -> tuple[int, str]:
    return item[0]
