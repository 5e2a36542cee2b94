"""The catalog holds no value of a column, and every row is found as before, whatever is written next."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lake.attach import open_lake
from lake.settings import Settings, load_settings
from lake.statistics import StatisticsSealed, seal_statistics, unseal_statistics
from sharing.keyring import open_pseudonym

# Type -> values whose order is that of the list, the ends of the type among them.
VALUES: dict[str, list[object]] = {
    "varchar": ["", "a", "张伟", "110105194912310021", "龥龥龥龥龥龥龥龥龥龥", "\U0010ffff"],
    "integer": [-(2**31), -1, 0, 7, 2**31 - 1],
    "bigint": [-(2**63), 0, 2**63 - 1],
    "utinyint": [0, 7, 255],
    "decimal(5,2)": ["-999.99", "0.00", "1.50", "999.99"],
    "decimal(18,3)": ["-1.000", "0.001"],
    "double": [-1.5e300, -0.0, 2.5, 1.7e308, "inf", "nan"],
    "float": [-1.5, 2.5, "-inf"],
    "boolean": [False, True],
    "date": ["0001-01-01", "1949-10-01", "9999-12-31"],
    "time": ["00:00:00", "23:59:59.999999"],
    "timestamp": ["1949-10-01 00:00:00", "2026-11-21 10:00:00.123456"],
    "timestamptz": ["1949-10-01 00:00:00+08", "2026-11-21 10:00:00+08"],
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return load_settings(tmp_path_factory.mktemp("city"), {})


@contextmanager
def lake(place: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The lake for writing, sealed afterwards."""
    try:
        with open_lake(place) as connection:
            yield connection
    finally:
        seal_statistics(place.catalog, open_pseudonym(place.key_place))


def kept(catalog: Path) -> list[tuple[object, ...]]:
    """What the statistics hold of columns."""
    with closing(sqlite3.connect(catalog)) as connection:
        return [
            row
            for table in ("ducklake_file_column_stats", "ducklake_table_column_stats")
            for row in connection.execute(f"select * from {table} where min_value is not null or max_value is not null")
        ]


@pytest.mark.attack
def test_every_value_is_found_after_its_bounds_were_sealed(place: Settings) -> None:
    tables = {kind: "lake.theme." + "".join(letter for letter in kind if letter.isalnum()) for kind in VALUES}
    with lake(place) as connection:
        for kind, table in tables.items():
            connection.execute(f"create table {table} (v {kind})")
    for number in range(max(map(len, VALUES.values()))):
        with lake(place) as connection:
            for kind, table in tables.items():
                for value in VALUES[kind][number : number + 1]:
                    connection.execute(f"insert into {table} values ('{value}'::{kind})")
        assert kept(place.catalog) == []
        with lake(place) as connection:
            for kind in tables:
                _all_found(connection, kind, VALUES[kind][: number + 1])


def _all_found(connection: duckdb.DuckDBPyConnection, kind: str, values: list[object]) -> None:
    table = "lake.theme." + "".join(letter for letter in kind if letter.isalnum())
    for value in (f"'{one}'::{kind}" for one in values):
        for condition, wanted in {"=": (1,), ">=": None, "<=": None}.items():
            found = connection.execute(f"select count(*) from {table} where v {condition} {value}").fetchone()
            assert found == wanted if wanted else found != (0,), (kind, condition, value)
    ends = connection.execute(f"select min(v), max(v) from {table}").fetchone()
    listed = connection.execute(f"select min(x), max(x) from (select unnest(list(v)) as x from {table})").fetchone()
    assert str(ends) == str(listed), kind


@pytest.mark.attack
@settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["insert", "delete", "update"]), st.integers(-5, 5)), min_size=3, max_size=7
    )
)
def test_no_sequence_of_writes_loses_a_row(place: Settings, steps: list[tuple[str, int]]) -> None:
    with lake(place) as connection:
        connection.execute("create or replace table lake.theme.walk (n integer, t varchar)")
    truth: list[tuple[int, str]] = []
    for what, number in steps:
        with lake(place) as connection:
            if what == "insert":
                connection.execute(f"insert into lake.theme.walk values ({number}, 'x{number}')")
                truth.append((number, f"x{number}"))
            elif what == "delete":
                connection.execute(f"delete from lake.theme.walk where n = {number}")
                truth = [row for row in truth if row[0] != number]
            else:
                connection.execute(f"update lake.theme.walk set t = 'u' where n = {number}")
                truth = [(n, "u" if n == number else t) for n, t in truth]
        with lake(place) as connection:
            assert sorted(connection.execute("select n, t from lake.theme.walk").fetchall()) == sorted(truth)
            for n, t in truth:
                found = connection.execute(
                    f"select count(*) from lake.theme.walk where n = {n} and t = '{t}'"
                ).fetchone()
                assert found and found[0] >= 1
    assert kept(place.catalog) == []


def test_a_crash_leaves_them_for_the_next_to_seal(place: Settings) -> None:
    with open_lake(place) as connection:
        connection.execute("create or replace table lake.theme.crashed as select '110105194912310021' as v")
    assert any("110105194912310021" in str(row) for row in kept(place.catalog))
    with lake(place):
        pass
    assert kept(place.catalog) == []
    assert b"110105194912310021" not in place.catalog.read_bytes()


def test_readers_read_what_is_sealed(place: Settings) -> None:
    with lake(place) as connection:
        connection.execute("create or replace table lake.theme.read as select * from range(-3, 5) as t(n)")
    with open_lake(place, read_only=True) as connection:
        assert connection.execute("select min(n), max(n), count(*) from lake.theme.read").fetchone() == (-3, 4, 8)
        assert connection.execute("select count(*) from lake.theme.read where n between 2 and 3").fetchone() == (2,)
    assert kept(place.catalog) == []


def test_nothing_is_written_on_over_statistics_that_cannot_be_unsealed(tmp_path: Path) -> None:
    place = load_settings(tmp_path, {})
    with lake(place) as connection:
        connection.execute("create table lake.theme.t as select 1 as n")
    key = open_pseudonym(place.key_place)
    with pytest.raises(StatisticsSealed, match="another key"):
        unseal_statistics(place.catalog, bytes(32))
    with closing(sqlite3.connect(place.catalog, isolation_level=None)) as connection:
        connection.execute("update ducklake_table_column_stats set min_value = '9' where min_value is null")
    for deed in (unseal_statistics, seal_statistics):
        with pytest.raises(StatisticsSealed, match="something wrote"):
            deed(place.catalog, key)


def test_where_there_is_no_catalog_there_is_nothing_to_seal(tmp_path: Path) -> None:
    (tmp_path / "empty.sqlite").touch()
    for name in ("none.sqlite", "empty.sqlite"):
        seal_statistics(tmp_path / name, bytes(32))
        unseal_statistics(tmp_path / name, bytes(32))
