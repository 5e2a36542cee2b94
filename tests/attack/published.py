"""Published queries, perturbed: TPC-H and TPC-DS as DuckDB's own extensions carry them.

Each query runs on small tables; one column at a time is changed, and whatever changes in the result must have an
edge."""

from __future__ import annotations

import re

import duckdb

from lake.attach import extension_file
from lineage.facts import ColumnRef
from lineage.from_sql import lineage_of
from lineage.proof import VARIANTS, SchemaStage, prove
from lineage.sql.catalog import Catalog
from tests.attack.score import Score

SUITES = {"tpch": "call dbgen(sf = 0.01)", "tpcds": "call dsdgen(sf = 0.01)"}
MOST_ROWS = 100_000


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
            proof = prove(sql, answer, stage, _named(schema, sql), (variant,), telling_only=True)
            if proof.not_built or proof.unexplained or answer.unknown:
                why = proof.not_built or proof.unexplained[:3] or next(iter(answer.unknown.values()))
                fell.append(f"{name} {number + 1}: {why}")
    return Score("lineage: published queries, perturbed", queries, queries - len(fell), fell)


def _named(schema: dict[str, dict[str, str]], sql: str) -> list[ColumnRef]:
    """The columns whose names stand in a query: a change of any other changes nothing."""
    words = set(re.findall(r"\w+", sql.lower()))
    return [ColumnRef(table, name) for table, columns in sorted(schema.items()) for name in columns if name in words]


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
