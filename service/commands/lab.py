"""``spoofwatch lab``: the small internet alone, played from a scenario; lines on standard input move its days."""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime
from pathlib import Path

from service.core.alerts.events import rfc3339
from service.core.errors import SpoofwatchError
from service.core.names.name import parse
from service.lab.internet import Internet
from service.lab.play import internet, moment, next_moment
from service.lab.scenario import load
from service.lab.scenario_model import Scenario
from service.lab.staging import world_at


def run(scenario: str, at: str | None, folder: Path | None, *, tied: bool) -> int:
    """Serve until standard input says ``quit``, or the process is ended, or with ``tied`` the input closes."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(_run(load(scenario), at, folder, tied=tied))
    return 0


async def _run(scenario: Scenario, at: str | None, folder: Path | None, *, tied: bool) -> None:
    now = moment(at) if at else scenario.begin
    async with internet(scenario, now, folder=folder) as net:
        print(net.settings_toml())
        print("# certificate logs, for feeds.toml:")
        print("".join(f"#   {line}\n" for line in net.feeds_toml().splitlines()), end="")
        print(f"# webhook receiver: {net.webhook_url}")
        print("# type `at DATE`, `next`, `issue NAME ...` (a certificate into the logs),")
        print("# `secret whsec_...` (what the receiver verifies with) or `quit`")
        _say(scenario, now)
        await _obey(net, scenario, now)
        if not tied:
            # Nobody types any more (started by a service manager): serve on.
            await asyncio.Event().wait()


async def _obey(net: Internet, scenario: Scenario, now: datetime) -> None:
    while line := await asyncio.to_thread(sys.stdin.readline):
        word, _, rest = line.strip().partition(" ")
        if word == "quit":
            sys.exit(0)
        try:
            now = await _command(net, scenario, now, word, rest.strip())
        except SpoofwatchError as error:
            print(f"# {error}", flush=True)
        else:
            _say(scenario, now)


async def _command(net: Internet, scenario: Scenario, now: datetime, word: str, rest: str) -> datetime:
    if word == "issue" and rest:
        net.certificates.issue(tuple(parse(name) for name in rest.split()))
    elif word == "secret":
        net.receiver.trust(rest)
    elif word in ("at", "next"):
        now = moment(rest) if word == "at" else next_moment(scenario, now)
        await net.change(world_at(scenario, now))
    return now


def _say(scenario: Scenario, now: datetime) -> None:
    print(f"# {scenario.name} as of {rfc3339(now)}", flush=True)
