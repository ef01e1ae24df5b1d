"""Two neighbouring characters in the other order: spigeel."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.core.names.permutations.context import Context


def permute(label: str, context: Context) -> Iterator[str]:  # noqa: ARG001 -- every family takes the same
    """Yield the label with each pair of neighbours swapped."""
    for at in range(len(label) - 1):
        yield label[:at] + label[at + 1] + label[at] + label[at + 2 :]
