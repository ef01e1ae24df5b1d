"""Did an action work? What was known at ``as_of`` of the sites that it blocked, and of what came after. Pure.

Rule 1: shares are over the lookalikes that were served when their block took effect. What had gone before is no merit
of the action; what nobody had seen by then says nothing.

Rule 2: the state at a day is told, not whether it was ever reached: what went down and came back is served.

Rule 3: a *successor* is tied to a blocked site by more than time; a *replacement* is any new lookalike of an outlet
that the action was for. Names are counted on the day on which they came into being.

Limits: shares, Wilson (1927, JASA 22:209); rates of new names, Byar's approximation of the exact Poisson limits
(Breslow and Day 1987, "Statistical Methods in Cancer Research" II 2.3); their ratio, by the share of the later ones
among all (Przyborowski and Wilenski 1940, Biometrika 31:313), again with Wilson's limits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import sqrt

from service.core.model import Action, Block, Sweep
from service.core.names.name import registrable
from service.core.persistence.histories import DAY, History, Stretch, as_known, days, down_after_block, met
from service.core.persistence.measures import HORIZONS, Group, group_of
from service.core.persistence.survival import MINIMUM, Z, wilson
from service.core.states import Tier

WINDOW = timedelta(days=90)
"""How far rates before and after an action look: gaps between spoofs of one outlet have a median of four weeks."""

MONTH = 30
"""Rates are for so many days."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ratio:
    """``count`` of ``n``, with the share and its 95 % limits unless too few are behind it. ``ids`` are the counted."""

    count: int
    n: int
    share: float | None
    lower: float | None
    upper: float | None
    ids: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class DownAt:
    """How the blocked lookalikes stood ``day`` days after their blocks.

    ``least`` and ``most`` count those down with every end at its latest and at its earliest. ``pending``: that day has
    not come yet. ``unknown``: nobody looked, or the content was out of sight.
    """

    day: int
    down: Ratio
    least: int
    most: int
    served: tuple[str, ...]
    unknown: tuple[str, ...]
    pending: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Replacement:
    """A new lookalike of an outlet that the action was for. ``predecessor``: the blocked site that it is tied to."""

    lookalike: str
    site: str
    outlet: str
    appeared_at: datetime
    days: float
    predecessor: str | None
    served: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Rate:
    """New lookalikes in a window, for 30 days, with 95 % limits; nothing where the window has no length."""

    since: datetime
    until: datetime
    count: int
    per_month: float | None
    lower: float | None
    upper: float | None
    ids: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Coverage:
    """How well was looked for new names: complete sweeps of all generated names, and the longest time without one."""

    outlet: str
    since: datetime
    until: datetime
    complete: int
    incomplete: int
    unanswered: int
    longest_gap: float | None
    sweeps: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class BlockedName:
    """One block of the action, and how its lookalike fared."""

    lookalike: str
    site: str
    outlet: str
    block: str
    effective_from: datetime
    met_episode: int | None
    episodes: tuple[int, ...]
    down_after: float | None
    state: str
    successors: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Effect:
    """The whole answer."""

    action: Action
    as_of: datetime
    minimum: int
    names: tuple[BlockedName, ...]
    served_at_block: Ratio
    down_at: tuple[DownAt, ...]
    to_down: Group
    served_elsewhere: Ratio
    outlets_again: Ratio
    first_replacement: Replacement | None
    first_successor: Replacement | None
    replacements: tuple[Replacement, ...]
    replacements_per_name: float | None
    successors_per_name: float | None
    before: Rate
    after: Rate
    rate_ratio: float | None
    ratio_lower: float | None
    ratio_upper: float | None
    coverage: tuple[Coverage, ...]


@dataclass(frozen=True, slots=True)
class _Case:
    """A lookalike that the action blocked."""

    history: History
    block: Block
    met: Stretch | None

    @property
    def served(self) -> bool:
        return self.met is not None and self.met.began_at <= self.block.effective_from


def effect(
    action: Action,
    histories: Iterable[History],
    sweeps: Sequence[Sweep],
    as_of: datetime,
    *,
    minimum: int = MINIMUM,
) -> Effect:
    """Everything that can be told of an action, from what was known at ``as_of`` (at or after it took effect)."""
    known = [cut for history in histories if (cut := as_known(history, as_of)) is not None]
    cases = list(_cases(action, known))
    outlets = sorted({case.history.outlet for case in cases})
    spoofs = _names([one for one in known if one.outlet in outlets and one.verdict.flagged])
    new = _replacements(action, cases, spoofs, as_of)
    tied = [one for one in new if one.predecessor is not None]
    served = [case for case in cases if case.served]
    sites = {case.history.host for case in cases}
    before, after = _rates(action, spoofs, sweeps, outlets, as_of)
    ratio, lower, upper = _rate_ratio(before, after)
    found = [s for case in served for s in down_after_block(case.history, (case.block,))]
    return Effect(
        action=action,
        as_of=as_of,
        minimum=minimum,
        names=tuple(_named(case, tied, as_of) for case in cases),
        served_at_block=_ratio([c.history.id for c in served], len(cases), minimum),
        down_at=tuple(_down_at(day, served, as_of, minimum) for day in HORIZONS),
        to_down=group_of(action.id, found, minimum, rows=True),
        served_elsewhere=_elsewhere(cases, tied, minimum),
        outlets_again=_ratio(sorted({one.outlet for one in new}), len(outlets), minimum),
        first_replacement=new[0] if new else None,
        first_successor=tied[0] if tied else None,
        replacements=tuple(new),
        replacements_per_name=round(len(new) / len(sites), 4) if len(sites) >= minimum else None,
        successors_per_name=round(len(tied) / len(sites), 4) if len(sites) >= minimum else None,
        before=before,
        after=after,
        rate_ratio=ratio,
        ratio_lower=lower,
        ratio_upper=upper,
        coverage=tuple(_coverage(outlet, sweeps, before.since, after.until) for outlet in outlets),
    )


def _cases(action: Action, known: Iterable[History]) -> Iterable[_Case]:
    for history in known:
        blocks = [block for block in history.blocks if block.action == action.id]
        if blocks:
            first = min(blocks, key=lambda block: (block.effective_from, block.id))
            yield _Case(history, first, met(history, first.effective_from))


# --- the blocked names -----------------------------------------------------------------------------------------------


def state_at(history: History, at: datetime, end: float = 0.5) -> str:
    """Return ``served``, ``down`` or ``unknown`` at a moment.

    ``end`` places each end in its gap: 0 at the last look that saw the content, 1 at the first that did not.
    """
    state = "unknown"
    for stretch in history.stretches:
        if stretch.began_at > at:
            break
        if stretch.down and stretch.ended_at is not None:
            over = stretch.last_seen_at + end * (stretch.ended_at - stretch.last_seen_at)
            state = "served" if at < over else "down"
        else:
            state = "served" if at <= stretch.last_seen_at else "unknown"
    return state if at <= history.watched_until else "unknown"


def _down_at(day: int, served: Sequence[_Case], as_of: datetime, minimum: int) -> DownAt:
    states: dict[str, list[str]] = {"down": [], "served": [], "unknown": [], "pending": []}
    least = most = 0
    for case in served:
        then = case.block.effective_from + day * DAY
        if then > as_of:
            states["pending"].append(case.history.id)
            continue
        states[state_at(case.history, then)].append(case.history.id)
        least += state_at(case.history, then, 1.0) == "down"
        most += state_at(case.history, then, 0.0) == "down"
    down = states["down"]
    return DownAt(
        day=day,
        down=_ratio(down, len(down) + len(states["served"]), minimum),
        least=least,
        most=most,
        served=tuple(states["served"]),
        unknown=tuple(states["unknown"]),
        pending=tuple(states["pending"]),
    )


def _named(case: _Case, tied: Iterable[Replacement], as_of: datetime) -> BlockedName:
    history, block, stretch = case.history, case.block, case.met
    down = stretch.ended_at if stretch is not None and stretch.down else None
    last = min(as_of, history.watched_until)
    return BlockedName(
        lookalike=history.id,
        site=history.host,
        outlet=history.outlet,
        block=block.id,
        effective_from=block.effective_from,
        met_episode=None if stretch is None else stretch.number,
        episodes=tuple(one.number for one in history.stretches),
        down_after=None if down is None else round(max(days(down - block.effective_from), 0.0), 3),
        state="served" if history.open is not None and case.met is not None else state_at(history, last),
        successors=tuple(one.lookalike for one in tied if _follows(one, history)),
    )


def _follows(one: Replacement, history: History) -> bool:
    return one.predecessor == history.host and one.outlet == history.outlet


def _elsewhere(cases: Sequence[_Case], tied: Sequence[Replacement], minimum: int) -> Ratio:
    """Blocked lookalikes of which a tied successor is served."""
    moved = [case.history.id for case in cases if any(one.served and _follows(one, case.history) for one in tied)]
    return _ratio(moved, len(cases), minimum)


# --- what came after -------------------------------------------------------------------------------------------------


def _names(known: Iterable[History]) -> list[History]:
    """Of several hosts of one registrable name the first: what certificates name below it is no new name."""
    first: dict[tuple[str, str], History] = {}
    for one in sorted(known, key=lambda one: (one.appeared_at, len(one.host), one.host)):
        first.setdefault((registrable(one.host) or one.host, one.outlet), one)
    return list(first.values())


def _replacements(
    action: Action, cases: Sequence[_Case], spoofs: Iterable[History], as_of: datetime
) -> list[Replacement]:
    blocked = {case.history.host for case in cases}
    new = [
        Replacement(
            lookalike=history.id,
            site=history.host,
            outlet=history.outlet,
            appeared_at=history.came_at,
            days=round(days(history.came_at - action.effective), 3),
            predecessor=history.predecessor if history.predecessor in blocked else None,
            served=history.open is not None,
        )
        for history in spoofs
        if history.host not in blocked and action.effective < history.came_at <= as_of
    ]
    return sorted(new, key=lambda one: (one.appeared_at, one.site, one.outlet))


def _rates(
    action: Action, spoofs: Sequence[History], sweeps: Sequence[Sweep], outlets: Sequence[str], as_of: datetime
) -> tuple[Rate, Rate]:
    """New lookalikes of the outlets before and after; before only since they are watched for at all."""
    began = [sweep.started_at for sweep in sweeps if sweep.outlet in outlets]
    since = max(action.effective - WINDOW, min(began, default=action.effective))
    until = min(action.effective + WINDOW, as_of)
    return _rate(spoofs, min(since, action.effective), action.effective), _rate(spoofs, action.effective, until)


def _rate(known: Iterable[History], since: datetime, until: datetime) -> Rate:
    """Those that came into being after ``since`` and not after ``until``."""
    ids = tuple(sorted(history.id for history in known if since < history.appeared_at <= until))
    span, count = days(until - since), len(ids)
    if span <= 0:
        return Rate(since=since, until=until, count=count, per_month=None, lower=None, upper=None, ids=ids)
    lower, upper = (limit * MONTH / span for limit in _poisson(count))
    per_month = count * MONTH / span
    return Rate(
        since=since,
        until=until,
        count=count,
        per_month=round(per_month, 3),
        lower=round(lower, 3),
        upper=round(upper, 3),
        ids=ids,
    )


def _poisson(count: int) -> tuple[float, float]:
    """Byar's 95 % limits of a count."""
    more = count + 1
    lower = count * (1 - 1 / (9 * count) - Z / (3 * sqrt(count))) ** 3 if count else 0.0
    return max(lower, 0.0), more * (1 - 1 / (9 * more) + Z / (3 * sqrt(more))) ** 3


def _rate_ratio(before: Rate, after: Rate) -> tuple[float | None, float | None, float | None]:
    """After by before, with 95 % limits; None where either is not known or nothing came before."""
    if before.per_month is None or after.per_month is None or not before.count:
        return None, None, None
    scale = days(before.until - before.since) / days(after.until - after.since)
    low, high = wilson(after.count, after.count + before.count)
    return (
        round(after.count / before.count * scale, 3),
        round(low / (1 - low) * scale, 3),
        round(high / (1 - high) * scale, 3) if high < 1 else None,
    )


def _coverage(outlet: str, sweeps: Iterable[Sweep], since: datetime, until: datetime) -> Coverage:
    mine = [sweep for sweep in sweeps if sweep.outlet == outlet and since <= sweep.started_at <= until]
    done = [sweep for sweep in mine if sweep.finished_at is not None and sweep.finished_at <= until]
    ends = sorted(sweep.finished_at for sweep in done if sweep.tier is Tier.EXACT and sweep.finished_at is not None)
    gaps = [days(later - earlier) for earlier, later in pairwise((since, *ends, until))]
    return Coverage(
        outlet=outlet,
        since=since,
        until=until,
        complete=len(done),
        incomplete=len(mine) - len(done),
        unanswered=sum(sweep.unanswered for sweep in done),
        longest_gap=round(max(gaps), 3) if ends else None,
        sweeps=tuple(sweep.id for sweep in mine),
    )


def _ratio(ids: Sequence[str], total: int, minimum: int) -> Ratio:
    if total < minimum:
        return Ratio(count=len(ids), n=total, share=None, lower=None, upper=None, ids=tuple(ids))
    lower, upper = wilson(len(ids), total)
    share = round(len(ids) / total, 4)
    return Ratio(count=len(ids), n=total, share=share, lower=round(lower, 4), upper=round(upper, 4), ids=tuple(ids))
