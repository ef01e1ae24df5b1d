"""Episodes, the part of the state machine that says when a site is served, when it is down, and when it is back. Pure.

``lifecycle.py``, which alone calls this, has the table of states, inputs and events on top.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from service.core.alerts import events
from service.core.facts.registration import RegistrationStatus
from service.core.model import Episode, Event, Failures, Judgement, Look, Lookalike, Site
from service.core.persistence.egress import gone_from
from service.core.persistence.rules import Rules
from service.core.states import Availability, Cause, Place, Verdict

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


@dataclass(frozen=True, slots=True)
class Scene:
    """A look at a site, before and after it was taken over."""

    before: Site
    site: Site
    look: Look
    rules: Rules


def failed_looks(site: Site, look: Look, judgements: tuple[Judgement, ...]) -> Failures | None:
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


def continued(scene: Scene, lookalike: Lookalike, judgement: Judgement | None) -> tuple[Lookalike, list[Event]]:
    """The lookalike with its episode opened, gone on or ended by the look, and what people are told of it."""
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


def _opened(scene: Scene, lookalike: Lookalike, judgement: Judgement) -> tuple[Lookalike, list[Event]]:
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
    scene: Scene, lookalike: Lookalike, current: Episode, judgement: Judgement
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
