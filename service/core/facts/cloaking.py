"""Whether a site shows different visitors different things: the graded difference between fetches of one target.

Honest sites differ a little between a telephone and a desk (other teasers, another layout) and, now and then, fail for
one of two requests. So the grade is what the strongest single difference says, and each counts from a floor on that
honest sites stay under. Grades are judgement, not measurement.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from urllib.parse import urlsplit

from service.core.facts.page import STUB_TEXT, FetchedPage

OTHER_HOST, OTHER_STATUS, EMPTY_FOR_ONE, OTHER_TEXT, OTHER_SKELETON = 1.0, 0.7, 0.8, 0.8, 0.5
"""The most that each kind of difference can say."""

ALIKE_TEXT, ALIKE_SKELETON = 0.5, 0.3
"""Likeness (Jaccard) from which on text and skeleton count as the same page."""

_ERROR = 400


@dataclass(frozen=True, kw_only=True, slots=True)
class Cloaking:
    """``grade`` from 0 (the same for everybody) to 1, the two ``profiles`` that differ most, and ``what`` differs."""

    grade: float = 0.0
    target: str = ""
    profiles: tuple[str, str] = ("", "")
    what: tuple[str, ...] = ()


def cloaking(pages: Iterable[FetchedPage]) -> Cloaking:
    """The strongest difference between two profiles' fetches of one target; fetches without an answer are left out."""
    by_target: dict[str, list[FetchedPage]] = {}
    for page in pages:
        if page.answered:
            by_target.setdefault(page.target, []).append(page)
    found = [compare(one, other) for same in by_target.values() for one, other in combinations(same, 2)]
    return max(found, key=lambda difference: difference.grade, default=Cloaking())


def compare(one: FetchedPage, other: FetchedPage) -> Cloaking:
    """What differs between two answers."""
    differences = [difference for difference in _differences(one, other) if difference[0] > 0]
    return Cloaking(
        grade=round(max((grade for grade, _ in differences), default=0.0), 3),
        target=one.target,
        profiles=(one.profile, other.profile),
        what=tuple(words for _, words in differences),
    )


def likeness(one: frozenset[int], other: frozenset[int]) -> float:
    """Jaccard likeness of two sets of hashes, 0 to 1; two empty sets are alike."""
    together = len(one | other)
    return len(one & other) / together if together else 1.0


def _differences(one: FetchedPage, other: FetchedPage) -> Sequence[tuple[float, str]]:
    found = []
    hosts = urlsplit(one.final_url).hostname or "", urlsplit(other.final_url).hostname or ""
    if hosts[0].removeprefix("www.") != hosts[1].removeprefix("www."):
        found.append((OTHER_HOST, f"ends at {hosts[0]} and at {hosts[1]}"))
    if ((one.status or 0) >= _ERROR) != ((other.status or 0) >= _ERROR):
        found.append((OTHER_STATUS, f"status {one.status} and {other.status}"))
    if one.page is None or other.page is None or one.page.unparseable or other.page.unparseable:
        return found
    if min(len(one.page.text), len(other.page.text)) == 0 < STUB_TEXT < max(len(one.page.text), len(other.page.text)):
        found.append((EMPTY_FOR_ONE, "text for one, nothing for the other"))
    elif one.page.text_shingles and other.page.text_shingles:
        same = likeness(one.page.text_shingles, other.page.text_shingles)
        found.append((OTHER_TEXT * _short_of(same, ALIKE_TEXT), f"text alike to {same:.0%}"))
    if one.page.shingles and other.page.shingles:
        same = likeness(one.page.shingles, other.page.shingles)
        found.append((OTHER_SKELETON * _short_of(same, ALIKE_SKELETON), f"skeleton alike to {same:.0%}"))
    return found


def _short_of(same: float, alike: float) -> float:
    """How far a likeness stays under the floor, 0 to 1."""
    return max(0.0, 1.0 - same / alike)
