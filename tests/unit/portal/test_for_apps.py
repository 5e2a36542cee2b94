"""docs/for-apps.md, word for word: what an application is told to write is run against a portal that listens."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import duckdb
import pytest

from lake.attach import extension_file
from tests.unit.portal.conftest import NAME, SCHEMA, Served

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "for-apps.md"
BLOCKS = dict(re.findall(r"^## (\w+)\n.*?^```(?:python|sh)\n(.*?)^```", DOCUMENT.read_text("utf-8"), re.M | re.S))


def written(served: Served, name: str, folder: Path) -> str:
    """A block as an application would write it, beside its profile."""
    (folder / "agency.json").write_bytes(served.profile.read_bytes())
    return BLOCKS[name].replace("SHARE", "city").replace("SCHEMA", SCHEMA).replace("TABLE", NAME)


@pytest.mark.parametrize("name", ["pandas", "polars", "DuckDB"])
def test_a_block_of_python_reads_the_release(
    served: Served, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served.portal.publish(range(80, 100))
    monkeypatch.chdir(tmp_path)
    if name == "DuckDB":
        duckdb.execute(f"load '{extension_file('httpfs')}'")
    scope: dict[str, Any] = {}
    exec(compile(written(served, name, tmp_path), str(DOCUMENT), "exec"), scope)
    assert len(scope["now"]) == 20
    if name == "pandas":
        assert len(scope["first"]) == len(scope["changes"]) == 20


def test_the_lines_of_curl_fetch_a_file_for_spreadsheets(served: Served, tmp_path: Path) -> None:
    served.portal.publish(range(80, 100))
    done = subprocess.run(
        ["sh", "-euc", written(served, "curl", tmp_path)], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "table.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_no_block_is_left_untried() -> None:
    assert set(BLOCKS) == {"pandas", "polars", "DuckDB", "curl"}
