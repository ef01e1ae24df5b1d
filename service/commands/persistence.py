"""``spoofwatch persistence``, ``effect`` and ``forecast``: what happened after blocks, and what may come next."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator
from datetime import datetime

from service.bootstrap import open_app
from service.core.errors import NotFound
from service.core.names.name import defang
from service.core.persistence.effect import DownAt, Effect, Rate, Ratio, Replacement
from service.core.persistence.measures import By, Group, Measured, Persistence, Share
from service.core.plain import shown
from service.settings import Settings

_WIDTH = 40
_MOST_GROUPS = 20
_MOST_NAMES = 4


def show(settings: Settings, by: By | None, outlet: str | None, as_of: datetime | None, *, as_json: bool) -> int:
    """Survival of all, by group where one is named."""
    found = asyncio.run(_persistence(settings, by, outlet, as_of, rows=as_json))
    print(json.dumps(shown(found)) if as_json else "\n".join(survival_told(found)))
    return 0


async def _persistence(
    settings: Settings, by: By | None, outlet: str | None, as_of: datetime | None, *, rows: bool
) -> Persistence:
    async with open_app(settings) as app:
        if outlet is not None and outlet not in (await app.watched.now()).outlets:
            raise NotFound(f"no outlet {outlet!r} is watched; `spoofwatch outlets list` shows who is")
        outlets = None if outlet is None else frozenset({outlet})
        return await app.persister.persistence(by=by, outlets=outlets, as_of=as_of, rows=rows)


def effect(settings: Settings, action: str, as_of: datetime | None, *, as_json: bool) -> int:
    """Whether an action worked."""
    found = asyncio.run(_effect(settings, action, as_of))
    print(json.dumps(shown(found)) if as_json else "\n".join(effect_told(found)))
    return 0


async def _effect(settings: Settings, action: str, as_of: datetime | None) -> Effect:
    async with open_app(settings) as app:
        return await app.persister.effect(action, as_of)


def forecast(settings: Settings, outlet: str, top: int, *, watch: bool, as_json: bool) -> int:
    """Make one, store it, and show its likeliest names."""

    async def make() -> Iterator[str]:
        async with open_app(settings) as app:
            made = await app.forecaster.make(outlet, reason="asked for", watch=watch)
        ranked = list(enumerate(made.names, 1))[: max(top, 0)]
        if as_json:
            return (json.dumps({"forecast": made.id, "rank": rank, **shown(one)}) for rank, one in ranked)
        head = f"{made.id}: {len(made.names)} names for {outlet}, stored; hits are counted from now on"
        rows = (f"{rank:4}  {one.likelihood:9.5f}  {defang(one.name):32}  {one.form}" for rank, one in ranked)
        return iter([head, "rank  likelihood  name                              form", *rows])

    print("\n".join(asyncio.run(make())))
    return 0


# --- survival in words -----------------------------------------------------------------------------------------------


def survival_told(found: Persistence) -> Iterator[str]:
    """Survival in words, line by line."""
    yield f"as known at {found.as_of:%Y-%m-%d %H:%M} UTC; bands hold 95 %; no rate below {found.minimum} subjects"
    for measured in found.measures:
        yield ""
        yield f"{measured.measure.value}: {measured.definition}"
        yield from _group(measured.all)
        for group in measured.groups[:_MOST_GROUPS]:
            yield from _group(group)
        if len(measured.groups) > _MOST_GROUPS:
            yield f"  and {len(measured.groups) - _MOST_GROUPS} smaller groups; --json has them"
        yield from _tested(measured)


def _tested(measured: Measured) -> Iterator[str]:
    test = measured.test
    if test is not None:
        yield f"  log-rank: chi-square {test.statistic:.2f} with {test.degrees} degrees of freedom, p = {test.p:.3g}"


def _group(group: Group) -> Iterator[str]:
    late = f", {group.entered_late} under watch only later" if group.entered_late else ""
    head = f"  {group.group}: {group.events} of {group.n}{late}"
    if group.withheld:
        yield head + ("; too few for a rate" if group.n else "")
        return
    yield head + (f"; half by day {round(group.median, 1):g}" if group.median is not None else "; never half")
    for share in group.shares:
        rest = f"{_within(share)}, {share.at_risk} still at risk"
        yield f"    by day {share.day:3}  {share.value:4.0%}  {_bar(share.value)}  {rest}"


def _within(share: Share) -> str:
    """A band, where there is one: once everything has happened, none can be computed."""
    return f"({share.lower:.0%} to {share.upper:.0%})" if share.upper - share.lower < 1 else "(no limits)"


def _bar(value: float) -> str:
    filled = round(value * _WIDTH)
    return "#" * filled + "." * (_WIDTH - filled)


# --- an action's effect in words -------------------------------------------------------------------------------------


def effect_told(found: Effect) -> Iterator[str]:
    """The effect in words, line by line."""
    action, names = found.action, len({one.site for one in found.names})
    yield f"{action.id}: {action.authority}, {action.place.value}, {action.effective:%Y-%m-%d}"
    yield f"as known at {found.as_of:%Y-%m-%d %H:%M} UTC; limits hold 95 %; no rate below {found.minimum}"
    yield ""
    served = _ratio(found.served_at_block)
    yield f"blocked            {names} names, {len(found.names)} lookalikes; {served} served then"
    yield "down, of those served then:"
    yield from map(_down_at, found.down_at)
    yield f"served elsewhere   {_ratio(found.served_elsewhere)} blocked lookalikes have a successor that is served"
    yield f"spoofed again      {_ratio(found.outlets_again)} outlets"
    yield f"first replacement  {_first(found.first_replacement)}"
    yield f"first successor    {_first(found.first_successor)}"
    yield f"replacements       {_per_name(found)}"
    yield f"new names before   {_rate(found.before)}"
    yield f"new names after    {_rate(found.after)}{_rate_ratio(found)}"
    yield f"sweep coverage     {_coverage(found)}"


def _down_at(one: DownAt) -> str:
    known, share = one.down, one.down.share
    plot = f"{share:4.0%}  {_bar(share)}" if share is not None else "      " + " " * _WIDTH
    rest = [f"{known.count} of {known.n}"]
    if one.least != one.most:
        rest.append(f"{one.least} to {one.most} between looks")
    rest += [f"{len(ids)} {word}" for word, ids in (("unknown", one.unknown), ("not yet due", one.pending)) if ids]
    return f"  after {one.day:2} days    {plot}  {', '.join(rest)}{_limits(known)}"


def _ratio(one: Ratio) -> str:
    return f"{one.count} of {one.n}" + (f" ({one.share:.0%})" if one.share is not None else "")


def _limits(one: Ratio) -> str:
    return "" if one.lower is None or one.upper is None else f" (limits {one.lower:.0%} to {one.upper:.0%})"


def _first(one: Replacement | None) -> str:
    return "none known" if one is None else f"{defang(one.site)} after {one.days:.1f} days"


def _per_name(found: Effect) -> str:
    tied = sum(one.predecessor is not None for one in found.replacements)
    counts = f"{len(found.replacements)} new lookalikes of these outlets, {tied} tied to a blocked site"
    if found.replacements_per_name is None or found.successors_per_name is None:
        return counts
    return f"{counts}: {found.replacements_per_name:.2f} and {found.successors_per_name:.2f} a blocked name"


def _rate(one: Rate) -> str:
    span = f"{one.count} from {one.since:%Y-%m-%d} to {one.until:%Y-%m-%d}"
    if one.per_month is None:
        return f"{span}: no time to tell a rate"
    return f"{span}: {one.per_month:.1f} in 30 days (limits {one.lower:.1f} to {one.upper:.1f})"


def _rate_ratio(found: Effect) -> str:
    if found.rate_ratio is None:
        return ""
    upper = "any" if found.ratio_upper is None else f"{found.ratio_upper:.2f}"
    return f"; {found.rate_ratio:.2f} times as many ({found.ratio_lower:.2f} to {upper})"


def _coverage(found: Effect) -> str:
    complete = sum(one.complete for one in found.coverage)
    gaps = [one.longest_gap for one in found.coverage if one.longest_gap is not None]
    blind = [one.outlet for one in found.coverage if one.longest_gap is None]
    words = [f"{complete} complete sweeps of {len(found.coverage)} outlets"]
    words += [f"longest gap {max(gaps):.1f} days"] if gaps else []
    words += [f"none for {', '.join(_few(blind))}"] if blind else []
    return "; ".join(words)


def _few(names: Iterable[str]) -> list[str]:
    listed = list(names)
    return (
        listed if len(listed) <= _MOST_NAMES else [*listed[: _MOST_NAMES - 1], f"{len(listed) - _MOST_NAMES + 1} more"]
    )
