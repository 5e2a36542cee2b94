"""What contracts say of columns, as the start of a graph and of the level computation.

Lives here: contract columns as references into the raw lake, with types and declared levels. Must not live here:
reading of declarations (`contracts`), the computation (`classification.py`)."""

from __future__ import annotations

from contracts.model import Catalogue, Dataset, LogicalType
from contracts.rules import KINDS
from contracts.violation import Severity
from lineage.graph import DIRECT, INDIRECT, ROWS, ColumnRef, Edge, Graph, join_parts
from lineage.marks import marks_of

TECHNICAL = {"_batch": "VARCHAR", "_delivery": "INTEGER", "_row": "BIGINT"}
_TYPES = {
    LogicalType.INTEGER: "BIGINT",
    LogicalType.DECIMAL: "DECIMAL",
    LogicalType.NUMBER: "DOUBLE",
    LogicalType.TIME: "TIME",
    LogicalType.DATE: "DATE",
    LogicalType.TIMESTAMP: "TIMESTAMP",
    LogicalType.BOOLEAN: "BOOLEAN",
}


def raw_relation(dataset: Dataset, database: str = "lake", schema: str = "raw") -> str:
    """The raw table of a dataset, e.g. ``lake.raw.public_security__residents``."""
    return join_parts((database, schema, dataset.table))


def delivered_relation(dataset: Dataset) -> str:
    """The dataset as its department delivers it, e.g. ``contract.public_security.residents``."""
    return join_parts(("contract", dataset.department, dataset.name))


def contract_levels(catalogue: Catalogue, database: str = "lake", schema: str = "raw") -> dict[ColumnRef, str]:
    """The declared level of every contract column, as delivered and in the raw lake: `base_levels` of
    `classification.levels`.
    """
    return {
        ColumnRef(relation, column.name.lower()): str(column.level)
        for dataset in catalogue.datasets.values()
        for relation in (delivered_relation(dataset), raw_relation(dataset, database, schema))
        for column in dataset.columns
    }


def contract_marks(
    catalogue: Catalogue, database: str = "lake", schema: str = "raw"
) -> dict[ColumnRef, frozenset[str]]:
    """The marks of every contract column, as delivered and in the raw lake, and of the rows of each table.

    A dataset about natural persons makes all its columns personal information, and its rows, too."""
    found: dict[ColumnRef, frozenset[str]] = {}
    for dataset in catalogue.datasets.values():
        of_rows = marks_of(dataset.category, personal=dataset.personal, sensitive=False)
        for relation in (delivered_relation(dataset), raw_relation(dataset, database, schema)):
            found |= {ColumnRef(relation, name): of_rows for name in (*TECHNICAL, ROWS)}
            for column in dataset.columns:
                sensitive = dataset.personal and column.sensitive_personal
                marks = marks_of(column.category, personal=dataset.personal, sensitive=sensitive)
                found[ColumnRef(relation, column.name.lower())] = marks
    return found


def raw_schema(catalogue: Catalogue, database: str = "lake", schema: str = "raw") -> dict[str, dict[str, str]]:
    """Columns and types of every raw table as the contracts promise them: `sources_schema` of `graph_from_manifest`."""
    return {
        raw_relation(dataset, database, schema): {
            **{column.name.lower(): _TYPES.get(column.element.type, "VARCHAR") for column in dataset.columns},
            **TECHNICAL,
        }
        for dataset in catalogue.datasets.values()
    }


def contract_graph(catalogue: Catalogue, database: str = "lake", schema: str = "raw") -> Graph:
    """From each column as a department delivers it (``contract.<department>.<dataset>``) to its place in the raw lake.

    Conforming keeps a row or rejects it by rules over its own values, so every column of a raw table, and its rows,
    have an indirect edge from each column that such a rule speaks of. What that costs is the policy's."""
    columns: dict[str, tuple[str, ...]] = {}
    into: dict[ColumnRef, tuple[Edge, ...]] = {}
    for dataset in catalogue.datasets.values():
        delivered, raw = delivered_relation(dataset), raw_relation(dataset, database, schema)
        names = tuple(column.name.lower() for column in dataset.columns)
        columns |= {delivered: names, raw: (*names, *TECHNICAL)}
        deciding = [ColumnRef(delivered, name) for name in rejecting_columns(dataset)]
        for name in (*names, *TECHNICAL, ROWS):
            target = ColumnRef(raw, name)
            own = [Edge(ColumnRef(delivered, name), target, DIRECT, "identity")] if name in names else []
            edges = (*own, *(Edge(source, target, INDIRECT, "filter") for source in deciding))
            into |= {target: edges} if edges else {}
    return Graph(columns, into)


def is_conformance(edge: Edge) -> bool:
    """Whether an edge says that one delivered column can keep a row, with all its columns, out of the raw lake."""
    return edge.kind == INDIRECT and edge.source.relation.startswith("contract.")


def rejecting_columns(dataset: Dataset) -> tuple[str, ...]:
    """The columns whose values can send a row to quarantine, in contract order."""
    rules = [rule for column in dataset.columns for rule in column.rules] + list(dataset.rules)
    rejecting = [rule for rule in rules if KINDS[rule.kind].per_row and rule.severity is Severity.ERROR]
    if any(not rule.columns for rule in rejecting):  # an expression may speak of any column
        return tuple(column.name.lower() for column in dataset.columns)
    named = {name for rule in rejecting for name in rule.columns}
    return tuple(column.name.lower() for column in dataset.columns if column.name in named)
