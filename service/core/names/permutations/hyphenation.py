"""A hyphen more or less: fox-news, tonline."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.core.names.permutations.context import Context


def permute(label: str, context: Context) -> Iterator[str]:  # noqa: ARG001 -- every family takes the same
    """Yield the label with one more hyphen, without each of its own, and without all."""
    for at in range(1, len(label)):
        if "-" not in label[at - 1 : at + 1]:
            yield f"{label[:at]}-{label[at:]}"
    for at, char in enumerate(label):
        if char == "-":
            yield label[:at] + label[at + 1 :]
    yield label.replace("-", "")
