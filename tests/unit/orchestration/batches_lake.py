"""Queries over three small delivered tables, each with the batches of the rows that its rows are derived from.

What a row is derived from is written out by hand for each query, as SQL over the delivered tables; what building
without a batch gives is found by building it, on another database that never had the batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from lake.attach import EXACT
from orchestration.share.provenance import Provenance

Row = tuple[object, ...]
Tables = Mapping[str, list[Row]]
"""Table -> its rows, each with its batch at the end."""

COLUMNS = {
    "people": "id varchar, d varchar, age integer, _batch varchar",
    "visits": "id varchar, place varchar, n integer, _batch varchar",
    "gone": "id varchar, since integer, _batch varchar",
}
RAW = tuple(f"lake.raw.{name}" for name in COLUMNS)
P, V, G = RAW
SEED = "create table lake.seeds.places as select * from (values ('x', 'East'), ('y', 'West')) as t(place, side)"


@dataclass(frozen=True)
class Case:
    """A product's SQL; what its rows are derived from, by table; and the models between it and the delivered tables."""

    sql: str
    derived: Mapping[str, str]
    between: Mapping[str, str]


def case(sql: str, between: Mapping[str, str] | None = None, **derived: str) -> Case:
    """`derived` gives, for each table, the condition by which a row `r` of it is behind a row of the product."""
    return Case(sql, derived, between or {})


_OLDER = "exists (select 1 from lake.raw.people o where o.d = r.d and o.age > 1)"
CASES = {
    "rows": case(f"select id, d from {P} where age > 1", people="age > 1"),
    "a join": case(
        f"select p.id, v.place from {P} p join {V} v on v.id = p.id",
        people=f"id in (select id from {V})", visits=f"id in (select id from {P})",
    ),
    "a join by name": case(
        f"select * from {P} natural join (select id, place from {V}) v",
        people=f"id in (select id from {V})", visits=f"id in (select id from {P})",
    ),
    "a left join": case(
        f"select p.id, v.n from {P} p left join {V} v using (id)", people="true", visits=f"id in (select id from {P})"
    ),
    "a full join": case(f"select p.age, v.n from {P} p full join {V} v on v.id = p.id", people="true", visits="true"),
    "a self join": case(
        f"select a.id from {P} a join {P} b on a.d = b.d where a.age > 1 and b.age < 1",
        people=f"(age > 1 and d in (select d from {P} where age < 1)) "
        f"or (age < 1 and d in (select d from {P} where age > 1))",
    ),
    "groups": case(f"select place, count(*) as c, max(n) as m from {V} group by place", visits="true"),
    "one group": case(f"select max(n) as m from {V}", visits="true"),
    "groups of enough": case(
        f"select place from {V} group by place having count(*) >= 2",
        visits=f"(select count(*) from {V} o where o.place is not distinct from r.place) >= 2",
    ),
    "groups of few": case(
        f"select place from {V} group by place having count(*) < 2",
        visits=f"(select count(*) from {V} o where o.place is not distinct from r.place) < 2",
    ),
    "groups of groups": case(
        f"select c, count(*) as k from (select place, count(*) as c from {V} group by place) where c > 1 group by c",
        visits=f"(select count(*) from {V} o where o.place is not distinct from r.place) > 1",
    ),
    "a sum that is filtered": case(
        f"with s as (select id, sum(n) as n from {V} where id is not null group by id) select p.id, s.n from {P} p "
        "left join s on s.id = p.id where coalesce(s.n, 0) < 3",
        people=f"id is null or coalesce((select sum(n) from {V} v where v.id = r.id), 0) < 3",
        visits=f"id in (select id from {P}) and coalesce((select sum(n) from {V} v where v.id = r.id), 0) < 3",
    ),
    "distinct": case(f"select distinct d from {P} where age > 0", people="age > 0"),
    "distinct on": case(
        f"select distinct on (place) place, n from {V} order by place, n desc nulls last, id nulls last, _batch",
        visits=f"(id, n, _batch) is not distinct from (select (o.id, o.n, o._batch) from {V} o where o.place is not "
        "distinct from r.place order by n desc nulls last, id nulls last, _batch limit 1)",
    ),
    "union all": case(f"select id from {P} union all select id from {V} where n > 1", people="true", visits="n > 1"),
    "union": case(f"select id from {P} union select id from {V} where n > 1", people="true", visits="n > 1"),
    "a union with a seed": case(
        f"select place from lake.seeds.places union all select place from {V} where n > 1", visits="n > 1"
    ),
    "except": case(
        f"select id from {P} where id is not null except select id from {G}",
        people=f"id is not null and not exists (select 1 from {G} g where g.id = r.id)",
    ),
    "not exists": case(
        f"select id from {P} p where not exists (select 1 from {G} g where g.id = p.id)",
        people=f"not exists (select 1 from {G} g where g.id = r.id)",
    ),
    "an outer join without a match": case(
        f"select p.id from {P} p left join {G} g on g.id = p.id where g.since is null",
        people=f"not exists (select 1 from {G} g where g.id = r.id) or id in (select id from {G} where since is null)",
        gone=f"since is null and id in (select id from {P})",
    ),
    "anti join": case(
        f"select p.* exclude (_batch) from {P} p anti join {G} g on g.id = p.id",
        people=f"not exists (select 1 from {G} g where g.id = r.id)",
    ),
    "semi join": case(
        f"select p.id from {P} p semi join {V} v on v.id = p.id",
        people=f"exists (select 1 from {V} v where v.id = r.id)",
    ),
    "in": case(f"select id from {P} where id in (select id from {V} where n > 0)",
               people=f"id in (select id from {V} where n > 0)"),
    "a count that decides": case(
        f"select id from {P} where (select count(*) from {V}) >= 3", people=f"(select count(*) from {V}) >= 3"
    ),
    "an average that decides": case(
        f"select id from {P} where age > (select avg(age) from {P})", people=f"age > (select avg(age) from {P})"
    ),
    "a value from a subquery": case(
        f"select id, (select count(*) from {V} v where v.id = p.id) as c from {P} p",
        people="true", visits=f"id in (select id from {P})",
    ),
    "a value of everybody": case(
        f"select id, (select max(n) from {V}) as m from {P}", people="true", visits=f"exists (select 1 from {P})"
    ),
    "a flag": case(f"select id, exists (select 1 from {V} v where v.id = p.id) as f from {P} p", people="true"),
    "a sum over a window": case(
        f"select id, sum(n) over (partition by place) as s from {V} where id is not null",
        visits="id is not null",
    ),
    "a sum over a window that is filtered": case(
        f"select id from (select id, sum(n) over (partition by place) as s from {V}) where s > 2",
        visits=f"(select sum(n) from {V} o where o.place is not distinct from r.place) > 2",
    ),
    "a rank that leaves": case(f"select id, rank() over (order by age) as k from {P}", people="true"),
    "a rank before a filter": case(
        f"select id, k from (select id, d, rank() over (order by age) as k from {P}) where d = 'a'", people="d = 'a'"
    ),
    "the first of each": case(
        f"select id, place from (select *, row_number() over (partition by id order by n desc nulls last, place nulls "
        f"last, _batch) as k from {V}) where k = 1",
        visits=f"(place, n, _batch) is not distinct from (select (o.place, o.n, o._batch) from {V} o where o.id is not "
        "distinct from r.id order by n desc nulls last, place nulls last, _batch limit 1)",
    ),
    "the first of each, filtered": case(
        f"select id from (select *, row_number() over (partition by id order by n desc nulls last, place nulls last, "
        f"_batch) as k from {V}) where k = 1 and place = 'x'",
        visits=f"place = 'x' and (place, n, _batch) is not distinct from (select (o.place, o.n, o._batch) from {V} o "
        "where o.id is not distinct from r.id order by n desc nulls last, place nulls last, _batch limit 1)",
    ),
    "qualify": case(
        f"select id from {V} qualify count(*) over (partition by place) = 1",
        visits=f"(select count(*) from {V} o where o.place is not distinct from r.place) = 1",
    ),
    "a limit": case(
        f"select age from {P} where age is not null order by age, _batch, d, id limit 2",
        people=f"(age, _batch) in (select (age, _batch) from {P} where age is not null "
        "order by age, _batch, d, id limit 2)",
    ),
    "with, twice": case(
        f"with v as (select * from {V} where n > 0) select p.id, v.place from {P} p join v on v.id = p.id where p.d in "
        "(select place from v)",
        people=f"id in (select id from {V} where n > 0) and d in (select place from {V} where n > 0)",
        visits=f"n > 0 and id in (select id from {P} where d in (select place from {V} where n > 0))",
    ),
    "with, of other names": case(
        f"with v(a, b) as (select id, n from {V}) select a from v where b > 1", visits="n > 1"
    ),
    "side by side": case(
        f"select p.id, t.m from {P} p, lateral (select max(n) as m from {V} v where v.id = p.id) t where t.m > 1",
        people=f"(select max(n) from {V} v where v.id = r.id) > 1",
        visits=f"id in (select id from {P}) and (select max(n) from {V} v where v.id = r.id) > 1",
    ),
    "a seed": case(
        f"select v.id, s.side from {V} v join lake.seeds.places s on s.place = v.place", visits="place in ('x', 'y')"
    ),
    "a model between": case(
        f"select p.id, b.c from {P} p join lake.theme.busy b on b.id = p.id",
        {"busy": f"select id, count(*) as c from {V} group by id having count(*) > 1"},
        people=f"id in (select id from {V} group by id having count(*) > 1)",
        visits=f"id in (select id from {P}) and (select count(*) from {V} v where v.id = r.id) > 1",
    ),
    "a model that is read twice": case(
        "select id from lake.theme.kept where id not in (select id from lake.theme.kept where age < 1)",
        {"kept": f"select id, max(age) as age from {P} where id is not null group by id"},
        people=f"id is not null and (select max(age) from {P} o where o.id = r.id) >= 1 or (id is not null and (select "
        f"max(age) from {P} o where o.id = r.id) is null)",
    ),
    "cancelled in the same table": case(
        f"select id from {V} v where place = 'x' "
        f"and not exists (select 1 from {V} c where c.id = v.id and c.place = 'y')",
        visits=f"place = 'x' and not exists (select 1 from {V} c where c.id = r.id and c.place = 'y')",
    ),
}  # fmt: skip

# Of these only building without each batch tells.
ONLY_BUILT = {
    "a pivot": f"pivot {V} on place in ('x', 'y') using count(*) group by id",
    "a recursive with": f"with recursive t as (select id, n from {V} union all select id, n - 1 from t where n > 1) "
    "select * from t",
    "columns by pattern": f"select max(columns('n|id')) from {V}",
    "intersect": f"select id from {P} intersect select id from {V}",
}


@contextmanager
def built(tables: Tables, models: Mapping[str, str]) -> Iterator[duckdb.DuckDBPyConnection]:
    """A lake of these tables and models."""
    with duckdb.connect(config=EXACT) as connection:
        made = ["attach ':memory:' as lake"]
        made += [f"create schema lake.{schema}" for schema in ("raw", "theme", "product", "seeds")]
        made += [SEED, *(f"create table lake.raw.{name} ({columns})" for name, columns in COLUMNS.items())]
        for name, rows in tables.items():
            made += [f"insert into lake.raw.{name} values ({', '.join(map(_literal, row))})" for row in rows]
        made += [f"create table {relation} as {sql}" for relation, sql in models.items()]
        connection.execute(";".join(made))
        yield connection


def _literal(value: object) -> str:
    return "null" if value is None else repr(value)


def models_of(one: Case) -> dict[str, str]:
    """Relation -> SQL of everything that is built for a case."""
    return {**{f"lake.theme.{name}": sql for name, sql in one.between.items()}, "lake.product.p": one.sql}


def told(
    connection: duckdb.DuckDBPyConnection, models: Mapping[str, str], folder: Path
) -> frozenset[tuple[str, str]] | None:
    """The batches in the product, as provenance tells them of its exported file."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "part-0.parquet"
    connection.execute(f"copy lake.product.p to '{file}' (format parquet)")
    provenance = Provenance(connection, models, RAW, ("lake.seeds.places",))
    found = provenance.of("lake.product.p", [file])
    provenance.close()
    return found.batches


def expected(tables: Tables, one: Case) -> set[tuple[str, str]]:
    """The batches of rows that the product is derived from, and those without which it is another."""
    return derived(tables, one) | deciding(tables, models_of(one))


def derived(tables: Tables, one: Case) -> set[tuple[str, str]]:
    """By the conditions that are written out."""
    with built(tables, {}) as connection:
        return {
            (f"lake.raw.{table}", batch)
            for table, condition in one.derived.items()
            for (batch,) in connection.execute(
                f"select distinct _batch from lake.raw.{table} r where {condition}"
            ).fetchall()
        }


def deciding(tables: Tables, models: Mapping[str, str]) -> set[tuple[str, str]]:
    """By building without each batch."""
    every = {(f"lake.raw.{name}", str(row[-1])) for name, rows in tables.items() for row in rows}
    with built(tables, models) as connection:
        whole = _product(connection)
        return {one for one in every if _without(connection, models, one) != whole}


def _without(connection: duckdb.DuckDBPyConnection, models: Mapping[str, str], gone: tuple[str, str]) -> list[str]:
    """The product's rows in a lake that never had a batch; then all is again as it was."""
    connection.execute("begin transaction")
    connection.execute(f"delete from {gone[0]} where _batch = '{gone[1]}'")
    for relation, sql in models.items():
        connection.execute(f"create or replace table {relation} as {sql}")
    found = _product(connection)
    connection.execute("rollback")
    return found


def _product(connection: duckdb.DuckDBPyConnection) -> list[str]:
    return sorted(map(str, connection.execute("from lake.product.p").fetchall()))
