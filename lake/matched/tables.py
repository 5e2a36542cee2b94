"""The registry as the lake has it: tables that models read, made from the members that the registry's log gives.

They can be made again at any time from the log and the rows that are compared. Must not live here: who is who.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

import duckdb

from contracts.matching import ID_COLUMNS, LINK_COLUMNS, LOOSE, PAIR_COLUMNS, REGISTRY
from contracts.model import Entity
from contracts.sql_text import identifier, literal
from lake.attach import CATALOG
from lake.identity.files import Registry
from lake.identity.folding import members
from lake.identity.pairs import registry_table
from lake.in_one import in_one


def ensure_registry(connection: duckdb.DuckDBPyConnection, entities: Iterable[Entity]) -> None:
    """Have the tables of some entities stand, empty at first, in one transaction."""
    wanted = {
        f"{one.name}{suffix}": columns
        for one in entities
        for suffix, columns in (("", LINK_COLUMNS), ("__ids", ID_COLUMNS), ("__pairs", PAIR_COLUMNS))
    }
    missing = wanted.keys() - _there(connection)
    if not missing:
        return
    with in_one(connection):
        for name in sorted(missing):
            columns = ", ".join(f"{identifier(column)} {kind}" for column, kind in wanted[name].items())
            connection.execute(f"create table {registry_table(name)} ({columns})")


_BATCH = 100_000
_LEARNED = ("frequencies", "words")
"""What the scorer counted as it learned, and needs again so that the same rows score the same later."""


def keep_learned(connection: duckdb.DuckDBPyConnection, own: duckdb.DuckDBPyConnection, entity: str) -> None:
    """Put what the scorer counted in place of what the lake has of it, in one transaction."""
    own.execute("create table if not exists words (comparison utinyint, word ubigint, eighths utinyint)")
    with in_one(connection):
        for name in _LEARNED:
            with _rows(own, f"select * from {name} order by all", connection) as rows:
                connection.execute(f"create or replace table {registry_table(f'{entity}__{name}')} as from {rows}")


def take_learned(connection: duckdb.DuckDBPyConnection, own: duckdb.DuckDBPyConnection, entity: str) -> bool:
    """Make what the scorer counted as it learned in its engine again; whether the lake has it."""
    if not {f"{entity}__{name}" for name in _LEARNED} <= _there(connection):
        return False
    for name in _LEARNED:
        with _rows(connection, f"from {registry_table(f'{entity}__{name}')}", own) as rows:
            own.execute(f"create or replace table {name} as from {rows}")
    return True


def carry_learned(old: duckdb.DuckDBPyConnection, new: duckdb.DuckDBPyConnection) -> None:
    """Have a lake that is made again what the one before it had of what scorers counted: nothing else tells that."""
    wanted = [name for name in sorted(_there(old)) if name.rpartition("__")[2] in _LEARNED]
    with in_one(new):
        for name in wanted:
            with _rows(old, f"from {registry_table(name)} order by all", new) as rows:
                new.execute(f"create or replace table {registry_table(name)} as from {rows}")


def place_members(
    own: duckdb.DuckDBPyConnection, entity: Entity, registry: Registry, known: datetime | None = None
) -> None:
    """Have an engine with `faces` show the registry as it is, or as it was at an instant, in which nothing was compared
    that is known now. SharingRefused for files of the registry that are lost or changed.
    """
    if known is not None:
        columns = ", ".join(f"{name} {kind}" for name, kind in _SCORED.items())
        own.execute(f"create or replace temp table pairs ({columns})")
    own.execute(f"create or replace temp table members as from {identifier(members(registry, own, known))}")
    show(own, entity)


_SCORED = {
    "left_record": "varchar", "right_record": "varchar", "probability": "double", "weight": "double",
    "levels": "integer[]",
}  # fmt: skip


def show(own: duckdb.DuckDBPyConnection, entity: Entity) -> None:
    """Make `links`, `ids` and `shown_pairs` in the matching's own engine.

    It has `faces` (`_record`, `_own`, `_key`, `_identified`, `_source`, `_batch`), of the registry `members`
    (`_record`, `entity`, `probability`, `method`), and of the scorer `pairs`.
    """
    prefix = literal(f"{entity.id_prefix}-")
    own.execute(
        f"""
        create or replace temp table records_shown as
        select _own, min(_key) as _key, bool_or(_identified) as _identified, min(_source) as _source,
          min(_batch) as _batch from faces group by _own;
        create or replace temp table links as
        select
          records._key, records._own as _record,
          coalesce(founder._key, {literal(LOOSE)} || members.entity) as entity_key,
          founder._key as identifier,
          {prefix} || members.entity as city_id,
          members.probability, members.method,
          records._source as dataset, records._batch
        from members
        inner join records_shown as records on records._own = members._record
        left join records_shown as founder on founder._own = members.entity and founder._identified
        where not records._identified or members.entity <> members._record;
        create or replace temp table ids as
        select entity_key, min(city_id) as city_id,
          case when bool_or(method = 'decision') then 'decision' else 'match' end as method,
          min(probability) as probability, entity_key like '{LOOSE}%' as loose, false as merged
        from links group by entity_key
        union all
        select _key, city_id, 'decision', 1.0, false, true from links where _key not like '{LOOSE}%';
        """
    )
    # The scorer leaves more than a steward is asked about.
    least = entity.matching.review if entity.matching else 1.0
    own.execute(
        f"""
        create or replace temp table shown_pairs as
        with named as (
          select l._own as l, r._own as r, l._key as l_key, r._key as r_key,
            pairs.probability, pairs.weight, pairs.levels
          from pairs
          inner join faces as l on l._record = pairs.left_record
          inner join faces as r on r._record = pairs.right_record
          where l._own <> r._own and pairs.probability >= {least!r}
        ), ordered as (
          select least(l, r) as left_record, greatest(l, r) as right_record,
            case when l < r then l_key else r_key end as left_key,
            case when l < r then r_key else l_key end as right_key,
            probability, weight, levels
          from named
        )
        select * exclude (_rank) from (
          select *, row_number() over (
            partition by left_record, right_record order by weight desc, levels
          ) as _rank from ordered
        ) where _rank = 1
        """
    )


def write(connection: duckdb.DuckDBPyConnection, own: duckdb.DuckDBPyConnection, entity: str) -> None:
    """Put what was made in the matching's own engine in place of what the lake has, in one transaction."""
    tables = (
        (entity, "links", LINK_COLUMNS, "_record"),
        (f"{entity}__ids", "ids", ID_COLUMNS, "entity_key"),
        (f"{entity}__pairs", "shown_pairs", PAIR_COLUMNS, "left_record, right_record"),
    )
    with in_one(connection):
        for name, made, columns, order in tables:
            named, place = ", ".join(map(identifier, columns)), registry_table(name)
            with _rows(own, f"select {named} from {made} order by {order}", connection) as rows:
                connection.execute(f"delete from {place}")
                connection.execute(f"insert into {place} ({named}) select {named} from {rows}")


@contextmanager
def _rows(given: duckdb.DuckDBPyConnection, select: str, taking: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """The name by which one engine reads what another is asked, as it comes."""
    name = "zhongtai_rows"
    taking.register(name, given.execute(select).fetch_record_batch(_BATCH))
    try:
        yield name
    finally:
        taking.unregister(name)


def _there(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """The names of the tables that the registry has in the lake."""
    rows = connection.execute(
        f"select table_name from duckdb_tables() where database_name = '{CATALOG}' and schema_name = '{REGISTRY}'"
    ).fetchall()
    return {str(name) for (name,) in rows}
