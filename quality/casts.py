"""How delivered text becomes a typed value in DuckDB: one SQL expression per logical type and declared spelling.

Every type has a grammar: a text that is not wholly of it is null, and whether null is a fault is `conform`'s business.
No expression raises, and none asks the session's time zone, the machine's locale or the number of threads. Dates and
times are in `moments`, numbers in `quantities`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from contracts.model import Element, LogicalType
from quality.moments import day_sql, time_sql, timestamp_sql
from quality.quantities import decimal_sql, decimal_type, integer_sql, number_sql

SQL_TYPES = {
    LogicalType.DECIMAL: "DECIMAL(18, 2)",  # where an element says no other
    LogicalType.STRING: "VARCHAR",
    LogicalType.INTEGER: "BIGINT",
    LogicalType.NUMBER: "DOUBLE",
    LogicalType.BOOLEAN: "BOOLEAN",
    LogicalType.DATE: "DATE",
    LogicalType.TIME: "TIME",
    LogicalType.TIMESTAMP: "TIMESTAMP",
}


@dataclass(frozen=True)
class Written:
    """What else than its elements says how a delivery's texts are read.

    `typed`: its cells had types, and are texts now as DuckDB and ISO 8601 write them: these are read besides what the
    element declares. `whole_points`: a whole number may be written `7.0`. `zone` is that of local times.
    """

    typed: bool = False
    whole_points: bool = False
    zone: str = "Asia/Shanghai"


def sql_type(element: Element) -> str:
    """The lake's column type for an element."""
    return decimal_type(element) if element.type is LogicalType.DECIMAL else SQL_TYPES[element.type]


def cast_sql(text: str, element: Element, written: Written = Written()) -> str:
    """The typed value of the trimmed text `text`, an SQL expression of type VARCHAR."""
    return _CASTS[element.type](text, element, written)


def _string(text: str, element: Element, written: Written) -> str:
    return text


def _boolean(text: str, element: Element, written: Written) -> str:
    return (
        f"case when lower({text}) in ('true', 't', 'yes', 'y', '1', '是') then true "
        f"when lower({text}) in ('false', 'f', 'no', 'n', '0', '否') then false end"
    )


_CASTS: dict[LogicalType, Callable[[str, Element, Written], str]] = {
    LogicalType.STRING: _string,
    LogicalType.INTEGER: lambda text, element, written: integer_sql(text, element, point_too=written.whole_points),
    LogicalType.DECIMAL: lambda text, element, written: decimal_sql(text, element),
    LogicalType.NUMBER: lambda text, element, written: number_sql(text, element),
    LogicalType.BOOLEAN: _boolean,
    LogicalType.DATE: lambda text, element, written: day_sql(text, element, written.typed),
    LogicalType.TIME: lambda text, element, written: time_sql(text, element, written.typed),
    LogicalType.TIMESTAMP: lambda text, element, written: timestamp_sql(text, element, written.typed, written.zone),
}
