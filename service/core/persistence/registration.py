"""Registration periods of a name."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from service.core.alerts.events import rfc3339
from service.core.facts.registration import Registration, RegistrationStatus

NEW_PERIOD = timedelta(days=1)
"""Registries print creation dates with and without a time of day; a date later by more than this is a new period."""

_ANSWERED = frozenset(
    {
        RegistrationStatus.FOUND_DATE,
        RegistrationStatus.FOUND_NO_DATE,
        RegistrationStatus.NOT_FOUND,
        RegistrationStatus.NOT_PUBLISHED,
    }
)


def better(known: Registration | None, asked: Registration | None) -> Registration | None:
    """What to believe after asking: a failure to answer never replaces an answer.

    A name that lapsed keeps the date of the period that is over: by it the next period is told from the same one.
    """
    if asked is None or known is None:
        return known or asked
    if known.status in _ANSWERED and asked.status not in _ANSWERED:
        return known
    if asked.created_at is None:
        return replace(asked, created_before=known.created_at or known.created_before)
    return asked


def changed(known: Registration | None, asked: Registration | None) -> dict[str, Any] | None:
    """What changed where the name began a new registration period, else None."""
    if known is None or asked is None or asked.created_at is None:
        return None
    before = known.created_at or known.created_before
    if before is None:
        return None
    if asked.created_at - before <= NEW_PERIOD:
        return None
    return {
        "created_at": rfc3339(asked.created_at),
        "created_at_before": rfc3339(before),
        "registrar": asked.registrar,
        "registrar_before": known.registrar,
    }
