"""One lake for each test module: opening one costs more than all that a test does with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from lake.attach import open_lake
from lake.settings import Settings, load_settings
from tests.unit.lake.desk import Desk


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of an empty workspace."""
    root = tmp_path_factory.mktemp("workspace")
    return load_settings(root, {"ZHONGTAI_STATE": str(root / "state"), "ZHONGTAI_THREADS": "2"})


@pytest.fixture(scope="module")
def lake(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The module's lake."""
    with open_lake(settings) as connection:
        yield connection


@pytest.fixture
def desk(lake: duckdb.DuckDBPyConnection, settings: Settings, tmp_path: Path) -> Desk:
    """A deliveries folder of the test's own, on the module's lake."""
    return Desk(lake, settings, tmp_path)
