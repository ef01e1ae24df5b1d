"""What went over the wire, kept as the bytes that it was: the raw material of evidence."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Exchange:
    """One request and its answer, TLS taken off and nothing else: no header reordered, no body decoded.

    ``address`` is the peer. ``received`` is empty where no answer came. ``cut``: the answer was longer than is kept.
    """

    url: str
    address: str | None
    sent: bytes
    received: bytes
    cut: bool = False


def final_answer(received: bytes) -> tuple[bytes, bytes]:
    """Head (with its empty line) and body of the final answer; interim ones (RFC 9110 15.2) before it are passed over.

    An answer that broke off in its head has no body.
    """
    while True:
        head, separator, rest = received.partition(b"\r\n\r\n")
        if not separator:
            return received, b""
        parts = head.split(b" ", 2)
        interim = len(parts) > 1 and len(parts[1]) == len(b"103") and parts[1].startswith(b"1")
        if not interim or not rest:
            return head + separator, rest
        received = rest
