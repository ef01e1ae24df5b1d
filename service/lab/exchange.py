"""One HTTP/1.1 exchange of the lab: a request is read, bounded in every direction, and a ``Reply`` is rendered.

Every answer closes its connection: the lab's clients connect anew for each request, so keeping connections would buy
nothing but bookkeeping (RFC 9112 section 9.6 allows a server to close after any answer).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import unquote, urlsplit

from service.lab.world import Reply

_BODILESS = frozenset((HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED))
_REQUEST_LINE_PARTS = 3


class BadRequest(Exception):
    """A request that cannot be read; ``status`` is what it is answered with."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """A request as read. ``headers`` by lower-case name, repeated ones joined by comma; ``path`` without the query."""

    method: str
    path: str
    query: str
    host: str
    headers: Mapping[str, str]
    body: bytes = b""


Answer = Callable[[Request], Awaitable[Reply]]


def host_name(authority: str) -> str:
    """The host of a Host header, in lower case, without port and trailing dot: ``Bild.LTD.:8080`` is ``bild.ltd``."""
    host = authority.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].rstrip(".")


def parse_head(head: bytes) -> Request:
    """The request of the bytes up to the empty line; BadRequest where they are none."""
    lines = head.decode("latin-1").split("\r\n")
    parts = lines[0].split(" ")
    if len(parts) != _REQUEST_LINE_PARTS or not parts[2].startswith("HTTP/1."):
        raise BadRequest(HTTPStatus.BAD_REQUEST, "not a request line of HTTP/1")
    headers = _headers(lines[1:])
    authority, path, query = _target(parts[1])
    return Request(
        method=parts[0],
        path=unquote(path) or "/",
        query=query,
        # The host of a target in absolute form wins over the header (RFC 9112 section 3.2.2).
        host=host_name(authority or headers.get("host", "")),
        headers=headers,
    )


def _target(text: str) -> tuple[str, str, str]:
    if text.startswith("/"):
        path, _, query = text.partition("?")
        return "", path, query
    try:
        target = urlsplit(text)
    except ValueError:
        raise BadRequest(HTTPStatus.BAD_REQUEST, "the target is not a URL") from None
    return target.netloc, target.path, target.query


def _headers(lines: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in filter(None, lines):
        name, colon, value = line.partition(":")
        if not colon or name != name.strip():
            raise BadRequest(HTTPStatus.BAD_REQUEST, "a header line without a name")
        key = name.lower()
        headers[key] = f"{headers[key]}, {value.strip()}" if key in headers else value.strip()
    return headers


async def read_request(reader: asyncio.StreamReader, *, body_limit: int) -> Request | None:
    """The next request with its body of up to ``body_limit`` bytes, or None where the client left. BadRequest else."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    except asyncio.LimitOverrunError:
        raise BadRequest(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "the head is too long") from None
    request = parse_head(head)
    body = await _body(reader, request.headers, body_limit)
    return Request(
        method=request.method,
        path=request.path,
        query=request.query,
        host=request.host,
        headers=request.headers,
        body=body,
    )


async def _body(reader: asyncio.StreamReader, headers: Mapping[str, str], limit: int) -> bytes:
    if "transfer-encoding" in headers:
        raise BadRequest(HTTPStatus.LENGTH_REQUIRED, "the lab reads bodies with a Content-Length only")
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdecimal()):
        raise BadRequest(HTTPStatus.BAD_REQUEST, "the Content-Length is not a number")
    if int(length[:12]) > limit:
        raise BadRequest(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body is longer than {limit} bytes")
    try:
        return await reader.readexactly(int(length))
    except asyncio.IncompleteReadError:
        raise BadRequest(HTTPStatus.BAD_REQUEST, "the body is shorter than its Content-Length") from None


def render(reply: Reply, *, head_only: bool = False) -> bytes:
    """The bytes of an answer. A reply's own Content-Length or Connection stand as they are, right or wrong."""
    named = {name.lower() for name, _ in reply.headers}
    lines = [f"HTTP/1.1 {reply.status} {_phrase(reply.status)}", *(f"{name}: {value}" for name, value in reply.headers)]
    bodiless = reply.status in _BODILESS
    if "content-length" not in named and "transfer-encoding" not in named and not bodiless:
        lines.append(f"Content-Length: {len(reply.body)}")
    if "connection" not in named:
        lines.append("Connection: close")
    head = "\r\n".join((*lines, "", "")).encode("latin-1", "replace")
    return head if head_only or bodiless else head + reply.body


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def text_reply(status: int, text: str) -> Reply:
    """A short answer in plain text."""
    return Reply(status=status, body=f"{text}\n".encode(), headers=(("Content-Type", "text/plain; charset=utf-8"),))


async def exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: Answer, *, body_limit: int = 64 * 1024
) -> None:
    """Read one request, answer it, and be done; what cannot be read is told so."""
    head_only = False
    try:
        request = await read_request(reader, body_limit=body_limit)
        if request is None:
            return
        head_only = request.method == "HEAD"
        reply = await answer(request)
    except BadRequest as refusal:
        reply = text_reply(refusal.status, str(refusal))
    writer.write(render(reply, head_only=head_only))
    await writer.drain()
