"""How long until something happens: Kaplan-Meier, cumulative incidence, log-rank, restricted means. Pure.

Rule 1: what did not happen while it was watched is censored, never counted as "did not happen".

Rule 2: who came under watch late counts from then on only (left truncation, delayed entry): a site that was found a
month after its block could not have been seen to go down in the first week.

Rule 3: looks leave gaps, so an event is known to lie between two looks. Estimates take the middle of the gap and are
given beside those with every event at its earliest and at its latest. Midpoints are good where gaps are short beside
the times asked for (Lindsey and Ryan 1998, Statistics in Medicine 17:219): looks are hours to two days apart, figures
are read at days to months. Turnbull's estimator (1976, JRSS B 38:290) would give an interval of curves as well, has no
variance of its own, and need not be unique under left truncation (Frydman 1994, JRSS B 56:71).

Sources: Kaplan and Meier 1958 (JASA 53:457); Greenwood 1926; bands on the log(-log) scale, Kalbfleisch and Prentice,
"The Statistical Analysis of Failure Time Data" 1.4; Aalen and Johansen 1978 (Scand. J. Statist. 5:141), its variance
after Marubini and Valsecchi (1995) 10.1; Mantel 1966 (Cancer Chemother. Rep. 50:163); risk sets with late entry, Klein
and Moeschberger, "Survival Analysis" 4.6. Unit of time throughout: days.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import erfc, exp, inf, log, pi, sqrt

import numpy as np

Z = 1.959963984540054
"""The 97.5 % quantile of the normal distribution: bands hold 95 %."""

MINIMUM = 5
"""Below this many subjects no rate is shown, only counts: a 95 % interval would cover two thirds of the scale and more
(Wilson's for 2 of 4 is 0.15 to 0.85)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """One subject's time under watch. ``id`` leads back to its rows.

    With a ``cause`` it ended between ``low`` and ``high``; without one it was watched until ``low`` and not longer.
    It came under watch at ``entry``; 0 is from the start, events at time 0 included.
    """

    id: str
    low: float
    high: float
    cause: str = ""
    entry: float = 0.0

    @property
    def time(self) -> float:
        """The middle of the gap in which it ended, or the time until which it was watched."""
        return (self.low + self.high) / 2 if self.cause else self.low


When = Callable[[Span], float]
"""Which time of a span an estimate takes."""


def middle(span: Span) -> float:
    """The middle of the gap: the estimate."""
    return span.time


def earliest(span: Span) -> float:
    """Everything as early as it can have happened."""
    return span.low


def latest(span: Span) -> float:
    """Everything as late as it can have happened."""
    return span.high if span.cause else span.low


@dataclass(frozen=True, slots=True)
class Step:
    """From ``time`` on the curve is at ``value``, with its band. ``events`` of ``at_risk`` happened at that time."""

    time: float
    at_risk: int
    events: int
    value: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Curve:
    """A step function from ``start`` on, known up to ``until``: the longest time under watch, or for ever."""

    steps: tuple[Step, ...]
    until: float
    start: float

    def at(self, time: float) -> Step | None:
        """The step that holds at ``time``; None beyond what was watched."""
        if time > self.until:
            return None
        holds = Step(0.0, 0, 0, self.start, self.start, self.start)
        for step in self.steps:
            if step.time > time:
                break
            holds = step
        return holds


@dataclass(frozen=True, slots=True)
class _Moment:
    """What happened at one time: how many were at risk, and how many ended by which cause."""

    time: float
    at_risk: int
    by_cause: Mapping[str, int]

    @property
    def events(self) -> int:
        return sum(self.by_cause.values())


def kaplan_meier(spans: Iterable[Span], when: When = middle) -> Curve:
    """The share to which nothing has happened yet, with 95 % bands. 1 at the start."""
    known = _watched(spans, when)
    value, spread, upper = 1.0, 0.0, 1.0
    steps = []
    for moment in _moments(known, when):
        value *= 1 - moment.events / moment.at_risk
        if moment.events < moment.at_risk and value > 0:
            spread += moment.events / (moment.at_risk * (moment.at_risk - moment.events))
            lower, upper = _band(value, sqrt(spread) / abs(log(value)))
        else:
            lower = 0.0  # Greenwood's variance has no value here: the upper limit stays where it was
        steps.append(Step(moment.time, moment.at_risk, moment.events, value, lower, upper))
    return Curve(tuple(steps), _until(known, when, value), 1.0)


def incidence(spans: Iterable[Span], cause: str, when: When = middle) -> Curve:
    """The share to which ``cause`` has happened, where other causes take subjects away; 0 at the start.

    One minus Kaplan-Meier of one cause would overstate it: it takes those whom other causes took for still at risk.
    """
    known = _watched(spans, when)
    total, alive, past = 0.0, 1.0, list[tuple[float, float, float, _Moment]]()
    steps = []
    for moment in _moments(known, when):
        here = moment.by_cause.get(cause, 0)
        before, total = alive, total + alive * here / moment.at_risk
        alive *= 1 - moment.events / moment.at_risk
        past.append((total, before, here, moment))
        if here:
            lower, upper = _incidence_band(total, _incidence_variance(total, past))
            steps.append(Step(moment.time, moment.at_risk, here, total, lower, upper))
    return Curve(tuple(steps), _until(known, when, alive), 0.0)


def _until(known: Iterable[Span], when: When, left: float) -> float:
    """Up to when a curve is known: the longest time under watch, or for ever where nobody is ``left``."""
    return max(map(when, known), default=0.0) if left > 0 else inf


def _incidence_variance(total: float, past: Sequence[tuple[float, float, float, _Moment]]) -> float:
    """Marubini and Valsecchi's delta-method variance of the incidence that has come to ``total``."""
    variance = 0.0
    for then, alive, here, moment in past:
        risk, events = moment.at_risk, moment.events
        if risk > events:
            variance += (total - then) ** 2 * events / (risk * (risk - events))
        variance += alive**2 * here * (risk - here) / risk**3
        variance -= 2 * (total - then) * alive * here / risk**2
    return max(variance, 0.0)


def _incidence_band(total: float, variance: float) -> tuple[float, float]:
    """A band on the log(-log) scale, as for survival; (0, 1) where everything has happened."""
    if not 0 < total < 1:
        return 0.0, 1.0
    lower, upper = _band(total, sqrt(variance) / (total * abs(log(total))))
    return min(lower, upper), max(lower, upper)


def _band(value: float, error: float) -> tuple[float, float]:
    """``value ** exp(+-z * error)``: 95 % limits that never leave 0 to 1."""
    return value ** exp(min(Z * error, 700.0)), value ** exp(-Z * error)


def restricted_mean(curve: Curve, horizon: float) -> float | None:
    """The mean number of days without the event within the first ``horizon`` days: the area under the curve.

    None where nobody was watched that long and the curve has not come to 0 before.
    """
    if horizon > curve.until:
        return None
    corners = [(0.0, 1.0), *((s.time, s.value) for s in curve.steps if s.time < horizon), (horizon, 0.0)]
    return sum(value * (following - time) for (time, value), (following, _) in pairwise(corners))


def median(curve: Curve) -> tuple[float | None, float | None, float | None]:
    """The day on which half have had the event, with its 95 % limits where the bands cross one half.

    After Brookmeyer and Crowley 1982 (Biometrics 38:29). None stands for "not while it was watched".
    """
    return (
        next((step.time for step in curve.steps if step.value <= 1 / 2), None),
        next((step.time for step in curve.steps if step.lower <= 1 / 2), None),
        next((step.time for step in curve.steps if step.upper <= 1 / 2), None),
    )


@dataclass(frozen=True, slots=True)
class LogRank:
    """Whether groups differ: chi-square with ``degrees`` of freedom, and how often chance alone would give as much."""

    statistic: float
    degrees: int
    p: float


def log_rank(groups: Mapping[str, Sequence[Span]], when: When = middle) -> LogRank | None:
    """Compare the survival of two groups or more over all their time; None where there is nothing to compare.

    Ties take the hypergeometric variance (Mantel); groups that were never at risk together say nothing.
    """
    known = {name: _watched(spans, when) for name, spans in groups.items()}
    everybody = [span for spans in known.values() for span in spans]
    if len(known) < 2:  # noqa: PLR2004 - one group has nobody to be compared with
        return None
    excess, covariance = np.zeros(len(known)), np.zeros((len(known), len(known)))
    members = {name: _Risk(spans, when) for name, spans in known.items()}
    for moment in _moments(everybody, when):
        at_risk = np.array([risk.at(moment.time) for risk in members.values()], dtype=float)
        died = np.array([risk.events.get(moment.time, 0) for risk in members.values()], dtype=float)
        total, events, share = at_risk.sum(), moment.events, at_risk / at_risk.sum()
        excess += died - events * share
        if total > 1:
            scale = events * (total - events) / (total - 1)
            covariance += scale * (np.diag(share) - np.outer(share, share))
    degrees = int(np.linalg.matrix_rank(covariance))
    if not degrees:
        return None
    # The rows of the covariance add up to nothing: the pseudo-inverse leaves the superfluous group out by itself.
    statistic = float(excess @ np.linalg.pinv(covariance) @ excess)
    return LogRank(statistic, degrees, chi_square_tail(statistic, degrees))


def chi_square_tail(value: float, degrees: int) -> float:
    """How often chi-square with ``degrees`` of freedom exceeds ``value`` (Abramowitz and Stegun 26.4.4 and 26.4.5)."""
    if value <= 0:
        return 1.0
    half, odd = value / 2, degrees % 2
    tail = erfc(sqrt(half)) if odd else exp(-half)
    term = sqrt(half / pi) * 2 * exp(-half) if odd else exp(-half) * half
    for number in range(3 if odd else 4, degrees + 1, 2):
        tail += term
        term *= value / number
    return min(max(tail, 0.0), 1.0)


def wilson(successes: int, total: int) -> tuple[float, float]:
    """95 % limits of a share (Wilson 1927, JASA 22:209); ``total`` is above 0."""
    share, spread = successes / total, Z**2 / total
    centre = (share + spread / 2) / (1 + spread)
    reach = Z * sqrt(share * (1 - share) / total + spread / (4 * total)) / (1 + spread)
    return max(0.0, centre - reach), min(1.0, centre + reach)


def _watched(spans: Iterable[Span], when: When) -> list[Span]:
    """Those who were under watch at all: who ended before or as they came under watch, nobody could see end."""
    return [span for span in spans if span.entry < when(span) or span.entry == 0]


def _moments(spans: Sequence[Span], when: When) -> Iterator[_Moment]:
    """Every time at which something happened, in order, with who was at risk then."""
    risk = _Risk(spans, when)
    causes: dict[float, Counter[str]] = {}
    for span in spans:
        if span.cause:
            causes.setdefault(when(span), Counter())[span.cause] += 1
    for time in sorted(causes):
        yield _Moment(time, risk.at(time), causes[time])


class _Risk:
    """Who is at risk when; asked for ascending times."""

    def __init__(self, spans: Sequence[Span], when: When) -> None:
        self._entries = sorted(span.entry if span.entry > 0 else -inf for span in spans)
        self._exits = sorted(map(when, spans))
        self._entered = self._left = 0
        self.events = Counter(when(span) for span in spans if span.cause)

    def at(self, time: float) -> int:
        """Those with entry < ``time`` <= exit: who enters at the very time of an event could not have seen it."""
        while self._entered < len(self._entries) and self._entries[self._entered] < time:
            self._entered += 1
        while self._left < len(self._exits) and self._exits[self._left] < time:
            self._left += 1
        return self._entered - self._left
