"""The server name out of a TLS ClientHello, read before the handshake so that a connection can be cut off instead."""

from __future__ import annotations

_HANDSHAKE, _CLIENT_HELLO, _SERVER_NAME, _HOST_NAME = 22, 1, 0, 0
_RECORD_HEADER = 5
_MESSAGE_HEADER = 4
_VERSION_AND_RANDOM = 34

LONGEST = 16 * 1024 + _RECORD_HEADER
"""Bytes of the longest TLS record (RFC 8446 section 5.1); a ClientHello in several records is not read."""


def is_whole(data: bytes) -> bool:
    """Whether ``data`` holds a first record to its end, or can never become one that is worth waiting for."""
    if len(data) < _RECORD_HEADER:
        return bool(data) and data[0] != _HANDSHAKE
    return data[0] != _HANDSHAKE or len(data) >= min(_RECORD_HEADER + int.from_bytes(data[3:5]), LONGEST)


def server_name(data: bytes) -> str | None:
    """The host that a client asks for (RFC 6066 section 3) in lower case, or None where it names none.

    ``data`` is what the client sent first, whatever it is.
    """
    try:
        return _server_name(data)
    except (IndexError, UnicodeDecodeError):
        return None


def _server_name(data: bytes) -> str | None:
    if data[0] != _HANDSHAKE or data[_RECORD_HEADER] != _CLIENT_HELLO:
        return None
    at = _RECORD_HEADER + _MESSAGE_HEADER + _VERSION_AND_RANDOM
    at += 1 + data[at]  # session id
    at += 2 + _two(data, at)  # cipher suites
    at += 1 + data[at]  # compression methods
    end = at + 2 + _two(data, at)
    at += 2
    while at + 4 <= end:
        kind, size = _two(data, at), _two(data, at + 2)
        at += 4
        if kind == _SERVER_NAME:
            return _first_host(data[at : at + size])
        at += size
    return None


def _first_host(extension: bytes) -> str | None:
    if extension[2] != _HOST_NAME:
        return None
    size = _two(extension, 3)
    name = extension[5 : 5 + size]
    return name.decode("ascii").lower() if size and len(name) == size else None


def _two(data: bytes, at: int) -> int:
    return data[at] << 8 | data[at + 1]
