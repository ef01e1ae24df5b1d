"""What the pipeline needs of the outside world to keep evidence, as small protocols; see ``ports.py``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from service.core.evidence.items import EvidenceItem, EvidenceKind, EvidenceQuery, Kept, StoredFile
    from service.core.facts.shot import Shot, View


class Evidence(Protocol):
    """Files that are named by what they hold."""

    async def keep(self, kind: EvidenceKind, make: Callable[[], bytes]) -> Kept:
        """Write what ``make`` gives, which is called off the event loop; on disk for good on return, else OSError."""

    async def read(self, kept: Kept) -> bytes | None:
        """What the file holds, whole or altered; None where it is not there."""

    async def inventory(self) -> tuple[StoredFile, ...]:
        """Every file in the store, ordered by name, unfinished ones included."""

    async def remove(self, names: Iterable[str]) -> None:
        """Let files go; one that is gone already is gone."""

    async def free(self) -> int:
        """Bytes that the disk has left for us."""


class CameraUnavailable(Exception):
    """No picture can be taken here at present; the message says why. No fault of the site's."""


class Camera(Protocol):
    """Pictures of pages as a browser shows them."""

    def missing(self) -> str:
        """What pictures lack on this machine, in words; empty where nothing is missing."""

    async def take(self, url: str, views: Sequence[View], languages: Sequence[str]) -> tuple[Shot, ...]:
        """A picture for each view, or why there is none. CameraUnavailable where the browser does not start."""


class EvidenceRows(Protocol):
    """Which evidence there is; its bytes are files (``Evidence``)."""

    def add(self, items: Iterable[EvidenceItem], at: datetime) -> None:
        """Name files that are on disk already. The same content of the same host again changes nothing."""

    def find(self, query: EvidenceQuery) -> tuple[EvidenceItem, ...]:
        """What there is, newest first."""

    def let_go(self, items: Iterable[tuple[EvidenceItem, str]], at: datetime) -> None:
        """Say of items, with the reason, that their files are no longer needed; rows stay."""

    def flagged_hosts(self) -> frozenset[str]:
        """Hosts that are flagged now."""

    def unpictured(self, limit: int) -> tuple[EvidenceItem, ...]:
        """The newest WARCs of flagged hosts that are newer than the host's last screenshot, oldest first."""
