"""One character twice: bildd, spieegel."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.core.names.permutations.context import Context


def permute(label: str, context: Context) -> Iterator[str]:  # noqa: ARG001 -- every family takes the same
    """Yield the label with each of its characters doubled."""
    for at, char in enumerate(label):
        yield label[:at] + char + label[at:]
