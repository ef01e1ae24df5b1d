"""Hostile bytes to facts, in a child process that is killed when a page or a picture takes it over.

A limit on size does not bound a parser: 0.9 MB with a hundred thousand attributes on one tag keep lexbor busy for 19
seconds inside C code, where no timeout of ours is heard. So ``parser_child.py`` reads the page, and is killed with it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import os
import signal
import sys
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import service
from service.adapters import codec
from service.adapters.parser_child import LENGTH
from service.core.facts import html
from service.core.facts.listings import Listing
from service.core.facts.page import PageFacts
from service.core.facts.picture import PictureFacts

T = TypeVar("T")

MOST_ANSWER = 2 * 1024 * 1024
"""Bytes of one answer: several times what all bounds of the facts add up to."""

KEPT_PAGES = 500
"""Pages whose facts are kept, those of the outlets' own sites among them: about a hundred kilobytes each."""

_START_SECONDS = 120.0
"""A process that dies is noticed at once; one of a busy machine took over thirty to start, and a look failed for it."""

_PATH = os.pathsep.join(dict.fromkeys([str(Path(service.__file__).resolve().parent.parent), *filter(None, sys.path)]))


@dataclass(frozen=True, kw_only=True, slots=True)
class ParserLimits:
    """``seconds`` a page may take, ``memory`` in bytes of address space, ``pages`` after which a child is renewed."""

    seconds: float = 3.0
    memory: int = 768 * 1024 * 1024
    pages: int = 5000


class ChildParser:
    """Reads pages in ``workers`` child processes, started with the first page (``ports.Parser``). To be closed."""

    def __init__(self, limits: ParserLimits | None = None, workers: int = 1) -> None:
        self._limits = limits or ParserLimits()
        self._idle: asyncio.LifoQueue[_Child] = asyncio.LifoQueue()
        for _ in range(workers):
            self._idle.put_nowait(_Child(self._limits))
        self._children = workers
        self.killed = 0
        self._read: OrderedDict[bytes, PageFacts] = OrderedDict()

    async def parse(self, body: bytes, content_type: str, url: str) -> PageFacts:
        """The page's facts. ``unparseable`` says why a page was given up; then only its title is there."""
        if not body:
            return PageFacts()
        # Facts follow from the bytes alone, and most looks find the bytes of the look before.
        key = sha256(b"\0".join((content_type.encode(), url.encode(), body))).digest()
        known = self._read.get(key)
        if known is None:
            known = await self._ask(body, content_type, url)
            self._keep(key, known)
        else:
            self._read.move_to_end(key)
        return known

    async def picture(self, body: bytes) -> PictureFacts:
        """The picture's facts. ``unreadable`` says why it was given up."""
        if not body:
            return PictureFacts(unreadable="empty")
        child = await self._idle.get()
        try:
            return await child.read(PictureFacts, body, {"kind": "picture"})
        except GivenUp as error:
            return PictureFacts(unreadable=str(error))
        finally:
            self._idle.put_nowait(child)

    async def listing(self, body: bytes, url: str) -> Listing:
        """What a robots.txt, sitemap or feed at ``url`` lists; nothing where it was given up."""
        if not body:
            return Listing()
        child = await self._idle.get()
        try:
            return await child.read(Listing, body, {"kind": "listing", "url": url})
        except GivenUp:
            return Listing()
        finally:
            self._idle.put_nowait(child)

    async def _ask(self, body: bytes, content_type: str, url: str) -> PageFacts:
        child = await self._idle.get()
        try:
            facts = await child.read(PageFacts, body, {"kind": "page", "content_type": content_type, "url": url})
        except GivenUp as error:
            facts = PageFacts(unparseable=str(error))
        finally:
            self._idle.put_nowait(child)
        self.killed += bool(facts.unparseable)
        return replace(facts, title=html.title(body, content_type)) if facts.unparseable else facts

    def _keep(self, key: bytes, facts: PageFacts) -> None:
        """Keep what was read; what was given up is tried again, for it may have been the machine's fault."""
        if not facts.unparseable:
            self._read[key] = facts
        if len(self._read) > KEPT_PAGES:
            self._read.popitem(last=False)

    async def close(self) -> None:
        """Stop the children; pages that are being read are waited for, each within its time."""
        for _ in range(self._children):
            await (await self._idle.get()).stop()
        self._children = 0


class GivenUp(Exception):
    """A body that was too much for the process that reads it; the message says in what way."""


class _Child:
    """One process, started when it is needed and killed when it does not answer."""

    def __init__(self, limits: ParserLimits) -> None:
        self._limits = limits
        self._process: asyncio.subprocess.Process | None = None
        self._pages = 0

    async def read(self, kind: type[T], body: bytes, request: Mapping[str, str]) -> T:
        """One body's facts; the process is gone afterwards unless it answered well. GivenUp says why there are none."""
        process = self._process or await self._start()
        answered = False
        try:
            async with asyncio.timeout(self._limits.seconds):
                facts = codec.loads(kind, await _ask(process, body, request))
            answered = True
        except TimeoutError:
            raise GivenUp(f"the parser took longer than {self._limits.seconds:g} s") from None
        except (EOFError, OSError):
            raise GivenUp(f"the parser died ({await _last_words(process)})") from None
        except ValueError as error:
            raise GivenUp(f"the parser's answer is no page: {error}"[:200]) from None
        finally:
            # Also where the caller was cancelled: a process in the middle of a page would answer the next one with it.
            self._pages += 1
            if not answered or self._pages >= self._limits.pages:
                await self.stop()
        return facts

    async def stop(self) -> None:
        """Kill the process, if there is one, and wait until it is gone."""
        process, self._process = self._process, None
        if process is not None:
            await _kill(process)

    async def _start(self) -> asyncio.subprocess.Process:
        """A process that said that it is ready. Its environment is its own: nothing secret is in reach of a page."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-P", "-m", "service.adapters.parser_child"),
            *(str(self._limits.memory), str(max(1, math.ceil(self._limits.seconds)))),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={"PYTHONPATH": _PATH},
            cwd="/",
            start_new_session=True,  # a Ctrl-C is for the service, which then stops it
        )
        try:
            async with asyncio.timeout(_START_SECONDS):
                await _frame(process)
        except (TimeoutError, EOFError) as error:
            await _kill(process)
            raise RuntimeError("the process that reads pages does not start; see standard error") from error
        except BaseException:
            await _kill(process)
            raise
        self._process, self._pages = process, 0
        return process


async def _ask(process: asyncio.subprocess.Process, body: bytes, request: Mapping[str, str]) -> str:
    head = json.dumps({**request, "length": len(body)}).encode("ascii")
    pipe = _pipe(process.stdin)
    pipe.write(LENGTH.pack(len(head)) + head)
    pipe.write(body)
    await pipe.drain()
    return (await _frame(process)).decode("ascii")


async def _frame(process: asyncio.subprocess.Process) -> bytes:
    """One frame from the child. It reads hostile bytes, so what it says is bounded and checked like any outsider's."""
    pipe = _pipe(process.stdout)
    length = LENGTH.unpack(await pipe.readexactly(LENGTH.size))[0]
    if length > MOST_ANSWER:
        raise ValueError(f"{length} bytes")
    return await pipe.readexactly(length)


async def _last_words(process: asyncio.subprocess.Process) -> str:
    """How a process ended whose pipe is closed."""
    try:
        async with asyncio.timeout(1.0):
            status = await process.wait()
    except TimeoutError:
        return "it closed its pipe"
    return signal.Signals(-status).name if status < 0 else f"exit status {status}"


async def _kill(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    _pipe(process.stdin).close()
    # Reads to the end as well, so that both pipes are closed when it returns.
    await process.communicate()


def _pipe(pipe: T | None) -> T:
    if pipe is None:
        raise TypeError("the process was started without a pipe")
    return pipe
