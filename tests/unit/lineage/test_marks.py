"""Categories and personal marks go where values and influences go, and stop where a declassifier takes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.category import Category
from lineage.classification import levels
from lineage.from_sql import column_lineage
from lineage.graph import ColumnRef, Graph, Unknown, merge_graphs
from lineage.marks import ALL, Marks, category_of, marks_of
from lineage.policy import Policy, load_policy

POLICY = load_policy(Path(__file__).parents[3] / "contracts" / "standards" / "lineage_policy.yml")
PERSON = "lake.raw.person"
SCHEMA = {PERSON: dict.fromkeys(("id", "name", "district", "grid_load", "plan"), "varchar")}
LEVELS = dict.fromkeys((f"{PERSON}.{name}" for name in SCHEMA[PERSON]), "L2")
IMPORTANT = marks_of(Category.IMPORTANT, personal=False, sensitive=False)
CORE = marks_of(Category.CORE, personal=False, sensitive=False)
NAMED = marks_of(Category.GENERAL, personal=True, sensitive=False)
SENSITIVE = marks_of(Category.GENERAL, personal=True, sensitive=True)
DECLARED = {
    ColumnRef(PERSON, "id"): SENSITIVE,
    ColumnRef(PERSON, "name"): NAMED,
    ColumnRef(PERSON, "grid_load"): IMPORTANT,
    ColumnRef(PERSON, "plan"): CORE,
}


def marks(graph: Graph, policy: Policy = POLICY, **options) -> Marks:
    return Marks(levels(graph, LEVELS, policy).ranks, DECLARED, **options)


def graph_of(sql: str, target: str = "lake.main.p") -> Graph:
    found = column_lineage(sql, SCHEMA, target=target, declassifiers=POLICY.registry.lowerings())
    return merge_graphs([Graph({PERSON: tuple(SCHEMA[PERSON])}, {}), found.graph()])


def marks_in(sql: str, column: str = "x", **options) -> frozenset[str]:
    return marks(graph_of(sql), **options)[ColumnRef("lake.main.p", column)]


@pytest.mark.parametrize(
    ("sql", "wanted"),
    [
        (f"select district as x from {PERSON}", frozenset()),
        (f"select 1 as x from {PERSON}", frozenset()),
        (f"select name as x from {PERSON}", NAMED),
        (f"select id || district as x from {PERSON}", SENSITIVE),
        (f"select grid_load || plan as x from {PERSON}", CORE),
        (f"select district as x from {PERSON} where grid_load > '5'", IMPORTANT),
        (f"select district as x from {PERSON} group by district, plan", CORE),
        (f"select case when name = 'a' then 1 end as x from {PERSON}", NAMED),
        (f"select row_number() over (order by id) as x from {PERSON}", SENSITIVE),
    ],
)
def test_the_strictest_of_what_flowed_in_counts_by_value_and_by_influence(sql: str, wanted: frozenset[str]):
    assert marks_in(sql) == wanted


def test_a_mask_keeps_the_mark_and_a_count_of_persons_takes_it():
    masked = f"select zt.declassify_mask_id(id) as x from {PERSON}"
    counted = f"select zt.declassify_k_count(count(distinct id)) as x from {PERSON}"
    assert marks_in(masked) == SENSITIVE
    assert marks_in(counted) == frozenset()
    assert marks_in(f"select count(distinct id) as x from {PERSON}") == SENSITIVE


def test_a_count_that_failed_takes_nothing():
    counted = f"select zt.declassify_k_count(count(distinct id)) as x from {PERSON}"
    failed = [(ColumnRef("lake.main.p", "x"), "declassify_k_count")]
    assert marks_in(counted, distrusted=failed) == SENSITIVE


def test_no_declassifier_takes_a_category():
    assert marks_in(f"select zt.declassify_k_count(count(distinct plan)) as x from {PERSON}") == CORE


def test_what_costs_nothing_carries_no_mark():
    free = POLICY.model_copy(
        update={"indirect": POLICY.indirect.model_validate({"reasons": {"filter": {"kind": "none"}}})}
    )
    sql = f"select district as x from {PERSON} where plan = 'a'"
    assert marks(graph_of(sql), free)[ColumnRef("lake.main.p", "x")] == frozenset()
    assert marks_in(sql) == CORE


def test_what_nobody_declared_or_knows_has_every_mark():
    found = marks(merge_graphs([graph_of("select y.a as x from nowhere.y")]))
    assert found[ColumnRef("lake.main.p", "x")] == ALL
    assert found[ColumnRef("lake.other", "x")] == ALL


def test_a_source_column_without_a_declaration_has_every_mark_and_its_rows_have_none():
    read = column_lineage("select a, 1 as one from lake.raw.o", {"lake.raw.o": {"a": "int"}}, target="lake.main.q")
    found = marks(merge_graphs([Graph({"lake.raw.o": ("a",)}, {}), read.graph()]))
    assert found[ColumnRef("lake.main.q", "a")] == ALL
    assert found[ColumnRef("lake.main.q", "one")] == frozenset()


def test_an_unknown_column_has_the_marks_of_all_that_it_could_have_read():
    target = ColumnRef("lake.main.p", "x")
    why = {target: (Unknown("no rule", "f", (PERSON,)),)}
    graph = Graph({PERSON: ("district", "grid_load"), "lake.main.p": ("x",)}, {}, why, frozenset({"lake.main.p"}))
    assert marks(graph)[target] == IMPORTANT
    narrow = Graph({PERSON: ("district",), "lake.main.p": ("x",)}, {}, why, frozenset({"lake.main.p"}))
    assert marks(narrow)[target] == frozenset()


def test_marks_go_on_through_an_unknown_column():
    target = ColumnRef("lake.main.p", "x")
    first = Graph(
        {PERSON: ("plan",), "lake.main.p": ("x",)},
        {},
        {target: (Unknown("no rule", "f", (PERSON,)),)},
        frozenset({"lake.main.p"}),
    )
    second = column_lineage("select x as y from lake.main.p", {"lake.main.p": {"x": "varchar"}}, target="lake.main.q")
    assert marks(merge_graphs([first, second.graph()]))[ColumnRef("lake.main.q", "y")] == CORE


def test_a_mark_names_the_way_it_came():
    one = graph_of(f"select district as a from {PERSON} where plan = 'x'", "lake.main.one")
    two = column_lineage("select a as x from lake.main.one", {"lake.main.one": {"a": "varchar"}}, target="lake.main.p")
    found = marks(merge_graphs([one, two.graph()]))
    path = found.because(ColumnRef("lake.main.p", "x"), "core")
    assert [str(edge.source) for edge in path] == [f"{PERSON}.plan", "lake.main.one.a"]
    assert found.because(ColumnRef("lake.main.p", "x"), "personal") == ()


def test_the_order_of_categories_is_not_that_of_their_names():
    assert category_of(CORE) is Category.CORE
    assert category_of(IMPORTANT | NAMED) is Category.IMPORTANT
    assert category_of(SENSITIVE) is Category.GENERAL
    assert [one.rank for one in (Category.GENERAL, Category.IMPORTANT, Category.CORE)] == [0, 1, 2]
