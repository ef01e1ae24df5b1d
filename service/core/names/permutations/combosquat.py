"""The label with words that news sites use: bildaktuell, the-mirror, spiegel-news-2025."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.core.names.permutations.context import Context

YEARS: Final = tuple(str(year) for year in range(2022, 2031))
"""From the first wave of clones on; a name with an earlier year has been seen by now."""


def permute(label: str, context: Context) -> Iterator[str]:
    """Yield articles in front, words on either side, and years at the end, each with and without a hyphen."""
    for article in context.articles:
        yield article + label
        yield f"{article}-{label}"
    for word in context.words:
        yield label + word
        yield f"{label}-{word}"
        yield word + label
        yield f"{word}-{label}"
    for year in YEARS:
        yield label + year
        yield f"{label}-{year}"
