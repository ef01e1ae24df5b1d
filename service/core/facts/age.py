"""How old a name is: a set of dated evidence, each with its source, and the bounds that follow from it.

A registry's date says when the present registration began. Where there is none, a name is at most as young as our own
last proof that it was absent, and at least as old as the first time anybody saw it. Nothing is guessed: what neither
bound tells is unknown, and the answer says so in words.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import timedelta

    from service.core.facts.registration import Registration


class AgeSource(StrEnum):
    """Where a piece of evidence comes from, in the order in which equal dates are believed."""

    REGISTRATION = "registration"
    CERTIFICATE = "certificate"
    FEED = "feed"
    RESOLVED = "resolved"
    CHANGED = "changed"
    ABSENT = "absent"


_WORDS = {
    AgeSource.REGISTRATION: "registered on {day} by the registry's own date",
    AgeSource.CERTIFICATE: "a certificate named it on {day}",
    AgeSource.FEED: "a list of names held it on {day}",
    AgeSource.RESOLVED: "it resolved on {day}",
    AgeSource.CHANGED: "the registry last changed its entry on {day}",
    AgeSource.ABSENT: "it did not resolve on {day}",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class DatedFact:
    """One dated fact about a name.

    ``at`` is when the fact held: the name was registered (REGISTRATION), existed (all others) or was absent (ABSENT, a
    complete sweep) at that moment. ``known_from`` is when it could first be known to anybody, ``observed_at`` when the
    service learnt of it. ``detail`` names the registry, log or list.
    """

    source: AgeSource
    at: datetime
    known_from: datetime
    observed_at: datetime
    detail: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Age:
    """The bounds on when a name's present life began: not before the one, not after the other. None: no such bound.

    ``source`` is the evidence behind ``not_after``; ``reason`` says all of it in words.
    """

    not_before: datetime | None = None
    not_after: datetime | None = None
    source: AgeSource | None = None
    reason: str = "nothing dates this name"

    @property
    def since(self) -> datetime | None:
        """The moment since when the name is at most as old as that: what a score may rest on. None: unknown, neutral.

        A first sighting alone is no such moment; the name may have been there for years before anybody looked.
        """
        return self.not_before


def dated_facts(registration: Registration) -> tuple[DatedFact, ...]:
    """What a registry's answer says of age: its own date, and that the entry existed when it was last changed."""
    found: list[DatedFact] = []
    dates = ((AgeSource.REGISTRATION, registration.created_at), (AgeSource.CHANGED, registration.updated_at))
    for source, date in dates:
        if date is not None:
            found.append(
                DatedFact(
                    source=source,
                    at=date,
                    known_from=date,
                    observed_at=registration.asked_at,
                    detail=f"{registration.source} {registration.server}".strip(),
                )
            )
    return tuple(found)


def age_of(facts: Iterable[DatedFact], now: datetime) -> Age:
    """The earliest credible bounds. Facts from the future of ``now`` are left out.

    A registry's date is exact and begins a new life: what was seen of the name before it belongs to an earlier
    registration. Without one, the first sighting bounds the beginning from above, and the last proof of absence before
    that sighting from below. An absence between sightings proves nothing: a name on hold does not resolve either.
    """
    believed = sorted((item for item in facts if item.at <= now), key=lambda item: item.at)
    registered = [item for item in believed if item.source is AgeSource.REGISTRATION]
    if registered:
        return _registered_age(registered[-1], believed)
    seen = next((item for item in believed if item.source is not AgeSource.ABSENT), None)
    absent = [item for item in believed if item.source is AgeSource.ABSENT and (seen is None or item.at < seen.at)]
    last_absent = absent[-1] if absent else None
    reasons = [_in_words(item) for item in (last_absent, seen) if item is not None]
    if not reasons:
        return Age()
    return Age(
        not_before=last_absent.at if last_absent is not None else None,
        not_after=seen.at if seen is not None else None,
        source=seen.source if seen is not None else None,
        reason=", and ".join(reasons),
    )


def newly_registered(age: Age, now: datetime, window: timedelta) -> bool | None:
    """Whether the present life began within ``window`` before ``now``; None where the bounds do not tell."""
    begin = now - window
    if age.not_before is not None and age.not_before >= begin:
        return True
    if age.not_after is not None and age.not_after < begin:
        return False
    return None


def age_in_words(age: Age, now: datetime, window: timedelta) -> str:
    """The judgement with its reason, as people are shown it."""
    young = newly_registered(age, now, window)
    if young is None:
        return f"age unknown, which counts neither way: {age.reason}"
    begun = "newly registered, within" if young else "not newly registered, older than"
    return f"{begun} {window.days} days: {age.reason}"


def _registered_age(date: DatedFact, believed: list[DatedFact]) -> Age:
    earlier = next((item for item in believed if item.source is not AgeSource.ABSENT and item.at < date.at), None)
    reason = _in_words(date)
    if earlier is not None and (date.at - earlier.at).days >= 1:
        reason += f"; under an earlier registration, {_in_words(earlier)}"
    return Age(not_before=date.at, not_after=date.at, source=date.source, reason=reason)


def _in_words(item: DatedFact) -> str:
    words = _WORDS[item.source].format(day=f"{item.at:%Y-%m-%d}")
    return f"{words} ({item.detail})" if item.detail else words
