"""A folder without room is named, whatever an engine said of what it could not write; one with room never is."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lake import room
from lake.failure import words


@contextmanager
def no_file_above(size: int) -> Iterator[None]:
    """No file of this process may grow further: as near to a full disk as an account comes by itself."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_no_room_is_said_with_the_folder_and_what_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_WATCHED", {})
    room.watch(tmp_path / "state")  # which a first run has not made yet
    error = RuntimeError("the engine cannot open it")
    with no_file_above(1000):
        said = words(error)
    assert said.startswith(f"no space left in {tmp_path}/state: ") and "67,108,864 should be" in said
    assert "no space left" not in words(error)
    assert list(tmp_path.iterdir()) == []
