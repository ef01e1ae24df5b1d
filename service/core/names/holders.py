"""Finds the names that hold a label: one pass of Aho-Corasick over a whole chunk of names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import ahocorasick_rs
import numpy as np

from service.core.names import company, skeleton

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from service.core.names.chunks import Column
    from service.core.names.labels import Label

    I64 = NDArray[np.int64]
    Bools = NDArray[np.bool_]

_NEWLINE: Final = ord("\n")
_NO_PATTERN: Final = b"\xff"
_DIGITS: Final = b"0123456789"


class Holders:
    """An index of labels by their folded text."""

    def __init__(self, labels: Sequence[Label]) -> None:
        by_text: dict[bytes, list[int]] = {}
        held = ((place, label) for place, label in enumerate(labels) if len(label.bare) >= company.SHORTEST_HELD)
        for place, label in held:
            by_text.setdefault(skeleton.folded(label.bare).encode("ascii"), []).append(place)
        self._patterns = list(by_text) or [_NO_PATTERN]
        self._owners = [np.array(places, np.int64) for places in by_text.values()] or [np.empty(0, np.int64)]
        self._strict = np.array(
            [
                all(not company.may_stand_beside_anything(labels[place]) for place in places)
                for places in by_text.values()
            ]
            or [True]
        )
        self._find = ahocorasick_rs.BytesAhoCorasick(
            self._patterns, matchkind=ahocorasick_rs.MatchKind.Standard
        ).find_matches_as_indexes
        beside = {word for label in labels for word in (*label.words, *label.joins)} | {"www"}
        self._begins, self._ends = _pairs(word[:2] for word in beside), _pairs(word[-2:] for word in beside)
        # Behind a word of one letter (express-m-news) comes another word, or nothing.
        for letter in (ord(word) for word in beside if len(word) == 1):
            self._begins[letter * 256 : (letter + 1) * 256] = True
            self._ends[letter::256] = True

    def pairs(self, column: Column) -> tuple[I64, I64]:
        """Return (positions in the column, labels) of candidate pairs."""
        hits = self._find(column.folded.tobytes(), overlapping=True)
        if not hits:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        table = np.array(hits, np.int64)
        table = table[~self._strict[table[:, 0]] | self._beside_words(column, table[:, 1], table[:, 2])]
        positions = np.searchsorted(column.starts, table[:, 1], "right") - 1
        owners = [self._owners[pattern] for pattern in table[:, 0].tolist()]
        if not owners:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        return np.repeat(positions, [len(places) for places in owners]), np.concatenate(owners)

    def _beside_words(self, column: Column, starts: I64, stops: I64) -> Bools:
        """Whether what stands around a hit could be words: the two characters next to it end or begin one."""
        plain = np.concatenate((np.full(2, _NEWLINE, np.uint8), column.plain, np.full(2, _NEWLINE, np.uint8))).astype(
            np.int64
        )
        left, far_left = plain[starts + 1], plain[starts]
        right, far_right = plain[stops + 2], plain[stops + 3]
        left_fits = (left == _NEWLINE) | (far_left == _NEWLINE) | _is_digit(left) | self._ends[far_left * 256 + left]
        right_fits = (
            (right == _NEWLINE) | (far_right == _NEWLINE) | _is_digit(right) | self._begins[right * 256 + far_right]
        )
        fits: Bools = left_fits & right_fits
        return fits


def _pairs(parts: Iterable[str]) -> Bools:
    table = np.zeros(65536, np.bool_)
    for part in parts:
        if len(part) > 1:
            table[ord(part[0]) * 256 + ord(part[1])] = True
    return table


def _is_digit(chars: I64) -> Bools:
    digits: Bools = (chars >= _DIGITS[0]) & (chars <= _DIGITS[-1])
    return digits
