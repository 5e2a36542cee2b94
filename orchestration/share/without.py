"""What models would be without a batch: built over raw tables that lack it, all the way up, in temporary tables.

A model that the batch does not change is the one there is, and nothing above it is built for it. Models that many read,
or that read raw tables, are stored, so that each is built once for each batch, whatever the products; others are views.

Lives here: the building. Must not live here: which batches are asked about (`provenance.py`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import duckdb

from contracts.sql_text import identifier, literal
from lineage.graph import split_parts
from lineage.shadow.elsewhere import elsewhere, tables_in
from lineage.shadow.rewrite import NotShadowed
from orchestration.share.same_rows import fingerprint, safely, types_of

Batch = tuple[str, str]
"""A raw table and a batch in it."""
Rows = tuple[int, ...]
_Made = tuple[str, "Batch | None"]


@dataclass
class Without:
    """The models of one lake, to be built without one batch or another. To be closed."""

    connection: duckdb.DuckDBPyConnection
    models: Mapping[str, str]
    raw: Collection[str]
    _made: dict[_Made, str] = field(default_factory=dict)
    _rows: dict[str, Rows] = field(default_factory=dict)
    _read: dict[str, frozenset[str]] = field(default_factory=dict)

    def rows(self, relation: str, gone: Batch | None = None) -> Rows:
        """A fingerprint of the rows that `relation` would have without a batch. Raises `NotShadowed`."""
        with safely("building without a batch"):
            return self._rows_of(self._source(relation, gone))

    def types(self, relation: str) -> dict[str, str]:
        """The columns of a model as it would be built from all raw tables."""
        with safely("building from raw tables"):
            return types_of(self.connection, self._source(relation, None))

    def gains(self, relation: str, gone: Batch) -> bool:
        """Whether a model would have rows without a batch that it does not have with it."""
        with safely("building without a batch"):
            there, then = self._source(relation, None), self._source(relation, gone)
            if there == then:
                return False
            asked = f"select exists (select * from {then} except all select * from {there})"
            row = self.connection.execute(asked).fetchone()
        return row is None or bool(row[0])

    def raw_below(self, relation: str) -> frozenset[str]:
        """The raw tables that a model is made of, directly or not. Raises `NotShadowed`."""
        return self._below(relation, ())

    def read_by(self, raw: str) -> tuple[str, ...]:
        """The models that read a raw table itself."""
        return tuple(sorted(name for name, read in self._reads.items() if raw in read))

    def close(self) -> None:
        """Drop tables and views."""
        for name in dict.fromkeys(self._made.values()):
            if name.startswith("temp."):
                kind = "view" if "_view_" in name else "table"
                self.connection.execute(f"drop {kind} if exists {name}")
        self._made.clear()
        self._rows.clear()

    @cached_property
    def _reads(self) -> Mapping[str, frozenset[str]]:
        """Model -> what it names; nothing of one that cannot be read."""
        return dict(self._readable())

    def _readable(self) -> Iterator[tuple[str, frozenset[str]]]:
        for relation, sql in self.models.items():
            try:
                yield relation, tables_in(sql)
            except NotShadowed:
                continue

    @cached_property
    def _stored(self) -> frozenset[str]:
        readers = Counter(name for read in self._reads.values() for name in read)
        by_many = {name for name, times in readers.items() if times > 1}
        return frozenset(name for name, read in self._reads.items() if name in by_many or read & set(self.raw))

    def _below(self, relation: str, within: tuple[str, ...]) -> frozenset[str]:
        if relation in self.raw:
            return frozenset((relation,))
        if relation not in self.models or relation in within:
            return frozenset()
        if relation not in self._read:
            read = self._reads.get(relation)
            if read is None:
                raise NotShadowed(f"{relation}: its SQL is not one query that can be read")
            self._read[relation] = frozenset[str]().union(*(self._below(one, (*within, relation)) for one in read))
        return self._read[relation]

    def _source(self, relation: str, gone: Batch | None, within: tuple[str, ...] = ()) -> str:
        """What FROM may name for a relation without a batch."""
        if relation in within:
            raise NotShadowed(f"{relation} reads itself")
        if gone is not None and gone[0] not in self._below(relation, ()):
            return self._source(relation, None, within)
        if relation not in self.models and not (gone and relation in self.raw):
            return ".".join(map(identifier, split_parts(relation)))
        key = (relation, gone)
        if key not in self._made:
            self._made[key] = self._make(relation, gone, (*within, relation))
        return self._made[key]

    def _make(self, relation: str, gone: Batch | None, within: tuple[str, ...]) -> str:
        if relation not in self.models and gone is not None:
            source = ".".join(map(identifier, split_parts(relation)))
            return self._view(f"select * from {source} where _batch <> {literal(gone[1])}")
        known = [one for one in sorted(self._reads[relation]) if one in self.raw or one in self.models]
        places = {one: self._source(one, gone, within) for one in known}
        if gone is not None:
            there = self._source(relation, None)
            if places == {one: self._source(one, None) for one in known}:
                return there
        sql = elsewhere(self.models[relation], places)
        if relation not in self._stored:
            return self._view(sql)
        table = f"temp.main.{identifier(f'zt_without_table_{len(self._made)}')}"
        self.connection.execute(f"create or replace temp table {table} as {sql}")
        if gone is not None and self._rows_of(table) == self._rows_of(there):
            self.connection.execute(f"drop table {table}")
            return there
        return table

    def _view(self, sql: str) -> str:
        view = f"temp.main.{identifier(f'zt_without_view_{len(self._made)}')}"
        self.connection.execute(f"create or replace temp view {view} as {sql}")
        return view

    def _rows_of(self, source: str) -> Rows:
        if source not in self._rows:
            found = self.connection.execute(fingerprint(types_of(self.connection, source), source)).fetchone()
            self._rows[source] = tuple(found or ())
        return self._rows[source]
