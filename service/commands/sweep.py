"""``spoofwatch sweep``: one sweep now, with progress on standard error."""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import datetime, timedelta

from service.app import App
from service.bootstrap import open_app
from service.core.errors import NotFound
from service.core.model import Outlet, Sweep
from service.core.states import Tier
from service.pipeline.sweep import Progress
from service.settings import Settings


def run(settings: Settings, outlet_id: str | None, tier: str, *, as_json: bool) -> int:
    """Sweep one outlet or all; names that exist are admitted and due at once."""
    display = _Display(as_json=as_json)
    try:
        asyncio.run(_run(settings, outlet_id, Tier(tier), display))
    except KeyboardInterrupt:
        display.interrupted()
        raise
    return 0


async def _run(settings: Settings, outlet_id: str | None, tier: Tier, display: _Display) -> None:
    async with open_app(settings) as app:
        outlets = (await app.watched.now()).outlets
        if outlet_id is not None and outlet_id not in outlets:
            raise NotFound(f"no outlet {outlet_id!r} is watched; `spoofwatch outlets list` shows who is")
        for outlet in [outlets[outlet_id]] if outlet_id is not None else list(outlets.values()):
            await _sweep(app, outlet, tier, display)


async def _sweep(app: App, outlet: Outlet, tier: Tier, display: _Display) -> None:
    display.begin()
    done = await app.sweeper.run(outlet, tier, lambda made: display.show(made, app.clock.now()))
    display.end(done)


class _Display:
    """Names that were found on standard output, one line of progress on standard error.

    On a terminal the line is drawn anew about every second; a log gets one after each saved shard.
    """

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._redraws = sys.stderr.isatty()
        self._first: tuple[datetime, int] | None = None
        self._last: Progress | None = None

    def begin(self) -> None:
        """Another sweep: rate and time left are its own."""
        self._first = self._last = None

    def show(self, made: Progress, now: datetime) -> None:
        """What a sweep tells."""
        position = made.sweep.position + made.under_way
        if self._first is None:
            self._first = now, position
            if position:
                self._say(f"{_title(made.sweep)}: goes on at name {position} of {made.sweep.total}")
        self._last = made
        if made.found:
            self._clear()
        for name in made.found:
            outlet = made.sweep.outlet
            print(json.dumps({"name": name, "outlet": outlet}) if self._as_json else f"{outlet}\t{name}", flush=True)
        if made.detail:
            self._say(f"spoofwatch: {_stopped(made)}")
        elif self._redraws or not made.under_way:
            self._draw(progress_line(made, *self._first, now))

    def end(self, done: Sweep) -> None:
        """What became of the sweep."""
        self._clear()
        if self._as_json:
            print(json.dumps(_facts(done)), flush=True)
        else:
            state = "complete" if done.finished_at else f"not complete: the next sweep goes on at name {done.position}"
            print(
                f"{_title(done)}: {done.asked} asked, {done.existing} exist, {done.unanswered} unanswered; {state}",
                flush=True,
            )

    def interrupted(self) -> None:
        """Somebody pressed Ctrl-C."""
        self._clear()
        if self._last is not None and self._last.sweep.finished_at is None:
            sweep = self._last.sweep
            self._say(f"{_title(sweep)}: stopped; the next sweep goes on at name {sweep.position} of {sweep.total}")

    def _draw(self, line: str) -> None:
        print(
            f"\r\033[K{line}" if self._redraws else line, end="" if self._redraws else "\n", file=sys.stderr, flush=True
        )

    def _say(self, line: str) -> None:
        self._clear()
        print(line, file=sys.stderr, flush=True)

    def _clear(self) -> None:
        if self._redraws:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def progress_line(made: Progress, began: datetime, first: int, now: datetime) -> str:
    """Where it is, how fast, what was found, how long it will take. ``first``: the position that it began at."""
    sweep = made.sweep
    position = sweep.position + made.under_way
    seconds = (now - began).total_seconds()
    rate = (position - first) / seconds if seconds > 0 else 0.0
    share = 100 * position / sweep.total if sweep.total else 0.0
    left = _span(max(sweep.total - position, 0) / rate) if rate else "unknown time"
    return (
        f"{_title(sweep)}: {position} of {sweep.total} ({share:.0f} %), {rate:.0f} names/s, "
        f"{sweep.existing} exist, {sweep.unanswered} unanswered, {left} left"
    )


def _span(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))


def _title(sweep: Sweep) -> str:
    return f"{sweep.outlet} {sweep.tier.value}"


def _stopped(made: Progress) -> str:
    if made.vantage_failed:
        return f"the resolver cannot be believed: {made.detail}; of this shard nothing was admitted"
    return made.detail


def _facts(done: Sweep) -> dict[str, object]:
    return {
        "outlet": done.outlet,
        "tier": done.tier.value,
        "asked": done.asked,
        "existing": done.existing,
        "unanswered": done.unanswered,
        "complete": done.finished_at is not None,
        "position": done.position,
        "total": done.total,
    }
