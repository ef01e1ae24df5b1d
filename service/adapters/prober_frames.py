"""What goes between the service and its prober process: length-prefixed frames over pipes.

Names go in packed, one a line; everything that comes back is a short JSON object, because hardly any name exists.
"""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Sequence

PREFIX = struct.Struct("!I")
LARGEST = 32 * 1024 * 1024
"""Bytes in one frame; a batch of 50,000 names of the greatest length stays below half of it."""


def pack(payload: bytes) -> bytes:
    """A payload with its length in front."""
    return PREFIX.pack(len(payload)) + payload


def pack_names(names: Sequence[str]) -> bytes:
    """A batch of names without line breaks."""
    return pack("\n".join(names).encode("utf-8", "surrogatepass"))


def unpack_names(payload: bytes) -> list[str]:
    """The names of a batch."""
    return payload.decode("utf-8", "surrogatepass").split("\n")


def pack_object(fields: dict[str, Any]) -> bytes:
    """A JSON object."""
    return pack(json.dumps(fields, separators=(",", ":")).encode("ascii"))


def read_frame(stream: BinaryIO) -> bytes | None:
    """The next payload of a blocking stream; None at its end, also in the middle of a frame."""
    prefix = stream.read(PREFIX.size)
    if len(prefix) < PREFIX.size:
        return None
    (length,) = PREFIX.unpack(prefix)
    payload = stream.read(length)
    return payload if len(payload) == length else None
