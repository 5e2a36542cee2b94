"""The persons behind a table's rows, fetched by its shadow query and proved to be about those very rows.

Lives here: running the shadow, and the proof, which shares nothing with the rewriting: without what it adds, the shadow
must give the rows that are about to leave. Must not live here: counting them (`groups.py`, `differencing.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from contracts.sql_text import identifier, literal
from lineage.graph import split_parts
from lineage.shadow.leaves import Leaves
from lineage.shadow.rewrite import NotShadowed, Shadow, Slot, shadow

# Sums of them depend on the order of the rows, so two runs of one query may differ in the last digit.
_INEXACT = ("FLOAT", "DOUBLE")


@dataclass(frozen=True)
class Counted:
    """A temporary table of the rows with their persons: its name, its columns' types, and what was added to it."""

    table: str
    types: Mapping[str, str]
    shadow: Shadow

    @property
    def slots(self) -> tuple[Slot, ...]:
        """The added columns that hold persons."""
        return self.shadow.slots


@dataclass
class Persons:
    """Shadows of one lake at one moment; each relation is asked once. To be closed: its tables hold ids."""

    connection: duckdb.DuckDBPyConnection
    models: Mapping[str, str]
    leaves: Leaves
    name: str = "persons"
    _known: dict[str, Counted | NotShadowed | None] = field(default_factory=dict)

    def shadow(self, relation: str) -> Shadow | None:
        """The text alone; None where nobody is behind the rows. Raises `NotShadowed`."""
        return shadow(relation, self.models, self.leaves)

    def behind(self, relation: str, files: Sequence[Path] = ()) -> Counted | None:
        """The persons behind the rows of a relation, or of `files` exported from it; None where there is nobody.

        Raises `NotShadowed` where it cannot be told, or the shadow's rows are others.
        """
        if relation not in self._known:
            try:
                self._known[relation] = self._fetched(relation, files)
            except NotShadowed as error:
                self._known[relation] = error
        found = self._known[relation]
        if isinstance(found, NotShadowed):
            raise found
        return found

    def close(self) -> None:
        """Drop the tables."""
        for found in self._known.values():
            if isinstance(found, Counted):
                self.connection.execute(f"drop table if exists {found.table}")
        self._known.clear()

    def _fetched(self, relation: str, files: Sequence[Path]) -> Counted | None:
        written = self.shadow(relation)
        if written is None:
            return None
        table = f"temp.main.{identifier(f'zt_{self.name}_{len(self._known)}')}"
        try:
            with _safe():
                self.connection.execute(f"create or replace temp table {table} as {written.sql}")
                types = self._types(table)
            found = Counted(table, types, written)
            self._prove(found, relation, files)
        except NotShadowed:
            self.connection.execute(f"drop table if exists {table}")
            raise
        return found

    def _types(self, table: str) -> dict[str, str]:
        return {name: kind for name, kind, *_ in self.connection.execute(f"describe {table}").fetchall()}

    def _prove(self, counted: Counted, relation: str, files: Sequence[Path]) -> None:
        """Equal multisets, by count and difference, over all columns whose values do not hang on the order of rows."""
        source = _files(files) if files else ".".join(identifier(part) for part in split_parts(relation))
        with _safe():
            there = [name for name, *_ in self.connection.execute(f"describe from {source}").fetchall()]
            exact = [name for name in there if counted.types.get(name) not in _INEXACT]
            if not set(there) <= set(counted.types):
                raise NotShadowed("the columns with persons beside them are not the table's")
            names = ", ".join(map(identifier, exact)) or "1"
            mine, its = f"select {names} from {counted.table}", f"select {names} from {source}"
            row = self.connection.execute(
                f"select (select count(*) from ({mine})), (select count(*) from ({its})), "
                f"(select count(*) from ({mine} except all {its}))"
            ).fetchone()
        if row is None or row[0] != row[1] or row[2]:
            raise NotShadowed("the rows that its SQL gives now are not those of the table")


@contextmanager
def _safe() -> Iterator[None]:
    """An error of the engine as what it means here: nothing is known. Its text may quote data."""
    try:
        yield
    except duckdb.FatalException:
        raise
    except duckdb.Error as error:
        raise NotShadowed(f"the query that counts persons failed ({type(error).__name__})") from None


def _files(files: Sequence[Path]) -> str:
    return f"read_parquet([{', '.join(literal(str(path)) for path in files)}])"
