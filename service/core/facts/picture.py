"""Pictures as what tells them from others: exact digests, and hashes that survive scaling and recompression."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from hashlib import sha256

import mmh3

from service.core.facts.capture import Exchange

ALIKE = 10
"""Bits out of 64 up to which two difference hashes are usually of one picture (Krawetz, "Kind of Like That", 2013)."""

UNLIKE = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class PictureFacts:
    """What a picture's bytes hold. ``unreadable`` says why it was not decoded, else "".

    ``dhash`` is the difference hash as 16 hexadecimal digits, empty for a picture without any contrast, of which it
    would say nothing. ``width`` and ``height`` in pixels.
    """

    format: str = ""
    width: int = 0
    height: int = 0
    dhash: str = ""
    unreadable: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Icon:
    """A site's icon. ``sha256`` in hexadecimal; ``mmh3`` as Shodan, FOFA and Censys print it (a signed number)."""

    url: str
    sha256: str
    mmh3: int
    picture: PictureFacts
    exchanges: tuple[Exchange, ...] = ()

    @classmethod
    def of(cls, url: str, body: bytes, picture: PictureFacts, exchanges: tuple[Exchange, ...] = ()) -> Icon:
        """The icon whose bytes are ``body``."""
        return cls(
            url=url, sha256=sha256(body).hexdigest(), mmh3=favicon_hash(body), picture=picture, exchanges=exchanges
        )


def favicon_hash(body: bytes) -> int:
    """MurmurHash3 (x86, 32 bits, seed 0) of the icon in Base64, a line feed after every 76 characters and at the end.

    That is what Shodan's ``http.favicon.hash`` holds.
    """
    return mmh3.hash(base64.encodebytes(body))


def distance(one: str, other: str) -> int:
    """Bits in which two difference hashes differ, 0 to 64; 64 where one of them is missing or is none."""
    try:
        return (int(one, 16) ^ int(other, 16)).bit_count() if one and other else UNLIKE
    except ValueError:
        return UNLIKE
