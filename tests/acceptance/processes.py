"""The real commands as processes, for tests that start, stop and kill them."""

from __future__ import annotations

import json
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx

T = TypeVar("T")
PATIENCE = 60.0


class Command:
    """``spoofwatch`` with arguments; its output is collected while it runs."""

    def __init__(self, *arguments: str) -> None:
        environment = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "service", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        self.lines: list[str] = []
        self._news: queue.Queue[str | None] = queue.Queue()
        self._readers = [
            threading.Thread(target=self._read, args=(stream,)) for stream in (self.process.stdout, self.process.stderr)
        ]
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def wait_for_line(self, pattern: str, seconds: float = PATIENCE) -> re.Match[str]:
        """The first line of output that matches, from the whole output so far; without one the command is killed."""

        def look() -> re.Match[str] | None:
            ended = self.process.poll() is not None
            found = next((m for line in list(self.lines) if (m := re.search(pattern, line))), None)
            assert found or not ended, self.output()
            return found

        try:
            return until(look, seconds, self.output)
        except AssertionError:
            self.kill()
            raise

    def stop(self, number: int = signal.SIGTERM, patience: float = PATIENCE) -> int:
        """Send a signal and wait for the end; the exit code."""
        self.process.send_signal(number)
        return self._end(patience)

    def kill(self) -> None:
        """kill -9, where it still runs."""
        if self.process.poll() is None:
            self.process.kill()
        self._end()

    def output(self) -> str:
        state = "" if self.process.poll() is None else f"\n(ended with {self.process.returncode})"
        return "".join(self.lines[-60:]) + state

    def _end(self, patience: float = PATIENCE) -> int:
        code = self.process.wait(patience)
        for reader in self._readers:
            reader.join(PATIENCE)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert stream is not None
            if not stream.closed:
                stream.close()
        return code

    def _read(self, stream: Any) -> None:
        for line in stream:
            self.lines.append(line)


def until(found: Callable[[], T | None], seconds: float = PATIENCE, why: Callable[[], str] = str) -> T:
    """Ask until there is an answer; AssertionError with ``why`` when the patience ends."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = found()
        if answer is not None:
            return answer
        time.sleep(0.05)
    raise AssertionError(f"nothing came in {seconds:.0f} s:\n{why()}")


class Lab(Command):
    """The small internet of a scenario file. ``settings`` is the TOML that it printed."""

    def __init__(self, scenario: Path, at: str) -> None:
        super().__init__("lab", str(scenario), "--at", at, "--tied")
        self.wait_for_line(r"# \S+ as of")
        self.settings = "".join(line for line in self.lines if not line.startswith("#"))
        self.feeds = "".join(line.removeprefix("#   ") for line in self.lines if line.startswith("#   "))
        self.receiver = self.wait_for_line(r"# webhook receiver: (\S+)")[1]

    def show(self, day: str) -> None:
        self.say(f"at {day}")
        self.wait_for_line(rf"as of {re.escape(day)}")

    def trust(self, secret: str) -> None:
        before = len(self.lines)
        self.say(f"secret {secret}")
        until(lambda: len(self.lines) > before or None, why=self.output)

    def deliveries(self) -> list[dict[str, Any]]:
        answer = httpx.get(self.receiver.rpartition("/")[0] + "/deliveries", trust_env=False)
        found: list[dict[str, Any]] = answer.json()
        return found

    def event(self, kind: str, count: int = 1) -> dict[str, Any]:
        """The payload of the ``count``-th delivered event of a type, once it is there."""

        def look() -> dict[str, Any] | None:
            payloads = [json.loads(one["body"]) for one in self.deliveries()]
            distinct = {p["data"]["id"]: p for p in payloads if p["type"] == kind}
            return list(distinct.values())[count - 1] if len(distinct) >= count else None

        return until(look, why=lambda: "\n".join(one["body"] for one in self.deliveries()))


class Daemon(Command):
    """``spoofwatch run`` on a folder of settings; ``api`` is a client with the given token."""

    def __init__(self, config: Path, token: str | None = None) -> None:
        super().__init__("run", "--config", str(config))
        self.url = self.wait_for_line(r"API on (http://\S+)")[1]
        self.token = token or self.wait_for_line(r"(sw_[0-9a-f_]+)")[1]

    def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        return httpx.request(
            method,
            self.url + path,
            headers={"Authorization": f"Bearer {self.token}"},
            trust_env=False,
            **{"timeout": 10, **more},
        )
