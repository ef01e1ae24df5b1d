"""The plural of the label or of a word in it: obozrevatels, mirrores."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.core.names.permutations.context import Context


def permute(label: str, context: Context) -> Iterator[str]:  # noqa: ARG001 -- every family takes the same
    """Yield the label with s and es at its end, and without an s that it ends in."""
    yield label + "s"
    yield label + "es"
    if label.endswith("s"):
        yield label[:-1]
