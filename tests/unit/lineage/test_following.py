"""A table that a query follows row by row can be asked for in parts: what it gives of some rows hangs on no others."""

from __future__ import annotations

from functools import cache

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from lineage.from_sql import column_lineage

COLUMNS = {"id": "integer", "n": "integer", "_batch": "varchar"}
SCHEMA = {"s.r": COLUMNS, "s.o": {"id": "integer", "m": "integer"}}
FOLLOWED = (
    "select id, n + 1 as n, _batch from s.r where n > 0 and id is not null",
    "with a as (select * from s.r) select a.id, o.m, a._batch from a left join s.o on o.id = a.id",
    "select r.id, o.m, r._batch from s.o right join s.r on o.id = r.id",
    "select r.id, o.m, r._batch from s.o join s.r on o.id = r.id and o.m > r.n",
    "select r.id, o.m, r._batch from s.r, s.o",
    "select id, _batch from s.r where id in (select id from s.o)",
    "select id, _batch from s.r where n not in (select m from s.o where m is not null)",
    "select id, (select max(o.m) from s.o where o.id = r.id and o.m <> r.n) as m, _batch from s.r",
    "select id, _batch from s.r where exists (select 1 from s.o where o.id = r.id) and n > (select min(m) from s.o)",
    "select r.id, l.m, r._batch from s.r, lateral (select max(m) as m from s.o where o.id = r.id) as l",
    "with t as (select sum(m) as m from s.o) select r.id, t.m, r._batch from s.r left join t on true",
)
NOT_FOLLOWED = (
    "select distinct id, _batch from s.r",
    "select id, max(_batch) as _batch from s.r group by id",
    "select id, _batch from s.r order by id limit 3",
    "select id, _batch, row_number() over (order by id) as n from s.r",
    "select id, _batch from s.r qualify row_number() over (partition by id order by n) = 1",
    "select id, _batch from s.r union all select id, _batch from s.r",
    "select id, _batch from s.r union all select m, 'b1' from s.o",
    "select id, _batch from s.r except select id, 'b1' from s.o",
    "select o.id, r._batch from s.o left join s.r on o.id = r.id",
    "select o.id, r._batch from s.o full join s.r on o.id = r.id",
    "select id, _batch from s.r where n = (select max(n) from s.r)",
    "with a as (select * from s.r) select x.id, x._batch from a as x join a as y on y.id = x.id",
    "select o.id, (select max(r._batch) from s.r where r.id = o.id) as _batch from s.o",
    "select r.id, o.m, r._batch from s.r positional join s.o",
    "select r.id, o.m, r._batch from s.r asof join s.o on r.id >= o.id",
    "select unnest([id, n]) as id, _batch from s.r",
    "select id, _batch from s.r using sample 2",
    "select id, _batch from (pivot s.r on n using sum(id) group by id, _batch)",
    "select id, _batch from s.o, range(3) as t(_batch)",
)
ROWS = some.lists(some.tuples(some.integers(0, 3), some.integers(0, 3), some.sampled_from(("b1", "b2", "b3"))))


@pytest.mark.parametrize("sql", FOLLOWED)
def test_what_is_followed(sql: str) -> None:
    assert "s.r" in column_lineage(sql, SCHEMA).follows


@pytest.mark.parametrize("sql", NOT_FOLLOWED)
def test_what_is_not(sql: str) -> None:
    assert "s.r" not in column_lineage(sql, SCHEMA).follows


@cache
def _engine() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"threads": 1})
    connection.execute("create schema s")
    for name, columns in SCHEMA.items():
        connection.execute(f"create table {name} ({', '.join(f'{column} {kind}' for column, kind in columns.items())})")
    return connection


def _given(relation: str, rows: list[tuple[object, ...]]) -> None:
    _engine().execute(f"delete from {relation}")
    if rows:
        _engine().execute(f"insert into {relation} values {', '.join(map(repr, rows))}")


@settings(max_examples=30, deadline=None)
@given(rows=ROWS, other=some.lists(some.tuples(some.integers(0, 3), some.integers(0, 3))))
def test_what_it_gives_of_a_batch_hangs_on_no_other(
    rows: list[tuple[object, ...]], other: list[tuple[object, ...]]
) -> None:
    _given("s.o", other)
    for sql in FOLLOWED:
        _given("s.r", rows)
        whole = sorted(_engine().execute(f"select * from ({sql}) where _batch = 'b1'").fetchall(), key=repr)
        _given("s.r", [row for row in rows if row[2] == "b1"])
        assert sorted(_engine().execute(sql).fetchall(), key=repr) == whole, sql
