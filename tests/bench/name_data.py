"""What the benches of names read: outlets, real spoofs, new registrations; and the peers that are measured beside us.

Nothing of it is part of the project. ``--data DIR`` holds ``outlets.csv`` (name, domain, country, languages, aliases),
``spoofs.csv`` (domain, outlet_domain, technique, tier), ``newly_registered.csv.gz`` (domain, first_listed). What can do
without takes the shipped watch list and made-up names instead, and says so.
"""

from __future__ import annotations

import csv
import gzip
import importlib
import logging
import random
import string
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeAlias

from service.core.model import Outlet
from service.core.names import name as names
from service.core.names import suffixes, vocabulary
from service.core.names.watchlist import WatchList
from service.settings_outlets import read_outlets

CITIES = """
berlin hamburg muenchen koeln paris lyon madrid roma milano london leeds boston chicago dallas denver austin seattle
miami toronto sydney dublin oslo bergen malmo turku riga vilnius tallinn minsk kyiv lviv odessa moskva kazan sofia varna
cluj beograd zagreb split praha brno wien graz linz bern basel torino napoli bari
"""
MASTHEADS = """
news zeitung post times herald tribune journal gazette kurier anzeiger blatt today daily express star mirror echo
observer press chronicle telegraph bote rundschau nachrichten tageblatt heute actu matin soir info giornale corriere
diario gazeta
"""
SHIPPED = Path(__file__).parents[2] / "config" / "outlets.toml"


Generator: TypeAlias = Callable[[str], set[str]]


@dataclass(frozen=True, slots=True)
class Spoof:
    """A real lookalike, and the id of the outlet that it should be matched with."""

    domain: str
    outlet: str
    technique: str
    tier: str


def watchlist(data: Path | None) -> WatchList:
    """Return the outlets of outlets.csv, their ids being their domains; without data those that are shipped."""
    if data is None:
        shipped = read_outlets(SHIPPED)
        return WatchList(shipped.outlets, shipped.allow)
    with (data / "outlets.csv").open(encoding="utf-8", newline="") as stream:
        return WatchList([_outlet(row) for row in csv.DictReader(stream)])


def _outlet(row: dict[str, str]) -> Outlet:
    domain = row["domain"]
    return Outlet(
        id=domain,
        name=row["name"],
        domain=domain,
        own_domains=tuple(alias for alias in row["aliases"].split(";") if alias and alias != domain),
        country=row["country"],
        languages=tuple(filter(None, row["languages"].split(";"))),
    )


def spoofs(data: Path, watched: WatchList) -> list[Spoof]:
    """Return the rows of spoofs.csv whose name says something and whose outlet is watched."""
    owners = {domain: outlet.id for outlet in watched.outlets for domain in outlet.confirmed_domains}
    with (data / "spoofs.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return [
        Spoof(row["domain"], owners[row["outlet_domain"]], row["technique"], row["tier"])
        for row in rows
        if row["technique"] != "other" and row["outlet_domain"] in owners
    ]


def new_names(data: Path | None, most: int = 1_000_000) -> list[str]:
    """Return newly registered names in the order of the file; without data made-up ones that are as long."""
    if data is None:
        return made_up(most)
    with gzip.open(data / "newly_registered.csv.gz", "rt", encoding="utf-8") as stream:
        next(stream)
        return [line.partition(",")[0] for line in islice(stream, most)]


def made_up(count: int) -> list[str]:
    """Return names of one to three words, some with a number or hyphens, under suffixes that are open to anybody."""
    source = random.Random(5)  # noqa: S311 -- the same names in every run
    words, ends = sorted(vocabulary.common_words()), ["com"] * 300 + list(suffixes.sweepable())
    found = []
    for _ in range(count):
        parts = source.choices(words, k=source.choice((1, 2, 2, 3)))
        number = str(source.randrange(1000)) if source.random() < 0.2 else ""
        label = source.choice(("", "", "", "-")).join(parts) + number
        found.append(f"{label}.{source.choice(ends)}")
    return found


def many_labels(watched: WatchList, count: int) -> list[str]:
    """Return ``count`` labels: the watched ones, then cities and common words with what newspapers call themselves."""
    known = [label.text for label in watched.labels if len(label.bare) > 2]
    source = random.Random(7)  # noqa: S311 -- the same labels in every run
    words = source.sample(sorted(vocabulary.common_words()), 400)
    made = [first + second for first in (*CITIES.split(), *words) for second in MASTHEADS.split()]
    source.shuffle(made)
    return list(dict.fromkeys((*known, *made)))[:count]


def outlets_of(labels: Sequence[str]) -> WatchList:
    """Return a watch list with one outlet a label."""
    return WatchList([Outlet(id=text, name="", domain=f"{text}.example", languages=("en", "de")) for text in labels])


def edited(labels: Sequence[str], count: int) -> list[str]:
    """Return names one to three random edits away from labels: chance makes too few to measure by."""
    source = random.Random(11)  # noqa: S311 -- the same names in every run
    alphabet = string.ascii_lowercase + string.digits + "-"
    made: list[str] = []
    while len(made) < count:
        text = source.choice(labels)
        for _ in range(source.choice((1, 1, 2, 2, 3))):
            at = source.randrange(len(text) + 1)
            other = source.choice(alphabet)
            changes = (text[:at] + text[at + 1 :], text[:at] + other + text[at:], text[:at] + other + text[at + 1 :])
            text = source.choice((*changes, text[:at] + text[at : at + 2][::-1] + text[at + 2 :])) or "x"
        if not text.startswith(names.ACE):
            made.append(f"{text.strip('-') or 'x'}.com")
    return made


def peers(dictionaries: Path | None) -> Iterator[tuple[str, Generator | None]]:
    """Yield (title, generator of a domain's candidates), None for what is not installed (the extra ``bench``).

    dnstwist's wheel lacks the dictionaries of its repository; ``dictionaries`` is the folder that has them.
    """
    logging.getLogger("tldextract").setLevel(logging.CRITICAL + 1)
    tlds = [suffix for suffix in suffixes.icann() if "." not in suffix]
    yield "dnstwist", _dnstwist((), ())
    if dictionaries is not None:
        yield "dnstwist, its dictionaries", _dnstwist(*_dictionaries(dictionaries))
    yield "dnstwist, all TLDs", _dnstwist((), tlds)
    yield "ail-typo-squatting", _ail_typo_squatting()


def _dnstwist(words: Sequence[str], tlds: Sequence[str]) -> Generator | None:
    try:
        dnstwist = importlib.import_module("dnstwist")
    except ImportError:
        return None

    def generate(domain: str) -> set[str]:
        fuzzer = dnstwist.Fuzzer(domain, dictionary=words, tld_dictionary=tlds)
        fuzzer.generate()
        return {entry["domain"] for entry in fuzzer.domains}

    return generate


def _ail_typo_squatting() -> Generator | None:
    try:
        package = importlib.import_module("ail_typo_squatting")
    except ImportError:
        return None
    return lambda domain: set(package.runAll(domain, 10**9, "text", None))


def _dictionaries(folder: Path) -> tuple[list[str], list[str]]:
    texts = {path.stem: path.read_text("utf-8").split() for path in sorted(folder.glob("*.dict"))}
    tlds = [word for stem, words in texts.items() if "tld" in stem for word in words]
    return [word for stem, words in texts.items() if "tld" not in stem for word in words], tlds
