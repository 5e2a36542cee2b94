"""The deliveries found to be read wrong, where they lie beside the project, judged by the tool that lies with them.

Tests of our own for each of their kinds are in `tests/unit/lake` and `tests/unit/quality`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lake.attach import open_lake
from lake.settings import load_settings
from tests.integration.found_deliveries import FOUND, Town, cases, tool

TOOL = tool() if FOUND.is_dir() else None
CASES = cases(TOOL) if TOOL else []

pytestmark = [pytest.mark.real, pytest.mark.skipif(not CASES, reason="the found cases are not beside the project")]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    root = tmp_path_factory.mktemp("town")
    settings = load_settings(root, {"ZHONGTAI_STATE": str(root / "state"), "ZHONGTAI_THREADS": "1"})
    with open_lake(settings) as connection:
        yield connection, settings


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_found_delivery_comes_out_right(case: Any, lake: Any, tmp_path: Path) -> None:
    town = Town(TOOL, case, tmp_path / "city", lake)  # type: ignore[arg-type]
    assert TOOL.judge(case, town.seen()) == ""  # type: ignore[union-attr]
