"""The Merkle tree of certificate transparency (RFC 6962 2.1): hashes, their places in tiles, consistency of trees.

A node is named (level, index): the hash of the ``2 ** level`` entries from ``index * 2 ** level`` on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256

TILE_HEIGHT = 8
"""Levels of the tree in one tile (c2sp.org/static-ct-api, Merkle Tree): 256 hashes wide."""

TILE_WIDTH = 1 << TILE_HEIGHT

EMPTY_ROOT = sha256(b"").digest()

Node = tuple[int, int]
Tile = tuple[int, int, int]
"""Level, index and width of a tile."""


def leaf_hash(leaf: bytes) -> bytes:
    """The hash of a MerkleTreeLeaf (RFC 6962 2.1)."""
    return sha256(b"\0" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return sha256(b"\1" + left + right).digest()


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    middle = 1 << (len(leaves) - 1).bit_length() - 1
    return node_hash(root_of(leaves[:middle]), root_of(leaves[middle:]))


def complete_nodes(start: int, end: int) -> list[Node]:
    """The largest whole nodes that cover the entries ``start`` to ``end - 1``, from the left.

    ``start`` is a multiple of the largest power of two in ``end - start``, as in every subtree.
    """
    nodes: list[Node] = []
    while start < end:
        level = (end - start).bit_length() - 1
        nodes.append((level, start >> level))
        start += 1 << level
    return nodes


def consistency_nodes(first: int, second: int) -> list[list[Node]]:
    """What the consistency proof between trees of these sizes consists of (RFC 6962 2.1.2), in its order.

    Each hash of the proof is that of a subtree, given as the whole nodes that it is made of. 0 < first <= second.
    """

    def proof(size: int, start: int, end: int, *, known: bool) -> list[list[Node]]:
        if size == end - start:
            return [] if known else [complete_nodes(start, end)]
        middle = 1 << (end - start - 1).bit_length() - 1
        if size <= middle:
            left = proof(size, start, start + middle, known=known)
            return [*left, complete_nodes(start + middle, end)]
        right = proof(size - middle, start + middle, end, known=False)
        return [*right, complete_nodes(start, start + middle)]

    return proof(first, 0, second, known=True)


def subtree(nodes: Sequence[Node], hash_of: Callable[[Node], bytes]) -> bytes:
    """The hash of a subtree that is made of these whole nodes."""
    hashes = [hash_of(node) for node in nodes]
    found = hashes.pop()
    while hashes:
        found = node_hash(hashes.pop(), found)
    return found


def is_consistent(first: int, first_root: bytes, second: int, second_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the tree of size ``second`` begins with the whole tree of size ``first`` (RFC 9162 2.1.4.2)."""
    if not 0 < first <= second:
        return first == 0 and not proof
    if first == second:
        return not proof and first_root == second_root
    path = [first_root, *proof] if first & (first - 1) == 0 else list(proof)
    if not path:
        return False
    number, last = first - 1, second - 1
    while number & 1:
        number, last = number >> 1, last >> 1
    old = new = path[0]
    for node in path[1:]:
        if last == 0:
            return False
        if number & 1 or number == last:
            old, new = node_hash(node, old), node_hash(node, new)
            while number and not number & 1:
                number, last = number >> 1, last >> 1
        else:
            new = node_hash(new, node)
        number, last = number >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root


def tile_of(node: Node, size: int) -> Tile:
    """The tile of a tree of ``size`` entries in which a node lies, or from whose hashes it is made."""
    level, index = node
    tile_level = level // TILE_HEIGHT
    first = index << level % TILE_HEIGHT
    number = first // TILE_WIDTH
    hashes = size >> tile_level * TILE_HEIGHT
    return tile_level, number, min(TILE_WIDTH, hashes - number * TILE_WIDTH)


def node_in(node: Node, tile: bytes) -> bytes:
    """The hash of a node out of its tile's bytes; ValueError where the tile is too short for it."""
    level, index = node
    below = level % TILE_HEIGHT
    first = (index << below) % TILE_WIDTH
    hashes = [tile[32 * at : 32 * at + 32] for at in range(first, first + (1 << below))]
    if len(hashes[-1]) < len(EMPTY_ROOT):
        raise ValueError("the tile is too short")
    return root_of(hashes)


def tile_path(level: int | str, number: int, width: int = TILE_WIDTH) -> str:
    """The path of a tile below the monitoring prefix: ``tile/0/x001/x234/067.p/5``. ``level`` may be data or names."""
    groups = [f"{number % 1000:03}"]
    while number >= 1000:  # noqa: PLR2004 - three decimal digits a path element
        number //= 1000
        groups.insert(0, f"x{number % 1000:03}")
    partial = "" if width == TILE_WIDTH else f".p/{width}"
    return f"tile/{level}/{'/'.join(groups)}{partial}"
