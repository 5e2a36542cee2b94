"""The lake: opening DuckDB on the workspace's DuckLake, and the names of what lies in it.

Every connection of the project is opened here. What is written, and why, belongs to the callers.

Schemas of the attached catalog `lake`:
`store` (every conformed row, accepted or not, with its verdict), `meta.batches` (which batches are whole),
`meta.deliveries` (which of them were delivered when), `meta.raw_views` (what each raw view shows), `meta.recalled`,
`meta.turned` and `meta.standing` (which batches count, and which tables were made since: `standing`), `raw` and
`quarantine` (views: the accepted rows of batches that count, and all rejected ones), `staging`, `theme`, `product`.
"""

from __future__ import annotations

import importlib.util
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from contracts.model import Dataset
from contracts.sql_text import identifier, literal
from lake.cores import threads_for_folder, use_threads
from lake.engine_macros import install_macros
from lake.scratch import own_folder, reader_spill
from lake.settings import Settings
from lake.statistics import seal_statistics, unseal_statistics
from lake.ways_back import REBUILD
from sharing.keyring import make_keys, open_pseudonym

EXTENSIONS = ("httpfs", "sqlite_scanner", "ducklake", "excel")
CATALOG = "lake"

_META = """
create schema if not exists lake.meta;
create table if not exists lake.meta.batches (
  dataset varchar not null, batch varchar not null, delivery integer not null, delivered_on date not null,
  path varchar not null, rows_read bigint not null, accepted bigint not null, quarantined bigint not null
);
alter table lake.meta.batches add column if not exists contract varchar;
alter table lake.meta.batches add column if not exists tried varchar;
alter table lake.meta.batches add column if not exists held boolean;
create table if not exists lake.meta.deliveries (
  dataset varchar not null, path varchar not null, batch varchar not null, delivered_on date not null,
  arrived integer not null, withdrawn boolean not null
);
create table if not exists lake.meta.raw_views (dataset varchar not null, content varchar not null);
create table if not exists lake.meta.recalled (batch varchar not null);
create table if not exists lake.meta.turned (dataset varchar not null, batch varchar not null, counts boolean not null,
  noticed bigint not null);
create table if not exists lake.meta.standing (name varchar not null, since bigint not null, sources varchar[]);
create schema if not exists lake.store;
create schema if not exists lake.raw;
create schema if not exists lake.quarantine;
create schema if not exists lake.registry;
create schema if not exists lake.staging;
create schema if not exists lake.theme;
create schema if not exists lake.product;
create schema if not exists lake.indicator;
"""


class ExtensionMissing(RuntimeError):
    """A DuckDB extension wheel is not installed, or does not fit this DuckDB."""

    def __init__(self, name: str, wanted: str) -> None:
        self.name = name
        self.wanted = wanted
        super().__init__(
            f"DuckDB extension {name!r} is not installed for DuckDB {wanted}: "
            f"install the wheel duckdb-extension-{name.replace('_', '-')}=={wanted} (it is in requirements.txt)"
        )


class LakeUnreadable(RuntimeError):
    """The lake's catalog cannot be opened; `catalog` is its file."""

    _WHY = (
        ("locked", "another process is writing to it", "wait until that has ended, then try again"),
        ("not a database", "it is damaged", REBUILD),
        ("malformed", "it is damaged", REBUILD),
        ("unable to open", "it cannot be opened", "give this account the right to read and write it"),
        (
            "does not exist",
            "there is none, and a reader makes none",
            f"run `zhongtai run` first; where it is lost, {REBUILD}",
        ),
    )

    def __init__(self, catalog: Path, said: str) -> None:
        self.catalog = catalog
        otherwise = ("", "the engine cannot open it", REBUILD)
        _, why, fix = next((row for row in self._WHY if row[0] in said.lower()), otherwise)
        super().__init__(f"the lake's catalog {catalog}: {why}; {fix}")


class LakeLost(LakeUnreadable):
    """The lake's catalog is gone, though the ledger has `batches` that lay in it: no other is made in silence."""

    def __init__(self, catalog: Path, batches: int) -> None:
        self.catalog, self.batches = catalog, batches
        RuntimeError.__init__(
            self,
            f"the lake's catalog {catalog} is gone, and the ledger has {batches} batches that lay in it; {REBUILD}",
        )


def extension_file(name: str) -> Path:
    """The extension file that the installed wheel carries. Raises `ExtensionMissing`."""
    spec = importlib.util.find_spec(f"duckdb_extension_{name}")
    version = duckdb.__version__
    for folder in (spec.submodule_search_locations or []) if spec else []:
        file = Path(folder) / "extensions" / f"v{version}" / f"{name}.duckdb_extension"
        if file.exists():
            return file
    raise ExtensionMissing(name, version)


# The engine's options without which queries give wrong rows: with its deliminator, 1.5.5 loses a comparison of an
# EXISTS that compares with <> and an inequality, and has no equality (docs/decisions/engine-options.md).
EXACT = {"disabled_optimizers": "deliminator"}


def bare_connection(settings: Settings, spill: str = "spill") -> duckdb.DuckDBPyConnection:
    """An in-memory DuckDB within the workspace's bounds, extensions loaded, nothing attached, nothing downloaded.

    What does not fit into memory spills to a folder of that name in the scratch folder, which is its owner's only.
    """
    settings.extensions.mkdir(parents=True, exist_ok=True)
    own_folder(settings.scratch)
    connection = duckdb.connect(
        config={
            "threads": settings.threads,
            "memory_limit": settings.memory_limit,
            "temp_directory": str(settings.scratch / spill),
            "extension_directory": str(settings.extensions),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            **EXACT,
        }
    )
    # Where Python seems interactive (`python -c`), slow queries would draw on standard output, which is the commands'.
    connection.execute("set enable_progress_bar = false")
    for name in EXTENSIONS:
        connection.execute(f"load {literal(str(extension_file(name)))}")
    return connection


def attach_options(settings: Settings) -> dict[str, str | int | bool]:
    """The options of the DuckLake attachment, shared with the dbt profile.

    Inlining is off: inlined rows would lie unencrypted in the catalog.
    """
    return {
        "data_path": f"{settings.lake_data}/",
        "encrypted": True,
        "data_inlining_row_limit": 0,
        "META_JOURNAL_MODE": "WAL",
        "META_BUSY_TIMEOUT": 20000,
        # The catalog names files below the data folder: a state that was moved, or restored elsewhere, is as good.
        "override_data_path": True,
    }


def _option(value: str | int | bool) -> str:
    return literal(value) if isinstance(value, str) else str(value).lower()


def _attach(connection: duckdb.DuckDBPyConnection, settings: Settings, read_only: bool) -> None:
    options = ", ".join(f"{key} {_option(value)}" for key, value in attach_options(settings).items())
    mode = ", read_only" if read_only else ""
    try:
        connection.execute(f"attach {literal(f'ducklake:sqlite:{settings.catalog}')} as {CATALOG} ({options}{mode})")
    except duckdb.Error as error:
        raise LakeUnreadable(settings.catalog, str(error)) from None


def first_keys(settings: Settings) -> bool:
    """Make the keys of a city that has no past, and say whether there was none: later a missing key is refused."""
    if settings.has_past:
        return False
    make_keys(settings.key_place)
    return True


@contextmanager
def open_lake(
    settings: Settings, *, read_only: bool = False, unseal: bool = True
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the lake attached as `lake` and the declassifier macros as `zt`; closed at the end.

    A writer creates what is missing. One writer at a time (the SQLite catalog allows no more), any number of readers.
    Without unsealing a writer may replace tables and drop them, and not add to any.
    """
    if not read_only:
        first_keys(settings)
    key = open_pseudonym(settings.key_place)
    # The catalog holds the lake's keys.
    own_folder(settings.catalog.parent)
    settings.lake_data.mkdir(parents=True, exist_ok=True)
    if unseal and not read_only:
        with _readable(settings.catalog):
            unseal_statistics(settings.catalog, key)
    connection = bare_connection(settings, reader_spill(os.getpid()) if read_only else "spill")
    try:
        _attach(connection, settings, read_only)
        install_macros(connection, key)
        use_threads(connection, threads_for_folder(settings.lake_data, settings.threads))
        if not read_only:
            connection.execute(_META)
        yield connection
    finally:
        connection.close()


@contextmanager
def reading(connection: duckdb.DuckDBPyConnection, settings: Settings) -> Iterator[None]:
    """The lake and its macros in a bare connection, for reading alone; detached at the end. Raises `LakeUnreadable`."""
    key = open_pseudonym(settings.key_place)
    own_folder(settings.catalog.parent)
    _attach(connection, settings, read_only=True)
    try:
        install_macros(connection, key)
        use_threads(connection, threads_for_folder(settings.lake_data, settings.threads))
        yield
    finally:
        for name in (CATALOG, "zt"):
            connection.execute(f"detach database if exists {name}")


def seal_lake(settings: Settings) -> None:
    """Leave no value of a column in the catalog, once nobody writes any more. Raises `LakeUnreadable`."""
    with _readable(settings.catalog):
        seal_statistics(settings.catalog, open_pseudonym(settings.key_place))


@contextmanager
def _readable(catalog: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise LakeUnreadable(catalog, str(error)) from None


def store_table(dataset: Dataset) -> str:
    """The physical table of a dataset's conformed rows."""
    return f"lake.store.{identifier(dataset.table)}"


def raw_table(dataset: Dataset) -> str:
    """The view of a dataset's accepted rows."""
    return f"lake.raw.{identifier(dataset.table)}"


def quarantine_table(dataset: Dataset) -> str:
    """The view of a dataset's rejected rows."""
    return f"lake.quarantine.{identifier(dataset.table)}"
