"""Published queries, perturbed: TPC-H and TPC-DS as DuckDB's own extensions carry them.

Each query runs on small tables; one column at a time is changed, and whatever changes in the result must have an
edge."""

from __future__ import annotations

import duckdb

from lake.attach import extension_file
from lineage.facts import ColumnRef
from lineage.from_sql import lineage_of
from lineage.proof import VARIANTS, SchemaStage, every_source, prove
from lineage.sql.catalog import Catalog
from tests.attack.score import Score

SUITES = {"tpch": "call dbgen(sf = 0.01)", "tpcds": "call dsdgen(sf = 0.01)"}
MOST_ROWS = 400


def attack(seed: int, share: int = 1) -> Score:
    """Every `share`-th query of both suites, each column perturbed in the way that the seed chooses."""
    queries, fell = 0, []
    for name, filling in SUITES.items():
        variant = VARIANTS[seed % len(VARIANTS)]
        stage, schema, texts = _suite(name, filling, variant)
        for number, sql in enumerate(texts):
            if number % share != seed % share:
                continue
            queries += 1
            answer = lineage_of(sql, Catalog(schema), "query", second_opinion=False)
            read = sorted({edge.source.relation for edges in answer.edges.values() for edge in edges})
            sources = sorted({edge.source for edges in answer.edges.values() for edge in edges} | _columns(stage, read))
            proof = prove(sql, answer, stage, sources, (variant,), telling_only=True)
            if proof.not_built or proof.unexplained or answer.unknown:
                why = proof.not_built or proof.unexplained[:3] or next(iter(answer.unknown.values()))
                fell.append(f"{name} {number + 1}: {why}")
    return Score("lineage: published queries, perturbed", queries, queries - len(fell), fell)


def _columns(stage: SchemaStage, relations: list[str]) -> set[ColumnRef]:
    """Some columns of each relation that is read: every third, for one without an edge ought to change nothing."""
    return set(every_source(stage, relations, rows=False)[::3])


def _suite(name: str, filling: str, variant: str) -> tuple[SchemaStage, dict[str, dict[str, str]], list[str]]:
    """A suite's tables, cut to so many rows, what they are made of, and its queries."""
    engine = duckdb.connect(config={"threads": 1})
    engine.execute(f"load '{extension_file(name)}'")
    engine.execute(filling)
    texts = [row[0].strip().rstrip(";") for row in engine.execute(f"select query from {name}_queries()").fetchall()]
    schema: dict[str, dict[str, str]] = {}
    columns = engine.execute("select table_name, column_name, data_type from duckdb_columns() where not internal")
    for table, column, kind in columns.fetchall():
        schema.setdefault(f"main.{table}", {})[column] = kind
    samples = {table: engine.execute(f"from {table} limit {MOST_ROWS}").to_arrow_table() for table in sorted(schema)}
    engine.close()
    return SchemaStage(samples, (variant,)), schema, texts
