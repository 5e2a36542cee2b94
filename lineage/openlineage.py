"""The graph for other tools: OpenLineage events, and plain column dependencies.

Lives here: the words of the OpenLineage column-lineage facet (1-2-0) for ours, and events as JSON-ready mappings.
Must not live here: sending anything anywhere, clocks (the caller gives the time), Dagster's classes (orchestration
turns `column_dependencies` into its metadata)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from lineage.graph import DIRECT, ROWS, ColumnRef, Edge, Graph

PRODUCER = "https://zhongtai/lineage"
_DIRECT = {
    "identity": "IDENTITY", "rename": "IDENTITY", "cast": "TRANSFORMATION", "expression": "TRANSFORMATION",
    "aggregation": "AGGREGATION", "window": "AGGREGATION",
}  # fmt: skip
# Reasons without a word of their own in the facet are told by the nearest one; `description` keeps ours.
_INDIRECT = {
    "filter": "FILTER", "join": "JOIN", "group_by": "GROUP_BY", "having": "FILTER", "qualify": "FILTER",
    "window_partition": "WINDOW", "window_order": "WINDOW", "sort": "SORT", "limit": "FILTER", "distinct": "GROUP_BY",
    "set_operation": "GROUP_BY", "case_condition": "CONDITIONAL", "correlated_subquery": "FILTER",
    "existence": "FILTER", "unnest": "JOIN", "pivot": "CONDITIONAL", "merge_key": "JOIN", "rows": "JOIN",
}  # fmt: skip


def column_dependencies(graph: Graph, relation: str) -> dict[str, list[tuple[str, str]]]:
    """For each column of a relation the columns that it comes from, as (relation, column); rows are left out."""
    return {
        name: sorted({(*e.source,) for e in graph.edges_into(ColumnRef(relation, name)) if e.source.column != ROWS})
        for name in graph.columns.get(relation, ())
    }


def column_lineage_facet(graph: Graph, relation: str, namespace: str) -> dict[str, Any]:
    """The column-lineage facet of one relation."""
    from openlineage.client.facet_v2 import column_lineage_dataset as facet

    fields = {}
    for name in graph.columns.get(relation, ()):
        by_source: dict[ColumnRef, list[Edge]] = {}
        for edge in graph.edges_into(ColumnRef(relation, name)):
            by_source.setdefault(edge.source, []).append(edge)
        fields[name] = facet.Fields(
            inputFields=[
                facet.InputField(
                    namespace=namespace, name=ref.relation, field=ref.column,
                    transformations=[facet.Transformation(**_transformation(e)) for e in edges],
                )
                for ref, edges in by_source.items()
            ]
        )  # fmt: skip
    return _plain(facet.ColumnLineageDatasetFacet(fields=fields, producer=PRODUCER))


def job_events(graph: Graph, *, namespace: str, time: str) -> Iterator[dict[str, Any]]:
    """One OpenLineage JobEvent for each built relation, in the graph's order; `time` is ISO 8601."""
    from openlineage.client.event_v2 import InputDataset, Job, JobEvent, OutputDataset

    for relation in graph.columns:
        if relation not in graph.built:
            continue
        refs = [ColumnRef(relation, name) for name in (*graph.columns[relation], ROWS)]
        inputs = sorted({e.source.relation for ref in refs for e in graph.edges_into(ref)} - {relation})
        event = _plain(
            JobEvent(
                eventTime=time, producer=PRODUCER, job=Job(namespace=namespace, name=relation),
                inputs=[InputDataset(namespace=namespace, name=name) for name in inputs],
                outputs=[OutputDataset(namespace=namespace, name=relation)],
            )
        )  # fmt: skip
        event["outputs"][0].setdefault("facets", {})["columnLineage"] = column_lineage_facet(graph, relation, namespace)
        yield event


def _transformation(edge: Edge) -> dict[str, Any]:
    words = _DIRECT if edge.kind == DIRECT else _INDIRECT
    return {
        "type": edge.kind.upper(),
        "subtype": words[edge.transform],
        "description": f"{edge.transform} through {edge.declassifier}" if edge.declassifier else edge.transform,
        "masking": bool(edge.declassifier),
    }


def _plain(thing: Any) -> dict[str, Any]:
    from openlineage.client.serde import Serde

    return json.loads(Serde.to_json(thing))
