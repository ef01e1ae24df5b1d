"""A full disk makes the API read-only: what is there can be asked for, and nothing is begun that could not be kept."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from service.api.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Receive, Scope, Send

_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_RETRY_AFTER = "60"  # seconds: somebody has to make room


class ReadOnly:
    """ASGI middleware behind ``Authentication``. ``full``: why nothing may be written, in words; empty where it may."""

    def __init__(self, app: ASGIApp, *, full: Callable[[], str]) -> None:
        self._app, self._full = app, full

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer 507 (RFC 4918 11.5)."""
        if scope["type"] != "http" or scope["method"] in _READS or not (why := self._full()):
            await self._app(scope, receive, send)
            return
        detail = f"Nothing can be written now: {why}. Reading goes on."
        problem = Problem(status=HTTPStatus.INSUFFICIENT_STORAGE, detail=detail, headers={"Retry-After": _RETRY_AFTER})
        await problem.response(path=scope["path"], request_id=scope["state"]["request_id"])(scope, receive, send)
