"""The header Idempotency-Key: a POST that is sent again after a lost answer gets the answer that was lost."""

from __future__ import annotations

import re
from dataclasses import replace
from hashlib import sha256
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response

from service.api.problems import FieldError, Problem
from service.core.repeats import Repeatable

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from service.api.auth import Caller
    from service.ports import Clock, Store

HEADER = "Idempotency-Key"

_KEY = re.compile(r"[\x21-\x7e]{1,255}\Z")
_LONGEST = 256 * 1024  # bytes of an answer that is kept; a thousand results of sightings fit
_SHOWN_ONCE = re.compile(r"/v1/(?:tokens|webhooks|webhooks/[^/]+/rotate)\Z")
"""Where answers hold secrets, which are not kept: they are shown once. Refusals hold none."""

_KEPT_HEADERS = ("content-type", "location", "etag")


class Repeats:
    """ASGI middleware behind ``Authentication``.

    Only answers that say that something was decided are kept: after a 5xx, a 429 or a refused precondition the same key
    may be used again.
    """

    def __init__(self, app: ASGIApp, *, store: Store, clock: Clock) -> None:
        self._app, self._store, self._clock = app, store, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from what is kept, or pass the request on and keep its answer."""
        caller: Caller | None = scope.get("state", {}).get("caller")
        key = Headers(scope=scope).get(HEADER) if scope["type"] == "http" else None
        if caller is None or key is None or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        if not _KEY.match(key):
            detail = f"{HEADER} is 1 to 255 visible ASCII characters."
            await _refuse(_problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail), scope, receive, send)
            return
        body = await _whole(receive)
        now = self._clock.real_now()
        asked = Repeatable(token_id=caller.token_id, key=key, digest=_digest(scope, body), at=now)
        known = await self._store.write(lambda uow: uow.repeats.begin(asked))
        if known is None:
            await self._first(asked, body, scope, receive, send)
            return
        again = _again(asked, known)
        if isinstance(again, Problem):
            await _refuse(again, scope, receive, send)
        else:
            await again(scope, receive, send)

    async def _first(self, asked: Repeatable, body: bytes, scope: Scope, receive: Receive, send: Send) -> None:
        heard = _Hearing(send)
        decided = False
        try:
            await self._app(scope, _told(body, receive), heard)
            decided = heard.is_decided
        finally:
            # Also where the request was cancelled or failed: the client may try again at once.
            if decided:
                keeps = heard.status >= HTTPStatus.BAD_REQUEST or not _SHOWN_ONCE.match(scope["path"])
                done = replace(asked, status=heard.status, headers=heard.headers, body=heard.body if keeps else b"")
                await self._store.write(lambda uow: uow.repeats.keep(done))
            else:
                await self._store.write(lambda uow: uow.repeats.forget(asked.token_id, asked.key))


class _Hearing:
    """The way back to the client: remembers what went by."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status, self.headers, self.body, self.whole = 0, dict[str, str](), b"", False

    @property
    def is_decided(self) -> bool:
        """Whether the answer is one that would be the same again, and is all there."""
        undecided = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.PRECONDITION_FAILED, HTTPStatus.PRECONDITION_REQUIRED)
        return self.whole and self.status < HTTPStatus.INTERNAL_SERVER_ERROR and self.status not in undecided

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            self.headers = {name: headers[name] for name in _KEPT_HEADERS if name in headers}
        elif message["type"] == "http.response.body" and len(self.body) <= _LONGEST:
            self.body += message.get("body", b"")
            self.whole = not message.get("more_body", False) and len(self.body) <= _LONGEST
        await self._send(message)


def _again(asked: Repeatable, known: Repeatable) -> Response | Problem:
    """What a request gets whose key was used before."""
    if known.digest != asked.digest:
        detail = "This key was used for another request; a new request needs a new key."
        return _problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail)
    if known.status is None:
        return _problem(HTTPStatus.CONFLICT, "The first request with this key is under way; ask again in a moment.")
    if not known.body and known.status in (HTTPStatus.OK, HTTPStatus.CREATED):
        detail = "This was done, and its answer held a secret, which is shown once. Revoke it and make another."
        return _problem(HTTPStatus.CONFLICT, detail)
    headers = dict(known.headers or {}) | {"Idempotent-Replayed": "true"}
    return Response(known.body, status_code=known.status, headers=headers)


def _problem(status: HTTPStatus, detail: str) -> Problem:
    return Problem(status=status, detail=detail, errors=(FieldError(pointer=f"/header/{HEADER}", detail=detail),))


async def _refuse(problem: Problem, scope: Scope, receive: Receive, send: Send) -> None:
    await problem.response(path=scope["path"], request_id=scope["state"]["request_id"])(scope, receive, send)


def _digest(scope: Scope, body: bytes) -> str:
    """A name for what is asked: method, path, query and body."""
    parts = (scope["method"].encode(), scope.get("raw_path") or scope["path"].encode(), scope["query_string"])
    return sha256(b"\0".join((*parts, body))).hexdigest()


async def _whole(receive: Receive) -> bytes:
    """The request's body; ``Guard`` has limited its size."""
    chunks: list[bytes] = []
    more = True
    while more:
        message = await receive()
        chunks.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(chunks)


def _told(body: bytes, receive: Receive) -> Receive:
    """The body once more, for the application; then whatever comes."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def told() -> Message:
        return messages.pop() if messages else await receive()

    return told
