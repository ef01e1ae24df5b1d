"""Pieces of evidence: what they are, how they are named, and when a look has shown something worth keeping anew."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import blake2b, sha256

from service.core.facts.page import FetchedPage

PREFIX = "evd_"
_ID = re.compile(PREFIX + r"([0-9a-f]{64})\Z")
_DIGITS = re.compile(r"\d+")


class EvidenceKind(StrEnum):
    """What a file holds: everything that one look fetched, one picture of a page, or a day's manifest."""

    WARC = "warc"
    SCREENSHOT = "screenshot"
    MANIFEST = "manifest"

    @property
    def ending(self) -> str:
        """How files of this kind end."""
        return _ENDINGS[self.value]

    @property
    def media_type(self) -> str:
        """What they are sent as."""
        return _MEDIA_TYPES[self.value]


_ENDINGS = {"warc": ".warc.gz", "screenshot": ".png", "manifest": ".manifest.ndjson"}
_MEDIA_TYPES = {"warc": "application/warc", "screenshot": "image/png", "manifest": "application/x-ndjson"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """A file that is on disk for good: named by the SHA-256 of its content, ``bytes`` long."""

    kind: EvidenceKind
    sha256: str
    bytes: int

    @property
    def name(self) -> str:
        """The file's name."""
        return self.sha256 + self.kind.ending


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredFile:
    """A file that lies in the store, whatever it is. ``changed_at`` is the file system's time."""

    name: str
    bytes: int
    changed_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Recording:
    """Everything that one look fetched, on its way into a WARC. ``vantage``: where it was fetched from."""

    host: str
    at: datetime
    pages: tuple[FetchedPage, ...]
    software: str
    vantage: str = "direct"


@dataclass(frozen=True, kw_only=True, slots=True)
class EvidenceItem:
    """One piece of evidence about one host.

    ``outlets`` are those whose flag rests on it, empty where nothing was flagged. ``url`` and ``profile`` say what was
    asked for and how (the first of several in a WARC). ``marks`` tell what the site showed, for telling whether a later
    look shows something else. ``dhash`` is a screenshot's. ``added_at`` is given by the store; ``removed_at`` and
    ``removed_why`` say that the file was let go by retention, while the row stays.
    """

    kept: Kept
    host: str
    taken_at: datetime
    url: str
    profile: str
    outlets: tuple[str, ...] = ()
    marks: Mapping[str, str] = field(default_factory=dict)
    dhash: str = ""
    added_at: datetime | None = None
    removed_at: datetime | None = None
    removed_why: str = ""

    @property
    def id(self) -> str:
        """The public id: it names the content."""
        return PREFIX + self.kept.sha256


@dataclass(frozen=True, kw_only=True, slots=True)
class EvidenceQuery:
    """Which items are asked for; what is None does not matter. ``..._from`` is included, ``..._before`` is not.

    ``live``: the file has not been let go. ``limit`` counts from the newest.
    """

    host: str | None = None
    sha256: str | None = None
    kind: EvidenceKind | None = None
    added_from: datetime | None = None
    added_before: datetime | None = None
    let_go_from: datetime | None = None
    let_go_before: datetime | None = None
    live: bool | None = None
    limit: int | None = None


def digest_of(public_id: str) -> str | None:
    """The SHA-256 in a public id (``evd_`` and 64 digits); None for what cannot be one."""
    found = _ID.match(public_id)
    return found[1] if found else None


def digest(content: bytes) -> str:
    """The name of a content."""
    return sha256(content).hexdigest()


def marks(pages: Iterable[FetchedPage]) -> dict[str, str]:
    """What each target showed under each profile, as short digests by short digests.

    Equal marks mean that nothing changed which evidence would have to show. Left out is what differs on every request
    without meaning anything: numbers (clocks, counters, tokens) in texts, and everything that is not text, title,
    outcome, destination or tracker.
    """
    return {_short(page.target, page.profile): _shown(page) for page in pages}


def changed(pages: Iterable[FetchedPage], before: Iterable[EvidenceItem]) -> bool:
    """Whether these pages show anything that the evidence ``before`` does not, newest item first.

    Looks take turns in what they ask for, so each target is compared with what it showed last. One that was never asked
    for under this profile is no news where it shows what another showed; content that comes back is.
    """
    latest: dict[str, str] = {}
    for item in before:
        latest = {**item.marks, **latest}
    known = set(latest.values())
    return any(shown != latest[key] if key in latest else shown not in known for key, shown in marks(pages).items())


def _shown(page: FetchedPage) -> str:
    facts: list[str] = [page.outcome.value, str(page.status), page.final_url]
    if page.page is not None:
        facts.append(_DIGITS.sub("#", " ".join((page.page.title, *page.page.headings, page.page.text))))
        facts.append(" ".join(sorted(page.page.identifiers)))
    return _short(*facts)


def _short(*parts: str) -> str:
    return blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
