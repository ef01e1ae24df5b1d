"""Names are read from whatever a file of names may be; what is broken is counted, and never fatal."""

from __future__ import annotations

import gzip
import io
import json
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.core.errors import InvalidName
from service.core.names import name as names
from service.feeds.name_streams import BLOCK, LONGEST_LINE, SAMPLES, Skipped, read_batches, read_dated


def read(data: bytes, size: int = 100_000) -> tuple[list[str], Skipped]:
    skipped = Skipped()
    return [host for batch in read_batches(io.BytesIO(data), skipped, size) for host in batch], skipped


# How fast examples come says something of the machine, and nothing of the reading.
UNHURRIED = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])

TEXT = b"bild.ltd\nBILD.live.\n\n# a comment\n*.spiegel.pro\n"
WANTED = ["bild.ltd", "bild.live", "spiegel.pro"]


@pytest.mark.parametrize(
    "data",
    [
        TEXT,
        TEXT.replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + TEXT,
        TEXT.rstrip(),
        b"domain,first_listed\nbild.ltd,2024-01-01\nBILD.live.,\n*.spiegel.pro,x\n",
        b'"bild.ltd","2024"\n"BILD.live","2024"\n"spiegel.pro","2024"\n',
        b"bild.ltd;1\nbild.live;2\nspiegel.pro;3\n",
        b"name\tdate\nbild.ltd\t1\nbild.live\t2\nspiegel.pro\t3\n",
        b'{"name": "bild.ltd", "x": 1}\n{"domain": "bild.live"}\n{"dns_names": ["*.spiegel.pro"]}\n',
        b'"bild.ltd"\n"bild.live"\n"spiegel.pro"\n',
        b'["bild.ltd", "bild.live"]\n["spiegel.pro"]\n',
        b"https://bild.ltd/article\nhxxp://bild[.]live/\n*.spiegel[.]pro\n",
        b"bild.ltd/article?x=1\nbild.live:443\nspiegel(.)pro\n",
        b"\n  \n# a comment, with commas\nbild.ltd\n#\nbild.live\nspiegel.pro",
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_names_are_read_from_text_csv_and_json_plain_or_packed(data: bytes, *, packed: bool) -> None:
    found, skipped = read(gzip.compress(data) if packed else data)
    assert found == WANTED
    assert skipped == Skipped()


def test_what_is_no_name_is_counted_with_its_line_and_reason() -> None:
    found, skipped = read(b"bild.ltd\nno name\n\xff\xfe.com\n1.2.3.4\nx..y\nwelt.ltd\n")
    assert found == ["bild.ltd", "welt.ltd"]
    assert skipped.count == 4
    assert [line for line, _, _ in skipped.samples] == [2, 3, 4, 5]
    assert all(reason for _, _, reason in skipped.samples)


def test_only_a_few_samples_are_kept() -> None:
    _, skipped = read(b"no name\n" * 1000)
    assert skipped.count == 1000
    assert len(skipped.samples) == SAMPLES


@pytest.mark.parametrize(
    "line", [b"{}", b"{broken", b'{"name": 5}', b'{"name": [1]}', b'{"name": []}', b"17", b"null", b"[" * 50_000]
)
def test_json_without_a_name_is_counted(line: bytes) -> None:
    found, skipped = read(b'{"name": "bild.ltd"}\n' + line + b'\n{"name": "welt.ltd"}\n')
    assert found == ["bild.ltd", "welt.ltd"]
    assert skipped.count == 1


def test_a_packed_stream_that_is_cut_short_gives_what_arrived() -> None:
    packed = gzip.compress(b"".join(b"name%d.com\n" % i for i in range(50_000)))
    found, skipped = read(packed[: len(packed) // 2])
    assert 1_000 < len(found) < 50_000
    assert skipped.samples[-1][2] == "the gzip stream is cut short"


@pytest.mark.parametrize(
    "data", [b"\x1f\x8b", b"\x1f\x8bgarbage", gzip.compress(TEXT)[:-4] + b"xxxx"], ids=["head", "garbage", "sum"]
)
def test_a_broken_packed_stream_is_counted(data: bytes) -> None:
    _, skipped = read(data)
    assert skipped.count == 1
    assert "gzip" in skipped.samples[0][2]


def test_packed_members_one_after_another_are_one_stream() -> None:
    found, skipped = read(gzip.compress(b"bild.ltd\n") + gzip.compress(b"welt.ltd\n") + gzip.compress(b"x.ltd\n"))
    assert found == ["bild.ltd", "welt.ltd", "x.ltd"]
    assert skipped.count == 0


@pytest.mark.parametrize("length", [LONGEST_LINE + 1, 3 * BLOCK, 5 * BLOCK + 7])
@pytest.mark.parametrize("end", [b"\nbild.ltd\n", b"\nbild.ltd"])
def test_a_line_without_end_is_skipped_as_one(length: int, end: bytes) -> None:
    found, skipped = read(b"a.com\n" + b"x" * length + end)
    assert found == ["a.com", "bild.ltd"]
    assert skipped.count == 1
    assert skipped.samples[0][0] == 2


def test_lines_are_whole_whatever_the_blocks() -> None:
    lines = [f"name-number-{i}.com" for i in range(20_000)]
    found, skipped = read("\n".join(lines).encode())
    assert found == lines
    assert skipped.count == 0


@pytest.mark.parametrize("data", [b"a.com\n" * 25, b'{"names": ["a.com", "b.com", "c.com", "d.com", "e.com"]}\n' * 5])
def test_batches_are_of_the_size_asked_for(data: bytes) -> None:
    batches = list(read_batches(io.BytesIO(data), Skipped(), 10))
    assert [len(batch) for batch in batches] == [10, 10, 5]


@pytest.mark.parametrize(
    "line", [b"::1", b"[2001:db8::1]:443", b"10.0.0.1/24", b"https://", b"//", b"a b.com", b"a@b.com"]
)
def test_addresses_and_other_texts_are_no_names(line: bytes) -> None:
    found, skipped = read(b"bild.ltd\n" + line + b"\nbild.live\n")
    assert found == ["bild.ltd", "bild.live"]
    assert skipped.samples[0][0] == 2


ODD_NAMES = r"#?[a-zA-Z0-9_*.-]{0,70}|xn--[a-z0-9-]{1,9}\.de|1\.[0-9]\.3\.4|[a-z]{60,70}\.com"


@UNHURRIED
@given(st.lists(st.from_regex(rf"[ \t]{{0,2}}({ODD_NAMES})\r?", fullmatch=True)))
def test_what_is_plain_at_a_glance_is_what_is_read_closely(lines: list[str]) -> None:
    found, _ = read("\n".join(("first.com", *lines)).encode())
    closely = [
        host
        for text in (line.strip() for line in "\n".join(lines).split("\n"))
        if text and not text.startswith("#") and (host := parsed(text.removeprefix("*."))) is not None
    ]
    assert found == ["first.com", *closely]


def parsed(text: str) -> str | None:
    try:
        host = names.parse(text)
    except InvalidName:
        return None
    return None if host[-1].isdigit() and names.is_number_like(host) else host


def test_memory_stays_constant_for_a_stream_that_unpacks_to_much() -> None:
    packed = gzip.compress(b"x" * 50_000_000 + b"\nbild.ltd\n")
    tracemalloc.start()
    found, skipped = read(packed)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found == ["bild.ltd"]
    assert skipped.count == 1
    assert peak < 3_000_000


@given(st.binary(max_size=2000))
def test_any_octets_are_read_to_the_end(data: bytes) -> None:
    for stream in (data, gzip.compress(data), b"\x1f\x8b" + data, b'{"name": "a.com"}\n' + data):
        found, skipped = read(stream)
        assert all(names.parse(host) == host for host in found)
        assert skipped.count >= len(skipped.samples)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_any_json_is_read_to_the_end(value: object) -> None:
    found, _ = read(b'{"name": "a.com"}\n' + json.dumps({"name": value}).encode())
    assert found[0] == "a.com"


CELLS = st.lists(
    st.sampled_from(["bild", "b1", "1", ".", "-", "--", "_", "A", ",", "2026", " ", "\u00fc", '"', "#", "x" * 40]),
    max_size=9,
).map("".join)


@UNHURRIED
@given(st.lists(CELLS, min_size=1, max_size=6), st.integers(1, 2))
def test_a_name_keeps_its_own_date_whatever_stands_around_it(rows: list[str], column: int) -> None:
    header = ",".join(["domain", *["x"] * (column - 1), "date"])

    def read_all(*lines: str) -> list[tuple[str, str]]:
        stream, skipped = io.BytesIO("\n".join([header, *lines]).encode()), Skipped()
        return [pair for found, dates in read_dated(stream, skipped) for pair in zip(found, dates, strict=True)]

    assert sorted(read_all(*rows)) == sorted(pair for row in rows for pair in read_all(row))


def test_a_label_too_long_for_a_name_is_skipped_and_its_neighbours_keep_their_dates() -> None:
    skipped = Skipped()
    rows = io.BytesIO(f"domain,date\nbild.ltd,2026-01-01\n{'x' * 64}.ltd,2026-01-02\nwelt.ltd,2026-01-03\n".encode())
    assert list(read_dated(rows, skipped)) == [(["bild.ltd", "welt.ltd"], ["2026-01-01", "2026-01-03"])]
    assert [line for line, _, _ in skipped.samples] == [3]
