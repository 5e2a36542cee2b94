"""Reads one connection, and nothing else: statements in, rows out, many of them on one state of the data.

Judging a suite takes several statements. Inside ``Reading.one_state`` they share a read-only transaction: they see
the same rows even while others write, none of them can write, and a lake reads its catalog once and not once for each.
A statement that fails ends its transaction: those after it see one state again, which may be a later one.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from quality.engine.statements import require_select

if TYPE_CHECKING:
    import duckdb


class Reading:
    """Statements over one open connection."""

    def __init__(self, connection: "duckdb.DuckDBPyConnection") -> None:
        self._connection = connection
        self._ours = False

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """All rows of one SELECT: everything that the engine asks goes through here.

        Raises ``NotOneSelectError`` and what DuckDB raises; the statements after it are not affected.
        """
        require_select(self._connection, sql)
        try:
            return self._connection.execute(sql).fetchall()
        except Exception:
            if self._ours:  # a failed statement leaves its transaction useless
                self._ours = self._end() and self._begin()
            raise

    @contextmanager
    def one_state(self) -> Iterator[None]:
        """All that is read inside sees one state of the data; a transaction that the caller has open is used as it is.

        Where none can be begun, the statements themselves will say why.
        """
        if self._ours:
            yield
            return
        self._ours = self._begin()
        try:
            yield
        finally:
            if self._ours:
                self._ours = False
                self._end()

    def _begin(self) -> bool:
        # To begin a second transaction would destroy the first, and no function tells whether there is one; but
        # outside a transaction every statement has a number of its own.
        with suppress(Exception):
            first, second = (self._connection.execute("SELECT txid_current()").fetchall() for _ in range(2))
            if first != second:
                self._connection.execute("BEGIN TRANSACTION READ ONLY")
                return True
        return False

    def _end(self) -> bool:
        with suppress(Exception):
            self._connection.execute("ROLLBACK")
            return True
        return False
