"""What any `PrivateSetIntersection` promises, as tests: an adapter's tests subclass `Promise` and say how it meets.

`meeting` gives the adapter and the peer's name, where the peer's set is `theirs`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from lake.blind.meeting import meet
from lake.settings import Settings
from sharing.blind.intersection import PrivateSetIntersection
from sharing.faults import SharingRefused
from tests.unit.lake.blind.files import RESIDENT, parquet, resident

PERSONS = [resident(number) for number in range(1, 9)]
Met = tuple[PrivateSetIntersection, str]


class Promise:
    """The promise; `meeting` is the adapter's."""

    def meeting(self, workspace: Settings, folder: Path, theirs: Sequence[str]) -> Met:
        raise NotImplementedError

    def found(
        self, workspace: Settings, folder: Path, ours: Sequence[str | None], theirs: Sequence[str]
    ) -> tuple[int, list[int]]:
        adapter, peer = self.meeting(workspace, folder, theirs)
        out = folder / "found.parquet"
        _, size = meet(workspace, adapter, (parquet(folder / "ours.parquet", ours), "id", RESIDENT), peer, out)
        table = pq.read_table(out)
        assert table.schema.names == ["row"]
        assert {one.name for one in folder.iterdir() if one.name.startswith(".blind.")} == set()
        return size, table["row"].to_pylist()

    @pytest.mark.parametrize(
        ("ours", "theirs"),
        [
            (PERSONS, PERSONS[2:5]),
            (PERSONS[4:0:-1], PERSONS[3:]),
            (PERSONS[:2], PERSONS[2:]),
            ([], PERSONS),
            (PERSONS, []),
        ],
    )
    def test_it_finds_what_both_have_and_nothing_else(
        self, settings: Settings, tmp_path: Path, ours: list[str], theirs: list[str]
    ) -> None:
        common = [row for row, one in enumerate(ours, 1) if one in theirs]
        assert self.found(settings, tmp_path, ours, theirs) == (len(common), common)

    def test_another_spelling_is_the_same_person_and_a_blank_is_nobody(
        self, settings: Settings, tmp_path: Path
    ) -> None:
        with_letter = next(one for one in (resident(n) for n in range(1, 99)) if one.endswith("X"))
        assert self.found(settings, tmp_path, [None, f" {with_letter.lower()} ", "  "], [with_letter]) == (1, [2])

    def test_a_set_has_each_once(self, settings: Settings, tmp_path: Path) -> None:
        refused(self, settings, tmp_path, [PERSONS[0], PERSONS[1], PERSONS[0]], "blind_set", "1 rows repeat")

    def test_what_cannot_be_verified_does_not_go_in(self, settings: Settings, tmp_path: Path) -> None:
        wrong = PERSONS[0][:-1] + ("0" if PERSONS[0][-1] != "0" else "1")
        refused(self, settings, tmp_path, [PERSONS[1], wrong], "blind_set", "1 rows have a value")


def refused(
    promise: Promise, workspace: Settings, folder: Path, ours: Sequence[str | None], rule: str, told: str
) -> None:
    """What is refused is named without a value, and nothing is left."""
    with pytest.raises(SharingRefused, match=told) as caught:
        promise.found(workspace, folder, ours, PERSONS)
    assert caught.value.rule == rule
    assert not any(one and one in str(caught.value) for one in ours)
    assert not (folder / "found.parquet").exists()
