"""Signatures of webhooks after Standard Webhooks 1.0 (https://www.standardwebhooks.com), symmetric kind ``v1``.

What is signed is ``id.timestamp.body``: the identifier stays the same over retries, the timestamp is that of the
attempt, and the body is signed as the bytes that are sent.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from hashlib import sha256

from service.core.errors import InvalidInput

PREFIX = "whsec_"
SHORTEST, LONGEST = 24, 64
"""Bytes of a secret (Standard Webhooks, "Signature scheme")."""


def sign(secrets: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The value of ``webhook-signature``: one signature for each of the secrets, which are separated by blanks.

    Two secrets are for the time in which a receiver changes from one to the other. ``timestamp`` in Unix seconds.
    Raises InvalidInput for a secret that is none.
    """
    content = f"{message_id}.{timestamp}.".encode() + body
    keys = [secret_bytes(secret) for secret in secrets.split()]
    if not keys:
        raise InvalidInput("there is no secret to sign with")
    return " ".join("v1," + base64.b64encode(hmac.new(key, content, sha256).digest()).decode("ascii") for key in keys)


def secret_bytes(secret: str) -> bytes:
    """The key in a secret of the form ``whsec_`` and Base64. Raises InvalidInput with the reason."""
    if not secret.startswith(PREFIX):
        raise InvalidInput(f"a webhook's secret begins with {PREFIX}")
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidInput("a webhook's secret is not Base64 after its beginning") from error
    if not SHORTEST <= len(key) <= LONGEST:
        raise InvalidInput(f"a webhook's secret has {len(key)} bytes; {SHORTEST} to {LONGEST} are asked for")
    return key


def new_secret(entropy: bytes) -> str:
    """A secret from 24 to 64 random bytes."""
    secret = PREFIX + base64.b64encode(entropy).decode("ascii")
    secret_bytes(secret)
    return secret
