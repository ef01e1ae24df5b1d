"""Signed tree heads of certificate transparency logs: read, verified, and compared with what was known before.

Checkpoints as c2sp.org/static-ct-api has them (section Checkpoints; the note format is c2sp.org/signed-note), and the
JSON of ``get-sth`` (RFC 6962 4.3). Both carry the same signature (RFC 6962 3.5).
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

_SIGNATURE_TYPE = b"\x05"
_ROOT_BYTES = 32
_LARGEST = 1 << 40
"""Entries that a log can have: a leaf index has 40 bits (c2sp.org/static-ct-api, SCT Extension)."""

_SHA256, _RSA, _ECDSA = 4, 1, 3  # RFC 5246 7.4.1.4.1
_LATEST_MILLISECONDS = 253_402_300_799_000  # the year 9999


class BadTreeHead(Exception):
    """A tree head that cannot be believed; the message says why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TreeHead:
    """``size`` entries under ``root``, as the log said ``at``."""

    size: int
    root: bytes
    at: datetime


def read_checkpoint(text: str, log_id: bytes, key: bytes) -> TreeHead:
    """The head in a checkpoint whose signature by the log's ``key`` (DER) verifies; raises BadTreeHead.

    The origin line is not authenticated by this kind of signature, so only the key decides whose checkpoint it is.
    """
    body, blank, signatures = text.partition("\n\n")
    lines = body.split("\n")
    if not blank or len(lines) != 3:  # noqa: PLR2004 - origin, size, root; extension lines are forbidden
        raise BadTreeHead("it is not a checkpoint of three lines and signatures")
    origin, size, root = lines
    for line in signatures.split("\n"):
        signature = _signature_of(line, origin, log_id)
        if signature is not None:
            at, signed = int.from_bytes(signature[:8], "big"), signature[8:]
            return _verified(_size(size), _base64(root, "root"), at, signed, key)
    raise BadTreeHead("it has no signature by the log's key")


def read_sth(text: str, key: bytes) -> TreeHead:
    """The head in an answer to ``get-sth`` whose signature verifies; raises BadTreeHead."""
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        raise BadTreeHead("the signed tree head is not JSON") from None
    if not isinstance(given, dict):
        raise BadTreeHead("the signed tree head is not an object")
    size, at = given.get("tree_size"), given.get("timestamp")
    if not (isinstance(size, int) and isinstance(at, int)) or isinstance(size, bool) or isinstance(at, bool):
        raise BadTreeHead("the signed tree head lacks tree_size or timestamp")
    root = _base64(given.get("sha256_root_hash"), "sha256_root_hash")
    return _verified(_size(str(size)), root, at, _base64(given.get("tree_head_signature"), "tree_head_signature"), key)


def signed_bytes(size: int, root: bytes, at: int) -> bytes:
    """What a log signs (RFC 6962 3.5): version 1, tree_hash, milliseconds, size, root."""
    return b"\0\1" + at.to_bytes(8, "big") + size.to_bytes(8, "big") + root


def key_id(origin: str, log_id: bytes) -> bytes:
    """The four bytes that name a log's key on a signature line."""
    return sha256(origin.encode() + b"\n" + _SIGNATURE_TYPE + log_id).digest()[:4]


def _signature_of(line: str, origin: str, log_id: bytes) -> bytes | None:
    """The signature on a note's line, where it is by this log's key."""
    dash, space, rest = line.partition(" ")
    name, _, encoded = rest.rpartition(" ")
    if dash != "\u2014" or not space or name != origin:
        return None
    try:
        given = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return None
    return given[4:] if given[:4] == key_id(origin, log_id) else None


def _verified(size: int, root: bytes, at: int, signed: bytes, key: bytes) -> TreeHead:
    if len(root) != _ROOT_BYTES:
        raise BadTreeHead(f"the root has {len(root)} bytes, not {_ROOT_BYTES}")
    if not 0 <= at <= _LATEST_MILLISECONDS:
        raise BadTreeHead("the timestamp is out of all bounds")
    # DigitallySigned (RFC 5246 4.7): two bytes of algorithms, two of length, the signature.
    if len(signed) < 4 or int.from_bytes(signed[2:4], "big") != len(signed) - 4:  # noqa: PLR2004
        raise BadTreeHead("the signature is not a DigitallySigned structure")
    if not _is_signed(signed[0], signed[1], signed[4:], signed_bytes(size, root, at), key):
        raise BadTreeHead("the signature does not verify with the log's key")
    return TreeHead(size=size, root=root, at=datetime.fromtimestamp(at / 1000, UTC))


def _is_signed(hash_: int, algorithm: int, signature: bytes, data: bytes, key: bytes) -> bool:
    """Logs sign with ECDSA over P-256 or RSA, both with SHA-256 (RFC 6962 2.1.4)."""
    try:
        public = load_der_public_key(key)
        if hash_ != _SHA256:
            return False
        if algorithm == _ECDSA and isinstance(public, ec.EllipticCurvePublicKey):
            public.verify(signature, data, ec.ECDSA(hashes.SHA256()))
        elif algorithm == _RSA and isinstance(public, rsa.RSAPublicKey):
            public.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
        else:
            return False
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True


def _size(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > len(str(_LARGEST)) or int(text) > _LARGEST:
        raise BadTreeHead("the size is not a number that a tree can have")
    return int(text)


def _base64(text: Any, what: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError, TypeError):
        raise BadTreeHead(f"the {what} is not base64") from None


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What is remembered of a log's tree: the largest head seen, and the last one that was proved to extend the first.

    ``proved_at``: when (service's time) the last proof was asked for.
    """

    head: TreeHead
    proved: TreeHead
    proved_at: datetime

    def as_cursor(self) -> str:
        """The form that a feed's cursor keeps."""
        return json.dumps(
            {"head": _shown(self.head), "proved": _shown(self.proved), "proved_at": self.proved_at.isoformat()}
        )

    @classmethod
    def of_cursor(cls, cursor: str) -> Known | None:
        """The same read back; None for what is none."""
        try:
            given = json.loads(cursor)
            proved_at = datetime.fromisoformat(given["proved_at"])
            return cls(head=_read(given["head"]), proved=_read(given["proved"]), proved_at=proved_at)
        except (ValueError, KeyError, TypeError):
            return None


def objection(known: TreeHead, seen: TreeHead) -> str:
    """What is wrong with a head after another, in words; empty where nothing is.

    A smaller tree that is also older is a stale copy, which is no objection: there is just nothing to read in it.
    """
    if seen.size == known.size and seen.root != known.root:
        return f"forked: two roots for {seen.size} entries, {known.root.hex()[:16]} and {seen.root.hex()[:16]}"
    if seen.size < known.size and seen.at > known.at:
        return f"shrank from {known.size} entries to {seen.size}"
    return ""


def _shown(head: TreeHead) -> dict[str, Any]:
    return {"size": head.size, "root": head.root.hex(), "at": head.at.isoformat()}


def _read(given: Mapping[str, Any]) -> TreeHead:
    return TreeHead(size=int(given["size"]), root=bytes.fromhex(given["root"]), at=datetime.fromisoformat(given["at"]))
