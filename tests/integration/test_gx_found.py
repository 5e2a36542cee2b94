"""The cases found against the DuckDB engine, where they lie beside the project, scored by the tool that lies with them.

Tests of our own for each of their kinds are in ``tests/unit/quality/engine``.
"""

from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import pytest
import yaml

FOUND = Path(__file__).parents[3] / "shared" / "found"
CASES = yaml.safe_load((FOUND / "gx.yml").read_text(encoding="utf-8")) if (FOUND / "gx.yml").exists() else []

pytestmark = [
    pytest.mark.real,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.skipif(not CASES, reason="the found cases are not beside the project"),
]


@pytest.fixture(scope="module")
def tool():
    loader = SourceFileLoader("try_gx", str(FOUND / "tools" / "try-gx"))
    module = module_from_spec(spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_a_found_case_is_right(tool, case):
    assert list(tool.judge(case)) == []
