"""Several statements on the lake in one transaction: all of them hold, or none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb


@contextmanager
def in_one(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Commit at the end; whatever is raised inside undoes all of it."""
    connection.execute("begin transaction")
    try:
        yield
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise
