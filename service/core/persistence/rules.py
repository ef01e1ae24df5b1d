"""The figures of the state machine."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from service.core.persistence.schedule import Intervals


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """How much it takes for the state to change.

    ``down_looks`` failed looks in a row seen by ``down_resolvers`` resolvers end an episode; where fewer resolvers are
    configured, twice as many looks. ``censor_after`` looks without the content, over ``censor_span``, censor it.
    ``new_window``: a registration younger than this on discovery is new. A confirmed name's siblings are asked for once
    in ``siblings_cooldown`` for each outlet and label, and for ``siblings_daily`` labels of an outlet on a day.
    """

    down_looks: int = 3
    down_resolvers: int = 2
    censor_after: int = 3
    censor_span: timedelta = timedelta(days=2)
    new_window: timedelta = timedelta(days=90)
    siblings_cooldown: timedelta = timedelta(days=7)
    siblings_daily: int = 50
    intervals: Intervals = field(default_factory=Intervals)
