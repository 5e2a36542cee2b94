"""The engine's own locks on a connection that runs SQL which the platform did not write.

Once set they cannot be taken off: no file outside the lake is read or written, nothing is attached or installed, and no
setting is changed. What they leave open (a copy into the lake's own folder, session variables, functions that tell of
files) is refused by whoever judges the statements.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import duckdb

from contracts.sql_text import literal

# Files that SQLite keeps beside the catalog's.
_BESIDE = ("", "-wal", "-shm", "-journal")


def lock(
    connection: duckdb.DuckDBPyConnection, catalog: Path, folders: Iterable[Path], files: Iterable[Path] = ()
) -> None:
    """Leave the engine only the catalog's files, these folders and these files, and nothing to set. Twice is as once.

    To be called when all is attached: afterwards nothing else can be.
    """
    if is_locked(connection):
        return
    allowed = [*(f"{catalog}{end}" for end in _BESIDE), *map(str, files)]
    connection.execute(f"set allowed_directories = [{_listed(f'{folder}/' for folder in folders)}]")
    connection.execute(f"set allowed_paths = [{_listed(allowed)}]")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")


def is_locked(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the engine's settings can no longer be changed."""
    row = connection.execute("select current_setting('lock_configuration')").fetchone()
    return bool(row and row[0])


def _listed(values: Iterable[str]) -> str:
    return ", ".join(literal(value) for value in values)
