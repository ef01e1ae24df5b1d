"""How well pages are judged: clones made of real pages, and innocents, with the figures that a release must reach.

    python -m tests.bench judging --data DIR [--ablate] [--fit]
    python -m tests.bench judging --pages DIR/pages [--other DIR/pages_other]

What the folders hold and how the cases are made: ``judging_cases.py``. The same cases by what others do:
``judging_peers.py``. How weights and bounds were set: ``judging_fit.py``. All of it in words: ``docs/judging.md``.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any, TypeAlias

from service.core.model import Baseline, Outlet
from service.core.states import Verdict
from service.core.verdict.judging import explain, judge
from service.core.verdict.likeness import BaselineIndex
from service.core.verdict.policy import ScoringPolicy
from tests.bench.figures import Figures
from tests.bench.judging_cases import Capture, Case, age_of, baseline_of, look_of, outcome, read_cases, site_of
from tests.bench.judging_fit import fit
from tests.bench.judging_peers import peers

Counts: TypeAlias = dict[str, Counter[str]]


def main() -> int:
    """Run everything and print the tables; 1 where a figure is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--data", type=Path, metavar="DIR")
    where.add_argument("--pages", type=Path, metavar="DIR")
    parser.add_argument("--other", type=Path, metavar="DIR", help="default: pages_other beside the pages")
    parser.add_argument("--show", default="", help="explain wrong cases whose kind begins so")
    parser.add_argument("--ablate", action="store_true", help="what each kind of evidence adds, by leaving it out")
    parser.add_argument("--fit", action="store_true", help="fit weights and bounds, each publisher left out once")
    options = parser.parse_args()
    cases, policy = read_cases(options.pages or options.data / "pages", options.other), ScoringPolicy()
    found = table("clones", cases.clones, policy, Verdict.IMPERSONATION, options.show)
    innocent = table("innocents", cases.innocents, policy, Verdict.UNKNOWN, options.show)
    peers(cases, policy)
    if options.ablate:
        ablation(cases.clones, [case for case in cases.innocents if case.young], policy)
    if options.fit:
        fit(cases, policy)
    figures = Figures()
    slowest = speed(cases.captures, cases.outlets, policy)
    figures.at_most("slowest judgement of one page against 200 outlets", slowest, 20, "ms")
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
            for case in without(cases, emptied):
                kind = "innocent" if good is Verdict.UNKNOWN else case.kind.split(":")[0]
                verdicts[kind].append(outcome(case, policy, good)[0])
        named, alone, innocent = verdicts["named"], verdicts["unrelated"], verdicts["innocent"]
        confirmed = sum(v is Verdict.IMPERSONATION for v in named) / len(named)
        flagged, false = sum(v.flagged for v in named) / len(named), sum(v.flagged for v in innocent) / len(innocent)
        found = sum(v.flagged for v in alone) / len(alone)
        print(f"{name:14} {confirmed:18.1%} {flagged:9.1%} {found:11.1%} {false:18.2%}")


def without(cases: Sequence[Case], emptied: dict[str, Any]) -> Iterator[Case]:
    """The cases with facts of their pages emptied; cases of one page share what is left of it."""
    for _, group in groupby(cases, key=lambda case: id(case.page)):
        first, *more = group
        page = replace(first.page, **emptied)
        yield from (replace(case, page=page) for case in (first, *more))


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
