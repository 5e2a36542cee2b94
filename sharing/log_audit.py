"""The log held against the ledger that it is of: every tile, the checkpoint's root, and each root that was told.

The tree is computed anew from the ledger's entries; nothing of what lies in the log is believed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sharing.checkpoint import CHECKPOINT, Checkpoint
from sharing.durable import read_file
from sharing.faults import Fault
from sharing.ledger import Ledger
from sharing.tail import RESTORE
from sharing.tiles import WIDTH, tile_path
from sharing.transparency import LOG
from sharing.tree import Range, leaf_hash, perfect_root

_REMAKE = "restore the log from a backup, or remove its folder: the next run makes it anew"


@dataclass(frozen=True)
class Root:
    """A size and root of the tree that was told somewhere."""

    size: int
    root: str
    place: str


def root_faults(
    ledger: Ledger, told: Iterable[Root], begun: Range | None = None, hashes: list[bytes] | None = None
) -> Iterator[Fault]:
    """Each root that the ledger's tree did not have at its size.

    `begun` is the tree of first entries that were found well before: roots of smaller ones are not looked at. `hashes`
    is filled with the leaf hashes that were computed.
    """
    wanted: dict[int, list[Root]] = {}
    for one in told:
        wanted.setdefault(one.size, []).append(one)
    grown, seen = begun or Range(), hashes if hashes is not None else []
    yield from _differing(grown, wanted)
    for leaf in ledger.digests(grown.size):
        found = leaf_hash(leaf)
        seen.append(found)
        grown.add_hash(found)
        if grown.size in wanted:
            yield from _differing(grown, wanted)
    ledger.begin_tree(grown)
    for size in sorted(size for size in wanted if size > grown.size):
        for one in wanted[size]:
            message = f"{one.place} tells of {size} entries; the ledger has {grown.size}"
            yield Fault("tree_lacking", f"{one.size} {one.root[:16]}", message, RESTORE)


def _differing(grown: Range, wanted: Mapping[int, Sequence[Root]]) -> Iterator[Fault]:
    for one in wanted.get(grown.size, ()):
        if one.root != grown.root.hex():
            message = f"the tree of the ledger's first {one.size} entries is not the one that {one.place} has"
            yield Fault("tree_lacking", f"{one.size} {one.root[:16]}", message, RESTORE)


def tile_faults(leaves: Sequence[bytes], folder: Path, checkpoint: Checkpoint) -> Iterator[Fault]:
    """Each tile below a checkpoint that is missing, or does not hold the hashes of the ledger's entries."""
    level, hashes = 0, leaves[: checkpoint.size]
    while hashes:
        whole = []
        for number, start in enumerate(range(0, len(hashes), WIDTH)):
            tile = hashes[start : start + WIDTH]
            name = tile_path(level, number, len(tile))
            if _content(folder / name) != b"".join(tile):
                yield Fault("log_tile", f"{LOG}/{name}", "it does not hold the hashes of the ledger's entries", _REMAKE)
            if len(tile) == WIDTH:
                whole.append(perfect_root(tile))
        level, hashes = level + 1, whole


def checkpoint_root(checkpoint: Checkpoint) -> Root:
    """What a checkpoint tells."""
    return Root(checkpoint.size, checkpoint.root.hex(), f"{LOG}/{CHECKPOINT}")


def _content(path: Path) -> bytes | None:
    try:
        return read_file(path)
    except OSError:
        return None
