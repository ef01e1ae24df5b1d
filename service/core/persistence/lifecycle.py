"""The one state machine: what becomes of a site when something happens to it. Pure.

Rule 1: everything that opens or ends an episode, changes a verdict, records a block or makes an event about a site is
decided in this file, and for episodes in ``episodes.py``, which nobody else calls; nowhere else. API, imports and
examinations all commit through ``pipeline/track.py``, which calls ``step``.

Rule 2: a look that the service's own vantage failed in changes nothing but the due time.

Rule 3: nothing is overwritten. Episodes and blocks are only added and closed; verdicts change with an event.

An episode per lookalike:

    state       input                                               next       event
    ----------  --------------------------------------------------  ---------  --------------------------------------
    none        look shows the content                              open       impersonation.confirmed
    none        the same, after a block and a look without it       open       impersonation.confirmed, site.resurfaced
    open        look shows the content                              open       impersonation.changed where it moved
    open        seized, sinkholed, or held by registrar or registry ended      site.down
    open        failed look, the third in a row from two resolvers  ended      site.down
    open        gone, the third look in a row                       ended      site.down
    open        content not seen for ``censor_after`` looks         censored   (none: absence is not proven)
    ended       look shows the content                              open       site.resurfaced

A failed look found no answer, no address, or nothing but parking or a hoster's suspension pages. Gone is what a
second egress does not see either, asked with the URL and the profile that showed it last; a challenge proves nothing.

A verdict by score only rises; it falls by evidence of innocence that the site cannot write, or by an analyst's word:

    unknown -> suspected -> impersonation          lookalike.suspected, impersonation.confirmed
    suspected | impersonation -> innocent          flag.withdrawn, naming the events that it takes back
    analyst's word whose ground has changed        verdict.stale, then judged again by score; a flag that the word left
                                                   falls with it only where the name was registered anew
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from service.core.alerts import events
from service.core.model import AnalystWord, Block, Event, Judgement, Look, Lookalike, Site, Target
from service.core.persistence import registration as periods
from service.core.persistence.blocks import ended_with_registration, observed_blocks, with_block
from service.core.persistence.episodes import Scene, continued, failed_looks
from service.core.persistence.inputs import BlockRecorded, Input, Looked, Step, Tick, VerdictGiven
from service.core.persistence.observations import observe
from service.core.persistence.rules import Rules
from service.core.persistence.schedule import next_due, urgency
from service.core.persistence.words import begins_anew, covered, lost_ground, sentence
from service.core.states import Availability, FirstSeenAs, Urgency, Verdict, WordScope

__all__ = ["Rules", "step"]


def step(site: Site, given: Input, now: datetime, rules: Rules) -> Step:
    """The state after ``given`` happened at ``now``, and what people are told of it."""
    match given:
        case Looked():
            after = _looked(site, given, rules)
        case BlockRecorded():
            after = _block_recorded(site, given.block, now)
        case VerdictGiven():
            after = _verdict_given(site, given.outlet, given.word)
        case Tick():
            after = Step(site=site)
    if after.site is site and not isinstance(given, Tick | Looked):
        return after  # entered a second time: nothing happened
    due_at = _due(after.site, given, now, rules)
    urgent = after.site.urgency
    if due_at <= now:
        # Somebody wants it now, perhaps while it was looked at.
        urgent = Urgency.NOW
    elif isinstance(given, Looked):
        urgent = urgency(after.site, now, rules.intervals)
    return replace(after, site=replace(after.site, due_at=due_at, urgency=urgent))


def _due(site: Site, given: Input, now: datetime, rules: Rules) -> datetime:
    if isinstance(given, BlockRecorded) or (isinstance(given, Tick) and given.wake):
        return min(site.due_at, now)
    if isinstance(given, Looked) and given.look.consensus is Availability.VANTAGE_FAILED:
        return now + rules.intervals.retry
    if isinstance(given, Looked) and given.claimed_until is not None and site.due_at < given.claimed_until:
        return site.due_at
    if isinstance(given, Looked):
        return next_due(site, now, rules.intervals)
    return site.due_at


# --- a look ----------------------------------------------------------------------------------------------------------


def _looked(before: Site, given: Looked, rules: Rules) -> Step:
    look = given.look
    if look.consensus is Availability.VANTAGE_FAILED:
        return Step(site=before)
    site = _absorb(before, look, given)
    told: list[Event] = []
    period = periods.changed(before.registration, look.registration)
    if period:
        told.append(events.about_site("site.reregistered", site, look.at, detail=period))
    site, observed = _observed_blocks(before, site, look, new_period=bool(period))
    told += observed
    site = replace(site, lookalikes=_with_found(site.lookalikes, given.judgements, look.at))
    lookalikes = []
    for lookalike in covered(site):
        judgement = next((j for j in given.judgements if j.outlet == lookalike.outlet), None)
        after, said = _judged(Scene(before, site, look, rules), lookalike, judgement)
        lookalikes.append(after)
        told += said
    site = replace(site, lookalikes=tuple(lookalikes))
    if told:
        site = replace(site, active_at=look.at)
    return Step(site=site, events=tuple(told))


def _absorb(site: Site, look: Look, given: Looked) -> Site:
    """Take over what the look saw, without deciding anything from it. What was not asked stays as it was."""
    unasked = look.consensus is Availability.NOT_CHECKED
    changed = not unasked and look.consensus is not site.availability
    asked = look.registration is not None
    registration = periods.better(site.registration, look.registration)
    return replace(
        site,
        availability=site.availability if unasked else look.consensus,
        availability_since=look.at if changed else site.availability_since,
        availability_reason=site.availability_reason if unasked else look.consensus_reason,
        active_at=look.at if changed or site.active_at is None else site.active_at,
        looked_at=look.at,
        failures=failed_looks(site, look, given.judgements),
        registration=registration,
        registration_asked_at=look.at if asked else site.registration_asked_at,
        pages_fetched_at=look.at if look.pages else site.pages_fetched_at,
        dns=look.dns,
        observation=observe(site.observation, look, given.judgements, registration),
        targets=_targets(site.targets, given.targets),
    )


def _targets(known: tuple[Target, ...], learnt: tuple[Target, ...]) -> tuple[Target, ...]:
    urls = {target.url for target in known}
    return (*known, *(target for target in learnt if target.url not in urls))


def _observed_blocks(before: Site, site: Site, look: Look, *, new_period: bool) -> tuple[Site, list[Event]]:
    told: list[Event] = []
    created = look.registration.created_at if look.registration is not None and new_period else None
    ended = list(ended_with_registration(site, created, look.at)) if created is not None else []
    over = {block.id for block in ended}
    seen = [block for block in observed_blocks(before, site, look) if block.id not in over]
    for block in (*ended, *seen):
        kind = "block.observed" if block.lifted_at is None else "block.lifted"
        site = replace(site, blocks=with_block(site.blocks, block))
        told.append(events.about_site(kind, site, look.at, key=block.id, detail=events.block_detail(block)))
    return site, told


def _with_found(known: tuple[Lookalike, ...], judgements: tuple[Judgement, ...], at: datetime) -> tuple[Lookalike, ...]:
    """Add outlets that the content alone pointed at."""
    outlets = {lookalike.outlet for lookalike in known}
    found = (j for j in judgements if j.outlet not in outlets and j.verdict.flagged)
    return (
        *known,
        *(
            Lookalike(outlet=j.outlet, technique=j.technique, name_score=0.0, distance=0, discovered_at=at)
            for j in found
        ),
    )


def _judged(scene: Scene, lookalike: Lookalike, judgement: Judgement | None) -> tuple[Lookalike, list[Event]]:
    lookalike, told = _announced(scene.site, lookalike, scene.look, scene.rules)
    if judgement is not None:
        lookalike, said = _verdict(scene.site, lookalike, judgement, scene.look.at)
        told += said
    lookalike, said = continued(scene, lookalike, judgement)
    return lookalike, told + said


# --- discovery and verdicts ------------------------------------------------------------------------------------------


def _announced(site: Site, lookalike: Lookalike, look: Look, rules: Rules) -> tuple[Lookalike, list[Event]]:
    told = []
    registration = site.registration
    dated = registration is not None and registration.created_at is not None
    if not lookalike.announced:
        seen_as = _first_seen_as(site, lookalike, rules)
        lookalike = replace(lookalike, announced=True, first_seen_as=seen_as)
        detail = {"source": site.source, "registration_status": registration.status.value if registration else None}
        told.append(events.about_site("lookalike.discovered", site, look.at, lookalike=lookalike, detail=detail))
        news = dated
    else:
        # The date became known only now, on an answer that came after the discovery.
        news = dated and look.registration is not None and lookalike.first_seen_as is FirstSeenAs.UNKNOWN
        if news:
            lookalike = replace(lookalike, first_seen_as=_first_seen_as(site, lookalike, rules))
    if news and registration is not None and lookalike.first_seen_as is FirstSeenAs.NEWLY_REGISTERED:
        detail = {"created_at": events.rfc3339(registration.created_at), "source": registration.source}
        told.append(events.about_site("lookalike.registered", site, look.at, lookalike=lookalike, detail=detail))
    return lookalike, told


def _first_seen_as(site: Site, lookalike: Lookalike, rules: Rules) -> FirstSeenAs:
    if site.registration is None or site.registration.created_at is None:
        absent = site.absent_at is not None and lookalike.discovered_at - site.absent_at < rules.new_window
        return FirstSeenAs.NEWLY_REGISTERED if absent else FirstSeenAs.UNKNOWN
    young = lookalike.discovered_at - site.registration.created_at < rules.new_window
    return FirstSeenAs.NEWLY_REGISTERED if young else FirstSeenAs.PREEXISTING


def _verdict(site: Site, lookalike: Lookalike, judged: Judgement, at: datetime) -> tuple[Lookalike, list[Event]]:
    word = lookalike.analyst
    changes = lost_ground(word, site) if word is not None else ()
    if word is not None and not changes:
        after = replace(
            lookalike, verdict=word.verdict, reason=sentence(word), score=judged.score, signals=judged.signals
        )
        return _flagged(site, lookalike, after, at)
    told: list[Event] = []
    if word is not None:
        lookalike = replace(lookalike, analyst=None)
        detail = events.word_detail(word) | {"changed": [change._asdict() for change in changes]}
        told.append(events.about_site("verdict.stale", site, at, lookalike=lookalike, detail=detail))
    rises = judged.verdict.rank > lookalike.verdict.rank
    falls = judged.verdict is Verdict.INNOCENT or begins_anew(changes)
    same = judged.verdict is lookalike.verdict
    if not (rises or falls or same or lookalike.verdict is Verdict.INNOCENT):
        # The content is gone or hides: what was seen stands, with the reasons for which it was flagged.
        return lookalike, told
    after = replace(lookalike, verdict=judged.verdict, score=judged.score, reason=judged.reason, signals=judged.signals)
    after, said = _flagged(site, lookalike, after, at)
    return after, told + said


def _flagged(site: Site, before: Lookalike, after: Lookalike, at: datetime) -> tuple[Lookalike, list[Event]]:
    """The events of a verdict that changed."""
    if after.verdict is before.verdict:
        return after, []
    if after.verdict.flagged:
        after = replace(after, flagged_at=before.flagged_at if before.verdict.flagged else at)
        confirmed = after.verdict is Verdict.IMPERSONATION
        kind = "impersonation.confirmed" if confirmed else "lookalike.suspected"
        event = events.about_site(kind, site, at, lookalike=after, detail=events.judgement_detail(after))
        return replace(after, flag_events=(*before.flag_events, event.id)), [event]
    if before.verdict.flagged:
        detail = {
            "withdrawn": before.verdict.value,
            "flagged_at": events.rfc3339(before.flagged_at),
            "reason": after.reason,
            "takes_back": list(before.flag_events),
        }
        after = replace(after, flagged_at=None, flag_events=())
        return after, [events.about_site("flag.withdrawn", site, at, lookalike=after, detail=detail)]
    return after, []


def _verdict_given(site: Site, outlet: str, word: AnalystWord) -> Step:
    """An analyst's word on one outlet's lookalike, or on all of the site's: it goes before what was said earlier."""
    told: list[Event] = []
    lookalikes = []
    for lookalike in site.lookalikes:
        after = lookalike
        if lookalike.outlet == outlet or word.scope is WordScope.NAME:
            after = replace(lookalike, verdict=word.verdict, reason=sentence(word), analyst=word)
            after, said = _flagged(site, lookalike, after, word.at)
            told += said
        lookalikes.append(after)
    return Step(site=replace(site, lookalikes=tuple(lookalikes), active_at=word.at), events=tuple(told))


# --- blocks ----------------------------------------------------------------------------------------------------------


def _block_recorded(site: Site, block: Block, now: datetime) -> Step:
    known = next((b for b in site.blocks if b.id == block.id), None)
    if known == block:
        return Step(site=site)
    site = replace(site, blocks=with_block(site.blocks, block), active_at=now)
    lifted = block.lifted_at is not None
    kinds = [] if known else ["block.recorded" if block.reported else "block.observed"]
    if lifted and (known is None or known.lifted_at is None):
        kinds.append("block.lifted")
    detail = events.block_detail(block)
    return Step(
        site=site, events=tuple(events.about_site(kind, site, now, key=block.id, detail=detail) for kind in kinds)
    )
