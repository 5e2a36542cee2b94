"""A contract's path finds on the machine's own disk what fsspec's glob finds, hidden names and links with it."""

from __future__ import annotations

import itertools
from pathlib import Path

import fsspec
import pytest

from lake.readers.stores import matching

PARTS = ("*", "a", "b*", ".b", "?", "[ab]*", "[!a]", "a.csv", "*.csv", "n[*]w")
NAMES = ("a", "b", ".b", "ab", "n*w")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("[found]")
    for folder, name in itertools.product(NAMES, ("a.csv", ".b", "b.csv", "a.CSV")):
        (root / folder / "a").mkdir(parents=True, exist_ok=True)
        (root / folder / name).write_text("x")
        (root / folder / "a" / name).write_text("x")
    (root / "b" / "link.csv").symlink_to(root / "a" / "a.csv")
    (root / "bound").symlink_to(root / "a")
    return root


def test_it_finds_what_fsspec_finds(place: Path) -> None:
    local, base = fsspec.filesystem("file"), str(place).replace("[", "[[]")
    every = ["/".join(parts) for size in (1, 2, 3) for parts in itertools.product(PARTS, repeat=size)]
    patterns = every[::53]  # fsspec looks through all of the folder for each
    found = {pattern: matching(local, f"{base}/{pattern}") for pattern in patterns}
    assert found == {pattern: sorted(local.glob(f"{base}/{pattern}")) for pattern in patterns}
    assert sum(map(bool, found.values())) > 3
    assert matching(local, f"{base}/**/a.csv") == sorted(local.glob(f"{base}/**/a.csv"))
    assert matching(local, f"{base}/gone/*.csv") == []
