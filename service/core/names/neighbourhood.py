"""Finds pairs of texts within one or two edits of each other without comparing all with all.

Two texts within k edits have a common text after at most k deletions in each. So every label is stored under the hashes
of its deletions, and every name is looked up under the hashes of its own: the cost of a name hardly grows with the
number of labels. All of it works on columns: a chunk of names at a time, names of one length together, in numpy.

Second deletions are many (78 for 13 characters), so a name goes through them only if its ends allow: two edits cannot
both touch the first ``a`` and the last ``b`` characters and the gap between them, so one end is unchanged, or each end
has one edit. What comes out are candidates: hashes collide, and common deletions may be further apart than k. The
caller verifies.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    U64 = NDArray[np.uint64]
    I64 = NDArray[np.int64]
    Bytes = NDArray[np.uint8]

LONGEST: Final = 65
"""Characters of the longest text that can be near another: a label of 63 octets (RFC 1035 2.3.4) and two edits."""

_BASE: Final = np.uint64(0x9E3779B97F4A7C15)
"""Odd multiplier (2^64 / golden ratio): a text is hashed as the sum of code(char) * base^place modulo 2^64."""

_CODES: Final = np.array([(byte + 1) * 0xBF58476D1CE4E5B9 % 2**64 for byte in range(256)], np.uint64)
"""What a character counts in the hash, spread over the high bits (constant of splitmix64), which say the place."""

_CELLS: Final = 65_536
"""Hashes that are worked on together: half a megabyte stays in the second-level cache."""

_LEAST_PLACES: Final = 12
_MOST_PLACES: Final = 24
"""Sizes of a filter as powers of two; sixteen megabytes at most."""

_WINDOWS: Final = {8: (4, 3), 9: (4, 4), 10: (5, 4), 11: (5, 5)}
"""Sizes of the two ends by the length of the shortest label that is two edits away: together at least one less."""

_SHORTEST_TWO_EDITS: Final = 8


def _powers() -> U64:
    out = np.ones(LONGEST + 3, np.uint64)
    return np.multiply.accumulate(np.concatenate((out[:1], out[1:] * _BASE)))


_POWERS: Final = _powers()


class _Filter:
    """A set of hashes with false positives and no false negatives: a table of bytes, thirty-two for each hash."""

    def __init__(self, hashes: U64) -> None:
        bits = min(_MOST_PLACES, max(_LEAST_PLACES, int(np.ceil(np.log2(max(1, len(hashes)) * 32)))))
        self._shift = np.uint64(64 - bits)
        self._table = np.zeros(1 << bits, np.bool_)
        self._table[hashes >> self._shift] = True

    def holds(self, hashes: U64) -> NDArray[np.bool_]:
        """Return, for each hash, whether it may be in the set."""
        return self._table[(hashes >> self._shift).view(np.int64)]


@dataclass(frozen=True, slots=True)
class _Ends:
    """Which beginnings and endings (whole, and with one deletion) labels have that are two edits away."""

    begin: int
    end: int
    begins: _Filter
    near_begins: _Filter
    ends: _Filter
    near_ends: _Filter

    def allow(self, prefix: U64, length: int) -> NDArray[np.bool_]:
        """Return which columns of ``prefix`` (hashes of 0..length characters) could be two edits from a label."""
        begins = self.begins.holds(prefix[self.begin])
        ends = self.ends.holds(_slice(prefix, length - self.end, length))
        near_begins, near_ends = begins.copy(), ends.copy()
        for at in range(self.begin):
            near_begins |= self.near_begins.holds(_without(prefix, 0, at, self.begin))
        for at in range(length - self.end, length):
            near_ends |= self.near_ends.holds(_without(prefix, length - self.end, at, length))
        return begins | ends | (near_begins & near_ends)


class Neighbourhood:
    """An index of texts with a number of edits each; ``pairs`` looks names up."""

    def __init__(self, texts: Sequence[bytes], owners: Sequence[int], budgets: Sequence[int]) -> None:
        """``owners[i]`` is what ``pairs`` returns for ``texts[i]``, ``budgets[i]`` its edits: 0, 1 or 2."""
        kept = [i for i, text in enumerate(texts) if 0 < len(text) <= LONGEST - 2]
        self._lengths = np.array([len(texts[i]) for i in kept], np.int64)
        self._budgets = np.array([budgets[i] for i in kept], np.int64)
        self._owners = np.array([owners[i] for i in kept], np.int64)
        blob = np.frombuffer(b"".join(texts[i] for i in kept), np.uint8)
        starts = np.cumsum(self._lengths) - self._lengths
        self._keys, self._places = self._stored(blob, starts)
        self._filter = _Filter(self._keys)
        self._longest = int(self._lengths.max(initial=0)) + 2
        self._deletions = {length: self._deletions_for(length) for length in range(1, LONGEST + 1)}
        self._ends = self._all_ends(blob, starts)

    def pairs(self, blob: Bytes, starts: I64, lengths: I64) -> tuple[I64, I64]:
        """Return (positions in ``starts``, owners) of candidate pairs, each once; ``blob`` holds the names."""
        found_rows, found_keys = [np.empty(0, np.int64)], [np.empty(0, np.uint64)]
        for rows, prefix, length in _columns(blob, starts, lengths, self._longest):
            deletions = self._deletions[length]
            if deletions < 0:
                continue
            for picked, hashes in self._probes(rows, prefix, length, deletions):
                hit = np.flatnonzero(self._filter.holds(hashes.ravel()))
                if len(hit):
                    found_rows.append(picked[hit % len(picked)])
                    found_keys.append(hashes.ravel()[hit])
        return self._joined(np.concatenate(found_rows), np.concatenate(found_keys))

    def _probes(self, rows: I64, prefix: U64, length: int, deletions: int) -> Iterator[tuple[I64, U64]]:
        yield rows, prefix[length]
        if deletions:
            yield rows, _single_deletions(prefix, length)
        ends = self._ends.get(length)
        if deletions > 1 and ends is not None:
            kept = np.flatnonzero(ends.allow(prefix, length))
            for part in _blocks(kept, length * (length - 1) // 2):
                yield rows[part], _double_deletions(prefix[:, part], length)

    def _deletions_for(self, length: int) -> int:
        """How many characters of a name of this length may have to go to meet a label; -1 where no label is near."""
        apart = length - self._lengths
        near = np.abs(apart) <= self._budgets
        return int(np.minimum(self._budgets, apart + self._budgets)[near].max()) if near.any() else -1

    def _joined(self, rows: I64, hashes: U64) -> tuple[I64, I64]:
        if not len(self._keys):
            return np.empty(0, np.int64), np.empty(0, np.int64)
        first = np.searchsorted(self._keys, hashes, "left")
        known = np.flatnonzero(self._keys[np.minimum(first, len(self._keys) - 1)] == hashes)
        rows, hashes = _distinct(rows[known], hashes[known])
        first = np.searchsorted(self._keys, hashes, "left")
        many = np.searchsorted(self._keys, hashes, "right") - first
        rows = np.repeat(rows, many)
        steps = np.arange(len(rows)) - np.repeat(np.cumsum(many) - many, many)
        owners = self._owners[self._places[np.repeat(first, many) + steps]]
        width = int(self._owners.max(initial=0)) + 1
        unique = np.unique(rows * width + owners)
        return unique // width, unique % width

    def _stored(self, blob: Bytes, starts: I64) -> tuple[U64, I64]:
        """All deletions of all texts within their budgets, sorted by hash, with the text that each is of."""
        keys, places = [np.empty(0, np.uint64)], [np.empty(0, np.int64)]
        for rows, prefix, length in _columns(blob, starts, self._lengths, LONGEST):
            for least, variants in enumerate((_no_deletion, _single_deletions, _double_deletions)):
                kept = np.flatnonzero(self._budgets[rows] >= least)
                hashes = variants(prefix[:, kept], length)
                keys.append(hashes.ravel())
                places.append(np.tile(rows[kept], len(hashes)))
        owners, hashes = _distinct(np.concatenate(places), np.concatenate(keys))
        return hashes, owners

    def _all_ends(self, blob: Bytes, starts: I64) -> dict[int, _Ends]:
        """By length of the name: the ends of the labels that are at most two edits away."""
        two = self._budgets == 2  # noqa: PLR2004 -- two edits is what the whole filter is for
        by_shortest = {n: self._ends_of(blob, starts, two & (self._lengths >= n), n) for n in _WINDOWS}
        shortest = {
            length: min(max(_WINDOWS), max(_SHORTEST_TWO_EDITS, length - 2)) for length in range(6, LONGEST + 1)
        }
        return {length: by_shortest[n] for length, n in shortest.items()}

    def _ends_of(self, blob: Bytes, starts: I64, wanted: NDArray[np.bool_], shortest: int) -> _Ends:
        begin, end = _WINDOWS[shortest]
        whole: tuple[list[U64], list[U64]] = ([], [])
        near: tuple[list[U64], list[U64]] = ([], [])
        picked = np.flatnonzero(wanted)
        for _, prefix, length in _columns(blob, starts[picked], self._lengths[picked], LONGEST):
            whole[0].append(prefix[begin])
            whole[1].append(_slice(prefix, length - end, length))
            near[0].extend(_without(prefix, 0, at, begin) for at in range(begin))
            near[1].extend(_without(prefix, length - end, at, length) for at in range(length - end, length))
        begins, ends, near_begins, near_ends = (_Filter(_gathered(part)) for part in (*whole, *near))
        return _Ends(begin, end, begins, near_begins, ends, near_ends)


def _distinct(rows: I64, hashes: U64) -> tuple[I64, U64]:
    """Each pair once, by hash: a text of one repeated character has hundreds of equal deletions."""
    order = np.lexsort((rows, hashes))
    rows, hashes = rows[order], hashes[order]
    new = np.ones(len(rows), np.bool_)
    new[1:] = (rows[1:] != rows[:-1]) | (hashes[1:] != hashes[:-1])
    return rows[new], hashes[new]


def _gathered(parts: list[U64]) -> U64:
    return np.concatenate(parts) if parts else np.empty(0, np.uint64)


def _columns(blob: Bytes, starts: I64, lengths: I64, longest: int) -> Iterator[tuple[I64, U64, int]]:
    """Yield (rows, hashes of their first 0..length characters, length) for blocks of rows of one length."""
    small = np.minimum(lengths, longest + 1).astype(np.uint8)
    order = np.argsort(small, kind="stable")
    bounds = np.concatenate(([0], np.cumsum(np.bincount(small, minlength=longest + 2))))
    for length in range(1, longest + 1):
        for rows in _blocks(order[bounds[length] : bounds[length + 1]], length):
            yield rows, _prefix_hashes(blob, starts[rows], length), length


def _blocks(rows: I64, cells_each: int) -> Iterator[I64]:
    step = max(1, _CELLS // max(1, cells_each))
    return (rows[low : low + step] for low in range(0, len(rows), step))


def _prefix_hashes(blob: Bytes, starts: I64, length: int) -> U64:
    out = np.zeros((length + 1, len(starts)), np.uint64)
    for i in range(length):
        np.multiply(out[i], _BASE, out=out[i + 1])
        out[i + 1] += _CODES[blob[starts + i]]
    return out


def _slice(prefix: U64, low: int, high: int) -> U64:
    """Hash of the characters from low to high."""
    hashes: U64 = prefix[high] - prefix[low] * _POWERS[high - low]
    return hashes


def _without(prefix: U64, low: int, at: int, high: int) -> U64:
    """Hash of the characters from low to high without the one at ``at``."""
    hashes: U64 = _slice(prefix, low, at) * _POWERS[high - 1 - at] + _slice(prefix, at + 1, high)
    return hashes


def _no_deletion(prefix: U64, length: int) -> U64:
    return prefix[length:]


def _single_deletions(prefix: U64, length: int) -> U64:
    """Hashes (deleted position, column) of the texts without one character."""
    hashes = prefix[:length] - prefix[1:]
    hashes *= _column(_POWERS[:length][::-1])
    hashes += prefix[length]
    return hashes


def _double_deletions(prefix: U64, length: int) -> U64:
    """Hashes (pair of deleted positions, column) of the texts without two characters: the losses of both add up."""
    first, second = np.triu_indices(length, 1)
    losses = prefix[: length - 1] - prefix[1:length]
    losses *= _column(_POWERS[: length - 1][::-1])
    hashes = losses[first]
    hashes += _single_deletions(prefix, length)[second]
    return hashes


def _column(powers: U64) -> U64:
    return powers[:, np.newaxis]
