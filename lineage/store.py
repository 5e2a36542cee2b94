"""A graph in a file: Parquet, so that it can be asked without being rebuilt, by this package or by anything that
reads Parquet.

Lives here: the file format. Must not live here: how a graph is made, or the cache of single models (`cache.py`).

One row for each fact. `fact` is ``relation``, ``column`` (a column of a relation, `position` its place), ``edge``
or ``unknown``; the file holds no data values, only names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from lineage.collection import no_collection
from lineage.graph import ColumnRef, Edge, Graph, Unknown

FORMAT = "zhongtai-lineage/1"
_TEXT = pa.dictionary(pa.int32(), pa.string())
SCHEMA = pa.schema(
    [
        ("fact", _TEXT), ("relation", _TEXT), ("column", _TEXT), ("position", pa.int32()),
        ("source_relation", _TEXT), ("source_column", _TEXT), ("kind", _TEXT), ("transform", _TEXT),
        ("declassifier", _TEXT), ("inputs", pa.list_(pa.string())),
    ],
    metadata={"format": FORMAT},
)  # fmt: skip


class NotALineageFile(ValueError):
    """The file is no stored lineage graph, or of a format that this version does not read."""

    def __init__(self, path: Path, found: str) -> None:
        self.path, self.found = path, found
        super().__init__(f"{path} is not a lineage graph of format {FORMAT} (found {found!r}); build the graph again")


def save_graph(graph: Graph, path: str | Path) -> None:
    """Write `graph` to `path` as one Parquet file; the same graph gives the same bytes."""
    rows: list[tuple[object, ...]] = []
    for relation, names in graph.columns.items():
        made = "built" if relation in graph.built else "source"
        rows.append(("relation", relation, None, len(names), None, None, made, None, None, None))
        rows += [("column", relation, name, i, None, None, None, None, None, None) for i, name in enumerate(names)]
    for target, edges in graph.into.items():
        for i, e in enumerate(edges):
            rows.append(("edge", *target, i, *e.source, e.kind, e.transform, e.declassifier, None))
    for target, all_why in graph.unknown.items():
        for i, why in enumerate(all_why):
            inputs = None if why.inputs is None else list(why.inputs)
            rows.append(("unknown", *target, i, None, None, why.reason, why.subject, None, inputs))
    columns = list(zip(*rows, strict=True)) or [()] * len(SCHEMA)
    arrays = [_array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)]
    pq.write_table(pa.Table.from_arrays(arrays, schema=SCHEMA), path, compression="zstd")


def load_graph(path: str | Path) -> Graph:
    """Read a graph that `save_graph` wrote. Raises `NotALineageFile`."""
    with no_collection():
        return _load(path)


def _load(path: str | Path) -> Graph:
    table = pq.read_table(path)
    found = (table.schema.metadata or {}).get(b"format", b"").decode()
    if found != FORMAT:
        raise NotALineageFile(Path(path), found)
    columns: dict[str, list[str]] = {}
    into: dict[ColumnRef, list[Edge]] = {}
    unknown: dict[ColumnRef, list[Unknown]] = {}
    built: set[str] = set()
    for row in zip(*(table.column(name).to_pylist() for name in SCHEMA.names), strict=True):
        fact, relation, column, _, source_relation, source_column, kind, transform, declassifier, inputs = row
        target = ColumnRef(relation, column)
        if fact == "relation":
            columns[relation] = []
            built |= {relation} if kind == "built" else set()
        elif fact == "column":
            columns[relation].append(column)
        elif fact == "edge":
            source = ColumnRef(source_relation, source_column)
            into.setdefault(target, []).append(Edge(source, target, kind, transform, declassifier))
        else:
            unknown.setdefault(target, []).append(Unknown(kind, transform, None if inputs is None else tuple(inputs)))
    return Graph(
        {name: tuple(found_columns) for name, found_columns in columns.items()},
        {target: tuple(edges) for target, edges in into.items()},
        {target: tuple(why) for target, why in unknown.items()},
        frozenset(built),
    )


def _array(values: Sequence[object], kind: pa.DataType) -> pa.Array:
    if pa.types.is_dictionary(kind):
        return pa.array(values, pa.string()).dictionary_encode()
    return pa.array(values, kind)
