"""Which names an outlet's impersonators are likely to take next, from what they took before. Pure.

A name is a label form under a suffix, and its likelihood the product of the two:

- *Label*: one that was used for this outlet before, or the outlet's own, or what a family of edits makes of it.
  Families weigh what they weighed in all that is known; within one, every edit is as likely as the other.
- *Suffix*: as often as it was used for any outlet, the mean of what all use says and of what late use says (the use of
  three months ago counting half): names known on 2022-09-30, each forecast from those before it, are likelier under
  the mean (log-likelihood -389 of 69 names) than under late use (-392) or all use alone (-397). What was never used
  gets the escape probability of Witten and Bell (1991, IEEE Trans. Inf. Theory 37:1085: as many new ones are to be
  expected as kinds were seen), shared out by kind of suffix (generic, country, below a registry's second level).

Names that exist are left out: they are looked at already.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from service.core.model import Outlet
from service.core.names import name as names
from service.core.names import suffixes
from service.core.names.permutations.context import Context
from service.core.names.permutations.variants import FAMILIES
from service.core.names.watchlist import WatchList

METHOD = "labels-suffixes-2"
"""Named in each forecast, so that scores of different methods are not mixed."""

SIZE = 1_000
HITS = (10, 100, 1_000)
"""Ranks down to which hits are counted."""

HALF_LIFE = timedelta(days=90)
WATCHED = timedelta(hours=72)
"""After the seizure of 2024-09-04 the operation's names were registered again on the next day; after the report of
2022-09-27, from the eleventh day on."""

SCORED = timedelta(days=90)
"""What came into being within this time after a forecast counts towards its score."""

_SCORED_EVERY = timedelta(hours=1)
_EXACT, _OTHER = "exact", "other"
_SMOOTHING = 0.5
_REUSE = 32.0
_COUNTRY_LETTERS = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """A name that impersonators took: ``label`` left of the ``suffix``, for an ``outlet``, at a time."""

    label: str
    suffix: str
    outlet: str
    at: datetime

    @property
    def name(self) -> str:
        """The whole name."""
        return f"{self.label}.{self.suffix}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Likely:
    """A name with how likely it is to be the next of this outlet's, 0 to 1.

    ``form``: ``exact`` for the outlet's own label, ``used before``, or the family of edits that makes it.
    """

    name: str
    form: str
    likelihood: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Hit:
    """A name of a forecast that exists since. ``rank`` counts from 1."""

    name: str
    rank: int
    found_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """How a forecast did: of ``taken`` names that came into being, how many were among its first 10, 100, 1,000."""

    at: datetime
    taken: int
    within_10: int
    within_100: int
    within_1000: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Forecast:
    """A forecast as it is kept: made and stored before any name of it is asked for."""

    id: str
    outlet: str
    made_at: datetime
    reason: str
    method: str
    names: tuple[Likely, ...]
    watched_until: datetime
    probed_at: datetime | None = None
    probes: int = 0
    hits: tuple[Hit, ...] = ()
    score: Score | None = None


def taken_of(name: str, outlet: str, at: datetime) -> Taken | None:
    """A registrable name as ``Taken``; None for what has no label left of its suffix."""
    label, suffix = names.split(name)
    return Taken(label=label, suffix=suffix, outlet=outlet, at=at) if label and suffix else None


def forecast(
    outlet: Outlet,
    watchlist: WatchList,
    known: Sequence[Taken],
    now: datetime,
    *,
    existing: Collection[str] = (),
    size: int = SIZE,
) -> tuple[Likely, ...]:
    """Rank the names that ``outlet``'s impersonators are likely to take next, most likely first.

    ``known``: what was taken for any outlet until ``now``. ``existing``: further names to leave out.
    """
    watchlist = watchlist.including(outlet)
    past = [one for one in known if one.at <= now]
    gone = {one.name for one in past} | set(existing)
    labels = _labels(outlet, watchlist, past, now)
    ends = _suffixes(past, now)
    wanted = (one for one in _best(labels, ends) if one.name not in gone and not watchlist.is_innocent(one.name))
    return tuple(islice(wanted, size))


def score(made: Forecast, taken: Iterable[Taken], now: datetime) -> Score:
    """Count hits among the names of the outlet that came into being after the forecast, within 90 days."""
    rank = {likely.name: number for number, likely in enumerate(made.names, 1)}
    until = min(now, made.made_at + SCORED)
    new = {one.name for one in taken if one.outlet == made.outlet and made.made_at < one.at <= until}
    first, second, third = (sum(rank.get(name, SIZE + 1) <= most for name in new) for most in HITS)
    return Score(at=now, taken=len(new), within_10=first, within_100=second, within_1000=third)


def score_due(made: Forecast, now: datetime) -> bool:
    """Whether to count again: hourly while names can still come, and once when no more can."""
    if made.score is None:
        return True
    return made.score.at < made.made_at + SCORED and now - made.score.at >= _SCORED_EVERY


# --- labels ----------------------------------------------------------------------------------------------------------


def _labels(outlet: Outlet, watchlist: WatchList, past: Sequence[Taken], now: datetime) -> list[tuple[float, str, str]]:
    """Likelihood, text and form of every label, most likely first."""
    forms = _forms(outlet, watchlist)
    sizes = Counter(forms.values())
    weights = _family_weights(past, watchlist)
    open_mass = sum(weights[family] for family in sizes)
    mine = Counter[str]()
    for one in past:
        if one.outlet == outlet.id:
            mine[one.label] += _recency(one, now)  # type: ignore[assignment]  # typeshed counts in whole numbers
    reused = sum(mine.values())
    reuse = reused / (reused + _REUSE)
    found = {text: (1 - reuse) * weights[family] / open_mass / sizes[family] for text, family in forms.items()}
    for text, count in mine.items():
        found[text] = found.get(text, 0.0) + reuse * count / reused
    return sorted(
        ((likelihood, text, "used before" if text in mine else forms[text]) for text, likelihood in found.items()),
        key=lambda one: (-one[0], one[1]),
    )


def _forms(outlet: Outlet, watchlist: WatchList) -> dict[str, str]:
    """Every label text with the family that makes it; an outlet's own labels are ``exact``."""
    labels = [label for label in watchlist.labels_for(outlet) if not label.derived]
    forms = {
        text: _EXACT for label in labels for text in ((label.text, label.bare) if label.readable else (label.text,))
    }
    for label in labels:
        if label.readable:
            context = Context.of(outlet, label)
            for family, permute in FAMILIES.items():
                for text in permute(label.text, context):
                    if "." not in text and names.encoded(text) is not None:
                        forms.setdefault(text, family)
    return forms


def _family_weights(past: Iterable[Taken], watchlist: WatchList) -> Mapping[str, float]:
    """How often each family was used by all, smoothed; what no family makes teaches nothing here."""
    past = list(past)
    concerned = {one.outlet for one in past}
    forms = {outlet.id: _forms(outlet, watchlist) for outlet in watchlist.outlets if outlet.id in concerned}
    used = Counter(forms.get(one.outlet, {}).get(one.label, _OTHER) for one in past)
    return {family: used[family] + _SMOOTHING for family in (_EXACT, *FAMILIES)}


# --- suffixes --------------------------------------------------------------------------------------------------------


def _suffixes(past: Sequence[Taken], now: datetime) -> list[tuple[float, str]]:
    """Likelihood of every suffix that takes registrations, most likely first."""
    open_ones = suffixes.sweepable()
    sizes = Counter(map(_kind, open_ones))
    by_kind = Counter(_kind(one.suffix) for one in past)
    mass = sum(by_kind[kind] + 1 for kind in sizes)
    unused = {kind: (by_kind[kind] + 1) / mass / size for kind, size in sizes.items()}
    uses = (_used(past, lambda _: 1.0), _used(past, lambda one: _recency(one, now)))
    found = {
        suffix: sum(_likelihood(use, suffix, unused[_kind(suffix)]) for use in uses) / len(uses) for suffix in open_ones
    }
    return sorted(((value, suffix) for suffix, value in found.items()), key=lambda one: (-one[0], one[1]))


def _used(past: Iterable[Taken], weight: Callable[[Taken], float]) -> Mapping[str, float]:
    """How much each suffix was used."""
    used: dict[str, float] = {}
    for one in past:
        used[one.suffix] = used.get(one.suffix, 0.0) + weight(one)
    return used


def _likelihood(used: Mapping[str, float], suffix: str, unused: float) -> float:
    """Of a suffix as the next one; ``unused`` is its part of what new ones are to be expected."""
    if not used:
        return unused
    total, kinds = sum(used.values()), len(used)
    escape = kinds / (total + kinds)
    return escape * unused + (1 - escape) * used.get(suffix, 0.0) / total


def _kind(suffix: str) -> str:
    if "." in suffix:
        return "deep"
    return (
        "country" if len(suffix) == _COUNTRY_LETTERS else "foreign-script" if suffix.startswith("xn--") else "generic"
    )


def _recency(one: Taken, now: datetime) -> float:
    return float(2.0 ** -((now - one.at) / HALF_LIFE))


def _best(labels: Sequence[tuple[float, str, str]], ends: Sequence[tuple[float, str]]) -> Iterator[Likely]:
    """Every label under every suffix, the largest product first, without making them all."""
    if not labels or not ends:
        return
    heap = [(-labels[0][0] * ends[0][0], 0, 0)]
    while heap:
        product, row, column = heapq.heappop(heap)
        _, text, form = labels[row]
        yield Likely(name=f"{text}.{ends[column][1]}", form=form, likelihood=-product)
        if column + 1 < len(ends):
            heapq.heappush(heap, (-labels[row][0] * ends[column + 1][0], row, column + 1))
        # A row is opened from its first column alone, so that no cell comes twice.
        if column == 0 and row + 1 < len(labels):
            heapq.heappush(heap, (-labels[row + 1][0] * ends[0][0], row + 1, 0))
