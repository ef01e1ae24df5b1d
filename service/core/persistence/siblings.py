"""Sweeps for the siblings of a confirmed impersonation: its label elsewhere, and its campaign's labels and suffixes.

Names of a campaign come in bursts: triples of one label under {life, live, today}, pairs under {beauty, lol}. So one
that is confirmed calls for the others at once, once per outlet and label in a while, and never for those of those.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from service.core.names import name as names
from service.core.states import Tier

SOURCE_OF_SIBLINGS = f"sweep:{Tier.SIBLINGS.value}"
"""Where a site came from that such a sweep found; its own siblings are asked for no more: it never recurses."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SiblingSweep:
    """One request for such a sweep. ``host`` was confirmed; ``position`` counts the names that were asked for."""

    id: int
    outlet: str
    label: str
    host: str
    requested_at: datetime
    finished_at: datetime | None = None
    position: int = 0
    found: int = 0
    unanswered: int = 0


def label_of(domain: str) -> str:
    """The label that a registrable name has left of its suffix."""
    return names.split(domain)[0]


def of_campaign(domains: Iterable[str]) -> Iterator[str]:
    """Every label of a campaign's registrable names under every suffix of theirs, without the names themselves."""
    known = set(domains)
    parts = sorted(names.split(domain) for domain in known)
    for label in dict.fromkeys(label for label, _ in parts):
        for suffix in dict.fromkeys(suffix for _, suffix in parts):
            if f"{label}.{suffix}" not in known:
                yield f"{label}.{suffix}"
