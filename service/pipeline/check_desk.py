"""Checks that are asked for over the API: kept first, made after the answer, a few side by side.

    ask -> row -> claimed under a lease -> looked at like any other site -> report in the row

Nothing waits in memory: a process that dies leaves a lease behind, and when that has ended the check is made anew.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace

from service.core.checks import LEASE, LONGEST, TRIES, WINDOW, Check
from service.core.errors import InvalidInput, InvalidName, QuotaSpent, SpoofwatchError, StoreUnavailable
from service.pipeline.check import Checker, host_of
from service.ports import Clock, Store, UnitOfWork

log = logging.getLogger("spoofwatch.checks")

_CUT_OFF = f"the service was cut off {TRIES} times while it looked"
_TOO_LONG = f"the look took more than {LONGEST.seconds // 60} minutes"
_FAULT = "the look failed for a fault of our own; the log has the reason"


class CheckDesk:
    """Takes requests and makes them. ``hourly``: of one token, 0 is without limit; ``at_once``: under way together."""

    def __init__(
        self,
        *,
        clock: Clock,
        store: Store,
        checker: Checker,
        token_bytes: Callable[[int], bytes],
        hourly: int = 0,
        at_once: int = 2,
    ) -> None:
        self._clock, self._store, self._token_bytes = clock, store, token_bytes
        self._hourly, self._at_once = hourly, at_once
        self._under_way: set[asyncio.Task[None]] = set()
        self.checker = checker

    async def ask(self, target: str, by: str, outlets: frozenset[str] = frozenset()) -> Check:
        """Keep a request. InvalidInput for what is no name or URL; QuotaSpent for a token that asks too often."""
        try:
            host_of(target)
        except (InvalidName, InvalidInput) as error:
            raise InvalidInput(str(error), "/target") from error
        identity = f"chk_{self._token_bytes(8).hex()}"
        check = Check(id=identity, target=target, by=by, asked_at=self._clock.now(), outlets=outlets)

        def step(uow: UnitOfWork) -> None:
            self._allow(uow, check)
            uow.checks.add(check)

        await self._store.write(step)
        return check

    def _allow(self, uow: UnitOfWork, check: Check) -> None:
        asked = uow.checks.asked(check.by, check.asked_at - WINDOW) if self._hourly else ()
        if len(asked) >= self._hourly > 0:
            # Where many came in one moment, it is the one that makes room again which counts.
            free_at = asked[-self._hourly] + WINDOW
            raise QuotaSpent(
                f"a token may ask for {self._hourly:,} checks an hour", (free_at - check.asked_at).total_seconds()
            )

    async def start_due(self) -> int:
        """Begin what waits, as far as there is room, and wait for none of it; how many."""
        begun = 0
        while len(self._under_way) < self._at_once and (check := await self._store.write(self._claimed)) is not None:
            task = asyncio.create_task(self._make(check), name=f"check:{check.id}")
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
            begun += 1
        return begun

    async def make_due(self) -> int:
        """Make everything that waits; how many."""
        made = 0
        while begun := await self.start_due():
            await asyncio.gather(*self._under_way)
            made += begun
        return made

    async def close(self) -> None:
        """Leave what is under way: it is made anew when its lease has ended."""
        under_way = tuple(self._under_way)
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)

    def _claimed(self, uow: UnitOfWork) -> Check | None:
        now = self._clock.now()
        while (check := uow.checks.claim(now, now + LEASE)) is not None and check.tries > TRIES:
            uow.checks.finish(replace(check, done_at=now, error=_CUT_OFF))
        return check

    async def _make(self, check: Check) -> None:
        try:
            made = await self._made(check)
            if not await self._store.write(lambda uow: uow.checks.finish(made)):
                log.warning("check %s was begun anew meanwhile; this result is dropped", check.id)
        except StoreUnavailable as error:
            log.warning("check %s is made anew when its lease has ended: %s", check.id, error)

    async def _made(self, check: Check) -> Check:
        """The check with what came of it."""
        report, error = None, ""
        try:
            async with asyncio.timeout(LONGEST.total_seconds()):
                report = await self.checker.check(check.target, check.outlets)
        except TimeoutError:
            error = _TOO_LONG
        except StoreUnavailable:
            raise
        except SpoofwatchError as refused:
            error = str(refused)
        except Exception:
            log.exception("check %s failed", check.id)
            error = _FAULT
        return replace(check, done_at=self._clock.now(), leased_until=None, report=report, error=error)
