"""What a suite is run on: a named relation, a query, files, or an Arrow table, seen through an open connection.

A relation never opens a database and never writes to one. An Arrow table is registered under a private name on
the connection given, in its memory only.
"""

import re
import uuid
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from quality.engine.errors import MissingColumnError, RelationError
from quality.engine.reading import Reading
from quality.engine.sql_text import identifier, literal, literals
from quality.engine.statements import user_select

if TYPE_CHECKING:
    import duckdb

_PART = re.compile(r'"((?:[^"]|"")+)"|([^".]+)')
_OPTION = re.compile(r"[A-Za-z_]\w*", re.ASCII)


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
        """The rows of one SELECT.

        Raises ``NotOneSelectError``, ``CellsAsNamesError`` (a PIVOT without a list) and ``RelationError``.
        """
        import duckdb

        try:
            return cls(connection, name, f"({user_select(connection, sql, name)}\n)")
        except duckdb.Error as error:
            raise RelationError(name, type(error).__name__) from None

    @classmethod
    def parquet(cls, connection: "duckdb.DuckDBPyConnection", *paths: str) -> "Relation":
        """Parquet files by path or glob."""
        return cls(connection, ", ".join(paths), f"read_parquet([{literals(paths)}])")

    @classmethod
    def csv(cls, connection: "duckdb.DuckDBPyConnection", *paths: str, **options: Any) -> "Relation":
        """CSV files by path or glob, with DuckDB's own reader options (all text: ``all_varchar=True``).

        Raises ``RelationError`` for an option that is none.
        """
        name = ", ".join(paths)
        if strange := [key for key in options if not _OPTION.fullmatch(key)]:
            raise RelationError(name, f"{strange[0]!r} is no option of read_csv")
        given = "".join(f", {key} = {_option(name, key, value)}" for key, value in options.items())
        return cls(connection, name, f"read_csv([{literals(paths)}]{given})")

    @classmethod
    def arrow(cls, connection: "duckdb.DuckDBPyConnection", table: Any, name: str = "arrow table") -> "Relation":
        """A ``pyarrow`` table. Raises ``RelationError`` for what can be read only once: the second rule would find it
        empty, and pass."""
        if hasattr(table, "read_next_batch") or hasattr(table, "__next__"):
            raise RelationError(name, f"a {type(table).__name__} can be read only once (read it into a table)")
        if not len(getattr(table, "column_names", "?")):
            raise RelationError(name, "it has no columns")
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

    def column(self, name: str) -> str:
        """The quoted column ``name``. Raises ``MissingColumnError`` (names are matched exactly)."""
        if name not in self.types:
            raise MissingColumnError(name, self.name, tuple(self.types))
        return identifier(name)


def _option(name: str, key: str, value: Any) -> str:
    """The value of an option as SQL: a list and a mapping as DuckDB writes them."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{literal(str(k))}: {_option(name, key, v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_option(name, key, part) for part in value) + "]"
    try:
        return literal(value)
    except TypeError:
        raise RelationError(name, f"option {key} of read_csv cannot be a {type(value).__name__}") from None


def split_name(name: str) -> list[str]:
    """The parts of a dotted name as SQL reads them: a part in double quotes may hold dots, and quotes written twice.

    Raises ``RelationError``.
    """
    parts, place = [], 0
    while found := _PART.match(name, place):
        parts.append(found[1].replace('""', '"') if found[1] is not None else found[2])
        if found.end() == len(name):
            return parts
        place = found.end() + 1
        if name[found.end()] != ".":
            raise RelationError(name, "a quote stands inside a part of the name")
    why = "a quote is not closed" if name.startswith('"', place) else "a part of the name is empty"
    raise RelationError(name, why)
