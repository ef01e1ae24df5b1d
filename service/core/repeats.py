"""Requests that are sent twice after a lost answer (draft-ietf-httpapi-idempotency-key-header)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

KEPT_FOR = timedelta(hours=24)
"""How long an answer is kept for a request that comes again."""

UNDER_WAY_FOR = timedelta(minutes=5)
"""After this, a request without an answer was cut off, and may be made anew."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Repeatable:
    """A request under a key of its token's, and its answer (``status`` None while there is none).

    ``digest`` tells the same request from another one under the same key.
    """

    token_id: str
    key: str
    digest: str
    at: datetime
    status: int | None = None
    headers: Mapping[str, str] | None = None
    body: bytes = b""

    def is_over(self, now: datetime) -> bool:
        """Whether the key is free again."""
        return now - self.at >= (UNDER_WAY_FOR if self.status is None else KEPT_FOR)
