"""A web server that misbehaves on purpose: one behaviour a path.

Every way in which a site could hurt or deceive whoever fetches it has a path here, so that tests ask for it by name.
Paths that drip or flood go on until the other side leaves.
"""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Self

from service.lab.loopback import CutOff, Listener

if TYPE_CHECKING:
    import ssl

METADATA_URL = "http://169.254.169.254/latest/meta-data/"
"""Where clouds serve credentials to whoever asks from inside."""

_OK = b"HTTP/1.1 200 OK\r\n"
_HTML = b"Content-Type: text/html; charset=utf-8\r\n"
_PAGE = (
    b"<!doctype html><html lang=de><head><title>Plain page</title></head>"
    b"<body><h1>Heading</h1><p>Some text.</p></body></html>"
)
_MIB = 1024 * 1024


class Request:
    """One request as it came: path with query, and headers by lower-case name."""

    def __init__(self, head: bytes) -> None:
        line, *fields = head.decode("latin-1").split("\r\n")
        self.target = line.split(" ")[1]
        self.headers = {
            name.strip().lower(): value.strip() for name, _, value in (f.partition(":") for f in fields if f)
        }

    @property
    def path(self) -> str:
        """The path without the query."""
        return self.target.partition("?")[0]


Behaviour = Callable[[Request, asyncio.StreamWriter], Awaitable[None]]


class HostileServer:
    """Serves every behaviour at ``host``. ``tls`` makes it https. ``seen`` keeps the requests in the order they came.

    ``more`` adds behaviours by path.
    ``at_most`` is the largest number of connections that were open at one time.
    """

    def __init__(
        self, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None, more: Mapping[str, Behaviour] | None = None
    ) -> None:
        self._host, self._tls, self._behaviours = host, tls, {**BEHAVIOURS, **(more or {})}
        self.seen: list[Request] = []
        self.port = 0
        self.open = self.at_most = 0
        self._listener = Listener(self._serve, gate=self._gate if tls else None)

    async def __aenter__(self) -> Self:
        self.port = self._listener.open(self._host)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._listener.close()

    async def _gate(self, _: object) -> ssl.SSLContext:
        if self._tls is None:
            raise CutOff
        return self._tls

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        self.at_most = max(self.at_most, self.open)
        try:
            request = Request((await reader.readuntil(b"\r\n\r\n"))[:-4])
            self.seen.append(request)
            await self._behaviours.get(request.path, _missing)(request, writer)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            self.open -= 1


async def _missing(_: Request, writer: asyncio.StreamWriter) -> None:
    _whole(writer, b"<title>404</title>nothing here", status=b"404 Not Found")


def _whole(writer: asyncio.StreamWriter, body: bytes, headers: bytes = _HTML, status: bytes = b"200 OK") -> None:
    writer.write(b"HTTP/1.1 " + status + b"\r\n" + headers + b"Content-Length: %d\r\n\r\n" % len(body) + body)


def page(body: bytes, headers: bytes = _HTML) -> Behaviour:
    """Answers with this body."""

    async def behave(_: Request, writer: asyncio.StreamWriter) -> None:
        _whole(writer, body, headers)

    return behave


async def _interim(_: Request, writer: asyncio.StreamWriter) -> None:
    """Two interim answers, then the page."""
    writer.write(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n" * 2)
    _whole(writer, _PAGE)


def _redirect(location: bytes, status: bytes = b"302 Found") -> Behaviour:
    async def behave(_: Request, writer: asyncio.StreamWriter) -> None:
        _whole(writer, b"", b"Location: " + location + b"\r\n", status)

    return behave


def _encoded(encoding: bytes, body: bytes) -> Behaviour:
    return page(body, _HTML + b"Content-Encoding: " + encoding + b"\r\n")


def _flood(start: bytes, piece: bytes, pause: float = 0.0) -> Behaviour:
    """``start``, and then ``piece`` until the other side leaves."""

    async def behave(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)

    return behave


def _verbatim(answer: bytes) -> Behaviour:
    """Exactly these bytes."""

    async def behave(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)

    return behave


async def _silence(_: Request, __: asyncio.StreamWriter) -> None:
    await asyncio.sleep(3600)


async def _pause(_: Request, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(0.05)
    _whole(writer, _PAGE)


async def _close_at_once(_: Request, __: asyncio.StreamWriter) -> None:
    return


async def _reset_in_the_middle(_: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(_OK + _HTML + b"Content-Length: 100000\r\n\r\n" + _PAGE)
    await writer.drain()
    await asyncio.sleep(0.2)  # a reset throws away what the other side has not read yet
    raise CutOff


async def _promise_more(_: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(_OK + _HTML + b"Content-Length: 100000\r\n\r\n" + _PAGE)


async def _promise_less(_: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(_OK + _HTML + b"Content-Length: 40\r\n\r\n" + _PAGE)


async def _hops(request: Request, writer: asyncio.StreamWriter) -> None:
    """/hops?5 leads over five more to a page."""
    left = int(request.target.partition("?")[2] or 0)
    if left:
        _whole(writer, b"", b"Location: /hops?%d\r\n" % (left - 1), b"302 Found")
    else:
        _whole(writer, _PAGE)


async def _to(request: Request, writer: asyncio.StreamWriter) -> None:
    """/to?URL leads there."""
    _whole(writer, b"", b"Location: " + request.target.partition("?")[2].encode() + b"\r\n", b"302 Found")


async def _cookie_wall(request: Request, writer: asyncio.StreamWriter) -> None:
    """The same URL again, with a cookie."""
    if "seen=1" in request.headers.get("cookie", ""):
        _whole(writer, _PAGE)
    else:
        _whole(writer, b"", b"Set-Cookie: seen=1; Path=/\r\nLocation: /cookie-wall\r\n", b"302 Found")


async def _echo(request: Request, writer: asyncio.StreamWriter) -> None:
    lines = "\n".join(f"{name}: {value}" for name, value in request.headers.items())
    _whole(writer, f"<title>echo</title><pre>{lines}</pre>".encode())


def _typed(charset: bytes) -> bytes:
    return b"Content-Type: text/html; charset=" + charset + b"\r\n"


def _zeros(size: int) -> bytes:
    return gzip.compress(bytes(size), compresslevel=9)


def _raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


PAGES_THAT_KILL: Mapping[str, bytes] = {
    "deep": b"<title>deep</title>" + b"<div>" * 50_000 + b"bottom",
    "attributes": b"<title>attributes</title><a " + b"".join(b"a%d=1 " % i for i in range(100_000)) + b">",
}
"""Pages that keep a parser busy for seconds: depth and attributes are quadratic in lexbor."""

BEHAVIOURS: Mapping[str, Behaviour] = {
    "/": page(_PAGE),
    "/echo": _echo,
    "/empty": page(b""),
    "/pause": _pause,
    "/icon.png": page(b"\x89PNG\r\n\x1a\n picture", b"Content-Type: image/png\r\n"),
    "/no-type": page(_PAGE, b""),
    "/json": page(b'{"title": "<html>"}', b"Content-Type: application/json\r\n"),
    # size
    "/gzip": _encoded(b"gzip", gzip.compress(_PAGE)),
    "/deflate": _encoded(b"deflate", zlib.compress(_PAGE)),
    "/raw-deflate": _encoded(b"deflate", _raw_deflate(_PAGE)),
    "/gzip-bomb": _encoded(b"gzip", _zeros(64 * _MIB)),
    "/gzip-truncated": _encoded(b"gzip", gzip.compress(_PAGE)[:-12]),
    "/gzip-damaged": _encoded(b"gzip", b"\x1f\x8b not gzip at all"),
    "/gzip-nested": _encoded(b"gzip, gzip", gzip.compress(_zeros(_MIB))),
    "/br": _encoded(b"br", b"\x0b\x02\x80 not asked for"),
    "/zstd": _encoded(b"zstd", b"\x28\xb5\x2f\xfd not asked for"),
    "/endless": _flood(_OK + _HTML + b"\r\n" + _PAGE, b" " * 65_536),
    "/drip": _flood(_OK + _HTML + b"\r\n" + _PAGE, b" ", pause=0.02),
    "/crumbs": _flood(_OK + _HTML + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n" * 1000),
    # headers
    "/slow-headers": _flood(_OK, b"X-Slow: 1\r\n", pause=0.02),
    "/many-headers": page(_PAGE, _HTML + b"".join(b"X-%d: a\r\n" % i for i in range(9000))),
    "/rather-many-headers": page(_PAGE, _HTML + b"".join(b"X-%d: a\r\n" % i for i in range(250))),
    "/lone-newlines": _verbatim(b"HTTP/1.1 200 OK\nContent-Type: text/html\n\n" + _PAGE),
    "/interim": _verbatim(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 20 + _OK + _HTML + b"\r\n" + _PAGE),
    "/many-lines": page(b"<title>many lines</title>" + b"\n" * 5000),
    "/long-header": page(_PAGE, _HTML + b"X-Long: " + b"a" * 300_000 + b"\r\n"),
    "/endless-interim": _flood(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 100),
    "/early-hints": _interim,
    "/garbage": _flood(b"\x16\x03\x01 this is not HTTP\r\n\r\n", b"?", pause=0.02),
    "/silence": _silence,
    "/close": _close_at_once,
    "/switching": _flood(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n", b"x" * 1000),
    # bodies that are not what was said
    "/reset": _reset_in_the_middle,
    "/promises-more": _promise_more,
    "/promises-less": _promise_less,
    # redirects
    "/hops": _hops,
    "/to": _to,
    "/loop": _redirect(b"/loop-back"),
    "/loop-back": _redirect(b"/loop"),
    "/cookie-wall": _cookie_wall,
    "/to-metadata": _redirect(METADATA_URL.encode()),
    "/to-mapped": _redirect(b"http://[::ffff:169.254.169.254]/"),
    "/to-number": _redirect(b"http://2852039166/"),
    "/to-file": _redirect(b"file:///etc/passwd"),
    "/to-nonsense": _redirect(b"//[::1]:99999/\xe4"),
    "/to-user": _redirect(b"http://good.example@169.254.169.254/"),
    "/to-ssh": _redirect(b"http://127.0.0.1:22/"),
    "/refresh": page(b"<meta http-equiv=refresh content='0; url=/?from-refresh'><title>moving</title>"),
    "/refresh-into-nothing": page(b"<meta http-equiv=refresh content='0; url=/close'><title>before nothing</title>"),
    "/refresh-slowly": page(b"<meta http-equiv=refresh content='300; url=/other'><title>staying</title>"),
    "/refresh-itself": page(b"<meta http-equiv=refresh content='1; url=/refresh-itself'><title>staying</title>"),
    "/script": page(b'<title>moving</title><script>window.location.href = "\\/?from-script";</script>'),
    "/script-in-article": page(
        b"<title>staying</title><script>function f(){ location = '/elsewhere'; }</script><p>" + b"word " * 400
    ),
    "/script-to-metadata": page(b"<script>location.replace('" + METADATA_URL.encode() + b"')</script>"),
    # cookies
    "/cookies": page(_PAGE, _HTML + b"".join(b"Set-Cookie: c%d=%s\r\n" % (i, b"v" * 500) for i in range(100))),
    # encodings of text
    "/charset-utf-7": page("<title>Zürich +ADw-b+AD4-</title>".encode(), _typed(b"utf-7")),
    "/charset-zlib": page("<title>Zürich</title>".encode(), _typed(b"zlib")),
    "/charset-idna": page("<title>Zürich</title>".encode(), _typed(b"idna")),
    "/charset-unknown": page("<title>Zürich</title>".encode(), _typed(b"no-such")),
    "/charset-cyrillic": page("<title>Новости</title>".encode("cp1251"), _typed(b"windows-1251")),
    # parsers
    **{f"/{case}": page(body) for case, body in PAGES_THAT_KILL.items()},
    "/options": page(b"<title>options</title><select>" + b"<option>x" * 8000),
}  # fmt: skip
