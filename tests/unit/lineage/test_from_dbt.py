"""A manifest to a graph: identities, order, what dbt adds, what is not SQL, and the cache."""

from __future__ import annotations

import pytest

from lineage.cache import ModelCache
from lineage.classification import levels
from lineage.from_dbt import graph_from_manifest
from lineage.graph import ColumnRef
from lineage.policy import Policy

RAW = {"lake.raw.t": {"a": "INTEGER", "b": "INTEGER", "ts": "TIMESTAMP"}}


def node(name, sql, *, reads=(), kind="model", **config):
    return {
        "resource_type": kind, "name": name, "relation_name": f'"lake"."main"."{name}"', "language": "sql",
        "compiled_code": sql, "columns": {}, "config": {"materialized": "table", **config},
        "depends_on": {"nodes": [r if "." in r else f"model.p.{r}" for r in reads]},
    }  # fmt: skip


def manifest(*nodes, sources=None):
    return {"nodes": {f"{n['resource_type']}.p.{n['name']}": n for n in nodes}, "sources": sources or {}}


def facts(graph, column):
    return {(str(e.source), e.transform) for e in graph.edges_into(column)}


def build(*nodes, schema=RAW, sources=None, **options):
    return graph_from_manifest(manifest(*nodes, sources=sources), sources_schema=schema, **options)


def test_models_are_bound_in_the_order_of_their_dependencies():
    graph = build(
        node("late", "select x from lake.main.early where x > 1", reads=["early"]),
        node("early", 'select a + 1 as x from "lake"."raw"."t"'),
    )
    assert facts(graph, "lake.main.late.x") == {("lake.main.early.x", "identity"), ("lake.main.early.x", "filter")}
    assert ColumnRef("lake.raw.t", "a") in graph.upstream("lake.main.late.x")
    assert graph.built == {"lake.main.early", "lake.main.late"}


def test_influences_on_rows_go_on_through_a_count():
    graph = build(
        node("kept", "select a from lake.raw.t where b > 1"),
        node("counted", "select count(*) as n from lake.main.kept", reads=["kept"]),
    )
    assert ColumnRef("lake.raw.t", "b") in graph.upstream("lake.main.counted.n")


def test_an_incremental_model_hangs_on_itself_and_on_its_key():
    sql = "select a, b, ts from lake.raw.t where ts > (select max(ts) from lake.main.m)"
    graph = build(node("m", sql, materialized="incremental", unique_key="a"))
    assert ("lake.main.m.ts", "filter") in facts(graph, "lake.main.m.b")
    assert ("lake.raw.t.a", "merge_key") in facts(graph, "lake.main.m.b")
    assert graph.unknown == {}


def test_a_snapshot_has_its_own_columns():
    snapshot = node("s", "select a, b, ts from lake.raw.t", kind="snapshot", materialized="snapshot",
                    strategy="timestamp", unique_key="a", updated_at="ts")  # fmt: skip
    graph = build(snapshot)
    assert set(graph.columns["lake.main.s"]) >= {"dbt_scd_id", "dbt_valid_from", "dbt_valid_to", "dbt_updated_at"}
    assert ("lake.raw.t.ts", "expression") in facts(graph, "lake.main.s.dbt_valid_to")
    assert ("lake.raw.t.a", "expression") in facts(graph, "lake.main.s.dbt_scd_id")
    assert ("lake.raw.t.ts", "merge_key") in facts(graph, "lake.main.s.b")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"language": "python"}, "model is not SQL"),
        ({"compiled_code": None}, "model is not compiled"),
        ({"compiled_code": "select a from from"}, "statement does not parse"),
        ({"config": {"post-hook": [{"sql": "update lake.main.m set a = 1"}]}}, "hook may change rows"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_unknown_on_every_column(change, reason):
    opaque = {**node("m", "select a, b from lake.raw.t", reads=["source.p.t"]), **change}
    opaque["columns"] = {"a": {"name": "a"}, "b": {"name": "b"}}
    source = {"source.p.t": {"relation_name": '"lake"."raw"."t"', "name": "t"}}
    graph = build(opaque, node("after", "select a as x from lake.main.m", reads=["m"]), sources=source)
    for column in ("a", "b", "*"):
        assert reason in [why.reason for why in graph.unknown[ColumnRef("lake.main.m", column)]]
    found = levels(graph, {"lake.raw.t.a": "L1", "lake.raw.t.b": "L3", "lake.raw.t.ts": "L1"}, Policy())
    assert found.effective(ColumnRef("lake.main.after", "x")) in ("L3", "L4")


@pytest.mark.parametrize("hook", ["analyze lake.main.m", "create or replace macro f(x) as x; -- b\n vacuum"])
def test_a_harmless_hook_changes_nothing(hook):
    assert build(node("m", "select a from lake.raw.t", **{"post-hook": [{"sql": hook}]})).unknown == {}


@pytest.mark.parametrize("hook", ["update lake.main.m set a = 1", "{{ tidy(this) }}", "analyze m; delete from m"])
@pytest.mark.parametrize("key", ["pre-hook", "post-hook"])
def test_a_hook_that_may_change_rows_makes_the_table_unknown(key, hook):
    graph = build(node("m", "select a from lake.raw.t", **{key: [{"sql": hook}]}))
    assert "hook may change rows" in [why.reason for why in graph.unknown[ColumnRef("lake.main.m", "a")]]


@pytest.mark.parametrize(
    "hook",
    [
        "comment on table lake.main.m is 'see -- note'; update lake.main.other set a = 1", "set search_path = 'x'",
        "use evil", "select '--'; update lake.main.other set a = 1", "select $$--$$; delete from lake.main.other",
        "{{ tidy(this) }}", "call something()", "attach 'x.db'", "alter table lake.main.other add column c int",
    ],
)  # fmt: skip
def test_a_hook_of_one_model_that_may_reach_further_makes_others_unknown(hook):
    models = [
        node("m", "select a from lake.raw.t", **{"post-hook": [{"sql": hook}]}),
        node("other", "select a from lake.raw.t"),
    ]
    graph = build(*models)
    assert ColumnRef("lake.main.other", "a") in graph.unknown


@pytest.mark.parametrize("kind", ["udf", "materialized_view", "test", None])
def test_only_known_materializations_are_known(kind):
    graph = build(node("m", "select a from lake.raw.t", materialized=kind), node("other", "select a from lake.raw.t"))
    assert bool(graph.unknown) is (kind is not None)
    assert (ColumnRef("lake.main.other", "a") in graph.unknown) is (kind is not None)


@pytest.mark.parametrize(
    "option",
    [
        {"merge_update_set_expressions": {"a": "DBT_INTERNAL_SOURCE.b"}}, {"incremental_predicates": ["b > 3"]},
        {"merge_clauses": {"when_matched": []}}, {"incremental_strategy": "microbatch"}, {"predicates": ["b > 3"]},
    ],
)  # fmt: skip
def test_an_incremental_option_that_nobody_knows_makes_the_table_unknown(option):
    model = node("m", "select a, b from lake.raw.t", materialized="incremental", unique_key="a", **option)
    assert ColumnRef("lake.main.m", "a") in build(model).unknown


@pytest.mark.parametrize("name", ['"TS"', "Ts", "`ts`", "ts", "lower(ts)"])
def test_a_snapshot_s_columns_are_found_however_they_are_spelt(name):
    model = node("s", "select a, b, ts from lake.raw.t", kind="snapshot", materialized="snapshot",
                 strategy="timestamp", unique_key="a", updated_at=name)  # fmt: skip
    assert ColumnRef("lake.raw.t", "ts") in build(model).upstream("lake.main.s.dbt_valid_from")
    checked = node("s", "select a, b, ts from lake.raw.t", kind="snapshot", materialized="snapshot",
                   strategy="check", unique_key="a", check_cols=[name])  # fmt: skip
    assert ColumnRef("lake.raw.t", "ts") in build(checked).upstream("lake.main.s.a")


def test_a_model_that_makes_a_macro_of_a_declassifier_s_name_leaves_nothing_to_trust():
    from lineage.sql.catalog import Lowering

    model = node("m", "select zt.declassify_x(a) as x from lake.raw.t")
    for making in (
        node("n", "select 1 as y", **{"post-hook": [{"sql": "create macro zt.declassify_x(v) as v"}]}),
        node("n", "select 1 as y", **{"post-hook": [{"sql": "create macro zt.declassify_x(v, w := (1)) as v"}]}),
        node("n", "create macro zt.declassify_x(v) as v", materialized="udf"),
        node("n", "select 1 as y", **{"pre-hook": [{"sql": "{{ own_macro() }}"}]}),
    ):
        graph = build(model, making, declassifiers={"declassify_x": Lowering()})
        found = graph.edges_into("lake.main.m.x")
        assert ColumnRef("lake.main.m", "x") in graph.unknown or {edge.declassifier for edge in found} == {""}


def operation(sql, number=0):
    return {"resource_type": "operation", "name": f"p-on-run-start-{number}", "raw_code": sql, "config": {},
            "depends_on": {"nodes": []}}  # fmt: skip


def test_macros_that_the_project_makes_at_run_time_are_followed():
    calls = node("m", "select half(b) as x, picked.a as y from lake.raw.t, newest(ts) picked")
    making = operation(
        "create or replace macro half(v) as v / 2;"
        "create macro newest(since) as table select a from lake.raw.t where ts >= since"
    )
    graph = build(making, calls)
    assert graph.unknown == {}
    assert ("lake.raw.t.b", "expression") in facts(graph, "lake.main.m.x")
    assert ("lake.raw.t.ts", "filter") in facts(graph, "lake.main.m.y")


@pytest.mark.parametrize(
    "making", [["{{ make_half() }}"], ["create macro half(v) as v", "create macro half(v) as (select max(b) from t)"]]
)
def test_a_macro_that_is_not_known_for_sure_stays_opaque(making):
    graph = build(
        *(operation(sql, i) for i, sql in enumerate(making)), node("m", "select half(a) as x from lake.raw.t")
    )
    assert "statement does not plan" in [why.reason for why in graph.unknown[ColumnRef("lake.main.m", "x")]]


def test_a_macro_of_the_project_takes_no_declassifier_s_name():
    from lineage.sql.catalog import Lowering

    model = node("m", "select declassify_x(a) as x from lake.raw.t")
    graph = build(operation("create macro declassify_x(v) as v"), model, declassifiers={"declassify_x": Lowering()})
    assert {edge.declassifier for edge in graph.edges_into("lake.main.m.x")} == {""}


@pytest.mark.parametrize(
    ("hook", "unknown"),
    [
        ("insert into main.m select * from lake.raw.t", {"m"}),
        ("delete from lake.main.n where a = 1", {"n"}),
        ("insert into audit.runs values (1)", set()),
        ("call something()", {"m", "n"}),
    ],
)
def test_a_run_s_hook_makes_unknown_what_it_may_change(hook, unknown):
    models = [node(name, "select a from lake.raw.t") for name in ("m", "n")]
    graph = build(operation(hook), *models)
    assert {ref.relation.split(".")[-1] for ref in graph.unknown} == unknown


def test_a_source_of_unknown_columns_is_as_strict_as_can_be():
    source = {"source.p.s": {"relation_name": '"lake"."raw"."s"', "name": "s", "columns": {}}}
    graph = build(
        node("named", "select secret as x from lake.raw.s", reads=["source.p.s"]),
        node("starred", "select * from lake.raw.s", reads=["source.p.s"]),
        node("after", "select y from lake.main.starred", reads=["starred"]),
        sources=source,
    )
    assert facts(graph, "lake.main.named.x") == {("lake.raw.s.secret", "rename")}
    assert graph.columns["lake.raw.s"] == ("secret",)
    found = levels(graph, {}, Policy())
    assert found.effective(ColumnRef("lake.main.named", "x")) == "L4"  # the engine plans nothing over it
    assert found.effective(ColumnRef("lake.main.after", "y")) == "L4"


def test_a_pivot_of_names_from_the_data_carries_its_levels():
    graph = build(
        node("wide", "pivot (select a, b, ts from lake.raw.t) on b using sum(a) group by ts"),
        node("after", 'select "7" as x, ts from lake.main.wide', reads=["wide"]),
    )
    found = levels(graph, {"lake.raw.t.a": "L3", "lake.raw.t.b": "L1", "lake.raw.t.ts": "L1"}, Policy())
    assert found.effective(ColumnRef("lake.main.after", "x")) == "L4"  # names from data do not plan
    assert {ColumnRef("lake.raw.t", "a"), ColumnRef("lake.raw.t", "b")} <= graph.upstream("lake.main.after.x")


def test_only_what_changed_is_parsed_again(tmp_path):
    chain = [node("m0", "select a, b from lake.raw.t")]
    chain += [
        node(f"m{i}", f"select * from lake.main.m{i - 1} where b > {i}", reads=[f"m{i - 1}"]) for i in range(1, 6)
    ]
    cold = ModelCache()
    first = build(*chain, cache=cold)
    cold.save(tmp_path / "cache.json")
    again = ModelCache(tmp_path / "cache.json")
    assert build(*chain, cache=again) == first
    assert (again.hits, again.misses) == (6, 0)

    same_columns = [{**chain[0], "compiled_code": "select b as a, b from lake.raw.t"}, *chain[1:]]
    warm = ModelCache(tmp_path / "cache.json")
    changed = build(*same_columns, cache=warm)
    assert (warm.hits, warm.misses) == (5, 1)
    assert changed == build(*same_columns)

    more_columns = [{**chain[0], "compiled_code": "select a, b, ts from lake.raw.t"}, *chain[1:]]
    wider = ModelCache(tmp_path / "cache.json")
    assert build(*more_columns, cache=wider) == build(*more_columns)
    assert wider.misses == 6


def test_a_declassifier_that_is_registered_later_is_no_stale_answer(tmp_path):
    from lineage.sql.catalog import Lowering

    model = node("m", "select zt.declassify_x(a) as x from lake.raw.t")
    cache = ModelCache()
    assert build(model, cache=cache).unknown
    cache.save(tmp_path / "cache.json")
    again = build(model, cache=ModelCache(tmp_path / "cache.json"), declassifiers={"declassify_x": Lowering()})
    assert "declassify_x" in {e.declassifier for e in again.edges_into("lake.main.m.x")}
    assert not again.unknown


def test_a_table_that_is_added_to_has_the_lineage_of_every_text_whose_rows_may_be_there():
    now = node("m", "select b as a from lake.raw.t where false", materialized="incremental")
    graph = build(now, earlier={"lake.main.m": ["select a from lake.raw.t", "select ts as a, zz from nowhere"]})
    assert {ColumnRef("lake.raw.t", "a"), ColumnRef("lake.raw.t", "b")} <= graph.upstream("lake.main.m.a")
    assert "statement does not plan" in [why.reason for why in graph.unknown[ColumnRef("lake.main.m", "a")]]
    alone = build(now, earlier={"lake.main.m": [now["compiled_code"]]})
    assert ColumnRef("lake.raw.t", "a") not in alone.upstream("lake.main.m.a") and not alone.unknown
