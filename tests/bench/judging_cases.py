"""The cases that judging is measured on: clones made of real pages, and innocents; and how one case is judged.

``pages`` holds ``index.csv`` (file, publisher, country, captured, url, bytes) and gzipped pages of outlets, several
dates of many; ``pages_other`` gzipped pages of other sites. Neither is part of the project. Every page of an outlet is
left out once and made a clone: the text of its paragraphs replaced; its links kept, rewritten to the clone's host, or
all addresses rewritten (metadata too); with or without a fifth of its markup dropped. It is judged against baselines
from the other dates (an outlet with one page is its own baseline, counted apart).
"""

from __future__ import annotations

import csv
import gzip
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

from service.adapters.extract import extract
from service.core.facts.age import Age, AgeSource
from service.core.facts.charset import decode
from service.core.facts.dns import DnsAnswers, DnsFacts, DnsStatus
from service.core.facts.page import FetchedPage, FetchOutcome, Hop, HopKind, PageFacts
from service.core.model import Baseline, Judgement, Look, Lookalike, Outlet, Site
from service.core.names import name as names
from service.core.states import Availability, Technique, Verdict
from service.core.verdict.judging import judge
from service.core.verdict.likeness import BaselineIndex, Comparison
from service.core.verdict.lists import within
from service.core.verdict.policy import ScoringPolicy

NOW = datetime(2026, 9, 1, tzinfo=UTC)
CLONE = "clone-host.example"
ONE_GROUP = {"WAZ", "HamburgerAbendblatt"}
"""Two papers of one house among the pages: each is judged as the other, too."""

WORDS = ["der", "neue", "bericht", "zeigt", "dass", "die", "lage", "sich", "in", "wochen", "kaum", "verändert", "hat"]


@dataclass(frozen=True, slots=True)
class Capture:
    """One stored page of an outlet."""

    publisher: str
    url: str
    taken_at: datetime
    source: str


@dataclass(frozen=True, slots=True)
class OtherPage:
    """One stored page of another site, by its file's name."""

    name: str
    source: str
    page: PageFacts


class LastCompared(BaselineIndex):
    """An index that still knows what it compared last: cases of one page follow one another."""

    _last: tuple[PageFacts, Comparison] | None = None

    def compare(self, fetched: FetchedPage, page: PageFacts) -> Comparison:
        """The page's overlap with every baseline."""
        if self._last is None or self._last[0] is not page:
            self._last = page, super().compare(fetched, page)
        return self._last[1]


@dataclass(frozen=True, slots=True)
class Case:
    """A page to be judged under a name like that of the outlet ``target``, or under an unrelated name.

    ``publisher`` is whose page it is or was copied from (another site's is its file), ``source`` its markup.
    """

    kind: str
    page: PageFacts
    target: str | None
    index: BaselineIndex
    outlets: Sequence[Outlet]
    publisher: str = ""
    source: str = ""
    young: bool = True

    @property
    def about(self) -> str:
        """The case in words."""
        return f"{self.publisher} as {self.target}" if self.target else self.publisher


@dataclass(frozen=True, slots=True)
class Cases:
    """The pages read, whose they are, and what was made of them."""

    captures: Sequence[Capture]
    outlets: dict[str, Outlet]
    clones: Sequence[Case]
    innocents: Sequence[Case]


def read_cases(pages: Path, others: Path | None) -> Cases:
    """All cases from a folder of outlets' pages and one of other sites' (default: ``pages_other`` beside it)."""
    captures = read_captures(pages)
    outlets = outlets_of(captures)
    strangers = read_others(others or pages.with_name("pages_other"))
    strangers = [other for other in strangers if not own_page(other.page, outlets.values())]
    return Cases(captures, outlets, list(clones(captures, outlets)), list(innocents(captures, outlets, strangers)))


def read_captures(folder: Path) -> list[Capture]:
    """The outlets' pages, oldest first."""
    with (folder / "index.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    hosts = {row["publisher"]: urlsplit(row["url"]).hostname for row in rows if urlsplit(row["url"]).hostname}
    found = []
    for row in rows:
        source = read_page(folder / row["file"])
        url = urljoin(f"https://{hosts.get(row['publisher'], '')}/", row["url"]) if row["publisher"] in hosts else ""
        url = url if urlsplit(row["url"]).hostname else told_url(source) or url or "https://unknown.example/"
        found.append(
            Capture(row["publisher"], url, datetime.fromisoformat(row["captured"]).replace(tzinfo=UTC), source)
        )
    return sorted(found, key=lambda capture: (capture.publisher, capture.taken_at))


def told_url(source: str) -> str:
    """What the page itself says of its address, where the list does not know it."""
    page = extract(source, "https://unknown.example/")
    return next((url for url in (page.canonical, page.og_url) if url and "unknown.example" not in url), "")


def read_others(folder: Path) -> list[OtherPage]:
    """Other sites' pages, by file name."""
    sources = {path.name: read_page(path) for path in sorted(folder.glob("*.gz"))}
    return [OtherPage(name, source, extract(source, "https://other.example/")) for name, source in sources.items()]


def read_page(path: Path) -> str:
    """One gzipped page as text."""
    return decode(gzip.decompress(path.read_bytes()), "text/html")


def outlets_of(captures: Sequence[Capture]) -> dict[str, Outlet]:
    """Outlets as an operator would add them: the name as one writes it, and every domain that they have used."""
    domains: dict[str, dict[str, None]] = defaultdict(dict)
    for capture in reversed(captures):
        host = urlsplit(capture.url).hostname or ""
        domains[capture.publisher][names.registrable(host) or host] = None
    shared = Counter(domain for own in domains.values() for domain in own)
    found = {}
    for publisher, own in domains.items():
        first, *more = sorted(own, key=lambda domain: shared[domain])
        alone = tuple(domain for domain in more if shared[domain] == 1)
        found[publisher] = Outlet(id=publisher, name=spaced(publisher), domain=first, own_domains=alone)
    return found


def spaced(publisher: str) -> str:
    """``SpiegelOnline`` as ``Spiegel Online``."""
    pairs = pairwise(publisher)
    return publisher[0] + "".join(" " + c if c.isupper() and before.islower() else c for before, c in pairs)


def own_page(page: PageFacts, outlets: Iterable[Outlet]) -> bool:
    """Whether a page among the other sites' is an outlet's own after all (there is one of taz.de)."""
    hosts = {urlsplit(url).hostname or "" for url in (page.canonical, page.og_url)}
    return any(within(host, outlet.confirmed_domains) for host in hosts for outlet in outlets)


def baseline_of(capture: Capture) -> Baseline:
    """A capture as a baseline."""
    page = extract(capture.source, capture.url)
    return Baseline(
        outlet=capture.publisher,
        url=capture.url,
        kind="article",
        taken_at=capture.taken_at,
        page=page,
        digest=capture.url,
    )


def clones(captures: Sequence[Capture], outlets: dict[str, Outlet]) -> Iterator[Case]:
    """Every page left out once and made a clone, under an exact label and under an unrelated name."""
    baselines = {capture: baseline_of(capture) for capture in captures}
    listed = list(outlets.values())
    for capture in captures:
        same = [other for other in captures if other.publisher == capture.publisher]
        single = len(same) == 1
        kept = [b for c, b in baselines.items() if single or c is not capture]
        index = LastCompared.build(listed, kept)
        older = not single and capture is same[0]
        age = "own page" if single else "older layout" if older else "newer page"
        for links in ("kept", "rewritten", "all rewritten"):
            for dropped in (False, True):
                source = make_clone(capture, links=links, drop=dropped)
                page = extract(source, f"https://{CLONE}{urlsplit(capture.url).path}")
                kind = f"{age}, links {links}{', a fifth dropped' if dropped else ''}"
                yield Case("named: " + kind, page, capture.publisher, index, listed, capture.publisher, source)
                yield Case("unrelated: " + kind, page, None, index, listed, capture.publisher, source)


def make_clone(capture: Capture, *, links: str, drop: bool) -> str:
    """The page with other paragraphs; links absolute to the outlet (kept), led to the clone, or all addresses so."""
    chance = random.Random(capture.url)  # noqa: S311 - the same clone every time, no secret
    tree = LexborHTMLParser(capture.source)
    for node in tree.css("p"):
        words = len(node.text().split())
        if words > 5:
            node.inner_html = " ".join(chance.choices(WORDS, k=words))
    own = names.registrable(urlsplit(capture.url).hostname or "") or ""
    for node in tree.css("[href], [src]"):
        for attribute in ("href", "src"):
            value = node.attributes.get(attribute)
            if value:
                node.attrs[attribute] = moved(value, capture.url, own, keep=links == "kept")
    if drop:
        drop_fifth(tree, chance)
    html = tree.html or ""
    return re.sub(rf"(?<=//)[a-z0-9.-]*\b{re.escape(own)}", CLONE, html) if links == "all rewritten" else html


def moved(value: str, base: str, own: str, *, keep: bool) -> str:
    """A reference as the clone writes it."""
    try:
        absolute = urljoin(base, value)
        host = urlsplit(absolute).hostname or ""
    except ValueError:
        return value
    if not (host == own or host.endswith("." + own)):
        return value
    return absolute if keep else absolute.replace(host, CLONE, 1)


def drop_fifth(tree: LexborHTMLParser, chance: random.Random) -> None:
    """Take subtrees out at random until a fifth of the elements is gone."""
    body = tree.body
    if body is None:
        return
    nodes = list(body.css("div, section, aside, li, a, img, figure, nav, article, footer, header"))
    goal = len(body.css("*")) // 5
    chance.shuffle(nodes)
    for node in nodes:
        size = len(node.css("*")) + 1
        if 0 < size <= max(1, goal // 4):
            goal -= size
            node.decompose()
        if goal <= 0:
            return


def innocents(captures: Sequence[Capture], outlets: dict[str, Outlet], others: Sequence[OtherPage]) -> Iterator[Case]:
    """Other outlets' pages (whose publisher nobody watches) and other sites' pages, under watched outlets' names."""
    chance = random.Random(7)  # noqa: S311 - the same sample every time, no secret
    baselines = {capture: baseline_of(capture) for capture in captures}
    for capture in captures:
        listed = [outlet for outlet in outlets.values() if outlet.id != capture.publisher]
        index = LastCompared.build(listed, [b for c, b in baselines.items() if c.publisher != capture.publisher])
        group = [o for o in listed if {o.id, capture.publisher} <= ONE_GROUP]
        targets = [outlet.id for outlet in chance.sample(listed, min(12, len(listed))) + group]
        yield from _strangers(
            "outlet", OtherPage(capture.publisher, capture.source, baselines[capture].page), targets, index, listed
        )
    listed = list(outlets.values())
    index = LastCompared.build(listed, list(baselines.values()))
    for other in others:
        targets = [outlet.id for outlet in chance.sample(listed, min(24, len(listed)))]
        yield from _strangers("site", other, targets, index, listed)


def _strangers(
    whose: str, other: OtherPage, targets: Sequence[str], index: BaselineIndex, listed: Sequence[Outlet]
) -> Iterator[Case]:
    """One innocent page under each target's name, young and old, and under an unrelated name."""
    for age in ("young", "old"):
        for target in targets:
            kind = f"named: other {whose}, {age}"
            yield Case(kind, other.page, target, index, listed, other.name, other.source, young=age == "young")
    yield Case(f"unrelated: other {whose}", other.page, None, index, listed, other.name, other.source)


def judged(case: Case, policy: ScoringPolicy) -> list[Judgement]:
    """The case as the service would judge it."""
    return list(
        judge(
            site=site_of(case),
            look=look_of(case.page),
            outlets=case.outlets,
            index=case.index,
            policy=policy,
            age=age_of(case),
        )
    )


def age_of(case: Case) -> Age:
    """Six days or six years."""
    since = NOW - timedelta(days=6 if case.young else 2200)
    return Age(not_before=since, not_after=since, source=AgeSource.REGISTRATION, reason="made up for the bench")


def site_of(case: Case) -> Site:
    """A site under a name like the target's, or under an unrelated one."""
    lookalikes: tuple[Lookalike, ...] = ()
    if case.target is not None:
        lookalikes = (
            Lookalike(outlet=case.target, technique=Technique.TLD_SWAP, name_score=0.95, distance=0, discovered_at=NOW),
        )
    return Site(host=CLONE, domain=CLONE, source="bench", admitted_at=NOW, due_at=NOW, lookalikes=lookalikes)


def look_of(page: PageFacts) -> Look:
    """One look that saw this page."""
    answers = DnsAnswers(vantage="system", status=DnsStatus.ANSWERED, addresses=("198.51.100.7",))
    url = f"https://{CLONE}/artikel"
    fetched = FetchedPage(
        target=url,
        profile="desktop",
        outcome=FetchOutcome.OK,
        hops=(Hop(url=url, kind=HopKind.START, status=200),),
        final_url=url,
        status=200,
        page=page,
    )
    live = Availability.LIVE
    return Look(
        at=NOW,
        dns=DnsFacts(host=CLONE, answers=(answers,)),
        registration=None,
        pages=(fetched,),
        availability={"system": live, "desktop": live},
        consensus=live,
        consensus_reason="content",
    )


def outcome(case: Case, policy: ScoringPolicy, good: Verdict) -> tuple[Verdict, bool, list[Judgement]]:
    """The gravest verdict that the case is about, whether another outlet was accused, and the judgements."""
    found = judged(case, policy)
    right, false = found, False
    if case.target is not None:
        right = [j for j in found if j.outlet == case.target]
    elif good is Verdict.IMPERSONATION:
        right = [j for j in found if j.outlet == case.publisher]
        false = len(right) < len(found)
    return max((j.verdict for j in right), key=list(Verdict).index, default=Verdict.UNKNOWN), false, right
