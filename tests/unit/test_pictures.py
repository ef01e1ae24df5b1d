"""Icons and screenshots: hashes as others print them, decoding within bounds."""

from __future__ import annotations

import base64
import struct
import zlib
from io import BytesIO
from typing import Any

import mmh3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from service.adapters.pictures import MOST_ICONS, read_picture
from service.core.facts.capture import final_answer
from service.core.facts.picture import UNLIKE, Icon, PictureFacts, distance, favicon_hash
from service.lab.pictures import icon_ico, icon_png


def drawn(size: tuple[int, int] = (64, 64), kind: str = "PNG", mode: str = "RGB", **more: Any) -> bytes:
    """A circle off the middle on a falling slope, in any size and format."""
    picture = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(picture)
    for x in range(size[0]):
        shade = 255 - 200 * x // size[0]
        pen.line((x, 0, x, size[1]), fill=(shade, shade, 255))
    pen.ellipse((size[0] // 8, size[1] // 4, size[0] // 2, size[1] // 2), fill="black")
    out = BytesIO()
    picture.convert(mode).save(out, kind, **more)
    return out.getvalue()


def png_of(width: int, height: int) -> bytes:
    """A PNG whose header promises this many pixels and that holds hardly any."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 9)) + chunk(b"IEND", b"")
    )


def test_an_icon_is_hashed_as_shodan_prints_it() -> None:
    """The body in Base64, 76 characters a line, each line ended: a signed 32-bit number."""
    body = bytes(range(256))
    text = base64.b64encode(body).decode()
    lines = "".join(text[i : i + 76] + "\n" for i in range(0, len(text), 76))
    assert favicon_hash(body) == mmh3.hash(lines)
    assert mmh3.hash("foo") == -156908512  # the vector of MurmurHash3's own documentation for x86_32 with seed 0
    icon = Icon.of("https://a.example/i", b"x", PictureFacts())
    assert (icon.mmh3, len(icon.sha256)) == (mmh3.hash("eA==\n"), 64)


@pytest.mark.parametrize(
    ("kind", "named"), [("PNG", "png"), ("JPEG", "jpeg"), ("GIF", "gif"), ("WEBP", "webp"), ("ICO", "ico")]
)
def test_every_format_of_icons_is_read(kind: str, named: str) -> None:
    found = read_picture(drawn(kind=kind))
    assert (found.format, found.width, found.height, found.unreadable) == (named, 64, 64, "")
    assert distance(found.dhash, read_picture(drawn()).dhash) <= 6


def test_a_difference_hash_survives_scaling_and_tells_pictures_apart() -> None:
    one = read_picture(drawn()).dhash
    assert distance(one, read_picture(drawn((300, 300))).dhash) <= 4
    assert distance(one, read_picture(icon_png("quite another")).dhash) > 10
    assert distance(one, one) == 0
    assert distance(one, "") == distance("no number", one) == UNLIKE


def test_the_same_picture_in_an_icon_and_in_a_png_has_one_hash() -> None:
    assert read_picture(icon_ico("a")).dhash == read_picture(icon_png("a")).dhash != ""


def test_a_picture_without_contrast_has_no_difference_hash() -> None:
    out = BytesIO()
    Image.new("RGBA", (32, 32), (200, 0, 0, 0)).save(out, "PNG")
    assert read_picture(out.getvalue()).dhash == ""


def test_transparency_lies_over_white() -> None:
    """Black paper that is wholly transparent is white paper."""
    dark = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    ImageDraw.Draw(dark).rectangle((0, 0, 20, 63), fill=(0, 0, 0, 255))
    light = Image.new("RGB", (64, 64), "white")
    ImageDraw.Draw(light).rectangle((0, 0, 20, 63), fill="black")
    hashes = []
    for picture in (dark, light):
        out = BytesIO()
        picture.save(out, "PNG")
        hashes.append(read_picture(out.getvalue()).dhash)
    assert hashes[0] == hashes[1] != ""


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (png_of(50_000, 50_000), "50000 x 50000 pixels"),
        (png_of(2**31 - 1, 1), "pixels"),
        (png_of(64, 64), "damaged"),
        (
            b"\0\0\1\0" + struct.pack("<H", 10_000) + b"\x10\x10\0\0\1\0\x20\0\1\0\0\0\x16\0\0\0" * 10_000,
            "10000 pictures",
        ),
        (b"\0\0\1\0", "damaged"),
        (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"BM" + bytes(100), "no picture of a known format"),
        (b"<html>", "no picture of a known format"),
        (drawn()[:200], "damaged"),
        (b"RIFF\x20\0\0\0WEBPVP8 ", "damaged"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_too_much_or_broken_is_given_up_with_the_reason(body: bytes, why: str) -> None:
    found = read_picture(body)
    assert why in found.unreadable
    assert found.dhash == ""


def test_an_icon_whose_inner_picture_is_a_bomb_is_given_up() -> None:
    bomb = png_of(50_000, 50_000)
    entry = struct.pack("<BBBBHHII", 16, 16, 0, 0, 1, 32, len(bomb), 22)
    found = read_picture(struct.pack("<HHH", 0, 1, 1) + entry + bomb)
    assert found.unreadable
    assert MOST_ICONS >= 12


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"\0\0\1\0\1\0", b"RIFF0000WEBP"]),
)
def test_whatever_bytes_come_there_are_facts(tail: bytes, head: bytes) -> None:
    assert isinstance(read_picture(head + tail), PictureFacts)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_a_final_answer_loses_no_byte(tail: bytes) -> None:
    whole = b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n" + tail
    assert b"".join(final_answer(b"HTTP/1.1 103 Early Hints\r\n\r\n" + whole)) == whole
    assert b"".join(final_answer(tail)) in (tail, *(tail[i:] for i in range(len(tail))))
