"""A thousand events to fifty endpoints of which a third is sick, beside the well ones alone.

    python -m tests.bench deliveries [--events 1000] [--endpoints 50]

Both runs go over real connections on loopback to a receiver that is killed and comes back after a third of the
deliveries. The sick answer 500, 410, 302 or 429 with Retry-After, never answer, reset the connection, or send a byte
now and then. What is compared is the time after which the well endpoints have everything: they must not wait for the
sick.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
from collections import Counter
from contextlib import closing
from pathlib import Path

from service.adapters.schema import upgrade
from service.adapters.store import open_store
from tests.bench.figures import Figures
from tests.delivery_rig import Delivered, crowd_of, deliver, wrongs


def main(arguments: list[str]) -> int:
    """Run it; 1 where a delivery was lost, or the well ones waited for the sick."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench deliveries", description=__doc__)
    parser.add_argument("--events", type=int, default=1_000)
    parser.add_argument("--endpoints", type=int, default=50)
    asked = parser.parse_args(arguments)
    figures = Figures()
    times = {}
    for sick in (False, True):
        names = crowd_of(asked.endpoints, sick=sick)
        delivered = run(names, asked.events)
        times[sick] = sorted(delivered.seconds.values())
        found = list(wrongs(delivered, names, asked.events))
        for wrong in found:
            print(f"      {wrong}")
        show(names, delivered)
        figures.at_most("endpoints with a delivery that is lost, doubled or under a second id", len(found), 0)
    middle = [statistics.median(times[sick]) for sick in (True, False)]
    last = [times[sick][-1] for sick in (True, False)]
    figures.at_most("time until half of the well ones have everything, over that without the sick", _over(middle), 1.5)
    figures.at_most("time until the last well one has everything, over that without the sick", _over(last), 1.5)
    return figures.exit_code


def run(names: list[str], events: int) -> Delivered:
    """One run on a database of its own."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'bench.db'}"
        upgrade(url)
        with closing(open_store(url)) as store:
            return asyncio.run(deliver(store, names, events))


def show(names: list[str], delivered: Delivered) -> None:
    """How many deliveries ended how, and when the well endpoints had theirs."""
    states = Counter(row["state"] for row in delivered.log if row["type"] == "site.down")
    seconds = sorted(delivered.seconds.values())
    again = sum(len(had) - len(set(had)) for had in delivered.taken.values())
    print(f"{len(names)} endpoints: {', '.join(f'{count:,} {state}' for state, count in sorted(states.items()))}")
    print(f"  well ones have all after {statistics.median(seconds):.1f} s (median), {seconds[-1]:.1f} s (last)")
    print(f"  {again} arrived twice, under the same id: the receiver died, or answered late", flush=True)


def _over(pair: list[float]) -> float:
    return pair[0] / pair[1]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
