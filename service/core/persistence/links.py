"""What ties two sites together: their common traits as independent evidence, and what a person said of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import prod

from service.core.persistence.traits import Trait, strength

# Below this the tie may be chance: one address shared by five sites stays below it, an identifier by as many does not.
ENOUGH = 0.25
# From this on a tie joins sites into a campaign: chains of weaker ones would tie everybody to everybody.
JOINS = 0.45


@dataclass(frozen=True, kw_only=True, slots=True)
class Shared:
    """A trait in common with ``host``; ``sites`` counts all that have it, both included."""

    host: str
    trait: Trait
    sites: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """Two sites belong together, with which confidence (0 to 1), and why: traits with what each says, most first."""

    host: str
    confidence: float
    traits: tuple[tuple[Trait, float], ...]


class Ruling(StrEnum):
    """What a person says of a link."""

    CONFIRMED = "confirmed"
    CUT = "cut"


@dataclass(frozen=True, kw_only=True, slots=True)
class RuledLink:
    """A person's word on one link; it stands until another is given."""

    ruling: Ruling
    by: str
    reason: str
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Tie:
    """A link as it is kept, between two hosts in the order of their names. ``found_at`` is when it was first seen.

    ``changed_at``: when its evidence became what it is. Confidence 0 means that the evidence has proved to be common.
    """

    hosts: tuple[str, str]
    confidence: float
    traits: tuple[tuple[Trait, float], ...]
    found_at: datetime
    changed_at: datetime
    ruled: RuledLink | None = None

    @property
    def holds(self) -> bool:
        """Whether it counts at all: a person's word goes before the evidence."""
        if self.ruled is not None:
            return self.ruled.ruling is Ruling.CONFIRMED
        return self.confidence >= ENOUGH

    @property
    def joins(self) -> bool:
        """Whether it joins two sites into one campaign."""
        return self.holds and (self.ruled is not None or self.confidence >= JOINS)

    def other(self, host: str) -> str:
        """The host at the other end."""
        first, second = self.hosts
        return second if host == first else first

    def seen_from(self, host: str) -> Link:
        """The same as a link of ``host``; a confirmed one is sure."""
        sure = self.ruled is not None and self.ruled.ruling is Ruling.CONFIRMED
        return Link(host=self.other(host), confidence=1.0 if sure else self.confidence, traits=self.traits)


def pair(one: str, other: str) -> tuple[str, str]:
    """Two hosts in the order in which a tie names them."""
    return (one, other) if one < other else (other, one)


def links(shared: Iterable[Shared]) -> tuple[Link, ...]:
    """The sites that belong to one, strongest first. Several traits add up as independent evidence does."""
    by_host: dict[str, list[Shared]] = {}
    for one in shared:
        by_host.setdefault(one.host, []).append(one)
    found = (
        Link(
            host=host,
            confidence=1 - prod(1 - strength(one.trait.kind, one.sites) for one in traits),
            traits=_weighed(traits),
        )
        for host, traits in by_host.items()
    )
    return tuple(
        sorted((link for link in found if link.confidence >= ENOUGH), key=lambda link: (-link.confidence, link.host))
    )


def _weighed(shared: Iterable[Shared]) -> tuple[tuple[Trait, float], ...]:
    weighed = ((one.trait, strength(one.trait.kind, one.sites)) for one in shared)
    return tuple(sorted((pair for pair in weighed if pair[1] > 0), key=lambda pair: (-pair[1], pair[0])))
