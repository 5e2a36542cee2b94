"""The tables of a city with their rules, as of now: made anew where declarations change, or a check has a new result.

What a ledger tells of checks is read on. Whose a table is, is asked with each look.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from threading import Lock
from typing import Any

from contracts.model import Catalogue
from portal.city import City
from portal.people.reader import Reader
from portal.rules.records import Table, bare, may_tend, tables, urgency, with_results
from sharing.faults import SharingRefused


class RuleShelf:
    """The rules of one city. Safe to use from several threads."""

    def __init__(self, city: City) -> None:
        self._city, self._lock, self._to = city, Lock(), 0
        self._results: dict[tuple[str, str], dict[str, Any]] = {}
        self._of: Catalogue | None = None
        self._tables: dict[str, Table] = {}

    def warm(self) -> None:
        """Read what the ledger has, before anybody asks. What cannot be read now is told to whoever asks."""
        with suppress(sqlite3.Error, SharingRefused):
            self._now()

    def tables(self, reader: Reader) -> Sequence[Table]:
        """The tables that are a reader's to look after, each with all its rules; what fails first."""
        every = self._now().values()
        mine = {name for name in {one.department for one in every} if may_tend(reader, name)}
        return [one for one in every if one.department in mine]

    def table(self, reader: Reader, name: str) -> Table | None:
        """One of them; None for what is not there, or is not the reader's."""
        found = self._now().get(name) or bare(self._city.catalogue, name)
        return found if found is not None and may_tend(reader, found.department) else None

    def _now(self) -> dict[str, Table]:
        with self._lock:
            catalogue, touched = self._city.catalogue, self._read_on()
            if self._of is not catalogue:
                self._of, self._tables = catalogue, tables(catalogue)
                touched = set(self._tables)
            if touched:
                told = {name: with_results(self._tables[name], self._results) for name in touched & self._tables.keys()}
                self._tables = {one.name: one for one in sorted({**self._tables, **told}.values(), key=urgency)}
            return self._tables

    def _read_on(self) -> set[str]:
        """Read what is new; the tables that it is about."""
        size, touched = self._city.ledger.size(), set[str]()
        for entry in self._city.ledger.kept_after(("check",), self._to) if size > self._to else ():
            body, table = entry.body, str(entry.body["table"])
            self._results[table, str(body["rule"])] = {name: body.get(name) for name in _SHOWN}
            touched.add(table)
            size = max(size, entry.seq)
        self._to = size
        return touched


_SHOWN = ("passed", "rows", "failing_rows", "error", "observed", "severity")
