"""kill -9 of a daemon that follows certificate logs, as often as is asked for, and what must be true afterwards."""

from __future__ import annotations

import random
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.core.names.suffixes import sweepable
from tests.acceptance.processes import Daemon, Lab, until

NAMES_A_LIFE = 12
"""Certificates that are issued while a daemon lives."""


@dataclass
class Killed:
    """A lab, the settings of a daemon on it, and the names that certificates were issued for."""

    lab: Lab
    config: Path
    database: Path
    token: str
    issued: list[str]

    def issue(self, names: list[str]) -> None:
        for name in names:
            self.lab.say(f"issue {name}")
        self.issued += names

    def live_and_die(self, names: list[str], chance: random.Random) -> None:
        """One life of a daemon: certificates come in all the while, and it ends without a warning."""
        with Daemon(self.config, self.token) as daemon:
            for name in names:
                self.issue([name])
                time.sleep(chance.uniform(0, 0.1))
            time.sleep(chance.uniform(0, 1.5))
            daemon.kill()

    def rows(self, query: str) -> list[Any]:
        with closing(sqlite3.connect(self.database)) as connection:
            return connection.execute(query).fetchall()

    def missing(self) -> set[str]:
        """Names that were issued for and are no sites."""
        return set(self.issued) - {host for (host,) in self.rows("SELECT host FROM site")}

    def told(self) -> dict[str, int]:
        """How often people were told of each name."""
        query = "SELECT host, count(*) FROM event WHERE type = 'lookalike.discovered' GROUP BY host"
        return dict(self.rows(query))

    def settle(self) -> None:
        """Let a last daemon take in what is left."""
        with Daemon(self.config, self.token) as daemon:

            def caught_up() -> bool | None:
                logs = [one for one in daemon.call("GET", "/v1/feeds").json()["data"] if one["kind"] == "certificates"]
                done = [one["position"] == one["size"] >= 2 * len(self.issued) for one in logs]
                return (len(done) == len(LOGS) and all(done) and not self.missing()) or None

            until(caught_up, why=lambda: daemon.call("GET", "/v1/feeds").text)


LOGS = ("static", "rfc6962")


def names(count: int) -> list[str]:
    """Names that resemble the outlet, each under another suffix; as many as there are suffixes at most."""
    found = [f"theguardian.{suffix}" for suffix in sweepable() if suffix != "com"]
    return random.Random(3).sample(found, min(count, len(found)))  # noqa: S311 - the same ones every time


def killed_often(lab: Lab, folder: Path, kills: int) -> Killed:
    """A daemon killed ``kills`` times at random moments while it took names in, then left to catch up."""
    config = folder / "config"
    config.mkdir()
    database = folder / "spoofwatch.db"
    (config / "service.toml").write_text(
        f'{lab.settings}\n[database]\nurl = "sqlite:///{database}"\n[api]\nport = 0\n[sweep]\ntiers = []\n'
    )
    (config / "feeds.toml").write_text(lab.feeds)
    (config / "outlets.toml").write_text('[[outlet]]\nid = "guardian"\nname = "Guardian"\ndomain = "theguardian.com"\n')
    with Daemon(config) as first:
        token = first.token
        first.kill()
    stage = Killed(lab, config, database, token, [])
    chance = random.Random(kills)  # noqa: S311 - moments, not secrets
    wanted = names(kills * NAMES_A_LIFE)
    for life in range(kills):
        stage.live_and_die(wanted[life * NAMES_A_LIFE : (life + 1) * NAMES_A_LIFE], chance)
    stage.settle()
    return stage


def check(stage: Killed) -> None:
    """Nothing skipped, nothing admitted twice."""
    assert stage.issued
    assert stage.missing() == set()
    assert stage.rows("SELECT count(*) FROM feed_gap") == [(0,)]
    assert {host: times for host, times in stage.told().items() if times != 1} == {}
    # What was being looked at when a daemon died is told of when its lease has ended, so not all are by now.
    assert stage.told()
