"""How soon the daemon's API answers while it sweeps.

    python -m tests.bench sweeping [--rate 5000] [--seconds 20]

The real ``spoofwatch run`` sweeps the widest tier of one outlet against a DNS server on this machine, ``--rate`` names
a second, one in a thousand of which exists and is looked at, while one client asks for flagged lookalikes up to fifty
times a second. The same without a sweep stands beside it: on a machine with other work (a load of 1 or more before it
began) only the ratio counts and nothing is judged. Nor is anything without NSD on PATH: then the lab's server answers,
which takes a core for itself.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from service.core.model import Outlet
from service.core.names.permutations import candidates
from service.core.names.watchlist import WatchList
from service.core.states import Tier
from tests.acceptance.processes import Daemon, until
from tests.bench.resolve import CONTROL, HOST, Row, Server, serving, show

if TYPE_CHECKING:
    from collections.abc import Sequence

OUTLET = Outlet(id="guardian", name="The Guardian", domain="theguardian.com")
EXISTING = 2_000
ONE_IN = 1_000
LIMIT_MS = 50
PAUSE = 0.02
ENOUGH = 0.8
"""Share of the rate below which the machine was too busy to judge by."""


def run(rate: int, seconds: float) -> list[Row]:
    """All rows."""
    load = os.getloadavg()[0]
    names = islice(candidates(OUTLET, Tier.FULL, WatchList((OUTLET,))), 0, EXISTING * ONE_IN, ONE_IN)
    existing = sorted({candidate.name for candidate in names if candidate.label.count(".") == 0})
    with tempfile.TemporaryDirectory() as folder, serving(existing, ["."]) as server:
        with Daemon(_settings(Path(folder, "idle"), server, rate, tiers=[])) as daemon:
            idle = statistics.quantiles(_answers(daemon, seconds / 2), n=100)
        with Daemon(_settings(Path(folder, "sweeping"), server, rate, tiers=["full"])) as daemon:
            until(lambda: _asked(daemon) > 0 or None)
            before, began = _asked(daemon), time.perf_counter()
            busy = statistics.quantiles(took := _answers(daemon, seconds), n=100)
            swept = (_asked(daemon) - before) / (time.perf_counter() - began)
    judges = server.judges and swept > ENOUGH * rate and load < 1
    good = busy[98] < LIMIT_MS if judges else None
    return [
        Row(what="server", figure=f"{server.name}, asked {rate} times a second at most; load before {load:.1f}"),
        Row(what="names swept a second", figure=f"{swept:.0f}"),
        Row(what="API answers without a sweep, ms: half below, 99 of 100 below", figure=_pair(idle)),
        Row(what="API answers during the sweep, ms: half below, 99 of 100 below", figure=_pair(busy)),
        Row(what=f"99 of 100 during the sweep below {LIMIT_MS} ms", figure=f"{len(took)} answers", good=good),
    ]


def _pair(percentiles: Sequence[float]) -> str:
    return f"{percentiles[49]:.1f}, {percentiles[98]:.1f}"


def _settings(folder: Path, server: Server, rate: int, tiers: list[str]) -> Path:
    folder.mkdir()
    folder.joinpath("service.toml").write_text(
        f'[database]\nurl = "sqlite:///bench.db"\n[api]\nport = 0\n[rdap]\nbootstrap = ""\n'
        f'[dns]\nupstreams = ["{HOST}:{server.port}"]\nqueries_per_second = {rate}\ncontrol_names = ["{CONTROL}"]\n'
        f"[sweep]\ntiers = {tiers}\ndaily_queries = 0\n"
    )
    folder.joinpath("outlets.toml").write_text(f'[[outlet]]\nid = "{OUTLET.id}"\ndomain = "{OUTLET.domain}"\n')
    return folder


def _asked(daemon: Daemon) -> int:
    rows = daemon.call("GET", "/v1/sweeps").json()["data"]
    return sum(int(row["asked"]) for row in rows)


def _answers(daemon: Daemon, seconds: float) -> list[float]:
    """Milliseconds of each answer while ``seconds`` pass."""
    began, took = time.perf_counter(), []
    headers = {"Authorization": f"Bearer {daemon.token}"}
    with httpx.Client(base_url=daemon.url, headers=headers, trust_env=False) as client:
        while time.perf_counter() - began < seconds:
            sent = time.perf_counter()
            client.get("/v1/lookalikes", params={"flagged": "true"}).raise_for_status()
            took.append(1000 * (time.perf_counter() - sent))
            time.sleep(PAUSE)
    return took


def main(arguments: Sequence[str] | None = None) -> int:
    """Print all rows; 1 where one of them is not good."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.sweeping")
    parser.add_argument("--rate", type=int, default=5_000)
    parser.add_argument("--seconds", type=float, default=20.0)
    options = parser.parse_args(arguments)
    return show(run(options.rate, options.seconds))


if __name__ == "__main__":
    sys.exit(main())
