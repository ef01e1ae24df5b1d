"""The ports of what is told together, and of outlets that are new: a part of ``ports.py``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from service.core.alerts.digest import AlertGroup, Held
    from service.core.alerts.onboarding import Found, Onboarding


class DigestRows(Protocol):
    """What waits for digests, and what they told."""

    def is_due(self, endpoint: str, now: datetime) -> bool:
        """Whether anything has waited long enough for one endpoint's digest."""

    def held(self, endpoint: str, limit: int) -> tuple[Held, ...]:
        """What waits for one endpoint's digest, oldest first."""

    def said(self, endpoint: str) -> Mapping[str, Mapping[str, str]]:
        """What one endpoint's digests told last, by group, and within it by site and outlet."""

    def close(self, endpoint: str, held: Sequence[Held], said: Mapping[str, Mapping[str, str]], at: datetime) -> None:
        """These no longer wait, and this is what was told of their groups."""


class AlertGroupRows(Protocol):
    """Groups of sites that alerts are about."""

    def get(self, key: str) -> AlertGroup | None:
        """One by its key."""

    def of_site(self, host: str) -> AlertGroup | None:
        """The group that a site's alerts belong to now; None where there were none."""

    def all(self, since: datetime) -> tuple[AlertGroup, ...]:
        """Groups with anything since then, or acknowledged, the last first."""

    def put(self, group: AlertGroup) -> None:
        """Change one: acknowledge it or take that back."""


class OnboardingRows(Protocol):
    """Outlets whose first sweeps are not complete."""

    def begin(self, begun: Onboarding) -> None:
        """An outlet is new on the list."""

    def all(self) -> tuple[Onboarding, ...]:
        """Every outlet that is new, ordered by id."""

    def unseen(self, outlet: str) -> int:
        """How many sites that resemble an outlet were never looked at."""

    def found(self, outlet: str) -> Found:
        """What there is beside an outlet."""

    def end(self, outlet: str) -> None:
        """It is new no more."""
