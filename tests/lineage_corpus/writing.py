"""Random statements that write one table, proved against data: insert, update, delete, merge, create as.

The table `u` stands filled before each; one column of a source or of `u` itself is perturbed, the statement is run, and
each column of `u` is compared. That what stood in a column may stand there afterwards needs no edge.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import duckdb

from lineage.answer import QueryLineage
from lineage.from_sql import lineage_of
from lineage.proof import VARIANTS, SchemaStage, every_source, perturbation
from lineage.sql.catalog import Catalog
from tests.lineage_corpus.generator import SCHEMA, Column
from tests.lineage_corpus.wide import WideGrammar

TARGET = {"a": "INTEGER", "b": "INTEGER", "c": "VARCHAR"}
_FILLED = "SELECT i AS _rn, (i * 5 % 6)::INT a, (i * 3 % 5)::INT b, chr((120 + i % 5)::INT) c FROM range(10) t(i)"
_OWN: list[Column] = [("u.a", "i"), ("u.b", "i"), ("u.c", "s")]


class WritingGrammar(WideGrammar):
    """Statements over the sources of the whole grammar, and `u`."""

    def statement(self) -> str:
        """One statement that writes `u`."""
        return self.pick((self.insert, self.insert_some, self.create, self.update, self.update_from, self.delete,
                          self.delete_using, self.merge, self.merge))()  # fmt: skip

    def rows(self) -> str:
        """A query of the columns a, b and c, of the types that they have."""
        query = self.query(1)
        first, last = query.columns[0][0], query.columns[-1][0]
        items = f"try_cast({first} AS INT) AS a, try_cast({last} AS INT) AS b, {last}::VARCHAR AS c"
        return f"SELECT {items} FROM ({query.sql}) AS {self.name('n')}"

    def keyed_rows(self) -> str:
        """A source with one row for each key k, so that no two of them match one row."""
        return f"(SELECT a AS k, max(b) AS v, min(c) AS s FROM ({self.rows()}) AS {self.name('n')} GROUP BY a) AS n"

    def insert(self) -> str:
        """Whole rows, by position or by name."""
        return f"INSERT INTO u {self.pick(('', 'BY NAME '))}{self.rows()}"

    def insert_some(self) -> str:
        """Some columns, in another order."""
        return f"INSERT INTO u (c, a) SELECT c, b FROM ({self.rows()}) AS {self.name('n')}"

    def create(self) -> str:
        """A table made of a query."""
        return f"CREATE OR REPLACE TEMP TABLE u AS {self.rows()}"

    def update(self) -> str:
        """Values of its own row and of subqueries."""
        where = f" WHERE {self.condition(_OWN, 1)}" if self.maybe(0.6) else ""
        value = self.pick((self.integer(_OWN, 0), self.subquery(_OWN), self.scalar(_OWN)))
        more = f", c = {self.text(_OWN, 0)}" if self.maybe(0.4) else ""
        return f"UPDATE u SET a = try_cast({value} AS INT){more}{where}"

    def update_from(self) -> str:
        """Values of another source."""
        more = f" AND {self.simple(_OWN)}" if self.maybe(0.4) else ""
        return f"UPDATE u SET a = {self.pick(('n.v', 'n.v + u.b', 'n.k * 2'))}, c = n.s FROM {self.keyed_rows()} WHERE u.b = n.k{more}"  # noqa: E501

    def delete(self) -> str:
        """Rows by a condition, with subqueries."""
        return f"DELETE FROM u WHERE {self.condition(_OWN, 1)}"

    def delete_using(self) -> str:
        """Rows that another source has."""
        return f"DELETE FROM u USING {self.keyed_rows()} WHERE u.b = n.k AND n.v > {self.number() - 2}"

    def merge(self) -> str:
        """Rows matched or not, by one source or the other."""
        matched = self.pick(
            (
                "UPDATE SET a = n.v",
                "UPDATE SET a = n.v + u.a, c = n.s",
                "DELETE",
                "DO NOTHING",
                "UPDATE SET c = u.c || n.s",
            )
        )
        test = self.pick(("", "", " AND n.v > 1", " AND u.c = 'x'"))
        clauses = [f"WHEN MATCHED{test} THEN {matched}"]
        if self.maybe(0.6):
            clauses.append("WHEN NOT MATCHED THEN INSERT (b, a, c) VALUES (n.k, n.v, n.s)")
        if self.maybe(0.3):
            clauses.append(f"WHEN NOT MATCHED BY SOURCE THEN {self.pick(('DELETE', 'UPDATE SET a = u.b + 1'))}")
        return f"MERGE INTO u USING {self.keyed_rows()} ON u.b = n.k {' '.join(clauses)}"


@dataclass
class Written:
    """What a run over many statements showed; `findings` are (SQL, source, column, variant) without an edge."""

    statements: int = 0
    not_built: int = 0
    changes: int = 0
    open: int = 0
    findings: list[tuple[str, str, str, str]] = field(default_factory=list)


def run(count: int, seed: int, tables: SchemaStage, *, second_opinion: bool = True) -> Written:
    """Prove so many statements, each source perturbed in one way, in turn from one to the next."""
    found, catalog = Written(), Catalog({**SCHEMA, "main.u": TARGET})
    for number in range(count):
        sql = WritingGrammar(random.Random(seed * 1_000_003 + number)).statement()
        before = _after(tables.connection, sql, _FILLED)
        if before is None:
            found.not_built += 1
            continue
        lineage = lineage_of(sql, catalog, "main.u", second_opinion=second_opinion)
        found.statements += 1
        found.open += any(lineage.unknown.values())
        variant = VARIANTS[number % len(VARIANTS)]
        for source, after in _perturbed(tables, sql, variant):
            changed = [name for name in TARGET if after.get(name) != before.get(name)]
            found.changes += len(changed)
            found.findings += [
                (sql, source, name, variant)
                for name in changed
                if not _explained(lineage, source, name) and _steady(tables, sql, name)
            ]
    return found


def _perturbed(tables: SchemaStage, sql: str, variant: str) -> Iterator[tuple[str, Mapping[str, object]]]:
    for ref in every_source(tables, SCHEMA, rows=False):
        if f"{ref.relation.removeprefix('main.')} AS" in sql:
            with tables.perturbed(ref.relation, ref.column, variant):
                after = _after(tables.connection, sql, _FILLED)
            if after is not None:
                yield str(ref), after
    for name, kind in TARGET.items():
        filled = f"SELECT * REPLACE ({perturbation(variant, name, kind)} AS {name}) FROM ({_FILLED})"
        after = _after(tables.connection, sql, filled)
        if after is not None:
            yield f"main.u.{name}", after


def _steady(tables: SchemaStage, sql: str, name: str) -> bool:
    """Whether a column is the same when all rows come in another order."""
    with tables.shuffled():
        other = _after(tables.connection, sql, f"FROM ({_FILLED}) ORDER BY hash(_rn)")
    before = _after(tables.connection, sql, _FILLED)
    return before is not None and other is not None and before[name] == other[name]


def _after(connection: duckdb.DuckDBPyConnection, sql: str, filled: str) -> dict[str, object] | None:
    """Each column of `u` after the statement, as a digest without an order; None where it does not run."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE u AS SELECT * EXCLUDE (_rn) FROM ({filled}) ORDER BY _rn")
    try:
        connection.execute(sql)
        sums = ", ".join(f"sum(hash({name})::HUGEINT)" for name in TARGET)
        row = connection.execute(f"SELECT count(*), {sums} FROM u").fetchone()
    except duckdb.Error:
        return None
    assert row is not None
    return {name: (row[0], value) for name, value in zip(TARGET, row[1:], strict=True)}


def _explained(lineage: QueryLineage, source: str, name: str) -> bool:
    known = [*lineage.edges.get(name, ()), *lineage.edges.get("*", ())]
    unknown = lineage.unknown.get(name) or lineage.unknown.get("*")
    return source == f"main.u.{name}" or bool(unknown) or any(str(edge.source) == source for edge in known)
