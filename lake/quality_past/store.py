"""The store of one city: brought up to date by the ledger, and asked by whoever has pages to fill.

Any process may bring it up to date; one does at a time, and nobody who reads waits for it. A file that cannot be read
is deleted and made again. What is asked of it is `asking`'s.
"""

from __future__ import annotations

import heapq
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock

from contracts.model import Catalogue
from lake.quality_past.judging import judge
from lake.quality_past.schema import connected, reading
from lake.quality_past.standings import settle, sum_up
from lake.quality_past.telling import KINDS, Telling
from lake.quality_past.units import Declared, declared
from lake.settings import Settings
from sharing.chain import Entry, Head
from sharing.ledger import Ledger
from sharing.transactions import transaction

_TOGETHER = 200_000
"""So many entries are one transaction."""
_AT_ONCE = 40
"""So many datasets' new batches are judged by whoever asks; more wait for `judge_all`."""


class QualityPast:
    """What a ledger tells of quality over time. Safe to use from several threads and processes."""

    def __init__(self, settings: Settings, ledger: Ledger, catalogue: Catalogue) -> None:
        self.path: Path = settings.quality / "past.sqlite"
        self._ledger, self._lock = ledger, Lock()
        self._catalogue, self._declared = catalogue, declared(catalogue)
        self._to = -1
        self._settled = True
        self.kept = False
        """Whether somebody keeps it up to date, so that no page need."""

    @property
    def declared(self) -> Declared:
        """The declarations as the store has them."""
        return self._declared

    @property
    def catalogue(self) -> Catalogue:
        """The declarations."""
        return self._catalogue

    def follow(self, catalogue: Catalogue) -> None:
        """Take the declarations as they are now."""
        if catalogue is not self._catalogue:
            with self._lock:
                self._catalogue, self._declared, self._to = catalogue, declared(catalogue), -1
                self._settled = False

    def look(self, catalogue: Catalogue) -> None:
        """Bring it up to date for a page, by the declarations as they are now.

        Where something else does so (`kept`, or whoever is at it just now) the page is of what is known, and does not
        wait; of a store that is not there yet, or is by other declarations than the page, it does.
        """
        same = catalogue is self._catalogue and self._settled
        if same and self.path.exists() and (self.kept or self._lock.locked()):
            return
        self.follow(catalogue)
        self.read_on()

    def read_on(self, most: int = _AT_ONCE) -> None:
        """Take in what is new in the ledger, and judge the new batches of at most so many datasets."""
        with self._lock:
            if self.path.exists() and self._ledger.size() == self._to:
                return
            try:
                self._read_on(most)
            except sqlite3.DatabaseError as error:
                if isinstance(error, sqlite3.OperationalError):
                    raise
                self._forget()
                self._read_on(most)

    def judge_all(self) -> None:
        """Judge whatever waits."""
        with self._lock, self._writing() as connection:
            for dataset, day in connection.execute("select dataset, day from waiting order by dataset").fetchall():
                self._judge(connection, dataset, day)

    @contextmanager
    def asked(self) -> Iterator[sqlite3.Connection]:
        """The store for reading, as it is."""
        with reading(self.path) as connection:
            yield connection

    def stands(self) -> tuple[int, int]:
        """Up to which entry of the ledger it knows, and of how many datasets new batches wait to be judged."""
        if not self.path.exists():
            return 0, 0
        with self.asked() as store:
            return _read_to(store), int(store.execute("select count(*) from waiting").fetchone()[0])

    def _read_on(self, most: int) -> None:
        if self.path.exists() and not self._follows():
            self._forget()
        with self._writing() as connection:
            self._settle(connection)
            while self._fold(connection):
                pass
            waiting = connection.execute("select dataset, day from waiting order by dataset").fetchall()
            for dataset, day in waiting if len(waiting) <= most else ():
                self._judge(connection, dataset, day)
            self._to = _read_to(connection)

    def _follows(self) -> bool:
        """Whether the store is of this ledger: one that was put back from a backup may be another from an entry on."""
        with self._writing() as connection:
            known = connection.execute("select value from meta where name = 'digest'").fetchone()
            return known is None or self._ledger.holds(Head(_read_to(connection), known[0]))

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        connection = connected(self.path)
        try:
            yield connection
        finally:
            connection.close()

    def _settle(self, connection: sqlite3.Connection) -> None:
        with transaction(connection):
            settle(connection, self._declared)
        self._settled = True

    def _fold(self, connection: sqlite3.Connection) -> bool:
        """One portion of what is new; whether there may be more."""
        head = self._ledger.head()
        size, digest = head.seq, head.digest
        with transaction(connection):
            begun, count = _read_to(connection), 0
            if begun >= size:
                return False
            telling, last, told = Telling(connection, self._declared), begun, digest
            for entry in self._new(begun):
                if count >= _TOGETHER or entry.seq > size:
                    break
                telling.tell(entry)
                count, last, told = count + 1, entry.seq, entry.digest
            telling.end()
            if telling.touched:
                sum_up(connection, telling.touched)
            done = count < _TOGETHER
            read = {"read_to": str(size if done else last), "digest": digest if done else told}
            connection.executemany("insert or replace into meta values (?, ?)", list(read.items()))
        return not done

    def _new(self, begun: int) -> Iterator[Entry]:
        return heapq.merge(*(self._ledger.after(kind, begun) for kind in KINDS), key=lambda entry: entry.seq)

    def _judge(self, connection: sqlite3.Connection, dataset: str, day: str) -> None:
        with transaction(connection):
            judge(connection, dataset, day, self._catalogue.calendar)
            connection.execute("delete from waiting where dataset = ?", (dataset,))

    def _forget(self) -> None:
        for end in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                self.path.with_name(self.path.name + end).unlink()


def _read_to(connection: sqlite3.Connection) -> int:
    row = connection.execute("select value from meta where name = 'read_to'").fetchone()
    return int(row[0]) if row else 0
