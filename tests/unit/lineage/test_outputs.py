"""How many columns of a product may be made of one source column, and in which form a column may arrive at all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lineage.calls import Call
from lineage.constraints import AGGREGATED, DECIDED, JOINED, MASKED, PLAIN, arrivals
from lineage.facts import DIRECT, INDIRECT, ColumnRef, Edge
from lineage.from_dbt import graph_from_manifest
from lineage.outputs import beyond, counted_outputs
from tests.unit.lineage import calls_cases as c
from tests.unit.lineage.calls_cases import CONSTANT, DECLARED, PRODUCT, REGISTRY, column, given
from tests.unit.lineage.test_from_dbt import manifest, node

A, B, X = (c.ref(f"{PRODUCT}.{name}") for name in "abx")


def excess(calls: dict[str, Call], **more: object) -> list[tuple[str, str, int, int]]:
    graph = c.graph({f"{PRODUCT}.{name}": call for name, call in calls.items()}, **more)  # type: ignore[arg-type]
    outputs = [ColumnRef(PRODUCT, name) for name in graph.columns.get(PRODUCT, ())]
    return [
        (one.source.column, one.declassifier, len(one.outputs), one.most)
        for one in beyond(graph, outputs, REGISTRY, DECLARED)
    ]


MASK, YEAR = (Call("declassify_mask_id", (column("resident_id"),)), Call("declassify_year", (column("birth_date"),)))
BAND = Call("declassify_age_band", (column("birth_date"), CONSTANT))
NAME = Call("declassify_mask_name", (column("name"),))
HMAC = Call("declassify_hmac", (column("resident_id"),))


@pytest.mark.parametrize(
    "calls",
    [
        {"a": MASK},
        {"a": HMAC, "b": NAME},
        {"a": HMAC, "b": HMAC, "x": MASK},
        {"a": YEAR, "b": MASK},
        {"a": NAME, "b": NAME},
        {"a": Call("declassify_k_count", (given("count_distinct", "resident_id"),)), "b": MASK},
    ],
    ids=["mask", "pseudonym and name", "pseudonyms", "of two columns", "both spouses", "count"],
)
def test_one_view_of_each_column_is_within_the_budget(calls: dict[str, Call]) -> None:
    assert excess(calls) == []


@pytest.mark.parametrize(
    "calls, wanted",
    [
        ({"a": MASK, "b": MASK}, ("resident_id", "declassify_mask_id", 2, 1)),
        ({"a": YEAR, "b": YEAR, "x": YEAR}, ("birth_date", "declassify_year", 3, 1)),
        ({"a": BAND, "b": BAND}, ("birth_date", "declassify_age_band", 2, 1)),
        ({"a": YEAR, "b": BAND}, ("birth_date", "", 2, 1)),
        ({"a": NAME, "b": NAME, "x": NAME}, ("name", "declassify_mask_name", 3, 2)),
        (
            {"a": MASK, "b": Call("declassify_mask_id", (given("expression", "resident_id"),))},
            ("resident_id", "declassify_mask_id", 2, 1),
        ),
    ],
    ids=["masks", "years", "bands", "year and band", "names", "a shifted mask"],
)
def test_more_views_of_one_column_are_not(calls: dict[str, Call], wanted: tuple[str, str, int, int]) -> None:
    assert excess(calls) == [wanted]


def test_views_made_upstream_are_counted_in_the_product() -> None:
    copies = {f"{PRODUCT}.a": ["lake.theme.m.masked"], f"{PRODUCT}.b": ["lake.theme.m.masked"]}
    graph = c.graph({"lake.theme.m.masked": MASK}, copies)
    (one,) = beyond(graph, [A, B], REGISTRY, DECLARED)
    assert one.message == "2 columns (a, b) are made of lake.raw.deaths.resident_id by declassify_mask_id; 1 may be"


def test_the_budget_is_told_from_the_limit_of_one_declassifier() -> None:
    graph = c.graph({f"{PRODUCT}.a": YEAR, f"{PRODUCT}.b": BAND})
    (one,) = beyond(graph, [A, B], REGISTRY, DECLARED)
    assert one.message == "2 columns (a, b) are made of lake.raw.deaths.birth_date by declassifiers; 1 may be"


def test_what_a_view_chooses_is_a_view() -> None:
    edges = (
        c.decides("lake.theme.m.masked", f"{PRODUCT}.b"),
        c.decides("lake.theme.m.masked", f"{PRODUCT}.x", reason="filter"),
    )
    graph = c.graph({"lake.theme.m.masked": MASK}, {f"{PRODUCT}.a": ["lake.theme.m.masked"]}, edges)
    (one,) = beyond(graph, [A, B, X], REGISTRY, DECLARED)
    assert one.outputs == (A, B)


def test_the_source_is_found_below_the_view() -> None:
    copies = {"lake.staging.s.resident_id": ["resident_id"]}
    mask = Call("declassify_mask_id", (column("lake.staging.s.resident_id"),))
    graph = c.graph({f"{PRODUCT}.a": mask, f"{PRODUCT}.b": mask}, copies)
    assert [one.source for one in beyond(graph, [A, B], REGISTRY, DECLARED)] == [c.ref("resident_id")]


GROUPED = (
    "from lake.raw.deaths group by all having zt.declassify_k_rows(count(distinct resident_id))",
    "zt.declassify_k_count(count(distinct resident_id)) as n",
)
OLD = "zt.declassify_age_band(birth_date, date '2026-01-01') > 60"


@pytest.mark.parametrize(
    "columns, wanted",
    [
        (f"name as d, case when {OLD} then 'old' else 'young' end as grp", set()),
        (f"name as d, phone as e, case when {OLD} then 'old' else 'young' end as grp", set()),
        (f"case when {OLD} then name else phone end as d, case when {OLD} then 'o' else 'y' end as grp", {"d", "grp"}),
        (f"if({OLD}, name, null) as d, if({OLD}, 'o', 'y') as grp", {"d", "grp"}),
        (f"if({OLD}, 1, 2) as d, if({OLD}, 'o', 'y') as grp", {"d", "grp"}),
        (f"name || if({OLD}, 1, 2) as d, if({OLD}, 'o', 'y') as grp", {"d", "grp"}),
    ],
)
def test_what_makes_the_groups_is_counted_in_its_own_column_only(columns: str, wanted: set[str]) -> None:
    rows, number = GROUPED
    made = manifest(node("p", f"select {columns}, {number} {rows}"))
    schema = {c.RAW: {name: "DATE" if name == "birth_date" else "VARCHAR" for name in c.ELEMENTS}}
    graph = graph_from_manifest(made, sources_schema=schema, declassifiers=REGISTRY.lowerings())
    product = [ColumnRef("lake.main.p", name) for name in graph.columns["lake.main.p"]]
    found = [one for one in beyond(graph, product, REGISTRY, DECLARED) if one.source.column == "birth_date"]
    assert {output.column for one in found for output in one.outputs} - {"n"} == wanted


@pytest.mark.parametrize("groups, wanted", [(False, {A, B}), (True, {A})], ids=["the number", "the groups"])
def test_a_count_that_a_view_chooses_is_a_view_of_it(groups: bool, wanted: set[ColumnRef]) -> None:
    count = Call("declassify_k_count", (given("count_distinct", "name"),))
    decided = [c.decides("lake.theme.m.masked", f"{PRODUCT}.{at}") for at in ("ab*" if groups else "ab")]
    graph = c.graph({"lake.theme.m.masked": MASK, f"{PRODUCT}.b": count}, edges=decided)
    found = counted_outputs(graph, [A, B], REGISTRY, DECLARED)
    assert found[c.ref("resident_id"), "declassify_mask_id"] == wanted


def edge(source: str, target: str = f"{PRODUCT}.x", transform: str = "expression", by: str = "") -> Edge:
    kind = DIRECT if transform in ("identity", "expression", "aggregation") else INDIRECT
    return Edge(c.ref(source), c.ref(target), kind, transform, by)


GUARD = {f"{PRODUCT}.*": Call("declassify_k_rows", (CONSTANT,))}


def arrives(*edges: Edge, guarded: bool = True, is_number: bool = True, may: frozenset[str] = frozenset()) -> set[str]:
    graph = c.graph(GUARD if guarded else {}, edges=edges)
    return arrivals(graph, X, {c.ref("diagnosis"): may}, is_number=is_number).get(c.ref("diagnosis"), set())


@pytest.mark.parametrize(
    "edges, form",
    [
        ((edge("diagnosis"),), PLAIN),
        ((edge("diagnosis", transform="identity"),), PLAIN),
        ((edge("diagnosis", transform="aggregation"),), AGGREGATED),
        ((edge("diagnosis", by="declassify_hmac"),), MASKED),
        ((edge("diagnosis", transform="join"),), JOINED),
        ((edge("diagnosis", transform="filter"),), DECIDED),
        ((edge("diagnosis", "lake.theme.m.d"), edge("lake.theme.m.d", transform="aggregation")), AGGREGATED),
    ],
)
def test_a_column_arrives_in_the_form_that_its_path_gives(edges: tuple[Edge, ...], form: str) -> None:
    assert arrives(*edges) == {form}
    assert arrives(*edges, may=frozenset([form])) == set()


def test_every_path_is_judged() -> None:
    paths = (edge("diagnosis", transform="aggregation"), edge("diagnosis", transform="join"), edge("diagnosis"))
    assert arrives(*paths, may=frozenset([AGGREGATED])) == {JOINED, PLAIN}


def test_one_form_on_a_path_is_enough() -> None:
    path = (edge("diagnosis", "lake.theme.m.d", by="declassify_hmac"), edge("lake.theme.m.d", transform="aggregation"))
    assert arrives(*path) == {AGGREGATED, MASKED}
    assert arrives(*path, may=frozenset([MASKED])) == set()


def test_an_aggregate_is_one_where_nobody_stands_out() -> None:
    total = edge("diagnosis", transform="aggregation")
    assert arrives(total, guarded=False) == {PLAIN}
    assert arrives(total, is_number=False) == {PLAIN}


def test_the_greatest_value_of_a_group_is_a_value() -> None:
    graph = c.graph(GUARD, edges=(edge("diagnosis", transform="aggregation"),))
    graph = replace(graph, copies={X: frozenset([c.ref("diagnosis")])})
    assert arrivals(graph, X, {c.ref("diagnosis"): frozenset()}, is_number=True) == {c.ref("diagnosis"): {PLAIN}}


def test_a_model_that_reads_itself_ends() -> None:
    assert arrives(edge("diagnosis"), edge(f"{PRODUCT}.x", transform="identity")) == {PLAIN}


def test_other_columns_are_free() -> None:
    graph = c.graph({}, edges=(edge("name"),))
    assert arrivals(graph, X, {c.ref("diagnosis"): frozenset()}, is_number=True) == {}
