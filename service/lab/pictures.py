"""Small valid pictures, drawn from a seed: icons for browsers, and one grey rectangle for every photograph."""

from __future__ import annotations

import hashlib
import struct
import zlib
from functools import cache

_SIDE = 16
_CELLS = 8


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _png(width: int, height: int, rows: bytes) -> bytes:
    """A true-colour PNG (RFC 2083) of raw RGB ``rows``, each with its filter byte in front."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows, 9)) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


@cache
def icon_png(seed: str) -> bytes:
    """A 16 x 16 icon, mirrored down the middle; different seeds give different icons."""
    bits = hashlib.sha256(f"icon\x1f{seed}".encode()).digest()
    ink, paper = bits[:3], bytes(255 - byte // 4 for byte in bits[3:6])
    rows = bytearray()
    for y in range(_SIDE):
        rows.append(0)
        for x in range(_SIDE):
            across = min(x, _SIDE - 1 - x) * _CELLS // _SIDE
            cell = (y * _CELLS // _SIDE) * (_CELLS // 2) + across
            rows += ink if bits[6 + cell // 8] >> (cell % 8) & 1 else paper
    return _png(_SIDE, _SIDE, bytes(rows))


@cache
def icon_ico(seed: str) -> bytes:
    """The same icon in an ICO container (one PNG image in it, as Windows has read since Vista)."""
    image = icon_png(seed)
    header = struct.pack("<HHH", 0, 1, 1)
    entry = struct.pack("<BBBBHHII", _SIDE, _SIDE, 0, 0, 1, 24, len(image), 22)
    return header + entry + image


@cache
def photograph() -> bytes:
    """What every picture of the lab's news shows: a grey rectangle of 32 x 18."""
    return _png(32, 18, (b"\0" + b"\xb0\xb4\xb8" * 32) * 18)
