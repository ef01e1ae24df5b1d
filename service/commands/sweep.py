"""``spoofwatch sweep``: one sweep now, with progress on standard error."""

from __future__ import annotations

import asyncio
import json
import sys

from service.app import App
from service.bootstrap import open_app
from service.core.errors import NotFound
from service.core.model import Outlet, Sweep, Tier
from service.core.names.permutations import count
from service.pipeline.sweep import Progress
from service.settings import Settings


def run(settings: Settings, outlet_id: str | None, tier: str, *, as_json: bool) -> int:
    """Sweep one outlet or all; names that exist are admitted and due at once."""
    asyncio.run(_run(settings, outlet_id, Tier(tier), as_json=as_json))
    return 0


async def _run(settings: Settings, outlet_id: str | None, tier: Tier, *, as_json: bool) -> None:
    async with open_app(settings) as app:
        outlets = (await app.watched.now()).outlets
        if outlet_id is not None and outlet_id not in outlets:
            raise NotFound(f"no outlet {outlet_id!r} is watched; `spoofwatch outlets list` shows who is")
        for outlet in [outlets[outlet_id]] if outlet_id is not None else list(outlets.values()):
            await _sweep(app, outlet, tier, as_json=as_json)


async def _sweep(app: App, outlet: Outlet, tier: Tier, *, as_json: bool) -> None:
    watchlist = (await app.watched.now()).watchlist
    total = count(outlet, tier, watchlist)
    began = app.clock.now()

    def progress(made: Progress) -> None:
        for name in made.found:
            print(json.dumps({"name": name, "outlet": outlet.id}) if as_json else f"{outlet.id}\t{name}", flush=True)
        seconds = max((app.clock.now() - began).total_seconds(), 0.001)
        rate = made.sweep.asked / seconds
        left = max(total - made.sweep.position, 0) / rate if rate else 0.0
        _status(
            f"{outlet.id} {tier.value}: {made.sweep.position} of {total}, {rate:.0f} names/s, "
            f"{made.sweep.existing} exist, {made.sweep.unanswered} unanswered, {left:.0f} s left"
        )
        if made.vantage_failed:
            print(
                f"\nspoofwatch: the resolver cannot be believed: {made.detail}; nothing was admitted", file=sys.stderr
            )

    done = await app.sweeper.run(outlet, tier, progress)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    _summary(done, as_json=as_json)


def _status(line: str) -> None:
    """Overwrite one line on a terminal; a log gets a line each."""
    ending = "" if sys.stderr.isatty() else "\n"
    start = "\r\033[K" if sys.stderr.isatty() else ""
    print(f"{start}{line}", end=ending, file=sys.stderr, flush=True)


def _summary(done: Sweep, *, as_json: bool) -> None:
    facts = {
        "outlet": done.outlet,
        "tier": done.tier.value,
        "asked": done.asked,
        "existing": done.existing,
        "unanswered": done.unanswered,
        "complete": done.finished_at is not None,
    }
    if as_json:
        print(json.dumps(facts))
    else:
        state = "complete" if done.finished_at else "not complete; the next sweep goes on here"
        print(
            f"{done.outlet} {done.tier.value}: {done.asked} asked, {done.existing} exist, "
            f"{done.unanswered} unanswered; {state}"
        )
