"""What every request passes first: a request id, a size limit, plain headers, and the last net for errors.

Plain ASGI, outside FastAPI's own error handling, so that nothing below it can answer with a traceback.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException

from service.api.problems import problem_of, too_large
from service.core.errors import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 1024 * 1024
"""Bytes of a request's body, where ``LARGER`` does not say otherwise; a thousand URLs of a thousand characters fit."""

LARGER = {"/v1/sightings/import": 16 * MAX_BODY, "/v1/sightings/captures": 16 * MAX_BODY}
"""Bytes of the bodies of routes that take files."""

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}\Z")  # what may stand in a log line
_REQUEST_ID_BYTES = 12

logger = logging.getLogger("spoofwatch.api")


class Guard:
    """ASGI middleware. ``token_bytes`` (n -> n random bytes) is where request ids come from."""

    def __init__(self, app: ASGIApp, *, token_bytes: Callable[[int], bytes]) -> None:
        self._app = app
        self._token_bytes = token_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it where nothing behind can."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = self._request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        answer = _Answer(send, request_id)
        try:
            most = LARGER.get(scope["path"], MAX_BODY)
            if _declared_length(scope) > most:
                await too_large(most).response(path=scope["path"], request_id=request_id)(scope, receive, answer)
                return
            await self._app(scope, _capped(receive, most), answer)
        except Exception as error:
            if isinstance(error, StoreUnavailable):
                logger.warning("request %s: the store is unavailable: %s", request_id, error)
            elif not isinstance(error, HTTPException):
                logger.exception("request %s failed: %s %r", request_id, scope["method"], scope["path"])
            if answer.started:
                raise
            await problem_of(error).response(path=scope["path"], request_id=request_id)(scope, receive, answer)

    def _request_id(self, scope: Scope) -> str:
        given = Headers(scope=scope).get("x-request-id", "")
        return given if _REQUEST_ID.match(given) else f"req_{self._token_bytes(_REQUEST_ID_BYTES).hex()}"


class _Answer:
    """The way back to the client: notes that it was begun, and adds the headers of every answer."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self._request_id = request_id
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            headers = MutableHeaders(scope=message)
            headers["X-Request-ID"] = self._request_id
            headers["X-Content-Type-Options"] = "nosniff"
            headers.setdefault("Cache-Control", "no-store")
        await self._send(message)


def _declared_length(scope: Scope) -> int:
    length = Headers(scope=scope).get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() else 0


def _capped(receive: Receive, most: int) -> Receive:
    """Count what arrives, for bodies that declare no length (chunked)."""
    taken = 0

    async def counted() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > most:
            problem = too_large(most)
            raise HTTPException(status_code=problem.status, detail=problem.detail, headers=dict(problem.headers))
        return message

    return counted
