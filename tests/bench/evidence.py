"""What evidence costs a look: bytes and milliseconds of a WARC, and seconds of a screenshot where Chromium is there.

    python -m tests.bench evidence [--looks N]

Beside each WARC stands what writing the same bytes without any of it would cost: one plain file, gzipped, not synced.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import os
import random
import tempfile
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from service.adapters.browser import BrowserPlan, ChromiumCamera, missing
from service.adapters.dialer import Dialer
from service.adapters.evidence import EvidenceFiles
from service.adapters.parser import ChildParser
from service.adapters.warc import render
from service.core.evidence.items import EvidenceKind, Recording
from service.core.facts.capture import Exchange
from service.core.facts.page import FetchedPage, FetchOutcome
from service.core.facts.shot import views_for
from service.core.model import Profile
from service.lab.hostile import HostileServer

PAGES, PAGE_BYTES = 3, 60_000
AT = datetime(2022, 6, 1, tzinfo=UTC)
PROFILE = Profile(name="social", headers={"User-Agent": "Mozilla/5.0 Mobile"})


def recording(seed: int) -> Recording:
    """A look that fetched three pages of words, as large as a clone's."""
    chance = random.Random(seed)  # noqa: S311 - the same pages each time
    words = ["".join(chance.choices("abcdefghij", k=chance.randint(2, 9))) for _ in range(2000)]
    pages = []
    for number in range(PAGES):
        url = f"https://clone.example/{number}"
        body = " ".join(chance.choices(words, k=PAGE_BYTES // 6)).encode()
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(body)
        exchange = Exchange(url=url, address="192.0.2.1", sent=b"GET / HTTP/1.1\r\n\r\n", received=head + body)
        pages.append(
            FetchedPage(
                target=url,
                profile="social",
                outcome=FetchOutcome.OK,
                hops=(),
                final_url=url,
                status=200,
                exchanges=(exchange,),
            )
        )
    return Recording(host="clone.example", at=AT, pages=tuple(pages), software="bench")


async def warcs(looks: int) -> None:
    """Bytes and milliseconds of one look's WARC, synced to disk, beside a plain gzipped file."""
    made = [recording(n) for n in range(looks)]
    raw = sum(len(e.received) for page in made[0].pages for e in page.exchanges)
    with tempfile.TemporaryDirectory() as folder:
        files = EvidenceFiles(Path(folder))
        began, cpu = time.perf_counter(), time.process_time()
        kept = [await files.keep(EvidenceKind.WARC, partial(render, one)) for one in made]
        wall, used = time.perf_counter() - began, time.process_time() - cpu
        plain_cpu = time.process_time()
        for n, one in enumerate(made):
            body = b"".join(e.received for page in one.pages for e in page.exchanges)
            (Path(folder) / f"plain{n}").write_bytes(gzip.compress(body))
        plain = time.process_time() - plain_cpu
    size = sum(one.bytes for one in kept) / looks
    print(
        f"a look of {PAGES} pages, {raw / 1024:.0f} KiB on the wire: {size / 1024:.1f} KiB of WARC ({size / raw:.0%})"
    )
    print(f"written, synced and renamed in {wall / looks * 1000:.1f} ms, of which CPU {used / looks * 1000:.1f} ms")
    print(f"CPU beside a plain gzipped file: {used / plain:.2f} times")


async def pictures() -> None:
    """Seconds of two views of one page."""
    plan = BrowserPlan(user="nobody" if os.geteuid() == 0 else "")
    if problem := missing(plan):
        print(f"no screenshots: {problem}")
        return
    parser = ChildParser()

    async def resolve(_: str) -> tuple[str, ...]:
        return ("127.0.0.1",)

    try:
        async with HostileServer() as server:
            dialer = Dialer(resolve, {"pages": ["127.0.0.0/8"]}, port_map={80: server.port})
            camera = ChromiumCamera(dialer, parser, os.urandom, plan)
            began = time.perf_counter()
            shots = await camera.take("http://clone.example/", views_for(PROFILE, (PROFILE,)), ("de",))
            seconds = time.perf_counter() - began
    finally:
        await parser.close()
    sizes = ", ".join(f"{len(shot.png) / 1024:.0f} KiB" if not shot.failed else shot.failed for shot in shots)
    print(f"two screenshots, each with a browser of its own: {seconds:.1f} s ({sizes})")


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench evidence")
    parser.add_argument("--looks", type=int, default=50)
    asyncio.run(warcs(parser.parse_args().looks))
    asyncio.run(pictures())


if __name__ == "__main__":
    main()
