"""A byte stream that counts the lines before a body, ahead of the library that takes them apart.

h11 needs ten to twenty microseconds of the event loop for a header and takes any number of them, and of interim answers
with headers of their own: nine thousand held the loop for an eighth of a second (measured). Counting is a hundred
times cheaper than reading.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import httpcore

from service.adapters.streams import BudgetSpent

if TYPE_CHECKING:
    import ssl

MOST_LINES = 400
"""Lines of all heads of one answer, interim ones included: twice the headers that an answer may have."""

_INTERIM = re.compile(rb"HTTP/\d\.\d 1(?!01)\d\d\b")
"""Answers that another one follows (RFC 9110 15.2); after 101 there is none."""


class HeadCounted(httpcore.AsyncNetworkStream):
    """``stream``, which breaks off (BudgetSpent) where the heads of an answer have more lines than any honest one."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._rest = b""
        self._lines = self._of_this_head = 0
        self._interim = self._over = False

    def allow(self, more: int) -> None:
        """Let this many bytes more be read."""
        self._stream.allow(more)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore's signature
        """At most ``max_bytes``, empty at the end."""
        data: bytes = await self._stream.read(max_bytes, timeout)
        if not self._over:
            self._count(data)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - httpcore's signature
        """Send all of ``buffer``."""
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
        """Heads are counted on top of TLS, never below it."""
        raise httpcore.UnsupportedProtocol("TLS over a counted stream")

    def get_extra_info(self, info: str) -> Any:
        """As the stream below says."""
        return self._stream.get_extra_info(info)

    def _count(self, data: bytes) -> None:
        *whole, self._rest = (self._rest + data).split(b"\n")
        for line in whole:
            if line in (b"", b"\r"):
                if self._of_this_head and not self._interim:
                    self._over = True
                    return
                self._of_this_head = 0
            else:
                self._interim = _INTERIM.match(line) is not None if not self._of_this_head else self._interim
                self._of_this_head += 1
            self._lines += 1
            if self._lines > MOST_LINES:
                raise BudgetSpent(f"more than {MOST_LINES} lines before the body")
