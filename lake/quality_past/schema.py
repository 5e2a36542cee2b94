"""The store's tables. One SQLite file in WAL: one writer at a time, and any number of readers meanwhile."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from contracts.dimensions import DIMENSIONS

VERSION = 2
"""Raised when the tables change: a file of another version is deleted and made again."""

_SCORES = ", ".join(f"{name} real" for name in DIMENSIONS)
_COUNTS = ", ".join(f"{name}_n integer not null" for name in DIMENSIONS)

SCHEMA = f"""
create table meta (name text primary key, value text not null) strict, without rowid;
create table unit (
  id integer primary key, name text not null unique, kind text not null, department text not null, domain text not null,
  declared integer not null, live integer not null
) strict;
create table member (scope text not null, unit integer not null, primary key (scope, unit)) strict, without rowid;
create table rule (
  id integer primary key, tbl text not null, name text not null, col text not null, unit integer not null,
  kind text not null, dimension text not null, severity text not null, live integer not null,
  seq integer not null, day text not null, run text not null, rows integer, failing integer, passed integer not null,
  error text, observed text, since text, since_seq integer, unique (tbl, name, col)
) strict;
create index rule_of_unit on rule (unit);
create index rule_failing on rule (passed, live);
create table result (
  rule integer not null, first integer not null, last integer not null, day text not null, last_day text not null,
  times integer not null, rows integer, failing integer, passed integer not null, error text, vacuous integer not null,
  primary key (rule, first)
) strict, without rowid;
create table standing (
  unit integer not null, day text not null, {_SCORES}, state text not null, rules integer not null,
  failing integer not null, primary key (unit, day)
) strict, without rowid;
create table rollup (
  scope text not null, day text not null, {_SCORES}, {_COUNTS}, units integer not null, bad integer not null,
  primary key (scope, day)
) strict, without rowid;
create table delivery (
  dataset text not null, day text not null, batch text not null, seq integer not null, at text not null,
  state text not null, read integer not null, accepted integer not null, quarantined integer not null,
  bound integer not null, broken integer not null, reasons text not null, primary key (dataset, day, batch)
) strict, without rowid;
create table profile (
  dataset text not null, day text not null, batch text not null, seq integer not null, engine text not null,
  rows integer not null, columns text not null, distances text, primary key (dataset, day, batch)
) strict, without rowid;
create table anomaly (
  dataset text not null, day text not null, col text not null, kind text not null, batch text not null,
  observed real not null, expected real not null, low real not null, high real not null, history integer not null,
  primary key (dataset, day, col, kind)
) strict, without rowid;
create table judged (
  dataset text primary key, day text not null, silent text not null
) strict, without rowid;
create table waiting (dataset text primary key, day text not null) strict, without rowid;
"""


def connected(path: Path) -> sqlite3.Connection:
    """The store for writing; made where it is not there, or is of another version."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = off")  # what a crash spoils is made again
    connection.execute("begin immediate")
    try:
        if connection.execute("pragma user_version").fetchone()[0] != VERSION:
            for (name,) in connection.execute("select name from sqlite_master where type = 'table'").fetchall():
                connection.execute(f'drop table "{name}"')
            for statement in filter(str.strip, SCHEMA.split(";")):
                connection.execute(statement)
            connection.execute(f"pragma user_version = {VERSION}")
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise
    return connection


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """The store for reading, as it was when something last wrote."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as connection:
        connection.row_factory = sqlite3.Row
        yield connection
