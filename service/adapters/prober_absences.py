"""How long a name stays absent: what its suffix's SOA says, kept in a table of fixed size.

A name that was denied is not asked for again while its denial holds (RFC 2308), as a resolver that caches would do it.
Tiers of a sweep overlap, a confirmed site's siblings are asked for beside them, and forecasts every few minutes.
"""

from __future__ import annotations

import struct
from array import array
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

LONGEST = 86_400
"""Seconds: denials of more than a day are known to harm (RFC 2308 section 5)."""

SLOTS = 2**20
"""Names remembered at most: 12 MB, whatever is swept; a newer name takes the place of an older one."""

_HEADER = 12
_NS_COUNT = 9  # its low byte: one of 256 records and more is none of ours
_FIXED = 10  # type, class, TTL and size of a record
_SOA_IN = b"\x00\x06\x00\x01"
_POINTER = 0xC0
# Nearly all owners point to what is behind the first label, the suffix.
_BEHIND_LABEL = [(0xC000 + _HEADER + 1 + length).to_bytes(2) for length in range(64)]
_TTL_AND_SIZE = struct.Struct("!IH").unpack_from
_TOO_LARGE = 2**31  # RFC 2181 section 8: such a TTL counts as zero
_SMALLEST_RDATA = 22  # two root names and five numbers (RFC 1035 section 3.3.13)


def absence_seconds(packet: bytes, end: int) -> int:
    """For how many seconds a denial holds: the smaller of its SOA's own TTL and minimum field (RFC 2308 section 5).

    ``packet`` is a plain NXDOMAIN (``prober_wire.sort_packet``), ``end`` where its question ends. 0 where its first
    authority record is no SOA of the name or of something above it: nothing is remembered then. Never raises.
    """
    if not packet[_NS_COUNT]:
        return 0
    if packet[end : end + 2] == _BEHIND_LABEL[packet[_HEADER] & 63]:
        return _record_seconds(packet[end + 2 :])
    at = _owner_end(packet, end)
    return _record_seconds(packet[at:]) if at else 0


@lru_cache(maxsize=4096)
def _record_seconds(rest: bytes) -> int:
    """The same from what follows the record's owner, which is alike in thousands of denials under one suffix."""
    if rest[:4] != _SOA_IN or len(rest) < _FIXED:
        return 0
    ttl, size = _TTL_AND_SIZE(rest, 4)
    last: int = _FIXED + size
    if size < _SMALLEST_RDATA or last > len(rest) or ttl >= _TOO_LARGE:
        return 0
    holds: int = min(ttl, int.from_bytes(rest[last - 4 : last]), LONGEST)
    return holds


def _owner_end(packet: bytes, start: int) -> int:
    """Where a record's owner ends that is the question's name or above it, 0 where it is another name or none."""
    if start < len(packet) and packet[start] >= _POINTER:
        target = (int.from_bytes(packet[start : start + 2]) & 0x3FFF) if start + 2 <= len(packet) else 0
        return start + 2 if target in _label_starts(packet) else 0
    stop = start
    while stop < len(packet) and 0 < packet[stop] < _POINTER:
        stop += packet[stop] + 1
    owner = packet[start : stop + 1].lower()
    above = any(packet[label : label + len(owner)].lower() == owner for label in _label_starts(packet))
    return stop + 1 if owner.endswith(b"\x00") and above else 0


def _label_starts(packet: bytes) -> list[int]:
    """Where the labels of the question's name begin, the root last; the question was compared with ours before."""
    starts, at = [], _HEADER
    while at < len(packet) and packet[at]:
        starts.append(at)
        at += packet[at] + 1
    return [*starts, at]


class Absences:
    """What was denied and until when, by a steady ``clock`` in seconds.

    Names stand in the table as 64-bit keyed hashes (SipHash, PEP 456, a new key in each process): another name is taken
    for a remembered one once in 2**64 questions, and nobody outside can choose one.
    """

    def __init__(self, clock: Callable[[], float], slots: int = SLOTS) -> None:
        self._clock, self._began = clock, clock()
        self._mask = slots - 1
        self._names = array("q", bytes(8 * slots))
        self._until = array("I", bytes(4 * slots))

    def unknown(self, names: Sequence[str]) -> list[str]:
        """Those of the names of which no absence is known to hold now, in their order."""
        now, mask, kept, until = self.now(), self._mask, self._names, self._until
        return [name for name in names if kept[(h := hash(name)) & mask] != h or until[h & mask] <= now]

    def keep(self, denials: Iterable[tuple[str, int]], since: int) -> None:
        """Remember names with the seconds that their absence holds, counted from ``since`` (``now`` when asked)."""
        mask = self._mask
        for name, seconds in denials:
            key = hash(name)
            self._names[key & mask] = key
            self._until[key & mask] = since + seconds

    def now(self) -> int:
        """Seconds since this table was made."""
        return int(self._clock() - self._began)
