"""From a picture's bytes to its facts, with Pillow and within limits. Runs in the child process (``parser_child.py``).

The format is told by the first bytes, never by name or media type, and only five formats are opened; SVG is a program
and is never drawn. Sizes are read from the header and refused before a pixel is decoded.
"""

from __future__ import annotations

import struct
import warnings
from collections.abc import Callable
from io import BytesIO

from PIL import GifImagePlugin, IcoImagePlugin, Image, ImageFile, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

from service.core.facts.picture import PictureFacts

MOST_PIXELS = 20_000_000
"""Pixels decoded at most: a desktop page ten screens long, or 80 MB of memory."""

MOST_ICONS = 64
"""Pictures in one ICO file; real ones hold a dozen."""

_MARKS: tuple[tuple[bytes, int, str, Callable[[BytesIO], ImageFile.ImageFile]], ...] = (
    (b"\x89PNG\r\n\x1a\n", 0, "png", PngImagePlugin.PngImageFile),
    (b"\xff\xd8\xff", 0, "jpeg", JpegImagePlugin.JpegImageFile),
    (b"GIF8", 0, "gif", GifImagePlugin.GifImageFile),
    (b"\0\0\1\0", 0, "ico", IcoImagePlugin.IcoImageFile),
    (b"WEBP", 8, "webp", WebPImagePlugin.WebPImageFile),
)
_SIDE = 8


class _NotTaken(Exception):
    """The picture is refused; the message says why."""


def read_picture(body: bytes) -> PictureFacts:
    """The picture's facts. Whatever a picture makes go wrong is a finding about the picture."""
    kind = ""
    try:
        kind, opened = _open(body)
        width, height = opened.size
        return PictureFacts(format=kind, width=width, height=height, dhash=difference_hash(opened))
    except _NotTaken as error:
        return PictureFacts(format=kind, unreadable=str(error))
    except Exception as error:  # noqa: BLE001 - whatever a hostile picture makes go wrong is a finding about it
        return PictureFacts(format=kind, unreadable=f"damaged: {type(error).__name__}")


def difference_hash(picture: Image.Image) -> str:
    """Whether brightness falls from each of 9 columns to the next, in 8 rows: 64 bits as 16 hexadecimal digits.

    Transparency is laid over white, as browsers show it. Empty where there is no contrast at all. dHash after Neal
    Krawetz, "Kind of Like That" (2013).
    """
    first = picture.convert("RGBA")
    shown = Image.new("RGBA", first.size, "white")
    shown.alpha_composite(first)
    small = shown.convert("L").resize((_SIDE + 1, _SIDE), Image.Resampling.LANCZOS)
    grey = small.tobytes()
    if max(grey) == min(grey):
        return ""
    bits = 0
    for row in range(_SIDE):
        for column in range(_SIDE):
            at = row * (_SIDE + 1) + column
            bits = bits << 1 | (grey[at] > grey[at + 1])
    return f"{bits:016x}"


def _open(body: bytes) -> tuple[str, ImageFile.ImageFile]:
    found = next((m for m in _MARKS if body[m[1] : m[1] + len(m[0])] == m[0]), None)
    if found is None:
        drawn = b"<svg" in body[:2000].lower()
        raise _NotTaken("SVG pictures are not drawn" if drawn else "no picture of a known format")
    _, _, kind, opener = found
    if kind == "ico" and _count_of_icons(body) > MOST_ICONS:
        raise _NotTaken(f"{_count_of_icons(body)} pictures in one icon")
    with warnings.catch_warnings():
        # Pillow's own limits, for the pictures inside an icon; what it merely warns of is refused here.
        warnings.simplefilter("error")
        opened = opener(BytesIO(body))
    width, height = opened.size
    if width * height > MOST_PIXELS:
        raise _NotTaken(f"{width} x {height} pixels")
    return kind, opened


def _count_of_icons(body: bytes) -> int:
    head = struct.Struct("<HHH")
    return int(head.unpack_from(body)[2]) if len(body) >= head.size else 0


Image.MAX_IMAGE_PIXELS = MOST_PIXELS
