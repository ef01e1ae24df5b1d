"""Look-alikes within ASCII, once or twice, and for every occurrence of a character: blld, heiiasjournai, rnirror."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Final

from service.core.names import skeleton

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from service.core.names.permutations.context import Context


def permute(label: str, context: Context) -> Iterator[str]:  # noqa: ARG001 -- every family takes the same
    """Yield the label with one place changed, with all places of one kind changed, and with two places changed."""
    changes = list(_changes(label))
    for at, old, new in changes:
        yield label[:at] + new + label[at + len(old) :]
    for old, new in dict.fromkeys((old, new) for _, old, new in changes):
        yield label.replace(old, new)
    for (first, old, new), (second, other, another) in combinations(changes, 2):
        if first + len(old) <= second:
            yield label[:first] + new + label[first + len(old) : second] + another + label[second + len(other) :]


def _changes(label: str) -> Iterator[tuple[int, str, str]]:
    for at in range(len(label)):
        for size in (1, 2):
            part = label[at : at + size]
            for other in _LOOKALIKES.get(part, ()):
                yield at, part, other


def _lookalikes() -> dict[str, tuple[str, ...]]:
    """Everything that has the same skeleton, both ways: l for i, i and 1 for l, rn for m, m for rn."""
    alphabet = "abcdefghijklmnopqrstuvwxyz0123456789"
    found: dict[str, tuple[str, ...]] = {}
    for char in alphabet:
        same = [other for other in alphabet if other != char and skeleton.folded(other) == skeleton.folded(char)]
        found[char] = (*same, *(pair for pair, letter in skeleton.PAIRS if letter == char))
    found.update({pair: (letter,) for pair, letter in skeleton.PAIRS})
    return found


_LOOKALIKES: Final[Mapping[str, tuple[str, ...]]] = _lookalikes()
