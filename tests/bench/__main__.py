"""Measures what the service does, beside what one would use instead.

    python -m tests.bench [--data DIR]                  list all benches, then run those that have what they need
    python -m tests.bench --list                        only list them
    python -m tests.bench NAME ... [--data DIR] [...]   run these; further options go to them

Data is no part of the project: each bench's module says what files it reads. A bench without its data is passed over,
and so is, within a bench, a peer that is not installed. Each bench runs in a process of its own, so that memory and
processor time are its own. The exit code is 1 where one of them failed or missed a figure.
"""

from __future__ import annotations

import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

USAGE_ERROR = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Bench:
    """``module`` with ``arguments`` before all others measures ``about``, in about ``minutes``.

    ``data`` are the files or folders that it cannot do without, ``helpful`` those that it reads where all are there.
    """

    name: str
    module: str
    about: str
    minutes: float
    arguments: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    helpful: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """The bench in one line, as the list has it."""
        needs = f"; data: {', '.join(self.data)}" if self.data else ""
        needs += f"; better with {', '.join(self.helpful)}" if self.helpful else ""
        return f"  {self.name:17} {self.about}{needs}; {self.minutes:g} min"


BENCHES = (
    Bench(
        name="names-recall",
        module="names",
        arguments=("recall",),
        about="real spoofs that are matched and generated, beside dnstwist and ail-typo-squatting",
        minutes=1.5,
        data=("outlets.csv", "spoofs.csv"),
    ),
    Bench(
        name="names-precision",
        module="names",
        arguments=("precision",),
        about="matches among real new registrations, by technique and by score",
        minutes=0.1,
        data=("outlets.csv", "spoofs.csv", "newly_registered.csv.gz"),
    ),
    Bench(
        name="names-oracle",
        module="name_speed",
        arguments=("oracle",),
        about="pairs that the index finds, beside comparing 60,000 names with 1,000 labels",
        minutes=0.1,
        helpful=("outlets.csv", "newly_registered.csv.gz"),
    ),
    Bench(
        name="names-speed",
        module="name_speed",
        arguments=("speed",),
        about="names matched a second, beside comparing all with all and names made beforehand",
        minutes=1.5,
        helpful=("outlets.csv", "newly_registered.csv.gz"),
    ),
    Bench(
        name="names-generation",
        module="name_speed",
        arguments=("generation",),
        about="candidates made a second, beside dnstwist and ail-typo-squatting",
        minutes=0.5,
        helpful=("outlets.csv",),
    ),
    Bench(
        name="resolve",
        module="resolve",
        about="names probed a second and faults survived, beside aiodns, dnspython, dnstwist, massdns",
        minutes=1,
    ),
    Bench(
        name="sweeping",
        module="sweeping",
        about="how soon the daemon's API answers while it sweeps 5,000 names a second",
        minutes=1,
    ),
    Bench(
        name="fetching",
        module="fetching",
        about="pages fetched a second, beside plain httpx, and what hostile sites do to the process",
        minutes=0.5,
    ),
    Bench(
        name="certificates",
        module="certificates",
        about="entries of certificate logs taken in a second, and seconds from an entry to the webhook about it",
        minutes=2,
    ),
    Bench(
        name="lists",
        module="lists",
        about="zone files' lines compared a second and new registrations taken in a second, and the memory for it",
        minutes=4,
        helpful=("outlets.csv", "newly_registered.csv.gz"),
    ),
    Bench(
        name="api",
        module="api",
        about="the core query on 100,000 lookalikes with two million observations, beside its bare SQL",
        minutes=3,
    ),
    Bench(
        name="deliveries",
        module="deliveries",
        about="1,000 events to 50 endpoints of which a third is sick, beside the well ones alone",
        minutes=12,
    ),
    Bench(
        name="year",
        module="year",
        about="a year of 10,000 sites in simulated time on SQLite: looks, events, rows, bytes, seconds",
        minutes=30,
    ),
    Bench(
        name="exports",
        module="exports",
        about="every export of 100,000 entries: seconds, bytes, memory over the base",
        minutes=2,
    ),
    Bench(
        name="evidence",
        module="evidence",
        about="what evidence costs a look, beside a plain gzipped file, and seconds of a screenshot",
        minutes=0.5,
    ),
    Bench(
        name="judging",
        module="judging",
        about="clones of real pages that are found, and innocents that are accused",
        minutes=1,
        data=("pages", "pages_other"),
    ),
    Bench(
        name="forecast",
        module="forecasts",
        about="names forecast on 2022-09-30 that were registered until the end of 2023, beside suffix frequency alone",
        minutes=0.3,
        data=("outlets.csv", "spoofs.csv"),
    ),
)


def main(arguments: Sequence[str]) -> int:
    """Run what ``arguments`` ask for; the exit code."""
    asked = tuple(takewhile(lambda text: not text.startswith("-"), arguments))
    parser = ArgumentParser(prog="python -m tests.bench", usage="%(prog)s [NAME ...] [--data DIR] [...]")
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder with the data that the benches read")
    parser.add_argument("--list", action="store_true", help="list the benches and run none")
    parser.epilog = "NAME is one of " + ", ".join(bench.name for bench in BENCHES)
    options, more = parser.parse_known_args(arguments[len(asked) :])
    unknown = set(asked) - {bench.name for bench in BENCHES}
    if unknown:
        parser.error(f"there is no {', '.join(sorted(unknown))}; {parser.epilog}")
    if more and not asked:
        parser.error(f"{' '.join(more)}: say to which bench that goes")
    if options.list or not asked:
        print(*listed(), sep="\n", flush=True)
    if options.list:
        return 0
    chosen = [bench for bench in BENCHES if not asked or bench.name in asked]
    return max([run(bench, options.data, more) for bench in chosen], default=0)


def listed() -> Iterator[str]:
    """All benches, one a line."""
    yield "Benches: what is measured beside what; the data that it cannot do without; how long it takes on two cores."
    yield from (bench.line for bench in BENCHES)


def run(bench: Bench, data: Path | None, more: Sequence[str]) -> int:
    """Run one bench, or say what it lacks; 1 where it failed or missed a figure. ``more`` may say where its data is."""
    print(f"\n== {bench.name}", flush=True)
    missing = [name for name in bench.data if data is None or not (data / name).exists()]
    if missing and not more:
        print(f"not run: needs a folder with {', '.join(missing)} (--data DIR)", flush=True)
        return 0
    read = (*bench.data, *bench.helpful)
    given = ("--data", str(data)) if data is not None and read and all((data / one).exists() for one in read) else ()
    command = [sys.executable, "-m", f"tests.bench.{bench.module}", *bench.arguments, *given, *more]
    code = subprocess.run(command, check=False).returncode
    if code:
        print(f"{bench.name}: exit code {code}", flush=True)
    return min(1, abs(code)) if code != USAGE_ERROR else USAGE_ERROR


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
