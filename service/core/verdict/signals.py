"""Named signals: what a look shows, each with its value, weight and evidence in words.

No signal counts against another. What a site serves can only add to its score; an absent signal adds nothing.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from service.core.facts.age import age_in_words
from service.core.facts.cloaking import cloaking
from service.core.model import Lookalike, Outlet, Signal
from service.core.states import Technique
from service.core.verdict.lists import within
from service.core.verdict.ownership import certificates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.core.facts.age import Age
    from service.core.facts.page import FetchedPage
    from service.core.verdict.likeness import Measures
    from service.core.verdict.policy import Ages, ScoringPolicy, Weights

CONTENT = frozenset(
    {
        "structure", "classes", "asset_paths", "asset_hosts", "links", "canonical", "brand", "favicon", "text",
        "identifiers", "foreign_identifiers", "frame", "language", "url_shape",
    }
)  # fmt: skip
"""Signals that come from the content of one page."""

TIES = ("links", "asset_hosts", "canonical", "favicon", "identifiers")
"""Signals of things that belong to the outlet alone. Each is independent of how the page is built."""

NAME_IN_WORDS = {
    Technique.TLD_SWAP: "the outlet's label under another suffix",
    Technique.SLD_SUFFIX: "the outlet's label under a suffix of several labels that is not the outlet's",
    Technique.ADDITION: "the outlet's label with a character before or behind it",
    Technique.OMISSION: "the outlet's label without one of its characters",
    Technique.REPLACEMENT: "the outlet's label with a character replaced",
    Technique.INSERTION: "the outlet's label with a character put in",
    Technique.TRANSPOSITION: "the outlet's label with two neighbouring characters exchanged",
    Technique.REPETITION: "the outlet's label with a character doubled",
    Technique.HYPHENATION: "the outlet's label with hyphens put in or left out",
    Technique.HOMOGLYPH: "the outlet's label written with characters that look alike",
    Technique.IDN: "the outlet's label written with accents or letters of other scripts",
    Technique.VOWEL_SWAP: "the outlet's label with a vowel exchanged",
    Technique.PLURAL: "the outlet's label in the plural",
    Technique.BITSQUAT: "the outlet's label with one bit of a character changed",
    Technique.JOINED_SUFFIX: "the outlet's label joined with its suffix or with www",
    Technique.COMBOSQUAT: "the outlet's label joined with other words",
    Technique.SUBDOMAIN: "the outlet's name as part of a host name below another domain",
    Technique.COMBINED: "the outlet's label changed in more than one way, another suffix counted as one",
    Technique.UNRELATED: "like no outlet's",
}
"""What a name is to the outlet's, as people say it."""


def days_old(age: Age, now: datetime) -> int | None:
    """Whole days that the name is old at most; dates in the future count as today; None where nothing bounds it."""
    return None if age.since is None else max(0, (now - age.since).days)


def name_signals(lookalike: Lookalike | None, weights: Weights) -> list[Signal]:
    """The name's likeness, where there is one."""
    if lookalike is None or lookalike.name_score <= 0:
        return []
    technique = lookalike.technique
    edits = f", {lookalike.distance} edits" if technique is Technique.COMBINED and lookalike.distance > 1 else ""
    shown = f"the name is {NAME_IN_WORDS[technique]} ({technique.value}{edits})"
    return [Signal(name="technique", value=_unit(lookalike.name_score), weight=weights.technique, evidence=shown)]


def age_signals(age: Age, now: datetime, weights: Weights, ages: Ages) -> list[Signal]:
    """How new the name is: in full while fresh, fading to nothing when settled. Unknown age adds nothing."""
    days = days_old(age, now)
    shown = age_in_words(age, now, timedelta(days=ages.new))
    if days is None:
        return [Signal(name="age", value=0.0, weight=0.0, evidence=shown)]
    fading = max(1, ages.settled - ages.fresh)
    value = _unit(1 - (days - ages.fresh) / fading)
    return [Signal(name="age", value=value, weight=weights.age, evidence=f"{_days(days)} old; {shown}")]


def page_signals(measures: Measures, weights: Weights) -> list[Signal]:
    """One signal per measure of a page."""
    known = {field.name for field in fields(weights)}
    return [
        Signal(name=name, value=measure.value, weight=getattr(weights, name), evidence=measure.evidence)
        for name, measure in measures.items()
        if name in known
    ]


def look_signals(
    outlet: Outlet,
    pages: Sequence[FetchedPage],
    now: datetime,
    policy: ScoringPolicy,
) -> list[Signal]:
    """What the look as a whole shows of one outlet: certificate, cloaking, redirects to the outlet."""
    found = [*_certificate(outlet, pages, now, policy), *_cloaking(pages, policy.weights)]
    leads = redirects_to(outlet, pages)
    if leads is not None:
        shown = f"{leads.target} redirects to {leads.final_url} (seen as {leads.profile})"
        found.append(Signal(name="redirect", value=1.0, weight=policy.weights.redirect, evidence=shown))
    return found


def redirects_to(outlet: Outlet, pages: Sequence[FetchedPage]) -> FetchedPage | None:
    """A chain that began elsewhere and ended on one of the outlet's own domains."""
    own = outlet.confirmed_domains
    return next((f for f in pages if within(host_of(f.final_url), own) and not within(host_of(f.target), own)), None)


def host_of(url: str) -> str:
    """The host of a URL, empty where it has none."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""


def _certificate(outlet: Outlet, pages: Sequence[FetchedPage], now: datetime, policy: ScoringPolicy) -> list[Signal]:
    shown = next((tls for tls in certificates(pages) if not _own(tls.names, outlet)), None)
    if shown is None:
        return []
    found = []
    if shown.not_before is not None and 0 <= (now - shown.not_before).days < policy.ages.certificate:
        evidence = f"its certificate is {_days((now - shown.not_before).days)} old"
        found.append(
            Signal(name="certificate_age", value=1.0, weight=policy.weights.certificate_age, evidence=evidence)
        )
    label = outlet.domain.partition(".")[0]
    foreign = [name for name in shown.names if not within(name.removeprefix("*."), outlet.confirmed_domains)]
    alike = sorted({name for name in foreign if label in name.split(".")})
    if len({name.removeprefix("*.").removeprefix("www.") for name in alike}) > 1:
        evidence = f"its certificate also covers {', '.join(alike[:4])}"
        weight = policy.weights.certificate_names
        found.append(Signal(name="certificate_names", value=1.0, weight=weight, evidence=evidence))
    return found


def _own(names: Sequence[str], outlet: Outlet) -> bool:
    return all(within(name.removeprefix("*."), outlet.confirmed_domains) for name in names)


def _cloaking(pages: Sequence[FetchedPage], weights: Weights) -> list[Signal]:
    found = cloaking(pages)
    if not found.grade:
        return []
    evidence = f"{' and '.join(found.profiles)} are shown different things at {found.target}: {'; '.join(found.what)}"
    return [Signal(name="cloaking", value=_unit(found.grade), weight=weights.cloaking, evidence=evidence)]


def _unit(value: float) -> float:
    return min(1.0, max(0.0, value))


def _days(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"
