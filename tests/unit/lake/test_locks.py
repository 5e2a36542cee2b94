"""A locked engine goes on with the lake, and with nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from lake.attach import open_lake
from lake.locks import is_locked, lock
from lake.settings import Settings, load_settings
from orchestration.transform.sandbox.guard import StatementRefused, judge_statements


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(tmp_path, {"ZHONGTAI_STATE": str(tmp_path / "state")})


@pytest.fixture
def locked(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_lake(settings) as connection:
        connection.execute("create table lake.theme.person as select 7 as id, 'x' as name")
        lock(connection, settings.catalog, [settings.lake_data, settings.scratch / "spill"])
        yield connection


def test_the_lake_is_read_and_written(locked: duckdb.DuckDBPyConnection) -> None:
    locked.execute("create table lake.theme.other as select * from lake.theme.person")
    locked.execute("insert into lake.theme.other values (8, 'y')")
    locked.execute("create or replace view lake.staging.seen as select id from lake.theme.other")
    assert locked.execute("select sum(id) from lake.staging.seen").fetchall() == [(15,)]


@pytest.mark.parametrize(
    "sql",
    [
        "copy lake.theme.person to 'OUT/a.csv'",
        "copy (select 1) to 'OUT/a.parquet' (format parquet)",
        "export database 'OUT'",
        "attach 'OUT/a.db' as a",
        "select * from read_csv('OUT/known.csv')",
        "select * from read_text('OUT/known.csv')",
        "select * from read_blob('/etc/hostname')",
        "select * from 'OUT/known.csv'",
        "select * from glob('OUT/*')",
        "select * from sqlite_scan('OUT/a.sqlite', 'x')",
        "install httpfs",
        "load 'OUT/x.duckdb_extension'",
        "set enable_external_access = true",
        "set allowed_directories = ['OUT']",
        "set lock_configuration = false",
        "reset allowed_paths",
        "set temp_directory = 'OUT'",
    ],
)
def test_nothing_else_is_in_reach(locked: duckdb.DuckDBPyConnection, tmp_path: Path, sql: str) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "known.csv").write_text("a\n1\n")
    with pytest.raises(duckdb.Error):
        locked.execute(sql.replace("OUT", str(out))).fetchall()
    assert [path.name for path in out.iterdir()] == ["known.csv"]


@pytest.mark.parametrize(
    "sql",
    [
        "attach 'OUT/a.sqlite' as a (type sqlite)",  # the extension for SQLite opens its files itself
        "copy lake.theme.person to 'DATA/a.csv'",
        "create secret x (type s3, key_id 'a', secret 'b')",
        "set variable x = 1",
        "select * from ducklake_list_files('lake', 'person', schema => 'theme')",
        "select * from zt.pseudonym_key",
    ],
)
def test_what_the_locks_leave_open_is_the_guard_s_to_refuse(
    locked: duckdb.DuckDBPyConnection, settings: Settings, tmp_path: Path, sql: str
) -> None:
    text = sql.replace("OUT", str(tmp_path)).replace("DATA", str(settings.lake_data))
    locked.execute(text)
    with pytest.raises(StatementRefused):
        judge_statements(text, None)


def test_locking_twice_is_as_once(locked: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    assert is_locked(locked)
    lock(locked, settings.catalog, [settings.workspace])
    with pytest.raises(duckdb.Error):
        locked.execute(f"copy (select 1) to '{settings.workspace}/a.csv'")
