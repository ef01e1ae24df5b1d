"""One character for another: t-onlinl; slips to a neighbouring key come first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.core.names.permutations.context import ALPHABET
from service.core.names.permutations.keyboards import NEIGHBOURS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.core.names.permutations.context import Context


def permute(label: str, context: Context) -> Iterator[str]:  # noqa: ARG001 -- every family takes the same
    """Yield the label with each character replaced, by its neighbours on keyboards and then by all others."""
    for at, char in enumerate(label):
        for other in dict.fromkeys(NEIGHBOURS.get(char, "") + ALPHABET):
            if other != char:
                yield label[:at] + other + label[at + 1 :]
