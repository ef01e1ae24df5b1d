"""Bulk existence checks in a supervised child process.

A process of its own, because a busy event loop starves a thread of the time that datagrams need. It is started on the
first probe, started anew when it has died, and killed when it has been silent for too long or a probe is cancelled: a
batch is either answered whole or asked again whole, once.
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from service.adapters.prober_frames import LARGEST, PREFIX, pack_names, pack_object
from service.adapters.upstreams import is_loopback, parse_upstreams
from service.core.errors import InvalidInput
from service.core.facts.dns import ProbeReport, joined_reports

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LARGEST_BATCH = 50_000
"""Names of one round at most: bounds memory on both sides."""

BATCH_SECONDS = 60
"""A round lasts about a minute at most, because controls stand before and after it, and a failed one throws it away."""

SMALLEST_BATCH = 500

_ATTEMPTS = 2


class ChildProber:
    """Asks ``upstreams`` (host:port; empty for the machine's own), each at most ``qps`` times a second.

    ``qps`` 0 means no limit and is refused for upstreams that are not on this machine. ``window`` queries are under way
    at a time, each waits ``timeout`` seconds and is sent ``tries`` times. ``control_live`` are names that exist: they
    and random names are asked before and after each batch. ``use_0x20`` mixes the case of names against forgers.
    A child that has given no sign of life (it gives one every second) for ``silence`` seconds is killed.
    """

    def __init__(
        self,
        upstreams: Sequence[str],
        qps: float,
        *,
        window: int = 1000,
        timeout: float = 2.0,
        tries: int = 3,
        control_live: Sequence[str] = (),
        use_0x20: bool = False,
        silence: float = 30.0,
    ) -> None:
        addresses = parse_upstreams(upstreams)
        if qps < 0 or (qps == 0 and not all(map(is_loopback, addresses))):
            raise InvalidInput("dns.qps: without a limit only resolvers on this machine may be asked", "dns.qps")
        self._settings = {
            "upstreams": addresses,
            "qps": qps,
            "window": window,
            "timeout": timeout,
            "tries": tries,
            "controls": tuple(control_live),
            "use_0x20": use_0x20,
        }
        self._silence = silence
        fitting = int(qps * len(addresses) * BATCH_SECONDS) if qps else LARGEST_BATCH
        self._batch = max(SMALLEST_BATCH, min(LARGEST_BATCH, fitting))
        self._child: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()

    async def probe(self, names: Sequence[str], heard: Callable[[int], None] | None = None) -> ProbeReport:
        """Ask for each name once; batches run one after the other. See ``ProbeReport``.

        ``heard`` is told about every second how many names have ended so far.
        """
        reports = []
        for start in range(0, len(names), self._batch):
            batch = names[start : start + self._batch]
            # A line break would make two names of one on the way to the child; no host name has any.
            odd = tuple(name for name in batch if "\n" in name)
            if odd:
                batch = [name for name in batch if "\n" not in name]
                reports.append(_unanswered(odd))
            if batch:
                before = sum(report.asked for report in reports)
                async with self._turn:
                    reports.append(await self._probe_batch(batch, _shifted(heard, before)))
        return joined_reports(reports)

    async def close(self) -> None:
        """Stop the child process."""
        async with self._turn:
            await self._stop()

    async def _probe_batch(self, names: Sequence[str], heard: Callable[[int], None]) -> ProbeReport:
        for _ in range(_ATTEMPTS):
            try:
                return _report(names, await self._round(names, heard))
            except (OSError, EOFError, TimeoutError):
                await self._stop()
            except asyncio.CancelledError:
                # Its answer would be taken for that of the next batch.
                await self._stop()
                raise
        return replace(_unanswered(names), vantage_failed=True, detail="the probing process died twice over this batch")

    async def _round(self, names: Sequence[str], heard: Callable[[int], None]) -> dict[str, Any]:
        """Send one batch and wait for its result."""
        child = await self._running()
        if child.stdin is None or child.stdout is None:
            raise EOFError("the probing process has no pipes")
        child.stdin.write(pack_names(names))
        await child.stdin.drain()
        while True:
            async with asyncio.timeout(self._silence):
                message = await _read_object(child.stdout)
            if "beat" not in message:
                return message
            heard(message["beat"])

    async def _running(self) -> asyncio.subprocess.Process:
        if self._child is not None and self._child.returncode is None:
            return self._child
        await self._stop()
        pipe = asyncio.subprocess.PIPE
        self._child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "service.adapters.prober_child", stdin=pipe, stdout=pipe
        )
        if self._child.stdin is not None:
            self._child.stdin.write(pack_object(self._settings))
        return self._child

    async def _stop(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        if child.returncode is None:
            child.kill()
        # Reads what is left, so that the pipes reach their end and are closed.
        await child.communicate()


def _shifted(heard: Callable[[int], None] | None, before: int) -> Callable[[int], None]:
    def tell(ended: int) -> None:
        if heard is not None:
            heard(before + ended)

    return tell


async def _read_object(stream: asyncio.StreamReader) -> dict[str, Any]:
    (length,) = PREFIX.unpack(await stream.readexactly(PREFIX.size))
    if length > LARGEST:
        raise EOFError("a frame of the probing process is too large")
    fields: dict[str, Any] = json.loads(await stream.readexactly(length))
    return fields


def _unanswered(names: Sequence[str]) -> ProbeReport:
    return ProbeReport(asked=len(names), existing=(), absent=0, unanswered=tuple(names), queries=0)


def _report(names: Sequence[str], fields: dict[str, Any]) -> ProbeReport:
    return ProbeReport(
        asked=len(names),
        existing=tuple(fields["existing"]),
        absent=fields["absent"],
        unanswered=tuple(fields["unanswered"]),
        queries=fields["queries"],
        foreign=fields["foreign"],
        vantage_failed=not fields["believed"],
        detail=fields["detail"],
    )
