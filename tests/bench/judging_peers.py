"""The cases of judging by the rules of others, as they describe and ship them, where those rules apply.

dnstwist (20250130, ``--lsh``): a fuzzy hash of the candidate's page beside that of the outlet's, after its own
normalising; any likeness over 0 is printed. openSquat (2.3, doppelganger mode): the outlet's label stands in the name
and in the page's source. Watcher (3.5, site monitoring): the difference of two TLSH hashes, length left out, above 160
is another content; it compares a site with its own past, and is turned to the outlet's page here.

None of them looks at names that resemble nobody's, so those cases are left out. All are given every known page of the
outlet, of which the nearest counts: dnstwist itself knows today's home page only. Where a library is missing, the row
says so and judges nothing.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from math import inf
from typing import Any

from service.core.states import Verdict
from service.core.verdict.policy import ScoringPolicy
from tests.bench.judging_cases import Capture, Case, Cases, outcome

MOST_INNOCENTS = 0.02
"""Innocents that may be flagged: what this project holds itself to."""

WATCHERS_CHANGE = 160
LARGEST_DIFFERENCE = 300
"""Difference of TLSH hashes from which dnstwist says 0 %."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Peer:
    """``fingerprint`` of a page's source, and how alike two are, nearer is higher; above ``bound`` its user is told.

    ``missing`` is the library that is not there. A fingerprint of None is a page that cannot be compared.
    """

    name: str
    fingerprint: Callable[[str], Any]
    likeness: Callable[[Any, Any], float]
    bound: float = 0.0
    missing: str = ""


def peers(cases: Cases, policy: ScoringPolicy) -> None:
    """Print how many clones and innocents each rule flags, and how many clones where few innocents may be."""
    named = [case for case in cases.clones if case.target is not None]
    plain = [case for case in named if "all rewritten" not in case.kind]
    moved = [case for case in named if "all rewritten" in case.kind]
    innocent = [case for case in cases.innocents if case.target is not None]
    print(f"\n{'':44} {'':>8} {'all addresses':>14} {'':>10} {'clones at 2 %':>14}")
    print(f"{'named cases by the rule of':44} {'clones':>8} {'rewritten':>14} {'innocents':>10} {'of innocents':>14}")
    flagged = [flagged_here(group, policy, good) for group, good in (
        (plain, Verdict.IMPERSONATION), (moved, Verdict.IMPERSONATION), (innocent, Verdict.UNKNOWN)
    )]  # fmt: skip
    print(row("this project, flagged", flagged))
    for peer in (dnstwist("ssdeep"), dnstwist("tlsh"), watcher()):
        if peer.missing:
            print(f"{peer.name:44} not judged: {peer.missing} is not installed")
            continue
        groups = [likenesses(peer, group, cases.captures) for group in (plain, moved, innocent)]
        bound = lowest_bound(groups[2])
        best = sum(value > bound for value in groups[0]) / len(groups[0])
        print(row(peer.name, [sum(v > peer.bound for v in group) / len(group) for group in groups], best))
    print(row("openSquat: label in name and in page", [mentions(group, cases) for group in (plain, moved, innocent)]))


def row(name: str, shares: Sequence[float], best: float | None = None) -> str:
    """One line of the table."""
    plain, moved, innocent = shares
    return f"{name:44} {plain:8.1%} {moved:14.1%} {innocent:10.2%} {'' if best is None else format(best, '.1%'):>14}"


def flagged_here(cases: Sequence[Case], policy: ScoringPolicy, good: Verdict) -> float:
    """The share of cases that this project flags."""
    return sum(outcome(case, policy, good)[0].flagged for case in cases) / len(cases)


def likenesses(peer: Peer, cases: Sequence[Case], captures: Sequence[Capture]) -> list[float]:
    """How alike each case's page is to the nearest page of its target that the case's index knows."""
    known = {(capture.url, capture.taken_at): capture.source for capture in captures}
    fingerprint = cache(peer.fingerprint)

    @cache
    def alike(source: str, original: str) -> float:
        pair = fingerprint(source), fingerprint(original)
        return -inf if None in pair else peer.likeness(*pair)

    found = []
    for case in cases:
        baselines = [case.index.baseline(number) for number in case.index.rows_of(case.target or "")]
        originals = [known[baseline.url, baseline.taken_at] for baseline in baselines]
        found.append(max((alike(case.source, original) for original in originals), default=-inf))
    return found


def lowest_bound(innocent: Sequence[float]) -> float:
    """The likeness above which at most two of a hundred innocents are."""
    allowed = int(MOST_INNOCENTS * len(innocent))
    return sorted(innocent, reverse=True)[allowed]


def mentions(cases: Sequence[Case], all_cases: Cases) -> float:
    """The share of cases whose page holds the outlet's label anywhere; that it stands in the name is given."""
    labels = {outlet.id: outlet.domain.partition(".")[0] for outlet in all_cases.outlets.values()}
    return sum(labels[case.target or ""] in case.source for case in cases) / len(cases)


def dnstwist(algorithm: str) -> Peer:
    """dnstwist's likeness of two pages with one of its two fuzzy hashes."""
    name = f"dnstwist --lsh {algorithm}: over 0 %"
    try:
        opener = importlib.import_module("dnstwist").UrlOpener
        library = importlib.import_module({"ssdeep": "ppdeep", "tlsh": "tlsh"}[algorithm])
    except ImportError as error:
        return _absent(name, error)

    def fingerprint(source: str) -> str | None:
        page = opener.__new__(opener)  # its constructor fetches; what is asked of it is its normalising of the content
        page.content = source.encode()
        found: str = library.hash(page._normalize())  # dnstwist has no public way to it
        return found if found not in {"", "TNULL", "3::"} else None

    def likeness(one: str, other: str) -> float:
        if algorithm == "ssdeep":
            return float(library.compare(one, other))
        return float(int(100 - min(library.diff(one, other), LARGEST_DIFFERENCE) / 3))

    return Peer(name=name, fingerprint=fingerprint, likeness=likeness)


def watcher() -> Peer:
    """Watcher's rule for content that has not changed; the smaller the difference, the nearer."""
    name = f"Watcher: TLSH differs by at most {WATCHERS_CHANGE}"
    try:
        tlsh = importlib.import_module("tlsh")
    except ImportError as error:
        return _absent(name, error)

    def fingerprint(source: str) -> str | None:
        found: str = tlsh.hash(source.encode())
        return found if found not in {"", "TNULL"} else None

    def likeness(one: str, other: str) -> float:
        return -float(tlsh.diffxlen(one, other))

    return Peer(name=name, fingerprint=fingerprint, likeness=likeness, bound=-WATCHERS_CHANGE - 1)


def _absent(name: str, error: ImportError) -> Peer:
    return Peer(name=name, fingerprint=str, likeness=lambda _one, _other: 0.0, missing=error.name or "its library")
