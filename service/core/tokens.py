"""API tokens: how one is made, read and hashed, and whether it is still good. Pure; random bytes are an argument.

A token reads ``sw_<id>_<secret>``. The id finds the row, the secret is 256 random bits, and only the SHA-256 of the
whole token is kept. A slow hash, as passwords need, would add nothing: nobody guesses 256 bits.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

_ID_BYTES = 6
_SECRET_BYTES = 32
_TOKEN = re.compile(r"sw_([0-9a-f]{12})_[0-9a-f]{64}\Z")


class Scope(StrEnum):
    """What a token may do. Scopes do not include one another: a reporting form needs ``report`` and no ``read``."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"
    REPORT = "report"


USE_NOTED_EVERY = timedelta(minutes=1)
"""How exactly the last use of a token is known: a write at each request would make every reader a writer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Token:
    """What is kept of a token. ``outlets`` empty: it sees all; else it sees what concerns these, and nothing else."""

    id: str
    digest: str
    scopes: frozenset[str]
    created_at: datetime
    note: str = ""
    outlets: frozenset[str] = frozenset()
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None

    def use_is_news(self, now: datetime) -> bool:
        """Whether this use is worth writing down."""
        return self.last_used_at is None or now - self.last_used_at >= USE_NOTED_EVERY


class MintedToken(NamedTuple):
    """A token as it is shown once (``plain``), and what is kept of it (``id``, ``digest``)."""

    plain: str
    id: str
    digest: str


def new_token(token_bytes: Callable[[int], bytes]) -> MintedToken:
    """Make a token from a source of secret random bytes (n -> n bytes)."""
    identity = token_bytes(_ID_BYTES).hex()
    plain = f"sw_{identity}_{token_bytes(_SECRET_BYTES).hex()}"
    return MintedToken(plain=plain, id=identity, digest=hash_token(plain))


def hash_token(plain: str) -> str:
    """Return what is kept of a token: its SHA-256 in hexadecimal."""
    return sha256(plain.encode()).hexdigest()


def id_of(plain: str) -> str | None:
    """Return the id inside a token, None where the text is not a token at all."""
    found = _TOKEN.match(plain)
    return found[1] if found else None


def why_refused(token: Token | None, digest: str, now: datetime) -> str | None:
    """Why a token with this hash is not taken, as a sentence; None where it is.

    The hashes are compared in constant time, and only who has the whole token learns what became of it.
    """
    if token is None or not hmac.compare_digest(token.digest.encode(), digest.encode()):
        return "This token is not known here."
    if token.revoked_at is not None:
        return "This token was revoked."
    if token.expires_at is not None and token.expires_at <= now:
        return "This token has expired."
    return None
