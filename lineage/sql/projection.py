"""The select list: stars, COLUMNS(), unnested structs and lists, and the names of what comes out.

Lives here: how one item of a select list becomes output columns. Must not live here: values (`expressions.py`),
clauses (`query.py`)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlglot import exp

from lineage.graph import Unknown
from lineage.sql.flow import EMPTY, EXPRESSION, Flow, as_indirect, lift, merge, unknown_flow
from lineage.sql.functions import LIST_FUNCTIONS
from lineage.sql.ports import Binder
from lineage.sql.relation import BoundColumn, Scope, element_type, struct_fields
from lineage.sql.sources import unnested_fields

_EXPLODING = (exp.Explode, exp.ExplodeOuter, exp.Posexplode, exp.PosexplodeOuter, exp.Inline, exp.Unnest)
_LIKES = (exp.Like, exp.ILike)
_LISTS = (
    exp.Array, exp.Split, exp.RegexpExtractAll, exp.GenerateSeries, exp.ArrayAgg, exp.Transform, exp.ArrayFilter,
    exp.ArrayDistinct, exp.ArrayConcat, exp.StringToArray, exp.MapKeys,
)  # fmt: skip


@dataclass(frozen=True)
class Projection:
    """The output columns, what unnesting did to the rows, and the flow of columns with unknown names (None if none)."""

    columns: tuple[BoundColumn, ...]
    rows: Flow
    rest: Flow | None


def project(binder: Binder, node: exp.Expr, scope: Scope) -> Projection:
    """The select list of one block."""
    columns: list[BoundColumn] = []
    rows, rests = [], []
    for item in node.expressions:
        made, rest = _item(binder, item, scope)
        columns += made
        if rest is not None:
            rests.append(rest)
        rows.append(_unnested_rows(binder, item, scope))
    return Projection(tuple(columns), merge(rows), merge(rests) if rests else None)


def _item(binder: Binder, item: exp.Expr, scope: Scope) -> tuple[list[BoundColumn], Flow | None]:
    if isinstance(item, exp.Star):
        return _starred(binder, item, scope.star(), scope.rest(), scope)
    if isinstance(item, exp.Column) and isinstance(item.this, exp.Star):
        return _of_source(binder, item, scope)
    pattern = _star_pattern(item)
    if pattern is not None:
        return _like(pattern, scope)
    inner = item.this if isinstance(item, exp.Alias) else item
    if isinstance(inner, _EXPLODING):
        return _exploded(binder, inner, item.alias if isinstance(item, exp.Alias) else "", scope)
    if isinstance(item, exp.Aliases):
        value = binder.value(item.this, scope)
        return [BoundColumn(alias.name.lower(), value.flow) for alias in item.expressions], None
    chosen = _columns_nodes(item)
    if chosen:
        return _expanded(binder, item, chosen, scope)
    return [_plain(binder, item, scope)], None


def _plain(binder: Binder, item: exp.Expr, scope: Scope) -> BoundColumn:
    if isinstance(item, exp.Alias):
        if id(item.this) not in scope.memo:
            scope.pending.add(item.alias.lower())
            scope.memo[id(item.this)] = binder.value(item.this, scope)
            scope.pending.discard(item.alias.lower())
        value = scope.memo[id(item.this)]
        return BoundColumn(item.alias.lower(), value.flow, value.type, value.fields)
    value = binder.value(item, scope)
    name, generated = _name(item, binder.catalog.dialect)
    return BoundColumn(name, value.flow, value.type, value.fields, generated)


def _name(item: exp.Expr, dialect: str) -> tuple[str, bool]:
    if isinstance(item, exp.Column):
        return item.name.lower(), False
    if isinstance(item, exp.Dot) and isinstance(item.expression, exp.Identifier):
        return item.expression.name.lower(), False
    if isinstance(item, exp.Cast) and isinstance(item.this, exp.Columns):
        return "", False
    return item.sql(dialect).lower(), True


# -- stars ---------------------------------------------------------------------------------------------------------


def _of_source(binder: Binder, item: exp.Column, scope: Scope) -> tuple[list[BoundColumn], Flow | None]:
    parts = [part.name.lower() for part in item.parts if not isinstance(part, exp.Star)]
    for source in scope.sources:
        if source.alias == parts[-1]:
            shown = [
                BoundColumn(name, c.flow, c.type, c.fields, c.generated) for name, c in source.relation.index.items()
            ]
            return _starred(binder, item.this, shown, source.relation.rest, scope)
    value = scope.resolve(parts)
    if value is None:
        return [], unknown_flow(Unknown("unresolved column", ".".join(parts) + ".*", scope.bases()))
    fields = unnested_fields(value)
    return (fields, None) if fields is not None else ([], lift(value.flow, EXPRESSION))


def _starred(
    binder: Binder, star: exp.Star, shown: list[BoundColumn], rest: Flow | None, scope: Scope
) -> tuple[list[BoundColumn], Flow | None]:
    dropped = {e.name.lower() for e in star.args.get("except_") or ()}
    replaced = {e.alias.lower(): e.this for e in star.args.get("replace") or () if isinstance(e, exp.Alias)}
    renamed = {e.this.name.lower(): e.alias.lower() for e in star.args.get("rename") or () if isinstance(e, exp.Alias)}
    gaps = binder.unhandled(star, frozenset(("except_", "replace", "rename")))
    made = []
    for column in shown:
        if column.name in dropped:
            continue
        value = binder.value(replaced[column.name], scope) if column.name in replaced else column
        name = renamed.get(column.name, column.name)
        made.append(BoundColumn(name, merge([value.flow, gaps]), value.type, value.fields, column.generated))
    return made, rest if not gaps.unknown or rest is None else merge([rest, gaps])


def _star_pattern(item: exp.Expr) -> exp.Expr | None:
    """`* LIKE 'x%'` chooses columns; it is not a comparison."""
    test = item.this if isinstance(item, (exp.Not, exp.Paren)) else item
    return item if isinstance(test, (exp.Binary,)) and isinstance(test.this, exp.Star) else None


def _like(item: exp.Expr, scope: Scope) -> tuple[list[BoundColumn], Flow | None]:
    negated = isinstance(item, exp.Not)
    test = item.this if negated else item
    shown, rest = scope.star(), scope.rest()
    if not isinstance(test, _LIKES) or not isinstance(test.expression, exp.Literal):
        return [], merge([*(c.flow for c in shown), rest or EMPTY])
    pattern = _like_pattern(test.expression.name)
    return [c for c in shown if bool(pattern.fullmatch(c.name)) is not negated], rest


def _like_pattern(text: str) -> re.Pattern[str]:
    parts = [".*" if ch == "%" else "." if ch == "_" else re.escape(ch) for ch in text.lower()]
    return re.compile("".join(parts), re.DOTALL)


# -- COLUMNS() -----------------------------------------------------------------------------------------------------


def _columns_nodes(item: exp.Expr) -> list[exp.Columns]:
    found: list[exp.Columns] = []
    stack = [] if _is_plain(item) else [item]
    while stack:
        here = stack.pop()
        if isinstance(here, exp.Query):
            continue
        if isinstance(here, exp.Columns) and not here.args.get("unpack"):
            found.append(here)
        stack += here.iter_expressions()
    return found


def _expanded(
    binder: Binder, item: exp.Expr, nodes: list[exp.Columns], scope: Scope
) -> tuple[list[BoundColumn], Flow | None]:
    matches = [columns_matched(binder, node, scope) for node in nodes]
    width = min(len(columns) for columns, _ in matches)
    rests = [rest for _, rest in matches if rest is not None]
    alias = item.alias if isinstance(item, exp.Alias) else ""
    made = []
    for position in range(width):
        inner = Scope(**{**scope.__dict__, "choice": position, "memo": {}})
        value = binder.value(item.this if alias else item, inner)
        original = matches[0][0][position].name
        name = _renamed(alias, nodes[0], original) if alias else original
        made.append(BoundColumn(name.lower(), value.flow, value.type, value.fields))
    if not rests:
        return made, None
    return made, lift(merge([binder.expression(item, scope), *rests]), EXPRESSION)


def _renamed(alias: str, node: exp.Columns, original: str) -> str:
    if "\\" not in alias:
        return alias
    pattern = node.this.name if isinstance(node.this, exp.Literal) else "(.*)"
    found = _regex(pattern).search(original)
    groups = {"0": found.group(0), **{str(i + 1): g or "" for i, g in enumerate(found.groups())}} if found else {}
    return re.sub(r"\\(\d)", lambda m: groups.get(m.group(1), ""), alias)


def columns_matched(binder: Binder, node: exp.Expr, scope: Scope) -> tuple[list[BoundColumn], Flow | None]:
    """The columns that one `COLUMNS(…)` stands for, and the flow of those whose names are not known."""
    shown, rest, chooser = scope.star(), scope.rest(), node.this
    if isinstance(chooser, exp.Star):
        return _starred(binder, chooser, shown, rest, scope)
    if isinstance(chooser, exp.Column) and isinstance(chooser.this, exp.Star):
        return _of_source(binder, chooser, scope)
    if isinstance(chooser, exp.Literal) and chooser.is_string:
        pattern = _regex(chooser.name)
        return [c for c in shown if pattern.search(c.name)], rest
    if isinstance(chooser, exp.Array) and all(isinstance(e, exp.Literal) for e in chooser.expressions):
        names = [e.name.lower() for e in chooser.expressions]
        by_name = {c.name: c for c in shown}
        return [by_name[n] for n in names if n in by_name], rest
    if isinstance(chooser, exp.Column):
        hit = scope.resolve([chooser.name.lower()])
        return ([hit], None) if hit is not None else ([], unknown_flow(Unknown("unresolved column", chooser.name)))
    decided = _lambda_chosen(chooser, shown)
    if decided is not None:
        return decided, rest
    return [], merge([*(c.flow for c in shown), rest or EMPTY])  # which ones is not known, so any of them


def _regex(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text, re.IGNORECASE)
    except re.error:
        return re.compile("")


def _lambda_chosen(chooser: exp.Expr, shown: list[BoundColumn]) -> list[BoundColumn] | None:
    """The columns that a simple lambda over names keeps (LIKE, IN, =, and/or/not of them); None for any other."""
    if not isinstance(chooser, exp.Lambda):
        return None
    verdicts = [(c, _test(chooser.this, c.name)) for c in shown]
    return None if any(v is None for _, v in verdicts) else [c for c, v in verdicts if v]


def _test(node: exp.Expr, name: str) -> bool | None:
    if isinstance(node, exp.Paren):
        return _test(node.this, name)
    if isinstance(node, exp.Not):
        inner = _test(node.this, name)
        return None if inner is None else not inner
    if isinstance(node, (exp.And, exp.Or)):
        sides = [_test(node.this, name), _test(node.expression, name)]
        return None if None in sides else (all(sides) if isinstance(node, exp.And) else any(sides))
    if isinstance(node, exp.In) and all(isinstance(e, exp.Literal) for e in node.expressions) and node.expressions:
        return name in [e.name.lower() for e in node.expressions]
    if isinstance(node, _LIKES) and isinstance(node.expression, exp.Literal):
        return bool(_like_pattern(node.expression.name).fullmatch(name))
    if isinstance(node, (exp.EQ, exp.NEQ)) and isinstance(node.expression, exp.Literal):
        return (name == node.expression.name.lower()) is isinstance(node, exp.EQ)
    return None


# -- unnest --------------------------------------------------------------------------------------------------------


def _exploded(binder: Binder, node: exp.Expr, alias: str, scope: Scope) -> tuple[list[BoundColumn], Flow | None]:
    value = binder.value(node.this or node.expressions[0], scope)
    flow = lift(value.flow, EXPRESSION)
    if _is_struct(value):
        fields = unnested_fields(value)
        if fields is not None:
            return fields, None
    recursive = any(isinstance(e, exp.PropertyEQ) for e in node.expressions)
    if recursive:
        inner = struct_fields(element_type(value.type))
        return [BoundColumn(name, flow, kind) for name, kind in inner.items()], None if inner else flow
    column = BoundColumn(alias.lower() or "unnest", flow, "", None, not alias)
    # Without a type the value may be a struct, which would come out as columns of its own names.
    return [column], None if value.type.strip().endswith("]") or _gives_list(node.this) else flow


def _gives_list(node: exp.Expr) -> bool:
    if isinstance(node, exp.Anonymous):
        return str(node.this).lower() in LIST_FUNCTIONS
    return isinstance(node, _LISTS)


def _unnested_rows(binder: Binder, item: exp.Expr, scope: Scope) -> Flow:
    found = []
    stack = [] if _is_plain(item) else [item]
    while stack:
        here = stack.pop()
        if isinstance(here, exp.Query):
            continue
        if isinstance(here, _EXPLODING):
            value = binder.value(here.this or here.expressions[0], scope)
            if not _is_struct(value) or len(here.expressions) > 0:  # a struct becomes columns, not rows
                found.append(value.flow)
        stack += here.iter_expressions()
    return as_indirect(merge(found), "unnest")


def _is_plain(item: exp.Expr) -> bool:
    """A column, maybe renamed: most of most select lists, and nothing to search in."""
    return type(item.this if type(item) is exp.Alias else item) is exp.Column


def _is_struct(value: BoundColumn) -> bool:
    return not value.type.strip().endswith("]") and bool(value.fields or struct_fields(value.type))
