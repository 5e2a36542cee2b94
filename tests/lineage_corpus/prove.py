"""Proves generated queries against data: `python -m tests.lineage_corpus.prove [--queries 2000] [--variants 1]`.

Each query runs on three tables of a dozen rows; one column at a time is perturbed, and whatever changes must have
an edge. `--wide` takes the whole grammar in place of the plain one, `--alone` the engine's plan without the binder."""

from __future__ import annotations

import argparse
import random
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

import duckdb

from lineage.from_sql import lineage_of
from lineage.proof import VARIANTS, Proof, SchemaStage, every_source, prove
from lineage.sql.catalog import Catalog
from tests.lineage_corpus.generator import SAMPLES, SCHEMA, Query, queries
from tests.lineage_corpus.wide import WideGrammar


@dataclass
class Tally:
    """What a run over many queries showed; `findings` are (SQL, proof) of each query with an unexplained change.

    `not_built` could not be run even once, `open` have an unknown column."""

    queries: int = 0
    not_built: int = 0
    open: int = 0
    builds: int = 0
    failed: int = 0
    changes: int = 0
    edges: int = 0
    witnessed: int = 0
    unknown: int = 0
    unstable: int = 0
    unexplained: int = 0
    findings: list[tuple[str, Proof]] = field(default_factory=list)

    def add(self, sql: str, proof: Proof, edges: int) -> None:
        """Count one proof."""
        self.queries += 1
        self.not_built += bool(proof.not_built)
        self.builds, self.failed = self.builds + proof.builds, self.failed + proof.failed
        self.changes += proof.changes
        self.edges += edges
        self.witnessed += len({pair for pair in proof.witnessed if pair[0].column != "*"})
        self.unknown += len(proof.unknown)
        self.open += bool(proof.unknown)
        self.unstable += bool(proof.unstable)
        self.unexplained += len(proof.unexplained)
        if proof.unexplained or proof.not_built:
            self.findings.append((sql, proof))


@cache
def stage(variants: tuple[str, ...] = VARIANTS) -> SchemaStage:
    """The three tables with their perturbations."""
    connection = duckdb.connect()
    samples = {name: connection.execute(sql).to_arrow_table() for name, sql in SAMPLES.items()}
    connection.close()
    return SchemaStage(samples, variants)


def run(count: int, variants_each: int = 1, every: int = 1, offset: int = 0, *, telling_only: bool = False) -> Tally:
    """Prove every `every`-th of `count` queries; each column gets `variants_each` perturbations, in turn from
    one query to the next. `telling_only` leaves out what no perturbation could find fault with (`proof.prove`).
    """
    chosen = ((number, query) for number, query in enumerate(queries(count)) if number % every == offset)
    return _proved(chosen, variants_each, telling_only=telling_only, second_opinion=True)


def run_wide(
    count: int, seed: int, variants_each: int = 1, *, telling_only: bool = False, second_opinion: bool = True
) -> Tally:
    """The same with queries of the whole grammar. One that the engine does not take says nothing, and is counted."""
    chosen = ((number, wide_query(seed, number)) for number in range(count))
    return _proved(chosen, variants_each, telling_only=telling_only, second_opinion=second_opinion)


def wide_query(seed: int, number: int) -> Query:
    """One query of the whole grammar; the same numbers give the same one."""
    return WideGrammar(random.Random(seed * 1_000_003 + number)).query(depth=2 if number % 5 == 0 else 1)


def _proved(
    chosen: Iterable[tuple[int, Query]], variants_each: int, *, telling_only: bool, second_opinion: bool
) -> Tally:
    tally, tables, catalog = Tally(), stage(), Catalog(SCHEMA)
    for number, query in chosen:
        variants = tuple(VARIANTS[(number + i) % len(VARIANTS)] for i in range(variants_each))
        found = lineage_of(query.sql, catalog, "query", second_opinion=second_opinion)
        read = [name for name in SCHEMA if re.search(rf"\b{name.removeprefix('main.')} AS\b", query.sql)]
        sources = every_source(tables, read, rows=number % 2 == 0)
        pairs = {(e.source, n) for n, edges in found.edges.items() if n != "*" for e in edges if e.source.column != "*"}
        tally.add(query.sql, prove(query.sql, found, tables, sources, variants, telling_only=telling_only), len(pairs))
    return tally


def main() -> int:
    """Print the score; 1 if a change is unexplained."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queries", type=int, default=2000)
    parser.add_argument("--variants", type=int, default=2, help="perturbations of each column, of six there are")
    parser.add_argument("--show", type=int, default=5, help="how many findings to show")
    parser.add_argument("--wide", action="store_true", help="queries of the whole grammar")
    parser.add_argument("--alone", action="store_true", help="by the plan alone (with --wide)")
    parser.add_argument("--seed", type=int, default=777)
    asked = parser.parse_args()
    if asked.wide:
        tally = run_wide(asked.queries, asked.seed, asked.variants, telling_only=True, second_opinion=not asked.alone)
    else:
        tally = run(asked.queries, asked.variants)
    for sql, proof in tally.findings[: asked.show]:
        print(
            sql, proof.not_built, *(f"\n    {f.source} -> {f.target.column} by {f.variant}" for f in proof.unexplained)
        )
    print(f"queries                       {tally.queries} (not built: {tally.not_built})")
    print(f"perturbed builds              {tally.builds} (refused by the SQL itself: {tally.failed})")
    print(f"column changes seen           {tally.changes}")
    print(f"unexplained changes           {tally.unexplained}")
    print(f"columns admitted unknown      {tally.unknown} (in {tally.open} queries)")
    print(f"queries with unstable columns {tally.unstable}")
    print(
        f"edges witnessed by data       {tally.witnessed} of {tally.edges} ({100 * tally.witnessed / max(1, tally.edges):.0f} %)"  # noqa: E501
    )
    return 1 if tally.unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
