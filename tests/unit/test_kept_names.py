"""Snapshots on disk: kept whole and sorted, whatever the order and packing of what came."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest

from service.core.errors import FeedUnavailable
from service.core.names.zone import Order
from service.feeds.kept_names import in_the_order_of, keep, order_of, read_kept, sorted_on_disk


def zone(*labels: str) -> bytes:
    soa = "x.\t1\tin\tsoa\tns.x. mail.x. 1 2 3 4 5\n"
    return (soa + "".join(f"{label}.x.\t1\tin\tns\tns{n}.host.net.\n" for label in labels for n in (1, 2))).encode()


def kept(folder: Path, content: bytes, prefer: Order = Order.LINES) -> tuple[str, list[str]]:
    source = folder / "in"
    source.write_bytes(content)
    found = keep(source, folder / "kept", "k", prefer)
    order = order_of(found.file)
    names = [order.shown(name).decode() for block in read_kept(folder / "kept", found.file) for name in block]
    assert found.count == len(names)
    return found.file, names


@pytest.mark.parametrize(
    ("labels", "order", "names"),
    [
        (("a-b", "a", "b"), Order.LINES, ["a-b.x", "a.x", "b.x"]),
        (("a", "a-b", "b"), Order.LABELS, ["a.x", "a-b.x", "b.x"]),
        (("b", "a", "b"), Order.LINES, ["a.x", "b.x"]),
    ],
)
def test_a_zone_is_kept_in_its_own_order_and_sorted_where_it_has_none(
    tmp_path: Path, labels: tuple[str, ...], order: Order, names: list[str]
) -> None:
    assert kept(tmp_path, zone(*labels)) == (f"k.{order}.names.gz", names)
    assert [path.name for path in (tmp_path / "kept").iterdir()] == [f"k.{order}.names.gz"], "nothing else is left"


def test_gzip_in_several_members_and_plain_lists_are_read_too(tmp_path: Path) -> None:
    packed = gzip.compress(zone("a")) + gzip.compress(b"b.x.\t1\tin\tns\tns1.host.net.")
    assert kept(tmp_path, packed)[1] == ["a.x", "b.x"]
    assert kept(tmp_path, b"# names\nB.x.\na.x;2022\n")[1] == ["a.x", "b.x"]


@pytest.mark.parametrize("cut", [-9, 40])
def test_a_cut_or_broken_file_is_refused_and_leaves_nothing_behind(tmp_path: Path, cut: int) -> None:
    packed = bytearray(gzip.compress(zone(*(f"n{number}" for number in range(5000)))))
    content = bytes(packed[:cut]) if cut < 0 else bytes(packed[:cut]) + b"\xff" * 50 + bytes(packed[cut + 50 :])
    with pytest.raises(FeedUnavailable, match=r"cut short|broken"):
        kept(tmp_path, content)
    assert list((tmp_path / "kept").iterdir()) == []


def test_names_beyond_memory_are_sorted_in_runs_and_each_is_there_once(tmp_path: Path) -> None:
    chance = random.Random(3)  # noqa: S311 - the same names in every run
    names = [f"{chance.choice('ab-')}{chance.randrange(400)}.x".encode() for _ in range(2000)]
    for order in Order:
        blocks = sorted_on_disk((names[low : low + 37] for low in range(0, len(names), 37)), tmp_path, order, 100)
        assert [name for block in blocks for name in block] == sorted({order.written(name) for name in names})
    assert list(tmp_path.iterdir()) == []


def test_a_snapshot_kept_in_the_other_order_is_compared_all_the_same(tmp_path: Path) -> None:
    file, _ = kept(tmp_path, zone("a", "a-b", "b"))
    blocks = in_the_order_of(tmp_path / "kept", file, Order.LINES)
    assert [name for block in blocks for name in block] == [b"a-b.x", b"a.x", b"b.x"]


def test_a_disk_that_cannot_be_written_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "kept").write_bytes(b"a file where a folder should be")
    with pytest.raises(FeedUnavailable, match=r"File exists|Not a directory"):
        kept(tmp_path, zone("a"))
