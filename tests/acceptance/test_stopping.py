"""A daemon that is told to stop ends, whatever its clients do."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from tests.acceptance.processes import Daemon

PATIENCE = 30.0
"""Seconds: requests under way get ten."""


def settings(folder: Path) -> Path:
    config = folder / "config"
    config.mkdir()
    (config / "service.toml").write_text(
        f'[database]\nurl = "sqlite:///{folder}/spoofwatch.db"\n[api]\nport = 0\n'
        '[dns]\nupstreams = ["127.0.0.1:9"]\ntimeout = "1s"\ntries = 1\n'
    )
    return config


def test_requests_whose_bodies_never_come_do_not_hold_it(tmp_path: Path) -> None:
    with Daemon(settings(tmp_path)) as daemon:
        at = urlsplit(daemon.url)
        begun = [
            f"POST {path} HTTP/1.1\r\nHost: {at.netloc}\r\nAuthorization: Bearer {daemon.token}\r\n"
            "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
            for path in ("/v1/sightings", "/v1/verdicts")
        ]
        with ExitStack() as clients:
            for words in begun:
                client = clients.enter_context(socket.create_connection((at.hostname, at.port)))
                client.sendall(words.encode())
            assert httpx.get(f"{daemon.url}/livez", trust_env=False).status_code == HTTPStatus.OK
            assert daemon.stop(patience=PATIENCE) == 0
