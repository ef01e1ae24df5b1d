"""What becomes of a new picture of an outlet's real site: taken into use, held back, or known already. Pure.

An outlet's own site can be broken, hijacked or half loaded on the day that it is looked at, and everything that is kept
is held against others. So a page that looks like none of the versions in use is held back until the same look was seen
on two days (UTC). Where at least one page of its kind looks as before, the site is in its known layout, and the others
are taken over at once: outlets have more templates than one. Versions are never deleted; what is in use is a state.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from service.core.facts.page import PageFacts
from service.core.model import Baseline, BaselineVersion
from service.core.states import BaselineState

LARGE = 0.2
"""Likeness under which a page looks like another layout. Measured on two dates each of 25 outlets: within two months
0.4 to 0.9 where the layout stayed, under 0.1 in two of three pairs half a year and more apart; other outlets' pages
0.15 at most, but for papers of one group."""

SAME = 0.4
"""Likeness from which a version replaces an older one."""

GENERATIONS = 3
"""Takes of one layout that stay in use: their texts differ, and clones are often some weeks behind."""

_FEWEST_CLASSES = 10
"""Class names of both pages together from which they say anything."""

_CUT = 1000
"""Features at which the parser cuts sets of shingles (bottom-k): from there only the smallest can be compared."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """Baselines to add in use or held back; held-back versions that come into use; ids to retire, ids seen again."""

    accepted: tuple[Baseline, ...] = ()
    held: tuple[Baseline, ...] = ()
    confirmed: tuple[BaselineVersion, ...] = ()
    superseded: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()


def alike(one: PageFacts, other: PageFacts) -> float:
    """How much of their layout two pages share, 0 to 1: Jaccard of skeleton windows or of class names."""
    shared = _jaccard(*_comparable(one.shingles, other.shingles))
    named = len(one.classes | other.classes) >= _FEWEST_CLASSES
    return max(shared, _jaccard(one.classes, other.classes)) if named else shared


def decide(taken: Sequence[Baseline], versions: Sequence[BaselineVersion]) -> Decision:
    """What to do with the baselines of one take of one outlet, in the light of every version that is kept of it."""
    by_kind = sorted(taken, key=lambda baseline: baseline.kind)
    parts = [
        _decide_kind(list(group), [version for version in versions if version.baseline.kind in (kind, "archived")])
        for kind, group in groupby(by_kind, key=lambda baseline: baseline.kind)
    ]
    return Decision(
        accepted=tuple(one for part in parts for one in part.accepted),
        held=tuple(one for part in parts for one in part.held),
        confirmed=tuple(one for part in parts for one in part.confirmed),
        superseded=tuple(one for part in parts for one in part.superseded),
        seen=tuple(one for part in parts for one in part.seen),
    )


def _decide_kind(taken: list[Baseline], versions: list[BaselineVersion]) -> Decision:
    known = {(version.baseline.url, version.baseline.digest): version for version in versions}
    again = [known[key] for baseline in taken if (key := (baseline.url, baseline.digest)) in known]
    fresh = tuple(baseline for baseline in taken if (baseline.url, baseline.digest) not in known)
    seen = tuple(version.id for version in again)
    trusted = [version for version in versions if version.state in (BaselineState.IN_USE, BaselineState.SUPERSEDED)]
    if not trusted or _any_alike(taken, trusted):
        # Held back earlier and now beside a page that looks as always: another template of the same site.
        confirmed = tuple(version for version in again if version.state is BaselineState.HELD)
        return Decision(accepted=fresh, confirmed=confirmed, superseded=_outdated(fresh, versions), seen=seen)
    earlier = [
        version
        for version in versions
        if version.state is BaselineState.HELD
        and any(baseline.taken_at.date() > version.baseline.taken_at.date() for baseline in taken)
        and _any_alike(taken, [version])
    ]
    if earlier:
        return Decision(accepted=fresh, confirmed=tuple(earlier), seen=seen)
    return Decision(held=fresh, seen=seen)


def _outdated(fresh: Iterable[Baseline], versions: Iterable[BaselineVersion]) -> tuple[str, ...]:
    """Versions in use that ``GENERATIONS`` later takes of the same layout have replaced. Archived pages stay."""
    found = []
    in_use = [one for one in versions if one.state is BaselineState.IN_USE and one.baseline.kind != "archived"]
    pages = [*fresh, *(version.baseline for version in in_use)]
    for version in in_use:
        old = version.baseline
        later = {one.taken_at for one in pages if one.taken_at > old.taken_at and alike(one.page, old.page) >= SAME}
        if len(later) >= GENERATIONS:
            found.append(version.id)
    return tuple(found)


def _any_alike(taken: Iterable[Baseline], versions: Sequence[BaselineVersion]) -> bool:
    return any(
        (baseline.url, baseline.digest) == (version.baseline.url, version.baseline.digest)
        or alike(baseline.page, version.baseline.page) >= LARGE
        for baseline in taken
        for version in versions
    )


def _comparable(one: frozenset[int], other: frozenset[int]) -> tuple[frozenset[int], frozenset[int]]:
    """Both sets as far as both are whole."""
    bound = min((max(cut) for cut in (one, other) if len(cut) >= _CUT), default=None)
    if bound is None:
        return one, other
    return frozenset(value for value in one if value <= bound), frozenset(value for value in other if value <= bound)


def _jaccard(one: frozenset[int] | frozenset[str], other: frozenset[int] | frozenset[str]) -> float:
    """1 for two empty sets: two pages without any are alike in that."""
    both = len(one | other)
    return len(one & other) / both if both else 1.0
