"""kill -9 of a daemon while it takes in lists and zone files: nothing is skipped, nothing is admitted twice."""

from __future__ import annotations

import gzip
import random
import time
from pathlib import Path

from tests.acceptance.feed_kills import Killed, names
from tests.acceptance.processes import Daemon, Lab, until
from tests.acceptance.test_daemon import day, scenario

KILLS = 5
FILLERS = 60_000
SLOWEST = 240.0

FEEDS = """
[[feed]]
id = "new"
path = "../list.csv.gz"
[[snapshots]]
id = "zones"
path = "../zones"
"""


def test_lists_and_zones_are_taken_in_whole_over_five_kills(tmp_path: Path) -> None:
    chance = random.Random(9)  # noqa: S311 - moments, not secrets
    listed, zoned = names(40), [f"theguardian-{letter}.ltd" for letter in "abcdefghijklmnopqrst"]
    rows = [f"n{number}.com" for number in range(FILLERS)]
    for place, name in enumerate(listed):
        rows.insert(place * FILLERS // len(listed), name)
    (tmp_path / "list.csv.gz").write_bytes(gzip.compress("\n".join(rows).encode(), 1))
    with Lab(scenario(tmp_path), day(-9)) as lab:
        config = tmp_path / "config"
        config.mkdir()
        database = tmp_path / "spoofwatch.db"
        (config / "service.toml").write_text(
            f'{lab.settings}\n[database]\nurl = "sqlite:///{database}"\n[api]\nport = 0\n[sweep]\ntiers = []\n'
        )
        (config / "feeds.toml").write_text(FEEDS)
        (config / "outlets.toml").write_text('[[outlet]]\nid = "guardian"\ndomain = "theguardian.com"\n')
        stage = Killed(lab, config, database, "", [*listed, *zoned])
        for life in range(KILLS):
            zone(tmp_path, zoned[: (life + 1) * len(zoned) // KILLS])
            with Daemon(config, stage.token) as daemon:
                stage.token = daemon.token
                time.sleep(chance.uniform(0, 1.2))
                daemon.kill()
        with Daemon(config, stage.token):
            until(lambda: not stage.missing() or None, seconds=SLOWEST, why=lambda: str(sorted(stage.missing())))
            # What was being looked at when a daemon died is told of when its lease has ended; nothing is told of twice.
            told = until(lambda: stage.told() or None)
        assert stage.rows("SELECT host FROM site GROUP BY host HAVING count(*) > 1") == []
        assert set(told.values()) == {1}
        assert stage.rows("SELECT complaint, error FROM feed WHERE complaint || error <> ''") == []


def zone(folder: Path, spoofs: list[str]) -> None:
    """A zone of many names, put in its place in one step as downloaders do."""
    found = sorted([*(f"n{number:06}.ltd" for number in range(FILLERS // 4)), *spoofs])
    lines = [
        "ltd.\t1\tin\tsoa\tns.ltd. mail.ltd. 1 2 3 4 5\n",
        *(f"{name}.\t1\tin\tns\tns.host.net.\n" for name in found),
    ]
    (folder / "zones").mkdir(exist_ok=True)
    begun = folder / "zones" / ".new"
    begun.write_text("".join(lines))
    begun.replace(folder / "zones" / "ltd.txt")
