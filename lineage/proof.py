"""Proof against data: perturb one input column, build again, and see whether the lineage explains what changed.

Lives here: stages that hold sample tables, the perturbations, the comparison and its report. Must not live here:
how lineage is found, printing, generated queries (tests).

The argument: if the values of one input column are changed and nothing else, and the multiset of an output column's
values differs from before, then that input influences that output, whatever anybody's parser says. So each such
change must have an edge. The converse is not claimed: an edge that no perturbation witnessed may be one all the
same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import duckdb
import pyarrow as pa

from lineage.from_sql import QueryLineage
from lineage.graph import ROWS, ColumnRef, Edge, Graph, Unknown, split_parts
from lineage.sql.relation import distinct_names

Prepare = Callable[[duckdb.DuckDBPyConnection], None]
VARIANTS = ("shift", "rotate", "nulls", "same", "one", "reverse")
DUPLICATED = "rows twice"


@dataclass(frozen=True)
class Finding:
    """An output column that changed without an edge from the column that was perturbed."""

    source: ColumnRef
    target: ColumnRef
    variant: str


@dataclass
class Proof:
    """What one model's perturbations showed.

    `builds` ran, `failed` did not (a perturbed value that the SQL refuses); `changes` were seen, of which
    `unexplained` have no edge. `witnessed` are (source, target) pairs that data confirmed. `unstable` columns would
    be unexplained but differ between two builds of equal data, too; `unknown` ones are admitted to hang on
    anything."""

    model: str
    builds: int = 0
    failed: int = 0
    changes: int = 0
    unexplained: list[Finding] = field(default_factory=list)
    witnessed: set[tuple[ColumnRef, str]] = field(default_factory=set)
    unstable: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)
    not_built: str = ""


class Stage(Protocol):
    """Tables that a query can be run on, and that can be put into a perturbed state."""

    connection: duckdb.DuckDBPyConnection

    def columns(self, relation: str) -> Sequence[str]:
        """The columns of a staged relation, lower case; empty if it is not staged."""

    def perturbed(self, relation: str, column: str, variant: str) -> Any:
        """A context in which one column (or, with `DUPLICATED`, every row) of one relation is perturbed."""

    def shuffled(self) -> Any:
        """A context in which every relation's rows come in another order."""


def every_source(stage: Stage, relations: Iterable[str], *, rows: bool = True) -> list[ColumnRef]:
    """Every column of some staged relations, and their rows."""
    return [ColumnRef(r, c) for r in relations for c in (*stage.columns(r), *([ROWS] if rows else []))]


def prove(
    sql: str,
    lineage: QueryLineage,
    stage: Stage,
    sources: Sequence[ColumnRef],
    variants: Sequence[str] = VARIANTS,
    *,
    telling_only: bool = False,
) -> Proof:
    """Perturb each of `sources`, one at a time, and hold what changes in the result of `sql` against `lineage`.

    A source is a column of a staged relation, or its rows (``*``), which are then given twice; see `every_source`.
    With `telling_only` a source that every output column has an edge from is left alone: whatever its perturbation
    changed would be explained, so that only the number of witnessed edges is lost."""
    proof = Proof(lineage.relation)
    try:
        built = _Built(stage.connection, sql)
        explained = {name: {edge.source for edge in lineage.edges.get(name, ())} for name in built.names}
        if telling_only and not lineage.is_open:
            sources = [s for s in sources if not all(_explains(s, known) for known in explained.values())]
        before = built.digest() if sources else {}
    except duckdb.Error as error:
        proof.not_built = f"{type(error).__name__}: {str(error).splitlines()[0]}"
        return proof
    proof.unknown = {name for name in built.names if lineage.unknown.get(name)}
    unnamed = {edge.source for edge in lineage.edges.get(ROWS, ())} if lineage.is_open else set()
    for source in sources:
        for variant in [DUPLICATED] if source.column == ROWS else variants:
            _perturb(built, stage, source, variant, before, explained, unnamed, proof)
    if proof.unexplained:  # before anybody is accused: does the column hang on the order of rows, or on chance?
        proof.unstable = _unstable(built, stage, before)
        proof.unexplained = [f for f in proof.unexplained if f.target.column not in proof.unstable]
    return proof


def _perturb(
    built: _Built, stage: Stage, source: ColumnRef, variant: str, before: Mapping[str, object],
    explained: Mapping[str, set[ColumnRef]], unnamed: set[ColumnRef], proof: Proof,
) -> None:  # fmt: skip
    with stage.perturbed(source.relation, source.column, variant):
        try:
            after = built.digest()
        except duckdb.Error:
            proof.failed += 1
            return
    proof.builds += 1
    for name in {*before, *after}:
        if before.get(name) == after.get(name):
            continue
        proof.changes += 1
        known = explained.get(name, unnamed)
        if _explains(source, known):
            proof.witnessed.add((source, name))
        elif name not in proof.unknown:
            proof.unexplained.append(Finding(source, ColumnRef(proof.model, name), variant))


def _explains(source: ColumnRef, known: set[ColumnRef]) -> bool:
    if source.column == ROWS:
        return any(ref.relation == source.relation for ref in known)
    return source in known


def _unstable(built: _Built, stage: Stage, before: Mapping[str, object]) -> set[str]:
    """Columns whose values hang on the order of rows or on chance, so that a difference would show nothing."""
    again = built.digest()
    with stage.shuffled():
        other = built.digest()
    return {name for name in before if before[name] != again.get(name) or before[name] != other.get(name)}


class _Built:
    """A query as it is built again and again: its output names, and the statement that digests each of its columns."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, sql: str) -> None:
        described = connection.execute(f"DESCRIBE {sql}").fetchall()
        quoted = [_quote(f"c{i}") for i in range(len(described))]
        sums = [f"sum(hash({_comparable(q, str(row[1]))})::HUGEINT)" for q, row in zip(quoted, described, strict=True)]
        self.names = distinct_names([str(row[0]).lower() for row in described])
        self.statement = f"SELECT count(*), {', '.join(sums)} FROM ({sql}) AS built({', '.join(quoted)})"
        self.connection = connection

    def digest(self) -> dict[str, object]:
        """Each output column as an order-free digest of its values, nulls included, with the number of rows."""
        row = self.connection.execute(self.statement).fetchone()
        assert row is not None
        return {name: (row[0], value) for name, value in zip(self.names, row[1:], strict=True)}


def _comparable(column: str, kind: str) -> str:
    if kind in ("DOUBLE", "FLOAT"):
        return f"format('{{:.6g}}', {column}::DOUBLE)"
    return f"{column}::VARCHAR" if "DOUBLE" in kind or "FLOAT" in kind else column


# -- stages --------------------------------------------------------------------------------------------------------


class MemoryStage:
    """Samples in a database of their own, under the very names that the SQL uses (``lake.raw.t``)."""

    def __init__(self, samples: Mapping[str, pa.Table], prepare: Prepare | None = None) -> None:
        self.connection = duckdb.connect(":memory:", config={"threads": 1, "python_enable_replacements": False})
        self.connection.execute("set enable_progress_bar = false")
        if prepare is not None:
            prepare(self.connection)
        self.connection.execute("CREATE SCHEMA proof")
        self._names: dict[str, str] = {}
        self._columns: dict[str, list[str]] = {}
        for number, (relation, table) in enumerate(samples.items()):
            self._add(relation, table, f"memory.proof.original_{number}")

    def close(self) -> None:
        """Give the memory back."""
        self.connection.close()

    def columns(self, relation: str) -> Sequence[str]:
        """See `Stage`."""
        return [name.lower() for name in self._columns.get(relation, ())]

    @contextmanager
    def perturbed(self, relation: str, column: str, variant: str) -> Iterator[None]:
        """See `Stage`."""
        original, kinds = self._names[relation], self._kinds(relation)
        if variant == DUPLICATED:
            self._replace(
                relation, f"SELECT * EXCLUDE (_rn) FROM (FROM {original} UNION ALL FROM {original}) ORDER BY _rn"
            )
        else:
            changed = perturbation(variant, column, kinds[column])
            body = f"SELECT * REPLACE ({changed} AS {_quote(column)}) FROM {original}"
            self._replace(relation, f"SELECT * EXCLUDE (_rn) FROM ({body}) ORDER BY _rn")
        try:
            yield
        finally:
            self._restore(relation)

    @contextmanager
    def shuffled(self) -> Iterator[None]:
        """See `Stage`."""
        for relation, original in self._names.items():
            self._replace(relation, f"SELECT * EXCLUDE (_rn) FROM {original} ORDER BY hash(_rn), _rn")
        try:
            yield
        finally:
            for relation in self._names:
                self._restore(relation)

    def _add(self, relation: str, table: pa.Table, original: str) -> None:
        parts = split_parts(relation)
        if len(parts) > 2:
            self.connection.execute(f"ATTACH IF NOT EXISTS ':memory:' AS {_quote(parts[0])}")
        if len(parts) > 1:
            self.connection.execute(f"CREATE SCHEMA IF NOT EXISTS {'.'.join(map(_quote, parts[:-1]))}")
        self.connection.register("proof_sample", table)
        self.connection.execute(
            f"CREATE TABLE {original} AS SELECT *, row_number() OVER () - 1 AS _rn FROM proof_sample"
        )
        self.connection.unregister("proof_sample")
        self._names[relation], self._columns[relation] = original, list(table.column_names)
        self._restore(relation)

    def _kinds(self, relation: str) -> dict[str, str]:
        rows = self.connection.execute(f"DESCRIBE {self._names[relation]}").fetchall()
        return {str(name).lower(): str(kind) for name, kind, *_ in rows}

    def _restore(self, relation: str) -> None:
        self._replace(relation, f"SELECT * EXCLUDE (_rn) FROM {self._names[relation]} ORDER BY _rn")

    def _replace(self, relation: str, body: str) -> None:
        name = ".".join(map(_quote, split_parts(relation)))
        self.connection.execute(f"CREATE OR REPLACE TABLE {name} AS {body}")


class SchemaStage:
    """Small samples with every perturbation made beforehand, each in a schema of its own; for very many queries.

    The queries must name tables without a schema; relations are called ``main.<table>``, as the lineage calls them.
    """

    def __init__(self, samples: Mapping[str, pa.Table], variants: Sequence[str] = VARIANTS) -> None:
        self.connection = duckdb.connect(":memory:", config={"threads": 1, "python_enable_replacements": False})
        self.connection.execute("set enable_progress_bar = false")
        self._columns: dict[str, list[str]] = {}
        self.connection.execute("CREATE SCHEMA original")
        for relation, table in samples.items():
            name = relation.removeprefix("main.")
            self._columns[name] = list(table.column_names)
            self.connection.register("proof_sample", table)
            self.connection.execute(
                f"CREATE TABLE original.{name} AS SELECT *, row_number() OVER () - 1 AS _rn FROM proof_sample"
            )
            self.connection.unregister("proof_sample")
            self._table("base", name, f"FROM original.{name} ORDER BY _rn")
        for name in self._columns:
            self._table("shuffled", name, f"FROM original.{name} ORDER BY hash(_rn + 3), _rn")
        for name, columns in self._columns.items():
            self._make(name, columns, variants)
        self.connection.execute("SET schema = 'base'")

    def columns(self, relation: str) -> Sequence[str]:
        """See `Stage`."""
        return self._columns.get(relation.removeprefix("main."), ())

    @contextmanager
    def perturbed(self, relation: str, column: str, variant: str) -> Iterator[None]:
        """See `Stage`."""
        self.connection.execute(f"SET schema = '{_schema_name(relation.removeprefix('main.'), column, variant)}'")
        try:
            yield
        finally:
            self.connection.execute("SET schema = 'base'")

    @contextmanager
    def shuffled(self) -> Iterator[None]:
        """See `Stage`."""
        self.connection.execute("SET schema = 'shuffled'")
        try:
            yield
        finally:
            self.connection.execute("SET schema = 'base'")

    def _make(self, name: str, columns: Sequence[str], variants: Sequence[str]) -> None:
        """One wide table holds every variant of every column; each schema shows one of them through a view."""
        kinds = {str(r[0]): str(r[1]) for r in self.connection.execute(f"DESCRIBE original.{name}").fetchall()}
        made = [
            f"{perturbation(variant, column, kinds[column])} AS {_quote(_schema_name(name, column, variant))}"
            for column in columns
            for variant in variants
        ]
        self.connection.execute(
            f"CREATE TABLE original.{name}_wide AS SELECT *, {', '.join(made)} FROM original.{name} ORDER BY _rn"
        )
        for column in columns:
            for variant in variants:
                schema = _schema_name(name, column, variant)
                shown = [f"{_quote(schema)} AS {_quote(c)}" if c == column else _quote(c) for c in columns]
                self._schema(schema, name, f"SELECT {', '.join(shown)} FROM original.{name}_wide")
        self.connection.execute(
            f"CREATE TABLE original.{name}_twice AS SELECT * EXCLUDE (_rn)"
            f" FROM (FROM original.{name} UNION ALL FROM original.{name}) ORDER BY _rn"
        )
        self._schema(_schema_name(name, ROWS, DUPLICATED), name, f"FROM original.{name}_twice")

    def _schema(self, schema: str, name: str, body: str) -> None:
        self.connection.execute(f"CREATE SCHEMA {schema}; CREATE VIEW {schema}.{name} AS {body}")
        for other in self._columns:
            if other != name:
                self.connection.execute(f"CREATE VIEW {schema}.{other} AS FROM base.{other}")

    def _table(self, schema: str, name: str, body: str) -> None:
        self.connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        self.connection.execute(f"CREATE TABLE {schema}.{name} AS SELECT * EXCLUDE (_rn) {body}")


def _schema_name(name: str, column: str, variant: str) -> str:
    return f"p_{name}_{'rows' if column == ROWS else column}_{variant.replace(' ', '_')}"


def perturbation(variant: str, column: str, kind: str) -> str:
    """The SQL expression for the perturbed values of `column` of type `kind`, over a table with row numbers
    `_rn` from 0.
    """
    name = _quote(column)
    rotated = f"coalesce(lead({name}) OVER (ORDER BY _rn), first_value({name}) OVER (ORDER BY _rn))"
    if variant == "shift":
        return _shifted(name, kind) or rotated
    if variant == "rotate":
        return rotated
    if variant == "nulls":
        return f"CASE WHEN _rn % 2 = 0 THEN NULL ELSE {name} END"
    if variant == "same":
        return f"first_value({name}) OVER (ORDER BY _rn)"
    if variant == "one":
        other = _shifted(name, kind) or rotated
        return f"CASE WHEN _rn = (max(_rn) OVER ()) // 2 THEN {other} ELSE {name} END"
    if variant == "reverse":
        whole = "OVER (ORDER BY _rn ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)"
        return f"(list({name}) {whole})[(-1 - _rn)::BIGINT]"
    raise ValueError(f"unknown variant {variant!r}; known are {', '.join(VARIANTS)}")


def _shifted(name: str, kind: str) -> str | None:
    if kind.startswith(
        ("INT", "BIGINT", "SMALLINT", "TINYINT", "HUGEINT", "UINT", "UBIG", "USMALL", "UTINY", "DOUBLE", "FLOAT")
    ):
        return f"({name} + 1)::{kind}" if not kind.endswith("]") else None
    if kind.startswith("DECIMAL"):
        return f"TRY_CAST({name} + 1 AS {kind})"
    if kind in ("DATE", "TIMESTAMP") or kind.startswith("TIMESTAMP"):
        return f"({name} + INTERVAL 1 DAY)::{kind}"
    if kind == "VARCHAR":
        return f"{name} || '7'"
    return f"NOT {name}" if kind == "BOOLEAN" else None


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


# -- whole projects ------------------------------------------------------------------------------------------------


def lineage_of_relation(graph: Graph, relation: str) -> QueryLineage:
    """One relation's part of a graph, as the lineage of one query."""
    names = graph.columns.get(relation, ())
    ref = [ColumnRef(relation, name) for name in (*names, ROWS)]
    edges: dict[str, tuple[Edge, ...]] = {r.column: graph.edges_into(r) for r in ref}
    unknown: dict[str, tuple[Unknown, ...]] = {r.column: graph.unknown[r] for r in ref if r in graph.unknown}
    return QueryLineage(relation, names, edges, unknown)


def sample(connection: duckdb.DuckDBPyConnection, relation: str, rows: int) -> pa.Table:
    """At most `rows` rows of a relation; the same table gives the same sample."""
    name = ".".join(map(_quote, split_parts(relation)))
    return connection.execute(
        f"SELECT * FROM {name} USING SAMPLE reservoir({int(rows)} ROWS) REPEATABLE (7)"
    ).to_arrow_table()


def prove_manifest(
    manifest: Mapping[str, Any],
    graph: Graph,
    connection: duckdb.DuckDBPyConnection,
    *,
    rows: int = 500,
    variants: Sequence[str] = VARIANTS,
    prepare: Prepare | None = None,
) -> Iterator[Proof]:
    """Prove every SQL model of a compiled manifest against samples of the relations that it reads.

    `connection` can read the sources and the built models; run it on one thread, so that samples are the same each
    time. `prepare` makes the macros that models call. Each model is proved on its own, on samples of its direct
    inputs."""
    from lineage.from_dbt import inputs_of, relation_of

    for _, node in sorted(manifest.get("nodes", {}).items()):
        sql = node.get("compiled_code")
        if node.get("resource_type") != "model" or node.get("language", "sql") != "sql" or not sql:
            continue
        found = lineage_of_relation(graph, relation_of(node))
        read = {e.source.relation for edges in found.edges.values() for e in edges} | set(inputs_of(node, manifest))
        samples = {name: sample(connection, name, rows) for name in sorted(read)}
        stage = MemoryStage(samples, prepare)
        try:
            yield prove(sql.strip().rstrip(";"), found, stage, every_source(stage, samples), variants)
        finally:
            stage.close()
