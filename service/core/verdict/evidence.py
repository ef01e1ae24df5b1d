"""Independent classes of evidence: what a block list asks for beside a verdict. Pure.

Signals of one class come from the same source and may all be wrong together: a theme gives a page its structure and its
class names, an agency gives two papers the same text. Name and age are no evidence of content and stand in no class.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

CLASSES: Mapping[str, tuple[float, frozenset[str]]] = {
    "form": (0.25, frozenset({"structure", "classes", "asset_paths"})),
    "ties": (0.5, frozenset({"links", "asset_hosts", "canonical", "favicon", "identifiers", "frame"})),
    "words": (0.5, frozenset({"brand", "text"})),
    "conduct": (0.5, frozenset({"cloaking", "redirect", "certificate_names"})),
}
"""By class: the value from which a signal of it counts, and its signals. The values are those from which the same
measures count for a verdict (form and tie in ``config/scoring.toml``), which were measured on real pages."""


def classes(signals: Iterable[tuple[str, float]]) -> frozenset[str]:
    """The classes that signals, as (name, value 0 to 1), are evidence of."""
    strongest = dict[str, float]()
    for name, value in signals:
        strongest[name] = max(value, strongest.get(name, 0.0))
    return frozenset(
        label
        for label, (enough, members) in CLASSES.items()
        if any(strongest.get(member, 0.0) >= enough for member in members)
    )
