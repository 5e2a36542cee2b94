"""What DuckDB says of the SQL and the patterns that declarations hold, before anything runs: `contracts.engine.Engine`.

An empty database without access to files is asked to bind them. Nothing is evaluated on data here.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from contracts.model import LogicalType
from contracts.sql_text import identifier, literal
from quality.casts import SQL_TYPES


class DuckDBEngine:
    """Parses and binds as a run will; each answer is what is wrong, or None."""

    def __init__(self) -> None:
        self._database = duckdb.connect(
            config={"enable_external_access": "false", "threads": 1, "autoload_known_extensions": "false"}
        )

    def pattern_fault(self, pattern: str) -> str | None:
        """RE2's own complaint."""
        return self._fault(f"select regexp_full_match('', {literal(pattern)})")

    def condition_fault(self, sql: str, columns: Mapping[str, LogicalType] | None) -> str | None:
        """What the parser says, or the binder where the columns are known."""
        if columns is None:
            return self._fault(f"select json_serialize_sql({literal(f'select ({sql})')})")
        made = ", ".join(f"null::{SQL_TYPES[kind]} as {identifier(name)}" for name, kind in columns.items())
        return self._fault(f"describe select ({sql})::boolean from (select {made})")

    def _fault(self, query: str) -> str | None:
        # No bound parameters: the first one has DuckDB's client import pandas, which takes a second.
        try:
            answer = self._database.execute(query).fetchone()
        except duckdb.Error as error:
            return str(error).splitlines()[0]
        return "a syntax error" if answer and '"error":true' in str(answer[0]) else None
