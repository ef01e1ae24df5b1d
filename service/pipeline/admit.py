"""The one door: every name comes in here, whatever it came from. Where it came from is a field, never a branch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from service.core.errors import InvalidInput, InvalidName
from service.core.facts.wrappers import meant
from service.core.model import Admission, NameMatch, Target
from service.core.names import name as names
from service.pipeline.watched import Knowledge, Watched
from service.ports import Clock, Store, UnitOfWork


class Door:
    """Turns names and URLs into sites that are due now."""

    def __init__(self, *, clock: Clock, store: Store, watched: Watched) -> None:
        self._clock, self._store, self._watched = clock, store, watched

    async def admit_matches(self, matches: Iterable[NameMatch], source: str) -> int:
        """Admit names that a matcher or a sweep found; the number of sites that were new or learnt something."""
        admissions = merge(matches, source)

        def step(uow: UnitOfWork) -> int:
            return admit_all(uow, admissions, self._clock)

        return await self._store.write(step)

    async def admit_names(self, given: Sequence[str], source: str) -> int:
        """Match names against the watch list and admit those that resemble an outlet."""
        knowledge = await self._watched.now()
        return await self.admit_matches(knowledge.index.match(list(given)), source)

    async def admit_url(self, url: str, source: str) -> str:
        """Admit one reported URL or bare name, whatever it resembles; the host that will be looked at.

        InvalidName where the host cannot be one, InvalidInput where it is an outlet's own.
        """
        admission = reported(url, source, await self._watched.now())
        await self._store.write(lambda uow: admit_all(uow, [admission], self._clock))
        return admission.host

    async def admit_host(self, host: str, source: str) -> bool:
        """Admit a host that nobody has seen yet; a known one is left as it is. True where it was new."""
        admission = reported(host, source, await self._watched.now())

        def step(uow: UnitOfWork) -> bool:
            return uow.sites.get(admission.host) is None and admit_all(uow, [admission], self._clock) > 0

        return await self._store.write(step)


def admit_all(uow: UnitOfWork, admissions: Iterable[Admission], clock: Clock) -> int:
    """Admit inside a transaction that also saves what the names came with (a sweep's position, a feed's cursor)."""
    now = clock.now()
    return sum(uow.sites.admit(admission, now) for admission in admissions)


def merge(matches: Iterable[NameMatch], source: str) -> list[Admission]:
    """One admission a host, with all outlets that it resembles."""
    by_host: dict[str, list[NameMatch]] = {}
    for match in matches:
        by_host.setdefault(match.name, []).append(match)
    return [
        Admission(host=host, domain=found[0].domain, source=source, matches=tuple(found))
        for host, found in by_host.items()
    ]


def reported(url: str, source: str, knowledge: Knowledge) -> Admission:
    """What a report of ``url`` admits. A report never scores by itself: it only says where to look.

    Of a link around another one (``l.facebook.com/l.php?u=...``) the one that is meant counts.
    """
    url = meant(names.refang(url.strip())) if "://" in url else url
    host = names.host_of_url(url) if "://" in url else names.parse(url.split("/", 1)[0])
    domain = names.registrable(host)
    if domain is None:
        raise InvalidName(f"{host} is a public suffix or has no known one")
    owner = knowledge.watchlist.is_own(domain)
    if owner is not None:
        raise InvalidInput(f"{domain} is the own domain of {owner}", "/url")
    target = url if "://" in url else f"https://{url}"
    targets = (Target(url=target, source=source),) if "/" in target.split("://", 1)[1].rstrip("/") else ()
    return Admission(
        host=host, domain=domain, source=source, matches=tuple(knowledge.index.match_one(host)), targets=targets
    )
