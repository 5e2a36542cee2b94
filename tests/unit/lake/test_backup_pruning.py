"""What leaves a place of backups: the older sets and what they alone named; what a set that stays names never does."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake.backup_place import BackupPlace
from lake.backup_pruning import prune
from lake.backup_set import BackupSet, Kept
from sharing.keys import Signer
from tests.keys import signer_in

NUMBERS = st.lists(st.sets(st.integers(0, 6)), min_size=1, max_size=6)


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    return signer_in(tmp_path_factory.mktemp("keys"))


def content(number: int) -> tuple[bytes, str]:
    data = f"content {number}".encode()
    return data, hashlib.sha256(data).hexdigest()


def take(place: BackupPlace, tmp: Path, number: int, names: set[int], signer: Signer) -> None:
    """A set of some contents, the last of them its keys."""
    files = {}
    for one in sorted(names):
        data, digest = content(one)
        (tmp / "content").write_bytes(data)
        place.put(tmp / "content", digest)
        files[f"landing/{one}"] = Kept(digest, len(data), 0o600)
    keys = files.popitem()[1].sha256 if files else ""
    made = BackupSet(f"set-{number:03d}", "city", "2026-11-28", number, files, {}, keys)
    place.write_set(made.name, made.signed(signer))


@settings(max_examples=25, deadline=None)
@given(sets=NUMBERS, keep=st.integers(1, 7))
def test_what_stays_is_the_newest_sets_and_what_they_name(
    sets: list[set[int]], keep: int, tmp_path_factory: pytest.TempPathFactory, signer: Signer
) -> None:
    tmp = tmp_path_factory.mktemp("place")
    place = BackupPlace.at(str(tmp / "backups"))
    for number, names in enumerate(sets):
        take(place, tmp, number, names, signer)
    kept = sets[-keep:]
    pruned = prune(place, keep)
    assert place.sets() == [f"set-{number:03d}" for number in range(len(sets))][-keep:]
    assert set(place.known()) == {content(one)[1] for one in set[int]().union(*kept)}
    assert pruned.contents == len(set[int]().union(*sets) - set[int]().union(*kept))


def test_a_set_that_cannot_be_read_keeps_every_content(tmp_path: Path, signer: Signer) -> None:
    place = BackupPlace.at(str(tmp_path / "backups"))
    for number, names in enumerate([{1, 2}, {2, 3}, {3}]):
        take(place, tmp_path, number, names, signer)
    (tmp_path / "backups" / "sets" / "set-001.json").write_bytes(b"{}")
    pruned = prune(place, 2)
    assert (pruned.sets, pruned.contents, pruned.unread) == (("set-000",), 0, ("set-001",))
    assert len(place.known()) == 3


def test_a_place_elsewhere_is_pruned_alike(tmp_path: Path, signer: Signer) -> None:
    place = BackupPlace.at("memory://pruned/backups")
    for number, names in enumerate([{1, 2}, {2, 3}]):
        take(place, tmp_path, number, names, signer)
    assert prune(place, 1).sets == ("set-000",)
    assert set(place.known()) == {content(2)[1], content(3)[1]}
