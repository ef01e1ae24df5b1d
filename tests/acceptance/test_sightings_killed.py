"""kill -9 of a daemon that has an import of sightings to work off: no line is lost, and none comes to two things."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.feed_kills import Killed
from tests.acceptance.processes import PATIENCE, Daemon, Lab, until
from tests.acceptance.test_daemon import day, scenario

HOSTS = 1_500


def test_an_import_that_waits_is_worked_off_over_kills(tmp_path: Path) -> None:
    lines = "".join(f"https://reader{number % HOSTS}.pics/{number}\n" for number in range(2 * HOSTS))
    with Lab(scenario(tmp_path), day(-9)) as lab:
        config, database = tmp_path / "config", tmp_path / "spoofwatch.db"
        config.mkdir()
        (config / "service.toml").write_text(
            f'{lab.settings}\n[database]\nurl = "sqlite:///{database}"\n[api]\nport = 0\n[sweep]\ntiers = []\n'
        )
        (config / "outlets.toml").write_text('[[outlet]]\nid = "guardian"\ndomain = "theguardian.com"\n')
        stage = Killed(lab, config, database, "", [])
        with Daemon(config) as daemon:
            stage.token = daemon.token
            answer = daemon.call("POST", "/v1/sightings/import", content=lines.encode(), timeout=PATIENCE)
            daemon.kill()
        assert answer.status_code == 202, answer.text
        before = waiting(stage)
        assert before > 0, "it was killed too late to show anything"
        with Daemon(config, stage.token) as daemon:
            until(lambda: waiting(stage) < before or None)
            daemon.kill()
        with Daemon(config, stage.token) as daemon:
            until(lambda: not waiting(stage) or None)
            report = daemon.call("GET", answer.headers["Location"], timeout=PATIENCE).json()
        assert {kind: count for kind, count in report["outcomes"].items() if count} == {"admitted": 2 * HOSTS}
        assert stage.rows("SELECT count(DISTINCT entry), count(*) FROM sighting") == [(2 * HOSTS, 2 * HOSTS)]
        assert stage.rows("SELECT count(DISTINCT host), count(*) FROM site") == [(HOSTS, HOSTS)]


def waiting(stage: Killed) -> int:
    """Lines of the import that nothing came of yet."""
    ((count,),) = stage.rows("SELECT count(*) FROM sighting WHERE outcome = 'waiting'")
    return int(count)
