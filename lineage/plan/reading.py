"""From a text to what the engine's plan says of it.

Lives here: which tables the sandbox needs, statements one after another, and the result by column. Must not live here:
rules for what a plan holds, other engines' opinions (`lineage/from_sql.py`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import duckdb

from lineage.calls import CHOSEN, COLUMN, CONSTANT, Call
from lineage.facts import ROWS, ColumnRef, Edge, Unknown, split_parts
from lineage.plan.context import Context
from lineage.plan.following import followed
from lineage.plan.sandbox import WORD, Planned, Sandbox
from lineage.plan.statements import Written, written
from lineage.plan.values import Rel, Value, chosen, merge, stored
from lineage.sql.catalog import EVERYTHING, Catalog
from lineage.sql.flow import EMPTY, Flow, edges_into

_WRITES = {"INSERT", "UPDATE", "DELETE", "MERGE_INTO"}
_MOST_ARGUMENTS = 6


@dataclass(frozen=True)
class Reading:
    """What a plan says: `columns` with their types, edges, unknowns, calls and copies by column; or `fault`, why there
    is no plan. Rows are under ``*``. `conditional` are the columns of `copies` that a condition chose; `even`: each
    row stands for one of a stored table. `opened`: a relation was read whose columns may not all be known. `follows`
    are the relations that a query follows row by row (`following.py`)."""

    relation: str = ""
    types: Mapping[str, str] | None = None
    edges: Mapping[str, tuple[Edge, ...]] | None = None
    unknown: Mapping[str, tuple[Unknown, ...]] | None = None
    calls: Mapping[str, tuple[Call, ...]] | None = None
    copies: Mapping[str, frozenset[ColumnRef] | None] | None = None
    conditional: frozenset[str] = frozenset()
    even: bool = True
    fault: str = ""
    opened: bool = False
    follows: frozenset[str] = frozenset()


class _NoPlan(Exception):
    """There is no plan to read; its text says why."""


def read(sql: str, catalog: Catalog, target: str) -> Reading:
    """What the engine's plan says of a text. Raises nothing for any text."""
    try:
        return _read(sql, catalog, target)
    except _NoPlan as why:
        return Reading(fault=str(why))
    except RecursionError:
        return Reading(fault="it is nested too deeply")
    except Exception as error:  # a plan of a shape that nobody imagined: there is none, and it says by what
        return Reading(fault=f"its plan is not understood ({type(error).__name__})")


def _read(sql: str, catalog: Catalog, target: str) -> Reading:
    sandbox = _sandbox(catalog)
    try:
        statements = sandbox.statements(sql)
    except duckdb.Error as error:
        raise _NoPlan(f"the engine cannot parse it ({type(error).__name__})") from None
    if not statements:
        raise _NoPlan("it holds no statement")
    query = len(statements) == 1 and statements[0].type.name == "SELECT"
    if not query:
        sandbox = _new_sandbox(catalog)  # what these make is theirs alone
        _furnish(sandbox, None, catalog)
        _refuse_unmade(sandbox, sql)
    context = Context(sandbox, catalog.functions, catalog.uneven, catalog.computed)
    made: dict[str, Rel] = {}
    context.made = made
    found = Written("", (), Rel(()))
    for statement in statements:
        step = _step(context, statement, made, catalog)
        found = step if step is not None else found
    if not found.names:
        raise _NoPlan("it makes no relation")
    catalog.lookups.update(map(split_parts, context.read))
    finished = _finish(found, target, bool(context.read & catalog.open_relations))
    return replace(finished, follows=context.follows) if query else finished


def _sandbox(catalog: Catalog) -> Sandbox:
    if catalog.sandbox is None:
        catalog.sandbox = _new_sandbox(catalog)
        for name, columns in catalog.tables.items():
            catalog.sandbox.offer(name, columns)
    found: Sandbox = catalog.sandbox
    return found


def _new_sandbox(catalog: Catalog) -> Sandbox:
    stubs = {name: (_MOST_ARGUMENTS, lowering.returns) for name, lowering in catalog.functions.items()}
    return Sandbox(stubs, {name: macro.sql for name, macro in catalog.macros.items()})


def _furnish(sandbox: Sandbox, sql: str | None, catalog: Catalog) -> None:
    """Make the tables that a query names; all of them where it is not sure which it reads."""
    named = sandbox.named(sql) if sql is not None and not catalog.macros_read else None
    if named is not None:
        wanted = [name for parts in sorted(named) if (name := catalog.find(parts))]
    else:
        wanted = list(catalog.tables)
        catalog.lookups.add(EVERYTHING)
    for name in wanted:
        sandbox.know(name, catalog.tables[name])
    sandbox.make_macros()


def _query(context: Context, sql: str, catalog: Catalog) -> Planned:
    """The plan of a query. Most read tables that are there already; where the engine misses something, those that the
    text names are made, and it is asked again."""
    sandbox = context.sandbox
    sandbox.want(sql)
    if sandbox.unmade:  # one of them may have the name of a function that is there already
        _furnish(sandbox, sql, catalog)
        _refuse_unmade(sandbox, sql)
    planned = sandbox.query(sql)
    if planned.fault:
        _furnish(sandbox, sql, catalog)
        planned = sandbox.query(sql)
    return _planned(planned)


def _refuse_unmade(sandbox: Sandbox, sql: str) -> None:
    """A text that names a macro which could not be made is not planned as if there were none."""
    missed = sandbox.unmade.keys() & set(WORD.findall(sql.lower()))
    if missed:
        raise _NoPlan(f"a macro that it names cannot be made: {min(missed)}")


def _step(context: Context, statement: duckdb.Statement, made: dict[str, Rel], catalog: Catalog) -> Written | None:
    """One statement of a text: what it makes, None where that is nothing that lineage asks for."""
    kind, sql = statement.type.name, statement.query
    sandbox = context.sandbox
    if kind == "SELECT":
        planned = _query(context, sql, catalog)
        context.follows = followed(planned.root, sandbox)
        return _named("", planned, written(context, planned.root))
    if kind == "CREATE":
        return _made(context, sql, made)
    if kind in _WRITES:
        found = written(context, _planned(sandbox.statement(sql)).root)
        made[found.name] = _added(found, made.get(found.name), context)
        return found
    if kind == "TRANSACTION":
        return None
    raise _NoPlan(f"a statement of the kind {kind} is not in the list of those understood")


def _made(context: Context, sql: str, made: dict[str, Rel]) -> Written | None:
    sandbox = context.sandbox
    planned = sandbox.statement(sql)
    root = planned.root.get("type")
    if root == "LOGICAL_CREATE_TABLE" and planned.root["children"]:
        found = written(context, planned.root)
        sandbox.know(found.name, dict(planned.columns))
        made[found.name] = found.found
        return found
    if root == "LOGICAL_CREATE_VIEW" or planned.fault:
        return _view_or_macro(context, sql)
    raise _NoPlan("it makes no relation")


def _view_or_macro(context: Context, sql: str) -> Written | None:
    """A view or a macro is made in the sandbox, where neither reads anything, and then looked at by its name."""
    sandbox = context.sandbox
    before = sandbox.views()
    if not sandbox.run(sql):
        raise _NoPlan("the engine does not make it")
    new = sorted(sandbox.views() - before)
    if not new:
        return None
    planned = _planned(sandbox.query(f"select * from {new[0]}"))
    return _named(new[0], planned, written(context, planned.root))


def _named(name: str, planned: Planned, found: Written) -> Written:
    names, types = (tuple(part) for part in zip(*planned.columns, strict=True))
    return Written(name, names, found.found, types=types)


def _added(found: Written, before: Rel | None, context: Context) -> Rel:
    """A table after some of it was written: what was there, and what came."""
    names = context.sandbox.columns_of(found.name)
    old = before or stored(found.name, names)
    new = dict(zip(found.names, found.found.columns, strict=True))
    columns = tuple(
        chosen([value, new[name]], lifted=False) if name in new else value
        for name, value in zip(names, old.columns, strict=True)
    )
    return Rel(columns, merge([old.rows, found.found.rows]))


def _planned(planned: Planned) -> Planned:
    if planned.fault:
        raise _NoPlan(planned.fault)
    return planned


def _finish(found: Written, target: str, opened: bool) -> Reading:
    relation = found.name or target
    rows = merge([found.found.rows, found.found.order])
    by_name: dict[str, list[Value]] = {}
    for name, value in zip(found.names, found.found.columns, strict=True):
        by_name.setdefault(name.lower(), []).append(value)  # names that differ by case alone are one to the graph
    flows = {name: merge([v.flow for v in values]) for name, values in by_name.items()}
    edges = {name: edges_into(ColumnRef(relation, name), flow, rows) for name, flow in flows.items()}
    edges[ROWS] = edges_into(ColumnRef(relation, ROWS), Flow(), rows)
    unknown = {name: _why(flow, rows) for name, flow in flows.items()} | {ROWS: _why(EMPTY, rows)}
    calls = {name: tuple(sorted({c for v in values for c in v.calls}, key=repr)) for name, values in by_name.items()}
    calls[ROWS] = tuple(sorted(found.found.calls, key=repr))
    return Reading(
        relation,
        {**dict.fromkeys(flows, ""), **{n.lower(): kind for n, kind in zip(found.names, found.types, strict=False)}},
        edges,
        {name: why for name, why in unknown.items() if why},
        {name: made for name, made in calls.items() if made},
        {name: _copies(values) for name, values in by_name.items()},
        frozenset(name for name, values in by_name.items() if any(v.kind == CHOSEN for v in values)),
        found.found.even,
        opened=opened,
    )


def _copies(values: list[Value]) -> frozenset[ColumnRef] | None:
    if any(v.kind not in (COLUMN, CHOSEN, CONSTANT) and (v.flow.direct or v.calls) for v in values):
        return None
    return frozenset().union(*(v.copies for v in values))


def _why(*flows: Flow) -> tuple[Unknown, ...]:
    return tuple(sorted({why for flow in flows for why in flow.unknown}, key=repr))
