"""What a whole export has in common: who made it, of which outlets, as of when. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha1
from uuid import UUID, uuid5

from service.core.alerts.events import rfc3339
from service.core.exports.protection import Protection
from service.core.model import Outlet
from service.core.tlp import LEVELS, level

_NAMESPACE = UUID("5d3c1c0e-8f0b-4c86-9b7a-2f6a1f3f9a55")
"""Of this program's name-based identifiers (RFC 9562 5.5): the same thing has the same one in every export."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    """``organisation`` stands as the author. ``serial`` is a zone's, ``tlp`` the least strict marking of anything.

    ``changed_at`` is when the last entry changed: no export says when it was made, for equal content is equal bytes.
    """

    organisation: str
    outlets: Mapping[str, Outlet]
    protection: Protection
    changed_at: datetime
    serial: int = 1
    tlp: str = "green"
    zone: str = "spoofwatch.rpz"
    namespace: UUID = field(default=_NAMESPACE)

    def uuid(self, kind: str, key: str) -> str:
        """A name-based identifier: of this author, this kind of thing, this one."""
        return self.namer()(kind, key)

    def namer(self) -> Callable[[str, str], str]:
        """``uuid`` for many: what is the same for all is worked out once (RFC 9562 5.5 for the digits)."""
        base = sha1(uuid5(self.namespace, self.organisation).bytes, usedforsecurity=False)

        def named(kind: str, key: str) -> str:
            digest = base.copy()
            digest.update(f"{kind}\x1f{key}".encode())
            raw = bytearray(digest.digest()[:16])
            raw[6] = raw[6] & 0x0F | 0x50
            raw[8] = raw[8] & 0x3F | 0x80
            text = raw.hex()
            return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

        return named

    def marking(self, tlp: str) -> str:
        """The stricter of an entry's own marking and the export's."""
        return max(self.tlp, level(tlp) or self.tlp, key=LEVELS.index)

    def outlet_name(self, outlet_id: str) -> str:
        """The outlet's name; its id where it has left the watch list."""
        outlet = self.outlets.get(outlet_id)
        return outlet.name if outlet else outlet_id


def stamp(at: datetime) -> str:
    """A time as STIX writes it: milliseconds and Z (STIX 2.1 section 2.14)."""
    # Not strftime, which takes four times as long.
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def day(at: datetime | None) -> str:
    """A time in RFC 3339, empty where there is none."""
    return rfc3339(at) or ""
