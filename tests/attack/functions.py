"""Every function that the engine has, with every number of arguments: does each argument leave a trace?

Each overload of `duckdb_functions()` is called with one column for each of its parameters, as a scalar, an aggregate
and a window function. A column that is no source of the result and no reason of an unknown is then perturbed: if the
result changes, an argument was dropped."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import cache

import duckdb

from lineage.facts import ColumnRef
from lineage.from_sql import lineage_of
from lineage.plan.sandbox import Sandbox
from lineage.sql.catalog import Catalog
from tests.attack.score import Score

# Values of each type that many functions take; two rows apart from each other, so that a change shows.
VALUES = {
    "VARCHAR": ["'year'", "'2024-03-01'", "'{\"a\": [1, 2]}'", "'b'", "'aGk='", "'%Y'", "'[1, 2]'"],
    "BIGINT": ["3", "1", "2"],
    "INTEGER": ["2", "1", "3"],
    "DOUBLE": ["0.5", "0.25", "2.5"],
    "BOOLEAN": ["true", "false"],
    "DATE": ["date '2024-03-01'", "date '2021-12-31'"],
    "TIMESTAMP": ["timestamp '2024-03-01 10:11:12.5'", "timestamp '2020-02-29 01:02:03'"],
    "TIMESTAMP WITH TIME ZONE": ["timestamptz '2024-03-01 10:11:12+00'", "timestamptz '2020-02-29 01:02:03+00'"],
    "TIME": ["time '10:11:12'", "time '01:02:03'"],
    "INTERVAL": ["interval 3 day", "interval 5 month"],
    "BLOB": ["'ab'::blob", "'xyz'::blob"],
    "BIT": ["'0110'::bit", "'1111'::bit"],
    "UUID": ["'c0ffee00-0000-4000-8000-000000000001'::uuid", "'00000000-0000-4000-8000-0000000000ff'::uuid"],
    "JSON": ["'{\"a\": [1, 2]}'::json", "'[1, {\"b\": 2}]'::json"],
    "VARCHAR[]": ["['a', 'b']", "['c']"],
    "BIGINT[]": ["[1, 2, 3]", "[5]"],
    "DOUBLE[]": ["[1.0, 2.0, 3.0]", "[4.0, 5.0, 6.5]"],
    "DOUBLE[3]": ["[1.0, 2.0, 3.0]::double[3]", "[4.0, 5.0, 6.5]::double[3]"],
    "MAP(VARCHAR, BIGINT)": ["map {'a': 1}", "map {'b': 2, 'c': 3}"],
    "STRUCT(a BIGINT, b VARCHAR)": ["{'a': 1, 'b': 'x'}", "{'a': 2, 'b': 'y'}"],
    "DECIMAL(18, 3)": ["1.5::decimal(18, 3)", "2.25::decimal(18, 3)"],
    "UBIGINT": ["3::ubigint", "9::ubigint"],
    "HUGEINT": ["3::hugeint", "11::hugeint"],
}
_ALIKE = {
    "ANY": "BIGINT", "T": "BIGINT", "ANY[]": "BIGINT[]", "T[]": "BIGINT[]", "FLOAT": "DOUBLE",
    "DECIMAL": "DECIMAL(18, 3)", "FLOAT[ANY]": "DOUBLE[3]", "DOUBLE[ANY]": "DOUBLE[3]",
    "MAP": "MAP(VARCHAR, BIGINT)", "MAP(K, V)": "MAP(VARCHAR, BIGINT)",
    "STRUCT": "STRUCT(a BIGINT, b VARCHAR)", "SMALLINT": "INTEGER", "TINYINT": "INTEGER", "UTINYINT": "INTEGER",
    "USMALLINT": "INTEGER", "UINTEGER": "BIGINT", "LIST": "BIGINT[]",
}  # fmt: skip
_ARITIES = 4  # how far functions of any number of arguments are tried
_SLEEPS = {"sleep_ms", "write_log"}


def attack(seed: int, share: int = 1) -> Score:
    """Every `share`-th call that the engine accepts."""
    tried, fell = 0, []
    engine = duckdb.connect(config={"threads": 1})
    for number, (sql, kinds) in enumerate(calls(engine)):
        if number % share != seed % share:
            continue
        found = _judge(engine, sql, kinds)
        if found is None:
            continue
        tried += 1
        fell += [f"{sql}: {column} leaves no trace" for column in found]
    return Score("lineage: arguments of every function", tried, tried - len(fell), fell)


def calls(engine: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, tuple[str, ...]]]:
    """A query for each overload, arity and way of calling, with the types of its columns p0, p1, …"""
    rows = engine.execute(
        """select distinct function_name, function_type, parameter_types, varargs from duckdb_functions()
           where internal and function_type in ('scalar', 'aggregate', 'macro') order by all"""
    ).fetchall()
    seen: set[str] = set()
    for name, kind, types, varargs in rows:
        if name in _SLEEPS:
            continue
        for given in _given(types, varargs):
            listed = ", ".join(f"p{i}" for i in range(len(given)))
            call = f"{_spelt(name)}({listed})"
            ways = [f"select {call} as u from t"]
            if kind == "aggregate":
                ways += [
                    f"select {call} over (order by k) as u from t",
                    f"select {call} filter (where k > 1) as u from t",
                ]
            if given:
                ways.append(f"select p0.{_spelt(name)}({', '.join(f'p{i}' for i in range(1, len(given)))}) as u from t")
            for sql in ways:
                if sql + str(given) not in seen:
                    seen.add(sql + str(given))
                    yield sql, given


def _given(types: list[str | None], varargs: str | None) -> Iterator[tuple[str, ...]]:
    fixed = [_known(one) for one in types]
    yield from itertools.islice(itertools.product(*fixed), 6)
    if varargs:
        for more in range(1, _ARITIES):
            yield from itertools.islice(itertools.product(*fixed, *[_known(varargs)] * more), 3)


def _known(kind: str | None) -> list[str]:
    """The types to try for a parameter; several where the engine takes any."""
    if kind is None or kind in ("ANY", "T"):
        return ["BIGINT", "VARCHAR", "TIMESTAMP"]
    found = _ALIKE.get(kind, kind)
    return [found if found in VALUES else "VARCHAR"]


def _spelt(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _judge(engine: duckdb.DuckDBPyConnection, sql: str, kinds: tuple[str, ...]) -> list[str] | None:
    """The columns that change the result and left no trace; None where the engine does not take the call."""
    schema = {"main.t": {"k": "BIGINT", **{f"p{i}": kind for i, kind in enumerate(kinds)}}}
    rows = [[VALUES[kind][(n + i) % len(VALUES[kind])] for i, kind in enumerate(kinds)] for n in range(3)]
    before = _result(engine, sql, kinds, rows)
    if before is None:
        return None
    answer = lineage_of(sql, _catalog(schema), "query", second_opinion=False)
    if answer.unknown.get("u"):
        return []
    traced = {edge.source for edge in answer.edges_into("u")}
    silent = [i for i in range(len(kinds)) if ColumnRef("main.t", f"p{i}") not in traced]
    return [f"p{i}" for i in silent if _matters(engine, sql, kinds, rows, before, i)]


@cache
def _sandbox() -> Sandbox:
    return Sandbox({})


def _catalog(schema: dict[str, dict[str, str]]) -> Catalog:
    """A catalogue whose statements are planned in the sandbox of all the others: it is slow to make."""
    catalog = Catalog(schema)
    catalog.sandbox = _sandbox()
    catalog.sandbox.know("main.t", schema["main.t"])
    return catalog


def _matters(
    engine: duckdb.DuckDBPyConnection, sql: str, kinds: tuple[str, ...], rows: list[list[str]], before: object, at: int
) -> bool:
    """Whether some other values of one column change the result."""
    for value in [*VALUES[kinds[at]], "null"]:
        changed = [[*row[:at], value, *row[at + 1 :]] for row in rows]
        after = _result(engine, sql, kinds, changed)
        if after is not None and after != before and _result(engine, sql, kinds, rows) == before:
            return True
    return False


def _result(
    engine: duckdb.DuckDBPyConnection, sql: str, kinds: tuple[str, ...], rows: list[list[str]]
) -> object | None:
    columns = ", ".join(["k bigint", *(f"p{i} {kind}" for i, kind in enumerate(kinds))])
    listed = ", ".join(f"({', '.join([str(n), *row])})" for n, row in enumerate(rows, 1))
    try:
        engine.execute(f"create or replace table t ({columns})")
        engine.execute(f"insert into t values {listed}")
        return repr(engine.execute(sql).fetchall())
    except (duckdb.Error, ValueError, OverflowError):
        return None
