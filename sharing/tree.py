"""Merkle trees over a list that only grows: hashes, inclusion and consistency proofs, and how each is verified.

Pure arithmetic over hashes of 32 bytes; where they lie is `tiles`'. Source: RFC 9162, section 2.1 (SHA-256).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Protocol

EMPTY = hashlib.sha256(b"").digest()


def leaf_hash(leaf: bytes) -> bytes:
    """The hash of a leaf's bytes."""
    return hashlib.sha256(b"\0" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node over its two children."""
    return hashlib.sha256(b"\1" + left + right).digest()


def perfect_root(hashes: Sequence[bytes]) -> bytes:
    """The root over a power of two of hashes."""
    level = list(hashes)
    while len(level) > 1:
        level = [node_hash(level[place], level[place + 1]) for place in range(0, len(level), 2)]
    return level[0]


class Nodes(Protocol):
    """Where the roots of perfect subtrees are read."""

    def node(self, level: int, index: int, size: int) -> bytes:
        """The root over the leaves from `index << level` on, as many as `1 << level`, of a tree of so many leaves."""


class Range:
    """The tree so far, as the roots of its perfect subtrees, the largest first: enough to append, and for its root."""

    def __init__(self) -> None:
        self.size = 0
        self._roots: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        """Append a leaf."""
        self.add_hash(leaf_hash(leaf))

    def add_hash(self, found: bytes) -> None:
        """Append a leaf by its hash."""
        rest = self.size
        while rest & 1:
            found, rest = node_hash(self._roots.pop(), found), rest >> 1
        self._roots.append(found)
        self.size += 1

    @classmethod
    def of(cls, nodes: Nodes, size: int) -> Range:
        """The tree of a size whose perfect subtrees are read: no leaf is."""
        found, start = cls(), 0
        for level in reversed(range(size.bit_length())):
            if size >> level & 1:
                found._roots.append(nodes.node(level, start >> level, size))
                start += 1 << level
        found.size = size
        return found

    @property
    def root(self) -> bytes:
        """The root of the whole."""
        return _folded(self._roots)


def _folded(roots: Sequence[bytes]) -> bytes:
    if not roots:
        return EMPTY
    found = roots[-1]
    for left in reversed(roots[:-1]):
        found = node_hash(left, found)
    return found


def root_of(nodes: Nodes, start: int, end: int, size: int) -> bytes:
    """The root over the leaves from `start`, which begins a subtree, until before `end`, in a tree of `size`."""
    roots = []
    while start < end:
        level = (end - start).bit_length() - 1
        roots.append(nodes.node(level, start >> level, size))
        start += 1 << level
    return _folded(roots)


def _split(size: int) -> int:
    """The largest power of two that is smaller than a size."""
    return 1 << ((size - 1).bit_length() - 1)


def inclusion_proof(nodes: Nodes, index: int, size: int) -> list[bytes]:
    """The proof that the leaf of an index, counted from 0, is in the tree of a size (RFC 9162, 2.1.3.1)."""
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    start, end, proof = 0, size, list[bytes]()
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            proof.append(root_of(nodes, middle, end, size))
            end = middle
        else:
            proof.append(root_of(nodes, start, middle, size))
            start = middle
    return proof[::-1]


def consistency_proof(nodes: Nodes, old: int, size: int) -> list[bytes]:
    """The proof that a tree of `old` leaves, one at least, is a beginning of that of `size` (RFC 9162, 2.1.4.1)."""
    if not 0 < old <= size:
        raise ValueError(f"a tree of {old} is no beginning of one of {size}")
    start, end, proof = 0, size, list[bytes]()
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            proof.append(root_of(nodes, middle, end, size))
            end = middle
        else:
            proof.append(root_of(nodes, start, middle, size))
            start = middle
    return [*([] if start == 0 else [root_of(nodes, start, end, size)]), *proof[::-1]]


def includes(leaf: bytes, index: int, tree: tuple[int, bytes], proof: Iterable[bytes]) -> bool:
    """Whether a proof shows a leaf's bytes at an index of the tree (size, root) (RFC 9162, 2.1.3.2)."""
    size, root = tree
    if not 0 <= index < size:
        return False
    place, last, found = index, size - 1, leaf_hash(leaf)
    for one in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = node_hash(one, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, one)
        place, last = place >> 1, last >> 1
    return last == 0 and found == root


def consistent(old: tuple[int, bytes], new: tuple[int, bytes], proof: Sequence[bytes]) -> bool:
    """Whether a proof shows the old tree (size, root) to be a beginning of the new one (RFC 9162, 2.1.4.2)."""
    (size, root), (later, newer) = old, new
    if size == later:
        return not proof and root == newer
    if not 0 < size < later:
        return size == 0 and root == EMPTY and not proof
    path = [root, *proof] if size & (size - 1) == 0 else list(proof)
    if not path:
        return False
    place, last = size - 1, later - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    first = second = path[0]
    for one in path[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            first, second = node_hash(one, first), node_hash(one, second)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            second = node_hash(second, one)
        place, last = place >> 1, last >> 1
    return last == 0 and (first, second) == (root, newer)
