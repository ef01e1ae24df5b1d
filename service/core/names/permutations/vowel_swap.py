"""One vowel for another: spiegal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.core.names.permutations.context import Context

VOWELS: Final = "aeiou"


def permute(label: str, context: Context) -> Iterator[str]:  # noqa: ARG001 -- every family takes the same
    """Yield the label with each vowel replaced by each other one."""
    for at, char in enumerate(label):
        if char in VOWELS:
            for other in VOWELS.replace(char, ""):
                yield label[:at] + other + label[at + 1 :]
