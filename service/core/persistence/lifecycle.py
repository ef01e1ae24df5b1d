"""The one state machine: what becomes of a site when something happens to it. Pure.

Rule 1: everything that opens or ends an episode, changes a verdict, records a block or makes an event about a site is
decided in this file and nowhere else. API, imports and examinations all commit through ``pipeline/track.py``,
which calls ``step``.

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

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from service.core.alerts import events
from service.core.facts.registration import RegistrationStatus
from service.core.model import (
    AnalystWord,
    Availability,
    Block,
    Cause,
    Episode,
    Event,
    Failures,
    FirstSeenAs,
    Judgement,
    Look,
    Lookalike,
    Place,
    Site,
    Target,
    Urgency,
    Verdict,
    WordScope,
)
from service.core.persistence import registration as periods
from service.core.persistence.blocks import ended_with_registration, observed_blocks, with_block
from service.core.persistence.egress import gone_from
from service.core.persistence.inputs import BlockRecorded, Input, Looked, Step, Tick, VerdictGiven
from service.core.persistence.observations import observe
from service.core.persistence.schedule import Intervals, next_due, urgency
from service.core.persistence.words import begins_anew, covered, lost_ground, sentence

_FAILED = frozenset(
    {
        Availability.NXDOMAIN,
        Availability.NO_ADDRESS,
        Availability.SERVFAIL,
        Availability.UNREACHABLE,
        Availability.PARKED,
    }
)
_DECISIVE = frozenset({Availability.SEIZED, Availability.SINKHOLED})
_TAKES_DOWN = frozenset({Place.REGISTRAR, Place.REGISTRY, Place.HOST, Place.SEIZURE})
_RANK = {Verdict.UNKNOWN: 0, Verdict.INNOCENT: 0, Verdict.SUSPECTED: 1, Verdict.IMPERSONATION: 2}


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """The figures of the state machine.

    ``down_looks`` failed looks in a row seen by ``down_resolvers`` resolvers end an episode; where fewer resolvers are
    configured, twice as many looks. ``censor_after`` looks without the content, over ``censor_span``, censor it.
    ``new_window``: a registration younger than this on discovery is new. A confirmed name's siblings are asked for once
    in ``siblings_cooldown`` for each outlet and label, and for ``siblings_daily`` labels of an outlet on a day.
    """

    down_looks: int = 3
    down_resolvers: int = 2
    censor_after: int = 3
    censor_span: timedelta = timedelta(days=2)
    new_window: timedelta = timedelta(days=90)
    siblings_cooldown: timedelta = timedelta(days=7)
    siblings_daily: int = 50
    intervals: Intervals = field(default_factory=Intervals)


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


@dataclass(frozen=True, slots=True)
class _Scene:
    """A look at a site, before and after it was taken over."""

    before: Site
    site: Site
    look: Look
    rules: Rules


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
        after, said = _judged(_Scene(before, site, look, rules), lookalike, judgement)
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
        failures=_failures(site, look, given.judgements),
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


def _failures(site: Site, look: Look, judgements: tuple[Judgement, ...]) -> Failures | None:
    """Failed looks in a row. The service's own vantages that answered at all are the witnesses.

    Content that is gone is witnessed by the egresses that asked for it.
    """
    before = site.failures
    if look.consensus is Availability.NOT_CHECKED:
        return before
    witnesses = frozenset(
        answers.vantage
        for answers in look.dns.answers
        if look.availability.get(answers.vantage) is not Availability.VANTAGE_FAILED
    )
    if look.consensus not in _FAILED and not look.suspended:
        witnesses = gone_from(site, look, judgements)
    if not witnesses:
        return None
    if before is None:
        return Failures(count=1, since=look.at, resolvers=witnesses)
    return Failures(count=before.count + 1, since=before.since, resolvers=before.resolvers | witnesses)


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


def _judged(scene: _Scene, lookalike: Lookalike, judgement: Judgement | None) -> tuple[Lookalike, list[Event]]:
    lookalike, told = _announced(scene.site, lookalike, scene.look, scene.rules)
    if judgement is not None:
        lookalike, said = _verdict(scene.site, lookalike, judgement, scene.look.at)
        told += said
    lookalike, said = _episode(scene, lookalike, judgement)
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
    rises = _RANK[judged.verdict] > _RANK[lookalike.verdict]
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


# --- episodes --------------------------------------------------------------------------------------------------------


def _episode(scene: _Scene, lookalike: Lookalike, judgement: Judgement | None) -> tuple[Lookalike, list[Event]]:
    site, look = scene.site, scene.look
    current = lookalike.open_episode
    if judgement is not None and judgement.shows_content and lookalike.verdict is Verdict.IMPERSONATION:
        if current is None:
            return _opened(scene, lookalike, judgement)
        return _seen_again(scene, lookalike, current, judgement)
    if current is None:
        return lookalike, []
    ended = _ended(site, current, look, scene.rules)
    if ended is None:
        return lookalike, []
    after = replace(lookalike, episodes=(*lookalike.episodes[:-1], ended))
    if ended.censored:
        return after, []
    detail = events.episode_detail(ended) | {"blocks": [block.place.value for block in site.blocks_in_force]}
    return after, [events.about_site("site.down", site, look.at, lookalike=after, detail=detail)]


def _opened(scene: _Scene, lookalike: Lookalike, judgement: Judgement) -> tuple[Lookalike, list[Event]]:
    """A new episode; one that follows on a down episode, or on a block after which a look saw nothing, resurfaces."""
    site, at = scene.site, scene.look.at
    url, profile = judgement.content_at or ("", "")
    episode = Episode(number=len(lookalike.episodes) + 1, began_at=at, last_seen_at=at, url=url, profile=profile)
    after = replace(lookalike, episodes=(*lookalike.episodes, episode))
    looked = scene.before.looked_at
    blocked = [block for block in site.blocks if looked is not None and block.effective_from <= looked]
    down = next((e.ended_at for e in reversed(lookalike.episodes) if not e.censored), None)
    if down is None and not blocked:
        return after, []
    detail = events.episode_detail(episode) | {
        "down_since": events.rfc3339(down),
        "after_blocks": [block.place.value for block in blocked],
    }
    return after, [events.about_site("site.resurfaced", site, at, lookalike=after, detail=detail)]


def _seen_again(
    scene: _Scene, lookalike: Lookalike, current: Episode, judgement: Judgement
) -> tuple[Lookalike, list[Event]]:
    url, profile = judgement.content_at or (current.url, current.profile)
    seen = replace(current, last_seen_at=scene.look.at, url=url, profile=profile)
    after = replace(lookalike, episodes=(*lookalike.episodes[:-1], seen))
    moves = _moves(scene.before, scene.site)
    if not moves:
        return after, []
    return after, [events.about_site("impersonation.changed", scene.site, scene.look.at, lookalike=after, detail=moves)]


def _moves(before: Site, after: Site) -> dict[str, list[str]]:
    """What of the hosting changed between two looks that both had answers."""
    if before.dns is None or after.dns is None:
        return {}
    old, new = before.dns.own, after.dns.own
    moves = {}
    for kind in ("addresses", "nameservers"):
        was, is_now = getattr(old, kind), getattr(new, kind)
        if was and is_now and was != is_now:
            moves[f"{kind}_before"], moves[f"{kind}_after"] = list(was), list(is_now)
    return moves


def _ended(site: Site, current: Episode, look: Look, rules: Rules) -> Episode | None:
    held = site.registration is not None and site.registration.held and look.consensus is Availability.NXDOMAIN
    if look.consensus in _DECISIVE or held:
        return replace(current, ended_at=look.at, cause=Cause.BLOCKED)
    if site.failures is not None:
        if not _enough(site.failures, rules):
            return None
        return replace(
            current, ended_at=max(site.failures.since, current.last_seen_at), cause=_cause(site, current, look)
        )
    unseen = site.observation
    span = look.at - current.last_seen_at
    if unseen is not None and unseen.count >= rules.censor_after and span >= rules.censor_span:
        return replace(current, ended_at=current.last_seen_at, cause=Cause.UNKNOWN, censored=True)
    return None


def _enough(failures: Failures, rules: Rules) -> bool:
    enough = rules.down_looks if len(failures.resolvers) >= rules.down_resolvers else 2 * rules.down_looks
    return failures.count >= enough


def _cause(site: Site, current: Episode, look: Look) -> Cause:
    """A block counts that came while it was served and that can take a site down; one that it outlived does not."""
    if any(b.place in _TAKES_DOWN and current.began_at <= b.effective_from <= look.at for b in site.blocks_in_force):
        return Cause.BLOCKED
    registration = site.registration
    if registration is not None:
        gone = registration.status is RegistrationStatus.NOT_FOUND
        over = registration.expires_at is not None and registration.expires_at <= look.at
        if gone or over:
            return Cause.EXPIRED
    if look.consensus in (Availability.PARKED, Availability.NO_ADDRESS) or look.consensus not in _FAILED:
        return Cause.ABANDONED
    return Cause.UNKNOWN


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
