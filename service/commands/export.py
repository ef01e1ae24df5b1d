"""``spoofwatch export``: what is flagged, into a file or to standard output."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from service.app import App
from service.bootstrap import open_app
from service.core.errors import InvalidInput, NotFound
from service.pipeline.export import Chosen
from service.settings import Settings

FEED = "misp-feed"


def run(settings: Settings, name: str, out: Path | None, chosen: Chosen) -> int:
    """Write one format; ``misp-feed`` is a folder of files. A file is replaced only when the new one is whole."""

    async def write() -> None:
        async with open_app(settings) as app:
            await _check_outlets(app, chosen)
            if name == FEED:
                await _feed(app, out)
            else:
                with _placed(out) as file:
                    await app.exporter.write(name, chosen, file)

    asyncio.run(write())
    return 0


async def _check_outlets(app: App, chosen: Chosen) -> None:
    known = {outlet.id for outlet in await app.store.read(lambda uow: uow.outlets.all())}
    past = set(await app.store.read(lambda uow: uow.exports.outlets()))
    unknown = sorted({*(chosen.outlets or ())} - known - past)
    if unknown:
        raise NotFound(f"there is no outlet {', '.join(unknown)}; `spoofwatch outlets list` shows who is watched")


async def _feed(app: App, out: Path | None) -> None:
    if out is None:
        raise InvalidInput("a MISP feed is a folder of files: name it with --out DIR")
    _made(out)
    # The manifest last: who reads meanwhile never finds an event named that is not there yet.
    for name in (*await app.exporter.feed_files(), "hashes.csv", "manifest.json"):
        with _placed(out / name) as file:
            await app.exporter.write_feed_file(name, file)


def _made(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidInput(f"{folder} cannot be made: {error.strerror}") from None


@contextmanager
def _placed(out: Path | None) -> Iterator[BinaryIO]:
    """A file to write to, which takes the place of ``out`` when it is whole; standard output's where that is None."""
    try:
        if out is None:
            with tempfile.TemporaryFile() as file:
                yield file
                file.seek(0)
                shutil.copyfileobj(file, sys.stdout.buffer)
                sys.stdout.buffer.flush()
            return
        made = out.with_name(f".{out.name}.{os.getpid()}")
        try:
            with made.open("x+b") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            made.replace(out)
        finally:
            made.unlink(missing_ok=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise InvalidInput(f"{out or 'the export'} cannot be written: {error.strerror}") from None
