"""The Merkle tree of logs: known roots, and proofs that hold for every pair of sizes and for no other tree."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.facts import merkle

# Leaves and roots of the reference implementations' own tests (github.com/transparency-dev/merkle, testonly).
LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = {
    0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}
HASHES = [merkle.leaf_hash(bytes([number % 256, number // 256])) for number in range(700)]


@pytest.mark.parametrize("size", ROOTS)
def test_roots_are_those_of_the_reference(size: int) -> None:
    leaves = [merkle.leaf_hash(bytes.fromhex(leaf)) for leaf in LEAVES[:size]]
    assert merkle.root_of(leaves).hex() == ROOTS[size]


def node(which: merkle.Node) -> bytes:
    level, index = which
    return merkle.root_of(HASHES[index << level : (index + 1) << level])


def proof(first: int, second: int) -> list[bytes]:
    return [merkle.subtree(part, node) for part in merkle.consistency_nodes(first, second)]


@given(st.data())
def test_a_tree_is_proved_to_extend_its_own_beginnings_and_nothing_else(data: st.DataObject) -> None:
    second = data.draw(st.integers(1, 700))
    first = data.draw(st.integers(1, second))
    old, new, nodes = merkle.root_of(HASHES[:first]), merkle.root_of(HASHES[:second]), proof(first, second)
    assert merkle.is_consistent(first, old, second, new, nodes)
    other = sha256(b"other").digest()
    assert not merkle.is_consistent(first, other, second, new, nodes)
    assert not merkle.is_consistent(first, old, second, other, nodes)
    assert not merkle.is_consistent(first, old, second, new, [*nodes, other])
    if nodes:
        spoilt = data.draw(st.integers(0, len(nodes) - 1))
        assert not merkle.is_consistent(first, old, second, new, [*nodes[:spoilt], other, *nodes[spoilt + 1 :]])
        assert not merkle.is_consistent(first, old, second, new, nodes[1:])


@given(st.integers(0, 40), st.integers(0, 40), st.lists(st.binary(min_size=32, max_size=32), max_size=8))
def test_no_proof_however_made_up_stops_the_check(first: int, second: int, nodes: list[bytes]) -> None:
    roots = merkle.root_of(HASHES[:first]), merkle.root_of(HASHES[:second])
    believed = merkle.is_consistent(first, roots[0], second, roots[1], nodes)
    assert not believed or first == 0 or nodes == proof(first, second)


@given(st.integers(1, 700), st.data())
def test_the_node_of_a_proof_is_found_in_its_tile(size: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(1, size))
    for part in merkle.consistency_nodes(first, size):
        for wanted in part:
            level, number, width = merkle.tile_of(wanted, size)
            first_hash = number * merkle.TILE_WIDTH
            tile = b"".join(node((level * 8, at)) for at in range(first_hash, first_hash + width))
            assert merkle.node_in(wanted, tile) == node(wanted)
            with pytest.raises(ValueError, match="too short"):
                merkle.node_in(wanted, b"")


@pytest.mark.parametrize(
    ("number", "width", "path"),
    [
        (1234067, 256, "tile/0/x001/x234/067"),
        (0, 256, "tile/0/000"),
        (999, 112, "tile/0/999.p/112"),
        (1000, 256, "tile/0/x001/000"),
    ],
)
def test_tiles_have_the_paths_of_the_specification(number: int, width: int, path: str) -> None:
    assert merkle.tile_path(0, number, width) == path
