"""A daemon that nobody answers: it starts, says so, judges nothing, and goes on when somebody does."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import httpx

from service.lab.internet import Internet, Ports
from tests.acceptance.processes import Daemon, until
from tests.lab_worlds import clone, outlet, world


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def settings(folder: Path, upstream: int) -> Path:
    config = folder / "config"
    config.mkdir()
    (config / "service.toml").write_text(
        f'[database]\nurl = "sqlite:///{folder}/spoofwatch.db"\n[api]\nport = 0\n'
        f'[dns]\nupstreams = ["127.0.0.1:{upstream}"]\nqueries_per_second = 0\ntimeout = "1s"\ntries = 1\n'
        'control_names = ["control.lab.example"]\n[watch]\nretry = "1s"\n'
    )
    (config / "outlets.toml").write_text(
        '[[outlet]]\nid = "morgenkurier"\nname = "Morgenkurier"\ndomain = "morgenkurier.de"\n'
    )
    return config


def test_without_a_resolver_it_starts_says_which_and_recovers(tmp_path: Path) -> None:
    port = free_port()
    config = settings(tmp_path, port)
    with Daemon(config) as daemon:
        refused = until(lambda: names_the_upstream(daemon, port))
        assert "cannot be believed" in daemon.output()
        assert refused.json()
        assert daemon.call("GET", "/livez").status_code == 200
        reported = daemon.call("POST", "/v1/sightings", json={"url": "https://morgenkurier.ltd/story"})
        assert reported.status_code == 202

        async def with_network() -> None:
            async with Internet(world(outlet(), clone()), ports=Ports(dns=port)):
                await asyncio.to_thread(until, lambda: daemon.call("GET", "/readyz").status_code == 200 or None, 90)
                await asyncio.to_thread(until, lambda: looked(daemon) or None)

        assert not looked(daemon)
        asyncio.run(with_network())


def names_the_upstream(daemon: Daemon, port: int) -> httpx.Response | None:
    answer = daemon.call("GET", "/readyz")
    return answer if answer.status_code == 503 and f"127.0.0.1:{port}" in answer.text else None


def looked(daemon: Daemon) -> bool:
    """Whether the reported site was looked at and got an answer."""
    found = daemon.call("GET", "/v1/lookalikes").json()["data"]
    return any(one["availability"] not in ("not-checked", "vantage-failed") for one in found)
