"""Answers that are nearly HTTP: whatever comes, a fetch ends in an outcome."""

from __future__ import annotations

import asyncio
import gzip
import random
from collections import Counter

from service.adapters.dialer import Dialer
from service.adapters.http import FetchLimits, GuardedFetcher
from service.core.facts.page import FetchOutcome
from service.lab.hostile import HostileServer, Request
from tests.fakes_fetching import DESKTOP, TitleParser

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
CHUNKS = b"5\r\n<titl\r\n8\r\ne>x</tit\r\n0\r\nX: y\r\n\r\n"
ANSWERS = (
    OK + b"Content-Length: 25\r\n\r\n<title>Page</title>012345",
    b"HTTP/1.1 302 Found\r\nLocation: http://fuzz.example/next?a=b#c\r\nSet-Cookie: a=b; Path=/; Max-Age=5\r\n\r\n",
    OK + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKS,
    b"HTTP/1.0 404 Not Found\r\nSet-Cookie: \xff\xfe=\x80; Expires=Thu, 01 Jan 2099 00:00:00 GMT\r\n\r\nbody",
    OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"<title>x</title>" * 9),
    b"HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\nHTTP/1.1 301 Moved\r\nLocation: //[::1]:99999/\xe4\r\n\r\n",
)
PIECES = (
    b"\r\n",
    b"\n",
    b"\x00",
    b": ",
    b"\xff",
    b"Location: ",
    b"http://",
    b"Content-Length: -1\r\n",
    b"[",
    b"%",
    b"Set-Cookie: ",
    b";" * 50,
)
ROUNDS = 400


def broken(source: random.Random) -> bytes:
    """One of the answers with up to six bytes or pieces changed, put in or left out."""
    answer = bytearray(source.choice(ANSWERS))
    for _ in range(source.randrange(7)):
        at = source.randrange(len(answer) + 1)
        match source.randrange(4):
            case 0:
                answer[at:at] = source.choice(PIECES)
            case 1:
                answer[at : at + source.randrange(1, 8)] = b""
            case 2:
                answer[at : at + 1] = bytes([source.randrange(256)])
            case _:
                answer = answer[:at] if source.random() < 0.3 else answer
    return bytes(answer)


async def resolve(host: str) -> tuple[str, ...]:
    return ("127.0.0.1",) if host == "fuzz.example" else ()


def test_any_answer_ends_in_an_outcome() -> None:
    source = random.Random(20)  # noqa: S311 - the same answers at every run

    async def answer(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(broken(source))

    async def run() -> Counter[FetchOutcome]:
        paths = ["/", "/next"]
        async with HostileServer(more=dict.fromkeys(paths, answer)) as server:
            dialer = Dialer(resolve, {"pages": ["127.0.0.0/8"]}, port_map={80: server.port})
            fetcher = GuardedFetcher(dialer, TitleParser(), FetchLimits(total=5.0))
            pages = [await fetcher.fetch("http://fuzz.example/", DESKTOP, ()) for _ in range(ROUNDS)]
            await fetcher.close()
            return Counter(page.outcome for page in pages)

    outcomes = asyncio.run(run())
    assert outcomes.total() == ROUNDS
    assert {FetchOutcome.OK, FetchOutcome.PROTOCOL_ERROR, FetchOutcome.UNREACHABLE} <= outcomes.keys()
