"""The outlet's own suffix or www run into the label: spiegelde, bild-de, ua-pravda, www-bild, wwwbild."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.core.names.permutations.context import Context


def permute(label: str, context: Context) -> Iterator[str]:
    """Yield the label joined to each part of its own suffixes, behind and in front, and to www."""
    for rest in context.joins:
        yield label + rest
        yield f"{label}-{rest}"
        yield f"{rest}-{label}"
    yield f"www{label}"
    yield f"www-{label}"
