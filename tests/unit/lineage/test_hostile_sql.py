"""Hostile text ends in an answer or in unknown; never in an error, and never in an empty answer."""

from __future__ import annotations

import pytest

from lineage.from_sql import column_lineage
from lineage.graph import ColumnRef
from lineage.sql.parsing import MAX_CHARACTERS, MAX_NESTING

SCHEMA = {
    "t": {"a": "INTEGER", "b": "INTEGER"},
    'we"ird.a.b': {},
    '"we""ird"."a.b"': {"x.y": "INTEGER", 'q"q': "INTEGER"},
}


def sources(sql, column):
    return {str(edge.source) for edge in column_lineage(sql, SCHEMA).edges_into(column)}


def is_answered(sql) -> bool:
    found = column_lineage(sql, SCHEMA)
    return bool(found.unknown.get("*")) or bool(found.columns)


def test_a_megabyte_of_terms():
    sql = "select " + " + ".join(["a"] * 20_000) + " as x, " + "b as y from t where " + " or ".join(["b > 1"] * 20_000)
    assert sources(sql, "x") == {"t.a", "t.b"}


def test_a_megabyte_of_comment_and_text():
    sql = f"select a /* {'select b from t; ' * 60_000} */ as x, '{'b ' * 200_000}' as y from t"
    assert sources(sql, "x") == {"t.a"}


def test_too_long_is_unknown():
    assert (
        column_lineage("select a from t --" + "x" * MAX_CHARACTERS, SCHEMA).unknown["*"][0].reason
        == "statement is too long"
    )


def test_a_thousand_nested_subqueries():
    sql = "select a from t"
    for i in range(1000):
        sql = f"select a from ({sql}) q{i}"
    assert column_lineage(sql, SCHEMA).unknown["*"][0].reason == "nested too deeply"


def test_nesting_within_the_bound_is_answered():
    sql = "select a as x from t where b > 0"
    for i in range(MAX_NESTING - 60):
        sql = f"select x from ({sql}) q{i}"
    assert sources(sql, "x") == {"t.a", "t.b"}


@pytest.mark.parametrize(
    "opening", ["(", "[", "case when ", "not ", "- ", "~ ", "exists(", "array[", "{'a': ", "f(", "select (", "(select "]
)
def test_runs_of_openings(opening):
    assert is_answered("select " + opening * 3000 + "a from t")


def test_a_long_union():
    sql = " union all ".join(["select a as x from t where b > 1"] * 3000)
    assert sources(sql, "x") == {"t.a", "t.b"}


def test_a_wide_select():
    sql = "select " + ", ".join(f"a + {i} as c{i}" for i in range(5000)) + " from t"
    assert len(column_lineage(sql, SCHEMA).columns) == 5000


def test_a_long_chain_of_ctes():
    ctes = ["q0 as (select a, b from t where b > 0)"] + [f"q{i} as (select a, b from q{i - 1})" for i in range(1, 1000)]
    assert sources(f"with {', '.join(ctes)} select a as x from q999", "x") == {"t.a", "t.b"}


def test_doubling_ctes_stay_small():
    ctes = ["q0 as (select a, b from t)"] + [
        f"q{i} as (select l.a, r.b from q{i - 1} l join q{i - 1} r on l.a = r.b)" for i in range(1, 40)
    ]
    assert sources(f"with {', '.join(ctes)} select a as x from q39", "x") == {"t.a", "t.b"}


def test_a_view_that_reads_itself():
    found = column_lineage("create view v as select a from v", {"v": {"a": ""}})
    assert {str(e.source) for e in found.edges_into("a")} == {"v.a"}
    assert column_lineage("create view v as select a from v", {}).unknown["*"][0].reason == "unknown table"


def test_macros_that_call_each_other_end():
    from lineage.sql.catalog import read_macros

    macros = read_macros("create macro f(x) as g(x); create macro g(x) as f(x)")
    assert column_lineage("select f(a) as x from t", SCHEMA, macros=macros).unknown["x"]


def test_quoted_names_with_dots_and_quotes():
    sql = 'select w."x.y" as "from", "q""q" as "select" from "we""ird"."a.b" w where "q""q" > 0'
    found = column_lineage(sql, SCHEMA)
    assert {e.source for e in found.edges_into("from")} == {
        ColumnRef('"we""ird"."a.b"', "x.y"),
        ColumnRef('"we""ird"."a.b"', 'q"q'),
    }


def test_one_name_for_everything():
    sql = "with t as (select a as t, b from t) select t.t as a from t as t where t.b in (select t from t as b)"
    assert sources(sql, "a") == {"t.a", "t.b"}


def test_a_table_in_two_places_is_not_guessed():
    found = column_lineage("select a from t", {"one.t": {"a": ""}, "two.t": {"a": ""}})
    assert found.unknown["a"][0].reason == "unknown table"


@pytest.mark.parametrize(
    "sql",
    ["", ";;;", "select", "select from", "'", '"', "/*", "select a from t where", "\x00", "select a from t limit all limit 3", "�" * 50,  # noqa: E501
     "with recursive r as (select * from r) select * from r", "select * from (values ()) v", "pivot", "grant all on t to x",  # noqa: E501
     "select a from t; drop table t", "call something(1)", "select $1 from t", "select ? from t", "{{ ref('x') }}"],
)  # fmt: skip
def test_broken_or_foreign_text(sql):
    assert is_answered(sql)
