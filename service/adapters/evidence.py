"""Evidence as files, named by the SHA-256 of what they hold (``ports.Evidence``).

    folder/3f/3f9a...e1.warc.gz        mode 0600, folders 0700

A file appears under its name only whole: it is written beside it, synced, renamed, and its folder synced. So a name
that a row may refer to is there for good, and what a kill leaves behind is either nothing or a file whose name begins
with a dot. Nothing here knows which files are still needed; ``pipeline/evidence.py`` does.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from service.core.evidence.items import EvidenceKind, Kept, StoredFile, digest

_FILE, _FOLDER = 0o600, 0o700
_UNFINISHED = ".new-"


class EvidenceFiles:
    """Files below ``folder``, which is made with the first of them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def keep(self, kind: EvidenceKind, make: Callable[[], bytes]) -> Kept:
        """Write what ``make`` gives, which is called off the event loop; on disk for good on return.

        OSError where the disk does not take it; then nothing is left under its name.
        """
        return await asyncio.to_thread(self._keep, kind, make)

    async def read(self, kept: Kept) -> bytes | None:
        """What the file holds, whole or altered; None where it is not there."""
        return await asyncio.to_thread(self._read, kept.name)

    async def inventory(self) -> tuple[StoredFile, ...]:
        """Every file in the store, ordered by name, unfinished ones included."""
        return await asyncio.to_thread(lambda: tuple(sorted(self._files(), key=lambda file: file.name)))

    async def remove(self, names: Iterable[str]) -> None:
        """Let files go; one that is gone already is gone."""
        await asyncio.to_thread(self._remove, tuple(names))

    async def free(self) -> int:
        """Bytes that the disk has left for us."""
        return await asyncio.to_thread(self._free)

    def _keep(self, kind: EvidenceKind, make: Callable[[], bytes]) -> Kept:
        content = make()
        kept = Kept(kind=kind, sha256=digest(content), bytes=len(content))
        path = self._path(kept.name)
        if path.exists():
            # A younger date keeps it from being tidied away before the row that names it is committed.
            os.utime(path)
            return kept
        self._make_folder(path.parent)
        unfinished = path.with_name(_UNFINISHED + path.name)
        try:
            with _opened(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC) as file:
                view = memoryview(content)
                while view:
                    view = view[os.write(file, view) :]
                os.fsync(file)
            unfinished.replace(path)
        except OSError:
            with suppress(OSError):
                unfinished.unlink()
            raise
        _sync_folder(path.parent)
        return kept

    def _make_folder(self, folder: Path) -> None:
        if not folder.is_dir():
            folder.mkdir(mode=_FOLDER, parents=True, exist_ok=True)
            _sync_folder(folder.parent)

    def _path(self, name: str) -> Path:
        return self._folder / name.removeprefix(_UNFINISHED)[:2] / name

    def _read(self, name: str) -> bytes | None:
        try:
            return self._path(name).read_bytes()
        except FileNotFoundError:
            return None

    def _files(self) -> Iterator[StoredFile]:
        for path in self._folder.glob("*/*"):
            with suppress(FileNotFoundError):
                found = path.stat()
                changed_at = datetime.fromtimestamp(found.st_mtime, UTC)
                yield StoredFile(name=path.name, bytes=found.st_size, changed_at=changed_at)

    def _remove(self, names: Iterable[str]) -> None:
        for name in names:
            self._path(name).unlink(missing_ok=True)

    def _free(self) -> int:
        there = next(folder for folder in (self._folder, *self._folder.parents) if folder.is_dir())
        found = os.statvfs(there)
        return found.f_bavail * found.f_frsize


@contextmanager
def _opened(path: Path, flags: int) -> Iterator[int]:
    file = os.open(path, flags, _FILE)
    try:
        yield file
    finally:
        os.close(file)


def _sync_folder(folder: Path) -> None:
    """A rename is on disk only once its folder is (fsync(2))."""
    with _opened(folder, os.O_RDONLY | os.O_DIRECTORY) as file:
        os.fsync(file)
