"""What the store of evidence promises, over files and over the fake that other tests use."""

from __future__ import annotations

import asyncio
import errno
import os
import resource
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from service.adapters.evidence import EvidenceFiles
from service.core.evidence.items import EvidenceKind, Kept, digest
from service.ports_evidence import Evidence
from tests.fakes import FakeEvidence

ABSENT = Kept(kind=EvidenceKind.WARC, sha256="0" * 64, bytes=1)


@pytest.fixture(params=["files", "fake"])
def evidence(request: pytest.FixtureRequest, tmp_path: Path) -> Evidence:
    return (
        EvidenceFiles(tmp_path / "evidence")
        if request.param == "files"
        else FakeEvidence(datetime(2022, 6, 1, tzinfo=UTC))
    )


def run(waited: Any) -> Any:
    return asyncio.run(waited)


def test_what_is_kept_is_named_by_its_content_and_reads_back(evidence: Evidence) -> None:
    kept = run(evidence.keep(EvidenceKind.WARC, lambda: b"content"))
    assert (kept.sha256, kept.bytes, kept.name) == (digest(b"content"), 7, digest(b"content") + ".warc.gz")
    assert run(evidence.read(kept)) == b"content"
    assert [(file.name, file.bytes) for file in run(evidence.inventory())] == [(kept.name, 7)]


def test_the_same_content_twice_is_one_file(evidence: Evidence) -> None:
    first, second = (run(evidence.keep(EvidenceKind.SCREENSHOT, lambda: b"png")) for _ in range(2))
    assert first == second
    assert len(run(evidence.inventory())) == 1


def test_what_is_not_there_reads_as_none_and_is_removed_without_a_word(evidence: Evidence) -> None:
    assert run(evidence.inventory()) == ()
    assert run(evidence.read(ABSENT)) is None
    run(evidence.remove([ABSENT.name]))


def test_removed_files_are_gone(evidence: Evidence) -> None:
    kept = run(evidence.keep(EvidenceKind.MANIFEST, lambda: b"{}"))
    run(evidence.remove([kept.name]))
    assert run(evidence.read(kept)) is None
    assert run(evidence.inventory()) == ()


def test_there_is_room_before_anything_is_kept(evidence: Evidence) -> None:
    assert run(evidence.free()) > 0


# --- files alone ----------------------------------------------------------------------------------------------------


def test_files_and_folders_are_for_their_owner_alone(tmp_path: Path) -> None:
    kept = run(EvidenceFiles(tmp_path / "e").keep(EvidenceKind.WARC, lambda: b"x"))
    path = tmp_path / "e" / kept.sha256[:2] / kept.name
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_keeping_again_makes_the_file_young_again(tmp_path: Path) -> None:
    """So that tidying up does not take it from under a row that is about to be committed."""
    files = EvidenceFiles(tmp_path)
    kept = run(files.keep(EvidenceKind.WARC, lambda: b"x"))
    os.utime(tmp_path / kept.sha256[:2] / kept.name, (0, 0))
    run(files.keep(EvidenceKind.WARC, lambda: b"x"))
    assert run(files.inventory())[0].changed_at > datetime(2020, 1, 1, tzinfo=UTC)


def test_a_disk_that_takes_half_a_file_leaves_nothing_behind(tmp_path: Path) -> None:
    """A limit on file size stands for the full disk: the write breaks off in the middle (EFBIG)."""
    files = EvidenceFiles(tmp_path)
    with limited(100_000), pytest.raises(OSError) as caught:  # noqa: PT011 - the number is checked below
        run(files.keep(EvidenceKind.WARC, lambda: bytes(1_000_000)))
    assert caught.value.errno == errno.EFBIG
    assert run(files.inventory()) == ()


@contextmanager
def limited(most: int) -> Iterator[None]:
    """Files can grow to ``most`` bytes. Python ignores the signal, so that the write fails instead."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
