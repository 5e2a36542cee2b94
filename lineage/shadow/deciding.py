"""Which rows may decide what a query gives without leaving a label on any row that it gives.

A query that only joins, filters, groups and unites loses nothing but labelled rows when some rows below it are gone. It
may gain or change others where rows are dropped for what other rows say: by a subquery, a rank, a limit, or a condition
on a *soft* column, one whose value hangs on more rows than its own (an aggregate, an outer join's). Rather too much is
told than too little: whoever is told builds without those rows, and looks.

Lives here: judging one SELECT. Must not live here: labels (`batches.py`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from sqlglot import exp

from lineage.shadow.rewrite import NotShadowed
from lineage.shadow.values import aggregated, ranks_only

_ALL = "*"


class Entry(NamedTuple):
    """Where delivered rows come in: the rows of a `raw` table, by way of a `door` (a model, or the table itself).

    `altering` means only rows without which the door would let in others than those it lets in now."""

    door: str
    raw: str
    altering: bool = False


Entries = frozenset[Entry]
_NONE: Entries = frozenset()


@dataclass(frozen=True)
class Read:
    """What a query reads `below`; which of its columns are `soft`, and by which rows; from which its columns are `fed`,
    others giving only nulls there; and whose rows are `risky`: they may decide without a label.

    The key `*` in `soft` is any column. A column that `fed` does not have is fed by all. `whole` says that `fed` has
    every column, in order."""

    below: Entries = _NONE
    soft: Mapping[str, Entries] = field(default_factory=dict)
    fed: Mapping[str, Entries] = field(default_factory=dict)
    risky: Entries = _NONE
    whole: bool = False

    def hangs(self, column: str) -> Entries:
        """By which rows a column may change while its own row stays."""
        return self.soft.get(column.lower(), _NONE) | self.soft.get(_ALL, _NONE)

    def feeds(self, column: str) -> Entries:
        """Which rows a column has a value from."""
        return self.fed.get(column.lower(), self.below)

    def all_soft(self) -> Read:
        """The same behind an outer join."""
        return replace(self, soft={_ALL: self.below})

    def renamed(self) -> Read:
        """The same under names that are not known."""
        soft = {_ALL: _union(self.soft.values())} if self.soft else {}
        return replace(self, soft=soft, fed={}, whole=False)

    def beside(self, other: Read) -> Read:
        """Both as one set of rows, by the names of the first."""
        below, risky = self.below | other.below, self.risky | other.risky
        if not (self.whole and other.whole and len(self.fed) == len(other.fed)):
            soft = {_ALL: _union([*self.soft.values(), *other.soft.values()])}
            return Read(below, soft if self.soft or other.soft else {}, {}, risky)
        pairs = list(zip(self.fed, other.fed, strict=True))
        soft = {one: self.hangs(one) | other.hangs(two) for one, two in pairs}
        fed = {one: self.fed[one] | other.fed[two] for one, two in pairs}
        return Read(below, {name: found for name, found in soft.items() if found}, fed, risky, True)

    def risking(self, entries: Entries) -> Read:
        """The same with more rows that may decide."""
        return replace(self, risky=self.risky | entries)

    def by_way_of(self, door: str, settles: bool) -> Read:
        """The same rows as a door lets them in. Whatever decides within it decides by what the door lets in instead; a
        door that does not settle this leaves it to those below."""

        def through(entries: Entries, altering: bool = False) -> Entries:
            return frozenset(Entry(door, entry.raw, altering) for entry in entries)

        fed = {name: through(found) for name, found in self.fed.items()}
        risky = through(self.risky | _union(self.soft.values()), True) if settles else self.risky
        return Read(through(self.below), {}, fed, risky, self.whole)


Sources = dict[str, Read]
"""The sources of one FROM by name, lower case."""


def _union(found: Iterable[Entries]) -> Entries:
    return _NONE.union(*found)


@dataclass
class _Block:
    """One SELECT with its sources and those of the queries around it."""

    node: exp.Select
    scope: Sources
    around: Sequence[Sources]

    @property
    def below(self) -> Entries:
        return _union(read.below for read in self.scope.values())

    def joined(self) -> Entries:
        """What the joins decide; sources that an outer join may leave empty are soft from there on."""
        risky, names = _NONE, list(self.scope)
        for place, join in enumerate(self.node.args.get("joins") or (), 1 if self.node.args.get("from_") else 0):
            name, side, method = names[place], (join.args.get("side") or "").upper(), join.args.get("method")
            before = [self.scope[other] for other in names[: place + 1]]
            if join.args.get("on") is not None:
                risky |= self.hangs(join.args["on"])
            for one in join.args.get("using") or ():
                risky |= _union(read.hangs(one.name) for read in before)
            if method:
                # Equal names join, or the nearest row: other rows decide which that is.
                natural = method.upper() == "NATURAL"
                risky |= _union(_union(read.soft.values()) if natural else read.below for read in before)
            if side in ("LEFT", "FULL"):
                self.scope[name] = self.scope[name].all_soft()
            if side in ("RIGHT", "FULL"):
                self.scope.update({other: self.scope[other].all_soft() for other in names[:place]})
        return risky

    def hangs(self, part: exp.Expr, by_alias: bool = True) -> Entries:
        """By which rows other than the row's own (or its group's key) the value of an expression may change."""
        if isinstance(part, exp.Query):
            return self.below
        if isinstance(part, exp.Window):
            return self.below
        if isinstance(part, exp.AggFunc):
            return self._gathers(part)
        found = _NONE
        if isinstance(part, exp.Column):
            found = _union(read.hangs(part.name) for read in self.meant(part))
            if by_alias and not part.table:
                found |= self._by_alias(part.name.lower())
        return found.union(*(self.hangs(child, by_alias) for child in part.iter_expressions()))

    def _by_alias(self, name: str) -> Entries:
        """What a condition touches that names an output column of its own query."""
        named = [one for one in self.node.expressions if isinstance(one, exp.Alias) and one.alias.lower() == name]
        return _union(self.hangs(one.this, by_alias=False) for one in named)

    def _gathers(self, call: exp.AggFunc) -> Entries:
        """On which rows an aggregate hangs: all of its group; or those with a value, where others do not count."""
        argument = call.this.expressions[0] if isinstance(call.this, exp.Distinct) else call.this
        while isinstance(argument, (exp.Cast, exp.Paren)):
            argument = argument.this
        moved = _union(self.hangs(column, by_alias=False) for column in call.find_all(exp.Column))
        if call.find(exp.Query) or not isinstance(call, _VALUES_ONLY) or not isinstance(argument, exp.Column):
            return self.below | moved
        return moved | _union(read.feeds(argument.name) for read in self.meant(argument))

    def meant(self, column: exp.Column) -> Iterator[Read]:
        """The sources that a column may be of: where no table is said, any."""
        table, scopes = column.table.lower(), [self.scope, *self.around]
        for scope in scopes:
            if table in scope:
                yield scope[table]
                return
        for scope in scopes:
            yield from scope.values()

    def soft(self) -> dict[str, Entries]:
        """The soft columns that leave."""
        moved = _NONE
        if aggregated(self.node):
            # A row that changes its group changes both groups.
            plain = [one for one in self.node.expressions if not aggregated(one)]
            moved = _union(self.hangs(one, by_alias=False) for one in (*plain, *_listed(self.node, "group")))
        found: dict[str, Entries] = {}
        for one in self.node.expressions:
            if one.is_star:
                for read in self.scope.values():
                    soft = read.renamed().soft if _changes_names(one) else read.soft
                    found |= {name: found.get(name, _NONE) | entries for name, entries in soft.items()}
            else:
                name, gathers = one.alias_or_name.lower(), aggregated(one)
                found[name] = found.get(name, _NONE) | self.hangs(one, by_alias=False) | (moved if gathers else _NONE)
        return {name: entries for name, entries in found.items() if entries}

    def fed(self) -> tuple[dict[str, Entries], bool]:
        """From which rows the columns that leave have values, and whether these are all columns, in order."""
        found, whole = dict[str, Entries](), True
        for one in self.node.expressions:
            if one.is_star:
                whole = False
                if len(self.scope) == 1 and not _changes_names(one):
                    found |= next(iter(self.scope.values())).fed
                continue
            value = one.unalias()
            while isinstance(value, (exp.Cast, exp.Paren)):
                value = value.this
            if isinstance(value, exp.Null):
                found[one.alias_or_name.lower()] = _NONE
            elif isinstance(value, exp.Column):
                found[one.alias_or_name.lower()] = _union(read.feeds(value.name) for read in self.meant(value))
            else:
                found[one.alias_or_name.lower()] = self.below
        only = len(self.scope) == 1 and len(self.node.expressions) == 1 and self.node.expressions[0].is_star
        if only and isinstance(self.node.expressions[0], exp.Star) and not self.node.expressions[0].args.get("except_"):
            whole = next(iter(self.scope.values())).whole
        return found, whole and len(found) >= 1


# Aggregates that pass over rows where their (first) argument is null.
_VALUES_ONLY = (
    exp.Min, exp.Max, exp.Sum, exp.Avg, exp.Count, exp.ArgMin, exp.ArgMax, exp.LogicalOr, exp.LogicalAnd, exp.AnyValue,
    exp.Median,
)  # fmt: skip


def read_by(node: exp.Select, sources: Sources, around: Sequence[Sources], risky: Entries) -> Read:
    """What one SELECT reads, given its sources, those of the queries around it, and what its subqueries decide."""
    risky = risky.union(*(read.risky for read in sources.values()))
    block = _Block(node, dict(sources), around)
    risky |= block.joined()
    if _drops_by_many(node):
        risky |= block.below
    for part in ("where", "having", "qualify"):
        if node.args.get(part) is not None:
            risky |= _condition(block, node.args[part])
    fed, whole = block.fed()
    return Read(block.below, block.soft(), fed, risky, whole)


def _condition(block: _Block, part: exp.Expr) -> Entries:
    """What a condition decides beside its subqueries, which are asked about by themselves."""
    if isinstance(part, exp.Query):
        # What it is correlated by.
        return _union(_union(r.hangs(c.name) for r in block.meant(c)) for c in part.find_all(exp.Column))
    if isinstance(part, (exp.AggFunc, exp.Window, exp.Column)):
        return block.hangs(part)
    return _union(_condition(block, child) for child in part.iter_expressions())


def _drops_by_many(node: exp.Select) -> bool:
    """Whether rows go, or are numbered, by their place among others."""
    distinct = node.args.get("distinct")
    if node.args.get("limit") or node.args.get("offset") or (distinct is not None and distinct.args.get("on")):
        return True
    if any(ranks_only(window) for one in node.expressions for window in one.find_all(exp.Window)):
        return True
    return node.args.get("qualify") is not None


def _changes_names(star: exp.Expr) -> bool:
    inner = star.this if isinstance(star, exp.Column) else star
    return any(inner.args.get(name) for name in ("replace", "rename"))


def _listed(node: exp.Expr, name: str) -> list[exp.Expr]:
    part = node.args.get(name)
    return [] if part is None else part if isinstance(part, list) else [part]


def decided_in(query: exp.Expr, below: Callable[[exp.Table], Entries]) -> Entries:
    """All rows that a query of any shape reads. `below` says what stands behind a name."""
    named = {one.alias.lower() for one in query.find_all(exp.CTE)}
    found = _NONE
    for table in query.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier):
            if not is_pure_call(table):
                raise NotShadowed("a table function that may read what is not known")
        elif table.db or table.name.lower() not in named:
            found |= below(table)
    return found


# What a FROM may call: rows that are made of nothing but what is said there.
_PURE_CALLS = {"range", "generate_series", "unnest"}


def is_pure_call(table: exp.Table) -> bool:
    """Whether a table function makes its rows of its arguments alone."""
    called = table.this
    if isinstance(called, exp.Anonymous):
        return called.name.lower() in _PURE_CALLS
    return isinstance(called, exp.Func) and called.sql_name().lower() in _PURE_CALLS
