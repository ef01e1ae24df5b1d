"""A byte stream that keeps what goes through it: evidence is what was sent and received, not what was understood."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from service.adapters.streams import LayeredStream

TAPE = "tape"
"""The extension of a request that carries the tape on which its exchange is kept."""

MOST_TAPED = 3 * 1024 * 1024
"""Bytes of one answer that are kept: as many as a body may have on the wire."""


@dataclass(slots=True)
class Tape:
    """What went over one connection, TLS taken off. ``cut``: more came than is kept."""

    sent: bytearray = field(default_factory=bytearray)
    received: bytearray = field(default_factory=bytearray)
    cut: bool = False

    def rewind(self) -> None:
        """Forget it all: another try begins."""
        self.sent, self.received, self.cut = bytearray(), bytearray(), False


class TapedStream(LayeredStream):
    """``below`` with a tape beside it."""

    def __init__(self, below: Any, tape: Tape) -> None:
        super().__init__(below)
        self._tape = tape

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore's signature
        """At most ``max_bytes``, empty at the end."""
        data = await super().read(max_bytes, timeout)
        room = MOST_TAPED - len(self._tape.received)
        self._tape.received += data[:room]
        self._tape.cut = self._tape.cut or len(data) > room
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - httpcore's signature
        """Send all of ``buffer``."""
        self._tape.sent += buffer
        await super().write(buffer, timeout)
