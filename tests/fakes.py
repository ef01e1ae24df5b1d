"""Fakes of the ports: classes with state that fail loudly on what a test did not prepare."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from service.core.alerts.deliveries import Attempt, Delivery
from service.core.evidence.items import EvidenceKind, Kept, StoredFile, digest
from service.core.facts.dns import DnsFacts, ProbeReport, VantageHealth
from service.core.facts.listings import Listing
from service.core.facts.page import FetchedPage, FetchOutcome, Hop, HopKind, PageFacts
from service.core.facts.picture import Icon
from service.core.facts.registration import Registration
from service.core.model import Profile


class FakeClock:
    """Time moves only when a test moves it."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def real_now(self) -> datetime:
        return self._now

    async def sleep(self, seconds: float) -> None:
        self.advance(timedelta(seconds=seconds))
        await asyncio.sleep(0)

    def advance(self, by: timedelta) -> None:
        self._now += by


class FakeProber:
    """Knows which names exist and which stay unanswered. ``believed`` False: its controls fail from now on."""

    def __init__(self, existing: Sequence[str] = ()) -> None:
        self.existing = set(existing)
        self.silent: set[str] = set()
        self.believed = True
        self.asked: list[str] = []

    async def probe(self, names: Sequence[str], heard: Callable[[int], None] | None = None) -> ProbeReport:
        self.asked += names
        if heard is not None:
            heard(len(names) // 2)
        found = tuple(name for name in names if name in self.existing) if self.believed else ()
        silent = tuple(name for name in names if name in self.silent or not self.believed)
        return ProbeReport(
            asked=len(names),
            existing=found,
            absent=len(names) - len(found) - len(silent),
            unanswered=silent,
            queries=len(names),
            vantage_failed=not self.believed,
            detail="" if self.believed else "denies a control name that exists",
        )

    async def close(self) -> None:
        """Nothing to stop."""


class FakeResolver:
    """Answers for the hosts it was given; any other host is a mistake of the test."""

    def __init__(self, answers: Mapping[str, DnsFacts]) -> None:
        self.answers = dict(answers)

    async def facts(self, host: str, domain: str) -> DnsFacts:
        if host not in self.answers:
            raise AssertionError(f"nobody prepared DNS for {host} ({domain})")
        return self.answers[host]

    async def addresses(self, host: str) -> tuple[str, ...]:
        return (await self.facts(host, host)).own.addresses

    async def health(self) -> tuple[VantageHealth, ...]:
        return (VantageHealth(vantage="system", upstream="fake", ok=True),)


class FakeRegistry:
    """Answers for the domains it was given, and counts the questions."""

    def __init__(self, answers: Mapping[str, Registration]) -> None:
        self.answers = dict(answers)
        self.asked: list[str] = []
        self.pressing: list[str] = []

    async def lookup(self, domain: str, now: datetime, *, pressing: bool = False) -> Registration:
        if pressing:
            self.pressing.append(domain)
        if domain not in self.answers:
            raise AssertionError(f"nobody prepared a registration of {domain} as of {now}")
        self.asked.append(domain)
        return self.answers[domain]


class FakeFetcher:
    """Serves pages by URL, or by (URL, profile) where they differ; what was not prepared refuses the connection."""

    def __init__(self, pages: Mapping[str | tuple[str, str], PageFacts]) -> None:
        self.pages = dict(pages)
        self.icons: dict[str, Icon] = {}
        self.asked: list[tuple[str, str]] = []
        self.listings: dict[str, Listing] = {}
        self.listings_asked: list[str] = []

    async def fetch(self, url: str, profile: Profile, languages: Sequence[str]) -> FetchedPage:
        del languages
        self.asked.append((url, profile.name))
        page = self.pages.get((url, profile.name), self.pages.get(url))
        return fetched(url, profile.name, page)

    async def fetch_verified(self, url: str, profile: Profile, languages: Sequence[str]) -> FetchedPage:
        return await self.fetch(url, profile, languages)

    async def favicon(self, url: str, profile: Profile, languages: Sequence[str]) -> Icon | None:
        del languages
        self.asked.append((url, profile.name))
        return self.icons.get(url)

    async def listing(self, url: str, profile: Profile, languages: Sequence[str]) -> Listing:
        assert profile.name, languages
        self.listings_asked.append(url)
        return self.listings.get(url, Listing())


def fetched(url: str, profile: str, page: PageFacts | None) -> FetchedPage:
    """A whole answer with this page, or a refused connection without one."""
    if page is None:
        hop = Hop(url=url, kind=HopKind.START)
        return FetchedPage(
            target=url, profile=profile, outcome=FetchOutcome.UNREACHABLE, hops=(hop,), final_url=url, detail="refused"
        )
    hop = Hop(url=url, kind=HopKind.START, status=200, address="192.0.2.1")
    return FetchedPage(
        target=url,
        profile=profile,
        outcome=FetchOutcome.OK,
        hops=(hop,),
        final_url=url,
        status=200,
        content_type="text/html",
        bytes=1000,
        body_sha256="0" * 64,
        page=page,
    )


class FakeEvidence:
    """Files in memory. ``full``: the disk takes nothing. ``at`` is the time that new files carry."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self.full = False
        self.free_bytes = 2**40
        self.files: dict[str, tuple[bytes, datetime]] = {}

    async def keep(self, kind: EvidenceKind, make: Callable[[], bytes]) -> Kept:
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        content = make()
        kept = Kept(kind=kind, sha256=digest(content), bytes=len(content))
        self.files[kept.name] = content, self.at
        return kept

    async def read(self, kept: Kept) -> bytes | None:
        return self.files[kept.name][0] if kept.name in self.files else None

    async def inventory(self) -> tuple[StoredFile, ...]:
        return tuple(
            StoredFile(name=name, bytes=len(content), changed_at=at)
            for name, (content, at) in sorted(self.files.items())
        )

    async def remove(self, names: Iterable[str]) -> None:
        for name in names:
            self.files.pop(name, None)

    async def free(self) -> int:
        return self.free_bytes


class RecordingSink:
    """Takes deliveries as ``answer`` says and remembers them in order."""

    def __init__(self, answer: Callable[[Delivery], Attempt] | None = None) -> None:
        self.sent: list[Delivery] = []
        self._answer = answer or (lambda _: Attempt(ok=True, status=204, detail=""))

    async def send(self, delivery: Delivery, at: datetime) -> Attempt:
        assert at.tzinfo is not None
        self.sent.append(delivery)
        return self._answer(delivery)
