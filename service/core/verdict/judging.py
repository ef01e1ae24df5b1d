"""From one look to one verdict per outlet, with the reason and every signal that it rests on. Pure.

What decides, in this order:

1. innocent: evidence that neither the site nor a third party can write (``ownership.py``);
2. an analyst's word, while what it rests on holds;
3. impersonation: the score, and content of at least two independent kinds: the outlet's form (structure, class names,
   paths) with things of the outlet's (links, assets, identifiers, icon, text), or with its masthead under a lookalike
   name. Never name and age alone;
4. suspected: some of the same; a root that redirects to the outlet without evidence of ownership; an outlet's exact
   label, newly registered and without content yet. A parking page, a default page, an empty answer, an error, a missing
   address and a challenge are all "without content yet": clones are parked before they go live. A name that does not
   exist in DNS deceives nobody yet. Another site's own content is content, and nobody is suspected for a name alone
   once there is some;
5. unknown: everything else, watched on.

This judges one look. That a flag stands while the content hides is the state machine's business.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from service.core.facts.age import Age, age_of, dated_facts, newly_registered
from service.core.facts.page import FetchedPage
from service.core.facts.registration import Registration, RegistrationStatus
from service.core.model import Judgement, Look, Lookalike, Outlet, Signal, Site
from service.core.persistence.registration import better
from service.core.persistence.words import lost_ground, sentence
from service.core.states import Availability, Technique, Verdict
from service.core.verdict import signals as named
from service.core.verdict.lists import within
from service.core.verdict.ownership import claims_name_servers, innocence
from service.core.verdict.policy import Bounds, ScoringPolicy

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from service.core.verdict.likeness import BaselineIndex, Comparison, Measures

EXACT = frozenset({Technique.TLD_SWAP, Technique.SLD_SUFFIX})
"""Techniques that keep the outlet's label unchanged."""

NEAREST = 3
"""Outlets that a page's content alone is judged against: a copy of one is nearest to it by far."""

_WITHOUT_CONTENT = frozenset(
    {
        Availability.PARKED,
        Availability.CONTENT_NOT_SEEN,
        Availability.CHALLENGED,
        Availability.UNREACHABLE,
        Availability.NO_ADDRESS,
        Availability.SERVFAIL,
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Case:
    """One site before one outlet."""

    site: Site
    look: Look
    outlet: Outlet
    lookalike: Lookalike | None
    age: Age
    registration: Registration | None
    policy: ScoringPolicy

    @property
    def resembles(self) -> bool:
        """Whether the name itself looks like the outlet's."""
        return self.lookalike is not None and self.lookalike.technique is not Technique.UNRELATED

    @property
    def exact(self) -> bool:
        return self.lookalike is not None and self.lookalike.technique in EXACT

    @property
    def new(self) -> bool:
        """Newly registered for certain; unknown age is neutral."""
        return newly_registered(self.age, self.look.at, timedelta(days=self.policy.ages.new)) is True

    @property
    def settled(self) -> bool:
        """There for so long, for certain, that its age speaks for nothing any more."""
        return newly_registered(self.age, self.look.at, timedelta(days=self.policy.ages.settled)) is False


@dataclass(frozen=True, kw_only=True, slots=True)
class _Seen:
    """The page that shows most of an outlet's content, and what of it. ``verdict`` as far as content goes."""

    fetched: FetchedPage | None = None
    signals: tuple[Signal, ...] = ()
    verdict: Verdict = Verdict.UNKNOWN
    reason: str = ""


def judge(
    *,
    site: Site,
    look: Look,
    outlets: Sequence[Outlet],
    index: BaselineIndex,
    policy: ScoringPolicy,
    age: Age | None = None,
    sent_to_by_outlets: Collection[str] = (),
) -> tuple[Judgement, ...]:
    """One judgement per lookalike of the site whose outlet is watched, and per outlet that content alone gives away.

    ``age`` is the earliest credible bound; without it the registration's own date counts. ``sent_to_by_outlets`` are
    hosts that outlets' own sites redirect to. Ages are counted up to ``look.at``. Never raises for what a site serves.
    """
    registration = better(site.registration, look.registration)
    age = age if age is not None else _registered(registration, look)
    comparisons = _compare(look, outlets, index)
    lookalikes = {lookalike.outlet: lookalike for lookalike in site.lookalikes}
    owner = next((o for o in outlets if within(site.host, o.confirmed_domains)), None)
    found = []
    for outlet in _against(outlets, lookalikes, comparisons, own=owner is not None):
        case = _Case(
            site=site,
            look=look,
            outlet=outlet,
            lookalike=lookalikes.get(outlet.id),
            age=age,
            registration=registration,
            policy=policy,
        )
        judgement = _judge_one(case, comparisons, owner or outlet, sent_to_by_outlets)
        if case.lookalike is not None or judgement.verdict is Verdict.IMPERSONATION:
            found.append(judgement)
    return tuple(found)


NOTHING = 0.005
"""A signal's share of the score that is not worth a sentence: it would be printed as +0.00."""


def explain(judgement: Judgement) -> list[str]:
    """The judgement in sentences, what weighs most first; what adds nothing is left out, but for the age."""
    lines = [f"{judgement.verdict.value}: {judgement.reason} (score {judgement.score:.2f})"]
    counted = (one for one in judgement.signals if one.value * one.weight >= NOTHING or one.name == "age")
    weightiest = sorted(counted, key=lambda one: (-one.value * one.weight, one.name))
    lines += [f"{one.name.replace('_', ' ')} +{one.value * one.weight:.2f}: {one.evidence}" for one in weightiest]
    return lines


def _registered(registration: Registration | None, look: Look) -> Age:
    """What the registry's answer alone says of the age."""
    if registration is None:
        return Age(reason="the registry was not asked")
    facts = dated_facts(registration)
    return age_of(facts, look.at) if facts else Age(reason=f"the registry says {registration.status.value}")


def _compare(look: Look, outlets: Sequence[Outlet], index: BaselineIndex) -> list[tuple[FetchedPage, Comparison]]:
    """Every page with facts that is not an outlet's own, beside the baselines. Equal bodies at one URL count once."""
    own = [domain for outlet in outlets for domain in outlet.confirmed_domains]
    compared: dict[tuple[str, str], tuple[FetchedPage, Comparison]] = {}
    for fetched in look.pages:
        if fetched.page is None or within(named.host_of(fetched.final_url), own):
            continue
        key = (fetched.final_url, fetched.body_sha256 or f"{fetched.target} {fetched.profile}")
        if key not in compared:
            compared[key] = (fetched, index.compare(fetched, fetched.page))
    return list(compared.values())


def _against(
    outlets: Sequence[Outlet],
    lookalikes: Collection[str],
    comparisons: Iterable[tuple[FetchedPage, Comparison]],
    *,
    own: bool,
) -> list[Outlet]:
    """Outlets to judge: those of the name, and those whose content this could be (not on an outlet's own site)."""
    near = set() if own else {outlet for _, comparison in comparisons for outlet in comparison.nearest(NEAREST)}
    return [outlet for outlet in outlets if outlet.id in near or outlet.id in lookalikes]


def _judge_one(
    case: _Case, comparisons: Sequence[tuple[FetchedPage, Comparison]], owner: Outlet, sent_to: Collection[str]
) -> Judgement:
    seen = _most_content(case, comparisons)
    signals = _all_signals(case, seen)
    score = min(1.0, sum(signal.value * signal.weight for signal in signals))
    innocent = innocence(
        case.site.host,
        owner,
        dns=case.look.dns,
        registration=case.registration,
        pages=case.look.pages,
        sent_to_by_outlets=sent_to,
    )
    verdict, reason = _verdict(case, seen, score, innocent)
    shows = innocent is None and _shows(case, seen, score)
    at = (seen.fetched.target, seen.fetched.profile) if shows and seen.fetched is not None else None
    return Judgement(
        outlet=case.outlet.id,
        technique=case.lookalike.technique if case.lookalike is not None else Technique.UNRELATED,
        verdict=verdict,
        score=round(score, 4),
        reason=reason,
        signals=tuple(signals),
        shows_content=shows,
        content_at=at,
    )


def _all_signals(case: _Case, seen: _Seen) -> list[Signal]:
    policy, look = case.policy, case.look
    return [
        *named.name_signals(case.lookalike, policy.weights),
        *named.age_signals(case.age, look.at, policy.weights, policy.ages),
        *seen.signals,
        *named.look_signals(case.outlet, look.pages, look.at, policy),
    ]


def _most_content(case: _Case, comparisons: Sequence[tuple[FetchedPage, Comparison]]) -> _Seen:
    """The page with the gravest verdict by content, of equals the one with most."""
    best, rank = _Seen(), (-1, -1.0)
    for fetched, comparison in comparisons:
        if case.outlet.id not in comparison.index.outlets:
            continue  # put on the list after the index was built
        if not case.resembles and not within(named.host_of(fetched.final_url), (case.site.domain,)):
            continue  # a redirector with a name of its own is no lookalike of what it leads to
        measures = comparison.measures(case.outlet.id)
        verdict, reason = _by_content(case, measures)
        found = tuple(named.page_signals(measures, case.policy.weights))
        weight = sum(signal.value * signal.weight for signal in found)
        order = (Verdict.UNKNOWN, Verdict.SUSPECTED, Verdict.IMPERSONATION).index(verdict)
        if (order, weight) > rank:
            best = _Seen(fetched=fetched, signals=found, verdict=verdict, reason=reason)
            rank = (order, weight)
    return best


def form_of(measures: Measures) -> float:
    """How much the page is built like the outlet's, 0 to 1."""
    value = {
        name: measures[name].value if name in measures else 0.0 for name in ("structure", "classes", "asset_paths")
    }
    return max(value["structure"], 0.5 * value["classes"] + 0.5 * max(value["structure"], value["asset_paths"]))


def ties_of(measures: Measures, bounds: Bounds) -> int:
    """How many kinds of things the page has that belong to the outlet alone."""
    return sum(1 for name in named.TIES if name in measures and measures[name].value >= bounds.tie)


def _by_content(case: _Case, measures: Measures) -> tuple[Verdict, str]:
    """The verdict as far as one page's content goes; it only rises with what the page holds.

    Form alone is never enough: groups share a system, and themes are sold to anybody. Text is no tie: what a group's
    sites share is in it, and agencies' reports are everywhere. Identifiers tie a page to the outlet's publisher: where
    it names nothing of the outlet, it may be another paper of the same house.
    """
    bounds, name, domain = case.policy.bounds, case.outlet.name, case.outlet.domain
    form, ties = form_of(measures), ties_of(measures, bounds)
    carried = "identifiers" in measures and measures["identifiers"].value >= bounds.tie
    things = ties - carried
    brand, text = (measures[kind].value if kind in measures else 0.0 for kind in ("brand", "text"))
    masthead, copied, built = brand >= bounds.brand, text >= bounds.tie, form >= bounds.form
    labelled = brand >= bounds.label
    points = "canonical" in measures and measures["canonical"].value >= bounds.tie
    alike = case.resembles
    rising = alike and not case.settled
    impersonation = (
        (
            built and (masthead or (labelled and copied)),
            f"the page is built like {domain}'s and calls itself {name}",
        ),
        (
            built and (ties > 1 or (ties > 0 and brand > 0) or points or (rising and things > 0)),
            f"the page is built like {domain}'s and carries what is {name}'s alone",
        ),
        (labelled and points, f"the page calls itself {name} and gives its address as {domain}'s"),
        (rising and labelled and carried, f"the page calls itself {name} and carries {name}'s own identifiers"),
        (
            rising and masthead and copied and form >= bounds.form_slight,
            f"the page calls itself {name}, holds its texts and is built in part like {domain}'s",
        ),
        (
            masthead and ties > (0 if rising else 1),
            f"the page calls itself {name} and carries what is {name}'s alone",
        ),
        (ties > (1 if rising else 2), f"the page carries several things that are {name}'s alone"),
    )
    suspected = (
        (
            form >= bounds.form_slight and (things > 0 or masthead or (rising and (carried or labelled))),
            f"the page is built in part like {domain}'s",
        ),
        (ties > 1 or (alike and (points or (ties > 0 and brand > 0))), f"the page carries what is {name}'s alone"),
        (alike and case.new and ties > 0, f"newly registered, and the page carries what is {name}'s alone"),
        (alike and case.new and masthead, f"newly registered, and the page calls itself {name}"),
        (alike and case.new and built and copied, f"newly registered, and the page is built like {domain}'s"),
        (rising and "frame" in measures, f"the page shows {domain} in a frame"),
    )
    for verdict, rules in ((Verdict.IMPERSONATION, impersonation), (Verdict.SUSPECTED, suspected)):
        reason = next((reason for holds, reason in rules if holds), None)
        if reason is not None:
            return verdict, reason
    return Verdict.UNKNOWN, ""


def _verdict(case: _Case, seen: _Seen, score: float, innocent: str | None) -> tuple[Verdict, str]:
    if innocent is not None:
        return Verdict.INNOCENT, innocent
    word = case.lookalike.analyst if case.lookalike is not None else None
    now = replace(case.site, registration=case.registration, dns=case.look.dns)
    if word is not None and not lost_ground(word, now):
        return word.verdict, sentence(word)
    bounds = case.policy.bounds
    if seen.verdict is Verdict.IMPERSONATION and score >= bounds.impersonation_score:
        return Verdict.IMPERSONATION, seen.reason
    if seen.verdict.flagged and score >= bounds.suspected_score:
        return Verdict.SUSPECTED, seen.reason
    return _by_name(case)


def _by_name(case: _Case) -> tuple[Verdict, str]:
    """What name, age and redirects say where the content says nothing."""
    outlet, look = case.outlet, case.look
    redirects = named.redirects_to(outlet, look.pages) is not None
    owned = claims_name_servers(outlet, look.dns, case.registration)
    if case.resembles and redirects and not case.settled and not owned:
        return Verdict.SUSPECTED, f"it redirects to {outlet.domain} without evidence that {outlet.name} owns it"
    gone = case.registration is not None and case.registration.status is RegistrationStatus.NOT_FOUND
    if case.exact and case.new and not gone and look.consensus in _WITHOUT_CONTENT:
        return (
            Verdict.SUSPECTED,
            f"the outlet's own label, newly registered, without content yet ({look.consensus.value})",
        )
    if look.consensus is Availability.LIVE:
        return Verdict.UNKNOWN, "its content is not the outlet's"
    return Verdict.UNKNOWN, f"nothing of the outlet's seen ({look.consensus.value})"


def _shows(case: _Case, seen: _Seen, score: float) -> bool:
    """Whether this look itself saw the impersonation served.

    Where an analyst or an earlier look already said impersonation, content that alone would be suspected shows it too.
    """
    bounds = case.policy.bounds
    if seen.verdict is Verdict.IMPERSONATION and score >= bounds.impersonation_score:
        return True
    known = case.lookalike is not None and case.lookalike.verdict is Verdict.IMPERSONATION
    return known and seen.verdict.flagged and score >= bounds.suspected_score
