"""Which batches are in a product: those of the rows that its rows were derived from, and those without which building
it gives other rows (docs/decisions/batches-in-a-release.md).

The first are told by the labelled query, once it is proved to give the very rows that are about to leave. The second
are looked for among the batches that may decide without a label, by building without each. Where the labelled query
cannot be written or proved, every batch is asked about by building without it; where that cannot be done, nothing is
told.

Lives here: what is asked, and in which order. Must not live here: the queries (`lineage/shadow`), building without
(`without.py`)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import duckdb

from contracts.sql_text import identifier, literal
from lineage.graph import split_parts
from lineage.shadow.batches import Places, labelled
from lineage.shadow.bits import Bits
from lineage.shadow.deciding import Entry
from lineage.shadow.rewrite import NotShadowed
from orchestration.share.same_rows import fingerprint, parquet, prove, safely, types_of
from orchestration.share.without import Batch, Without

_LABELS, _ROWS = "temp.main.zt_batch_labels", "temp.main.zt_batch_rows"


@dataclass(frozen=True)
class InRelease:
    """The batches that are in a product, each with its raw table; None where it cannot be told, and `why`."""

    batches: frozenset[Batch] | None
    why: str = ""

    def of(self, table: str) -> tuple[str, ...]:
        """Those of one raw table, in order; none where it cannot be told."""
        return tuple(sorted(batch for raw, batch in self.batches or () if raw == table))


@dataclass(frozen=True)
class Door:
    """A model between raw tables and products: SQL for the batches without which it would have other rows, one column;
    all of its rows' own where it `settles` which rows stand in for others."""

    let_in: str
    settles: bool = True


@dataclass
class Provenance:
    """The batches behind the products of one lake at one moment. To be closed: its tables hold rows.

    `models` maps relations to the SQL that made each; `raw` are the tables of delivered rows, `plain` those that nobody
    delivers; `doors` are models that are asked by themselves.
    """

    connection: duckdb.DuckDBPyConnection
    models: Mapping[str, str]
    raw: Collection[str]
    plain: Collection[str] = ()
    doors: Mapping[str, Door] = field(default_factory=dict)
    _there: dict[str, frozenset[str]] = field(default_factory=dict)

    def of(self, relation: str, files: Sequence[Path]) -> InRelease:
        """The batches in a product whose rows lie in `files`."""
        try:
            return InRelease(self._derived(relation, files))
        except NotShadowed as shape:
            try:
                return InRelease(self._by_building(relation, files))
            except NotShadowed as error:
                return InRelease(None, f"{shape.reason}; {error.reason}")
        finally:
            self.connection.execute(f"drop table if exists {_ROWS}")

    def close(self) -> None:
        """Drop tables and views."""
        self._without.close()
        self.connection.execute(f"drop table if exists {_LABELS}")

    @cached_property
    def _without(self) -> Without:
        return Without(self.connection, self.models, self.raw)

    def _derived(self, relation: str, files: Sequence[Path]) -> frozenset[Batch]:
        all_of = self._all(self._without.raw_below(relation))
        bits = Bits(max(len(all_of), 1), _LABELS)
        doors = {name: door.settles for name, door in self.doors.items()}
        made = labelled(relation, Places(self.models, self.raw, self.plain, doors), bits)
        with safely("the query that names batches"):
            self._write_labels(bits, all_of)
            self.connection.execute(f"create or replace temp table {_ROWS} as {made.sql}")
            prove(self.connection, _ROWS, types_of(self.connection, _ROWS), parquet(files))
            found = self._behind(bits, made.column) if made.column else frozenset()
        asked = self._candidates(made.decided_by, found)
        return found | self._deciding(relation, asked)

    def _write_labels(self, bits: Bits, batches: Iterable[Batch]) -> None:
        values = ", ".join(f"({literal(table)}, {literal(batch)})" for table, batch in sorted(batches))
        self.connection.execute(
            f"create or replace temp table {_LABELS} as select relation, batch, {bits.numbered('n')} as bits from ("
            f"select relation, batch, row_number() over () - 1 as n from (values {values or '(null, null)'}) "
            "as known(relation, batch))"
        )

    def _behind(self, bits: Bits, column: str) -> frozenset[Batch]:
        gathered = f"(select bit_or({identifier(column)}) from {_ROWS})"
        found = self.connection.execute(
            f"select relation, batch from {_LABELS}, {gathered} as behind(them) where {bits.holds('them', 'bits')}"
        ).fetchall()
        return frozenset((str(table), str(batch)) for table, batch in found)

    def _deciding(self, relation: str, asked: Iterable[Batch]) -> frozenset[Batch]:
        """Those of some batches without each of which there would be other rows."""
        return frozenset(
            one for one in sorted(asked) if self._without.rows(relation, one) != self._without.rows(relation)
        )

    def _by_building(self, relation: str, files: Sequence[Path]) -> frozenset[Batch]:
        types = self._without.types(relation)
        with safely("reading the files"):
            if types_of(self.connection, parquet(files)).keys() != types.keys():
                raise NotShadowed("the columns that its SQL gives are not those of the files")
            rows = self.connection.execute(fingerprint(types, parquet(files))).fetchone()
        if self._without.rows(relation) != tuple(rows or ()):
            raise NotShadowed("the rows that its SQL gives now are not those of the files")
        return self._deciding(relation, self._all(self._without.raw_below(relation)))

    def _candidates(self, decided_by: Iterable[Entry], found: Collection[Batch]) -> frozenset[Batch]:
        """The batches, but for those found, of the rows that may decide without a label."""
        asked = set[Batch]()
        for entry in sorted(decided_by):
            let_in = self._let_in(entry.raw) if entry.altering else self._batches(entry.door)
            for one in {(entry.raw, batch) for batch in let_in & self._batches(entry.raw)} - asked - set(found):
                if not entry.altering or self._without.gains(entry.door, one):
                    asked.add(one)
        return frozenset(asked)

    def _let_in(self, raw: str) -> frozenset[str]:
        """The batches of a raw table that change what is read of it: those that its one reader lets in, else all."""
        readers = self._without.read_by(raw)
        return self._batches(readers[0] if len(readers) == 1 and readers[0] in self.doors else raw)

    def _all(self, tables: Iterable[str]) -> frozenset[Batch]:
        return frozenset((table, batch) for table in tables for batch in self._batches(table))

    def _batches(self, relation: str) -> frozenset[str]:
        if relation not in self._there:
            source = ".".join(map(identifier, split_parts(relation)))
            door = self.doors.get(relation)
            asked = door.let_in if door else f"select distinct _batch from {source}"
            with safely("reading the batches"):
                found = self.connection.execute(asked).fetchall()
            self._there[relation] = frozenset(str(batch) for (batch,) in found if batch is not None)
        return self._there[relation]
