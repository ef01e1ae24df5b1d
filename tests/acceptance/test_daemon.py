"""Lab and daemon as two processes: a clone from its registration to its return after a block."""

from __future__ import annotations

import base64
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.processes import Daemon, Lab, until

TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
SECRET = "whsec_" + base64.b64encode(b"a secret of the acceptance test.").decode()
SITE = "theguardian.ltd"


def day(offset: int) -> str:
    return f"{TODAY + timedelta(days=offset):%Y-%m-%dT00:00:00Z}"


def date(offset: int) -> str:
    return day(offset)[:10]


def scenario(folder: Path) -> Path:
    """The clone exists from six days ago; its registrar holds it three days ago and lets it go two days ago."""
    file = folder / "clone.toml"
    file.write_text(f"""
[scenario]
name = "one-clone"
begin = {date(-10)}
end = {date(0)}

[[outlet]]
id = "guardian"
name = "The Guardian"
domain = "theguardian.com"
country = "GB"
languages = ["en"]

[[site]]
name = "{SITE}"
outlet = "guardian"
truth = "impersonation"
registered = {date(-6)}
serves = "clone"

[[site.event]]
on = {date(-3)}
kind = "block"
place = "registrar"

[[site.event]]
on = {date(-2)}
kind = "lifted"
place = "registrar"

[[site]]
name = "theguardian.xyz"
outlet = "guardian"
truth = "suspected"
registered = {date(-6)}
serves = "parked"

[[site]]
name = "theguardian.ng"
outlet = "guardian"
truth = "innocent"
registered = 2011-03-01
serves = "innocent"
""")
    return file


def settings(lab: Lab, folder: Path) -> Path:
    """The lab's settings, and a daemon in a hurry."""
    config = folder / "config"
    config.mkdir()
    keys = ("first", "young", "live", "blocked", "settled", "dormant", "innocent")
    # Three failures make a site go down: between them there must be time to ask its registry why.
    watch = "".join(f'{key} = "1s"\n' for key in keys) + 'failing = "5s"\n'
    (config / "service.toml").write_text(
        f'{lab.settings}\n[database]\nurl = "sqlite:///{folder}/spoofwatch.db"\n[api]\nport = 0\n'
        f'[sweep]\nexact_every = "3s"\nedits_every = "1d"\n[watch]\n{watch}'
    )
    (config / "outlets.toml").write_text(
        '[[outlet]]\nid = "guardian"\nname = "The Guardian"\ndomain = "theguardian.com"\n'
        'country = "GB"\nlanguages = ["en"]\n'
    )
    return config


@pytest.fixture
def lab(tmp_path: Path) -> Any:
    with Lab(scenario(tmp_path), day(-9)) as running:
        yield running


def test_a_clone_is_found_flagged_told_blocked_and_seen_again_across_a_kill(lab: Lab, tmp_path: Path) -> None:
    config = settings(lab, tmp_path)
    with Daemon(config) as daemon:
        token = daemon.token
        lab.trust(SECRET)
        made = daemon.call("POST", "/v1/webhooks", json={"url": lab.receiver, "secret": SECRET})
        assert made.status_code == 201, made.text
        # Until its first sweeps are complete the outlet is quiet; what was there before is told in this.
        assert lab.event("outlet.onboarded")["data"]["detail"]["first_seen_as"]["newly-registered"] == 0
        lab.show(day(-5))
        confirmed = lab.event("impersonation.confirmed")
        assert confirmed["data"]["site"] == SITE
        flagged = daemon.call("GET", "/v1/lookalikes", params={"flagged": "true", "outlet": "guardian"}).json()["data"]
        found = next(one for one in flagged if one["site"] == SITE)
        detail = daemon.call("GET", f"/v1/lookalikes/{found['id']}").json()
        assert any(signal["name"] == "links" for signal in detail["explanation"]["signals"])
        daemon.kill()

    with Daemon(config, token) as daemon:
        blocked = daemon.call(
            "POST", "/v1/blocks", json={"site": SITE, "place": "registrar", "effective_from": day(-3)}
        )
        assert blocked.status_code == 201, blocked.text
        lab.event("block.recorded")
        lab.show(day(-3))
        down = lab.event("site.down")
        assert down["data"]["detail"]["cause"] == "blocked"
        daemon.kill()

    with Daemon(config, token) as daemon:
        lab.show(day(-2))
        lab.event("site.resurfaced")
        told = daemon.call("GET", "/v1/events", params={"limit": 500}).json()["data"]
        late = [e for e in told if e["data"].get("site") != "theguardian.ng"]
        until(lambda: {e["data"]["id"] for e in late} <= {one["id"] for one in lab.deliveries()} or None, 20)
        assert daemon.stop(signal.SIGTERM) == 0

    assert [event["sequence"] for event in told] == list(range(1, len(told) + 1))
    of_site = [event["type"] for event in told if event["data"].get("site") == SITE]
    assert of_site == [
        "lookalike.discovered",
        "lookalike.registered",
        "impersonation.confirmed",
        "block.recorded",
        "site.down",
        "block.lifted",
        "site.resurfaced",
    ]
    assert all(one["verified"] for one in lab.deliveries())
    innocent = [event["type"] for event in told if event["data"].get("site") == "theguardian.ng"]
    assert innocent == ["lookalike.discovered"]
