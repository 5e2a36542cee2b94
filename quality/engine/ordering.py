"""Which cells come before or after a value of a rule, exactly: in row conditions and in bounds. Only that.

A value need not be one that a cell can hold: 1.5 among integers, 05:00 among dates. DuckDB would round it to the type
of the column, or the column to its own. Here the nearest value is found, and on which side of it the rule's
value lies; the comparison with that one is the same comparison.
"""

import datetime
import decimal
import math
import re
from typing import Any

from quality.engine.membership import exact_literal, family, holds_text, moment_of, nanoseconds, number_of, text_of
from quality.engine.sql_text import is_missing, literal, plain_python

_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "BIGNUM")
_WIDE = decimal.Context(prec=400, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN)
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]{1,4})?")
_BELOW = {"<": "<=", "<=": "<=", ">": ">", ">=": ">"}
_ABOVE = {"<": "<", "<=": "<", ">": ">=", ">=": ">="}
_MICROSECONDS = {"TIMESTAMP_S": 1_000_000, "TIMESTAMP_MS": 1_000}

Near = tuple[Any, int]
"""A value of the type, and the sign of its distance from the rule's value."""


def order_sql(column: str, type_name: str, operator: str, value: Any) -> str | None:
    """``column`` (quoted) compared with ``value``; None where the type has no order with such a value."""
    value = plain_python(value)
    if is_missing(value):
        return None
    if holds_text(type_name):
        return f"{text_of(column, type_name)} {operator} {literal(value)}" if isinstance(value, str) else None
    near = _near(type_name, value)
    if near is None:
        return None
    if isinstance(near[0], float) and math.isinf(near[0]) and family(type_name) not in ("FLOAT", "DOUBLE"):
        return _beyond(column, operator, near[0] > 0)
    written = exact_literal(type_name, near[0])
    if written is None:  # a number that is too large for the type
        return _beyond(column, operator, near[0] > 0)
    return f"{column} {operator if near[1] == 0 else (_BELOW if near[1] < 0 else _ABOVE)[operator]} {written}"


def number_in(text: Any) -> decimal.Decimal | None:
    """The number that ``text`` is, as a saved condition holds one; None for any other text."""
    return decimal.Decimal(text) if isinstance(text, str) and _NUMBER.fullmatch(text) else None


def _beyond(column: str, operator: str, above: bool) -> str:
    """The comparison with a value above, or below, all that the column can hold."""
    return f"({column} IS NOT NULL)" if above == (operator in ("<", "<=")) else f"({column} IS NULL AND NULL)"


def _near(type_name: str, value: Any) -> Near | None:
    kind = family(type_name)
    if kind.removeprefix("U") in _WHOLE or kind in ("DECIMAL", "FLOAT", "DOUBLE"):
        return _near_number(type_name, value)
    if kind == "DATE" or kind.startswith("TIMESTAMP"):
        return _near_moment(kind, value)
    if kind in ("BOOLEAN", "TIME", "UUID", "BLOB", "INTERVAL") and exact_literal(type_name, value) is not None:
        return value, 0
    return None


def _near_number(type_name: str, value: Any) -> Near | None:
    if isinstance(value, float) and math.isinf(value):
        return value, 0
    number = number_of(value) if not isinstance(value, str) else number_in(value)
    if number is None:
        return None
    kind = family(type_name)
    if kind in ("FLOAT", "DOUBLE"):
        return _near_floating(kind, number)
    scale = int(type_name[:-1].split(",")[1]) if kind == "DECIMAL" else 0
    if number.adjusted() > 100:
        return number, 0  # beyond every type but BIGNUM, which has whole numbers alone
    floor = number.quantize(decimal.Decimal(1).scaleb(-scale), decimal.ROUND_FLOOR, _WIDE)
    return floor, 0 if floor == number else -1


def _near_floating(kind: str, number: decimal.Decimal) -> Near:
    """The floating number that is printed nearest to ``number``."""
    import numpy as np

    with np.errstate(over="ignore"):
        near = float(number) if kind == "DOUBLE" else np.float32(float(number))
    if math.isinf(near):
        return float(near), 1 if near > 0 else -1
    printed = decimal.Decimal(str(near))
    return printed, (printed > number) - (printed < number)


def _near_moment(kind: str, value: Any) -> Near | None:
    moment = moment_of(value)
    if moment is None or ((moment.tzinfo is not None) and kind != "TIMESTAMP WITH TIME ZONE"):
        return None
    if kind == "DATE":
        later = moment.time() != datetime.time() or nanoseconds(moment) != 0
        return moment.date(), -1 if later else 0
    finer = 0 if kind == "TIMESTAMP_NS" else nanoseconds(moment)
    if finer:
        moment = moment.to_pydatetime(warn=False)  # type: ignore[attr-defined]
    rest = moment.microsecond % _MICROSECONDS.get(kind, 1)
    return moment.replace(microsecond=moment.microsecond - rest) if rest else moment, -1 if rest or finer else 0
