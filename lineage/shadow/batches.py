"""Writing a query with the batches behind each row: the same rows and columns, and one more that holds a set of bits.

A row is derived from the rows that were joined, grouped, made one by DISTINCT or UNION, that stood in the frame of a
window that brought in a value, and that a subquery took a value from: it has the bits of all of them. Rows that only
decide whether it is there (EXISTS, IN, anti joins, conditions, ranks, the registry's look-up) leave no bit; the tables
that they may come from are told as `decided_by` (`deciding.py`), for those who build without them.

Lives here: the shapes; whatever else there is raises `NotShadowed`. Must not live here: what a label stands for,
running anything, comparing rows."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count

from sqlglot import exp

from lineage.facts import join_parts
from lineage.shadow.bits import Bits
from lineage.shadow.deciding import Entries, Entry, Read, Sources, decided_in, is_pure_call, read_by
from lineage.shadow.leaves import CATALOG
from lineage.shadow.rewrite import PREFIX, NotShadowed
from lineage.shadow.values import aggregated, is_value, looks_up, outermost_queries, ranks_only
from lineage.sql.parsing import parse_statements

_DIALECT = "duckdb"


@dataclass(frozen=True)
class Labelled:
    """A query, or the table where its rows lie, with its label `column` at the end, if any row below is a delivered
    one; and what is known of it."""

    sql: str
    column: str | None
    read: Read

    @property
    def decided_by(self) -> Entries:
        """The rows that may decide which rows there are without a label saying so."""
        return self.read.risky

    def by_way_of(self, door: str, settles: bool) -> Labelled:
        """The same as a door, a model that is asked by itself what it lets in (`deciding.Read.by_way_of`)."""
        return replace(self, read=self.read.by_way_of(door, settles))


@dataclass(frozen=True)
class Places:
    """What the names in a text stand for: `raw` tables, whose rows are labelled by their batch; `plain` tables, which
    nobody delivers; and models whose labelled rows lie in some table already."""

    raw: Collection[str]
    plain: Collection[str] = ()
    models: Mapping[str, Labelled] = field(default_factory=dict)


def labelled(sql: str, places: Places, bits: Bits) -> Labelled:
    """One model's query, labelled. Raises `NotShadowed`."""
    statements, fault = parse_statements(sql, _DIALECT)
    if fault or len(statements) != 1:
        raise NotShadowed("its SQL is not one query that can be read")
    try:
        made = _Writer(places, bits).query(statements[0], {})
        return Labelled(made.node.sql(_DIALECT), made.column, made.read)
    except RecursionError:
        raise NotShadowed("the query is nested too deeply") from None


@dataclass(frozen=True)
class _Made:
    """A rewritten query, the name of its label (None: no delivered row is below), and what it reads."""

    node: exp.Expr
    column: str | None
    read: Read


@dataclass(frozen=True)
class _Named:
    """A query that WITH names: the name of its labelled twin, which stands beside it."""

    name: str
    column: str | None
    read: Read


_Scope = Mapping[str, _Named]


@dataclass
class _Writer:
    places: Places
    bits: Bits
    around: list[Sources] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=count)

    def query(self, node: exp.Expr, scope: _Scope) -> _Made:
        """A query with its label, if it has one; the given tree is used up."""
        if isinstance(node, exp.Subquery) and not node.args.get("joins") and not node.args.get("pivots"):
            return self.query(node.this, scope)
        if not isinstance(node, exp.Query):
            raise NotShadowed(f"{type(node).__name__.upper()} is not among the shapes whose batches can be told")
        scope = self._with(node, scope)
        if isinstance(node, exp.Union):
            return self._union(node, scope)
        if isinstance(node, exp.Except):
            return self._except(node, scope)
        if isinstance(node, exp.Select):
            return self._select(node, scope)
        raise NotShadowed(f"{type(node).__name__.upper()} is not among the shapes whose batches can be told")

    def _with(self, node: exp.Expr, scope: _Scope) -> _Scope:
        """Beside each query that WITH names its labelled twin: conditions go on to read the plain one."""
        with_ = node.args.get("with_")
        if with_ is None:
            return scope
        if with_.args.get("recursive"):
            raise NotShadowed("a recursive WITH")
        found, listed = dict(scope), []
        for one in with_.expressions:
            made, name = self.query(one.this.copy(), found), self._name()
            alias = exp.TableAlias(this=exp.to_identifier(name, quoted=True))
            columns = one.args["alias"].args.get("columns") or ()
            if columns:
                alias.set("columns", [column.copy() for column in columns])
            twin = exp.CTE(this=made.node, alias=alias, materialized=one.args.get("materialized"))
            read = made.read.renamed() if columns else made.read
            listed += [one, twin]
            found[one.alias.lower()] = _Named(name, made.column, read)
        with_.set("expressions", listed)
        return found

    # Sets of rows

    def _union(self, node: exp.Union, scope: _Scope) -> _Made:
        _ordered_plainly(node)
        left, right = self.query(node.left, scope), self.query(node.right, scope)
        read = left.read.beside(right.read)
        if node.args.get("limit") or node.args.get("offset"):
            read = read.risking(read.below)
        if left.column is None and right.column is None:
            node.set("this", left.node)
            node.set("expression", right.node)
            return _Made(node, None, read)
        name = self._name()
        node.set("this", self._as(left, name))
        node.set("expression", self._as(right, name))
        if not node.args.get("distinct"):
            return _Made(node, name, read)
        node.set("distinct", False)
        return _Made(self._once(node, name), name, read)

    def _as(self, made: _Made, name: str) -> exp.Expr:
        """A side of a union with its label under a name that both sides have, at the end."""
        label = exp.column(made.column) if made.column else self.bits.none()
        star = exp.Star(except_=[exp.column(made.column)]) if made.column else exp.Star()
        return exp.select(star, label.as_(name)).from_(self._nested(made.node))

    def _once(self, node: exp.Expr, name: str) -> exp.Expr:
        """Equal rows as one, with the bits of all; order and limit are of what is left."""
        outer = exp.select(exp.Star(except_=[exp.column(name)]), self.bits.all(exp.column(name)).as_(name))
        outer.set("group", exp.Group(all=True))
        for part in ("with_", "order", "limit", "offset"):
            outer.set(part, node.args.get(part))
            node.set(part, None)
        return outer.from_(self._nested(node))

    def _except(self, node: exp.Except, scope: _Scope) -> _Made:
        if not node.args.get("distinct") or node.args.get("limit") or node.args.get("by_name"):
            raise NotShadowed("an EXCEPT that is not the plain one")
        plain, other = node.copy(), self._decide(node.right, scope)
        for part in ("with_", "order"):
            plain.set(part, None)
        left = self.query(node.left, scope)
        read = left.read.risking(other | (left.read.below if left.read.soft else frozenset()))
        if left.column is None:
            node.set("this", left.node)
            return _Made(node, None, read)
        name = self._name()
        rows = exp.select("*").from_(self._nested(self._once(self._as(left, name), name)))
        rows.append("joins", exp.Join(this=self._nested(plain), method="NATURAL", kind="SEMI"))
        rows.set("with_", node.args.get("with_"))
        return _Made(rows, name, read)

    def _nested(self, node: exp.Expr) -> exp.Subquery:
        return exp.Subquery(this=node, alias=exp.TableAlias(this=exp.to_identifier(self._name())))

    # SELECT

    def _select(self, node: exp.Select, scope: _Scope) -> _Made:
        if any(node.args.get(part) for part in ("laterals", "connect", "sample", "pivots", "into", "kind")):
            raise NotShadowed("a SELECT with clauses that are not among the shapes")
        _ordered_plainly(node)
        sources: Sources = {}
        columns: dict[str, str] = {}
        self.around.append(sources)
        for name, read, column in self._sources(node, scope):
            sources[name] = read
            if column is not None:
                columns[name] = column
        _hide(node, columns)
        inner, outer, risky = self._values(node, scope)
        self.around.pop()
        read = read_by(node, sources, self.around[::-1], risky)
        own = [self.bits.or_none(exp.column(c, table=exp.to_identifier(n, quoted=True))) for n, c in columns.items()]
        made, label = self._labelled(node, [*own, *inner], outer)
        return _Made(made, label, read)

    def _labelled(self, node: exp.Select, inner: list[exp.Expr], outer: list[exp.Expr]) -> tuple[exp.Expr, str | None]:
        """The SELECT with its label: of `inner`, what each row of the FROM has, and `outer`, what each that leaves."""
        row = self.bits.together(inner)
        base = self.bits.all(row) if row is not None and aggregated(node) else row
        framed = [self._framed(one, base) for one in self._windows(node)] if base is not None else []
        label = self.bits.together([one for one in (base, *framed, *outer) if one is not None])
        if label is None:
            return node, None
        name = self._name()
        node.append("expressions", label.as_(name))
        distinct = node.args.get("distinct")
        if distinct is None or distinct.args.get("on"):
            return node, name
        node.set("distinct", None)
        return self._once(node, name), name

    def _windows(self, node: exp.Select) -> list[exp.Window]:
        """The windows that bring in values of other rows."""
        found = []
        for one in node.expressions:
            for window in one.find_all(exp.Window):
                if window.find_ancestor(exp.Select) is node and not ranks_only(window):
                    found.append(window)
        return found

    def _framed(self, window: exp.Window, base: exp.Expr) -> exp.Expr:
        """The bits of the rows that a window takes its value from: of its frame, or of the one row before or after."""
        copy = window.copy()
        called = copy.this
        while isinstance(called, (exp.IgnoreNulls, exp.RespectNulls, exp.Filter)):
            called = called.this
        if isinstance(called, (exp.Lag, exp.Lead)):
            if copy.this is not called:
                raise NotShadowed("a window that passes over empty values")
            offset = called.args.get("offset")
            moved = type(called)(this=base.copy(), **({"offset": offset.copy()} if offset is not None else {}))
            copy.set("this", moved)
        else:
            copy.set("this", self.bits.gathered(base.copy()))
        return self.bits.or_none(copy)

    def _values(self, node: exp.Select, scope: _Scope) -> tuple[list[exp.Expr], list[exp.Expr], Entries]:
        """The bits of what subqueries give as values, to single rows of the FROM and to rows that leave, and which
        tables subqueries decide by."""
        inner: list[exp.Expr] = []
        outer: list[exp.Expr] = []
        risky: Entries = frozenset()
        for part in _parts(node, ("expressions", "group")):
            for query in outermost_queries(part):
                if looks_up(query) or not is_value(query):
                    risky |= self._decide(query, scope)
                    continue
                made = self.query(query.copy(), scope)
                risky |= made.read.risky
                if made.column is not None:
                    label = exp.select(self.bits.all(exp.column(made.column))).from_(self._nested(made.node))
                    within = query.find_ancestor(exp.AggFunc, exp.Select)
                    into = inner if isinstance(within, exp.AggFunc) else outer
                    into.append(self.bits.or_none(exp.Subquery(this=label)))
        for part in _parts(node, ("where", "having", "qualify", "order")):
            for query in outermost_queries(part):
                risky |= self._decide(query, scope)
        for join in node.args.get("joins") or ():
            for query in outermost_queries(join.args.get("on")):
                risky |= self._decide(query, scope)
        return inner, outer, risky

    def _decide(self, query: exp.Expr, scope: _Scope) -> Entries:
        """The rows that a query reads, whatever its shape."""
        return decided_in(query, lambda table: self._below(table, scope))

    def _below(self, table: exp.Table, scope: _Scope) -> Entries:
        if not table.db and table.name.lower() in scope:
            named = scope[table.name.lower()].read
            return named.below | named.risky
        relation = _relation(table)
        if relation in self.places.plain:
            return frozenset()
        if relation in self.places.raw:
            return frozenset((Entry(relation, relation),))
        if relation not in self.places.models:
            raise NotShadowed(f"nothing is known of the rows of {relation}")
        read = self.places.models[relation].read
        return read.below | read.risky

    # FROM

    def _sources(self, node: exp.Select, scope: _Scope) -> Iterator[tuple[str, Read, str | None]]:
        from_ = node.args.get("from_")
        if from_ is None:
            return
        seen: set[str] = set()
        for holder in (from_, *(node.args.get("joins") or ())):
            if (holder.args.get("kind") or "").upper() in ("SEMI", "ANTI"):
                if holder.args.get("method"):
                    raise NotShadowed("a natural SEMI or ANTI join")
                # It decides by its rows and gives none.
                read = Read(risky=self._decide(holder.this, scope))
                yield f"{holder.this.alias_or_name.lower()} ", read, None
                continue
            name, read, column = self._source(holder, scope)
            if name in seen:
                raise NotShadowed("two sources of one name")
            seen.add(name)
            yield name, read, column

    def _source(self, holder: exp.Expr, scope: _Scope) -> tuple[str, Read, str | None]:
        source = holder.this
        if source.args.get("joins") or source.args.get("pivots") or source.args.get("sample"):
            raise NotShadowed("a source that is joined, pivoted or sampled within itself")
        if isinstance(source, exp.Table) and isinstance(source.this, exp.Identifier):
            return self._table(source, scope)
        if isinstance(source, exp.Lateral):
            source = source.this
            if not isinstance(source, exp.Subquery):
                raise NotShadowed("a LATERAL that is no query")
        if isinstance(source, exp.Subquery):
            made = self.query(source.this, scope)
            whole = holder.this
            alias = whole.args.get("alias") or exp.TableAlias(this=exp.to_identifier(self._name(), quoted=True))
            whole.set("alias", alias)
            source.set("this", made.node)
            renamed = bool(alias.args.get("columns"))
            read = made.read.renamed() if renamed else made.read
            return alias.name.lower(), read, made.column
        if isinstance(source, (exp.Values, exp.Unnest)) or (isinstance(source, exp.Table) and is_pure_call(source)):
            return (source.alias or self._name()).lower(), Read(), None
        raise NotShadowed(f"{type(source).__name__.upper()} as a source")

    def _table(self, source: exp.Table, scope: _Scope) -> tuple[str, Read, str | None]:
        name, alias = source.alias_or_name, source.args.get("alias")
        renamed = alias is not None and bool(alias.args.get("columns"))
        if not source.db and source.name.lower() in scope:
            named = scope[source.name.lower()]
            if named.column is not None:
                kept = alias or exp.TableAlias(this=exp.to_identifier(source.name, quoted=True))
                source.replace(exp.Table(this=exp.to_identifier(named.name, quoted=True), alias=kept))
            return name.lower(), named.read.renamed() if renamed else named.read, named.column
        relation = _relation(source)
        if relation in self.places.plain:
            return name.lower(), Read(), None
        node, column, read = self._stored(relation, source)
        if node is not None:
            kept = alias or exp.TableAlias(this=exp.to_identifier(source.name, quoted=True))
            source.replace(exp.Subquery(this=node, alias=kept))
        return name.lower(), read.renamed() if renamed else read, column

    def _stored(self, relation: str, source: exp.Table) -> tuple[exp.Expr | None, str | None, Read]:
        if relation in self.places.raw:
            column = self._name()
            plain = exp.Table(this=source.this.copy(), db=source.args.get("db"), catalog=source.args.get("catalog"))
            return self.bits.of_raw(plain, relation, column), column, Read(frozenset((Entry(relation, relation),)))
        if relation not in self.places.models:
            raise NotShadowed(f"nothing is known of the rows of {relation}")
        made = self.places.models[relation]
        if made.column is None:
            return None, None, made.read
        column = self._name()
        star = exp.Star(except_=[exp.column(made.column)])
        query = exp.select(star, exp.column(made.column).as_(column)).from_(exp.to_table(made.sql, dialect=_DIALECT))
        return query, column, made.read

    def _name(self) -> str:
        return f"{PREFIX}{next(self.numbers)}"


def _hide(node: exp.Select, columns: Mapping[str, str]) -> None:
    """Stars stand for what they stood for: the labels of the sources are not among it."""
    if any(part.find(exp.Columns) for part in node.expressions):
        raise NotShadowed("COLUMNS(…)")
    for star in node.expressions:
        of = star.table.lower() if isinstance(star, exp.Column) and isinstance(star.this, exp.Star) else None
        inner = star.this if of is not None else star
        if isinstance(inner, exp.Star):
            names = dict.fromkeys(columns.values() if of is None else filter(None, [columns.get(of)]))
            inner.set("except_", [*(inner.args.get("except_") or ()), *map(exp.column, names)])


def _parts(node: exp.Select, names: Collection[str]) -> Iterator[exp.Expr]:
    for name in names:
        part = node.args.get(name)
        if part is not None:
            yield from part if isinstance(part, list) else (part,)


def _ordered_plainly(node: exp.Expr) -> None:
    """ORDER BY ALL would order by the label, too; where nothing is cut off, the order is of no matter."""
    order = node.args.get("order")
    if order is not None and any(one.this.name.upper() == "ALL" for one in order.expressions):
        if node.args.get("limit") or node.args.get("offset"):
            raise NotShadowed("ORDER BY ALL with a limit")
        node.set("order", None)


def _relation(table: exp.Table) -> str:
    return join_parts((table.catalog or CATALOG, table.db or "main", table.name))
