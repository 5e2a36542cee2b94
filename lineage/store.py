"""A graph in a file: Parquet, so that it can be asked without being rebuilt, by this package or by anything that
reads Parquet.

Lives here: the file format. Must not live here: how a graph is made, or the cache of single models (`cache.py`).

One row for each fact. `fact` is ``relation``, ``column`` (a column of a relation, `position` its place), ``edge``,
``unknown``, ``call`` (of a declassifier), ``copies`` (what a column's values are copies of) or ``differences`` (between
the two readers), the last three as JSON in `transform`; the file holds no data values, only names."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from lineage.calls import Call, of_plain, plain
from lineage.collection import no_collection
from lineage.edges import EdgeTable, Numbers, Way, numbering
from lineage.graph import ColumnRef, Graph, Unknown

FORMAT = "zhongtai-lineage/4"
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
        super().__init__(
            f"{path} is no lineage graph of format {FORMAT} ({found or 'none'}); `zhongtai run` makes it again"
        )


def save_graph(graph: Graph, path: str | Path) -> None:
    """Write `graph` to `path` as one Parquet file; the same graph gives the same bytes."""
    rows: list[tuple[object, ...]] = []
    for relation, names in graph.columns.items():
        made = ("twin" if relation in graph.twins else "built") if relation in graph.built else "source"
        rows.append(("relation", relation, None, len(names), None, None, made, None, None, None))
        rows += [("column", relation, name, i, None, None, None, None, None, None) for i, name in enumerate(names)]
    for target, all_why in graph.unknown.items():
        for i, why in enumerate(all_why):
            inputs = None if why.inputs is None else list(why.inputs)
            rows.append(("unknown", *target, i, None, None, why.reason, why.subject, None, inputs))
    rows += _facts(graph)
    columns = list(zip(*rows, strict=True)) or [()] * len(SCHEMA)
    others = [_array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)]
    edges = _edge_arrays(EdgeTable.union([graph.table], graph.columns))
    tables = [pa.Table.from_arrays(arrays, schema=SCHEMA) for arrays in (others, edges)]
    pq.write_table(pa.concat_tables(tables).unify_dictionaries(), path, compression="zstd")


def _facts(graph: Graph) -> Iterator[tuple[object, ...]]:
    """Calls, copies and differences as rows."""
    for target, made in graph.calls.items():
        for i, call in enumerate(made):
            yield ("call", *target, i, None, None, call.name, json.dumps(plain(call)), None, None)
    for target, known in graph.copies.items():
        text = json.dumps(None if known is None else [list(ref) for ref in sorted(known)])
        yield ("copies", *target, None, None, None, None, text, None, None)
    for target in sorted(graph.conditional):
        yield ("conditional", *target, None, None, None, None, "", None, None)
    for relation, pair in graph.differences.items():
        yield ("differences", relation, None, None, None, None, None, json.dumps(list(pair)), None, None)


def _edge_arrays(table: EdgeTable) -> list[pa.Array]:
    """The edges as columns of the file, from number to name without a step for each."""
    count = len(table.way)
    names: dict[str, int] = {}
    relation = np.array([names.setdefault(ref.relation, len(names)) for ref in table.refs], np.int32)
    column = np.array([names.setdefault(ref.column, len(names)) for ref in table.refs], np.int32)
    ways = [np.array([names.setdefault(way[i], len(names)) for way in table.ways], np.int32) for i in range(3)]
    words = pa.array(list(names), pa.string())
    coded = [relation[table.target], column[table.target], relation[table.source], column[table.source]]
    coded += [way[table.way] for way in ways]
    made = [pa.DictionaryArray.from_arrays(pa.array(codes), words) for codes in coded]
    fact = pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, np.int32)), pa.array(["edge"]))
    position = pa.array((np.arange(count) - table.start[table.target]).astype(np.int32))
    return [fact, made[0], made[1], position, *made[2:], pa.nulls(count, pa.list_(pa.string()))]


def load_graph(path: str | Path) -> Graph:
    """Read a graph that `save_graph` wrote. Raises `NotALineageFile`."""
    with no_collection():
        return _load(path)


def _load(path: str | Path) -> Graph:
    try:
        file = pq.read_table(path)
    except (pa.ArrowInvalid, OSError):
        raise NotALineageFile(Path(path), "no whole Parquet file") from None
    found = (file.schema.metadata or {}).get(b"format", b"").decode()
    if found != FORMAT:
        raise NotALineageFile(Path(path), found)
    columns: dict[str, list[str]] = {}
    built: set[str] = set()
    twins: set[str] = set()
    head = file.filter(_is(file, "relation", "column"))
    for what, relation, column, kind in zip(
        *(_words(head.column(n)) for n in ("fact", "relation", "column", "kind")), strict=True
    ):
        if what == "column":
            columns[relation].append(column)
            continue
        columns[relation] = []
        built |= {relation} if kind != "source" else set()
        twins |= {relation} if kind == "twin" else set()
    return Graph(
        {name: tuple(found_columns) for name, found_columns in columns.items()},
        _edges(file.filter(_is(file, "edge")), columns),
        _unknown(file.filter(_is(file, "unknown"))),
        frozenset(built),
        _calls(file.filter(_is(file, "call"))),
        {ref: _known(text) for ref, text in _texts(file.filter(_is(file, "copies")))},
        {ref.relation: _pair(text) for ref, text in _texts(file.filter(_is(file, "differences")))},
        frozenset(ref for ref, _ in _texts(file.filter(_is(file, "conditional")))),
        frozenset(twins),
    )


def _texts(file: pa.Table) -> Iterator[tuple[ColumnRef, str]]:
    words = (_words(file.column(name)) for name in ("relation", "column", "transform"))
    for relation, column, text in zip(*words, strict=True):
        yield ColumnRef(str(relation), column or ""), str(text)


def _calls(file: pa.Table) -> dict[ColumnRef, tuple[Call, ...]]:
    found: dict[ColumnRef, list[Call]] = {}
    for ref, text in _texts(file):
        found.setdefault(ref, []).append(of_plain(json.loads(text)))
    return {ref: tuple(made) for ref, made in found.items()}


def _known(text: str) -> frozenset[ColumnRef] | None:
    known = json.loads(text)
    return None if known is None else frozenset(ColumnRef(*ref) for ref in known)


def _pair(text: str) -> tuple[int, int]:
    only_plan, only_second = json.loads(text)
    return only_plan, only_second


def _is(file: pa.Table, *facts: str) -> pa.ChunkedArray:
    return pc.is_in(file.column("fact").cast(pa.string()), pa.array(facts))


def _unknown(file: pa.Table) -> dict[ColumnRef, tuple[Unknown, ...]]:
    found: dict[ColumnRef, list[Unknown]] = {}
    words = (_words(file.column(name)) for name in ("relation", "column", "kind", "transform"))
    for relation, column, reason, subject, inputs in zip(*words, file.column("inputs").to_pylist(), strict=True):
        why = Unknown(reason, subject, None if inputs is None else tuple(inputs))
        found.setdefault(ColumnRef(relation, column), []).append(why)
    return {target: tuple(why) for target, why in found.items()}


def _edges(file: pa.Table, columns: Mapping[str, Sequence[str]]) -> EdgeTable:
    numbers, ways = numbering(columns), dict[Way, int]()
    ref = lambda *names: numbers.setdefault(ColumnRef(*names), len(numbers))  # noqa: E731
    target = _numbered(file, ("relation", "column"), ref)
    source = _numbered(file, ("source_relation", "source_column"), ref)
    way = _numbered(file, ("kind", "transform", "declassifier"), lambda *words: ways.setdefault(words, len(ways)))
    return EdgeTable(numbers, ways, source, target, way)


def _numbered(file: pa.Table, names: Sequence[str], number: Callable[..., int]) -> Numbers:
    """A number for each row, asked for once for each combination of the words in some columns."""
    codes, words = zip(*(_coded(file.column(name)) for name in names), strict=True)
    key = np.zeros(file.num_rows, np.int64)
    for code, known in zip(codes, words, strict=True):
        key = key * (len(known) + 1) + code
    distinct, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    parts = [[known[i] for i in code[first].tolist()] for code, known in zip(codes, words, strict=True)]
    made = np.fromiter((number(*one) for one in zip(*parts, strict=True)), np.int32, len(distinct))
    return made[inverse]


def _coded(column: pa.ChunkedArray) -> tuple[NDArray[np.int32], list[str]]:
    """A column as codes and the words that they stand for; -1 for null."""
    one = pa.chunked_array(column.chunks, column.type).unify_dictionaries().combine_chunks()
    one = pa.concat_arrays(one.chunks) if isinstance(one, pa.ChunkedArray) else one
    return one.indices.fill_null(-1).to_numpy(), one.dictionary.to_pylist()


def _words(column: pa.ChunkedArray) -> list[str | None]:
    codes, words = _coded(column)
    known: list[str | None] = [*words, None]
    return [known[code] for code in codes.tolist()]


def _array(values: Sequence[object], kind: pa.DataType) -> pa.Array:
    if pa.types.is_dictionary(kind):
        return pa.array(values, pa.string()).dictionary_encode()
    return pa.array(values, kind)
