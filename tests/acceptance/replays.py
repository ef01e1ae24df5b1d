"""Scenarios written for the tests of ``spoofwatch replay``, and what runs, watches and reads them."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from service.adapters.dump import canonical_dump
from service.adapters.store import open_store
from tests.acceptance.processes import Command, until

# Few suffixes for the tier of edits: a day's sweeps take tenths of seconds instead of seconds.
SETTINGS = """
[sweep]
campaign_suffixes = ["live", "ltd", "today", "top"]
"""

TEN_DAYS = """
[scenario]
name = "ten-days-in-autumn"
begin = 2023-10-01
end = 2023-10-10

[[outlet]]
id = "tagwerk"
name = "Tagwerk am Morgen"
domain = "tagwerk.de"
own_domains = ["tagwerk.tv"]
country = "DE"
languages = ["de"]

[[outlet]]
id = "sentiero"
name = "Il Sentiero"
domain = "ilsentiero.it"
country = "IT"
languages = ["it"]

[[action]]
id = "platform-2023-10"
authority = "A social network"
place = "platform"
effective = 2023-10-04
reference = "https://reports.example/2023-10"

# Parked for a day, then a clone; blocked by a platform, then by its registrar: down.
[[site]]
name = "tagwerk.ltd"
outlet = "tagwerk"
truth = "impersonation"
registered = 2023-10-02
serves = "clone"
live_from = 2023-10-03
trackers = ["G-LAB0TAGW01"]
[[site.event]]
on = 2023-10-04
kind = "block"
place = "platform"
action = "platform-2023-10"
[[site.event]]
on = 2023-10-05
kind = "block"
place = "registrar"

# It takes over, as the tracker shows, three days after the first block.
[[site]]
name = "tagwerk.today"
outlet = "tagwerk"
truth = "impersonation"
registered = 2023-10-07
serves = "clone"
trackers = ["G-LAB0TAGW01"]
successor_of = "tagwerk.ltd"

# Known by a report alone; shut off by its host: down, and back at another one.
[[site]]
name = "tagwerk.top"
outlet = "tagwerk"
truth = "impersonation"
registered = 2023-10-02
serves = "clone-without-home"
address = "203.0.113.60"
reported = ["https://tagwerk.top/politik/das-licht.html"]
[[site.event]]
on = 2023-10-05
kind = "block"
place = "host"
[[site.event]]
on = 2023-10-08
kind = "moved"
address = "203.0.113.61"

# Held by its registry, as somebody enters: down, and back when that is lifted.
[[site]]
name = "ilsentiero.live"
outlet = "sentiero"
truth = "impersonation"
registered = 2023-10-02
serves = "clone"
[[site.event]]
on = 2023-10-04
kind = "block"
place = "registry"
recorded = true
[[site.event]]
on = 2023-10-07
kind = "lifted"
place = "registry"

# The old layout; one provider's resolver blocks it, and it stays up.
[[site]]
name = "ilsentiero.top"
outlet = "sentiero"
truth = "impersonation"
registered = 2023-10-03
serves = "old-clone"
[[site.event]]
on = 2023-10-06
kind = "block"
place = "resolver"

# Another name altogether, reported by a reader; given up later, and no block had to do with it.
[[site]]
name = "kieselweg.pro"
outlet = "sentiero"
truth = "impersonation"
registered = 2023-09-02
serves = "clone"
live_from = 2023-10-04
reported = ["https://kieselweg.pro/storie/il-prezzo.html"]
[[site.event]]
on = 2023-10-08
kind = "parked"

[[site]]
name = "ilsentiero.ltd"
outlet = "sentiero"
truth = "suspected"
registered = 2023-10-05
serves = "parked"

[[site]]
name = "tagwerk.live"
truth = "innocent"
registered = 2009-03-12
serves = "innocent"

[[site]]
name = "ilsentiero.today"
truth = "nothing"
registered = 2023-10-03
serves = "unregistered-dns"
"""


def written(folder: Path, scenario: str) -> tuple[Path, Path]:
    """A scenario file and a folder of settings for it."""
    file, config = folder / "scenario.toml", folder / "config"
    config.mkdir(exist_ok=True)
    file.write_text(scenario, encoding="utf-8")
    (config / "service.toml").write_text(SETTINGS, encoding="utf-8")
    return file, config


def replay(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """The whole command, from its start to its end."""
    return spoofwatch("replay", *arguments, cwd=cwd)


def spoofwatch(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Any command in the same way."""
    environment = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
    root = str(Path(__file__).parents[2])
    return subprocess.run(
        [sys.executable, "-m", "service", *map(str, arguments)],
        capture_output=True,
        text=True,
        env=environment | {"PYTHONPATH": root},
        cwd=cwd,
        timeout=180,
        check=False,
    )


def summary_of(output: str) -> dict[str, Any]:
    """The object in the last line of what ``--json`` printed."""
    answer: dict[str, Any] = json.loads(output.splitlines()[-1])
    return answer


def simulated_time(state: Path) -> datetime | None:
    """Where a replay in another process stands, read from its database; None before it has begun."""
    try:
        with closing(sqlite3.connect(f"file:{state / 'replay.db'}?mode=ro", uri=True)) as connection:
            row = connection.execute("SELECT value FROM state WHERE key = 'replay.now'").fetchone()
    except sqlite3.OperationalError:
        return None
    return datetime.fromisoformat(row[0]) if row else None


def dump(state: Path) -> list[str]:
    """The database of a replay that ended, canonically. Ports differ in every run of the lab and are left out.

    They stand in the receiver's URL, and as the registry's address in registrations, evidence and references. So are
    the certificates of the outlets' own sites: the lab has another authority each time it starts.
    """
    store = open_store(f"sqlite:///{state / 'replay.db'}")
    try:
        text = asyncio.run(canonical_dump(store))
    finally:
        store.close()
    text = re.sub(r'"certificate": \{[^{}]*\}', '"certificate": ANY', text)
    return re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", text).splitlines()


def rows(state: Path, query: str) -> list[tuple[Any, ...]]:
    """What a query finds in the database of a replay that ended."""
    with closing(sqlite3.connect(state / "replay.db")) as connection:
        return connection.execute(query).fetchall()


def kill_with_a_look_at_its_children(command: Command) -> dict[int, int]:
    """kill -9; the processes that it had started, with their own start times, to tell them from later ones."""
    # Stopped first, so that it starts none between the look and the kill.
    command.process.send_signal(signal.SIGSTOP)
    children = {pid: started for pid in _descendants(command.process.pid) if (started := _started(pid)) is not None}
    command.kill()
    return children


def wait_until_gone(processes: dict[int, int], seconds: float = 15.0) -> None:
    """AssertionError where one of them still runs then."""

    def left() -> list[int]:
        return [pid for pid, started in processes.items() if _started(pid) == started]

    until(lambda: True if not left() else None, seconds, lambda: f"still running: {left()}")


def _descendants(pid: int) -> Iterator[int]:
    parents = {child: parent for child in _pids() if (parent := _parent(child)) is not None}
    found = [pid]
    for one in found:
        children = [child for child, parent in parents.items() if parent == one]
        found += children
        yield from children


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the third on (proc(5)); none where there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _parent(pid: int) -> int | None:
    fields = _stat(pid)
    return int(fields[1]) if fields else None


def _started(pid: int) -> int | None:
    """When a process began, in ticks; None where it has ended, also where nobody has fetched its exit code yet."""
    fields = _stat(pid)
    return int(fields[19]) if fields and fields[0] not in "ZX" else None
