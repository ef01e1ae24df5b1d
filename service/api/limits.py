"""How often a token may ask: a bucket a token, refilled steadily, told in every answer.

In memory, per process: what it keeps off is a script that runs away, and a restart forgives that.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders

from service.api.problems import Problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from service.api.auth import Caller
    from service.ports import Clock

_WINDOW = 60
"""Seconds that a limit counts for."""

_MOST_TOKENS = 10_000  # buckets kept; full ones are forgotten first, which changes nothing


@dataclass(frozen=True, slots=True)
class Bucket:
    """``left`` requests at the time ``at``."""

    left: float
    at: datetime

    def refilled(self, now: datetime, limit: int) -> Bucket:
        """The same, later."""
        gained = max(0.0, (now - self.at).total_seconds()) * limit / _WINDOW
        return Bucket(min(float(limit), self.left + gained), now)


class RateLimit:
    """ASGI middleware behind ``Authentication``. ``limit``: requests a minute of one token; 0 is without limit."""

    def __init__(self, app: ASGIApp, *, clock: Clock, limit: int) -> None:
        self._app, self._clock, self._limit = app, clock, limit
        self._buckets: dict[str, Bucket] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with the headers RateLimit-*, or answer 429."""
        caller: Caller | None = scope.get("state", {}).get("caller")
        if not self._limit or caller is None:
            await self._app(scope, receive, send)
            return
        bucket = self._taken(caller.token_id)
        told = _Telling(send, self._headers(bucket))
        if bucket.left >= 0:
            await self._app(scope, receive, told)
            return
        problem = self._refusal(bucket)
        await problem.response(path=scope["path"], request_id=scope["state"]["request_id"])(scope, receive, told)

    def _taken(self, token_id: str) -> Bucket:
        """The token's bucket after this request; below zero, and kept as it was, where there was nothing left."""
        now = self._clock.real_now()
        known = self._buckets.pop(token_id, Bucket(self._limit, now)).refilled(now, self._limit)
        taken = Bucket(known.left - 1, now)
        self._buckets[token_id] = taken if taken.left >= 0 else known
        while len(self._buckets) > _MOST_TOKENS:
            del self._buckets[next(iter(self._buckets))]
        return taken

    def _headers(self, bucket: Bucket) -> dict[str, str]:
        """As draft-ietf-httpapi-ratelimit-headers-06 has them: seconds until the bucket is full again."""
        full = math.ceil((self._limit - max(0.0, bucket.left)) * _WINDOW / self._limit)
        return {
            "RateLimit-Limit": str(self._limit),
            "RateLimit-Remaining": str(max(0, int(bucket.left))),
            "RateLimit-Reset": str(full),
        }

    def _refusal(self, bucket: Bucket) -> Problem:
        seconds = max(1, math.ceil(-bucket.left * _WINDOW / self._limit))
        detail = f"This token has asked {self._limit} times within a minute; ask again in {seconds} s."
        return Problem(status=HTTPStatus.TOO_MANY_REQUESTS, detail=detail, headers={"Retry-After": str(seconds)})


class _Telling:
    """The way back to the client, with further headers."""

    def __init__(self, send: Send, headers: dict[str, str]) -> None:
        self._send, self._headers = send, headers

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(self._headers)
        await self._send(message)
