"""How long evidence is kept, and what goes first where there is too much. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from service.core.evidence.items import EvidenceItem, EvidenceKind

ROOM = 0.95
"""Share of the quota that is left filled: making room for one file at a time would do it over and over."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Retention:
    """``flagged``: how long what a flag rests on is kept. ``other``: everything else. ``quota`` in bytes, for all."""

    flagged: timedelta = timedelta(days=5 * 365)
    other: timedelta = timedelta(days=90)
    quota: int = 20 * 1024**3


def to_let_go(
    items: Iterable[EvidenceItem], flagged_hosts: Collection[str], now: datetime, rules: Retention
) -> list[tuple[EvidenceItem, str]]:
    """Live items whose files go, each with the reason in words.

    Age first. Where the rest is more than the quota: what no flag rests on, oldest first, then screenshots, then WARCs,
    oldest first; but never the newest WARC of a host that is flagged now. So the quota may be passed, and then it is
    for the operator to give more room: evidence of what is still there is not thrown away behind their back.
    """
    live = sorted((item for item in items if item.removed_at is None), key=lambda item: item.taken_at)
    gone = [
        (item, f"older than {rules_for(item, flagged_hosts, rules).days} days")
        for item in live
        if _over(item, flagged_hosts, now, rules)
    ]
    aged = {id(item) for item, _ in gone}
    rest = [item for item in live if id(item) not in aged]
    return gone + [(item, "to stay within the quota") for item in _beyond(rest, flagged_hosts, rules.quota)]


def rules_for(item: EvidenceItem, flagged_hosts: Collection[str], rules: Retention) -> timedelta:
    """How long this item is kept."""
    return rules.flagged if item.outlets or item.host in flagged_hosts else rules.other


def _over(item: EvidenceItem, flagged_hosts: Collection[str], now: datetime, rules: Retention) -> bool:
    return now - item.taken_at > rules_for(item, flagged_hosts, rules)


def _beyond(items: Sequence[EvidenceItem], flagged_hosts: Collection[str], quota: int) -> list[EvidenceItem]:
    total = sum(item.kept.bytes for item in items)
    if total <= quota:
        return []
    newest = {item.host: item for item in items if item.kept.kind is EvidenceKind.WARC and item.host in flagged_hosts}
    order = sorted(
        (item for item in items if newest.get(item.host) is not item),
        key=lambda item: (bool(item.outlets), item.kept.kind is EvidenceKind.WARC, item.taken_at),
    )
    gone: list[EvidenceItem] = []
    for item in order:
        if total <= quota * ROOM:
            break
        total -= item.kept.bytes
        gone.append(item)
    return gone
