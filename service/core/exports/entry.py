"""One lookalike that is flagged, or was: what every format is made from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from service.core.states import Availability, Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A lookalike as exports know it.

    ``first_flagged_at`` is when it was flagged for the first time, ``changed_at`` when its verdict last changed, and
    ``withdrawn_at`` when the flag was taken back (None while it stands). ``confirmed_by`` is the analyst who said
    impersonation, empty where the score did. ``evidence`` names the independent classes of evidence
    (``core/verdict/evidence.py``). ``live``: it serves the impersonation, as far as was seen. ``tlp`` is the strictest
    marking of what was reported of it, empty where nothing was.
    """

    id: str
    site: str
    domain: str
    outlet: str
    technique: str
    verdict: Verdict
    score: float
    reason: str
    first_flagged_at: datetime
    changed_at: datetime
    discovered_at: datetime
    withdrawn_at: datetime | None = None
    confirmed_by: str = ""
    evidence: frozenset[str] = frozenset()
    availability: Availability = Availability.NOT_CHECKED
    live: bool = False
    blocked: bool = False
    registered_at: datetime | None = None
    registrar: str = ""
    looked_at: datetime | None = None
    tlp: str = ""

    @property
    def confirmed(self) -> bool:
        """Whether it is an impersonation by an analyst's word or by two independent classes of evidence."""
        if self.withdrawn_at is not None or self.verdict is not Verdict.IMPERSONATION:
            return False
        return bool(self.confirmed_by) or len(self.evidence) > 1
