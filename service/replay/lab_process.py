"""The lab as a process of its own, so that it has a core of its own; it ends with its input, however we end."""

from __future__ import annotations

import asyncio
import sys
import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from service.core.errors import SpoofwatchError

_END_SECONDS = 10
"""How long the lab may take to end by itself."""


class LabProcess:
    """``async with LabProcess(scenario, folder, now) as lab``: started, ``settings`` and ``webhook_url`` known."""

    def __init__(self, scenario: str, folder: Path, now: datetime) -> None:
        self._arguments = ["lab", scenario, "--at", now.isoformat(), "--folder", str(folder), "--tied"]
        self.settings: dict[str, Any] = {}
        self.webhook_url = ""

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "service",
            *self._arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=1 << 20,
        )
        text = await self._answer()
        self.settings = tomllib.loads(text)
        url = next(line for line in text.splitlines() if line.startswith("# webhook receiver: "))
        self.webhook_url = url.removeprefix("# webhook receiver: ")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            async with asyncio.timeout(_END_SECONDS):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    async def show(self, now: datetime) -> None:
        """Move the small internet to ``now``."""
        await self._say(f"at {now.isoformat()}")

    async def trust(self, secret: str) -> None:
        """Let the receiver verify with this secret."""
        await self._say(f"secret {secret}")

    async def _say(self, line: str) -> None:
        if self._process.stdin is None:
            raise SpoofwatchError("the lab has no input")
        self._process.stdin.write(line.encode() + b"\n")
        await self._process.stdin.drain()
        answer = await self._answer()
        if " as of " not in answer:
            raise SpoofwatchError(f"the lab did not do `{line}`: {answer.strip()}")

    async def _answer(self) -> str:
        """Everything up to the line that says where the lab stands."""
        lines: list[str] = []
        if self._process.stdout is None:
            raise SpoofwatchError("the lab has no output")
        while line := (await self._process.stdout.readline()).decode():
            lines.append(line)
            if line.startswith("# ") and (" as of " in line or not lines[:-1]):
                return "".join(lines)
        raise SpoofwatchError(f"the lab stopped: {''.join(lines)[-500:]}")
