"""The persons behind a table's rows, fetched by its shadow query and proved to be about those very rows.

Lives here: running the shadow, and the proof, which shares nothing with the rewriting: without what it adds, the shadow
must give the rows that are about to leave. Must not live here: counting them (`groups.py`, `differencing.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from contracts.sql_text import identifier
from lineage.graph import split_parts
from lineage.shadow.leaves import Leaves
from lineage.shadow.rewrite import NotShadowed, Shadow, Slot, shadow
from orchestration.share.same_rows import parquet, prove, safely, types_of

_COUNTING = "the query that counts persons"


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
            with safely(_COUNTING):
                self.connection.execute(f"create or replace temp table {table} as {written.sql}")
                types = types_of(self.connection, table)
                source = parquet(files) if files else ".".join(identifier(part) for part in split_parts(relation))
                prove(self.connection, table, types, source)
        except NotShadowed:
            self.connection.execute(f"drop table if exists {table}")
            raise
        return Counted(table, types, written)
