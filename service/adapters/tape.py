"""A byte stream that keeps what goes through it: evidence is what was sent and received, not what was understood."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpcore

if TYPE_CHECKING:
    import ssl

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


class TapedStream(httpcore.AsyncNetworkStream):
    """``stream`` with a tape beside it."""

    def __init__(self, stream: Any, tape: Tape) -> None:
        self._stream, self._tape = stream, tape

    def allow(self, more: int) -> None:
        """Let this many bytes more be read."""
        self._stream.allow(more)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore's signature
        """At most ``max_bytes``, empty at the end."""
        data: bytes = await self._stream.read(max_bytes, timeout)
        room = MOST_TAPED - len(self._tape.received)
        self._tape.received += data[:room]
        self._tape.cut = self._tape.cut or len(data) > room
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - httpcore's signature
        """Send all of ``buffer``."""
        self._tape.sent += buffer
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        """Close the connection."""
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,  # noqa: ARG002 - httpcore's signature
        server_hostname: str | None = None,  # noqa: ARG002 - httpcore's signature
        timeout: float | None = None,  # noqa: ARG002, ASYNC109 - httpcore's signature
    ) -> httpcore.AsyncNetworkStream:
        """A tape lies on top of TLS, never below it."""
        raise httpcore.UnsupportedProtocol("TLS over a taped stream")

    def get_extra_info(self, info: str) -> Any:
        """As the stream below says."""
        return self._stream.get_extra_info(info)
