"""Edges kept as numbers are the same edges: walks find what following edges one by one finds, and levels settle."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from lineage.classification import levels
from lineage.edges import EdgeTable
from lineage.graph import DIRECT, INDIRECT, ROWS, ColumnRef, Edge, Graph, Unknown
from lineage.policy import Policy
from lineage.store import load_graph, save_graph

REFS = [ColumnRef(f"m.t{i}", column) for i in range(5) for column in ("a", "b", ROWS)]
COLUMNS = {f"m.t{i}": ("a", "b") for i in range(5)}
WAYS = [(DIRECT, "identity", ""), (DIRECT, "cast", "mask"), (INDIRECT, "filter", ""), (INDIRECT, "join", "mask")]
KINDS = [(DIRECT,), (INDIRECT,), (DIRECT, INDIRECT)]
edges = st.builds(
    lambda source, target, way: Edge(source, target, *way),
    st.sampled_from(REFS), st.sampled_from(REFS), st.sampled_from(WAYS),
)  # fmt: skip


def graph_of(found, unknown=None) -> Graph:
    into: dict[ColumnRef, tuple[Edge, ...]] = {}
    for edge in sorted(found):
        into[edge.target] = (*into.get(edge.target, ()), edge)
    return Graph(COLUMNS, into, unknown or {}, frozenset(f"m.t{i}" for i in range(1, 5)))


def followed(found, start, kinds, ends) -> set[ColumnRef]:
    reached: set[ColumnRef] = set()
    queue = [start]
    while queue:
        here = queue.pop()
        for edge in found:
            one, other = ends(edge)
            if one == here and edge.kind in kinds and other not in reached:
                reached.add(other)
                queue.append(other)
    return reached


@given(
    st.sets(edges, max_size=30), st.sampled_from(REFS), st.sampled_from([(DIRECT,), (INDIRECT,), (DIRECT, INDIRECT)])
)
def test_a_walk_finds_what_following_each_edge_finds(found, start, kinds):
    graph = graph_of(found)
    assert graph.upstream(start, kinds) == followed(found, start, kinds, lambda e: (e.target, e.source))
    assert graph.downstream(start, kinds) == followed(found, start, kinds, lambda e: (e.source, e.target))
    assert set(graph.edges) == found
    assert set(graph.edges_out_of(start)) == {edge for edge in found if edge.source == start}


@given(st.sets(edges, max_size=20), st.sampled_from(REFS), st.sampled_from(REFS))
def test_a_path_is_a_walk_where_there_is_one(found, start, goal):
    graph = graph_of(found)
    path = graph.path(start, goal)
    assert bool(path) == (goal in graph.downstream(start))
    for place, edge in enumerate(path):
        assert edge.source == (path[place - 1].target if place else start)
    assert not path or path[-1].target == goal


@settings(deadline=None, max_examples=30)
@given(st.sets(edges, max_size=20))
def test_a_stored_graph_is_the_graph(tmp_path_factory, found):
    path = tmp_path_factory.mktemp("graph") / "graph.parquet"
    graph = graph_of(found, {REFS[4]: (Unknown("opaque function", "f", ("m.t0",)), Unknown("no reason", "x", None))})
    save_graph(graph, path)
    loaded = load_graph(path)
    assert loaded == graph
    assert isinstance(loaded.into, EdgeTable)  # nothing is left to be indexed when the first question comes
    assert loaded.upstream(REFS[0]) == graph.upstream(REFS[0])


@given(st.sets(edges, max_size=30), st.lists(st.sampled_from(["L1", "L2", "L3", "L4"]), min_size=3, max_size=3))
def test_no_column_is_below_what_flows_into_it_and_the_reason_is_a_path_from_as_strict_a_source(found, declared):
    base = dict(zip(REFS[:3], declared, strict=True))
    known = levels(graph_of(found), base, Policy())
    for edge in found:
        assert known.effective(edge.target) >= known.effective(edge.source)
        assert edge.kind != DIRECT or known[edge.target].direct >= known[edge.source].direct
    for ref in known:
        path = known[ref].because
        assert [edge.target for edge in path[:-1]] == [edge.source for edge in path[1:]]
        if path:
            assert path[-1].target == ref
            assert known.effective(path[0].source) == known.effective(ref)
            assert path[0].source not in graph_of(found).into or path[0].source.relation == "m.t0"
