"""What digests and onboarding summaries say to people, a part of ``messages.py``. Pure.

A fact is short enough for every channel: Discord shows 150 characters of one, Slack and Discord twenty of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from service.core.names.name import defang

_LONGEST = 125
_MOST_FACTS = 18

DID: Mapping[str, str] = MappingProxyType(
    {
        "lookalike.discovered": "new name",
        "lookalike.registered": "newly registered",
        "lookalike.suspected": "suspected",
        "impersonation.changed": "moved",
        "flag.withdrawn": "taken back",
        "site.down": "went down",
        "block.recorded": "block recorded",
        "block.observed": "block observed",
        "block.lifted": "block lifted",
        "site.reregistered": "registered again",
        "successor.found": "took over",
        "verdict.stale": "verdict lost its ground",
        "report.overdue": "report unanswered",
    }
)
"""What happened to a site, in a word or two, for what can wait for a digest."""


def digest_title(detail: Mapping[str, Any]) -> str:
    """How much it is about."""
    groups = len(detail["groups"]) + detail["further_groups"]
    return f"{_counted(detail['sites'], 'site')} in {_counted(groups, 'group')}"


def digest_facts(detail: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """For each group what happened to which sites, the worst first."""
    facts = [fact for group in detail["groups"] for fact in _of_group(group)]
    yield from facts[:_MOST_FACTS]
    unshown = len(facts) - _MOST_FACTS
    if unshown > 0 or detail["further_groups"]:
        left = [_counted(unshown, "further line")] if unshown > 0 else []
        left += [_counted(detail["further_groups"], "further group")] if detail["further_groups"] else []
        yield "not shown", f"{' and '.join(left)}: spoofwatch alerts list"


def _of_group(group: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    kind, _, name = group["group"].partition(":")
    about = f"campaign {name}" if kind == "campaign" else f"names like {name}"
    by_type: dict[str, list[str]] = {}
    for line in group["lines"]:
        by_type.setdefault(line["event"], []).append(line["defanged"])
    for number, (event, sites) in enumerate(by_type.items(), 1):
        further = group["further_lines"] if number == len(by_type) else 0
        yield f"{about}: {DID.get(event, event)}", listed(sites, further)


def onboarded_facts(detail: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What there was, the live impersonations by name."""
    live = [one for one in detail["flagged"] if one["live"] and one["verdict"] == "impersonation"]
    if live:
        yield "serve an impersonation now", str(detail["live"])
    for one in live[: _MOST_FACTS // 2]:
        since = f", registered {one['registered_at'][:10]}" if one["registered_at"] else ""
        yield one["site"], f"{one['first_seen_as']}{since}: {one['reason']}"
    others = [one["site"] for one in detail["flagged"] if one not in live[: _MOST_FACTS // 2]]
    if others:
        yield "flagged as well", listed([defang(site) for site in others])
    yield "lookalikes", f"{detail['lookalikes']}: {_counts(detail['first_seen_as'])}"
    yield "judged", _counts(detail["verdicts"])
    if detail["not_looked_at"]:
        yield "not looked at yet", str(detail["not_looked_at"])


def listed(names: Iterable[str], further: int = 0) -> str:
    """Names beside each other as far as they fit, then how many more there are, ``further`` unnamed ones included."""
    rest = list(names)
    text = ""
    while rest and (not text or len(text) + len(rest[0]) <= _LONGEST):
        text += f"{', ' if text else ''}{rest.pop(0)}"
    more = len(rest) + further
    return f"{text} and {more} more" if more else text


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {word}" for word, count in counts.items() if count) or "none"


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
