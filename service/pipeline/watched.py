"""What is watched for right now: outlets, the matching index and the baselines, swapped whole when they change."""

from __future__ import annotations

from dataclasses import dataclass

from service.core.model import Baseline, Outlet
from service.core.names.matching import MatchIndex
from service.core.names.watchlist import WatchList
from service.core.persistence.infrastructure import Infrastructure
from service.core.persistence.traits import Copied
from service.core.verdict.likeness import BaselineIndex
from service.ports import Store, UnitOfWork


@dataclass(frozen=True, kw_only=True)
class Knowledge:
    """One version of it. ``outlets`` by id."""

    outlets: dict[str, Outlet]
    watchlist: WatchList
    index: MatchIndex
    baselines: BaselineIndex
    copied: Copied

    @classmethod
    def build(
        cls,
        outlets: tuple[Outlet, ...],
        baselines: tuple[Baseline, ...],
        allow: tuple[str, ...],
        shared: Infrastructure | None = None,
    ) -> Knowledge:
        """Build all indexes; up to a second for a thousand outlets."""
        watchlist = WatchList(outlets, allow=allow)
        return cls(
            outlets={outlet.id: outlet for outlet in outlets},
            watchlist=watchlist,
            index=MatchIndex.build(watchlist),
            baselines=BaselineIndex.build(outlets, baselines),
            copied=Copied.of(baselines, [domain for outlet in outlets for domain in outlet.confirmed_domains], shared),
        )


_Mark = tuple[tuple[Outlet, ...], tuple[tuple[str, str, str], ...]]


def _mark(uow: UnitOfWork) -> _Mark:
    """What tells one version from the next."""
    return uow.outlets.all(), uow.outlets.baseline_marks()


class Watched:
    """Holds the newest ``Knowledge``. The database is the truth: other processes may change the list at any time."""

    def __init__(self, store: Store, allow: tuple[str, ...] = (), shared: Infrastructure | None = None) -> None:
        self._store, self._allow, self._shared = store, allow, shared
        self._mark: _Mark | None = None
        self._knowledge: Knowledge | None = None

    async def refresh(self) -> Knowledge:
        """Read the watch list and the baselines; build anew only what changed."""
        mark = await self._store.read(_mark)
        if self._knowledge is None or mark != self._mark:
            baselines = await self._store.read(lambda uow: uow.outlets.baselines())
            self._knowledge = Knowledge.build(mark[0], baselines, self._allow, self._shared)
            self._mark = mark
        return self._knowledge

    async def now(self) -> Knowledge:
        """The newest version that was built; builds the first."""
        return self._knowledge or await self.refresh()
