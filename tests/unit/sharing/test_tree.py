"""Trees, tiles and checkpoints against a plain recursive reading of RFC 9162, for every size."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from sharing.checkpoint import Checkpoint, cosign, read_checkpoint
from sharing.faults import SharingRefused
from sharing.keys import SM2, create_key
from sharing.tiles import Tiles, add_tiles, folder_reader, tidy, tile_path
from sharing.tree import (
    Range,
    consistency_proof,
    consistent,
    includes,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_of,
)
from tests.keys import signer_in
from tests.unit.gates.cases import NOW

LEAVES = [hashlib.sha256(str(number).encode()).digest() for number in range(600)]
MOST = 130


def root(leaves: list[bytes]) -> bytes:
    """MTH(D[n]) as the RFC writes it."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\1" + root(leaves[:k]) + root(leaves[k:])).digest()


def path(m: int, leaves: list[bytes]) -> list[bytes]:
    """PATH(m, D[n]) as the RFC writes it."""
    if len(leaves) == 1:
        return []
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m < k:
        return [*path(m, leaves[:k]), root(leaves[k:])]
    return [*path(m - k, leaves[k:]), root(leaves[:k])]


def subproof(m: int, leaves: list[bytes], whole: bool) -> list[bytes]:
    """SUBPROOF(m, D[n], b) as the RFC writes it."""
    if m == len(leaves):
        return [] if whole else [root(leaves)]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m <= k:
        return [*subproof(m, leaves[:k], whole), root(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), root(leaves[:k])]


class Plain:
    """Subtrees computed from the leaves."""

    def node(self, level: int, index: int, size: int) -> bytes:
        return root(LEAVES[index << level : (index + 1) << level])


def test_every_root_and_proof_is_that_of_the_rfc() -> None:
    grown = Range()
    for size in range(1, MOST + 1):
        grown.add(LEAVES[size - 1])
        tree = (size, root(LEAVES[:size]))
        assert grown.root == tree[1]
        for index in range(0, size, 1 if size < 40 else 7):
            proof = inclusion_proof(Plain(), index, size)
            assert proof == path(index, LEAVES[:size])
            assert includes(LEAVES[index], index, tree, proof)
            assert not includes(LEAVES[index + 1], index, tree, proof)
            assert not includes(LEAVES[index], index, tree, [*proof, tree[1]])
            assert not (proof and includes(LEAVES[index], index, tree, proof[:-1]))
            assert size == 1 or not includes(LEAVES[index], index ^ 1, tree, proof)


def test_every_consistency_proof_is_that_of_the_rfc() -> None:
    roots = [root(LEAVES[:size]) for size in range(MOST + 1)]
    for size in range(1, MOST + 1):
        for old in range(1, size + 1, 1 if size < 40 else 5):
            proof = consistency_proof(Plain(), old, size)
            assert proof == subproof(old, LEAVES[:size], True)
            assert consistent((old, roots[old]), (size, roots[size]), proof)
            if old != size:
                assert not consistent((old, roots[old - 1]), (size, roots[size]), proof)
                assert not consistent((old, roots[old]), (size, roots[size - 1]), proof)
                assert not consistent((old, roots[old]), (size, roots[size]), proof[:-1])
                assert not consistent((old, roots[old]), (size, roots[size]), [*proof, roots[1]])


@pytest.mark.parametrize("steps", [[600], [1, 254, 1, 1, 255, 88], [256, 256, 88], [255, 2, 343]])
def test_tiles_grow_as_if_written_at_once(tmp_path: Path, steps: list[int]) -> None:
    size = 0
    for step in steps:
        size = add_tiles(tmp_path, size, [leaf_hash(one) for one in LEAVES[size : size + step]])
        tidy(tmp_path, size)
        read = Tiles(folder_reader(tmp_path))
        assert root_of(read, 0, size, size) == root(LEAVES[:size])
        for index in range(0, size, 37):
            assert inclusion_proof(read, index, size) == path(index, LEAVES[:size])
    assert sorted(str(one.relative_to(tmp_path)) for one in tmp_path.rglob("*") if one.is_file()) == [
        "tile/0/000",
        "tile/0/001",
        "tile/0/002.p/88",
        "tile/1/000.p/2",
    ]


def test_a_tile_that_was_cut_is_no_tile(tmp_path: Path) -> None:
    add_tiles(tmp_path, 0, [leaf_hash(one) for one in LEAVES[:300]])
    file = tmp_path / tile_path(0, 0)
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(ValueError, match="tile/0/000"):
        inclusion_proof(Tiles(folder_reader(tmp_path)), 7, 300)


def test_paths_are_those_of_the_specification() -> None:
    assert tile_path(0, 1234067) == "tile/0/x001/x234/067"
    assert tile_path(1, 5, 17) == "tile/1/005.p/17"


@pytest.mark.parametrize("algorithm", ["ed25519", SM2])
def test_a_checkpoint_is_the_logs_and_a_witness_says_when(tmp_path: Path, algorithm: str) -> None:
    signer = create_key(tmp_path / "key.pem", algorithm)
    other = signer_in(tmp_path / "other")
    found = Checkpoint("zhongtai/ledger/x", 7, node_hash(b"", b""), "ab").signed(signer)
    again = read_checkpoint(found.note)
    assert again == found and again.is_signed_by(signer.public) and not again.is_signed_by(other.public)
    seen = again.with_signatures([*again.signatures, cosign(again, "w.example", other, NOW)])
    assert read_checkpoint(seen.note).cosigned("w.example", other.public) == NOW
    assert seen.cosigned("w.example", signer.public) is None and seen.cosigned("x.example", other.public) is None
    assert seen.is_signed_by(signer.public)
    forged = seen.note.replace(b"\n7\n", b"\n8\n")
    assert not read_checkpoint(forged).is_signed_by(signer.public)
    assert read_checkpoint(forged).cosigned("w.example", other.public) is None


@pytest.mark.parametrize("data", [b"", b"x\n1\nAA==\n\n", b"\xff", b"a\nb\nc\n\n", b"a\n1\n" + b"A" * 44 + b"\n"])
def test_what_is_no_checkpoint_is_refused(data: bytes) -> None:
    with pytest.raises(SharingRefused, match="no checkpoint"):
        read_checkpoint(data)
