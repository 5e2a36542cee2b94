"""The tables of a city with their rules, as of now: made anew where declarations change, or a check has a new result.

What a ledger tells of checks is read on. Whose a table is, is asked with each look.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import Any

from contracts.model import Catalogue
from portal.city import City
from portal.people.reader import Reader
from portal.rules.records import Table, bare, may_tend, tables


class RuleShelf:
    """The rules of one city. Safe to use from several threads."""

    def __init__(self, city: City) -> None:
        self._city, self._lock, self._to = city, Lock(), 0
        self._results: dict[tuple[str, str], dict[str, Any]] = {}
        self._of: Catalogue | None = None
        self._tables: dict[str, Table] = {}

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
            catalogue, new = self._city.catalogue, self._read_on()
            if new or self._of is not catalogue:
                self._of, self._tables = catalogue, {one.name: one for one in tables(catalogue, self._results)}
            return self._tables

    def _read_on(self) -> bool:
        size, new = self._city.ledger.size(), False
        for entry in self._city.ledger.kept_after(("check",), self._to) if size > self._to else ():
            body, new = entry.body, True
            self._results[str(body["table"]), str(body["rule"])] = {name: body.get(name) for name in _SHOWN}
            size = max(size, entry.seq)
        self._to = size
        return new


_SHOWN = ("passed", "rows", "failing_rows", "error", "observed", "severity")
