"""What never stands on a list that something blocks by, whatever a verdict says. Pure.

One wrong line there takes a newspaper off the air for everybody who loads the list.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from service.core.exports.entry import Entry
from service.core.names.suffixes import is_platform, public_suffix
from service.core.names.watchlist import WatchList


class Protection:
    """Refuses what harms others. ``popular`` are further registrable names that are never blocked."""

    def __init__(self, watchlist: WatchList, popular: Iterable[str] = ()) -> None:
        self._watchlist = watchlist
        self._own = tuple(domain for outlet in watchlist.outlets for domain in outlet.confirmed_domains)
        self._popular = shared_hosts() | {name.strip().lower().rstrip(".") for name in popular}

    def why_not(self, entry: Entry) -> str:
        """Why an entry must not be blocked, in words; empty where it may be."""
        host, domain = entry.site, entry.domain
        if not entry.confirmed:
            return "neither an analyst nor two independent classes of evidence confirm it"
        if self._watchlist.is_innocent(host) or any(own == host or own.endswith(f".{host}") for own in self._own):
            return "it is an outlet's own, or on the allow list"
        if public_suffix(host) == host:
            return "it is a public suffix: names of others are below it"
        if host in self._popular or domain in self._popular:
            return "it is a popular name, or a host that many share"
        return ""

    def may_block(self, entries: Iterable[Entry]) -> Iterable[Entry]:
        """The entries that may be blocked, each host once, in their order."""
        seen = set[str]()
        for entry in entries:
            if entry.site not in seen and not self.why_not(entry):
                seen.add(entry.site)
                yield entry

    @property
    def own(self) -> tuple[str, ...]:
        """Every confirmed domain of every outlet, sorted: lists that can say so let these pass."""
        return tuple(sorted(set(self._own)))


def covers_all_below(entry: Entry) -> bool:
    """Whether everything below the host is its holder's too: it is a registered name and no hosting platform's."""
    suffix = public_suffix(entry.site)
    return entry.site == entry.domain and suffix is not None and not is_platform(suffix)


@cache
def shared_hosts() -> frozenset[str]:
    """The shipped names of hosts that many share (``data/shared_hosts.txt`` names the sources)."""
    text = files("service.core.exports").joinpath("data", "shared_hosts.txt").read_text(encoding="utf-8")
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return frozenset(line for line in lines if line)
