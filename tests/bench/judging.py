"""How well pages are judged: clones made of real pages, and innocents, with the figures that a release must reach.

    python -m tests.bench judging --data DIR [--ablate]
    python -m tests.bench judging --pages DIR/pages [--other DIR/pages_other]

``DIR/pages`` holds ``index.csv`` (file, publisher, country, captured, url, bytes) and gzipped pages of outlets, several
dates of many; ``DIR/pages_other`` gzipped pages of other sites. Neither is part of the project. Every page of an outlet
is left out once and made a clone: the text of its paragraphs replaced; its links kept, rewritten to the clone's host,
or all addresses rewritten (metadata too); with or without a fifth of its markup dropped. It is judged against baselines
from the other dates (an outlet with one page is its own baseline, counted apart).
"""

from __future__ import annotations

import argparse
import csv
import gzip
import random
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

from service.adapters.extract import extract
from service.core.facts.age import Age, AgeSource
from service.core.facts.charset import decode
from service.core.facts.dns import DnsAnswers, DnsFacts, DnsStatus
from service.core.facts.page import FetchedPage, FetchOutcome, Hop, HopKind, PageFacts
from service.core.model import Availability, Baseline, Judgement, Look, Lookalike, Outlet, Site, Technique, Verdict
from service.core.names import name as names
from service.core.verdict.judging import explain, judge
from service.core.verdict.likeness import BaselineIndex
from service.core.verdict.lists import within
from service.core.verdict.policy import ScoringPolicy
from tests.bench.figures import Figures

Counts: TypeAlias = dict[str, Counter[str]]

NOW = datetime(2026, 9, 1, tzinfo=UTC)
CLONE = "clone-host.example"
WORDS = ["der", "neue", "bericht", "zeigt", "dass", "die", "lage", "sich", "in", "wochen", "kaum", "verändert", "hat"]


@dataclass(frozen=True, slots=True)
class Capture:
    """One stored page of an outlet."""

    publisher: str
    url: str
    taken_at: datetime
    source: str


@dataclass(frozen=True, slots=True)
class Case:
    """A page to be judged under a name, and what is right."""

    kind: str
    page: PageFacts
    target: str | None
    index: BaselineIndex
    outlets: Sequence[Outlet]
    about: str = ""
    young: bool = True


def main() -> int:
    """Run everything and print the tables; 1 where a figure is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--data", type=Path, metavar="DIR")
    where.add_argument("--pages", type=Path, metavar="DIR")
    parser.add_argument("--other", type=Path, metavar="DIR", help="default: pages_other beside the pages")
    parser.add_argument("--show", default="", help="explain wrong cases whose kind begins so")
    parser.add_argument("--ablate", action="store_true", help="what each kind of evidence adds, by leaving it out")
    options = parser.parse_args()
    pages = options.pages or options.data / "pages"
    captures = read_captures(pages)
    others = read_others(options.other or pages.with_name("pages_other"))
    outlets = outlets_of(captures)
    others = [(file, page) for file, page in others if not own_page(page, outlets.values())]
    policy = ScoringPolicy()
    copies, strangers = list(clones(captures, outlets)), list(innocents(captures, outlets, others))
    found = table("clones", copies, policy, Verdict.IMPERSONATION, options.show)
    innocent = table("innocents", strangers, policy, Verdict.UNKNOWN, options.show)
    if options.ablate:
        ablation(copies, strangers, policy)
    figures = Figures()
    figures.at_most("slowest judgement of one page against 200 outlets", speed(captures, outlets, policy), 20, "ms")
    judge_counts(found, innocent, figures)
    return figures.exit_code


def judge_counts(found: Counts, innocent: Counts, figures: Figures) -> None:
    """Hold the shares against what they must be; clones whose every address was rewritten are shown only."""
    named, alone = found["ALL named"], found["ALL unrelated"]
    figures.at_least("clones judged impersonation", share(named, Verdict.IMPERSONATION), 0.97)
    figures.at_most("clones judged unknown", share(named, Verdict.UNKNOWN), 0.0)
    figures.at_least("clones under unrelated names found by content", 1 - share(alone, Verdict.UNKNOWN), 0.95)
    figures.at_most("outlets accused beside the right one", alone["false"], 0)
    for kind in ("ALL named", "ALL unrelated"):
        figures.at_most(f"innocents judged impersonation, {kind[4:]}", innocent[kind][Verdict.IMPERSONATION.value], 0)
        figures.at_most(f"innocents judged suspected, {kind[4:]}", share(innocent[kind], Verdict.SUSPECTED), 0.02)


def share(seen: Counter[str], verdict: Verdict) -> float:
    """The part of the cases with this verdict."""
    return seen[verdict.value] / sum(n for kind, n in seen.items() if kind != "false")


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


def read_others(folder: Path) -> list[tuple[str, PageFacts]]:
    """Other sites' pages, by file name."""
    return [(path.name, extract(read_page(path), "https://other.example/")) for path in sorted(folder.glob("*.gz"))]


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


# --- cases ----------------------------------------------------------------------------------------------------------


def clones(captures: Sequence[Capture], outlets: dict[str, Outlet]) -> Iterator[Case]:
    """Every page left out once and made a clone, under an exact label and under an unrelated name."""
    baselines = {capture: baseline_of(capture) for capture in captures}
    listed = list(outlets.values())
    for capture in captures:
        same = [other for other in captures if other.publisher == capture.publisher]
        single = len(same) == 1
        kept = [b for c, b in baselines.items() if single or c is not capture]
        index = BaselineIndex.build(listed, kept)
        older = not single and capture is same[0]
        age = "own page" if single else "older layout" if older else "newer page"
        for links in ("kept", "rewritten", "all rewritten"):
            for dropped in (False, True):
                source = make_clone(capture, links=links, drop=dropped)
                page = extract(source, f"https://{CLONE}{urlsplit(capture.url).path}")
                kind = f"{age}, links {links}{', a fifth dropped' if dropped else ''}"
                about = f"{capture.publisher} {capture.taken_at:%Y-%m-%d}"
                yield Case("named: " + kind, page, capture.publisher, index, listed, about)
                yield Case("unrelated: " + kind, page, None, index, listed, capture.publisher)


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


def innocents(
    captures: Sequence[Capture], outlets: dict[str, Outlet], others: Sequence[tuple[str, PageFacts]]
) -> Iterator[Case]:
    """Other outlets' pages (whose publisher nobody watches) and other sites' pages, under watched outlets' names."""
    chance = random.Random(7)  # noqa: S311 - the same sample every time, no secret
    baselines = {capture: baseline_of(capture) for capture in captures}
    for capture in captures:
        listed = [outlet for outlet in outlets.values() if outlet.id != capture.publisher]
        index = BaselineIndex.build(listed, [b for c, b in baselines.items() if c.publisher != capture.publisher])
        page = baselines[capture].page
        targets = chance.sample(listed, 12) + [
            o for o in listed if {o.id, capture.publisher} <= {"WAZ", "HamburgerAbendblatt"}
        ]
        for young in (False, True):
            for outlet in targets:
                age = "young" if young else "old"
                yield Case(
                    f"named: other outlet, {age}",
                    page,
                    outlet.id,
                    index,
                    listed,
                    f"{capture.publisher} as {outlet.id}",
                    young=young,
                )
        yield Case("unrelated: other outlet", page, None, index, listed, capture.publisher)
    listed = list(outlets.values())
    index = BaselineIndex.build(listed, list(baselines.values()))
    for file, page in others:
        for young in (False, True):
            for outlet in chance.sample(listed, 12):
                age = "young" if young else "old"
                yield Case(
                    f"named: other site, {age}", page, outlet.id, index, listed, f"{file} as {outlet.id}", young=young
                )
        yield Case("unrelated: other site", page, None, index, listed, file)


# --- judging --------------------------------------------------------------------------------------------------------


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


def table(title: str, cases: Sequence[Case], policy: ScoringPolicy, good: Verdict, show: str) -> Counts:
    """Print and return how each kind of case was judged, and all of them whose metadata was left alone together."""
    counts: Counts = defaultdict(Counter)
    for case in cases:
        verdict, false, found = outcome(case, policy, good)
        whole = f"ALL {case.kind.split(':')[0]}" + (", all rewritten" if "all rewritten" in case.kind else "")
        for kind in (case.kind, whole):
            counts[kind][verdict.value] += 1
            counts[kind]["false"] += false
        if show and case.kind.startswith(show) and verdict is not good:
            print("\n", case.kind, case.about, *(line for j in found for line in explain(j)), sep="\n   ")
    print(f"\n{title:60} {'cases':>6} {'imperson.':>9} {'suspected':>9} {'unknown':>8} {'false':>6}")
    for kind, seen in sorted(counts.items()):
        total = sum(n for k, n in seen.items() if k != "false")
        shares = [f"{share(seen, v):8.1%}" for v in (Verdict.IMPERSONATION, Verdict.SUSPECTED, Verdict.UNKNOWN)]
        print(f"{kind:60} {total:6} {shares[0]:>9} {shares[1]:>9} {shares[2]:>8} {seen['false']:6}")
    return counts


def outcome(case: Case, policy: ScoringPolicy, good: Verdict) -> tuple[Verdict, bool, list[Judgement]]:
    """The gravest verdict that the case is about, whether another outlet was accused, and the judgements."""
    found = judged(case, policy)
    right, false = found, False
    if case.target is not None:
        right = [j for j in found if j.outlet == case.target]
    elif good is Verdict.IMPERSONATION:
        right = [j for j in found if j.outlet == case.about]
        false = len(right) < len(found)
    return max((j.verdict for j in right), key=list(Verdict).index, default=Verdict.UNKNOWN), false, right


LEFT_OUT: dict[str, dict[str, Any]] = {
    "nothing": {},
    "structure": {"shingles": frozenset()},
    "classes": {"classes": frozenset()},
    "asset_paths": {"asset_paths": frozenset()},
    "asset_hosts": {"assets": {}},
    "links": {"links": {}},
    "canonical": {"canonical": "", "og_url": ""},
    "brand": {"title": "", "og_site_name": "", "headings": (), "names": (), "structured": {}},
    "identifiers": {"identifiers": frozenset(), "accounts": frozenset()},
    "favicon": {"favicon_url": ""},
    "text": {"text_shingles": frozenset()},
    "language": {"language": ""},
}
"""What is emptied in the page's facts so that a kind of evidence is missing."""


def ablation(copies: Sequence[Case], strangers: Sequence[Case], policy: ScoringPolicy) -> None:
    """Print, for each kind of evidence, how the same cases are judged without it."""
    print(f"\n{'left out':14} {'clones: imperson.':>18} {'flagged':>9} {'by content':>11} {'innocents flagged':>18}")
    for name, emptied in LEFT_OUT.items():
        verdicts: dict[str, list[Verdict]] = defaultdict(list)
        for good, cases in ((Verdict.IMPERSONATION, copies), (Verdict.UNKNOWN, strangers)):
            for case in cases:
                bare = replace(case, page=replace(case.page, **emptied))
                kind = "innocent" if good is Verdict.UNKNOWN else case.kind.split(":")[0]
                verdicts[kind].append(outcome(bare, policy, good)[0])
        named, alone, innocent = verdicts["named"], verdicts["unrelated"], verdicts["innocent"]
        confirmed = sum(v is Verdict.IMPERSONATION for v in named) / len(named)
        flagged, false = sum(v.flagged for v in named) / len(named), sum(v.flagged for v in innocent) / len(innocent)
        found = sum(v.flagged for v in alone) / len(alone)
        print(f"{name:14} {confirmed:18.1%} {flagged:9.1%} {found:11.1%} {false:18.2%}")


def speed(captures: Sequence[Capture], outlets: dict[str, Outlet], policy: ScoringPolicy) -> float:
    """Judge one page against two hundred outlets with ten baselines each, made from the pages by renaming features.

    Returns the milliseconds of the slowest judgement, in processor time: a busy machine is no fault of the judge's.
    """
    listed, baselines = [], []
    pages = [baseline_of(capture) for capture in captures]
    for number in range(200):
        pattern = pages[number % len(pages)]
        outlet = replace(outlets[pattern.outlet], id=f"outlet{number}", domain=f"outlet{number}.example")
        listed.append(outlet)
        baselines += [vary(pattern, outlet.id, number, version) for version in range(10)]
    before = time.perf_counter()
    index = BaselineIndex.build(listed, baselines)
    print(f"\nindex of {len(baselines)} baselines built in {time.perf_counter() - before:.2f} s")
    times = []
    for baseline in baselines[::40]:
        case = Case("", baseline.page, baseline.outlet, index, listed)
        site, look = site_of(case), look_of(case.page)
        before = time.process_time()
        judge(site=site, look=look, outlets=listed, index=index, policy=policy, age=age_of(case))
        times.append(1000 * (time.process_time() - before))
    times.sort()
    print(f"judged against 200 outlets: median {times[len(times) // 2]:.1f} ms, slowest {times[-1]:.1f} ms\n")
    return times[-1]


def vary(pattern: Baseline, outlet: str, number: int, version: int) -> Baseline:
    """The same page with nine tenths of its features its outlet's own, a tenth of them its version's own."""

    def mixed(value: int) -> int:
        if value % 10 == 0:
            return value
        salt = number * 7919 + (version if value % 10 == 1 else 0)
        return (value ^ (salt * 0x9E3779B97F4A7C15)) % 2**64

    page = replace(
        pattern.page,
        shingles=frozenset(map(mixed, pattern.page.shingles)),
        text_shingles=frozenset(map(mixed, pattern.page.text_shingles)),
        classes=frozenset(f"{name}-{number}" for name in pattern.page.classes),
    )
    return replace(pattern, outlet=outlet, page=page)


if __name__ == "__main__":
    sys.exit(main())
