"""How well names are generated and matched: recall on real spoofs beside peers, noise on real registrations.

    python -m tests.bench names-recall --data DIR [--dictionaries DIR]
    python -m tests.bench names-precision --data DIR

``name_data.py`` says what DIR holds; without it there is nothing to measure by.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from service.core.model import NameMatch
from service.core.names import permutations
from service.core.names.matching import MatchIndex
from service.core.names.readings import STRONG
from service.core.names.watchlist import WatchList
from service.core.states import Technique, Tier
from tests.bench import name_data
from tests.bench.figures import Figures
from tests.bench.name_data import Spoof

THRESHOLDS = (0.0, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9)
LEAST_COMBOSQUATS = 16 / 18
MOST_MATCHES = 200
MOST_STRONG = 60
LEAST_STRONG = 0.8
"""Share of the matched spoofs."""


def recall(data: Path, dictionaries: Path | None) -> int:
    """Print how many real spoofs are matched and generated, by technique and by tier of evidence, beside peers."""
    watched = name_data.watchlist(data)
    spoofs = name_data.spoofs(data, watched)
    columns = dict(_own_columns(watched, spoofs))
    for title, generate in name_data.peers(dictionaries):
        if generate is None:
            print(f"{title}: not installed")
            continue
        made = {outlet: generate(outlet) for outlet in {spoof.outlet for spoof in spoofs}}
        columns[title] = {spoof.domain for spoof in spoofs if spoof.domain in made[spoof.outlet]}
    _print_groups("technique", spoofs, lambda spoof: spoof.technique, columns)
    _print_groups("tier", spoofs, lambda spoof: spoof.tier, columns)
    _print_groups("all", spoofs, lambda _: "all", columns)
    for spoof in spoofs:
        if spoof.domain not in columns["matched"]:
            print(f"not matched: {spoof.domain} ({spoof.outlet}, {spoof.technique})")
    return _judged_recall(spoofs, columns["matched"])


def _judged_recall(spoofs: Sequence[Spoof], matched: set[str]) -> int:
    figures = Figures()
    combosquats = [spoof for spoof in spoofs if spoof.technique == Technique.COMBOSQUAT]
    for title, group, wanted in (
        ("combosquats matched", combosquats, LEAST_COMBOSQUATS),
        ("all others matched", [spoof for spoof in spoofs if spoof not in combosquats], 1.0),
    ):
        if group:
            found = sum(spoof.domain in matched for spoof in group)
            figures.at_least(f"share of {title} ({found} of {len(group)})", found / len(group), wanted)
    return figures.exit_code


def _own_columns(watched: WatchList, spoofs: Sequence[Spoof]) -> Iterable[tuple[str, set[str]]]:
    matches = MatchIndex.build(watched).match([spoof.domain for spoof in spoofs])
    scores = {(match.name, match.outlet): match.score for match in matches}
    yield "matched", {spoof.domain for spoof in spoofs if (spoof.domain, spoof.outlet) in scores}
    yield "strong", {spoof.domain for spoof in spoofs if scores.get((spoof.domain, spoof.outlet), 0) >= STRONG}
    outlets = {outlet.id: outlet for outlet in watched.outlets}
    for tier in (Tier.EXACT, Tier.EDITS, Tier.FULL):
        wanted = {spoof.domain for spoof in spoofs}
        made = {
            (candidate.name, outlet)
            for outlet in {spoof.outlet for spoof in spoofs}
            for candidate in permutations.candidates(outlets[outlet], tier, watched)
            if candidate.name in wanted
        }
        yield f"made: {tier.value}", {spoof.domain for spoof in spoofs if (spoof.domain, spoof.outlet) in made}


def _print_groups(
    title: str, spoofs: Sequence[Spoof], key: Callable[[Spoof], str], columns: dict[str, set[str]]
) -> None:
    rows: dict[str, list[str]] = {}
    for spoof in spoofs:
        rows.setdefault(key(spoof), []).append(spoof.domain)
    print(f"{title:14} {'rows':>5} " + " ".join(f"{column:>12}" for column in columns))
    for name, domains in sorted(rows.items(), key=lambda row: -len(row[1])):
        found = (sum(domain in column for domain in domains) for column in columns.values())
        widths = (max(12, len(column)) for column in columns)
        print(f"{name:14} {len(domains):5} " + " ".join(f"{n:>{w}}" for n, w in zip(found, widths, strict=True)))
    print()


def precision(data: Path) -> int:
    """Print matches per million real new registrations by technique, and what each score threshold costs and finds."""
    watched = name_data.watchlist(data)
    index = MatchIndex.build(watched)
    hosts = name_data.new_names(data)
    matches = index.match(hosts)
    per_million = 1_000_000 / len(hosts)
    strong = Counter(match.technique for match in matches if match.score >= STRONG)
    print(f"{len(hosts)} new registrations, {len(watched.outlets)} outlets, {len(watched.labels)} labels, per million:")
    print(f"{'technique':14} {'matches':>8} {'share':>6} {'strong':>7}")
    for technique, count in Counter(match.technique for match in matches).most_common():
        share = count / len(matches)
        print(f"{technique.value:14} {count * per_million:8.0f} {share:6.0%} {strong[technique] * per_million:7.0f}")
    spoofs = name_data.spoofs(data, watched)
    scores = {(match.name, match.outlet): match.score for match in index.match([spoof.domain for spoof in spoofs])}
    of_spoofs = [score for spoof in spoofs if (score := scores.get((spoof.domain, spoof.outlet))) is not None]
    _print_curve(matches, scores, spoofs, per_million)
    figures = Figures()
    figures.at_most("matches per million", len(matches) * per_million, MOST_MATCHES)
    figures.at_most("strong ones", strong.total() * per_million, MOST_STRONG)
    share = sum(score >= STRONG for score in of_spoofs) / max(1, len(of_spoofs))
    figures.at_least("share of matched spoofs that are strong", share, LEAST_STRONG)
    return figures.exit_code


def _print_curve(
    matches: Sequence[NameMatch], scores: dict[tuple[str, str], float], spoofs: Sequence[Spoof], per_million: float
) -> None:
    print(f"\n{'score from':>10} {'per million':>12} {'combosquats':>12} {'found':>6} {'all spoofs':>11} {'found':>6}")
    combosquats = [spoof for spoof in spoofs if spoof.technique == Technique.COMBOSQUAT]
    for least in THRESHOLDS:
        noise = sum(match.score >= least for match in matches) * per_million
        found = [sum(scores.get((s.domain, s.outlet), -1) >= least for s in group) for group in (combosquats, spoofs)]
        print(f"{least:10.2f} {noise:12.0f} {len(combosquats):12} {found[0]:6} {len(spoofs):11} {found[1]:6}")
    print()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one bench; 1 where it misses a figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bench", choices=["recall", "precision"])
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--dictionaries", type=Path, metavar="DIR", help="dnstwist's dictionaries, for recall")
    options = parser.parse_args(arguments)
    return recall(options.data, options.dictionaries) if options.bench == "recall" else precision(options.data)


if __name__ == "__main__":
    sys.exit(main())
