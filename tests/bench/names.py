"""How well names are generated and matched: recall on real spoofs, noise on real registrations, speed; peers beside us.

    python -m tests.bench names-recall --data DIR [--dictionaries DIR]
    python -m tests.bench names-oracle|names-precision|names-speed|names-generation --data DIR

``name_data.py`` says what DIR holds. Times are processor time of this process, the best of a few rounds.
"""

from __future__ import annotations

import resource
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from io import BytesIO, StringIO
from pathlib import Path
from typing import TypeVar

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA

from service.commands.names import print_matches
from service.core.model import NameMatch, Outlet, Technique, Tier
from service.core.names import chunks, permutations, skeleton
from service.core.names import name as names
from service.core.names.labels import Label
from service.core.names.matching import MatchIndex
from service.core.names.neighbourhood import Neighbourhood
from service.core.names.readings import STRONG
from service.core.names.watchlist import WatchList
from tests.bench import name_data

T = TypeVar("T")

MEASURED = {"bild.de", "spiegel.de", "theguardian.com", "ansa.it"}
THRESHOLDS = (0.0, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9)
WANTED_RATES = {4: 0.9, 100: 0.65, 1_000: 0.35, 10_000: 0.2}
"""Million names a second that a release must reach, by number of labels."""


def bench_recall(argv: Sequence[str]) -> None:
    """Print how many real spoofs are matched and generated, by technique and by tier of evidence, beside peers."""
    parser = name_data.parser(__doc__)
    parser.add_argument("--dictionaries", type=Path, help="dnstwist's folder of dictionaries")
    asked = parser.parse_args(argv)
    watched = name_data.watchlist(asked.data)
    spoofs = name_data.spoofs(asked.data, watched)
    columns = dict(_own_columns(watched, spoofs))
    for title, generate in name_data.peers(asked.dictionaries):
        made = {outlet: generate(outlet) for outlet in {spoof.outlet for spoof in spoofs}}
        columns[title] = {spoof.domain for spoof in spoofs if spoof.domain in made[spoof.outlet]}
    groups = [
        ("technique", lambda spoof: spoof.technique),
        ("tier", lambda spoof: spoof.tier),
        ("all", lambda _: "all"),
    ]
    for title, key in groups:
        _print_groups(title, spoofs, key, columns)
    for spoof in spoofs:
        if spoof.domain not in columns["matched"]:
            print(f"not matched: {spoof.domain} ({spoof.outlet}, {spoof.technique})")


def _own_columns(watched: WatchList, spoofs: Sequence[name_data.Spoof]) -> Iterable[tuple[str, set[str]]]:
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
    title: str,
    spoofs: Sequence[name_data.Spoof],
    key: Callable[[name_data.Spoof], str],
    columns: dict[str, set[str]],
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


def bench_oracle(argv: Sequence[str]) -> None:
    """Print which pairs the index finds of those that comparing all with all finds: 60,000 names, 1,000 labels."""
    asked = name_data.parser(__doc__).parse_args(argv)
    labels = name_data.outlets_of(name_data.many_labels(name_data.watchlist(asked.data), 1_000)).labels
    every = name_data.new_names(asked.data)
    real = every[:: max(1, len(every) // 40_000)][:40_000]
    hosts = real + name_data.edited([label.text for label in labels], 20_000)
    started = time.process_time()
    wanted = oracle_pairs(hosts, labels)
    slow = time.process_time() - started
    started = time.process_time()
    found = index_pairs(hosts, labels)
    fast = time.process_time() - started
    print(
        f"{len(hosts)} names x {len(labels)} labels: {len(wanted)} pairs within their edits, {slow:.1f} s all with all"
    )
    print(f"index: {len(wanted & found)} of them ({len(wanted & found) / len(wanted):.4f}), {fast:.2f} s")
    print(f"beside them {len(found - wanted)} candidates that are further apart, which the rules then look at")


def oracle_pairs(hosts: Sequence[str], labels: Sequence[Label]) -> set[tuple[int, int]]:
    """Return (name, label) positions within the label's edits, of the labels as they are or of their skeletons."""
    seen = [names.split(host)[0] for host in hosts]
    rows = [row for row, label in enumerate(seen) if label and not label.startswith(names.ACE)]
    budgets = np.array([label.budget for label in labels])
    own = [label.bare for label in labels], [label.skeleton for label in labels]
    found: set[tuple[int, int]] = set()
    for low in range(0, len(rows), 2_000):
        part = rows[low : low + 2_000]
        theirs = [skeleton.bare(seen[row]) for row in part], [skeleton.skeleton(seen[row]) for row in part]
        apart = [
            process.cdist(left, right, scorer=OSA.distance, score_cutoff=2, dtype=np.uint8)
            for left, right in zip(theirs, own, strict=True)
        ]
        near = np.nonzero(np.minimum(*apart) <= budgets)
        found.update((part[row], place) for row, place in zip(*(side.tolist() for side in near), strict=True))
    return found


def index_pairs(hosts: Sequence[str], labels: Sequence[Label]) -> set[tuple[int, int]]:
    """Return the (name, label) positions that the index proposes for edits."""
    texts = [
        (text, place) for place, label in enumerate(labels) for text in (skeleton.folded(label.bare), label.skeleton)
    ]
    index = Neighbourhood(
        [text.encode() for text, _ in texts],
        [place for _, place in texts],
        [labels[place].budget for _, place in texts],
    )
    cut = chunks.cut(hosts)
    found: set[tuple[int, int]] = set()
    for column in (cut.labels, cut.others):
        positions, places = index.pairs(column.folded, column.starts, column.lengths)
        found.update(zip(column.rows[positions].tolist(), places.tolist(), strict=True))
    return found


def bench_precision(argv: Sequence[str]) -> None:
    """Print matches per million real new registrations by technique, and what each score threshold costs and finds."""
    asked = name_data.parser(__doc__).parse_args(argv)
    watched = name_data.watchlist(asked.data)
    index = MatchIndex.build(watched)
    hosts = name_data.new_names(asked.data)
    matches = index.match(hosts)
    per_million = 1_000_000 / len(hosts)
    strong = Counter(match.technique for match in matches if match.score >= STRONG)
    print(f"{len(hosts)} new registrations, {len(watched.outlets)} outlets, {len(watched.labels)} labels, per million:")
    print(f"{'technique':14} {'matches':>8} {'share':>6} {'strong':>7}")
    for technique, count in Counter(match.technique for match in matches).most_common():
        share = count / len(matches)
        print(f"{technique.value:14} {count * per_million:8.0f} {share:6.0%} {strong[technique] * per_million:7.0f}")
    print(
        f"{'all':14} {len(matches) * per_million:8.0f} {1:6.0%} {strong.total() * per_million:7.0f}  (at most 200, 60)"
    )
    _print_curve(matches, index, name_data.spoofs(asked.data, watched), per_million)


def _print_curve(
    matches: Sequence[NameMatch], index: MatchIndex, spoofs: Sequence[name_data.Spoof], per_million: float
) -> None:
    scores = {(match.name, match.outlet): match.score for match in index.match([spoof.domain for spoof in spoofs])}
    print(f"\n{'score from':>10} {'per million':>12} {'combosquats':>12} {'found':>6} {'all spoofs':>11} {'found':>6}")
    combosquats = [spoof for spoof in spoofs if spoof.technique == Technique.COMBOSQUAT]
    for least in THRESHOLDS:
        noise = sum(match.score >= least for match in matches) * per_million
        found = [sum(scores.get((s.domain, s.outlet), -1) >= least for s in group) for group in (combosquats, spoofs)]
        print(f"{least:10.2f} {noise:12.0f} {len(combosquats):12} {found[0]:6} {len(spoofs):11} {found[1]:6}")


def bench_speed(argv: Sequence[str]) -> None:
    """Print names a second by number of labels, beside all-with-all and names made beforehand; files; full hosts."""
    parser = name_data.parser(__doc__)
    parser.add_argument("--names", type=int, default=1_000_000)
    asked = parser.parse_args(argv)
    watched = name_data.watchlist(asked.data)
    hosts = name_data.new_names(asked.data, asked.names)
    labels = name_data.many_labels(watched, 10_000)
    print(" labels  index s  M names/s  wanted  all-with-all  set of edits    MB")
    for count, wanted in WANTED_RATES.items():
        several = name_data.outlets_of(labels[:count])
        built, index = timed(partial(MatchIndex.build, several))
        rate = len(hosts) / best_time(partial(index.match, hosts)) / 1e6
        brute = _brute_rate(hosts, several.labels) / 1e6
        ready = _set_rate(hosts, several) / 1e6 if count <= 1_000 else float("nan")
        print(f"{count:7} {built:8.2f} {rate:10.2f} {wanted:7.2f} {brute:13.3f} {ready:13.2f} {_megabytes():5.0f}")
    _print_streams(watched, hosts)


def _print_streams(watched: WatchList, hosts: Sequence[str]) -> None:
    index = MatchIndex.build(watched)
    deep = [f"www.shop.{host}" for host in hosts]
    rate = len(deep) / best_time(partial(index.match, deep))
    print(f"\nfull host names, {len(watched.labels)} labels: {rate / 1e6:.2f} M/s")
    text = "\n".join(hosts).encode()
    seconds = best_time(lambda: print_matches(watched, [("names", BytesIO(text))], StringIO(), StringIO()))
    print(f"text to JSON lines: {len(hosts) / seconds / 1e6:.2f} M/s")


def _megabytes() -> float:
    """Most memory that this process has had, in megabytes; the names themselves are about 100 of them."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _brute_rate(hosts: Sequence[str], labels: Sequence[Label]) -> float:
    some = hosts[: max(2_000, min(len(hosts), 20_000_000 // len(labels)))]
    return len(some) / best_time(lambda: oracle_pairs(some, labels), rounds=1)


def _set_rate(hosts: Sequence[str], watched: WatchList) -> float:
    """Every edit of every label made beforehand, then looked up: no second edits, and no company but what is made."""
    made: set[str] = set()
    for outlet in watched.outlets:
        made.update(candidate.label for candidate in permutations.candidates(outlet, Tier.EDITS, watched, ["life"]))
    return len(hosts) / best_time(lambda: [host for host in hosts if host.partition(".")[0] in made])


def bench_generation(argv: Sequence[str]) -> None:
    """Print candidates a second, beside dnstwist and ail-typo-squatting in the same run."""
    asked = name_data.parser(__doc__).parse_args(argv)
    watched = name_data.watchlist(asked.data)
    chosen = [outlet for outlet in watched.outlets if outlet.id in MEASURED]
    rates: dict[str, float] = {}
    for tier in (Tier.EXACT, Tier.EDITS, Tier.FULL):
        counts = [sum(1 for _ in permutations.candidates(outlet, tier, watched)) for outlet in chosen]
        seconds = best_time(partial(_exhaust, chosen, tier, watched))
        rates[tier.value] = sum(counts) / seconds
        print(f"{tier.value:26} {sum(counts):9} names {rates[tier.value] / 1e6:7.3f} M/s")
    for title, generate in name_data.peers(None):
        counts = [len(generate(outlet.domain)) for outlet in chosen]
        seconds = best_time(partial(_each, generate, chosen), rounds=1)
        print(f"{title:26} {sum(counts):9} names {sum(counts) / seconds / 1e6:7.3f} M/s")


def _exhaust(outlets: Sequence[Outlet], tier: Tier, watched: WatchList) -> None:
    for outlet in outlets:
        deque(permutations.candidates(outlet, tier, watched), maxlen=0)


def _each(generate: Callable[[str], set[str]], outlets: Sequence[Outlet]) -> None:
    for outlet in outlets:
        generate(outlet.domain)


def timed(step: Callable[[], T]) -> tuple[float, T]:
    """Return processor seconds and the result."""
    started = time.process_time()
    result = step()
    return time.process_time() - started, result


def best_time(step: Callable[[], object], rounds: int = 3) -> float:
    """Return the fewest processor seconds of a few rounds: others share the machine."""
    return min(timed(step)[0] for _ in range(rounds))
