"""One more character inside: spiegkel; slips beside a neighbouring key come first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.core.names.permutations.context import ALPHABET
from service.core.names.permutations.keyboards import NEIGHBOURS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.core.names.permutations.context import Context


def permute(label: str, context: Context) -> Iterator[str]:  # noqa: ARG001 -- every family takes the same
    """Yield the label with one more character at each inner position."""
    for at in range(1, len(label)):
        near = NEIGHBOURS.get(label[at - 1], "") + NEIGHBOURS.get(label[at], "")
        for other in dict.fromkeys(near + ALPHABET):
            yield label[:at] + other + label[at:]
