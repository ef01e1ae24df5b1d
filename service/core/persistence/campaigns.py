"""Campaigns: groups of sites that ties join, with a history that no merge and no split takes away. Pure.

    before                      now                          what is said
    --------------------------  ---------------------------  -----------------------------------------------
    no campaign                 a group                      began
    one campaign                its group, larger, smaller   joined, left
    several campaigns           one group                    the oldest goes on, the others are merged into it
    one campaign                several groups               the largest goes on, the others are split off
    one campaign                no group of two              ended

A campaign is told by its id for ever; a merged one names the one that it went into.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256


class ChangeKind(StrEnum):
    """What happened to a campaign."""

    BEGAN = "began"
    JOINED = "joined"
    LEFT = "left"
    MERGED = "merged"
    SPLIT = "split"
    ENDED = "ended"


@dataclass(frozen=True, kw_only=True, slots=True)
class Campaign:
    """A campaign as it stands, with the hosts that belong to it."""

    id: str
    began_at: datetime
    members: frozenset[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One entry of a campaign's history.

    ``hosts`` are those that began it, joined or left. ``other``: the campaign that it was merged into or split from.
    """

    campaign: str
    kind: ChangeKind
    hosts: tuple[str, ...] = ()
    other: str = ""


def groups(hosts: Iterable[str], edges: Iterable[tuple[str, str]]) -> tuple[frozenset[str], ...]:
    """Connected groups of two and more, in the order of their first hosts. Edges to other hosts are left out."""
    parent = {host: host for host in hosts}

    def root(host: str) -> str:
        while parent[host] != host:
            parent[host] = parent[parent[host]]
            host = parent[host]
        return host

    for one, other in edges:
        if one in parent and other in parent:
            first, second = sorted((root(one), root(other)))
            parent[second] = first
    found: dict[str, set[str]] = {}
    for host in parent:
        found.setdefault(root(host), set()).add(host)
    return tuple(frozenset(found[top]) for top in sorted(found) if len(found[top]) > 1)


def regroup(known: Sequence[Campaign], now: Sequence[frozenset[str]], at: datetime) -> tuple[Change, ...]:
    """What became of campaigns whose members are grouped anew. ``now`` covers all members of all that are ``known``."""
    oldest = sorted(known, key=lambda campaign: (campaign.began_at, campaign.id))
    heirs = {campaign.id: _heir(campaign, now) for campaign in oldest}
    changes: list[Change] = []
    for group in now:
        claimants = [campaign for campaign in oldest if heirs[campaign.id] == group]
        changes += _grown(claimants, group) if claimants else _begun(oldest, group, at)
    for campaign in oldest:
        if heirs[campaign.id] is None:
            changes += [_change(campaign.id, ChangeKind.LEFT, campaign.members), _change(campaign.id, ChangeKind.ENDED)]
    # Whoever leaves one campaign for another has left before they join: a host is in one campaign at a time.
    return tuple(sorted(changes, key=lambda change: _ORDER.index(change.kind)))


_ORDER = (
    ChangeKind.LEFT,
    ChangeKind.MERGED,
    ChangeKind.ENDED,
    ChangeKind.BEGAN,
    ChangeKind.SPLIT,
    ChangeKind.JOINED,
)


def _heir(campaign: Campaign, now: Sequence[frozenset[str]]) -> frozenset[str] | None:
    """The group in which most of its members are; of equal ones the first."""
    shared = [(len(campaign.members & group), group) for group in now if campaign.members & group]
    return min(shared, key=lambda entry: (-entry[0], min(entry[1])))[1] if shared else None


def _grown(claimants: Sequence[Campaign], group: frozenset[str]) -> list[Change]:
    keeper, *merged = claimants
    changes = [
        _change(keeper.id, ChangeKind.JOINED, group - keeper.members),
        _change(keeper.id, ChangeKind.LEFT, keeper.members - group),
    ]
    for campaign in merged:
        changes.append(_change(campaign.id, ChangeKind.LEFT, campaign.members))
        changes.append(Change(campaign=campaign.id, kind=ChangeKind.MERGED, other=keeper.id))
    return [change for change in changes if change.hosts or change.kind is ChangeKind.MERGED]


def _begun(known: Sequence[Campaign], group: frozenset[str], at: datetime) -> list[Change]:
    origin = next((campaign.id for campaign in known if campaign.members & group), "")
    # Named after its first host and the time, so that the same inputs give the same id.
    made = "cmp_" + sha256(f"{min(group)}\x1f{at.isoformat()}".encode()).hexdigest()[:12]
    kind = ChangeKind.SPLIT if origin else ChangeKind.BEGAN
    return [Change(campaign=made, kind=kind, hosts=tuple(sorted(group)), other=origin)]


def _change(campaign: str, kind: ChangeKind, hosts: Iterable[str] = ()) -> Change:
    return Change(campaign=campaign, kind=kind, hosts=tuple(sorted(hosts)))
