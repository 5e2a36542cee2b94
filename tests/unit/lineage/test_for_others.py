"""The graph for other tools and for people: complete, self-contained, and honest about what is unknown."""

from __future__ import annotations

import re

import pytest

from lineage.classification import levels
from lineage.from_dbt import graph_from_manifest
from lineage.openlineage import column_dependencies, column_lineage_facet, job_events
from lineage.picture import render_html
from lineage.policy import Policy
from tests.unit.lineage.test_from_dbt import manifest, node

PRODUCT = "select area, count(*) as n, mystery(max(born)) as odd from lake.main.stg_person group by area"
RAW = {"lake.raw.person": {"id": "VARCHAR", "area": "INTEGER", "born": "DATE"}}


@pytest.fixture(scope="module")
def graph():
    return graph_from_manifest(
        manifest(
            node("stg_person", "select id, area, born from lake.raw.person where born is not null"),
            node("product", PRODUCT, reads=["stg_person"]),
        ),
        sources_schema=RAW,
    )  # fmt: skip


def test_every_edge_is_in_the_facet(graph):
    fields = column_lineage_facet(graph, "lake.main.product", "zhongtai")["fields"]
    for column in graph.columns["lake.main.product"]:
        told = {
            (f["name"], f["field"], t["type"], t["description"])
            for f in fields[column]["inputFields"]
            for t in f["transformations"]
        }
        assert told == {
            (e.source.relation, e.source.column, e.kind.upper(), e.transform)
            for e in graph.edges_into(f"lake.main.product.{column}")
        }


def test_there_is_one_event_for_each_built_relation_with_its_inputs(graph):
    events = list(job_events(graph, namespace="zhongtai", time="2026-01-01T00:00:00Z"))
    assert [e["job"]["name"] for e in events] == ["lake.main.stg_person", "lake.main.product"]
    assert [d["name"] for d in events[1]["inputs"]] == ["lake.main.stg_person"]
    assert events[1]["eventTime"] == "2026-01-01T00:00:00Z"


def test_dependencies_are_plain_pairs(graph):
    assert column_dependencies(graph, "lake.main.stg_person")["id"] == [
        ("lake.raw.person", "born"),
        ("lake.raw.person", "id"),
    ]


def test_the_picture_shows_every_ancestor_and_needs_nothing_else(graph):
    found = levels(graph, {"lake.raw.person.area": "L1", "lake.raw.person.born": "L3"}, Policy())
    page = render_html(graph, "lake.main.product", levels=found, title="Product 产品")
    for text in ("stg_person", "Product 产品", "lake.raw.person.area", "opaque function mystery", ">L3<"):
        assert text in page
    assert not re.search(r"""(?:src|href)\s*=|url\(|@import|fetch\(""", page)
    assert page.count("data-key=") == len(set(re.findall(r'data-key="([^"]+)"', page)))


def test_a_picture_of_nothing_is_refused(graph):
    with pytest.raises(KeyError, match="not in the graph"):
        render_html(graph, "lake.main.nowhere")


def test_names_cannot_break_out_of_the_picture():
    evil = '<script>alert("x")</script>'
    graph = graph_from_manifest(
        manifest(node("p", f"""select area as "{evil.replace('"', '""')}" from lake.raw.person""")), sources_schema=RAW
    )
    assert "<script>alert" not in render_html(graph, "lake.main.p", title=evil)
