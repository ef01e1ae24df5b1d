"""One more character in front or at the end: spiegelr, abild."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.core.names.permutations.context import ALPHABET

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.core.names.permutations.context import Context


def permute(label: str, context: Context) -> Iterator[str]:  # noqa: ARG001 -- every family takes the same
    """Yield the label with each letter and digit at its end, then in front."""
    for char in ALPHABET:
        yield label + char
    for char in ALPHABET:
        yield char + label
