"""What a registry says of a registrable name, with an explicit status: absence and failure never look the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class RegistrationStatus(StrEnum):
    """Outcome of asking a registry."""

    FOUND_DATE = "found-date"
    FOUND_NO_DATE = "found-no-date"
    NOT_FOUND = "not-found"
    NOT_PUBLISHED = "not-published"
    RATE_LIMITED = "rate-limited"
    SERVER_ERROR = "server-error"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, kw_only=True, slots=True)
class Registration:
    """A registry's answer.

    ``source`` is rdap or whois, ``server`` whom we asked, ``epp`` the status codes (clientHold ...). Registrants'
    personal data never gets this far; ``abuse_contact`` is the registrar's published address. ``retry_after`` in
    seconds where the server asked for patience. ``created_before``: where this answer has no creation date, that of the
    period that was known before.
    """

    domain: str
    status: RegistrationStatus
    source: str
    server: str
    asked_at: datetime
    created_at: datetime | None = None
    updated_at: datetime | None = None
    expires_at: datetime | None = None
    registrar: str | None = None
    abuse_contact: str | None = None
    nameservers: tuple[str, ...] = ()
    epp: tuple[str, ...] = ()
    retry_after: float | None = None
    detail: str = ""
    created_before: datetime | None = None

    @property
    def held(self) -> bool:
        """Whether registrar (clientHold) or registry (serverHold) took the name out of the zone (RFC 5731 2.3)."""
        return any(code.lower() in ("clienthold", "serverhold") for code in self.epp)
