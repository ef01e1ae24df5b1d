"""Where a list stands, as its feed's cursor says it: JSON text. Pure.

A cursor that cannot be read (an older version's) is an empty one: the list is read from its start, and admitting a
known name changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

_HALF = 2
_MOST_DONE = 5_000
"""Files of a folder that are remembered; of more the newest."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ListState:
    """One whole list: the file it is kept in (empty: none), names in it, SHA-256, and the time that it is of."""

    file: str
    count: int
    digest: str
    at: datetime


def shrunk(before: ListState | None, now: ListState) -> str:
    """What is wrong, in words, where a list has less than half the names of the one before; empty where it has not."""
    if before is None or now.count * _HALF >= before.count:
        return ""
    return (
        f"shrank by half: {now.count:,} names of {now.at:%Y-%m-%d %H:%M} UTC, at least"
        f" {before.count // _HALF:,} were expected after {before.count:,} of {before.at:%Y-%m-%d %H:%M}"
    )


def unchanged(before: ListState, at: datetime) -> str:
    """What is wrong, in words, where a list comes again as it was."""
    return (
        f"did not change: what came at {at:%Y-%m-%d %H:%M} UTC is octet by octet the list of"
        f" {before.at:%Y-%m-%d %H:%M} ({before.count:,} names); a new one was expected"
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class SnapshotCursor:
    """``version``: the newest file that was read. ``base``: what was taken in whole. ``next``: what is being taken in.

    ``position`` counts names of the difference between the two that are done.
    """

    version: str = ""
    base: ListState | None = None
    next: ListState | None = None
    position: int = 0

    @property
    def text(self) -> str:
        """The cursor as it is stored."""
        return json.dumps(asdict(self), default=datetime.isoformat)

    @classmethod
    def read(cls, text: str) -> SnapshotCursor:
        """What ``text`` gave, an empty one where it is not of this kind."""
        try:
            given = json.loads(text)
            return cls(
                version=given["version"],
                base=_list_state(given["base"]),
                next=_list_state(given["next"]),
                position=int(given["position"]),
            )
        except (ValueError, KeyError, TypeError):
            return cls()


@dataclass(frozen=True, kw_only=True, slots=True)
class ListCursor:
    """Lists that are replaced or come one after another: ``done`` has each file's version, by its name.

    ``last``: the newest that was taken in whole. ``under_way``: file and version of the one that is being taken in, of
    which ``position`` names are done.
    """

    done: Mapping[str, str] = field(default_factory=dict)
    last: ListState | None = None
    under_way: tuple[str, str] | None = None
    position: int = 0

    @property
    def text(self) -> str:
        """The cursor as it is stored."""
        kept = dict(list(self.done.items())[-_MOST_DONE:])
        values: dict[str, Any] = {"done": kept, "last": None if self.last is None else asdict(self.last)}
        values |= {"under_way": self.under_way, "position": self.position}
        return json.dumps(values, default=datetime.isoformat)

    @classmethod
    def read(cls, text: str) -> ListCursor:
        """What ``text`` gave, an empty one where it is not of this kind."""
        try:
            given = json.loads(text)
            under_way = given["under_way"]
            return cls(
                done={str(key): str(value) for key, value in given["done"].items()},
                last=_list_state(given["last"]),
                under_way=None if under_way is None else (str(under_way[0]), str(under_way[1])),
                position=int(given["position"]),
            )
        except (ValueError, KeyError, TypeError, AttributeError, IndexError):
            return cls()


def _list_state(given: Any) -> ListState | None:
    if given is None:
        return None
    return ListState(
        file=str(given["file"]),
        count=int(given["count"]),
        digest=str(given["digest"]),
        at=datetime.fromisoformat(given["at"]),
    )
