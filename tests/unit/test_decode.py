"""Bodies decoded in bounded steps."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.adapters.decode import RATIO_FLOOR, STEP, BodyLimits, BodyReader, TooLarge, Truncated, UnsupportedEncoding

LIMITS = BodyLimits(wire=100_000, decoded=50_000, ratio=200)


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "": bytes,
    "identity": bytes,
}


def read(encoding: str, chunks: list[bytes], limits: BodyLimits = LIMITS) -> bytes:
    reader = BodyReader(encoding, limits)
    for chunk in chunks:
        reader.feed(chunk)
    reader.finish()
    return bytes(reader.body)


@given(st.binary(max_size=5000), st.sampled_from(sorted(PACKERS)), st.integers(1, 700))
def test_a_body_is_the_same_in_chunks_of_any_size(body: bytes, encoding: str, size: int) -> None:
    packed = PACKERS[encoding](body)
    assert read(encoding, [packed[i : i + size] for i in range(0, len(packed), size)]) == body


@given(st.binary(min_size=1, max_size=3000), st.integers(1, 100))
def test_deflate_without_its_header_is_understood(body: bytes, size: int) -> None:
    packed = raw_deflate(body)
    if packed[0] & 0x0F == 8 and len(packed) > 1 and int.from_bytes(packed[:2], "big") % 31 == 0:
        return  # cannot be told from a header, for browsers neither
    assert read("deflate", [packed[i : i + size] for i in range(0, len(packed), size)]) == body


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "gzip,br", "compress", "aes128gcm", "x"])
def test_other_encodings_are_refused_by_name(encoding: str) -> None:
    with pytest.raises(UnsupportedEncoding, match=encoding.split(",", maxsplit=1)[0]):
        BodyReader(encoding, LIMITS)


def test_identity_beside_an_encoding_changes_nothing() -> None:
    assert read("identity, GZIP", [gzip.compress(b"x")]) == b"x"


def test_a_body_is_never_longer_than_its_limit() -> None:
    for encoding, pack in PACKERS.items():
        reader = BodyReader(encoding, LIMITS)
        with pytest.raises(TooLarge, match="50000 bytes of body"):
            reader.feed(pack(bytes(range(256)) * 300))
        assert len(reader.body) == LIMITS.decoded


def test_a_long_way_on_the_wire_is_cut() -> None:
    reader = BodyReader("", BodyLimits(wire=10_000, decoded=50_000))
    with pytest.raises(TooLarge, match="on the wire"):
        reader.feed(bytes(10_001))


def test_a_bomb_is_told_by_its_ratio() -> None:
    reader = BodyReader("gzip", BodyLimits(decoded=100 * RATIO_FLOOR))
    with pytest.raises(TooLarge, match="200 to 1"):
        reader.feed(gzip.compress(bytes(50 * RATIO_FLOOR)))
    assert RATIO_FLOOR < len(reader.body) <= 200 * reader.wire + STEP


def test_what_came_before_the_break_is_kept() -> None:
    packed = gzip.compress(b"beginning " * 500, compresslevel=0)
    reader = BodyReader("gzip", LIMITS)
    reader.feed(packed[:2000])
    with pytest.raises(Truncated, match="breaks off"):
        reader.finish()
    assert reader.body.startswith(b"beginning ")


def test_damage_is_told() -> None:
    with pytest.raises(Truncated, match="damaged"):
        read("gzip", [b"\x1f\x8b\x08 nothing of the kind"])


def test_an_empty_body_is_whole_in_every_encoding() -> None:
    assert read("gzip", []) == b""


def test_bytes_behind_the_end_are_ignored() -> None:
    assert read("gzip", [gzip.compress(b"page") + b"rubbish", b"more"]) == b"page"


@given(st.lists(st.binary(max_size=200), max_size=20), st.sampled_from(["gzip", "deflate"]))
def test_any_bytes_are_decoded_or_refused(chunks: list[bytes], encoding: str) -> None:
    reader = BodyReader(encoding, LIMITS)
    try:
        for chunk in chunks:
            reader.feed(chunk)
        reader.finish()
    except (Truncated, TooLarge):
        pass
    assert len(reader.body) <= LIMITS.decoded
