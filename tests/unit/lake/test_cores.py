"""Threads follow the data: one for little, never more than allowed; a folder is not walked further than it takes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from lake import cores
from lake.cores import threads_for, threads_for_folder


@given(some.integers(0, 2**45), some.integers(0, 2**45), some.integers(1, 256))
def test_more_data_never_gets_fewer_threads_nor_more_than_allowed(one: int, other: int, limit: int) -> None:
    less, more = sorted((one, other))
    assert 1 <= threads_for(less, limit) <= threads_for(more, limit) <= limit


def test_less_than_a_portion_is_one_threads_work() -> None:
    assert threads_for(32 * 1024 * 1024 - 1, 8) == 1
    assert threads_for(32 * 1024 * 1024, 8) == 2


def test_a_folder_counts_with_all_its_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores, "_PORTION", 1000)
    assert threads_for_folder(tmp_path / "nowhere", 4) == 1
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "part.parquet").write_bytes(b"x" * 700)
    assert threads_for_folder(tmp_path, 4) == 2
    assert threads_for_folder(tmp_path, 1) == 1
