"""The frame of a project's models: what is missing is made at once, or nothing is, and what stands is not touched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from lake.attach import open_lake
from lake.settings import load_settings
from orchestration.transform.frame import frame, missing


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    settings = load_settings(tmp_path, {"ZHONGTAI_STATE": str(tmp_path / "state")})
    with open_lake(settings) as connection:
        yield connection


def node(name: str, materialized: str = "table", sql: str = "select 1 as id", **more: Any) -> dict[str, Any]:
    columns = {"id": {"name": "id", "data_type": "integer", "constraints": [{"type": "not_null"}]}}
    return {
        "unique_id": f"model.city.{name}",
        "resource_type": "model",
        "name": name,
        "database": "lake",
        "schema": "theme",
        "alias": name,
        "config": {"materialized": materialized, "contract": {"enforced": materialized == "table"}},
        "columns": columns,
        "compiled_code": sql,
        "depends_on": {"nodes": []},
        **more,
    }


def manifest(*nodes: dict[str, Any]) -> dict[str, Any]:
    return {"nodes": {one["unique_id"]: one for one in nodes}}


def snapshots(lake: duckdb.DuckDBPyConnection) -> int:
    return lake.execute("select count(*) from ducklake_snapshots('lake')").fetchall()[0][0]


def test_tables_and_views_are_made_in_one_commit_whatever_their_order(lake: duckdb.DuckDBPyConnection) -> None:
    above = node("above", "view", "select id from lake.theme.below", depends_on={"nodes": ["model.city.below"]})
    below = node("below", "view", "select id from lake.theme.person", depends_on={"nodes": ["model.city.person"]})
    all_of_them = manifest(above, below, node("person"))
    before = snapshots(lake)
    frame(lake, missing(lake, all_of_them))
    assert snapshots(lake) == before + 1
    assert lake.execute("select * from lake.theme.above").fetchall() == []
    assert lake.execute("describe lake.theme.person").fetchall()[0][:3] == ("id", "INTEGER", "NO")
    assert missing(lake, all_of_them) == []


def test_what_stands_is_not_missing_and_keeps_its_rows(lake: duckdb.DuckDBPyConnection) -> None:
    lake.execute("create table lake.theme.person as select 7 as id")
    found = missing(lake, manifest(node("person"), node("visit")))
    assert [one["alias"] for one in found] == ["visit"]
    frame(lake, found)
    assert lake.execute("select id from lake.theme.person").fetchall() == [(7,)]


def test_one_that_cannot_be_made_leaves_all_to_dbt(lake: duckdb.DuckDBPyConnection) -> None:
    before = snapshots(lake)
    frame(lake, [node("person"), node("broken", "view", "select * from lake.theme.nowhere")])
    assert snapshots(lake) == before
    assert lake.execute("select 1").fetchall() == [(1,)]


@pytest.mark.parametrize(
    "beyond",
    [
        {"constraints": [{"type": "primary_key"}]},
        {"config": {"materialized": "table", "contract": {"enforced": False}}},
        {"columns": {"id": {"name": "id", "data_type": "integer", "constraints": [{"type": "check"}]}}},
        {"columns": {"id": {"name": "id", "data_type": None}}},
        {"config": {"materialized": "incremental"}},
    ],
)
def test_a_table_that_takes_more_than_its_columns_is_left_to_dbt(
    lake: duckdb.DuckDBPyConnection, beyond: dict[str, Any]
) -> None:
    frame(lake, [node("person", **beyond)])
    assert len(missing(lake, manifest(node("person")))) == 1
