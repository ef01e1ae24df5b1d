"""Commit what happened to a site: state, observation, episodes, blocks, events and deliveries in one transaction.

API, imports and examinations all come through here. The commit is conditional on the row's version: where somebody
else was faster, the site is read and stepped again, so no input is lost and none counts twice.
"""

from __future__ import annotations

from service.core.errors import Conflict, NotFound
from service.core.model import Site
from service.core.persistence.inputs import Input, Looked, Step
from service.core.persistence.lifecycle import Rules, step
from service.core.persistence.siblings import SOURCE_OF_SIBLINGS, SiblingSweep, label_of
from service.ports import Clock, Store, UnitOfWork

_TRIES = 5
# What makes a site, or whoever took over from it, worth comparing again although no trait is new.
_CHANGES_LINKS = frozenset(
    {
        "lookalike.suspected",
        "impersonation.confirmed",
        "flag.withdrawn",
        "site.down",
        "site.resurfaced",
        "block.recorded",
        "block.observed",
    }
)


class Tracker:
    """Steps the state machine against the store."""

    def __init__(self, *, clock: Clock, store: Store, rules: Rules) -> None:
        self._clock, self._store, self._rules = clock, store, rules

    async def commit(self, host: str, given: Input) -> Site:
        """Apply ``given`` to a site; the site as it then stands. NotFound where nobody admitted it."""
        done = await self.commit_step(host, given)
        return done.site

    async def commit_step(self, host: str, given: Input) -> Step:
        """The same, with the events that came of it."""
        return await self._store.write(lambda uow: self.apply(uow, host, given))

    def apply(self, uow: UnitOfWork, host: str, given: Input) -> Step:
        """The same inside a transaction of the caller's."""
        now = self._clock.now()
        for _ in range(_TRIES):
            row = uow.sites.get(host)
            if row is None:
                raise NotFound(f"no site {host} was ever admitted")
            site, version = row
            done = step(site, given, now, self._rules)
            if uow.sites.save(done.site, version, done.events, now):
                if isinstance(given, Looked):
                    uow.links.put(host, given.traits, now)
                    uow.evidence.add(given.evidence, now)
                if any(event.type in _CHANGES_LINKS for event in done.events):
                    uow.links.mark(host)
                self._ask_for_siblings(uow, done)
                return done
        raise Conflict(f"{host} kept changing while it was being saved")

    def _ask_for_siblings(self, uow: UnitOfWork, done: Step) -> None:
        """A confirmed impersonation calls for its siblings; what such a sweep found calls for none."""
        if done.site.source == SOURCE_OF_SIBLINGS:
            return
        for event in done.events:
            if event.type == "impersonation.confirmed" and event.outlet is not None:
                asked = SiblingSweep(
                    id=0,
                    outlet=event.outlet,
                    label=label_of(done.site.domain),
                    host=done.site.host,
                    requested_at=self._clock.now(),
                )
                uow.siblings.request(asked, self._rules.siblings_cooldown, self._rules.siblings_daily)
