"""What follows of standings: the sums of departments, domains and the city by day; and all anew where the declared
rules have changed, for the past is told by the rules that are declared now.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable

from contracts.dimensions import DIMENSIONS
from lake.quality_past.telling import OTHER_ROWS, write_standing
from lake.quality_past.units import DELIVERED, Declared, Unit
from quality.measured import State, Told, standing

_FEW = 4
COUNTS = "(rule.live = 1 or (rule.live = 2 and rule.error is not null))"
"""The rules that are part of a score, as SQL."""
_BAD = "(state <> 'measured' or failing > 0)"


def settle(connection: sqlite3.Connection, declared: Declared) -> bool:
    """Have the store's units and rules be those that are declared now; whether anything had to change."""
    known = connection.execute("select value from meta where name = 'declared'").fetchone()
    if known is not None and known[0] == declared.digest:
        return False
    connection.execute("update unit set live = 0")
    for unit in declared.units.values():
        _settle_unit(connection, declared, unit)
    connection.execute("delete from member")
    ids = dict(connection.execute("select name, id from unit where live").fetchall())
    connection.executemany(
        "insert into member values (?, ?)",
        [(scope, ids[unit.name]) for unit in declared.units.values() for scope in unit.scopes],
    )
    for changed in _settle_rules(connection, declared):
        restand(connection, changed)
    sum_up(connection)
    connection.execute("insert or replace into meta values ('declared', ?)", (declared.digest,))
    return True


def _settle_unit(connection: sqlite3.Connection, declared: Declared, unit: Unit) -> None:
    tables = [table for table, name in declared.by_table.items() if name == unit.name] if unit.kind else []
    count = sum(len(declared.rules.get(table, ())) for table in tables)
    connection.execute(
        "insert into unit (name, kind, department, domain, declared, live) values (?, ?, ?, ?, ?, 1) "
        "on conflict (name) do update set kind = excluded.kind, department = excluded.department, "
        "domain = excluded.domain, declared = excluded.declared, live = 1",
        (unit.name, unit.kind, unit.department, unit.domain, count),
    )


def _settle_rules(connection: sqlite3.Connection, declared: Declared) -> Iterable[int]:
    """The units some of whose rules are declared no more, again, or as another kind."""
    changed = set[int]()
    for id_, unit, table, name, kind, live in connection.execute(
        "select id, unit, tbl, name, kind, live from rule"
    ).fetchall():
        now = declared.kind(table, name) or "", declared.counts(table, name)
        if now != (kind, live):
            connection.execute("update rule set kind = ?, live = ? where id = ?", (*now, id_))
            changed.add(unit)
    return sorted(changed)


def restand(connection: sqlite3.Connection, unit: int) -> None:
    """How a unit stood on each day, anew, by the results of the rules that are declared now."""
    connection.execute("delete from standing where unit = ?", (unit,))
    rows = connection.execute(
        "select result.day, rule, dimension, kind, tbl, live, result.rows, result.failing, "
        "result.passed, result.error, vacuous "
        "from result join rule on rule.id = result.rule "
        "where unit = ? and live order by first",
        (unit,),
    ).fetchall()
    newest, last = dict[int, Told](), ""
    for day, rule, dimension, kind, table, live, count, failing, passed, error, vacuous in rows:
        if last and day != last:
            write_standing(connection, unit, last, standing(newest.values()))
        own = kind not in OTHER_ROWS and not table.startswith(DELIVERED)
        newest[rule] = Told(dimension, bool(passed), count, failing, error, own, bool(vacuous), live == 2)
        last = day
    if last:
        write_standing(connection, unit, last, standing(newest.values()))


def sum_up(connection: sqlite3.Connection, days: Collection[str] | None = None) -> None:
    """The sums of all scopes: of some days, or of all."""
    if days is None or len(days) > _FEW:
        connection.execute("delete from rollup" if days is None else f"delete from rollup where day >= '{min(days)}'")
        connection.execute(_whole(min(days) if days else ""))
        return
    newest = connection.execute("select max(day) from standing").fetchone()[0] or ""
    first = min(days, default="")
    later = [day for (day,) in connection.execute("select distinct day from rollup where day > ?", (first,))]
    if len(later) > _FEW:
        sum_up(connection, [min(days), *later])
        return
    for day in sorted({*days, *later}):
        if day <= newest:
            connection.execute("delete from rollup where day = ?", (day,))
            connection.execute(_day_of(), (day,))


def _day_of() -> str:
    means = ", ".join(f"avg({name})" for name in DIMENSIONS)
    counts = ", ".join(f"count({name})" for name in DIMENSIONS)
    newest = (
        "select s.* from unit as u join standing as s on s.unit = u.id and s.day = "
        "(select max(day) from standing where unit = u.id and day <= ?1) where u.live"
    )
    return (
        f"insert into rollup select scope, ?1, {means}, {counts}, count(*), sum{_BAD} "
        f"from ({newest}) as s join member on member.unit = s.unit group by scope"
    )


def _whole(first: str) -> str:
    """All days at once: what each day changed, added up (so that a day costs what changed on it)."""
    changes, sums, running = [], [], []
    for name in DIMENSIONS:
        changes += [
            f"coalesce({name}, 0) - coalesce(lag({name}) over w, 0) as {name}_s",
            f"({name} is not null) - coalesce(lag({name} is not null) over w, 0) as {name}_c",
        ]
        sums += [f"sum({name}_s) as {name}_s", f"sum({name}_c) as {name}_c"]
    for name in DIMENSIONS:
        running.append(f"sum({name}_s) over d / nullif(sum({name}_c) over d, 0)")
    running += [f"sum({name}_c) over d" for name in DIMENSIONS]
    where = f"where day >= '{first}'" if first else ""
    return (
        "insert into rollup select * from (with changes as (select unit, day, "
        f"{', '.join(changes)}, (lag(day) over w is null) as units_c, "
        f"{_BAD} - coalesce(lag({_BAD}) over w, 0) as bad_c "
        "from standing where unit in (select id from unit where live) window w as (partition by unit order by day)), "
        f"sums as (select scope, day, {', '.join(sums)}, sum(units_c) as units_c, sum(bad_c) as bad_c "
        "from changes join member using (unit) group by scope, day) "
        f"select scope, day, {', '.join(running)}, sum(units_c) over d, sum(bad_c) over d from sums "
        f"window d as (partition by scope order by day rows unbounded preceding)) {where}"
    )


UNCHECKED = str(State.UNCHECKED)
