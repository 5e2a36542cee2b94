"""What models would be without a batch: built over raw tables that lack it, all the way up, in temporary tables.

A model that the batch does not change is the one there is, and nothing above it is built for it. Models that many read,
or that read raw tables, are stored, so that each is built once for each batch, whatever the products.

Lives here: the building. Must not live here: which batches are asked about (`provenance.py`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import duckdb

from contracts.sql_text import identifier, literal
from lineage.graph import split_parts
from lineage.shadow.elsewhere import Template, one_under_the_other, template, united
from lineage.shadow.rewrite import NotShadowed
from orchestration.share.same_rows import fingerprint, safely, types_of

Batch = tuple[str, str]
"""A raw table and a batch in it."""
Rows = tuple[int, ...]


@dataclass(frozen=True)
class Texts:
    """The SQL of a lake's models, each parsed once, and which of them are stored when they are built again.

    Of a model that puts queries one under the other (UNION ALL), each is a relation of its own, `parts` of it: without
    a batch, only those above it are built."""

    sql: Mapping[str, str]
    raw: Collection[str]

    def of(self, relation: str) -> Template:
        """The text of one model. Raises `NotShadowed` where it cannot be read."""
        found = self._templates.get(relation)
        if found is None:
            raise NotShadowed(f"{relation}: its SQL is not one query that can be read")
        return found

    def makes(self, relation: str) -> bool:
        """Whether a model, or a part of one, makes a relation."""
        return relation in self.sql or relation in self._templates

    def parts(self, relation: str) -> tuple[str, ...]:
        """The queries that a model puts one under the other; none where it does not."""
        return tuple(one for one in self.of(relation).reads if one.startswith(f"{relation} #"))

    def reads(self, relation: str) -> tuple[str, ...]:
        """The relations that a model names. Raises `NotShadowed`."""
        parts = self.parts(relation)
        named = [one for part in parts for one in self.of(part).reads] if parts else self.of(relation).reads
        return tuple(dict.fromkeys(named))

    def raw_below(self, relation: str, within: tuple[str, ...] = ()) -> frozenset[str]:
        """The raw tables that a relation is made of, directly or not. Raises `NotShadowed`."""
        if relation in self.raw:
            return frozenset((relation,))
        if not self.makes(relation) or relation in within:
            return frozenset()
        if relation not in self._below:
            each = (self.raw_below(one, (*within, relation)) for one in self.of(relation).reads)
            self._below[relation] = frozenset[str]().union(*each)
        return self._below[relation]

    def read_by(self, raw: str) -> tuple[str, ...]:
        """The models that read a raw table itself."""
        return tuple(sorted(name for name in self.sql if name in self._templates and raw in self.reads(name)))

    @cached_property
    def stored(self) -> frozenset[str]:
        """Models that several read, or that read raw tables; of what is one under the other, each part."""
        known = [name for name in self.sql if name in self._templates]
        chosen = {one for one in known if self._readers[one] > 1 or set(self.reads(one)) & set(self.raw)}
        return frozenset(part for one in chosen for part in self.parts(one) or (one,))

    def is_read_once(self, relation: str) -> bool:
        """Whether one model reads a relation, and it reads no raw table."""
        return self._readers[relation] == 1 and not set(self.reads(relation)) & set(self.raw)

    @cached_property
    def _readers(self) -> Counter[str]:
        return Counter(name for one in self.sql if one in self._templates for name in self.reads(one))

    @cached_property
    def _below(self) -> dict[str, frozenset[str]]:
        return {}

    @cached_property
    def _templates(self) -> Mapping[str, Template]:
        return dict(self._readable())

    def _readable(self) -> Iterator[tuple[str, Template]]:
        for relation, sql in self.sql.items():
            try:
                parts = {f"{relation} #{number}": part for number, part in enumerate(united(sql))}
                yield relation, one_under_the_other(list(parts)) if parts else template(sql)
                yield from parts.items()
            except NotShadowed:
                continue


@dataclass
class Without:
    """Models to be built without one batch or another. `there` says where some lie as they are. To be closed."""

    connection: duckdb.DuckDBPyConnection
    texts: Texts
    there: Mapping[str, str] = field(default_factory=dict)
    name: str = "without"
    _made: dict[tuple[str, Batch | None], str] = field(default_factory=dict)
    _types: dict[str, dict[str, str]] = field(default_factory=dict)
    _rows: dict[str, Rows] = field(default_factory=dict)
    _gains: dict[tuple[str, Batch], bool] = field(default_factory=dict)
    _tables: list[str] = field(default_factory=list)

    def rows(self, relation: str, gone: Batch | None = None) -> Rows:
        """A fingerprint of the rows that `relation` would have without a batch. Raises `NotShadowed`."""
        with safely("building without a batch"):
            return self._rows_of(relation, self._source(relation, gone))

    def types(self, relation: str) -> dict[str, str]:
        """The columns of a model as it would be built from all raw tables."""
        if relation not in self._types:
            with safely("building from raw tables"):
                self._types[relation] = types_of(self.connection, self.source(relation))
        return self._types[relation]

    def gains(self, relation: str, gone: Batch) -> bool:
        """Whether a model would have rows without a batch that it does not have with it, in any of its parts."""
        if relation in self.texts.sql and (parts := self.texts.parts(relation)):
            return any(self.gains(part, gone) for part in parts)
        if (relation, gone) not in self._gains:
            with safely("building without a batch"):
                self._gains[relation, gone] = self._has_more(self._source(relation, gone), self.source(relation))
        return self._gains[relation, gone]

    def _has_more(self, then: str, there: str) -> bool:
        if then == there:
            return False
        row = self.connection.execute(
            f"select exists (select * from {then} except all select * from {there})"
        ).fetchone()
        return row is None or bool(row[0])

    def source(self, relation: str) -> str:
        """What FROM may name for a relation as it is."""
        return self._source(relation, None)

    def close(self) -> None:
        """Drop the tables."""
        for table in self._tables:
            self.connection.execute(f"drop table if exists {table}")
        for cache in (self._made, self._rows, self._gains, self._tables):
            cache.clear()

    def _source(self, relation: str, gone: Batch | None, within: tuple[str, ...] = ()) -> str:
        """What FROM may name for a relation without a batch."""
        if relation in within:
            raise NotShadowed(f"{relation} reads itself")
        if gone is not None and gone[0] not in self.texts.raw_below(relation):
            return self._source(relation, None, within)
        key = (relation, gone)
        if key not in self._made:
            self._made[key] = self._make(relation, gone, (*within, relation))
        return self._made[key]

    def _make(self, relation: str, gone: Batch | None, within: tuple[str, ...]) -> str:
        if not self.texts.makes(relation):
            source = ".".join(map(identifier, split_parts(relation)))
            return f"(select * from {source} where _batch <> {literal(gone[1])})" if gone else source
        if gone is None and relation in self.there:
            return self.there[relation]
        text = self.texts.of(relation)
        places = {one: self._source(one, gone, within) for one in text.reads}
        there = self._source(relation, None) if gone is not None else ""
        if gone is not None and places == {one: self._source(one, None) for one in text.reads}:
            return there
        if relation not in self.texts.stored:
            return f"({text.at(places)})"
        table = f"temp.main.{identifier(f'zt_{self.name}_{len(self._made)}')}"
        self.connection.execute(f"create or replace temp table {table} as {text.at(places)}")
        if gone is not None and self._rows_of(relation, table) == self._rows_of(relation, there):
            self.connection.execute(f"drop table {table}")
            return there
        self._tables.append(table)
        return table

    def _rows_of(self, relation: str, source: str) -> Rows:
        if source not in self._rows:
            found = self.connection.execute(fingerprint(self.types(relation), source)).fetchone()
            self._rows[source] = tuple(found or ())
        return self._rows[source]
