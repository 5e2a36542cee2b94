"""The lake's files kept few: former states let go, small files merged, and removed what no state names any more.

All of it is done by DuckLake's own functions; a table that was merged is held against the digest of its rows before the
merger counts. When this is done, and how long former states are kept, is `upkeep`'s.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from contracts.sql_text import literal
from lake.versions import content_version

# Larger ones are read as fast by themselves, and would be written again with every merger.
_TURNS = 3
_SMALL_BYTES = 64 << 20
# From this share of deleted rows on a file is written anew without them.
_DELETED_SHARE = 0.5


@dataclass(frozen=True)
class Compacted:
    """What was done to the lake's files; sizes in bytes. `unmerged` are tables that the engine could not merge."""

    files_before: int
    files_after: int
    bytes_before: int
    bytes_after: int
    snapshots_before: int
    snapshots_after: int
    merged: tuple[str, ...]
    removed: int
    orphans: int
    unmerged: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON-ready data."""
        return asdict(self)


class RowsChanged(RuntimeError):
    """A merger would have changed a table's rows: nothing of it was kept."""

    def __init__(self, table: str, before: str, after: str) -> None:
        self.table, self.before, self.after = table, before, after
        super().__init__(
            f"{table}: merging its files changed its rows ({before} became {after}), so it was taken back; run "
            "`zhongtai audit --deep`, and report it: this is a fault of the engine"
        )


class OrphanNamed(RuntimeError):
    """The engine would remove files that the lake's catalog names: none was removed."""

    def __init__(self, files: list[str]) -> None:
        self.files = files
        super().__init__(
            f"{len(files)} files that the engine takes for orphans are named by the lake's catalog ({files[0]}); none "
            "was removed. Run `zhongtai audit --deep`, and report it: this is a fault of the engine"
        )


def compact(connection: duckdb.DuckDBPyConnection, data: Path, past: tuple[datetime, datetime] | None) -> Compacted:
    """Merge small files. With `past` let go what was the lake before the first moment, its newest state never, and
    remove files that were let go before the second.

    Nobody else may be writing. Raises `RowsChanged`, `OrphanNamed`.
    """
    files, size = _measured(data)
    snapshots = _snapshots(connection)
    # First: files of states that are let go need not be merged.
    if past:
        _call(connection, "expire_snapshots", f"older_than => {_moment(past[0])}")
    merged, unmerged = _merged(connection)
    removed = len(_call(connection, "cleanup_old_files", f"older_than => {_moment(past[1])}")) if past else 0
    orphans = _orphans(connection)
    after, size_after = _measured(data)
    return Compacted(
        files, after, size, size_after, snapshots, _snapshots(connection), merged, removed, orphans, unmerged
    )


def _merged(connection: duckdb.DuckDBPyConnection) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The tables whose files were merged, and those that the engine would not merge."""
    merged, unmerged = dict[str, None](), dict[str, None]()
    # What was written anew without its deleted rows is merged with its neighbours by the next turn.
    for _ in range(_TURNS):
        several = [one for one in _several(connection) if ".".join(one) not in unmerged]
        turned = False
        for schema, name in several:
            table = f"{schema}.{name}"
            try:
                if _merge(connection, schema, name):
                    merged[table] = None
                    turned = True
            except duckdb.FatalException:
                raise
            except duckdb.Error:
                unmerged[table] = None
        if not turned:
            break
    return tuple(merged), tuple(unmerged)


def _several(connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, str]]:
    """Tables of more than one file, or of rows that are deleted in place."""
    yield from connection.execute(
        "select s.schema_name, t.table_name from __ducklake_metadata_lake.ducklake_table as t "
        "join __ducklake_metadata_lake.ducklake_schema as s on s.schema_id = t.schema_id "
        "join __ducklake_metadata_lake.ducklake_data_file as f on f.table_id = t.table_id "
        "left join __ducklake_metadata_lake.ducklake_delete_file as d "
        "on d.data_file_id = f.data_file_id and d.end_snapshot is null "
        "where t.end_snapshot is null and f.end_snapshot is null "
        f"group by all having count(*) filter (f.file_size_bytes < {_SMALL_BYTES}) > 1 or count(d.data_file_id) > 0 "
        "order by all"
    ).fetchall()


def _merge(connection: duckdb.DuckDBPyConnection, schema: str, name: str) -> bool:
    """Merge the files of one table, in one transaction with the proof that its rows are the same."""
    named = f"{literal(name)}, schema => {literal(schema)}"
    connection.execute("begin transaction")
    try:
        before = content_version(connection, f"{schema}.{name}")
        done = _call(connection, "rewrite_data_files", f"{named}, delete_threshold => {_DELETED_SHARE}")
        done += _call(connection, "merge_adjacent_files", f"{named}, max_file_size => {_SMALL_BYTES}")
        after = content_version(connection, f"{schema}.{name}")
        if after != before:
            raise RowsChanged(f"{schema}.{name}", before, after)
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise
    return bool(done)


def _orphans(connection: duckdb.DuckDBPyConnection) -> int:
    """Remove files that no state of the lake names: a writer that died left them. How many they were."""
    looked = _call(connection, "delete_orphaned_files", "cleanup_all => true, dry_run => true")
    found = [str(file) for (file,) in looked]
    known = {
        Path(path).name
        for (path,) in connection.execute(
            "select path from __ducklake_metadata_lake.ducklake_data_file union all "
            "select path from __ducklake_metadata_lake.ducklake_delete_file"
        ).fetchall()
    }
    if wrong := [file for file in found if Path(file).name in known]:
        raise OrphanNamed(wrong)
    if found:
        _call(connection, "delete_orphaned_files", "cleanup_all => true")
    return len(found)


def _call(connection: duckdb.DuckDBPyConnection, function: str, arguments: str) -> list[tuple[Any, ...]]:
    return connection.execute(f"call ducklake_{function}('lake', {arguments})").fetchall()


def _moment(moment: datetime) -> str:
    return f"timestamptz {literal(moment.isoformat())}"


def _snapshots(connection: duckdb.DuckDBPyConnection) -> int:
    row = connection.execute("select count(*) from ducklake_snapshots('lake')").fetchone()
    return int(row[0]) if row else 0


def _measured(data: Path) -> tuple[int, int]:
    """How many Parquet files lie in a folder, and their bytes."""
    sizes = [file.stat().st_size for file in data.rglob("*.parquet")]
    return len(sizes), sum(sizes)
