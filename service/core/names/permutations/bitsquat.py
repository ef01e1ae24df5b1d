"""One bit of one character flipped, as faulty memory does: spiegem."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.core.names.permutations.context import ALPHABET

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.core.names.permutations.context import Context


def permute(label: str, context: Context) -> Iterator[str]:  # noqa: ARG001 -- every family takes the same
    """Yield the label with each bit flipped that leaves a letter, a digit or a hyphen."""
    for at, char in enumerate(label):
        for bit in range(8):
            other = chr(ord(char) ^ 1 << bit)
            if other in ALPHABET or other == "-":
                yield label[:at] + other + label[at + 1 :]
