"""The lake's connections answer questions with EXISTS as joins answer them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import duckdb
import pytest

from lake.attach import bare_connection
from lake.settings import Settings

_COMPARED = ["=", "<>", ">", "<", ">=", "<=", "is distinct from", "is not distinct from"]


@pytest.fixture(scope="module")
def engine(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """Twenty-seven rows, of which some are twice there and some hold nothing."""
    with bare_connection(settings) as connection:
        connection.execute(
            "create table t as select id, n from (values ('1'), ('2'), (null)) a(id), (values (1), (2), (null)) b(n), "
            "(values (1), (2), (3)) c(i) where i = 1 or n = 2 or id = '2'"
        )
        connection.execute("insert into t values ('1', 2), ('0', 1), ('3', 0)")
        yield connection


@pytest.mark.parametrize("first", _COMPARED)
def test_exists_is_what_a_semi_join_is(engine: duckdb.DuckDBPyConnection, first: str) -> None:
    for second, (word, kind) in product(_COMPARED, [("exists", "semi"), ("not exists", "anti")]):
        on = f"b.id {first} a.id and b.n {second} a.n"
        asked = engine.execute(f"select * from t a where {word} (select 1 from t b where {on}) order by all").fetchall()
        joined = engine.execute(f"select * from t a {kind} join t b on {on} order by all").fetchall()
        assert asked == joined, on
