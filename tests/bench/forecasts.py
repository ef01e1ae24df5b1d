"""A forecast of 2022-09-30, scored on what was registered from October 2022 to the end of 2023, beside a baseline.

    python -m tests.bench forecast --data DIR

``DIR`` holds ``outlets.csv`` (name, domain, country, languages) and ``spoofs.csv`` (domain, outlet, outlet_domain,
campaign, first_seen). The forecast knows the names that were there on that day and nothing later; the list of outlets
is all of them, so that outlets which had not been spoofed yet count as well. The baseline ranks each outlet's own label
by the frequency of suffixes until that day alone. A name that neither can make (another label, found by its content)
counts as missed.
"""

from __future__ import annotations

import csv
import sys
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from service.core.model import Outlet
from service.core.names import suffixes
from service.core.names.watchlist import WatchList
from service.core.persistence.forecast import HITS, SIZE, Taken, forecast, taken_of
from tests.bench.figures import timed

KNOWN_UNTIL = datetime(2022, 9, 30, 23, 59, tzinfo=UTC)
SCORED_UNTIL = datetime(2023, 12, 31, 23, 59, tzinfo=UTC)
CAMPAIGN = "Doppelganger"


def main(arguments: Sequence[str]) -> int:
    """Print hits at 10, 100 and 1,000; nothing is asserted."""
    parser = ArgumentParser(prog="python -m tests.bench forecast")
    parser.add_argument("--data", type=Path, metavar="DIR", required=True)
    data = parser.parse_args(arguments).data
    rows = read(data / "spoofs.csv")
    outlets = listed(read(data / "outlets.csv"), rows)
    spoofs = [(taken, row["campaign"]) for row in rows if (taken := dated(row, outlets)) is not None]
    known = [taken for taken, _ in spoofs if taken.at <= KNOWN_UNTIL]
    later = [(taken, campaign) for taken, campaign in spoofs if KNOWN_UNTIL < taken.at <= SCORED_UNTIL]
    seconds, ranks = timed(lambda: ranked(outlets, known, [taken for taken, _ in later]))
    print(f"known on {KNOWN_UNTIL:%Y-%m-%d}: {len(known)} names; registered later: {len(later)}; {seconds:.0f} s")
    show(f"{CAMPAIGN} alone", [taken for taken, campaign in later if CAMPAIGN in campaign], *ranks)
    show("all campaigns", [taken for taken, _ in later], *ranks)
    return 0


def read(file: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def listed(rows: Iterable[dict[str, str]], spoofs: Iterable[dict[str, str]]) -> dict[str, Outlet]:
    """Every outlet by name; those that only the spoofs name with what is known of them there."""
    found = {
        row["name"]: Outlet(
            id=row["domain"],
            name=row["name"],
            domain=row["domain"],
            country=row["country"] or None,
            languages=tuple(filter(None, row["languages"].split(";"))),
        )
        for row in rows
    }
    for row in spoofs:
        domain = row["outlet_domain"]
        found.setdefault(row["outlet"], Outlet(id=domain, name=row["outlet"], domain=domain))
    return found


def dated(row: dict[str, str], outlets: dict[str, Outlet]) -> Taken | None:
    """A spoof with the day on which it was first seen; a month alone is its first day, none is left out."""
    day = row["first_seen"]
    if not day:
        return None
    whole = day + "-01" * ((len("2022-09-30") - len(day)) // len("-01"))
    return taken_of(row["domain"], outlets[row["outlet"]].id, datetime.fromisoformat(whole).replace(tzinfo=UTC))


Ranks = dict[str, int]


def ranked(outlets: dict[str, Outlet], known: Sequence[Taken], later: Iterable[Taken]) -> tuple[Ranks, Ranks]:
    """The rank of each name in the forecast for its outlet, and in the baseline's."""
    watchlist = WatchList(tuple({outlet.id: outlet for outlet in outlets.values()}.values()))
    wanted = {taken.outlet for taken in later}
    ours: Ranks = {}
    baseline: Ranks = {}
    for outlet in watchlist.outlets:
        if outlet.id in wanted:
            likely = forecast(outlet, watchlist, known, KNOWN_UNTIL)
            ours |= {one.name: rank for rank, one in enumerate(likely, 1)}
            baseline |= {name: rank for rank, name in enumerate(by_suffix_alone(outlet, watchlist, known), 1)}
    return ours, baseline


def by_suffix_alone(outlet: Outlet, watchlist: WatchList, known: Sequence[Taken]) -> list[str]:
    """The outlet's own label under the suffixes that were used most, then under the others by alphabet."""
    used = Counter(taken.suffix for taken in known)
    label, gone = outlet.domain.split(".", 1)[0], {taken.name for taken in known}
    ordered = sorted(suffixes.sweepable(), key=lambda suffix: (-used[suffix], suffix))
    names = (f"{label}.{suffix}" for suffix in ordered)
    return [name for name in names if name not in gone and not watchlist.is_innocent(name)][:SIZE]


def show(what: str, later: Sequence[Taken], ours: Ranks, baseline: Ranks) -> None:
    """One line: hits of both at each depth."""
    names = {taken.name for taken in later}

    def hits(ranks: Ranks) -> str:
        counts = [sum(ranks.get(name, SIZE + 1) <= most for name in names) for most in HITS]
        return ", ".join(f"{count} ({count / len(names):.0%})" for count in counts)

    print(f"{what}, {len(names)} names, hits at {', '.join(map(str, HITS))}")
    print(f"  forecast      {hits(ours)}")
    print(f"  suffix alone  {hits(baseline)}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
