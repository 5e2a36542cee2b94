"""The registry's files folded: which records an entity has at a step or instant, what became of ids, and the events.

Set-based SQL over proved files, into temporary tables of the connection that asks. What changes next is `naming.py`'s
and `changes.py`'s.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from contracts.sql_text import identifier, literal
from lake.identity.files import Registry, Step

LOG_COLUMNS = """step integer, known timestamptz, event bigint, kind varchar, record varchar, before varchar,
  after varchar, stands boolean, probability double, method varchar, identified boolean, reason varchar, "by" varchar"""
"""One row of a step's file: what became of one record in it. `stands` is whether, of a merge, the id that went on was
there before, and of a split, the id that was left is there still. A row of kind `heir` is no event: it says which
records go on with the id of a record that is gone."""
HEIR, WEIGHED = "heir", "weighed"


def load(connection: duckdb.DuckDBPyConnection, files: Iterable[Path]) -> None:
    """Make the temporary tables `registry_log` and `registry_facts` of these files.

    `registry_facts` has a row for each record that ever was: `entity` (null: it is gone), `home` its first entity,
    `first_step`, `since_step` when it came to its entity, and how sure that is.
    """
    listed = [literal(str(one)) for one in files]
    connection.execute(f"create or replace temp table registry_log ({LOG_COLUMNS})")
    if listed:
        connection.execute(f"insert into registry_log by name select * from read_parquet([{', '.join(listed)}])")
    connection.execute(_FACTS)


_FACTS = f"""
create or replace temp table registry_facts as
select record, first_step, since_step, last_step, home, identified, unnest(newest)
from (
  select
    record,
    min(step) as first_step,
    max(step) filter (where kind <> '{WEIGHED}') as since_step,
    max(step) as last_step,
    arg_min(after, step) as home,
    max_by(identified, step) filter (where after is not null) as identified,
    max_by(struct_pack(entity := after, probability := probability, method := method), step) as newest
  from registry_log
  where kind <> '{HEIR}'
  group by record
)
"""


def clear(connection: duckdb.DuckDBPyConnection, *kept: str) -> None:
    """Let go of the temporary tables that a step or a question made, of all but these."""
    made = "select table_name from duckdb_tables() where temporary and starts_with(table_name, 'registry_')"
    for (name,) in connection.execute(made).fetchall():
        if name not in kept:
            connection.execute(f"drop table {identifier(name)}")


def fold(registry: Registry, connection: duckdb.DuckDBPyConnection, steps: tuple[Step, ...]) -> None:
    """As `load`, of proved files of these steps. SharingRefused for one that is gone or changed."""
    load(connection, registry.proved(steps))


def members(
    registry: Registry, connection: duckdb.DuckDBPyConnection, known: datetime | None = None, step: int | None = None
) -> str:
    """A temporary table `members(_record, entity, since_step, probability, method)` as the registry is, or as it was
    known at an instant or after a step; its name. SharingRefused for a file that is gone or changed.
    """
    fold(registry, connection, upto(registry, known, step))
    name = f"{registry.entity}_members"
    connection.execute(
        f"create or replace temp table {identifier(name)} as "
        "select record as _record, entity, since_step, probability, method from registry_facts "
        "where entity is not null order by record"
    )
    clear(connection)
    return name


def upto(registry: Registry, known: datetime | None, step: int | None) -> tuple[Step, ...]:
    """The steps that were known at an instant, and not after a step."""
    return tuple(one for one in registry.steps(known) if step is None or one.number <= step)


def events_in(log: str) -> str:
    """SQL of the events of a log: before and after are entities' ids, reasons and decisions those of its parts."""
    return f"""
select
  event as number, step, kind, any_value(known) as known,
  list_sort(list_distinct(list_concat(
    coalesce(list(before) filter (where before is not null), []),
    coalesce(list(after) filter (where stands and kind = 'merged'), [])))) as before,
  list_sort(list_distinct(list_concat(
    coalesce(list(after) filter (where after is not null), []),
    coalesce(list(before) filter (where stands and kind = 'split'), [])))) as after,
  list_sort(list(record)) as records,
  list_sort(list_distinct(list(reason))) as reasons,
  list_sort(list_distinct(list("by"))) as decided_by
from {log}
where kind <> '{HEIR}'
group by event, step, kind
"""


def events_of(
    registry: Registry, connection: duckdb.DuckDBPyConnection, ids: Iterable[str], known: datetime | None = None
) -> list[dict[str, Any]]:
    """The events, in order, that name one of these ids, or a record of that id. SharingRefused as `members`."""
    fold(registry, connection, upto(registry, known, None))
    wanted = list(ids)
    asked = (
        f"select * from ({events_in('registry_log')}) where list_has_any(before, $ids) or list_has_any(after, $ids) "
        "or list_has_any(records, $ids) order by number"
    )
    found = connection.execute(asked, {"ids": wanted})
    names = [one[0] for one in found.description or []]
    told = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    clear(connection)
    return told


def export(registry: Registry, connection: duckdb.DuckDBPyConnection) -> bytes:
    """The members as they are, in one spelling: two registries are equal where these bytes are."""
    name = members(registry, connection)
    rows = connection.execute(
        "select string_agg(concat_ws(' ', _record, entity, printf('%.4f', probability), method), chr(10) "
        f"order by _record) from {identifier(name)}"
    ).fetchone()
    return (str(rows[0]) + "\n").encode() if rows and rows[0] else b""
