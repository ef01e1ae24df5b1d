"""An analyst's word: how it reads, what it rests on, whether that still holds, and which lookalikes it covers. Pure.

A word goes before the score. It rests on registration date, registrar and name servers as they were when it was given:
what was right to say of one holder of a name says nothing of the next one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from service.core.alerts.events import rfc3339
from service.core.persistence.registration import NEW_PERIOD
from service.core.states import WordReason, WordScope

if TYPE_CHECKING:
    from service.core.model import AnalystWord, Lookalike, Site

_SENTENCES = {
    WordReason.SAME_NAME_OUTLET: "another outlet of the same name",
    WordReason.COMPANY: "a company or product of that name",
    WordReason.DEFENSIVE: "registered to keep others from it",
    WordReason.PARODY: "parody that readers can tell for what it is",
    WordReason.OTHER: "",
}


class Change(NamedTuple):
    """One thing that a word rested on and that is different now."""

    what: str
    before: str
    after: str


def sentence(word: AnalystWord) -> str:
    """Who said so, when, and why, as it is shown wherever the verdict is."""
    why = ": ".join(part for part in (_SENTENCES[word.reason], word.note) if part)
    return f"{word.by} on {word.at:%Y-%m-%d}: {why or word.reason.value}"


def ground(site: Site) -> dict[str, Any]:
    """What a word on this site would rest on, as far as it is known: the fields of ``AnalystWord`` that say so."""
    registration = site.registration
    return {
        "registrar": registration.registrar if registration else None,
        "registered_at": registration.created_at if registration else None,
        "nameservers": site.dns.own.nameservers if site.dns else (),
    }


def lost_ground(word: AnalystWord, site: Site) -> tuple[Change, ...]:
    """What the word rested on and what is different now; empty while it holds.

    What was not known then, or is not known now, cannot speak against it.
    """
    now = ground(site)
    found = []
    created = now["registered_at"]
    if word.registered_at and created and created - word.registered_at > NEW_PERIOD:
        found.append(Change("registered_at", rfc3339(word.registered_at) or "", rfc3339(created) or ""))
    registrar = now["registrar"]
    if word.registrar and registrar and word.registrar != registrar:
        found.append(Change("registrar", word.registrar, registrar))
    servers = now["nameservers"]
    if word.nameservers and servers and set(word.nameservers) != set(servers):
        found.append(Change("nameservers", ", ".join(word.nameservers), ", ".join(servers)))
    return tuple(found)


def begins_anew(changes: tuple[Change, ...]) -> bool:
    """Whether the name has another holder for certain, so that nothing said of the one before counts any more."""
    return any(change.what == "registered_at" for change in changes)


def covered(site: Site) -> tuple[Lookalike, ...]:
    """The site's lookalikes, each without a word of its own given the newest that covers the whole name and holds."""
    wide = [
        lookalike.analyst
        for lookalike in site.lookalikes
        if lookalike.analyst is not None and lookalike.analyst.scope is WordScope.NAME
    ]
    word = max(wide, key=lambda one: one.at, default=None)
    if word is None or lost_ground(word, site):
        return site.lookalikes
    return tuple(one if one.analyst is not None else replace(one, analyst=word) for one in site.lookalikes)
