"""Sets of 64-bit features of many pages, kept so that one page is compared with all of them at once.

Each row (a baseline, or all of an outlet's texts) is a set of features; each row has an owner (an outlet). A feature
counts by its rarity: what several outlets have (a content management system that a publisher's group shares, a consent
banner, a theme) says little about any of them. Likeness is the share of a row's features that the page has, never the
share of the page's own: whatever a page adds cannot lower it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MOST_OWNERS = 6
"""Features that more outlets than this have are left out: at 1/36 of a rare one's weight they would only cost time."""

OWN_SHARE = 0.3
"""A row is weighed as if at least this share of it were rare: the few own features of a page that is otherwise common
to a whole group must not stand for all of it."""

Hashes = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Overlaps:
    """What of each row a page has: share and sum weighted by rarity, how many features, and of how many that count."""

    share: NDArray[np.float64]
    weighted: NDArray[np.float64]
    common: NDArray[np.int64]
    size: NDArray[np.int64]


class FeatureIndex:
    """Rows of features. ``owners`` names each row's owner by a number from 0.

    ``cap`` is the size at which sets were cut, 0 where they were not. A set that reached it holds the smallest hashes
    only (bottom-k): where the page's was cut, rows are compared below its largest hash.
    """

    def __init__(self, rows: Sequence[Iterable[int]], owners: Sequence[int], cap: int) -> None:
        self.cap = cap
        arrays = [hashes(row) for row in rows]
        self._owners = np.asarray(owners, dtype=np.int64)
        self._sizes = np.array([len(array) for array in arrays], dtype=np.int64)
        features = np.concatenate([np.empty(0, np.uint64), *arrays])
        row_of = np.repeat(np.arange(len(rows), dtype=np.int32), self._sizes)
        order = np.argsort(features, kind="stable")
        features, self._row = features[order], row_of[order]
        self._keys, self._start, counts = np.unique(features, return_index=True, return_counts=True)
        self._end = self._start + counts
        weights = self._weights()
        counting = np.repeat(weights > 0, counts)
        self._counts = weights > 0
        self._weight, self._feature, self._counting = np.repeat(weights, counts), features, counting
        self._all = self._rows(np.ones(len(features), dtype=np.bool_))

    def __len__(self) -> int:
        return len(self._sizes)

    def overlaps(self, page: Hashes) -> Overlaps:
        """For every row, what of it the page has."""
        whole = self._all
        if len(page) >= self.cap > 0:
            whole = self._rows(self._feature <= page.max())
        found = self._found(page)
        common = np.bincount(self._row[found], minlength=len(self)).astype(np.int64)
        weighted = np.bincount(self._row[found], weights=self._weight[found], minlength=len(self)).astype(np.float64)
        totals, counting = whole
        share = np.divide(weighted, totals, out=np.zeros(len(self)), where=totals > 0)
        return Overlaps(share=np.minimum(share, 1.0), weighted=weighted, common=common, size=counting)

    def size(self, row: int) -> int:
        """How many features of a row count, whatever page it is compared with."""
        return int(self._all[1][row])

    def best_of_owners(self, overlaps: Overlaps, owners: int) -> NDArray[np.float64]:
        """The best share of each of ``owners`` owners' rows."""
        best = np.zeros(owners)
        np.maximum.at(best, self._owners, overlaps.share)
        return best

    def _found(self, page: Hashes) -> NDArray[np.int64]:
        """Positions of all entries whose feature the page has and that count at all."""
        if not len(self._keys) or not len(page):
            return np.empty(0, np.int64)
        at = np.searchsorted(self._keys, page).clip(max=len(self._keys) - 1)
        hit = at[(self._keys[at] == page) & self._counts[at]]
        start, length = self._start[hit], self._end[hit] - self._start[hit]
        offsets = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
        entries: NDArray[np.int64] = np.repeat(start, length) + offsets
        return entries

    def _weights(self) -> NDArray[np.float64]:
        if not len(self._keys):
            return np.empty(0, np.float64)
        key_of = np.repeat(np.arange(len(self._keys)), self._end - self._start)
        pairs = np.unique(np.stack((key_of, self._owners[self._row])), axis=1)
        owned_by = np.bincount(pairs[0], minlength=len(self._keys))
        return np.where(owned_by > MOST_OWNERS, 0.0, 1.0 / np.square(owned_by.astype(np.float64)))

    def _rows(self, entries: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Of the entries chosen: what each row weighs at most, and how many of its features count."""
        row, weight = self._row[entries], self._weight[entries]
        weighted = np.bincount(row, weights=weight, minlength=len(self))
        sizes = np.bincount(row, minlength=len(self))
        counting = np.bincount(row[self._counting[entries]], minlength=len(self)).astype(np.int64)
        return np.maximum(weighted, OWN_SHARE * sizes), counting


def hashes(features: Iterable[int]) -> Hashes:
    """A set of 64-bit features in the form that ``overlaps`` takes."""
    distinct = set(features)
    return np.sort(np.fromiter(distinct, dtype=np.uint64, count=len(distinct)))
