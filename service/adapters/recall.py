"""Sites as they were read last, so that what a version holds is read once and not at each step of a look."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from service.adapters.site_loading import Stored

CAPACITY = 1000
"""Sites kept, about 10 kB each: those that are being examined at a time, several times over."""


class Recall:
    """A bounded memory of committed sites, shared by threads.

    Only what a transaction read and then committed may be kept: host and version name one content for ever, whoever
    wrote it. What this memory does not have is read again; it is never asked what is true now.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._sites: OrderedDict[str, Stored] = OrderedDict()
        self._lock = Lock()

    def keep(self, sites: Iterable[Stored]) -> None:
        """Remember sites that a committed transaction read."""
        with self._lock:
            for stored in sites:
                self._sites[stored.site.host] = stored
                self._sites.move_to_end(stored.site.host)
            while len(self._sites) > self._capacity:
                self._sites.popitem(last=False)

    def get(self, host: str) -> Stored | None:
        """The site at some version that it had; the caller compares."""
        with self._lock:
            return self._sites.get(host)
