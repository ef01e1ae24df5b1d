"""What happened after blocks, out of the store: survival by group, and the effect of an action, as known at a time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from service.core.errors import InvalidInput, NotFound
from service.core.model import Action
from service.core.persistence import effect as effects
from service.core.persistence import measures
from service.core.persistence.effect import Effect
from service.core.persistence.histories import History
from service.core.persistence.measures import By, Persistence
from service.ports import Clock, Store, UnitOfWork


class Persister:
    """Answers what happened after blocks."""

    def __init__(self, *, clock: Clock, store: Store, minimum: int) -> None:
        self._clock, self._store, self._minimum = clock, store, minimum

    async def persistence(
        self,
        *,
        by: By | None = None,
        outlets: frozenset[str] | None = None,
        as_of: datetime | None = None,
        rows: bool = False,
    ) -> Persistence:
        """Survival of all lookalikes, or of these outlets' alone. InvalidInput for a time to come."""
        at = self._checked(as_of)
        histories = await self._store.read(lambda uow: uow.lifetimes.all())
        wanted = [history for history in histories if outlets is None or history.outlet in outlets]
        return measures.persistence(wanted, at, by, minimum=self._minimum, rows=rows)

    async def effect(
        self, action_id: str, as_of: datetime | None = None, outlets: frozenset[str] | None = None
    ) -> Effect:
        """Whether an action worked, for all outlets or for these alone.

        NotFound for one that nobody recorded or that blocked nothing of these outlets, InvalidInput for a time before
        it or to come.
        """
        at = self._checked(as_of)

        def step(uow: UnitOfWork) -> Effect:
            action = next((one for one in uow.actions.all() if one.id == action_id), None)
            histories: tuple[History, ...] = uow.lifetimes.all()
            sweeps = uow.lifetimes.sweeps()
            if outlets is not None:
                histories = tuple(history for history in histories if history.outlet in outlets)
                sweeps = tuple(sweep for sweep in sweeps if sweep.outlet in outlets)
            if action is None or (outlets is not None and not concerns(action, histories)):
                raise NotFound(f"there is no action {action_id}")
            if at < action.effective:
                raise InvalidInput(f"{action_id} took effect at {action.effective:%Y-%m-%d %H:%M} UTC", "/query/as_of")
            return effects.effect(action, histories, sweeps, at, minimum=self._minimum)

        return await self._store.read(step)

    def _checked(self, as_of: datetime | None) -> datetime:
        now = self._clock.now()
        if as_of is not None and as_of > now:
            raise InvalidInput("nothing is known of a time to come", "/query/as_of")
        return as_of or now


def concerns(action: Action, histories: Iterable[History]) -> bool:
    """Whether the action blocked any of these."""
    return any(block.action == action.id for history in histories for block in history.blocks)
