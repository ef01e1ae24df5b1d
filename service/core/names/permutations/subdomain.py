"""The outlet's whole domain in front of a registration that begins where its suffix ends: spiegel.de-news.com.

Only the tiers of edits have these, a few for each suffix. They are whole hosts, and the sweep asks for them as such:
what was registered is de-news.com, which says nothing by itself. Random hosts beside each one that answers are asked
too, so that a registration which answers for every host below it counts for none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.core.names.permutations.context import Context


def permute(label: str, context: Context) -> Iterator[str]:  # noqa: ARG001 -- every family takes the same
    """Yield what stands before the suffix of such a host; its last label is the one to register (de-news)."""
    for word in context.words:
        yield f"{context.domain}-{word}"
