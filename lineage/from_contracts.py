"""What contracts say of columns, as the start of a graph and of the level computation.

Lives here: contract columns as references into the raw lake, with types and declared levels. Must not live here:
reading of declarations (`contracts`), the computation (`classification.py`)."""

from __future__ import annotations

from contracts.model import Catalogue, Dataset, LogicalType
from lineage.graph import DIRECT, ColumnRef, Edge, Graph, join_parts

TECHNICAL = {"_batch": "VARCHAR", "_delivery": "INTEGER", "_row": "BIGINT"}
_TYPES = {
    LogicalType.INTEGER: "BIGINT",
    LogicalType.DECIMAL: "DECIMAL",
    LogicalType.DATE: "DATE",
    LogicalType.TIMESTAMP: "TIMESTAMP",
    LogicalType.BOOLEAN: "BOOLEAN",
}


def raw_relation(dataset: Dataset, database: str = "lake", schema: str = "raw") -> str:
    """The raw table of a dataset, e.g. ``lake.raw.public_security__residents``."""
    return join_parts((database, schema, dataset.table))


def contract_levels(catalogue: Catalogue, database: str = "lake", schema: str = "raw") -> dict[ColumnRef, str]:
    """The declared level of every contract column, by its place in the raw lake: `base_levels` of
    `classification.levels`.
    """
    return {
        ColumnRef(raw_relation(dataset, database, schema), column.name.lower()): str(column.level)
        for dataset in catalogue.datasets.values()
        for column in dataset.columns
    }


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

    Conforming filters by rules over the columns of a row, so every column of a raw table has an indirect edge from
    each column that some blocking rule speaks of."""
    columns: dict[str, tuple[str, ...]] = {}
    into: dict[ColumnRef, tuple[Edge, ...]] = {}
    for dataset in catalogue.datasets.values():
        delivered = join_parts(("contract", dataset.department, dataset.name))
        raw = raw_relation(dataset, database, schema)
        names = tuple(column.name.lower() for column in dataset.columns)
        columns[delivered] = names
        columns[raw] = (*names, *TECHNICAL)
        for name in names:
            target = ColumnRef(raw, name)
            into[target] = (Edge(ColumnRef(delivered, name), target, DIRECT, "identity"),)
    return Graph(columns, into)
