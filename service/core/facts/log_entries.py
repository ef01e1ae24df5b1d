"""Entries of certificate transparency logs: host names out of data tiles, names tiles and ``get-entries``.

Sources: c2sp.org/static-ct-api (Log entries), Sunlight's names tiles (names-tiles.md), RFC 6962 3.4 and 4.6. What
stands in a log was written by anybody: an entry that cannot be read is counted and never stops the others.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from cryptography import x509
from cryptography.x509.oid import NameOID

from service.core.errors import InvalidName
from service.core.names import name as names

MOST_NAMES = 2_000
"""Names read of one certificate; authorities issue for at most 100 or 250, one for 2,000."""

_X509, _PRECERT = 0, 1
_LEAF_INDEX = 0
_LEAF_INDEX_BYTES = 5
_LATEST_MILLISECONDS = 253_402_300_799_000


class BadEntries(Exception):
    """An answer that is no sequence of entries; the message says why."""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One entry: ``hosts`` are what the certificate is for, wildcards by the name they stand under.

    ``at``: when it was logged. ``certificate`` is the same for a precertificate and its certificate in any log, so that
    they are folded. ``index``: where the log says that it stands. ``readable`` False: it has no names for that reason.
    """

    hosts: tuple[str, ...]
    at: datetime
    certificate: bytes
    index: int | None = None
    readable: bool = True


def read_data_tile(tile: bytes) -> list[LogEntry]:
    """The entries of a data tile, in order; BadEntries where it is cut short or is none."""
    reader, entries = _Reader(tile), []
    while reader.left:
        at = reader.number(8)
        kind = reader.number(2)
        if kind == _X509:
            certificate = reader.opaque(3)
            index = _leaf_index(reader.opaque(2))
        elif kind == _PRECERT:
            reader.take(32)
            reader.opaque(3)
            index = _leaf_index(reader.opaque(2))
            certificate = reader.opaque(3)
        else:
            raise BadEntries(f"an entry of the unknown type {kind}")
        reader.opaque(2)
        entries.append(_entry(certificate, at, index))
    return entries


def read_get_entries(text: bytes) -> list[LogEntry]:
    """The entries of an answer to ``get-entries``; BadEntries where it is none."""
    try:
        given = json.loads(text)["entries"]
        pairs = [(_unbase64(one["leaf_input"]), _unbase64(one["extra_data"])) for one in given]
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error):
        raise BadEntries("the answer to get-entries is not JSON with entries") from None
    return [_of_leaf(leaf, extra) for leaf, extra in pairs]


def read_names_tile(tile: bytes) -> list[LogEntry]:
    """The entries of a names tile, one JSON object a line; BadEntries where a line is none."""
    entries = []
    for line in tile.split(b"\n"):
        if not line:
            continue
        try:
            given = json.loads(line)
            entries.append(_of_names(given))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise BadEntries("a line of the names tile is not an object with names") from None
    return entries


def host_names(given: Iterable[str]) -> tuple[str, ...]:
    """What of a certificate's names are host names, once each; a wildcard gives the name that it stands under."""
    found: dict[str, None] = {}
    for text in given:
        plain = text.removeprefix("*.")
        try:
            host = plain if names.is_plain(plain) else names.parse(plain)
        except InvalidName:
            continue
        if "." in host and not names.is_number_like(host):
            found[host] = None
    return tuple(found)


def certificate_names(der: bytes) -> tuple[tuple[str, ...], bytes]:
    """The host names of a certificate or precertificate, and what identifies it: issuer and serial number.

    The common name counts beside the alternative names: old and private certificates have nothing else. ValueError
    where it cannot be read.
    """
    try:
        certificate = x509.load_der_x509_certificate(der)
        given = [str(one.value) for one in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
        try:
            alternative = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
            given += alternative.get_values_for_type(x509.DNSName)[:MOST_NAMES]
        except x509.ExtensionNotFound:
            pass
        issuer = certificate.issuer.public_bytes()
        serial = certificate.serial_number
        identity = sha256(issuer + serial.to_bytes(serial.bit_length() // 8 + 1, "big", signed=True)).digest()
    except Exception as error:
        # Whatever a parser of hostile bytes may raise: the entry is counted as unreadable, and the next one is read.
        raise ValueError(f"unreadable certificate: {error}") from error
    return host_names(given), identity


def _entry(der: bytes, at: int, index: int | None) -> LogEntry:
    try:
        hosts, identity = certificate_names(der)
    except ValueError:
        return LogEntry((), _time(at), sha256(der).digest(), index, readable=False)
    return LogEntry(hosts, _time(at), identity, index)


def _of_leaf(leaf: bytes, extra: bytes) -> LogEntry:
    """MerkleTreeLeaf with its extra data: a precertificate stands whole in the latter (RFC 6962 4.6)."""
    try:
        reader = _Reader(leaf)
        version_and_type, at, kind = reader.number(2), reader.number(8), reader.number(2)
        certificate = _Reader(extra).opaque(3) if kind == _PRECERT else reader.opaque(3)
    except BadEntries:
        version_and_type, at, certificate = 1, 0, leaf
    if version_and_type != 0:
        return LogEntry((), _time(at), sha256(leaf).digest(), readable=False)
    return _entry(certificate, at, None)


def _of_names(given: Mapping[str, Any]) -> LogEntry:
    """A TrimmedEntry of Sunlight: no serial number, so equal names on one day count as one certificate."""
    at = int(given["Timestamp"])
    subject = given.get("Subject") or {}
    common = subject.get("CommonName") or ""
    dns = given.get("DNS") or ()
    if not all(isinstance(name, str) for name in (common, *dns)):
        raise TypeError("a name that is no text")
    hosts = host_names([*([common] if common else []), *dns[:MOST_NAMES]])
    when = _time(at)
    return LogEntry(hosts, when, sha256("\n".join((when.date().isoformat(), *sorted(hosts))).encode()).digest())


def _leaf_index(extensions: bytes) -> int | None:
    """The leaf index among an entry's extensions (static-ct-api, SCT Extension); None where there is none."""
    reader = _Reader(extensions)
    while reader.left:
        kind, data = reader.number(1), reader.opaque(2)
        if kind == _LEAF_INDEX and len(data) == _LEAF_INDEX_BYTES:
            return int.from_bytes(data, "big")
    return None


def _time(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(min(max(milliseconds, 0), _LATEST_MILLISECONDS) / 1000, UTC)


def _unbase64(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


class _Reader:
    """Takes TLS presentation language (RFC 8446 3) off bytes; BadEntries where they end too early."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    @property
    def left(self) -> int:
        return len(self._data) - self._at

    def take(self, count: int) -> bytes:
        end = self._at + count
        if end > len(self._data):
            raise BadEntries("an entry is cut short")
        found, self._at = self._data[self._at : end], end
        return found

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def opaque(self, size: int) -> bytes:
        """A vector whose length stands before it in ``size`` bytes."""
        return self.take(self.number(size))
