"""What a name in a query can resolve to: columns, relations, and the scope that holds them.

Lives here: name resolution by DuckDB's rules (own columns, then aliases of the select list, then the enclosing
query). Must not live here: syntax of any clause."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from sqlglot import exp

from lineage.graph import ROWS, ColumnRef, Unknown
from lineage.sql.flow import EMPTY, EXPRESSION, Flow, column_flow, lift, mark_outer, merge, unknown_flow


@dataclass(frozen=True)
class BoundColumn:
    """A named value: its flow, its type where known, and the flows of its fields where it is a struct made in
    this query.
    """

    name: str
    flow: Flow
    type: str = ""
    fields: Mapping[str, BoundColumn] | None = None
    generated: bool = False  # the name is ours, DuckDB may call it otherwise

    def field(self, path: Sequence[str]) -> BoundColumn:
        """The value of a struct field; the whole value's flow where fields are not told apart."""
        here = self
        for name in path:
            inner = (here.fields or {}).get(name.lower())
            kind = struct_fields(here.type).get(name.lower(), "") if not inner else ""
            here = inner or BoundColumn(name.lower(), lift(here.flow, EXPRESSION), kind)
        return here


@dataclass(frozen=True)
class Relation:
    """The result of a query or a table: columns in order, and the flows of its rows and of their order.

    `rest` is the flow of columns whose names could not be known (None: the list is complete).
    """

    columns: tuple[BoundColumn, ...]
    rows: Flow = EMPTY
    order: Flow = EMPTY
    rest: Flow | None = None
    bases: frozenset[str] = frozenset()
    origin: str = ""  # a stored relation that may have more columns: whoever names one means that one

    @cached_property
    def index(self) -> Mapping[str, BoundColumn]:
        """Columns by name; of equal names the first, and the others as DuckDB numbers them."""
        found: dict[str, BoundColumn] = {}
        for column, name in zip(self.columns, distinct_names([c.name for c in self.columns]), strict=True):
            found.setdefault(name, column)
        return found

    def find(self, name: str) -> BoundColumn | None:
        """The column called `name`; where a generated name could be meant, all that it could mean."""
        hit = self.index.get(name)
        if hit is None:
            unsure = [c.flow for c in self.columns if c.generated]
            if self.origin:
                return BoundColumn(name, column_flow(ColumnRef(self.origin, name)))
            if unsure or self.rest is not None:
                return BoundColumn(name, merge([*unsure, *([self.rest] if self.rest is not None else [])]))
        return hit

    def surely_has(self, name: str) -> bool:
        """Whether the column is there under this very name."""
        return name in self.index

    def whole(self) -> Flow:
        """The flow of an entire row as one value."""
        return merge([*(c.flow for c in self.columns), *([self.rest] if self.rest is not None else [])])

    def renamed(self, names: Sequence[str]) -> Relation:
        """With its first columns renamed, as `t(a, b)` does."""
        if not names:
            return self
        if self.rest is not None and len(names) > len(self.columns):
            extra = [BoundColumn(n.lower(), self.rest) for n in names[len(self.columns) :]]
        else:
            extra = []
        kept = [
            BoundColumn(names[i].lower(), c.flow, c.type, c.fields) if i < len(names) else c
            for i, c in enumerate(self.columns)
        ]
        return Relation((*kept, *extra), self.rows, self.order, self.rest, self.bases, self.origin)

    def closed(self) -> Relation:
        """With equal names numbered, as a derived table shows them."""
        names = distinct_names([c.name for c in self.columns])
        if all(column.name == name for column, name in zip(self.columns, names, strict=True)):
            return self
        columns = tuple(
            BoundColumn(name, c.flow, c.type, c.fields, c.generated)
            for c, name in zip(self.columns, names, strict=True)
        )
        return Relation(columns, self.rows, self.order, self.rest, self.bases, self.origin)


@dataclass
class Source:
    """One entry of a FROM clause. `qualifier` holds catalog and schema; `hidden` what USING merged away."""

    alias: str
    relation: Relation
    qualifier: tuple[str, ...] = ()
    hidden: set[str] = field(default_factory=set)


@dataclass
class Scope:
    """Everything that a name inside one query block can mean."""

    parent: Scope | None = None
    ctes: Mapping[str, Relation] = field(default_factory=dict)
    sources: list[Source] = field(default_factory=list)
    merged: dict[str, BoundColumn] = field(default_factory=dict)
    parameters: Mapping[str, BoundColumn] = field(default_factory=dict)
    aliases: dict[str, exp.Expr] = field(default_factory=dict)
    windows: dict[str, exp.Window] = field(default_factory=dict)
    rows: Flow = EMPTY
    order: Flow = EMPTY
    choice: int | None = None
    pending: set[str] = field(default_factory=set)
    memo: dict[int, BoundColumn] = field(default_factory=dict)

    def child(self, **changes: object) -> Scope:
        """A scope for a query inside this one."""
        return Scope(parent=self, ctes=self.ctes, **changes)  # type: ignore[arg-type]

    def with_parameters(self, parameters: Mapping[str, BoundColumn]) -> Scope:
        """This very scope, with lambda parameters on top."""
        inner = Scope(**{**self.__dict__, "parameters": {**self.parameters, **parameters}})
        return inner

    def chain(self) -> Iterator[Scope]:
        """This scope and those around it, inner first."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent

    def bases(self) -> tuple[str, ...]:
        """The stored relations that this scope reads."""
        return tuple(sorted({base for source in self.sources for base in source.relation.bases}))

    def has_own(self, name: str) -> bool:
        """Whether an unqualified name is a column of this scope's own sources."""
        return name in self.merged or any(s.relation.surely_has(name) for s in self.sources)

    def resolve(self, parts: Sequence[str]) -> BoundColumn | None:
        """What a dotted name means: None if nothing here or around; an unknown flow if that cannot be told."""
        parts = [part.lower() for part in parts]
        loose: list[Flow] = []
        for scope in self.chain():
            hit = scope._own(parts)
            if hit is not None:
                hit = hit if scope is self else _seen_from_inside(hit)
                return hit if not loose else BoundColumn(hit.name, merge([hit.flow, *loose]))
            loose += [f if scope is self else mark_outer(f) for f in scope._loose(parts)]
        return BoundColumn(parts[-1], merge(loose)) if loose else None

    def _own(self, parts: Sequence[str]) -> BoundColumn | None:
        if parts[0] in self.parameters:
            return self.parameters[parts[0]].field(parts[1:])
        for depth in range(min(len(parts) - 1, 3), 0, -1):
            for source in self.sources:
                if _names_source(source, parts[:depth]):
                    hit = source.relation.index.get(parts[depth])
                    if hit is not None:
                        return hit.field(parts[depth + 1 :])
        return self._unqualified(parts)

    def _unqualified(self, parts: Sequence[str]) -> BoundColumn | None:
        name = parts[0]
        if name in self.merged:
            return self.merged[name].field(parts[1:])
        hits = [s.relation.index[name] for s in self.sources if s.relation.surely_has(name) and name not in s.hidden]
        if len(hits) > 1:
            why = Unknown("ambiguous column", name, self.bases())
            return BoundColumn(name, merge([unknown_flow(why), *(hit.flow for hit in hits)]))
        if hits:
            return hits[0].field(parts[1:])
        if len(parts) == 1:
            for source in self.sources:
                if source.alias == name:
                    return row_value(source.relation, name)
        return None

    def _loose(self, parts: Sequence[str]) -> list[Flow]:
        """The flows of sources that might have the column under a name we cannot know."""
        qualified = [s for s in self.sources if len(parts) > 1 and s.alias == parts[-2 if len(parts) == 2 else 0]]
        found = []
        for source in qualified or self.sources:
            name = parts[1] if source in qualified and len(parts) > 1 else parts[0]
            hit = source.relation.find(name)
            if hit is not None:
                found.append(hit.flow)
        return found

    def star(self) -> list[BoundColumn]:
        """The columns of `*`, merged columns once and in the place of their first owner."""
        shown: list[BoundColumn] = []
        done: set[str] = set()
        for source in self.sources:
            for name, column in source.relation.index.items():
                if name in self.merged:
                    if name not in done:
                        done.add(name)
                        shown.append(self.merged[name])
                elif name not in source.hidden:
                    shown.append(BoundColumn(name, column.flow, column.type, column.fields, column.generated))
        return shown

    def rest(self) -> Flow | None:
        """The flow of columns that `*` may add under names we cannot know."""
        rests = [s.relation.rest for s in self.sources if s.relation.rest is not None]
        return merge(rests) if rests else None


def row_value(relation: Relation, name: str) -> BoundColumn:
    """A whole row as one struct value."""
    fields = dict(relation.index) if relation.rest is None else None
    return BoundColumn(name, lift(relation.whole(), EXPRESSION), "", fields)


def distinct_names(names: Sequence[str]) -> list[str]:
    """Equal names numbered as DuckDB does: a, a_1, a_2."""
    taken = set(names)
    if len(taken) == len(names):
        return list(names)
    seen: dict[str, int] = {}
    result = []
    for name in names:
        count = seen.get(name, 0)
        seen[name] = count + 1
        fresh = name
        while count and fresh in taken:
            fresh = f"{name}_{count}"
            if fresh not in taken:
                break
            count += 1
            seen[name] = count + 1
        taken.add(fresh)
        result.append(fresh)
    return result


def struct_fields(type_text: str) -> Mapping[str, str]:
    """The fields of a struct type and their types, e.g. of ``STRUCT(x INTEGER, y VARCHAR)``; empty for any
    other type.
    """
    text = type_text.strip()
    if not text.lower().startswith("struct"):
        return {}
    try:
        parsed = exp.DataType.build(text, dialect="duckdb")
    except Exception:  # an unreadable type is simply not a struct that we know the fields of
        return {}
    return {
        f.name.lower(): f.args["kind"].sql("duckdb")
        for f in parsed.expressions
        if isinstance(f, exp.ColumnDef) and f.args.get("kind") is not None
    }


def element_type(type_text: str) -> str:
    """The element type of a list type such as ``STRUCT(x INTEGER)[]``; empty for any other."""
    text = type_text.strip()
    return text[: text.rindex("[")] if text.endswith("]") else ""


def stored_rows(relation: str) -> Flow:
    """The rows of a stored relation as a flow."""
    return column_flow(ColumnRef(relation, ROWS))


def all_flows(columns: Iterable[BoundColumn]) -> Flow:
    """Everything that flows into any of the columns."""
    return merge(column.flow for column in columns)


def _names_source(source: Source, parts: Sequence[str]) -> bool:
    if source.alias != parts[-1]:
        return False
    return all(part in source.qualifier for part in parts[:-1])


def _seen_from_inside(column: BoundColumn) -> BoundColumn:
    fields = {n: _seen_from_inside(c) for n, c in column.fields.items()} if column.fields else None
    return BoundColumn(column.name, mark_outer(column.flow), column.type, fields, column.generated)
