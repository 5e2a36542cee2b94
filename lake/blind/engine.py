"""A DuckDB in memory for files of identifiers, which says nothing of what stands in them and spills nothing to disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from contracts.sql_text import literal
from lake.attach import EXACT
from lake.engine_macros import PLAIN_MACROS, STANDARD_SPELLINGS
from lake.settings import Settings
from sharing.durable import place_file
from sharing.faults import SharingRefused

_READERS = {
    ".parquet": "select * exclude (file_row_number), file_row_number + 1 as {row} "
    "from read_parquet({file}, file_row_number = true)",
    ".csv": "select *, row_number() over () as {row} "
    "from read_csv({file}, all_varchar = true, header = true, auto_detect = true)",
}
_ROW = "_zhongtai_row"


@contextmanager
def own_engine(settings: Settings, about: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the judges and standard spellings. SharingRefused for whatever the engine refuses.

    Its own text may quote a value, a line of a file or a key: the kind alone is told.
    """
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": settings.threads,
        "memory_limit": settings.memory_limit,
        "temp_directory": "",
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        **EXACT,
    }
    try:
        with duckdb.connect(config=config) as connection:
            connection.execute("set enable_progress_bar = false; set preserve_insertion_order = true")
            connection.execute("attach ':memory:' as zt")
            for statement in (PLAIN_MACROS + STANDARD_SPELLINGS).split(";\n"):
                if statement.strip():
                    connection.execute(statement)
            yield connection
    except duckdb.OutOfMemoryException:
        told = "it needs more memory than ZHONGTAI_MEMORY allows, and nothing of it is written to disk"
        raise SharingRefused("blind_file", about, told, "allow more memory, or encode it in parts") from None
    except duckdb.FatalException:
        raise
    except duckdb.Error as error:
        told = f"it could not be worked on ({type(error).__name__})"
        raise SharingRefused("blind_file", about, told, "see that it is whole, and UTF-8 where it is text") from None


def values_of(connection: duckdb.DuckDBPyConnection, file: Path, column: str) -> str:
    """SELECT of (value, row) of one column of a Parquet or CSV file; rows from 1 as they stand; blank is null."""
    reader = _READERS.get(file.suffix.lower())
    if reader is None:
        fix = f"write it as one that ends in {' or '.join(sorted(_READERS))}"
        raise SharingRefused("blind_file", file.name, "it is of no kind that is read here", fix)
    if not file.is_file():
        raise SharingRefused("blind_file", str(file), "there is no such file", "name the file with the identifiers")
    rows = reader.format(file=literal(str(file)), row=_ROW)
    names = [str(one[0]) for one in connection.execute(f"describe {rows}").fetchall()]
    if column not in names[:-1]:
        raise SharingRefused("blind_column", file.name, f"it has no column {column!a}", "name one of its columns")
    quoted = '"' + column.replace('"', '""') + '"'
    return f"select nullif(trim(cast({quoted} as varchar)), '') as value, {_ROW} as row from ({rows})"


def write_parquet(connection: duckdb.DuckDBPyConnection, select: str, out: Path, told: str | None = None) -> None:
    """Write a query's rows to a file for its owner alone, whole or not at all; `told` stands in the file's metadata.

    SharingRefused where something is there: a file that somebody else may have taken already is not replaced.
    """
    if os.path.lexists(out):
        raise SharingRefused("blind_file", str(out), "something is there already", "name a file that is not there")
    draft = out.with_name(f".{out.name}.{os.getpid()}.draft")
    said = f", kv_metadata {{zhongtai_blind: {literal(told)}}}" if told is not None else ""
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.close(handle)
    try:
        connection.execute(f"copy ({select}) to {literal(str(draft))} (format parquet{said})")
        draft.chmod(0o600)
        place_file(draft, out)
    finally:
        draft.unlink(missing_ok=True)


def number(connection: duckdb.DuckDBPyConnection, select: str) -> tuple[int, ...]:
    """The one row of whole numbers that a query gives."""
    row = connection.execute(select).fetchone()
    return tuple(int(one or 0) for one in row or ())
