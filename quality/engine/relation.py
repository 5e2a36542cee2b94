"""What a suite is run on: a named relation, a query, files, or an Arrow table, seen through an open connection.

A relation never opens a database and never writes to one. An Arrow table is registered under a private name on
the connection given, in its memory only.
"""

import uuid
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from quality.engine.errors import MissingColumnError, RelationError
from quality.engine.reading import Reading
from quality.engine.sql_text import identifier, literal, literals

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class Relation:
    """``source`` is the text that stands after FROM; ``name`` is what people read."""

    connection: "duckdb.DuckDBPyConnection"
    name: str
    source: str

    @classmethod
    def table(cls, connection: "duckdb.DuckDBPyConnection", name: str) -> "Relation":
        """A table or view by its dotted name, as in ``lake.raw.police__residents``; parts may be quoted."""
        return cls(connection, name, ".".join(identifier(part) for part in split_name(name)))

    @classmethod
    def query(cls, connection: "duckdb.DuckDBPyConnection", sql: str, name: str = "query") -> "Relation":
        """The rows of one SELECT."""
        return cls(connection, name, f"({sql.rstrip().rstrip(';')}\n)")

    @classmethod
    def parquet(cls, connection: "duckdb.DuckDBPyConnection", *paths: str) -> "Relation":
        """Parquet files by path or glob."""
        return cls(connection, ", ".join(paths), f"read_parquet([{literals(paths)}])")

    @classmethod
    def csv(cls, connection: "duckdb.DuckDBPyConnection", *paths: str, **options: Any) -> "Relation":
        """CSV files by path or glob, with DuckDB's own reader options (all text: ``all_varchar=True``)."""
        given = "".join(f", {key} = {literal(value)}" for key, value in options.items())
        return cls(connection, ", ".join(paths), f"read_csv([{literals(paths)}]{given})")

    @classmethod
    def arrow(cls, connection: "duckdb.DuckDBPyConnection", table: Any, name: str = "arrow table") -> "Relation":
        """A ``pyarrow`` table. Raises ``RelationError`` for what can be read only once: the second rule would find it
        empty, and pass."""
        if hasattr(table, "read_next_batch") or hasattr(table, "__next__"):
            raise RelationError(name, f"a {type(table).__name__} can be read only once (read it into a table)")
        private = f"__arrow_{uuid.uuid4().hex}"
        connection.register(private, table)
        return cls(connection, name, identifier(private))

    @cached_property
    def reading(self) -> Reading:
        """How everything about this relation is read."""
        return Reading(self.connection)

    @cached_property
    def types(self) -> dict[str, str]:
        """Column name to DuckDB type, in the relation's order. Raises ``RelationError``."""
        import duckdb

        try:
            rows = self.reading.rows(f"DESCRIBE SELECT * FROM {self.source}")
        except duckdb.Error as error:
            raise RelationError(self.name, type(error).__name__) from None
        return {row[0]: row[1] for row in rows}

    @cached_property
    def named_by_cells(self) -> bool:
        """Whether columns are named by values: a PIVOT without a list, of which DuckDB makes two statements."""
        import duckdb

        if not self.source.startswith("("):
            return False
        try:
            return len(self.connection.extract_statements(f"SELECT * FROM {self.source}")) != 1
        except duckdb.Error:
            return False  # no SQL at all; whoever reads it says so

    def column(self, name: str) -> str:
        """The quoted column ``name``. Raises ``MissingColumnError`` (names are matched exactly)."""
        if name not in self.types:
            raise MissingColumnError(name, self.name, tuple(self.types))
        return identifier(name)


def split_name(name: str) -> list[str]:
    """The parts of a dotted name; a part in double quotes may hold dots."""
    parts, rest = [], name
    while rest:
        if rest.startswith('"'):
            end = rest.find('"', 1)
            if end < 0:
                raise RelationError(name, "a quote is not closed")
            part, rest = rest[1:end], rest[end + 1 :].removeprefix(".")
        else:
            part, _, rest = rest.partition(".")
        parts.append(part)
    if not parts or not all(parts):
        raise RelationError(name, "a part of the name is empty")
    return parts
