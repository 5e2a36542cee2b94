"""Values prepared for comparing, once per distinct value.

Lives here: table `prepared`, and which comparisons tell nothing. Must not live here: any kind's own columns
(`kinds.py` says where they are).

`prepared` has `unique_id` (a number by the order of `_record`), `_record`, `identified`, `source` (of a dataset with
each thing once; null of others), and of the comparison at place i columns `c<i>_<column>` and `c<i>_key_<key>`.
"""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

from contracts.matching import Comparison, ComparisonKind, Matching
from lake.linking import words
from lake.linking.all_kinds import KINDS
from lake.linking.characters import fold, sound
from lake.linking.kinds import Kind, column
from lake.linking.records import given, quoted

# What people write who have nothing to write.
_NOTHING = (
    "['N/A', 'NA', 'NULL', 'NONE', 'NIL', 'UNKNOWN', 'NAN', 'TBD', "
    "'无', '不详', '未知', '暂无', '没有', '空', '未填', '未登记']"
)


def prepare(connection: duckdb.DuckDBPyConnection, matching: Matching, rows: str) -> None:
    """Make table `prepared` of a relation of the form of `records`."""
    connection.execute(f"create or replace temp view _given as from {rows}")
    parts = []
    for place, one in enumerate(matching.comparisons):
        keys = sorted({key.key for block in matching.blocks for key in block if key.attribute == one.name})
        if one.kind is ComparisonKind.COORDINATES:
            parts.append(_points(connection, place, one, keys))
        else:
            parts.append(_texts(connection, place, one, keys))
    columns = "".join(f", {text}" for names, _ in parts for text in names)
    joins = " ".join(join for _, join in parts)
    connection.execute(f"""
        create or replace table _numbers as
        select _record, (row_number() over (order by _record))::integer as unique_id from _given;
        create or replace table prepared as
        select _numbers.unique_id, _given._record,
               coalesce(_given._identified, false) as identified,
               case when _given._once and not coalesce(_given._identified, false)
                    then nullif(_given._source, '') end as source{columns}
        from _given join _numbers on _numbers._record = _given._record {joins}
    """)


def _columns(place: int, names: Iterable[str]) -> list[str]:
    return [f"_c{place}.{name} as {column(place, name)}" for name in names]


def _texts(
    connection: duckdb.DuckDBPyConnection, place: int, comparison: Comparison, keys: list[str]
) -> tuple[list[str], str]:
    kind, table = KINDS[comparison.kind], f"_c{place}"
    connection.execute(f"""
        create or replace table _values as select distinct {given(comparison)} as value from _given
        where regexp_matches({given(comparison)}, '[\\p{{L}}\\p{{N}}]')
          and not list_contains({_NOTHING}, upper({given(comparison)}))
    """)
    values = "_values"
    if kind.characters:
        fold(connection, "_values", "_folded")
        values = "_folded"
    made = dict(kind.columns)
    wanted = {f"key_{key}": kind.keys[key] for key in keys}
    if kind.sounded is None:
        made |= wanted
        wanted = {}
    written = ", ".join(f"{sql} as {name}" for name, sql in made.items())
    connection.execute(f"create or replace table {table} as select value, {written} from {values}")
    if kind.sounded is not None:
        _sound(connection, table, kind.sounded, wanted)
    if kind.worded is not None:
        words.rate(connection, table, place, kind.worded)
    names = (*kind.made, *(f"key_{key}" for key in keys))
    return _columns(place, names), f"left join {table} on {given(comparison)} = {table}.value"


def _sound(connection: duckdb.DuckDBPyConnection, table: str, sounded: str, keys: dict[str, str]) -> None:
    """Give a table the column `sound`, the reading of another of its columns, and the keys that may be made of it."""
    connection.execute(
        f"create or replace table _values as select distinct {sounded} as value from {table} where {sounded} <> ''"
    )
    sound(connection, "_values", "_sounds")
    written = "".join(f", {sql} as {name}" for name, sql in keys.items())
    connection.execute(f"""
        create or replace table {table} as select *{written} from (
            select {table}.*, _sounds.sound from {table} left join _sounds on {sounded} = _sounds.value)
    """)


def _points(
    connection: duckdb.DuckDBPyConnection, place: int, comparison: Comparison, keys: list[str]
) -> tuple[list[str], str]:
    kind, table = KINDS[comparison.kind], f"_c{place}"
    x, y = (f"try_cast(_given.{quoted(name)} as double)" for name in comparison.attributes)
    written = ", ".join([*(f"{sql} as {name}" for name, sql in kind.columns.items()),
                         *(f"{kind.keys[key]} as key_{key}" for key in keys)])  # fmt: skip
    # Nought and nought is no place of a city.
    connection.execute(f"""
        create or replace table {table} as select of_record, {written} from (
            select _record as of_record, {x} as longitude, {y} as latitude from _given)
        where longitude between -180 and 180 and latitude between -90 and 90 and (longitude <> 0 or latitude <> 0)
    """)
    names = (*kind.columns, *(f"key_{key}" for key in keys))
    return _columns(place, names), f"left join {table} on _given._record = {table}.of_record"


def telling(connection: duckdb.DuckDBPyConnection, matching: Matching) -> tuple[int, ...]:
    """The places of the comparisons that can tell anything: whose values are not all null, and not all one value."""
    if not matching.comparisons:
        return ()
    asked = ", ".join(
        " or ".join(f"min({name}) <> max({name})" for name in _shown(matching, place))
        for place in range(len(matching.comparisons))
    )
    found = connection.execute(f"select {asked} from prepared").fetchall()[0]
    return tuple(place for place, differs in enumerate(found) if differs)


def _shown(matching: Matching, place: int) -> list[str]:
    kind = kind_at(matching, place)
    names = kind.columns if matching.comparisons[place].kind is ComparisonKind.COORDINATES else (kind.first,)
    return [column(place, name) for name in names]


def kind_at(matching: Matching, place: int) -> Kind:
    """The kind of the comparison at a place."""
    return KINDS[matching.comparisons[place].kind]
