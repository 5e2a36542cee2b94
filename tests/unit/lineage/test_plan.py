"""The engine's plan as a reader: what it may not reach, what it does not know, and what it tells of calls."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lineage.calls import Argument, of_plain, plain
from lineage.facts import ColumnRef
from lineage.from_sql import column_lineage, lineage_of
from lineage.plan import operators
from lineage.plan.sandbox import Sandbox
from lineage.sql.catalog import Catalog, Lowering, read_macros

SCHEMA = {
    "lake.raw.p": {"id": "VARCHAR", "name": "VARCHAR", "born": "DATE", "n": "INTEGER", "area": "VARCHAR"},
    "lake.theme.q": {"id": "VARCHAR", "key": "VARCHAR"},
}
DECLASSIFIERS = {
    "declassify_mask": Lowering(),
    "declassify_count": Lowering(indirect=True, returns="BIGINT"),
    "declassify_rows": Lowering(indirect=True, rows=True, returns="BOOLEAN"),
    "spell": Lowering(keeps=True),
}


def answer(sql: str, **options):
    return lineage_of(sql, Catalog(SCHEMA, declassifiers=DECLASSIFIERS, **options), "m.x", second_opinion=False)


def calls(sql: str, column: str = "x"):
    return answer(sql).calls.get(column, ())


def argument(expression: str, source: str = "lake.raw.p p") -> Argument:
    (call,) = calls(f"select zt.declassify_mask({expression}) as x from {source}")
    return call.arguments[0]


def refs(*names: str) -> frozenset[ColumnRef]:
    return frozenset(ColumnRef.parse(name) for name in names)


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_csv('/etc/hosts')", "select * from '/etc/hosts'", "select * from read_text('/etc/hosts')",
        "select * from glob('/etc/*')", "select getvariable('x') as x", "select current_setting('threads') as x",
        "select getenv('HOME') as x", "select nextval('s') as x", "copy lake.raw.p to '/tmp/x.csv'",
        "attach '/tmp/x.db'", "set threads = 3", "install httpfs", "select * from duckdb_settings()",
        "select * from pragma_table_info('p')", "pivot lake.raw.p on area using sum(n)", "call pragma_version()",
        "select id from lake.raw.p; drop table lake.raw.p", "export database '/tmp/x'",
        "select mystery(id) from lake.raw.p",
        "select evil.zt.declassify_mask(id) as x from lake.raw.p", "select declassify_mask(id) as x from lake.raw.p",
        "select main.declassify_mask(id) as x from lake.raw.p",
        "select zhongtai_stub_declassify_mask(id) from lake.raw.p",
        "select $1 as x", "select * from lake.raw.nowhere",
        "set variable v = 1; select getvariable('v') as x from lake.raw.p", "select current_query() as x",
    ],
)  # fmt: skip
def test_what_reaches_out_or_is_not_listed_is_unknown_everywhere(sql):
    found = answer(sql)
    assert found.unknown.get("*")
    assert all(found.unknown.get(name) for name in found.columns)


def test_a_function_that_is_not_pure_is_unknown_where_it_stands():
    found = answer("select stats(id) as x, id as y from lake.raw.p")
    assert [why.reason for why in found.unknown["x"]] == ["function is not registered"] and "y" not in found.unknown


def test_nothing_outside_can_be_reached_from_the_sandbox(tmp_path):
    (tmp_path / "a.csv").write_text("a\n1\n")
    box = Sandbox({})
    for sql in (
        f"create table t as from '{tmp_path}/a.csv'", f"attach '{tmp_path}/x.db'", "set enable_external_access = true",
        "set lock_configuration = false", f"copy (select 1) to '{tmp_path}/b.csv'", "load httpfs",
    ):  # fmt: skip
        assert not box.run(sql)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv"]


def test_an_operator_without_a_rule_makes_everything_unknown(monkeypatch):
    sql = "select id as x from lake.raw.p order by n"
    assert not answer(sql).unknown
    monkeypatch.delitem(operators.OPERATORS, "LOGICAL_ORDER_BY")
    found = answer(sql)
    assert {why.reason for why in found.unknown["x"]} == {"the plan has an operator without a rule"}
    assert {str(edge.source) for edge in found.edges_into("x")} >= {"lake.raw.p.id"}


@pytest.mark.parametrize(
    ("expression", "kind", "copies"),
    [
        ("p.id", "column", ["lake.raw.p.id"]),
        ("cast(p.id as varchar)", "column", ["lake.raw.p.id"]),
        ("coalesce(p.id, p.name)", "chosen", ["lake.raw.p.id", "lake.raw.p.name"]),
        ("case when p.n > 1 then p.id end", "chosen", ["lake.raw.p.id"]),
        ("(select max(q.key) from lake.theme.q q where q.id = p.id)", "column", ["lake.theme.q.key"]),
        ("(select max(q.key) from lake.theme.q q where q.id > p.id)", "expression", []),
        ("(select max(q.key) from lake.theme.q q where q.id = left(p.id, 3))", "expression", []),
        ("(select max(q.key) from lake.theme.q q where q.id = p.id and p.n > 1)", "expression", []),
        ("lag(p.id) over (order by p.n)", "chosen", ["lake.raw.p.id"]),
        ("first_value(p.id) over (order by p.n)", "chosen", ["lake.raw.p.id"]),
        ("zt.spell(p.id)", "column", ["lake.raw.p.id"]),
        ("left(p.id, 17)", "expression", []),
        ("p.id || ''", "expression", []),
        ("upper(p.id)", "expression", []),
        ("'a'", "constant", []),
        ("case when p.n > 1 then 'a' else 'b' end", "expression", []),
        ("p.id.trim()", "expression", []),
        ("string_agg(p.id) over ()", "expression", []),
    ],
)
def test_an_argument_is_what_the_plan_says(expression, kind, copies):
    found = argument(expression)
    assert (found.kind, found.copies) == (kind, refs(*copies))


@pytest.mark.parametrize(
    ("expression", "kind", "copies"),
    [
        ("count(distinct id)", "count_distinct", ["lake.raw.p.id"]),
        ("count(*)", "count", []),
        ("count(id)", "count", []),
        ("count(distinct left(id, 3))", "aggregate", []),
        ("count(distinct id) filter (where n > 1)", "aggregate", []),
        ("count(*) filter (where n > 1)", "aggregate", []),
        ("sum(n)", "aggregate", []),
        ("max(n)", "column", ["lake.raw.p.n"]),
        ("count(distinct id) + 10", "expression", []),
        ("10", "constant", []),
        ("count(distinct id) over ()", "expression", []),
    ],
)
def test_a_count_is_told_from_what_only_looks_like_one(expression, kind, copies):
    group = "" if "over" in expression or expression == "10" else "group by area"
    (call,) = calls(f"select zt.declassify_count({expression}) as x from lake.raw.p {group}")
    assert (call.arguments[0].kind, call.arguments[0].copies) == (kind, refs(*copies))


GUARDED = "select area, zt.declassify_count(count(*)) as x from lake.raw.p where n > 1 group by area having "


@pytest.mark.parametrize(
    ("having", "guarded"),
    [
        ("zt.declassify_rows(count(distinct id))", True),
        ("count(*) > 3 and zt.declassify_rows(count(distinct id))", True),
        ("zt.declassify_rows(count(distinct id)) or area = 'a'", False),
        ("not zt.declassify_rows(count(distinct id))", False),
        ("zt.declassify_rows((select count(distinct id) from lake.theme.q))", False),
        ("zt.declassify_rows(1000)", False),
        ("zt.declassify_rows(count(distinct id)) is not null", False),
    ],
)
def test_a_guard_is_a_conjunct_over_the_same_group(having, guarded):
    found = answer(GUARDED + having)
    (call,) = [one for one in found.calls["x"] if one.name == "declassify_count"]
    assert bool(call.guarded) is guarded
    through = {edge.declassifier for edge in found.edges_into("area") if str(edge.source) == "lake.raw.p.n"}
    assert through == ({"declassify_rows"} if guarded else {""})


def test_a_guard_does_not_reach_through_a_join_or_a_union():
    joined = (
        "with g as (select area, count(*) as c from lake.raw.p group by area"
        " having zt.declassify_rows(count(distinct id)))"
        " select zt.declassify_count(g.c) as x from g join lake.theme.q on q.id = g.area"
    )
    (call,) = [one for one in calls(joined) if one.name == "declassify_count"]
    assert call.guarded == ()


def test_calls_and_copies_survive_storage_as_json():
    (call,) = [one for one in calls(GUARDED + "zt.declassify_rows(count(distinct id))") if one.guarded]
    assert of_plain(plain(call)) == call


def test_what_columns_are_copies_of():
    found = answer(
        "select id as a, coalesce(id, name) as b, upper(id) as c, null as d, zt.spell(id) as e from lake.raw.p"
    )
    assert found.copies == {
        "a": refs("lake.raw.p.id"), "b": refs("lake.raw.p.id", "lake.raw.p.name"), "c": None, "d": frozenset(),
        "e": refs("lake.raw.p.id"),
    }  # fmt: skip


def test_a_macro_of_a_declassifier_s_name_hides_the_stub():
    macros = read_macros("create or replace macro zt.declassify_mask(v) as v")
    found = column_lineage(
        "select zt.declassify_mask(id) as x from lake.raw.p", SCHEMA, macros=macros, declassifiers=DECLASSIFIERS
    )
    assert "" in {edge.declassifier for edge in found.edges_into("x")}


@pytest.mark.parametrize(
    "making", ["create macro upper(v) as (select max(id) from nowhere.at.all)", "create macro upper(v) as"]
)
def test_a_macro_that_cannot_be_made_is_no_built_in_function(making):
    macros = {"upper": replace(next(iter(read_macros("create macro upper(v) as v").values())), sql=making)}
    for sql in ("select upper(id) as x from lake.raw.p", "create table m as select upper(id) as x from lake.raw.p"):
        found = lineage_of(sql, Catalog(SCHEMA, macros=macros), "m.x", second_opinion=False)
        assert found.unknown.get("x") and found.unknown.get("*")


def test_both_readers_are_heard_and_their_differences_counted():
    sql = "select area, sum(n) as born from lake.raw.p group by area having born > 3"
    both = column_lineage(sql, SCHEMA)
    alone = lineage_of(sql, Catalog(SCHEMA), "query", second_opinion=False)
    assert {str(edge.source) for edge in alone.edges_into("area")} == {"lake.raw.p.area", "lake.raw.p.n"}
    assert {str(edge.source) for edge in both.edges_into("area")} >= {"lake.raw.p.born", "lake.raw.p.n"}
    assert both.differences[0] and both.differences[1]
