"""How delivered text becomes a typed value in DuckDB: one SQL expression per logical type and declared spelling.

Every expression is null for text that does not cast, and never raises. Whether null is a fault is `conform`'s business.
"""

from __future__ import annotations

from collections.abc import Callable

from contracts.model import Element, LogicalType

# Spellings of dates and numbers that strptime has no word for.
EXCEL_SERIAL = "excel_serial"
FLOAT_INTEGER = "float_integer"
THOUSANDS = "thousands"
PERCENT = "percent"
_PSEUDO = {EXCEL_SERIAL, FLOAT_INTEGER, THOUSANDS, PERCENT}

# What DuckDB's own cast reads, and faster than strptime does: ISO 8601, also with slashes.
_NATIVE = {"%Y-%m-%d", "%Y/%m/%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"}

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


def sql_type(element: Element) -> str:
    """The lake's column type for an element."""
    if element.type is LogicalType.DECIMAL:
        return f"DECIMAL({element.precision},{element.scale})"
    return SQL_TYPES[element.type]


def cast_sql(text: str, element: Element, *, spreadsheet: bool = False) -> str:
    """The typed value of the trimmed text `text` (an SQL expression of type VARCHAR).

    `spreadsheet` also accepts day serials for dates and times, as xlsx cells hold them.
    """
    return _CASTS[element.type](text, element, spreadsheet)


def _string(text: str, element: Element, spreadsheet: bool) -> str:
    return text


def _number_text(text: str, element: Element) -> str:
    if THOUSANDS in element.formats:
        text = f"replace({text}, ',', '')"
    if PERCENT in element.formats:
        text = f"rtrim({text}, '% ')"
    return text


def _integer(text: str, element: Element, spreadsheet: bool) -> str:
    # DuckDB casts '1.5' to 2; a count that is not whole is a fault, not a rounding.
    text = _number_text(text, element)
    if FLOAT_INTEGER in element.formats or spreadsheet:
        return f"case when not regexp_matches({text}, '\\.0*[1-9]') then try_cast({text} as BIGINT) end"
    return f"case when not contains({text}, '.') then try_cast({text} as BIGINT) end"


def _decimal(text: str, element: Element, spreadsheet: bool) -> str:
    return f"try_cast({_number_text(text, element)} as {sql_type(element)})"


def _number(text: str, element: Element, spreadsheet: bool) -> str:
    # 'nan' and 'inf' cast, and are nobody's measurement.
    cast = f"try_cast({_number_text(text, element)} as DOUBLE)"
    return f"case when isfinite({cast}) then {cast} end"


def _boolean(text: str, element: Element, spreadsheet: bool) -> str:
    return (
        f"case when lower({text}) in ('true', 't', 'yes', 'y', '1', '是') then true "
        f"when lower({text}) in ('false', 'f', 'no', 'n', '0', '否') then false end"
    )


def _temporal(text: str, element: Element, spreadsheet: bool) -> str:
    target = sql_type(element)
    declared = [spelling for spelling in element.formats if spelling not in _PSEUDO]
    attempts = [f"try_cast({text} as {target})"] if not declared or set(declared) & _NATIVE else []
    attempts += [_spelled(text, spelling, target) for spelling in declared if spelling not in _NATIVE]
    if EXCEL_SERIAL in element.formats or spreadsheet:
        attempts.append(_serial(text, target))
    return attempts[0] if len(attempts) == 1 else f"coalesce({', '.join(attempts)})"


def _spelled(text: str, spelling: str, target: str) -> str:
    parsed = f"try_strptime({text}, '{spelling}')::{target}"
    # strptime reads '2026013' as 3 January: a spelling without separators has one length.
    return f"case when length({text}) = 8 then {parsed} end" if spelling == "%Y%m%d" else parsed


def _serial(text: str, target: str) -> str:
    days = f"try_cast({text} as DOUBLE)"
    moment = f"(timestamp '1899-12-30' + to_microseconds(cast(round({days} * 86400) as BIGINT) * 1000000))"
    return f"case when {days} between 0 and 2958465 then {moment}::{target} end"


_CASTS: dict[LogicalType, Callable[[str, Element, bool], str]] = {
    LogicalType.STRING: _string,
    LogicalType.INTEGER: _integer,
    LogicalType.DECIMAL: _decimal,
    LogicalType.NUMBER: _number,
    LogicalType.BOOLEAN: _boolean,
    LogicalType.DATE: _temporal,
    LogicalType.TIME: _temporal,
    LogicalType.TIMESTAMP: _temporal,
}
