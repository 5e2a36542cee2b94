"""The registry as the lake has it: tables that models read, made from the members that the registry's log gives.

They can be made again at any time from the log and the rows that are compared. Must not live here: who is who.
"""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

from contracts.matching import ID_COLUMNS, LINK_COLUMNS, LOOSE, PAIR_COLUMNS, REGISTRY
from contracts.model import Entity
from contracts.sql_text import identifier, literal
from lake.attach import CATALOG


def links_table(entity: str) -> str:
    """`registry.<entity>`, as SQL names it."""
    return _table(entity)


def pairs_table(entity: str) -> str:
    """`registry.<entity>__pairs`, as SQL names it."""
    return _table(f"{entity}__pairs")


def ids_table(entity: str) -> str:
    """`registry.<entity>__ids`, as SQL names it."""
    return _table(f"{entity}__ids")


def ensure_registry(connection: duckdb.DuckDBPyConnection, entities: Iterable[Entity]) -> None:
    """Have the tables of some entities stand, empty at first, in one transaction."""
    wanted = {
        f"{one.name}{suffix}": columns
        for one in entities
        for suffix, columns in (("", LINK_COLUMNS), ("__ids", ID_COLUMNS), ("__pairs", PAIR_COLUMNS))
    }
    found = connection.execute(
        f"select table_name from duckdb_tables() where database_name = '{CATALOG}' and schema_name = '{REGISTRY}'"
    ).fetchall()
    missing = wanted.keys() - {str(name) for (name,) in found}
    if not missing:
        return
    connection.execute("begin transaction")
    try:
        for name in sorted(missing):
            columns = ", ".join(f"{identifier(column)} {kind}" for column, kind in wanted[name].items())
            connection.execute(f"create table {_table(name)} ({columns})")
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise


_LEARNED = ("frequencies", "words")
"""What the scorer counted as it learned, and needs again so that the same rows score the same later."""


def keep_learned(connection: duckdb.DuckDBPyConnection, own: duckdb.DuckDBPyConnection, entity: str) -> None:
    """Put what the scorer counted in place of what the lake has of it, in one transaction."""
    own.execute("create table if not exists words (comparison utinyint, word ubigint, eighths utinyint)")
    connection.execute("begin transaction")
    try:
        for name in _LEARNED:
            reader = own.execute(f"select * from {name} order by all").fetch_record_batch(100_000)
            connection.register("zhongtai_learned", reader)
            connection.execute(f"create or replace table {_table(f'{entity}__{name}')} as from zhongtai_learned")
            connection.unregister("zhongtai_learned")
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise


def take_learned(connection: duckdb.DuckDBPyConnection, own: duckdb.DuckDBPyConnection, entity: str) -> bool:
    """Make what the scorer counted as it learned in its engine again; whether the lake has it."""
    rows = connection.execute(
        f"select table_name from duckdb_tables() where database_name = '{CATALOG}' and schema_name = '{REGISTRY}'"
    ).fetchall()
    if not {f"{entity}__{name}" for name in _LEARNED} <= {str(name) for (name,) in rows}:
        return False
    for name in _LEARNED:
        reader = connection.execute(f"from {_table(f'{entity}__{name}')}").fetch_record_batch(100_000)
        own.register("zhongtai_learned", reader)
        own.execute(f"create or replace table {name} as from zhongtai_learned")
        own.unregister("zhongtai_learned")
    return True


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
        (links_table(entity), "links", LINK_COLUMNS, "_record"),
        (ids_table(entity), "ids", ID_COLUMNS, "entity_key"),
        (pairs_table(entity), "shown_pairs", PAIR_COLUMNS, "left_record, right_record"),
    )
    connection.execute("begin transaction")
    try:
        for place, made, columns, order in tables:
            named = ", ".join(map(identifier, columns))
            reader = own.execute(f"select {named} from {made} order by {order}").fetch_record_batch(100_000)
            connection.register("zhongtai_shown", reader)
            connection.execute(f"delete from {place}")
            connection.execute(f"insert into {place} ({named}) select {named} from zhongtai_shown")
            connection.unregister("zhongtai_shown")
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise


def _table(name: str) -> str:
    return f"{CATALOG}.{REGISTRY}.{identifier(name)}"
