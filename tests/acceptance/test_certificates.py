"""A daemon that follows the lab's certificate logs: finds a clone through them, and loses nothing when it is killed."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.feed_kills import check, killed_often
from tests.acceptance.processes import Daemon, Lab
from tests.acceptance.test_daemon import SECRET, SITE, day, scenario, settings

KILLS = 5


def test_a_clone_is_found_by_its_certificate_alone(tmp_path: Path) -> None:
    with Lab(scenario(tmp_path), day(-9)) as lab:
        config = settings(lab, tmp_path)
        service = config / "service.toml"
        service.write_text(service.read_text().replace('exact_every = "3s"', "tiers = []"))
        (config / "feeds.toml").write_text(lab.feeds)
        with Daemon(config) as daemon:
            lab.trust(SECRET)
            daemon.call("POST", "/v1/webhooks", json={"url": lab.receiver, "secret": SECRET})
            lab.show(day(-5))
            # Its certificate names two hosts; either may be looked at first.
            assert lab.event("impersonation.confirmed")["data"]["site"] in (SITE, f"www.{SITE}")
            feeds = {feed["id"].partition("/")[2][-7:]: feed for feed in daemon.call("GET", "/v1/feeds").json()["data"]}
            assert {feed["status"] for feed in feeds.values()} == {"ok"}
            assert {feed["kind"] for feed in feeds.values()} == {"certificates", "log-list"}
            assert daemon.stop() == 0


def test_a_daemon_killed_at_any_moment_skips_nothing_and_admits_nothing_twice(tmp_path: Path) -> None:
    with Lab(scenario(tmp_path), day(-9)) as lab:
        check(killed_often(lab, tmp_path, KILLS))
