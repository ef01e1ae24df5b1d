"""Who is told, and what became of it: endpoints, deliveries and their attempts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from service.core.alerts.condition import WELL, Channel, Condition, Severity
from service.core.model import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """Somebody who is told of events: a webhook's receiver, or a channel of people. Empty filters let all through.

    ``secret`` signs (or, for a channel of people, is the address that lets one post there), sealed as it is stored;
    ``old_secret`` signs along until ``old_secret_until``. ``every`` is how long what can wait is collected for a
    digest; None: each event by itself. ``disabled_because`` says why the service itself disabled it.
    """

    id: str
    url: str
    secret: str
    created_at: datetime
    events: tuple[str, ...] = ()
    outlets: tuple[str, ...] = ()
    enabled: bool = True
    note: str = ""
    kind: Channel = Channel.WEBHOOK
    severity: Severity = Severity.INFO
    old_secret: str = ""
    old_secret_until: datetime | None = None
    every: timedelta | None = None
    disabled_because: str = ""
    condition: Condition = WELL

    def secrets(self, at: datetime) -> tuple[str, ...]:
        """The secrets to sign with at real time ``at``, the newest first."""
        old = self.old_secret and self.old_secret_until is not None and at < self.old_secret_until
        return (self.secret, self.old_secret) if old else (self.secret,)


class DeliveryState(StrEnum):
    """Where a delivery stands. ``held`` waits for a digest; ``summed-up`` was told by one, or was no news in it."""

    PENDING = "pending"
    HELD = "held"
    SUMMED_UP = "summed-up"
    DELIVERED = "delivered"
    DEAD = "dead"


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """One event on its way to one endpoint.

    ``attempt`` counts the tries already made; ``forgiven`` of them do not count, since it was asked for anew.
    """

    id: int
    endpoint: Endpoint
    event: Event
    attempt: int
    next_at: datetime
    forgiven: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """What came of one try. ``permanent``: do not try again. ``retry_after`` in seconds, as the receiver asked."""

    ok: bool
    status: int | None
    detail: str
    permanent: bool = False
    retry_after: float | None = None
