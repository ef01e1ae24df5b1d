"""Outlets whose first sweeps are not complete (``ports_alerts.OnboardingRows``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, case, delete, exists, func, insert, select

from service.adapters.site_loading import load_ids
from service.adapters.tables import EPISODE, LOOKALIKE, SITE
from service.adapters.tables_alerts import ONBOARDING
from service.core.alerts.onboarding import MOST_NAMED, Found, Onboarding
from service.core.states import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Connection

    from service.core.model import Lookalike, Site

_SERVED = exists().where(EPISODE.c.lookalike_id == LOOKALIKE.c.id, EPISODE.c.ended_at.is_(None))
_CONFIRMED = LOOKALIKE.c.verdict == Verdict.IMPERSONATION.value


class SqlOnboarding:
    """``OnboardingRows`` over one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def begin(self, begun: Onboarding) -> None:
        """An outlet is new on the list; one that is so already stays as it is."""
        known = select(ONBOARDING.c.outlet).where(ONBOARDING.c.outlet == begun.outlet)
        if self._connection.execute(known).first() is None:
            self._connection.execute(insert(ONBOARDING).values(outlet=begun.outlet, since=begun.since))

    def all(self) -> tuple[Onboarding, ...]:
        """Every outlet that is new, ordered by id."""
        rows = self._connection.execute(select(ONBOARDING)).all()
        return tuple(sorted((Onboarding(outlet=row.outlet, since=row.since) for row in rows), key=lambda o: o.outlet))

    def unseen(self, outlet: str) -> int:
        """How many sites that resemble an outlet were never looked at."""
        query = select(func.count()).select_from(LOOKALIKE).join(SITE, SITE.c.id == LOOKALIKE.c.site_id)
        waiting = query.where(LOOKALIKE.c.outlet == outlet, SITE.c.looked_at.is_(None))
        return int(self._connection.execute(waiting).scalar_one())

    def found(self, outlet: str) -> Found:
        """What there is beside an outlet."""
        served = select(func.count()).select_from(LOOKALIKE).where(LOOKALIKE.c.outlet == outlet, _CONFIRMED, _SERVED)
        return Found(
            unseen=self.unseen(outlet),
            live=int(self._connection.execute(served).scalar_one()),
            by_first_seen=self._counts(outlet, LOOKALIKE.c.first_seen_as),
            by_verdict=self._counts(outlet, LOOKALIKE.c.verdict),
            flagged=self._flagged(outlet),
        )

    def _counts(self, outlet: str, column: ColumnElement[str]) -> dict[str, int]:
        query = select(column, func.count()).where(LOOKALIKE.c.outlet == outlet).group_by(column)
        return {value: int(count) for value, count in self._connection.execute(query)}

    def _flagged(self, outlet: str) -> Sequence[tuple[Site, Lookalike]]:
        """Impersonations that are served come first, then those that are not, then what is suspected."""
        order = case((and_(_CONFIRMED, _SERVED), 0), (_CONFIRMED, 1), else_=2)
        query = select(LOOKALIKE.c.site_id).where(LOOKALIKE.c.outlet == outlet, LOOKALIKE.c.flagged)
        ids = self._connection.execute(query.order_by(order, LOOKALIKE.c.id).limit(MOST_NAMED)).scalars().all()
        sites = {stored.id: stored.site for stored in load_ids(self._connection, ids)}
        return [
            (sites[one], lookalike) for one in ids for lookalike in sites[one].lookalikes if lookalike.outlet == outlet
        ]

    def end(self, outlet: str) -> None:
        """It is new no more."""
        self._connection.execute(delete(ONBOARDING).where(ONBOARDING.c.outlet == outlet))
