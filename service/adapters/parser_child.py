"""The process that reads hostile pages and pictures: started, fed and killed by ``parser.py``, never by hand.

It takes its memory and CPU limits before the first page, and then closes the door behind itself: with no file
descriptor left to open, not even code run by a hole in the parser gets a file or a socket. Frames in both directions
are a length of four bytes, big-endian, and JSON; a request is followed by the body, as long as the request says. An
empty frame says that the process is ready.
"""

from __future__ import annotations

import base64
import codecs
import contextlib
import json
import resource
import struct
import sys
from typing import BinaryIO
from urllib.parse import urlsplit

from service.adapters import codec
from service.adapters.decode import BodyLimits, BodyReader, TooLarge, Truncated
from service.adapters.extract import extract
from service.adapters.pictures import read_picture
from service.core.facts import charset
from service.core.facts.listings import Listing, listing, robots
from service.core.facts.page import PageFacts
from service.core.facts.picture import PictureFacts
from service.core.names import name

LENGTH = struct.Struct(">I")
SMALLEST_PICTURES = tuple(
    base64.b64decode(text)
    for text in (
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
        "R0lGODdhAQABAIAAAP///////ywAAAAAAQABAAACAkQBADs=",
    )
)
"""A PNG and a GIF of one pixel: decoding them loads what Pillow loads late."""
_GZIP = b"\x1f\x8b"
MOST_OPEN_FILES = 3
"""Standard input, output and error, which are open already."""


def main() -> None:
    """Read frames until the other side closes. Arguments: memory in bytes, CPU seconds for one page."""
    memory, seconds = int(sys.argv[1]), int(sys.argv[2])
    _warm_up()
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (MOST_OPEN_FILES, MOST_OPEN_FILES))
    _send(sys.stdout.buffer, b"")
    serve(sys.stdin.buffer, sys.stdout.buffer, seconds)


def serve(requests: BinaryIO, answers: BinaryIO, seconds: int) -> None:
    """Answer every request in turn."""
    while head := requests.read(LENGTH.size):
        request = json.loads(requests.read(LENGTH.unpack(head)[0]))
        body = requests.read(request["length"])
        _allow_cpu(seconds)
        if request["kind"] == "picture":
            answer = codec.dumps(PictureFacts, read_picture(body))
        elif request["kind"] == "listing":
            answer = read_listing(body, request["url"])
        else:
            answer = read_page(body, request["content_type"], request["url"])
        _send(answers, answer.encode("ascii"))


def read_page(body: bytes, content_type: str, url: str) -> str:
    """The page's facts as JSON; whatever a page makes go wrong is a finding about the page."""
    try:
        facts = extract(charset.decode(body, content_type), url)
    except Exception as error:  # noqa: BLE001 - whatever a hostile page makes go wrong is a finding about the page
        facts = PageFacts(unparseable=f"the parser gave up: {type(error).__name__}")
    return codec.dumps(PageFacts, facts)


def read_listing(body: bytes, url: str) -> str:
    """What a robots.txt, sitemap or feed lists, as JSON. Sitemaps come gzipped as files, too (sitemaps.org)."""
    if body.startswith(_GZIP):
        reader = BodyReader("gzip", BodyLimits())
        with contextlib.suppress(TooLarge, Truncated):
            reader.feed(body)
        body = bytes(reader.body)
    found = robots(body, url) if urlsplit(url).path == "/robots.txt" else listing(body, url)
    return codec.dumps(Listing, found)


def _send(answers: BinaryIO, frame: bytes) -> None:
    answers.write(LENGTH.pack(len(frame)) + frame)
    answers.flush()


def _allow_cpu(seconds: int) -> None:
    """CPU limits count from the start of the process, so each page moves this one on (setrlimit(2))."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    spent = int(usage.ru_utime + usage.ru_stime) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (spent + seconds, resource.RLIM_INFINITY))


def _warm_up() -> None:
    """Load everything that is loaded on first use, while files can still be opened."""
    for label in charset.CODECS:
        codecs.lookup(label)
    name.parse("bücher.example")
    read_page(
        b"<title>x</title><body><a href='//b\xc3\xbccher.example/a'>x</a></body>",
        "text/html; charset=utf-8",
        "http://a.example/",
    )
    for picture in SMALLEST_PICTURES:
        read_picture(picture)
    read_listing(b"<urlset><url><loc>/a</loc></url></urlset>", "http://a.example/sitemap.xml")


if __name__ == "__main__":
    main()
