"""Zone files: which names are delegated, and what changed between two of them."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.names.zone import NotAZoneFile, Order, OutOfOrder, delegated, difference, in_order, looks_like_zone

ZONE = (
    b"example.\t86400\tin\tsoa\tns.example. mail.example. 1 2 3 4 5\n"
    b"a.example.\t172800\tin\tns\tns1.host.net.\n"
    b"a.example.\t172800\tin\tns\tns2.host.net.\n"
    b"a.example.\t86400\tin\tds\t1 8 2 ab\n"
    b"a-b.example.\t86400\tin\tds\t1 8 2 ab\n"
    b"A-B.Example.\t172800\tIN\tNS\tns1.host.net.\n"
    b"ns1.a.example.\t172800\tin\ta\t192.0.2.1\n"
    b"xn--bcher-kva.example. 172800 IN NS ns1.host.net.\n"
    b"sns.example.\t172800\tin\ttxt\tns ns\n"
    b"example.\t86400\tin\tsoa\tns.example. mail.example. 1 2 3 4 5\n"
)


def test_names_with_name_servers_are_delegated_and_nothing_else() -> None:
    assert delegated(ZONE) == [b"a.example", b"a-b.example", b"xn--bcher-kva.example"]
    assert looks_like_zone(ZONE)
    assert not looks_like_zone(b"spiegel.ltd\nbild.ltd\n")


def test_a_directive_is_refused_because_names_would_mean_something_else() -> None:
    with pytest.raises(NotAZoneFile, match=r"\$origin com"):
        delegated(b"$ORIGIN com.\na\t1\tin\tns\tb.\n")


def test_both_orders_that_registries_use_are_told_apart() -> None:
    by_labels, by_lines = [b"a.example", b"a-b.example", b"b.example"], [b"a-b.example", b"a.example", b"b.example"]
    assert list(in_order([by_labels], Order.LABELS)) == [[b"a\0example", b"a-b\0example", b"b\0example"]]
    assert list(in_order([by_lines], Order.LINES)) == [by_lines]
    for names, order in ((by_labels, Order.LINES), (by_lines, Order.LABELS)):
        with pytest.raises(OutOfOrder):
            list(in_order([names], order))


def test_an_owner_on_both_sides_of_an_edge_is_one_name_and_a_later_return_is_out_of_order() -> None:
    assert list(in_order([[b"a.x", b"b.x"], [b"b.x", b"c.x"], [b"c.x"], []], Order.LINES)) == [
        [b"a.x", b"b.x"],
        [b"c.x"],
    ]
    for blocks in ([[b"b.x"], [b"a.x"]], [[b"a.x", b"a.x"]]):
        with pytest.raises(OutOfOrder):
            list(in_order(blocks, Order.LINES))


NAMES = st.sets(st.text("ab-", min_size=1, max_size=4).map(lambda text: text.encode() + b".x"), max_size=60)


@given(NAMES, NAMES, st.integers(1, 9), st.integers(1, 9))
def test_the_difference_by_blocks_is_that_of_sets(old: set[bytes], new: set[bytes], one: int, other: int) -> None:
    added, dropped = list[bytes](), list[bytes]()
    for come, gone in difference(cut(sorted(old), one), cut(sorted(new), other)):
        added += come
        dropped += gone
    assert added == sorted(new - old)
    assert dropped == sorted(old - new)


@pytest.mark.parametrize("size", [64, 129, 1000])
def test_the_difference_of_long_lists_is_that_of_sets(size: int) -> None:
    chance = random.Random(size)  # noqa: S311 - the same names every time
    names = [f"n{number:04}.ltd".encode() for number in range(1000)]
    for share in (0.0, 0.01, 0.5):
        old, new = ([name for name in names if chance.random() >= share] for _ in range(2))
        changes = list(difference(cut(old, size), cut(new, 300)))
        assert [name for come, _ in changes for name in come] == sorted(set(new) - set(old))
        assert [name for _, gone in changes for name in gone] == sorted(set(old) - set(new))


@given(NAMES)
def test_either_order_writes_names_so_that_octets_sort_them_and_shows_them_again(names: set[bytes]) -> None:
    for order in Order:
        written = sorted(order.written(name) for name in names)
        shown = [order.shown(name) for name in written]
        assert set(shown) == names
        assert [name for block in in_order(cut(shown, 7), order) for name in block] == written


def cut(names: list[bytes], size: int) -> list[list[bytes]]:
    return [names[low : low + size] for low in range(0, len(names), size)]
