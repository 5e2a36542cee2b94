"""Writing a query's shadow: the same rows and columns, and beside each row the persons that it is made of.

Every source of persons in a FROM is a *slot* of its own, and a row's slots are counted apart: so joining a crowd to one
person's rows makes no crowd of that person. Known shapes only: SELECT with inner, outer and cross joins, GROUP BY of
any kind, DISTINCT, UNION, WITH, nested queries, and subqueries that filter. Whatever else there is raises
`NotShadowed`, and the caller knows nothing of the rows.

Lives here: the shapes. Must not live here: where persons come in (`leaves.py`), single expressions (`values.py`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count, zip_longest
from typing import Any, NamedTuple

from sqlglot import exp

from lineage.facts import join_parts
from lineage.shadow.leaves import CATALOG, Leaves, PersonKey
from lineage.shadow.values import aggregated, conditions, looks_up, reads_other_rows
from lineage.sql.parsing import parse_statements

PREFIX = "_zt_"
_DIALECT = "duckdb"
_JOINS = {"", "INNER", "OUTER", "CROSS", "LEFT", "RIGHT", "FULL"}
_CLAUSES = {
    "with_", "expressions", "from_", "joins", "where", "group", "having", "qualify", "order", "limit", "offset",
    "distinct", "windows",
}  # fmt: skip
_UNION = {"with_", "this", "expression", "distinct", "order", "limit", "offset"}


class NotShadowed(Exception):
    """The persons behind a query's rows cannot be told; `reason` says what is in the way, in words without data."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class Slot(NamedTuple):
    """One source of persons: the column that holds them, the element of their ids, and whether it holds a list."""

    column: str
    element: str
    many: bool


class Rows(NamedTuple):
    """What is known of a query's rows: their slots, and the output columns that they are grouped by (None: not)."""

    slots: tuple[Slot, ...] = ()
    keys: tuple[str, ...] | None = None
    cells: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Shadow:
    """A query with its persons. `slots` and `cells` are columns that it has more than the original, all at the end.

    Each slot holds an id, or a list of ids; `grouped` says that some row stands for a list. An empty id is somebody
    without one, null is nobody.
    `cells` are lists of those who count in one output column only. `keys` are the columns that the rows are grouped by.
    """

    sql: str
    slots: tuple[Slot, ...]
    grouped: bool
    keys: tuple[str, ...] | None
    cells: Mapping[str, str]


def shadow(relation: str, models: Mapping[str, str], leaves: Leaves) -> Shadow | None:
    """The shadow of the model that makes `relation`; None where no person is behind its rows.

    `models` maps relations to the SQL that makes each. Raises `NotShadowed`.
    """
    if relation not in models:
        raise NotShadowed(f"no SQL is known that makes {relation}")
    try:
        tree, rows = _Writer(models, leaves).of_model(relation)
        if not rows.slots:
            return None
        return Shadow(
            tree.sql(_DIALECT),
            rows.slots,
            any(slot.many for slot in rows.slots),
            rows.keys,
            dict(rows.cells),
        )
    except RecursionError:
        raise NotShadowed("the query is nested too deeply") from None


Scope = Mapping[str, Rows]
"""The queries that WITH names, lower case."""


@dataclass
class _Writer:
    models: Mapping[str, str]
    leaves: Leaves
    known: dict[str, tuple[exp.Expr, Rows]] = field(default_factory=dict)
    within: list[str] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=count)

    def of_model(self, relation: str) -> tuple[exp.Expr, Rows]:
        """The rewritten query of one model, made once."""
        if relation in self.within:
            raise NotShadowed(f"{relation} reads itself")
        if relation not in self.known:
            statements, fault = parse_statements(self.models[relation], _DIALECT)
            if fault or len(statements) != 1:
                raise NotShadowed(f"{relation}: its SQL is not one query that can be read")
            self.within.append(relation)
            self.known[relation] = statements[0], self.query(statements[0], {}, outer=len(self.within) == 1)
            self.within.pop()
        return self.known[relation]

    def query(self, node: exp.Expr, scope: Scope, *, outer: bool = False) -> Rows:
        """Rewrite a query in place, and say what its rows are."""
        if isinstance(node, exp.Subquery) and not node.args.get("alias") and not node.args.get("joins"):
            return self.query(node.this, scope, outer=outer)
        if isinstance(node, exp.Union):
            return self._union(node, self._named(node, scope))
        if isinstance(node, exp.Select):
            return self._select(node, self._named(node, scope), outer)
        raise NotShadowed(f"{type(node).__name__.upper()} is not among the shapes whose persons can be told")

    def _named(self, node: exp.Expr, scope: Scope) -> Scope:
        with_ = node.args.get("with_")
        if with_ is None:
            return scope
        if with_.args.get("recursive"):
            raise NotShadowed("a recursive WITH")
        found = dict(scope)
        for one in with_.expressions:
            if one.args["alias"].args.get("columns"):
                raise NotShadowed("a WITH that renames columns")
            found[one.alias.lower()] = self.query(one.this, found)
        return found

    # UNION

    def _union(self, node: exp.Union, scope: Scope) -> Rows:
        _only(node, _UNION, "UNION")
        left, right = self.query(node.left, scope), self.query(node.right, scope)
        slots = []
        for one, other in zip_longest(left.slots, right.slots):
            slots.append(self._paired(node, one, other))
        rows = Rows(tuple(slots), left.keys if left.keys == right.keys else None)
        if node.args.get("distinct"):
            node.set("distinct", False)
            return self._once(node, rows)
        return rows

    def _paired(self, node: exp.Union, one: Slot | None, other: Slot | None) -> Slot:
        """One slot of both sides. Ids of two elements are never counted as one person's, so they may not mix."""
        element = (one or other).element  # type: ignore[union-attr]
        if one and other and one.element != other.element:
            raise NotShadowed("a UNION of persons with ids of two kinds")
        many = bool((one and one.many) or (other and other.many))
        for side, slot in ((node.left, one), (node.right, other)):
            block = _last(side)
            if slot is None:
                block.append("expressions", _null(self._name(), many))
            elif many and not slot.many:
                _wrap_as_list(block, slot.column)
        name = one.column if one else _added(_last(node.left))
        return Slot(name, element, many)

    def _once(self, node: exp.Expr, rows: Rows) -> Rows:
        """Equal rows as one, with the persons of all of them."""
        if not rows.slots:
            node.set("distinct", exp.Distinct() if isinstance(node, exp.Select) else True)
            return rows
        inner = node.copy()
        with_ = inner.args.get("with_")
        inner.set("with_", None)
        slots = tuple(Slot(self._name(), slot.element, True) for slot in rows.slots)
        star = exp.Star(except_=[exp.column(slot.column) for slot in rows.slots])
        lists = [
            _listed(exp.column(old.column), old.many).as_(new.column)
            for old, new in zip(rows.slots, slots, strict=True)
        ]
        outer = exp.select(star, *lists).from_(
            exp.Subquery(this=inner, alias=exp.TableAlias(this=exp.to_identifier(self._name())))
        )
        outer.set("group", exp.Group(all=True))
        outer.set("with_", with_)
        _become(node, outer)
        return Rows(slots, rows.keys)

    # SELECT

    def _select(self, node: exp.Select, scope: Scope, outer: bool) -> Rows:
        _only(node, _CLAUSES, "SELECT")
        sources = dict(self._sources(node, scope))
        here = [(name, slot) for name, rows in sources.items() for slot in rows.slots]
        self._hide(node, sources)
        distinct = node.args.get("distinct")
        if distinct is not None and distinct.args.get("on"):
            raise NotShadowed("DISTINCT ON")
        if not here:
            self._nobody(node, scope)
            return Rows(keys=self._keys(node, sources))
        self._judge(node, scope)
        grouped = aggregated(node)
        keys = self._keys(node, sources)
        cells = tuple(self._cells(node, here)) if grouped and outer else ()
        slots = []
        for source, slot in here:
            made = Slot(self._name(), slot.element, grouped or slot.many)
            value: exp.Expr = exp.column(slot.column, table=exp.to_identifier(source, quoted=True))
            node.append("expressions", (_listed(value, slot.many) if grouped else value).as_(made.column))
            slots.append(made)
        rows = Rows(tuple(slots), keys, cells)
        if distinct is not None and not grouped:
            node.set("distinct", None)
            return self._once(node, rows)
        if distinct is not None:
            raise NotShadowed("DISTINCT over groups")
        return rows

    def _sources(self, node: exp.Select, scope: Scope) -> Iterator[tuple[str, Rows]]:
        from_ = node.args.get("from_")
        if from_ is None:
            return
        seen: set[str] = set()
        for holder in (from_, *node.args.get("joins", ())):
            if isinstance(holder, exp.Join):
                _joined(holder)
            name, rows = self._source(holder, scope)
            if name in seen:
                raise NotShadowed("two sources of one name")
            seen.add(name)
            if (holder.args.get("kind") or "").upper() in ("SEMI", "ANTI"):
                raise NotShadowed("a SEMI or ANTI join; write it with EXISTS")
            yield name, rows

    def _source(self, holder: exp.Expr, scope: Scope) -> tuple[str, Rows]:
        source = holder.this
        if source.args.get("joins") or source.args.get("pivots") or source.args.get("sample"):
            raise NotShadowed("a source that is joined, pivoted or sampled within itself")
        alias = source.args.get("alias")
        if alias is not None and alias.args.get("columns"):
            raise NotShadowed("a source whose columns are renamed")
        if isinstance(source, exp.Table) and isinstance(source.this, exp.Identifier):
            return self._table(source, scope)
        if isinstance(source, exp.Subquery):
            name = source.alias or self._name()
            source.set("alias", exp.TableAlias(this=exp.to_identifier(name, quoted=True)))
            return name.lower(), self.query(source.this, scope)
        if isinstance(source, (exp.Values, exp.Unnest)):
            return (source.alias or self._name()).lower(), Rows()
        raise NotShadowed(f"{type(source).__name__.upper()} as a source")

    def _table(self, source: exp.Table, scope: Scope) -> tuple[str, Rows]:
        name = source.alias_or_name
        if not source.db and source.name.lower() in scope:
            return name.lower(), scope[source.name.lower()]
        relation = join_parts((source.catalog or CATALOG, source.db or "main", source.name))
        if relation in self.leaves:
            keys = self.leaves[relation]
            inner, rows = self._leaf(source, keys) if keys else (None, Rows())
        elif relation in self.models:
            tree, rows = self.of_model(relation)
            inner = tree.copy() if rows.slots else None
        else:
            raise NotShadowed(f"nothing is known of the rows of {relation}")
        if inner is not None:
            alias = exp.TableAlias(this=exp.to_identifier(name, quoted=True))
            source.replace(exp.Subquery(this=inner, alias=alias))
        return name.lower(), rows

    def _leaf(self, source: exp.Table, keys: tuple[PersonKey, ...]) -> tuple[exp.Expr, Rows]:
        slots = tuple(Slot(self._name(), key.element, False) for key in keys)
        plain = source.copy()
        plain.set("alias", None)
        inner = exp.select("*").from_(plain)
        for key, slot in zip(keys, slots, strict=True):
            held = exp.cast(exp.column(exp.to_identifier(key.column, quoted=True)), "varchar")
            inner = inner.select(exp.Coalesce(this=held, expressions=[exp.Literal.string("")]).as_(slot.column))
        return inner, Rows(slots)

    def _hide(self, node: exp.Select, sources: Mapping[str, Rows]) -> None:
        """Stars stand for what they stood for."""
        for star in node.expressions:
            of = star.table.lower() if isinstance(star, exp.Column) and isinstance(star.this, exp.Star) else None
            inner = star.this if of is not None else star
            if not isinstance(inner, exp.Star):
                continue
            found = sources.values() if of is None else [sources[of]] if of in sources else []
            hidden = [exp.column(slot.column) for rows in found for slot in rows.slots]
            inner.set("except_", [*(inner.args.get("except_") or ()), *hidden])

    def _keys(self, node: exp.Select, sources: Mapping[str, Rows]) -> tuple[str, ...] | None:
        """The output columns that tell the groups apart, in order."""
        if aggregated(node):
            return tuple(one.alias_or_name for one in node.expressions if not aggregated(one))
        below = [rows.keys for rows in sources.values() if rows.slots]
        if len(below) != 1 or below[0] is None:
            return None
        if any(one.is_star for one in node.expressions):
            return below[0] if len(sources) == 1 else None
        kept = {name.lower() for name in below[0]}
        plain = [one for one in node.expressions if isinstance(one.unalias(), exp.Column)]
        return tuple(one.alias_or_name for one in plain if one.unalias().name.lower() in kept)

    def _cells(self, node: exp.Select, here: list[tuple[str, Slot]]) -> Iterator[tuple[str, str]]:
        for projection in list(node.expressions):
            for condition in conditions(projection):
                for source, slot in here:
                    value: exp.Expr = exp.column(slot.column, table=exp.to_identifier(source, quoted=True))
                    kept = _listed(value, slot.many, condition)
                    name = self._name()
                    node.append("expressions", kept.as_(name))
                    yield name, projection.alias_or_name

    def _judge(self, node: exp.Select, scope: Scope) -> None:
        """Refuse what would put into a row what comes from persons that its slots do not hold."""
        for part in (*node.expressions, node.args.get("group")):
            if part is None:
                continue
            if reads_other_rows(part):
                raise NotShadowed("a window function that brings in values of other rows, or COLUMNS(…)")
            for query in part.find_all(exp.Query):
                if not looks_up(query) and self._persons_in(query, scope):
                    raise NotShadowed("a subquery that is a value, and reads rows of persons")

    def _nobody(self, node: exp.Select, scope: Scope) -> None:
        for part in (*node.expressions, node.args.get("group")):
            if part is not None and any(self._persons_in(query, scope) for query in part.find_all(exp.Query)):
                raise NotShadowed("a subquery that is a value, and reads rows of persons")

    def _persons_in(self, query: exp.Expr, scope: Scope) -> bool:
        return bool(self.query(query.copy(), scope).slots)

    def _name(self) -> str:
        return f"{PREFIX}{next(self.numbers)}"


def _only(node: exp.Expr, known: set[str], what: str) -> None:
    strange = sorted(name.strip("_") for name, value in node.args.items() if value and name not in known)
    if strange:
        raise NotShadowed(f"{what} with {', '.join(strange)}")


def _joined(join: exp.Join) -> None:
    if join.args.get("method") or (join.args.get("kind") or "").upper() not in _JOINS:
        raise NotShadowed("a join that is not an inner, outer or cross join with ON or USING")
    if (join.args.get("side") or "").upper() not in _JOINS:
        raise NotShadowed("a join that is not an inner, outer or cross join with ON or USING")


def _listed(value: exp.Expr, many: bool, where: exp.Expr | None = None) -> exp.Expr:
    """The persons of a group, from those of its rows (that a condition keeps)."""
    there = exp.Not(this=exp.Is(this=value.copy(), expression=exp.Null()))
    kept = exp.Where(this=exp.and_(there, where.copy()) if where is not None else there)
    if many:
        lists = exp.Filter(this=exp.Anonymous(this="list", expressions=[value]), expression=kept)
        flat = exp.Anonymous(this="flatten", expressions=[lists])
        return exp.Anonymous(this="list_distinct", expressions=[flat])
    distinct = exp.Distinct(expressions=[value])
    return exp.Filter(this=exp.Anonymous(this="list", expressions=[distinct]), expression=kept)


def _last(node: exp.Expr) -> exp.Expr:
    """The block that an added column must stand in; a nested union has none of its own."""
    while isinstance(node, exp.Subquery):
        node = node.this
    if not isinstance(node, exp.Select):
        raise NotShadowed("a UNION of sides with different persons within another")
    return node


def _added(block: exp.Expr) -> str:
    return str(block.expressions[-1].alias)


def _null(name: str, many: bool) -> exp.Expr:
    return exp.cast(exp.Null(), "varchar[]" if many else "varchar", dialect=_DIALECT).as_(name)


def _wrap_as_list(block: exp.Expr, column: str) -> None:
    for one in block.expressions:
        if one.alias == column:
            value = one.this.copy()
            empty = exp.Is(this=value.copy(), expression=exp.Null())
            one.set(
                "this", exp.Case(ifs=[exp.If(this=empty, true=exp.Null())], default=exp.array(value, dialect=_DIALECT))
            )


def _become(node: exp.Expr, other: exp.Expr) -> None:
    """Turn a node into another in place; a UNION that becomes a SELECT stands in brackets of its own."""
    if type(node) is type(other):
        arguments: dict[str, Any] = dict(other.args)
        for name in list(node.args):
            node.set(name, None)
        for name, value in arguments.items():
            node.set(name, value)
        return
    raise NotShadowed("a UNION that keeps equal rows once; write UNION ALL and SELECT DISTINCT")
