"""One certificate transparency log of the lab: entries, their Merkle tree, signed tree heads (RFC 6962, static-ct-api).

Certificates in it are real X.509. The log accepts whatever it is given, hostile bytes too: logs do.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from service.core.facts import merkle
from service.core.facts.tree_head import key_id, signed_bytes

if TYPE_CHECKING:
    from service.lab.authority import Authority

DER = serialization.Encoding.DER


@dataclass(frozen=True, slots=True)
class Logged:
    """One entry before it has a place. ``tbs`` and ``issuer`` (key hash) make it a precertificate's."""

    at: datetime
    certificate: bytes
    names: tuple[str, ...]
    tbs: bytes = b""
    issuer: bytes = b""
    chain: tuple[bytes, ...] = ()


def logged(authority: Authority, names: tuple[str, ...], at: datetime) -> tuple[Logged, Logged]:
    """What logs get of one certificate for ``names``: its precertificate, then the certificate itself."""
    poisoned, final = authority.issue_logged(names)
    issuer = authority.certificate
    spki = issuer.public_key().public_bytes(DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    chain = (issuer.public_bytes(DER),)
    return (
        Logged(
            at,
            poisoned.public_bytes(DER),
            names,
            tbs=final.tbs_certificate_bytes,
            issuer=hashlib.sha256(spki).digest(),
            chain=chain,
        ),
        Logged(at, final.public_bytes(DER), names, chain=chain),
    )


class CtLog:
    """A log that grows. ``origin`` is its submission prefix without the scheme, ``static`` its protocol.

    Every entry carries its index as static logs write it; clients of the older protocol read past that.
    """

    def __init__(self, origin: str, *, static: bool, key: ec.EllipticCurvePrivateKey | None = None) -> None:
        self.origin, self.static = origin, static
        self._key = key or ec.generate_private_key(ec.SECP256R1())
        self.key = self._key.public_key().public_bytes(DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        self.log_id = hashlib.sha256(self.key).digest()
        self.entries: list[Logged] = []
        self._levels: list[list[bytes]] = [[]]

    @property
    def size(self) -> int:
        """Entries in it."""
        return len(self.entries)

    def add(self, entries: Sequence[Logged]) -> None:
        """Take entries in, in order."""
        for entry in entries:
            self.entries.append(entry)
            self._push(merkle.leaf_hash(self.leaf(self.size - 1)))

    def _push(self, found: bytes) -> None:
        for level in self._levels:
            level.append(found)
            if len(level) % 2:
                return
            found = merkle.node_hash(level[-2], level[-1])
        self._levels.append([found])

    def root(self, size: int) -> bytes:
        """The root over the first ``size`` entries."""
        nodes = merkle.complete_nodes(0, size)
        return merkle.subtree(nodes, self._node) if nodes else merkle.EMPTY_ROOT

    def _node(self, node: merkle.Node) -> bytes:
        return self._levels[node[0]][node[1]]

    def proof(self, first: int, second: int) -> list[bytes]:
        """The consistency proof between two sizes (RFC 6962 2.1.2)."""
        return [merkle.subtree(part, self._node) for part in merkle.consistency_nodes(first, second)]

    def hash_tile(self, level: int, number: int, width: int) -> bytes | None:
        """A tile of hashes, None where the tree has none that wide."""
        height = level * merkle.TILE_HEIGHT
        if height >= len(self._levels):
            return None
        found = self._levels[height][number * merkle.TILE_WIDTH :][:width]
        return b"".join(found) if len(found) == width else None

    def data_tile(self, number: int, width: int) -> bytes | None:
        """A tile of entries."""
        places = self._places(number, width)
        return None if places is None else b"".join(self._tile_leaf(place) for place in places)

    def names_tile(self, number: int, width: int) -> bytes | None:
        """A tile of names, as Sunlight writes them."""
        places = self._places(number, width)
        if places is None:
            return None
        return b"".join(_trimmed(self.entries[place]) for place in places)

    def _places(self, number: int, width: int) -> range | None:
        first = number * merkle.TILE_WIDTH
        return range(first, first + width) if first + width <= self.size else None

    def leaf(self, index: int) -> bytes:
        """The MerkleTreeLeaf of an entry (RFC 6962 3.4)."""
        return b"\0\0" + self._timestamped(index)

    def extra_data(self, index: int) -> bytes:
        """What get-entries sends beside the leaf (RFC 6962 4.6)."""
        entry = self.entries[index]
        chain = _vector(b"".join(_vector(der, 3) for der in entry.chain), 3)
        return (_vector(entry.certificate, 3) + chain) if entry.tbs else chain

    def _timestamped(self, index: int) -> bytes:
        entry = self.entries[index]
        extensions = _vector(b"\0" + _vector(index.to_bytes(5, "big"), 2), 2)
        head = _milliseconds(entry.at).to_bytes(8, "big")
        if entry.tbs:
            return head + b"\0\1" + entry.issuer + _vector(entry.tbs, 3) + extensions
        return head + b"\0\0" + _vector(entry.certificate, 3) + extensions

    def _tile_leaf(self, index: int) -> bytes:
        entry = self.entries[index]
        chain = _vector(b"".join(hashlib.sha256(der).digest() for der in entry.chain), 2)
        return self._timestamped(index) + (_vector(entry.certificate, 3) if entry.tbs else b"") + chain

    def checkpoint(self, size: int, at: datetime) -> str:
        """The signed checkpoint of the first ``size`` entries."""
        root = self.root(size)
        milliseconds = _milliseconds(at)
        signature = milliseconds.to_bytes(8, "big") + self._signed(size, root, milliseconds)
        line = base64.b64encode(key_id(self.origin, self.log_id) + signature).decode()
        return f"{self.origin}\n{size}\n{base64.b64encode(root).decode()}\n\n\u2014 {self.origin} {line}\n"

    def sth(self, size: int, at: datetime) -> str:
        """The same for the older protocol."""
        root, milliseconds = self.root(size), _milliseconds(at)
        return json.dumps(
            {
                "tree_size": size,
                "timestamp": milliseconds,
                "sha256_root_hash": base64.b64encode(root).decode(),
                "tree_head_signature": base64.b64encode(self._signed(size, root, milliseconds)).decode(),
            }
        )

    def _signed(self, size: int, root: bytes, milliseconds: int) -> bytes:
        signature = self._key.sign(signed_bytes(size, root, milliseconds), ec.ECDSA(hashes.SHA256()))
        return b"\4\3" + _vector(signature, 2)

    def forked(self, at: int) -> CtLog:
        """Another log under the same key that holds the same entries up to ``at``."""
        other = CtLog(self.origin, static=self.static, key=self._key)
        other.add(self.entries[:at])
        return other


def _trimmed(entry: Logged) -> bytes:
    common = entry.names[0] if entry.names else ""
    found = {"Timestamp": _milliseconds(entry.at), "Subject": {"CommonName": common}, "DNS": list(entry.names)}
    return json.dumps(found, separators=(",", ":")).encode() + b"\n"


def _vector(data: bytes, size: int) -> bytes:
    return len(data).to_bytes(size, "big") + data


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
