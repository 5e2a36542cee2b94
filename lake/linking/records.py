"""The records as they were given: judged before anything is compared. Lives here: what is refused, what is left out.

Must not live here: how values are prepared (`preparing.py`).
"""

from __future__ import annotations

import duckdb

from contracts.matching import Comparison, Matching
from lake.linking.refusals import ColumnsMissing, RecordsUnnamed

_OWN = ("_record", "_identified", "_source", "_once")


def judge(connection: duckdb.DuckDBPyConnection, matching: Matching) -> int:
    """How many records there are; refuses missing columns, and records without a name of their own."""
    columns = {name for name, *_ in connection.execute("describe records").fetchall()}
    wanted = (*_OWN, *(name for one in matching.comparisons for name in one.attributes))
    if missing := [name for name in dict.fromkeys(wanted) if name not in columns]:
        raise ColumnsMissing(missing)
    rows, named, distinct = connection.execute(
        "select count(*), count(_record), count(distinct _record) from records"
    ).fetchall()[0]
    if rows != named or named != distinct:
        raise RecordsUnnamed(rows - named, named - distinct)
    return int(rows)


def quoted(name: str) -> str:
    """A column's name in SQL."""
    return '"' + name.replace('"', '""') + '"'


def given(comparison: Comparison) -> str:
    """The SQL of a comparison's attribute as trimmed text."""
    return f"trim(_given.{quoted(comparison.attributes[0])}::varchar)"
