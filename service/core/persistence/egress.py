"""Asking again from a second egress: what tells content that is gone from content that hides from us. Pure.

A page that was fetched from the second egress carries its profile's name with ``@second`` behind it, so that grades,
observations and evidence say from where it was seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from service.core.model import Episode, Judgement, Look, Site
from service.core.states import Availability

SECOND = "second"
_MARK = f"@{SECOND}"


def from_second(profile: str) -> str:
    """How a profile is called when the second egress uses it."""
    return profile if profile.endswith(_MARK) else profile + _MARK


def base_profile(profile: str) -> str:
    """The profile's own name, whatever egress used it."""
    return profile.removesuffix(_MARK)


def unseen(site: Site, judgements: Iterable[Judgement]) -> Iterator[Episode]:
    """Open episodes whose content a look did not show."""
    shown = {judgement.outlet for judgement in judgements if judgement.shows_content}
    for lookalike in site.lookalikes:
        if lookalike.open_episode is not None and lookalike.outlet not in shown:
            yield lookalike.open_episode


def gone_from(site: Site, look: Look, judgements: Iterable[Judgement]) -> frozenset[str]:
    """The egresses that asked for the content with the URL and profile that showed it last, and got other answers.

    Empty unless that holds for every open episode from both egresses: what one alone does not see may hide from it, and
    a challenge hides everything.
    """
    judged = tuple(judgements)
    open_episodes = [lookalike.open_episode for lookalike in site.lookalikes if lookalike.open_episode is not None]
    lost = list(unseen(site, judged))
    if not lost or len(lost) < len(open_episodes) or look.consensus is Availability.CHALLENGED:
        return frozenset()
    witnesses = [_witnesses(episode, look) for episode in lost]
    both = frozenset({"direct", SECOND})
    return both if all(found == both for found in witnesses) else frozenset()


def _witnesses(episode: Episode, look: Look) -> frozenset[str]:
    """From where the episode's own page was answered in this look."""
    return frozenset(
        SECOND if page.profile.endswith(_MARK) else "direct"
        for page in look.pages
        if page.target == episode.url and base_profile(page.profile) == base_profile(episode.profile) and page.answered
    )
