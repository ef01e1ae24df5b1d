"""Bodies of hostile servers: read raw, decoded in bounded steps, counted all the while.

HTTP libraries inflate a whole network chunk before anybody can count it: 522 KB of gzip became 261 MiB of memory with
httpx. So encoded bodies come through here; the service asks for unencoded ones anyway.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

STEP = 65_536
_ZLIB_HEADER = 2
RATIO_FLOOR = 1024 * 1024
"""Bytes of decoded body from which the ratio counts; small pages of one repeated line compress beyond any ratio."""


class UnsupportedEncoding(Exception):
    """The body is encoded in a way that is not decoded here; the message names it."""


class TooLarge(Exception):
    """A limit on size or ratio was reached; the message says which."""


class Truncated(Exception):
    """The encoded body broke off or is damaged; what came before is good."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BodyLimits:
    """``wire`` and ``decoded`` in bytes; ``ratio`` decoded to wire bytes, from one MiB decoded on."""

    wire: int = 3 * 1024 * 1024
    decoded: int = 5 * 1024 * 1024
    ratio: int = 200


class BodyReader:
    """Collects one body. ``encoding`` is the Content-Encoding header (RFC 9110 8.4); raises UnsupportedEncoding.

    One layer of gzip or deflate is decoded. ``body`` holds what was decoded so far, whatever ``feed`` and ``finish``
    raise, and is never longer than ``limits.decoded``.
    """

    def __init__(self, encoding: str, limits: BodyLimits) -> None:
        self.body = bytearray()
        self.wire = 0
        self._limits = limits
        self._inflate = _decoder(encoding)

    def feed(self, chunk: bytes) -> None:
        """Take a chunk off the wire; raises TooLarge or Truncated."""
        self.wire += len(chunk)
        for piece in self._inflate.pieces(chunk):
            room = self._limits.decoded - len(self.body)
            self.body += piece[:room]
            if len(piece) > room:
                raise TooLarge(f"more than {self._limits.decoded} bytes of body")
            if len(self.body) > max(RATIO_FLOOR, self._limits.ratio * self.wire):
                raise TooLarge(f"the body inflates more than {self._limits.ratio} to 1")
        if self.wire > self._limits.wire:
            raise TooLarge(f"more than {self._limits.wire} bytes on the wire")

    def finish(self) -> None:
        """Say that the wire is at its end; raises Truncated where the encoding is not."""
        if self.wire and not self._inflate.ended:
            raise Truncated("the encoded body breaks off")


class _Plain:
    """No encoding."""

    ended = True

    def pieces(self, chunk: bytes) -> Iterator[bytes]:
        """The chunk as it is."""
        yield chunk


class _Inflate:
    """gzip (RFC 1952), and deflate as zlib (RFC 1950) or, as many servers send it, without its header (RFC 1951)."""

    def __init__(self, *, gzip: bool) -> None:
        self._zlib = zlib.decompressobj(wbits=31) if gzip else None
        self._head = b""

    @property
    def ended(self) -> bool:
        """Whether the end of the encoded data was seen. Bytes behind it are ignored, as browsers do."""
        return self._zlib is not None and self._zlib.eof

    def pieces(self, chunk: bytes) -> Iterator[bytes]:
        """The chunk decoded, in pieces of at most STEP bytes; raises Truncated."""
        if self._zlib is None:
            chunk = self._head = self._head + chunk
            if len(chunk) < _ZLIB_HEADER:
                return
            self._zlib = zlib.decompressobj(wbits=15 if _has_zlib_header(chunk) else -15)
        try:
            while chunk and not self._zlib.eof:
                yield self._zlib.decompress(chunk, STEP)
                chunk = self._zlib.unconsumed_tail
            # zlib can hold output back without input left.
            while not self._zlib.eof and (piece := self._zlib.decompress(b"", STEP)):
                yield piece
        except zlib.error as error:
            raise Truncated(f"the encoded body is damaged: {error}") from error


def _has_zlib_header(data: bytes) -> bool:
    """RFC 1950 2.2: method 8, and the first two bytes a multiple of 31."""
    return data[0] & 0x0F == zlib.DEFLATED and int.from_bytes(data[:_ZLIB_HEADER], "big") % 31 == 0


def _decoder(encoding: str) -> _Plain | _Inflate:
    layers = [layer.strip().lower() for layer in encoding.split(",") if layer.strip(" \t") not in ("", "identity")]
    if not layers:
        return _Plain()
    if len(layers) == 1 and layers[0] in ("gzip", "x-gzip", "deflate"):
        return _Inflate(gzip=layers[0] != "deflate")
    raise UnsupportedEncoding(f"content encoding {', '.join(layers)[:60]!r}")
