"""A chunk of host names as columns: where each one's registrable label is, and that label without hyphens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from service.core.names import name as names
from service.core.names import skeleton, suffixes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    I64 = NDArray[np.int64]
    Bytes = NDArray[np.uint8]

_NEWLINE: Final = ord("\n")
_DOT: Final = ord(".")
_HYPHEN: Final = ord("-")
_FOLD: Final = np.frombuffer(skeleton.FOLD, np.uint8)


@dataclass(frozen=True, slots=True)
class Column:
    """Texts one after another, each with a newline behind it; ``rows`` says of which name each is a reading."""

    plain: Bytes
    folded: Bytes
    starts: I64
    lengths: I64
    rows: I64


@dataclass(frozen=True, slots=True)
class Chunk:
    """``readings``: the registrable label of every name, then more readings of some: pairs of letters, Punycode.

    ``deep`` are the rows of names with more than two labels.
    """

    readings: Column
    deep: I64


def cut(hosts: Sequence[str]) -> Chunk:
    """Return ``hosts`` (A-labels, lower case, as ``name.parse`` gives them) as columns."""
    text = np.frombuffer(("\n".join(hosts) + "\n").encode("ascii"), np.uint8)
    ends = np.flatnonzero(text == _NEWLINE)
    starts = np.concatenate(([0], ends[:-1] + 1))
    begins, stops, deep = _label_bounds(hosts, text, starts, ends)
    labels = _labels(text, begins, stops)
    # One column: what is looked up, is looked up by length, and that costs the same for few texts as for many.
    return Chunk(_joined(labels, _others(hosts, labels, text, begins, stops)), deep)


def _joined(one: Column, other: Column) -> Column:
    return Column(
        plain=np.concatenate((one.plain, other.plain)),
        folded=np.concatenate((one.folded, other.folded)),
        starts=np.concatenate((one.starts, other.starts + len(one.plain))),
        lengths=np.concatenate((one.lengths, other.lengths)),
        rows=np.concatenate((one.rows, other.rows)),
    )


def _label_bounds(hosts: Sequence[str], text: Bytes, starts: I64, ends: I64) -> tuple[I64, I64, I64]:
    """Where each registrable label begins and stops: before the last dot, but for hosts below deeper suffixes."""
    dots = np.flatnonzero(text == _DOT)
    seen = np.searchsorted(dots, ends)
    many = np.diff(seen, prepend=0)
    begins, stops = starts.copy(), starts.copy()
    with_dot = many > 0
    stops[with_dot] = dots[seen[with_dot] - 1]
    deep = np.flatnonzero(many > 1)
    begins[deep] = dots[seen[deep] - 2] + 1
    for row, tail in zip(deep.tolist(), (begins - starts)[deep].tolist(), strict=True):
        if suffixes.may_be_below_deep(hosts[row][tail:]):
            low, high = _bounds(hosts[row])
            begins[row], stops[row] = starts[row] + low, starts[row] + high
    return begins, stops, deep


def _bounds(host: str) -> tuple[int, int]:
    label, suffix = names.split(host)
    high = len(host) - len(suffix) - 1 if label else 0
    return high - len(label), high


def _labels(text: Bytes, begins: I64, stops: I64) -> Column:
    inside = np.zeros(len(text) + 1, np.int8)
    inside[begins] += 1
    inside[stops] -= 1
    kept = np.cumsum(inside[:-1], dtype=np.int8).view(np.bool_)
    kept &= text != _HYPHEN
    kept |= text == _NEWLINE
    plain = text[kept]
    ends = np.flatnonzero(plain == _NEWLINE)
    starts = np.concatenate(([0], ends[:-1] + 1))
    return Column(plain, _FOLD[plain], starts, ends - starts, np.arange(len(ends)))


def _others(hosts: Sequence[str], labels: Column, text: Bytes, begins: I64, stops: I64) -> Column:
    """Pairs of letters are replaced in all rows at once: a newline between texts keeps them apart."""
    rows = _rows_with_pairs(labels)
    pairs = skeleton.paired(_taken(labels, rows))
    readings: list[str] = []
    more: list[int] = []
    for row in _rows_with_punycode(text, begins, stops).tolist():
        for reading in skeleton.ascii_readings(names.split(hosts[row])[0]):
            bare = skeleton.bare(reading)
            spelled = {bare, skeleton.paired(bare)}
            readings += spelled
            more += [row] * len(spelled)
    plain = np.frombuffer((pairs + "".join(f"{reading}\n" for reading in readings)).encode("ascii"), np.uint8)
    ends = np.flatnonzero(plain == _NEWLINE)
    starts = np.concatenate((np.zeros(min(1, len(ends)), np.int64), ends[:-1] + 1))
    return Column(plain, _FOLD[plain], starts, ends - starts, np.concatenate((rows, np.array(more, np.int64))))


def _taken(column: Column, rows: I64) -> str:
    """The texts at ``rows``, each with its newline."""
    if not len(rows):
        return ""
    sizes = column.lengths[rows] + 1
    steps = np.arange(int(sizes.sum())) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    taken: Bytes = column.plain[np.repeat(column.starts[rows], sizes) + steps]
    return taken.tobytes().decode("ascii")


def _rows_with_pairs(labels: Column) -> I64:
    first, second = labels.plain[:-1], labels.plain[1:]
    hit = np.zeros(len(first), np.bool_)
    for pair, _ in skeleton.PAIRS:
        hit |= (first == ord(pair[0])) & (second == ord(pair[1]))
    return np.unique(np.searchsorted(labels.starts, np.flatnonzero(hit), "right") - 1)


def _rows_with_punycode(text: Bytes, begins: I64, stops: I64) -> I64:
    rows = np.flatnonzero(stops - begins > len(names.ACE))
    for offset, char in enumerate(names.ACE):
        rows = rows[text[begins[rows] + offset] == ord(char)]
    return rows
