"""How fast names are generated and matched, and that the fast index finds what comparing all with all finds.

    python -m tests.bench names-oracle|names-speed|names-generation [--data DIR]

``name_data.py`` says what DIR holds; without it the names are made up and the outlets are the shipped ones. Times are
processor time of this process, the best of a few rounds.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter, deque
from collections.abc import Callable, Sequence
from functools import partial
from io import BytesIO, StringIO
from pathlib import Path

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA

from service.commands.names import print_matches
from service.core.model import Outlet
from service.core.names import chunks, permutations, skeleton
from service.core.names import name as names
from service.core.names.labels import Label
from service.core.names.matching import MatchIndex
from service.core.names.neighbourhood import Neighbourhood
from service.core.names.readings import Seen
from service.core.names.resemblance import whole_name
from service.core.names.watchlist import WatchList
from service.core.states import Tier
from tests.bench import name_data
from tests.bench.figures import Figures, best_time, most_megabytes, timed

MEASURED = {"bild.de", "spiegel.de", "theguardian.com", "ansa.it"}
WANTED_RATES = {4: 0.9, 100: 0.65, 1_000: 0.35, 10_000: 0.2}
"""Million names a second by number of labels."""

BUILT_WITHIN = 10.0
MOST_MEGABYTES = 900
LEAST_SHARE = 0.995
CANDIDATES_A_SECOND = 1.0
TIMES_DNSTWIST = 10
MOST_PREPARED = 1_000
"""Labels of the largest set of names made beforehand: with ten thousand it would take gigabytes."""


def oracle(data: Path | None) -> int:
    """Print which pairs the index finds of those that comparing all with all finds: 60,000 names, 1,000 labels."""
    watched = name_data.outlets_of(name_data.many_labels(name_data.watchlist(data), 1_000))
    labels = watched.labels
    every = name_data.new_names(data)
    real = every[:: max(1, len(every) // 40_000)][:40_000]
    hosts = list(dict.fromkeys(real + name_data.edited([label.text for label in labels], 20_000)))
    slow, wanted = timed(lambda: oracle_pairs(hosts, labels))
    fast, proposed = timed(lambda: index_pairs(hosts, labels))
    print(f"{len(hosts)} names x {len(labels)} labels: {len(wanted)} pairs within their edits, {slow:.2f} s")
    print(f"index: {len(wanted & proposed)} of them, {fast:.2f} s, and {len(proposed - wanted)} that are further apart")
    figures = Figures()
    figures.at_least("share of pairs that the index proposes", len(wanted & proposed) / len(wanted), LEAST_SHARE)
    _judge_matches(hosts, watched, wanted, figures)
    return figures.exit_code


def _judge_matches(hosts: Sequence[str], watched: WatchList, wanted: set[tuple[int, int]], figures: Figures) -> None:
    """Whether the matches are the pairs that the rules accept, and what explains those that are not within edits."""
    rows, places = (
        {text: at for at, text in enumerate(texts)} for texts in (hosts, [x.outlet for x in watched.labels])
    )
    matches = MatchIndex.build(watched).match(hosts)
    found = {(rows[match.name], places[match.outlet]) for match in matches}
    reasons = Counter(_reason(hosts[row], watched.labels[place]) for row, place in found - wanted)
    refused = wanted - found
    lost = sum(whole_name(watched.labels[place], *_seen(hosts[row])) is not None for row, place in refused)
    print(f"matches: {len(found)}, {len(found & wanted)} of them within edits, others: {dict(reasons)}")
    print(f"within edits and refused by the rules (common words, another first letter): {len(refused) - lost}")
    figures.at_most("pairs that the rules accept and the index loses", lost, 0)
    figures.at_most("matches that no rule explains", reasons["nothing"], 0)


def _seen(host: str) -> tuple[Seen, str]:
    label, suffix = names.split(host)
    return Seen.of(label), suffix


def _reason(host: str, label: Label) -> str:
    text = names.split(host)[0]
    if text.startswith(names.ACE):
        return "Punycode"
    if label.bare in skeleton.bare(text):
        return "holds the label"
    return "one letter of a short label" if label.short else "nothing"


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
    column = chunks.cut(hosts).readings
    positions, places = index.pairs(column.folded, column.starts, column.lengths)
    return set(zip(column.rows[positions].tolist(), places.tolist(), strict=True))


def speed(data: Path | None, count: int) -> int:
    """Print names a second by number of labels, beside all-with-all and names made beforehand; files; full hosts."""
    watched, hosts = name_data.watchlist(data), name_data.new_names(data, count)
    labels = name_data.many_labels(watched, max(WANTED_RATES))
    print(f"{len(hosts)} names, M names/s on one core, and what else one could do:")
    print(" labels  index s  matched  all-with-all  set of edits    MB")
    rates: dict[int, float] = {}
    for size in WANTED_RATES:
        several = name_data.outlets_of(labels[:size])
        built, index = timed(partial(MatchIndex.build, several))
        rates[size] = len(hosts) / best_time(partial(index.match, hosts)) / 1e6
        brute = _brute_rate(hosts, several.labels) / 1e6
        megabytes = most_megabytes()
        ready = f"{_set_rate(hosts, several) / 1e6:13.2f}" if size <= MOST_PREPARED else f"{'-':>13}"
        print(f"{size:7} {built:8.2f} {rates[size]:8.2f} {brute:13.3f} {ready} {megabytes:5.0f}", flush=True)
    _print_streams(watched, hosts)
    figures = Figures()
    for size, wanted in WANTED_RATES.items():
        figures.at_least(f"{size} labels", rates[size], wanted, "M names/s")
    figures.at_most("index of most labels", built, BUILT_WITHIN, "s")
    figures.at_most("memory, the names in it", megabytes, MOST_MEGABYTES, "MB")
    return figures.exit_code


def _print_streams(watched: WatchList, hosts: Sequence[str]) -> None:
    index = MatchIndex.build(watched)
    deep = [f"www.shop.{host}" for host in hosts]
    rate = len(deep) / best_time(partial(index.match, deep))
    print(f"\nfull host names, {len(watched.labels)} labels: {rate / 1e6:.2f} M/s")
    text = "\n".join(hosts).encode()
    seconds = best_time(lambda: print_matches(watched, [("names", BytesIO(text))], StringIO(), StringIO()))
    print(f"text to JSON lines, {len(watched.labels)} labels: {len(hosts) / seconds / 1e6:.2f} M/s\n")


def _brute_rate(hosts: Sequence[str], labels: Sequence[Label]) -> float:
    some = hosts[: max(2_000, min(len(hosts), 20_000_000 // len(labels)))]
    return len(some) / best_time(lambda: oracle_pairs(some, labels), rounds=1)


def _set_rate(hosts: Sequence[str], watched: WatchList) -> float:
    """Every edit of every label made beforehand, then looked up: no second edits, and no company but what is made."""
    made: set[str] = set()
    for outlet in watched.outlets:
        made.update(candidate.label for candidate in permutations.candidates(outlet, Tier.EDITS, watched, ["life"]))
    return len(hosts) / best_time(lambda: [host for host in hosts if host.partition(".")[0] in made])


def generation(data: Path | None) -> int:
    """Print candidates a second, beside dnstwist and ail-typo-squatting in the same run."""
    watched = name_data.watchlist(data)
    chosen = [outlet for outlet in watched.outlets if outlet.domain in MEASURED]
    rates: dict[str, float] = {}
    for tier in (Tier.EXACT, Tier.EDITS, Tier.FULL):
        counts = [sum(1 for _ in permutations.candidates(outlet, tier, watched)) for outlet in chosen]
        rates[tier.value] = sum(counts) / best_time(partial(_exhaust, chosen, tier, watched)) / 1e6
        print(f"{tier.value:26} {sum(counts):9} names {rates[tier.value]:7.3f} M/s")
    for title, generate in name_data.peers(None):
        if generate is None:
            print(f"{title:26} not installed")
            continue
        made = sum(len(generate(outlet.domain)) for outlet in chosen)
        rates[title] = made / best_time(partial(_each, generate, chosen), rounds=2) / 1e6
        print(f"{title:26} {made:9} names {rates[title]:7.3f} M/s")
    figures = Figures()
    figures.at_least("edits", rates["edits"], CANDIDATES_A_SECOND, "M candidates/s")
    if "dnstwist" in rates:
        figures.at_least("edits beside dnstwist", rates["edits"] / rates["dnstwist"], TIMES_DNSTWIST, "times its rate")
    return figures.exit_code


def _exhaust(outlets: Sequence[Outlet], tier: Tier, watched: WatchList) -> None:
    for outlet in outlets:
        deque(permutations.candidates(outlet, tier, watched), maxlen=0)


def _each(generate: Callable[[str], set[str]], outlets: Sequence[Outlet]) -> None:
    for outlet in outlets:
        generate(outlet.domain)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one bench; 1 where it misses a figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bench", choices=["oracle", "speed", "generation"])
    parser.add_argument("--data", type=Path, metavar="DIR")
    parser.add_argument("--names", type=int, default=1_000_000, help="how many names, for speed")
    options = parser.parse_args(arguments)
    if options.data is None:
        print("without --data: the shipped outlets, made-up names")
    if options.bench == "speed":
        return speed(options.data, options.names)
    return oracle(options.data) if options.bench == "oracle" else generation(options.data)


if __name__ == "__main__":
    sys.exit(main())
