"""What is told of survival: four measures, by group, with bands, and nothing where too few are behind it. Pure.

    down        days from a block to the end of the episode that it met, by cause
    resurfaced  days from the end of an episode until the same name serves the impersonation again
    successor   days from a block until the first site that took over came into being
    report      days from a report to a registrar, host, registry or platform to the end of the episode

Groups are fixed by what was known at the origin of a span, never by what happened later: sites that lasted long enough
to be blocked would otherwise seem to have been kept alive by the block (immortal time, Suissa 2008, Am. J. Epidemiol.
167:492).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from service.core.persistence.histories import (
    History,
    Subject,
    as_known,
    back_after_down,
    down_after_block,
    down_after_report,
    first_blocks,
    network,
    succeeded,
)
from service.core.persistence.survival import (
    MINIMUM,
    Curve,
    LogRank,
    Span,
    earliest,
    incidence,
    kaplan_meier,
    latest,
    log_rank,
    median,
    restricted_mean,
    wilson,
)

HORIZONS = (1, 7, 30, 90)
"""Days at which shares are told."""

MEANS = (30, 90)
"""Days within which restricted means are told."""


class Measure(StrEnum):
    """What is waited for."""

    DOWN = "down"
    RESURFACED = "resurfaced"
    SUCCESSOR = "successor"
    REPORT = "report"


DEFINITIONS = {
    Measure.DOWN: "days from a block to the end of the episode that it met",
    Measure.RESURFACED: "days from the end of an episode until the same name serves the impersonation again",
    Measure.SUCCESSOR: "days from a block until the first site that took over came into being",
    Measure.REPORT: "days from a report to the end of the episode that it was about",
}


class By(StrEnum):
    """What subjects are grouped by."""

    OUTLET = "outlet"
    CAMPAIGN = "campaign"
    ACTION = "action"
    PLACE = "place"
    SUFFIX = "suffix"
    REGISTRAR = "registrar"
    HOST = "host"


_KEYS: Mapping[By, Callable[[Subject], str | None]] = {
    By.OUTLET: lambda s: s.history.outlet,
    By.CAMPAIGN: lambda s: s.history.campaign,
    By.ACTION: lambda s: s.block.action if s.block is not None else None,
    By.PLACE: lambda s: s.block.place.value if s.block is not None else s.report.role.value if s.report else None,
    By.SUFFIX: lambda s: s.history.suffix,
    By.REGISTRAR: lambda s: s.history.registrar,
    By.HOST: lambda s: network(s.history, s.origin),
}
UNKNOWN = "unknown"
"""The group of those of whom it is not known."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """The share to which it has happened by ``day``, with 95 % limits, and with every event at its earliest and latest.

    ``at_risk``: how many were under watch and without the event then.
    """

    day: int
    value: float
    lower: float
    upper: float
    at_earliest: float | None
    at_latest: float | None
    at_risk: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Point:
    """A corner of the curve: the share to which it has happened from ``day`` on."""

    day: float
    value: float
    lower: float
    upper: float
    at_risk: int
    events: int


@dataclass(frozen=True, kw_only=True, slots=True)
class CauseShare:
    """The share that one cause has taken by ``day``, beside the others (cumulative incidence)."""

    cause: str
    day: int
    value: float
    lower: float
    upper: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """What one subject counted as. ``id``: its lookalike and its block, episode or report."""

    id: str
    lookalike: str
    site: str
    outlet: str
    entry: float
    low: float
    high: float
    cause: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """One group of subjects. ``withheld``: too few for a rate; counts and rows are told all the same."""

    group: str
    n: int
    events: int
    censored: int
    entered_late: int
    withheld: bool
    shares: tuple[Share, ...]
    causes: tuple[CauseShare, ...]
    median: float | None
    median_lower: float | None
    median_upper: float | None
    mean_30: float | None
    mean_90: float | None
    curve: tuple[Point, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """One measure: all subjects together, then by group; ``test`` says whether the groups differ."""

    measure: Measure
    definition: str
    all: Group
    groups: tuple[Group, ...]
    test: LogRank | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Persistence:
    """Everything, as it was known at ``as_of``."""

    as_of: datetime
    by: By | None
    minimum: int
    measures: tuple[Measured, ...]


def persistence(
    histories: Iterable[History], as_of: datetime, by: By | None = None, *, minimum: int = MINIMUM, rows: bool = False
) -> Persistence:
    """Estimate all four measures from what was known at ``as_of``."""
    known = [cut for history in histories if (cut := as_known(history, as_of)) is not None]
    return Persistence(
        as_of=as_of,
        by=by,
        minimum=minimum,
        measures=tuple(_measured(m, subjects(m, known, as_of, by), by, minimum, rows=rows) for m in Measure),
    )


def subjects(measure: Measure, known: Sequence[History], as_of: datetime, by: By | None = None) -> list[Subject]:
    """Those whom a measure is estimated from: by place or action each block, otherwise a lookalike's first block."""
    taken = [history for history in known if history.predecessor]
    found: list[Subject] = []
    for history in known:
        blocks = history.blocks if by in (By.ACTION, By.PLACE) else tuple(first_blocks(history))
        match measure:
            case Measure.DOWN:
                found += down_after_block(history, blocks)
            case Measure.RESURFACED:
                found += back_after_down(history)
            case Measure.SUCCESSOR:
                found += succeeded(history, blocks, taken, as_of)
            case Measure.REPORT:
                found += down_after_report(history)
    return found


def _measured(measure: Measure, found: Sequence[Subject], by: By | None, minimum: int, *, rows: bool) -> Measured:
    grouped: dict[str, list[Subject]] = {}
    if by is not None:
        for subject in found:
            grouped.setdefault(_KEYS[by](subject) or UNKNOWN, []).append(subject)
    names = sorted(grouped, key=lambda name: (-len(grouped[name]), name))
    enough = {name: [s.span for s in grouped[name]] for name in names if len(grouped[name]) >= minimum}
    return Measured(
        measure=measure,
        definition=DEFINITIONS[measure],
        all=group_of("all", found, minimum, rows=rows),
        groups=tuple(group_of(name, grouped[name], minimum, rows=rows) for name in names),
        test=log_rank(enough),
    )


def group_of(name: str, found: Sequence[Subject], minimum: int, *, rows: bool) -> Group:
    """All that is told of one group of subjects; no rates below ``minimum`` of them."""
    spans = [subject.span for subject in found]
    events = sum(bool(span.cause) for span in spans)
    withheld = len(spans) < minimum
    curve = Curve((), 0.0, 1.0) if withheld else kaplan_meier(spans)
    day, lower, upper = median(curve)
    return Group(
        group=name,
        n=len(spans),
        events=events,
        censored=len(spans) - events,
        entered_late=sum(span.entry > 0 for span in spans),
        withheld=withheld,
        shares=() if withheld else tuple(_shares(spans, curve)),
        causes=() if withheld else tuple(_causes(spans)),
        median=_rounded(day),
        median_lower=_rounded(lower),
        median_upper=_rounded(upper),
        mean_30=_rounded(None if withheld else restricted_mean(curve, MEANS[0])),
        mean_90=_rounded(None if withheld else restricted_mean(curve, MEANS[1])),
        curve=tuple(_points(curve)),
        rows=tuple(map(row, found)) if rows else (),
    )


def _points(curve: Curve) -> Iterable[Point]:
    for step in curve.steps:
        yield Point(
            day=round(step.time, 3),
            value=round(1 - step.value, 4),
            lower=round(1 - step.upper, 4),
            upper=round(1 - step.lower, 4),
            at_risk=step.at_risk,
            events=step.events,
        )


def _shares(spans: Sequence[Span], curve: Curve) -> Iterable[Share]:
    soonest, last = kaplan_meier(spans, earliest), kaplan_meier(spans, latest)
    for day in HORIZONS:
        step = curve.at(day)
        if step is None:
            continue
        first, final = soonest.at(day), last.at(day)
        at_risk = sum(span.entry <= day < span.time for span in spans)
        yield Share(
            day=day,
            value=round(1 - step.value, 4),
            lower=round(1 - step.upper, 4),
            upper=round(1 - step.lower if step.value < 1 else _none_of(at_risk), 4),
            at_earliest=None if first is None else round(1 - first.value, 4),
            at_latest=None if final is None else round(1 - final.value, 4),
            at_risk=at_risk,
        )


def _none_of(at_risk: int) -> float:
    """The upper limit where it has happened to nobody yet: Greenwood's band has no width there, Wilson's has."""
    return wilson(0, at_risk)[1] if at_risk else 1.0


def _causes(spans: Sequence[Span]) -> Iterable[CauseShare]:
    for cause in sorted({span.cause for span in spans if span.cause}):
        curve = incidence(spans, cause)
        for day in HORIZONS:
            step = curve.at(day)
            if step is not None:
                yield CauseShare(
                    cause=cause,
                    day=day,
                    value=round(step.value, 4),
                    lower=round(step.lower, 4),
                    upper=round(step.upper, 4),
                )


def row(subject: Subject) -> Row:
    """A subject as people are told of it."""
    history, span = subject.history, subject.span
    return Row(
        id=span.id,
        lookalike=history.id,
        site=history.host,
        outlet=history.outlet,
        entry=round(span.entry, 3),
        low=round(span.low, 3),
        high=round(span.high, 3),
        cause=span.cause or None,
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
