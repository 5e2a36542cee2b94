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
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import duckdb

from contracts.sql_text import identifier, literal
from lineage.shadow.batches import Labelled, Places, labelled
from lineage.shadow.bits import Bits
from lineage.shadow.deciding import Entry
from lineage.shadow.rewrite import NotShadowed
from orchestration.share.same_rows import fingerprint, parquet, prove, safely, types_of
from orchestration.share.without import Batch, Texts, Without

# Each is a build; a product that asks for more is not told exactly.
MOST_TESTED = 500
_LABELS = "temp.main.zt_batch_labels"


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
    """A model between raw tables and products. Without which batches it would have other rows, the column `_batch` of
    `asked` says: all of its rows' batches, or, where only the values of a column `alone` leave, those that no other
    batch shares."""

    asked: str
    alone: str = ""

    @property
    def settles(self) -> bool:
        """Whether it chooses which rows stand in for others."""
        return not self.alone

    def let_in(self, source: str) -> str:
        """SQL for the batches, one column."""
        if not self.alone:
            return f"select distinct _batch from {source}"
        key = f"cast({identifier(self.alone)} as varchar)"
        return f"select distinct min(_batch) from {source} group by {key} having count(distinct _batch) = 1"


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
    _models: dict[str, Labelled] = field(default_factory=dict)
    _bases: dict[str, str] = field(default_factory=dict)

    def of(self, relation: str, files: Sequence[Path]) -> InRelease:
        """The batches in a product whose rows lie in `files`."""
        try:
            return InRelease(self._derived(relation, files))
        except NotShadowed as shape:
            try:
                return InRelease(self._by_building(relation, files))
            except NotShadowed as error:
                return InRelease(None, f"{shape.reason}; {error.reason}")

    def close(self) -> None:
        """Drop tables and views."""
        self._without.close()
        self._plain.close()
        for made in self._models.values():
            if made.column:
                self.connection.execute(f"drop {'view' if '_view_' in made.sql else 'table'} if exists {made.sql}")
        self._models.clear()
        self._bases.clear()
        self.connection.execute(f"drop table if exists {_LABELS}")

    @cached_property
    def _texts(self) -> Texts:
        return Texts(self.models, self.raw)

    @cached_property
    def _without(self) -> Without:
        return Without(self.connection, self._texts, self._bases)

    @cached_property
    def _plain(self) -> Without:
        """The same, with nothing from labelled queries: for products where these are not proved."""
        return Without(self.connection, self._texts, name="without_plain")

    @cached_property
    def _bits(self) -> Bits:
        batches = self._all(self.raw)
        bits = Bits(max(len(batches), 1), _LABELS)
        self._write_labels(bits, batches)
        return bits

    def _labelled(self, relation: str, within: tuple[str, ...] = ()) -> Labelled:
        """A model's labelled rows, and all that it reads before it; each once."""
        if relation in within:
            raise NotShadowed(f"{relation} reads itself")
        if relation not in self._models:
            for one in self._texts.reads(relation):
                if one in self.models and one not in self.plain:
                    self._labelled(one, (*within, relation))
            made = labelled(self.models[relation], Places(self.raw, self.plain, self._models), self._bits)
            door = self.doors.get(relation)
            self._models[relation] = self._keep(relation, made.by_way_of(relation, door.settles) if door else made)
        return self._models[relation]

    def _keep(self, relation: str, made: Labelled) -> Labelled:
        if made.column is None:
            return made
        kind = "view" if self._texts.is_read_once(relation) else "table"
        place = f"temp.main.{identifier(f'zt_batches_{kind}_{len(self._models)}')}"
        self.connection.execute(f"create or replace temp {kind} {place} as {made.sql}")
        self._bases[relation] = f"(select * exclude ({identifier(made.column)}) from {place})"
        return replace(made, sql=place)

    def _derived(self, relation: str, files: Sequence[Path]) -> frozenset[Batch]:
        with safely("the query that names batches"):
            made = self._labelled(relation)
            if made.column is None:
                raise NotShadowed("nothing of it was delivered")
            prove(self.connection, made.sql, types_of(self.connection, made.sql), parquet(files))
            found = self._behind(self._bits, made)
        asked = self._candidates(made.decided_by, found)
        return found | _deciding(self._without, relation, asked)

    def _write_labels(self, bits: Bits, batches: Iterable[Batch]) -> None:
        values = ", ".join(f"({literal(table)}, {literal(batch)})" for table, batch in sorted(batches))
        self.connection.execute(
            f"create or replace temp table {_LABELS} as select relation, batch, {bits.numbered('n')} as bits from ("
            f"select relation, batch, row_number() over () - 1 as n from (values {values or '(null, null)'}) "
            "as known(relation, batch))"
        )

    def _behind(self, bits: Bits, made: Labelled) -> frozenset[Batch]:
        gathered = f"(select bit_or({identifier(made.column or '')}) from {made.sql})"
        found = self.connection.execute(
            f"select relation, batch from {_LABELS}, {gathered} as behind(them) where {bits.holds('them', 'bits')}"
        ).fetchall()
        return frozenset((str(table), str(batch)) for table, batch in found)

    def _by_building(self, relation: str, files: Sequence[Path]) -> frozenset[Batch]:
        types = self._plain.types(relation)
        with safely("reading the files"):
            if types_of(self.connection, parquet(files)).keys() != types.keys():
                raise NotShadowed("the columns that its SQL gives are not those of the files")
            rows = self.connection.execute(fingerprint(types, parquet(files))).fetchone()
        if self._plain.rows(relation) != tuple(rows or ()):
            raise NotShadowed("the rows that its SQL gives now are not those of the files")
        unknown = self._texts.named_by(relation) - set(self.models) - set(self.raw) - set(self.plain)
        if unknown:
            raise NotShadowed(f"nothing is known of the rows of {', '.join(sorted(unknown))}")
        return _deciding(self._plain, relation, self._all(self._texts.raw_below(relation)))

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
        readers = self._texts.read_by(raw)
        return self._batches(readers[0] if len(readers) == 1 and readers[0] in self.doors else raw)

    def _all(self, tables: Iterable[str]) -> frozenset[Batch]:
        return frozenset((table, batch) for table in tables for batch in self._batches(table))

    def _batches(self, relation: str) -> frozenset[str]:
        if relation not in self._there:
            door = self.doors.get(relation, Door(relation))
            with safely("reading the batches"):
                found = self.connection.execute(door.let_in(self._without.source(door.asked))).fetchall()
            self._there[relation] = frozenset(str(batch) for (batch,) in found if batch is not None)
        return self._there[relation]


def _deciding(without: Without, relation: str, asked: Collection[Batch]) -> frozenset[Batch]:
    """Those of some batches without each of which there would be other rows. Raises `NotShadowed` for too many."""
    if len(asked) > MOST_TESTED:
        raise NotShadowed(f"{len(asked)} batches would have to be tested, {MOST_TESTED} are the most")
    return frozenset(one for one in sorted(asked) if without.rows(relation, one) != without.rows(relation))
