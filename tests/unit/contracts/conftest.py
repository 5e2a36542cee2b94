"""A small sound workspace that tests load, or spoil in one place and see refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return Path(shutil.copytree(HERE / "good", tmp_path / "workspace"))
