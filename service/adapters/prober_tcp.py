"""One question over TCP, for the prober's threads: what came truncated is asked for again."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from service.adapters.prober_wire import Sort, sort_packet

if TYPE_CHECKING:
    from collections.abc import Callable


def ask_over_tcp(
    packet: bytes, question: bytes, address: tuple[str, int], clock: Callable[[], float], limit: float
) -> bytes | None:
    """Ask once over TCP (RFC 7766), within ``limit`` seconds in all; None where no fitting answer came.

    By hand, because dnspython's client brings a whole HTTP library into this small process.
    """
    deadline = clock() + limit
    try:
        with socket.create_connection(address, timeout=limit) as stream:
            stream.sendall(len(packet).to_bytes(2) + packet)
            length = int.from_bytes(_read_exactly(stream, 2, clock, deadline))
            answer = _read_exactly(stream, length, clock, deadline)
    except (OSError, EOFError):
        return None
    fits = answer[:2] == packet[:2] and sort_packet(answer, question) is not Sort.FOREIGN
    return answer if fits else None


def _read_exactly(stream: socket.socket, size: int, clock: Callable[[], float], deadline: float) -> bytes:
    """``size`` bytes before the deadline, which a server that drips cannot move."""
    received = bytearray()
    while len(received) < size:
        stream.settimeout(max(0.001, deadline - clock()))
        piece = stream.recv(size - len(received))
        if not piece:
            raise EOFError
        received += piece
        if clock() > deadline:
            raise TimeoutError
    return bytes(received)
