"""What a ledger tells of batches and their rejected rows, folded into tables of a file: no past has to be in memory.

Any process may bring it up to date; one does at a time. It is made of nothing but entries, and a file that cannot be
read, or is of another ledger, is emptied and made again. What a batch is by it, `book.py` says.
"""

from __future__ import annotations

import json
import sqlite3
import weakref
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lake.batch import UNTAKEN
from lake.settings import Settings
from sharing.chain import Entry, Head
from sharing.ledger import Ledger
from sharing.transactions import transaction

WITHDRAWN = "withdrawn"
_KINDS = ("batch", "corrected", "recall")
_TOGETHER = 50_000
"""So many entries are one transaction."""
_VERSION = 1
_SCHEMA = """
create table meta (name text primary key, value text not null) strict, without rowid;
create table live (
  name text not null, batch text not null, path text not null, day text not null, seq integer not null,
  primary key (name, batch, path, day)
) strict, without rowid;
create table judged (
  name text not null, batch text not null, seq integer not null, state text not null, read integer not null,
  rows integer not null, reasons text not null, path text not null, day text not null, ever integer not null,
  primary key (name, batch)
) strict, without rowid;
create index judged_rejected on judged (name) where ever = 1;
create table mended (
  name text not null, batch text not null, by text not null, rows integer not null, primary key (name, batch)
) strict, without rowid;
create table recalled (batch text primary key, why text not null) strict, without rowid;
create table dataset (name text primary key, seq integer not null, moved integer not null, newest text) strict,
  without rowid;
"""
# `judged` has how a batch was last judged, `live` where it lies, since which entry. Of a dataset `moved` is the newest
# entry, `seq` the newest that said more than that something came of which no row was rejected; `newest` the day of its
# newest delivery that counts, where that is known.


def place_of_store(settings: Settings) -> Path:
    """Where the store of a workspace lies."""
    return settings.state / "quarantine" / "told.sqlite"


@dataclass(frozen=True)
class Stood:
    """One batch of which rows were ever rejected, as the store has it: as it was judged, and where it lies, if it does.

    `lying` are (path, day) in the order in which they came.
    """

    dataset: str
    batch: str
    seq: int
    state: str
    read: int
    rows: int
    reasons: dict[str, int]
    path: str
    day: str
    lying: tuple[tuple[str, str], ...]
    mended: dict[str, int]
    recalled: str | None


class Store:
    """The tables of one ledger: in the file of a place, or, of none, in one that is private and gone with it.

    To be used by one thread at a time.
    """

    def __init__(self, ledger: Ledger, place: Path | None = None) -> None:
        self._ledger, self._place = ledger, place
        self._open: sqlite3.Connection | None = None

    def read_on(self) -> int:
        """Take in what is new in the ledger; up to which entry that is."""
        try:
            return self._read_on()
        except sqlite3.DatabaseError as error:
            if self._place is None or isinstance(error, sqlite3.OperationalError):
                raise
            self._forget(self._place)
            return self._read_on()

    def moved(self, since: int) -> list[tuple[str, bool]]:
        """The datasets of which something was told after an entry, and whether rows may be open by it that were not."""
        sql = "select name, seq > ? from dataset where moved > ?"
        return [(str(name), bool(rows)) for name, rows in self._connection.execute(sql, (since, since))]

    def rejected(self, name: str) -> list[Stood]:
        """The batches of a dataset of which rows were ever rejected."""
        return self._stood("name = :name and ever = 1 order by batch", {"name": name})

    def unmended(self, name: str) -> list[Stood]:
        """Those of them of which rows may be open: nothing has mended them all, or what did was undone since."""
        of = "from mended as m where m.name = j.name and m.batch = j.batch"
        lies = "exists (select 1 from live as l where l.name = j.name and l.batch = b.key)"
        by = "from mended as m, json_each(m.by) as b where m.name = j.name and m.batch = j.batch"
        undone = f"exists (select 1 {by} and (b.key in (select batch from recalled) or not {lies}))"
        some = f"rows > coalesce((select m.rows {of}), 0) or {undone}"
        return self._stood(f"name = :name and ever = 1 and ({some}) order by batch", {"name": name})

    def batch(self, name: str, batch: str) -> Stood | None:
        """One of them; None where there is none."""
        found = self._stood("name = :name and batch = :batch and ever = 1", {"name": name, "batch": batch})
        return next(iter(found), None)

    def why_recalled(self, batch: str) -> str | None:
        """With which words a batch was recalled; None where it was not."""
        row = self._connection.execute("select why from recalled where batch = ?", (batch,)).fetchone()
        return None if row is None else str(row[0])

    def is_undone(self, names: Sequence[str], batch: str) -> bool:
        """Whether a batch of a dataset of these names was recalled, or lies nowhere any more."""
        if self.why_recalled(batch) is not None:
            return True
        sql = (
            "select count(*), count(*) filter (where exists (select 1 from live as l where l.name = j.name and "
            f"l.batch = j.batch)) from judged as j where batch = ? and name in ({', '.join('?' * len(names))})"
        )
        told, lying = self._connection.execute(sql, (batch, *names)).fetchone()
        return bool(told) and not lying

    def newest(self, name: str) -> str:
        """The day of the newest delivery of a dataset that counts and was not held; "" for none."""
        row = self._connection.execute("select newest from dataset where name = ?", (name,)).fetchone()
        if row is None or row[0] is not None:
            return str(row[0]) if row else ""
        day = self._connection.execute(
            "select coalesce(max(live.day), '') from live join judged using (name, batch) where name = ? "
            "and judged.state not in ('known', 'held') and batch not in (select batch from recalled)",
            (name,),
        ).fetchone()[0]
        self._connection.execute("update dataset set newest = ? where name = ?", (day, name))
        return str(day)

    def _stood(self, condition: str, values: dict[str, str]) -> list[Stood]:
        columns = "name, batch, seq, state, read, rows, reasons, path, day"
        sql = (
            f"select {columns}, (select by from mended as m where m.name = j.name and m.batch = j.batch), "
            "(select why from recalled as r where r.batch = j.batch), (select json_group_array(json_array(path, day)) "
            "from (select path, day from live as l where l.name = j.name and l.batch = j.batch order by l.seq)) "
            f"from judged as j where {condition}"
        )
        return [_stood(row) for row in self._connection.execute(sql, values)]

    @property
    def _connection(self) -> sqlite3.Connection:
        if self._open is None:
            self._open = _connected(self._place)
            weakref.finalize(self, self._open.close)
        return self._open

    def _read_on(self) -> int:
        head = self._ledger.head()
        read_to, digest = self._read_to()
        if digest and not self._ledger.holds(Head(read_to, digest)):
            with transaction(self._connection):
                for table in ("meta", "live", "judged", "mended", "recalled", "dataset"):
                    self._connection.execute(f"delete from {table}")
        while self._read_to()[0] < head.seq:
            self._portion(head)
        return self._read_to()[0]

    def _read_to(self) -> tuple[int, str]:
        told = dict(self._connection.execute("select name, value from meta").fetchall())
        return int(told.get("read_to", 0)), str(told.get("digest", ""))

    def _portion(self, head: Head) -> None:
        with transaction(self._connection):
            begun, count, last = self._read_to()[0], 0, head
            for entry in self._ledger.kept_after(_KINDS, begun):
                if entry.seq > head.seq:
                    break
                if count == _TOGETHER:
                    break
                count += 1
                last = Head(entry.seq, entry.digest)
                self._tell(entry)
            done = last if count == _TOGETHER else head
            if done.seq > begun:  # another process may have been here meanwhile
                told = {"read_to": str(done.seq), "digest": done.digest}
                self._connection.executemany("insert or replace into meta values (?, ?)", list(told.items()))

    def _tell(self, entry: Entry) -> None:
        body = entry.body
        if entry.kind == "recall":
            self._recall(entry, str(body["batch"]), str(body.get("reason", "")))
        elif entry.kind == "corrected":
            name = str(body["dataset"])
            told = name, str(body["batch"]), json.dumps(body["by"]), sum(body["by"].values())
            self._connection.execute("insert or replace into mended values (?, ?, ?, ?)", told)
            self._move(name, entry.seq, entry.seq)
        elif body["state"] not in UNTAKEN and body.get("batch"):
            self._deliver(entry)

    def _recall(self, entry: Entry, batch: str, why: str) -> None:
        """Whose batch it is nobody says."""
        self._connection.execute("insert or replace into recalled values (?, ?)", (batch, why))
        whose = "exists (select 1 from judged where judged.name = dataset.name and judged.batch = ?)"
        moved = f"update dataset set seq = ?, moved = ?, newest = null where {whose}"
        self._connection.execute(moved, (entry.seq, entry.seq, batch))

    def _deliver(self, entry: Entry) -> None:
        body, do = entry.body, self._connection.execute
        name, batch, path, day = (str(body[one]) for one in ("dataset", "batch", "path", "delivered_on"))
        state, rows = str(body["state"]), int(body.get("quarantined", 0))
        ever = do("select ever from judged where name = ? and batch = ?", (name, batch)).fetchone()
        if state == WITHDRAWN:
            do("delete from live where name = ? and batch = ? and path = ? and day = ?", (name, batch, path, day))
        else:
            do("insert or ignore into live values (?, ?, ?, ?, ?)", (name, batch, path, day, entry.seq))
        if state != WITHDRAWN and (state != "known" or ever is None):
            counts = int(body.get("read", 0)), rows, json.dumps(body.get("reasons", {})), path, day
            rejected = int(bool(rows or (ever and ever[0])))
            facts = (name, batch, entry.seq, state, *counts, rejected)
            do("insert or replace into judged values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", facts)
        plain = ever is None and state == "accepted" and self.why_recalled(batch) is None
        self._move(name, entry.seq, 0 if plain and not rows else entry.seq, day if plain else None)

    def _move(self, name: str, moved: int, seq: int, day: str | None = None) -> None:
        """Note that something was told; with a `day`, that a delivery of it came, and nothing else."""
        self._connection.execute(
            "insert into dataset values (:name, :seq, :moved, :day) on conflict (name) do update set "
            "seq = max(seq, excluded.seq), moved = excluded.moved, "
            "newest = case when :day is not null then max(newest, :day) end",  # of null the greatest is null
            {"name": name, "seq": seq, "moved": moved, "day": day},
        )

    def _forget(self, place: Path) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None
        for end in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                place.with_name(place.name + end).unlink()


def _stood(row: tuple[Any, ...]) -> Stood:
    name, batch, seq, state, read, rows, reasons, path, day, by, why, lying = row
    places = tuple((each, on) for each, on in json.loads(lying))
    told = name, batch, seq, state, read, rows, json.loads(reasons), path, day
    return Stood(*told, places, json.loads(by) if by else {}, why)


def _connected(place: Path | None) -> sqlite3.Connection:
    """The file, made where it is not there or is of another version; of no place one that SQLite keeps and deletes."""
    if place is not None:
        place.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(place or "", timeout=30, isolation_level=None, check_same_thread=False)
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = off")  # what a crash spoils is made again
    with transaction(connection):
        if connection.execute("pragma user_version").fetchone()[0] != _VERSION:
            for (name,) in connection.execute("select name from sqlite_master where type = 'table'").fetchall():
                connection.execute(f'drop table "{name}"')
            for statement in filter(str.strip, _SCHEMA.split(";")):
                connection.execute(statement)
            connection.execute(f"pragma user_version = {_VERSION}")
    return connection
