"""The graph answers, survives storage, and carries levels by the declared policy."""

from __future__ import annotations

from pathlib import Path

import pytest

from lineage.classification import levels
from lineage.declared import compared
from lineage.declassifiers import relied_on
from lineage.from_sql import column_lineage
from lineage.graph import ColumnRef, Edge, Graph, Unknown, merge_graphs
from lineage.policy import BadPolicy, Policy, load_policy
from lineage.store import NotALineageFile, load_graph, save_graph

POLICY = Path(__file__).parents[3] / "contracts" / "standards" / "lineage_policy.yml"
SCHEMA = {"lake.raw.person": dict.fromkeys(("id", "name", "district", "disease", "born", "_batch"), "varchar")}
DECLARED = {
    "lake.raw.person.id": "L4",
    "lake.raw.person.name": "L3",
    "lake.raw.person.district": "L1",
    "lake.raw.person.disease": "L4",
    "lake.raw.person.born": "L2",
}


def level_of(sql: str, column: str, policy: Policy | None = None, **options):
    policy = policy or load_policy(POLICY)
    found = column_lineage(sql, SCHEMA, target="lake.main.p", declassifiers=policy.registry.lowerings())
    return levels(found.graph(), DECLARED, policy, **options)[ColumnRef("lake.main.p", column)]


def chain() -> Graph:
    one = column_lineage(
        "select a, b from raw.t where c > 0", {"raw.t": dict.fromkeys("abc", "INTEGER")}, target="m.one"
    )
    two = column_lineage(
        "select a + 1 as x, 1 as k from m.one", {"m.one": dict.fromkeys("ab", "INTEGER")}, target="m.two"
    )
    return merge_graphs([Graph({"raw.t": ("a", "b", "c")}, {}), one.graph(), two.graph()])


def test_upstream_and_downstream_go_all_the_way():
    graph = chain()
    assert graph.upstream("m.two.x") == {ColumnRef("m.one", "a"), ColumnRef("raw.t", "a"), ColumnRef("raw.t", "c")}
    assert graph.downstream("raw.t.c") >= {ColumnRef("m.one", "a"), ColumnRef("m.two", "x")}
    assert [str(e.source) for e in graph.path("raw.t.c", "m.two.x")] == ["raw.t.c", "m.one.a"]
    assert len(graph.paths("raw.t.a", "m.two.x")) == 1


def test_a_column_of_no_column_is_a_constant_but_a_source_is_not():
    graph = chain()
    assert graph.is_constant("m.two.k")
    assert not graph.is_constant("raw.t.a")


def test_storage_gives_the_same_graph_and_the_same_bytes(tmp_path):
    graph = merge_graphs([chain(), column_lineage("select * from nowhere", {}, target="m.three").graph()])
    save_graph(graph, tmp_path / "one.parquet")
    loaded = load_graph(tmp_path / "one.parquet")
    save_graph(loaded, tmp_path / "two.parquet")
    assert loaded == graph
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()


def test_another_parquet_file_is_refused(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"a": [1]}), tmp_path / "x.parquet")
    with pytest.raises(NotALineageFile) as raised:
        load_graph(tmp_path / "x.parquet")
    assert raised.value.path == tmp_path / "x.parquet"


def test_diff_names_what_came_and_what_went():
    old, new = chain(), chain()
    gone = new.edges_into("m.two.x")[0]
    changed = new.without([gone])
    assert old.diff(changed).removed == (gone,)
    assert changed.diff(old).added == (gone,)
    assert not old.diff(new)


def test_references_keep_quotes_and_dots():
    ref = ColumnRef('lake.raw."a.b"', 'we"ird')
    assert ColumnRef.parse(str(ref)) == ref


def test_the_strictest_source_wins_directly():
    found = level_of("select id || name as x from lake.raw.person", "x")
    assert (found.direct, found.indirect, found.effective) == ("L4", "L1", "L4")
    assert found.source == ColumnRef("lake.raw.person", "id")


@pytest.mark.parametrize(
    "sql",
    [
        "select district as x from lake.raw.person where disease = 'a'",
        "select district as x from lake.raw.person group by district, disease",
        "select a.district as x from lake.raw.person a join lake.raw.person b on a.disease = b.disease",
        "select row_number() over (partition by disease) as x from lake.raw.person",
        "select case when disease = 'a' then district end as x from lake.raw.person",
        "select district as x from lake.raw.person order by disease limit 3",
        "select district as x from lake.raw.person p where exists (select 1 from lake.raw.person where disease = p.born)",  # noqa: E501
    ],
)
def test_a_sensitive_influence_counts_as_much_as_a_sensitive_value(sql):
    found = level_of(sql, "x")
    assert found.effective == "L4"
    assert found.direct in ("L1", "L2")
    assert found.because[0].source == ColumnRef("lake.raw.person", "disease")


def test_only_a_registered_declassifier_lowers():
    assert level_of("select zt.declassify_mask_id(id) as x from lake.raw.person", "x").effective == "L2"
    assert level_of("select zt.declassify_anything(id) as x from lake.raw.person", "x").effective == "L4"
    assert level_of("select upper(id) as x from lake.raw.person", "x").effective == "L4"


def test_a_declassified_value_does_not_lower_its_neighbour():
    found = level_of("select zt.declassify_mask_id(id) || name as x from lake.raw.person", "x")
    assert found.effective == "L3"


def test_a_mask_does_not_answer_for_the_filter():
    assert (
        level_of("select zt.declassify_mask_id(id) as x from lake.raw.person where disease = 'a'", "x").effective
        == "L4"
    )


def test_a_row_guard_answers_for_filter_and_groups():
    sql = "select district, zt.declassify_k_count(count(*)) as x from lake.raw.person where disease = 'a' group by district"  # noqa: E501
    assert level_of(sql, "x").effective == "L4"
    guarded = sql + " having zt.declassify_k_rows(count(distinct id))"
    assert level_of(guarded, "x").effective == "L1"
    assert level_of(guarded + " or disease = 'b'", "x").effective == "L4"


def test_a_failed_post_condition_takes_the_declassifier_away():
    failed = [(ColumnRef("lake.main.p", "x"), "declassify_mask_id")]
    sql = "select zt.declassify_mask_id(id) as x from lake.raw.person"
    assert level_of(sql, "x", distrusted=failed).effective == "L4"


def test_what_a_column_relies_on():
    policy = load_policy(POLICY)
    sql = "select zt.declassify_mask_id(id) as x from lake.raw.person"
    found = column_lineage(sql, SCHEMA, target="m.p", declassifiers=policy.registry.lowerings())
    assert relied_on(found.graph(), "m.p.x") == {"declassify_mask_id": {ColumnRef("m.p", "x")}}


def test_unknown_takes_the_highest_level_of_its_inputs_or_of_all():
    assert level_of("select mystery(district) as x from lake.raw.person", "x").effective == "L4"
    found = level_of("select x from lake.raw.elsewhere", "x")
    assert found.effective == "L4" and Unknown("unknown table", "lake.raw.elsewhere") in found.unknown
    low = {"raw.t": {"a": ""}}
    graph = column_lineage("select mystery(a) as x from raw.t", low, target="m.p").graph()
    assert levels(graph, {"raw.t.a": "L2"}, Policy())[ColumnRef("m.p", "x")].effective == "L4"  # raw.t is in no graph
    whole = merge_graphs([Graph({"raw.t": ("a",)}, {}), graph])
    assert levels(whole, {"raw.t.a": "L2"}, Policy())[ColumnRef("m.p", "x")].effective == "L4"  # nothing was planned


def test_an_undeclared_source_column_is_as_strict_as_can_be():
    graph = column_lineage(
        "select z as x, _batch as y from raw.t", {"raw.t": {"z": "", "_batch": ""}}, target="m.p"
    ).graph()
    found = levels(graph, {}, load_policy(POLICY))
    assert found.effective(ColumnRef("m.p", "x")) == "L4"
    assert found.effective(ColumnRef("m.p", "y")) == "L1"
    assert found[ColumnRef("m.p", "nothing")].effective == "L4"


@pytest.mark.parametrize(
    ("cost", "expected"), [("same", "L4"), ("none", "L1"), ({"at_most": "L2"}, "L2"), ({"less": 1}, "L3")]
)
def test_the_policy_says_what_an_influence_costs(cost, expected):
    policy = Policy.model_validate({"indirect": {"reasons": {"filter": cost}}})
    assert level_of("select district as x from lake.raw.person where disease = 'a'", "x", policy).effective == expected


def test_an_exception_speaks_of_its_own_edges_only():
    exception = {"relation": "lake.main.*", "reasons": ["filter"], "cost": "none", "because": "a reason long enough"}
    policy = Policy.model_validate({"indirect": {"exceptions": [exception]}})
    where = "select district as x from lake.raw.person where disease = 'a'"
    assert level_of(where, "x", policy).effective == "L1"
    assert level_of(where + " qualify row_number() over (partition by id) = 1", "x", policy).effective == "L4"


def test_a_column_that_feeds_itself_settles():
    sql = "select a, b from raw.t where b > (select max(b) from m.p)"
    found = column_lineage(sql, {"raw.t": {"a": "", "b": ""}, "m.p": {"a": "", "b": ""}}, target="m.p")
    graph = merge_graphs([Graph({"raw.t": ("a", "b")}, {}), found.graph()])
    result = levels(graph, {"raw.t.a": "L1", "raw.t.b": "L3"}, Policy())
    assert result.effective(ColumnRef("m.p", "a")) == "L3"
    assert isinstance(result[ColumnRef("m.p", "a")].because[0], Edge)


def test_a_bad_policy_names_every_fault(tmp_path):
    path = tmp_path / "policy.yml"
    path.write_text("undeclared: L9\nindirect: {reasons: {filtr: same}}\n", encoding="utf-8")
    with pytest.raises(BadPolicy) as raised:
        load_policy(path)
    assert raised.value.faults


def test_declared_levels_are_compared_with_what_flows_in_and_those_too_low_come_first():
    sql = "select id as a, district as b, name as c, 1 as d from lake.raw.person"
    found = levels(column_lineage(sql, SCHEMA, target="lake.main.p").graph(), DECLARED, load_policy(POLICY))
    declared = {ColumnRef("lake.main.p", name): level for name, level in {"a": "L4", "b": "L2", "c": "L1"}.items()}
    seen = compared(found, {**declared, ColumnRef("lake.main.gone", "x"): "L1"})
    assert [(one.column.column, one.declared, one.inferred, one.verdict) for one in seen] == [
        ("c", "L1", "L3", "declared lower than inferred"),
        ("a", "L4", "L4", "the same"),
        ("b", "L2", "L1", "declared higher than inferred"),
    ]
    assert seen[0].because == "lake.raw.person.name"
