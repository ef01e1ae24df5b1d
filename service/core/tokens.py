"""API tokens: how one is made, read and hashed. Pure; the random bytes are an argument.

A token reads ``sw_<id>_<secret>``. The id finds the row, the secret is 256 random bits, and only the SHA-256 of the
whole token is kept. A slow hash, as passwords need, would add nothing: nobody guesses 256 bits.
"""

from __future__ import annotations

import re
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

_ID_BYTES = 6
_SECRET_BYTES = 32
_TOKEN = re.compile(r"sw_([0-9a-f]{12})_[0-9a-f]{64}\Z")


class Scope(StrEnum):
    """What a token may do. Scopes do not include one another: a reporting form needs ``write`` and no ``read``."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


class NewToken(NamedTuple):
    """A token as it is shown once (``plain``), and what is kept of it (``id``, ``digest``)."""

    plain: str
    id: str
    digest: str


def new_token(token_bytes: Callable[[int], bytes]) -> NewToken:
    """Make a token from a source of secret random bytes (n -> n bytes)."""
    identity = token_bytes(_ID_BYTES).hex()
    plain = f"sw_{identity}_{token_bytes(_SECRET_BYTES).hex()}"
    return NewToken(plain=plain, id=identity, digest=hash_token(plain))


def hash_token(plain: str) -> str:
    """Return what is kept of a token: its SHA-256 in hexadecimal."""
    return sha256(plain.encode()).hexdigest()


def id_of(plain: str) -> str | None:
    """Return the id inside a token, None where the text is not a token at all."""
    found = _TOKEN.match(plain)
    return found[1] if found else None
