"""How many threads DuckDB is given: no more than there is data for.

DuckDB shares work out by row groups of 122,880 rows and CSV buffers of 32 MB. With less than that the other threads
find nothing to do, and each of the many small queries of a lake's catalog pays for waking them: a sixth of a small
city's processor time.
"""

from __future__ import annotations

import os
from pathlib import Path

import duckdb

_PORTION = 32 * 1024 * 1024


def threads_for(size: int, limit: int) -> int:
    """Threads for `size` bytes of files, at most `limit`."""
    return max(1, min(limit, 1 + size // _PORTION))


def threads_for_folder(folder: Path, limit: int) -> int:
    """Threads for all files below a folder; they are looked at until there is enough for every thread."""
    size = 0
    for root, _, names in os.walk(folder):
        size += sum((Path(root) / name).stat().st_size for name in names)
        if threads_for(size, limit) == limit:
            return limit
    return threads_for(size, limit)


def use_threads(connection: duckdb.DuckDBPyConnection, threads: int) -> None:
    """Have a connection's database work with so many threads from now on."""
    connection.execute(f"set threads = {threads}")


def threads_of(connection: duckdb.DuckDBPyConnection) -> int:
    """How many threads a connection's database works with."""
    row = connection.execute("select current_setting('threads')").fetchone()
    return int(row[0]) if row else 1
