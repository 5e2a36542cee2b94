"""When a cell equals a value of a rule, or another cell: in value sets, in pairs and in row conditions. Only that.

A value is written as a literal of the column's own type, or not at all. One that no cell of the type can hold (1.5
among integers, text among numbers) equals no cell, and is no error. So one comparison never depends on what else is in
the list, or on how long it is. Numbers are equal as they are printed: ``1.2`` is 1.2 of any FLOAT or DECIMAL; dates and
times may be written in ISO 8601, as a saved suite holds them; text is never a number.
"""

import datetime
import decimal
import math
import re
import uuid
from collections.abc import Callable, Iterable
from typing import Any

from quality.engine.errors import BadArgumentError, WrongTypeError
from quality.engine.sql_text import is_missing, literal, plain_python

_LIST_WORTH_A_HASH_TABLE = 16
_ENOUGH_DIGITS = decimal.Context(prec=200)
_FINER = re.compile(r"[.,][0-9]{6}[0-9]*[1-9]")
"""A fraction of a second beyond microseconds."""
_BITS = {"TINYINT": 8, "SMALLINT": 16, "INTEGER": 32, "BIGINT": 64, "HUGEINT": 128}

Writer = Callable[[str, Any], str | None]


def text_of(column: str, type_name: str) -> str:
    """What stands for a column of ``type_name`` in comparisons: ENUM and JSON are compared as text."""
    return f"{column}::VARCHAR" if family(type_name) in ("ENUM", "JSON") else column


def holds_text(type_name: str) -> bool:
    """Whether a column of ``type_name`` is compared as text."""
    return _WRITERS.get(family(type_name)) is _text


def exact_literal(type_name: str, value: Any) -> str | None:
    """``value`` as a literal of ``type_name``; None where no cell of that type equals it."""
    value = plain_python(value)
    if isinstance(value, (dict, list, tuple, set)):
        raise BadArgumentError("a set of values", f"a {type(value).__name__}", "is no value", "Name single values.")
    if is_missing(value) and not (isinstance(value, float) and family(type_name) in ("FLOAT", "DOUBLE")):
        return None
    return _WRITERS.get(family(type_name), _by_cast)(type_name, value)


def membership_sql(column: str, type_name: str, values: Iterable[Any]) -> str:
    """``column`` (quoted) is one of ``values``; never NULL where the column is not. Raises ``WrongTypeError``."""
    _need_single_values(column, type_name)
    written = [text for text in (exact_literal(type_name, value) for value in values) if text is not None]
    return _one_of(column, type_name, list(dict.fromkeys(written)))


def equality_sql(column: str, type_name: str, value: Any) -> str:
    """``column`` holds ``value``; None is NULL."""
    return f"{column} IS NULL" if is_missing(value) else membership_sql(column, type_name, [value])


def same_sql(column: str, type_name: str, other: str, other_type: str) -> str:
    """Two cells are equal or both NULL. Text is never equal to anything else, and is not cast to find out."""
    if holds_text(type_name) != holds_text(other_type):
        return f"({column} IS NULL AND {other} IS NULL)"
    return f"{text_of(column, type_name)} IS NOT DISTINCT FROM {text_of(other, other_type)}"


def written_values(column: str, type_name: str, values: Iterable[Any]) -> dict[str | None, list[Any]]:
    """``values`` without missing ones, by their literal; under None those that equal no cell."""
    _need_single_values(column, type_name)
    found: dict[str | None, list[Any]] = {}
    for value in values:
        if not is_missing(value):
            found.setdefault(exact_literal(type_name, value), []).append(value)
    return found


def list_sql(type_name: str, written: Iterable[str]) -> str:
    """A list of literals, typed as the column is compared."""
    compared = "VARCHAR" if family(type_name) in ("ENUM", "JSON") else type_name
    return f"[{', '.join(written)}]::{compared}[]"


def _one_of(column: str, type_name: str, written: list[str]) -> str:
    if not written:
        return "false"
    compared = text_of(column, type_name)
    if len(written) < _LIST_WORTH_A_HASH_TABLE:
        found = f"{compared} IN ({', '.join(written)})"
    else:
        found = f"{compared} IN (SELECT unnest({list_sql(type_name, written)}))"
    return found if family(type_name) in _WRITERS else f"coalesce({found}, {column} IS NULL AND NULL)"


def _need_single_values(column: str, type_name: str) -> None:
    if type_name.endswith("]") or family(type_name) in ("STRUCT", "MAP", "UNION", "VARIANT"):
        raise WrongTypeError(column.strip('"'), type_name, "a set of values", "a column of single values")


def family(type_name: str) -> str:
    """The name of a type without what stands in its parentheses."""
    return type_name.split("(")[0]


# ---- one writer per family of types ----------------------------------------------------------------------------


def number_of(value: Any) -> decimal.Decimal | None:
    """A number as it is printed; None for what is no finite number. True is 1, as in Python."""
    if isinstance(value, float):
        return decimal.Decimal(repr(value)) if math.isfinite(value) else None
    if isinstance(value, decimal.Decimal):
        return value if value.is_finite() else None
    return decimal.Decimal(int(value)) if isinstance(value, int) else None


def _whole(type_name: str, value: Any) -> str | None:
    number = number_of(value)
    if number is None or number != number.to_integral_value():
        return None
    unsigned = type_name.startswith("U")
    bits = _BITS[type_name.removeprefix("U")] - (not unsigned)
    if not (0 if unsigned else -(2**bits)) <= number < 2**bits:
        return None
    plain = number >= 0 and bits <= 64  # -128::TINYINT is -(128::TINYINT)
    return f"{number:.0f}::{type_name}" if plain else f"'{number:.0f}'::{type_name}"


def _fixed(type_name: str, value: Any) -> str | None:
    number = number_of(value)
    if number is None:
        return None
    width, scale = (int(part) for part in type_name[len("DECIMAL(") : -1].split(","))
    scaled = number.scaleb(scale, _ENOUGH_DIGITS)
    if scaled != scaled.to_integral_value(context=_ENOUGH_DIGITS) or abs(scaled) >= 10**width:
        return None
    return f"'{number.quantize(decimal.Decimal(1).scaleb(-scale), context=_ENOUGH_DIGITS):f}'::{type_name}"


def _double(type_name: str, value: Any) -> str | None:
    return _floating(type_name, value, float)


def _single(type_name: str, value: Any) -> str | None:
    import numpy as np

    with np.errstate(over="ignore"):
        return _floating(type_name, value, np.float32)


def _floating(type_name: str, value: Any, narrow: Callable[[Any], Any]) -> str | None:
    if isinstance(value, float) and not math.isfinite(value):
        return f"'{value}'::{type_name}"
    number = number_of(value)
    if number is None or abs(number) > decimal.Decimal("1.8e308"):
        return None
    near = narrow(float(number))
    if not math.isfinite(near) or decimal.Decimal(str(near)) != number:
        return None
    return f"'{near}'::{type_name}"


def _truth(type_name: str, value: Any) -> str | None:
    number = number_of(value)
    return {0: "false", 1: "true"}.get(number) if number is not None else None  # type: ignore[call-overload]


def _text(type_name: str, value: Any) -> str | None:
    return literal(value) if isinstance(value, str) else None


def moment_of(value: Any) -> datetime.datetime | None:
    """A date or a time of a day as a moment, written as ISO 8601 or given as such."""
    if isinstance(value, str):
        try:
            if _FINER.search(value):  # Python would cut them off
                return None
            return datetime.datetime.fromisoformat(value.strip() if value.strip() == value else "")
        except ValueError:
            return None
    if isinstance(value, datetime.datetime):
        return value
    if isinstance(value, datetime.date):
        return datetime.datetime.combine(value, datetime.time())
    return None


def nanoseconds(moment: Any) -> int:
    """What a pandas Timestamp holds beyond microseconds."""
    return int(getattr(moment, "nanosecond", 0))


def _date(type_name: str, value: Any) -> str | None:
    moment = moment_of(value)
    if moment is None or moment.tzinfo or moment.time() != datetime.time() or nanoseconds(moment):
        return None
    return f"DATE '{moment.date().isoformat()}'"


def _timestamp(type_name: str, value: Any) -> str | None:
    moment = moment_of(value)
    if moment is None or moment.tzinfo:
        return None
    coarse = {"TIMESTAMP_S": 1_000_000, "TIMESTAMP_MS": 1_000}.get(type_name, 1)
    if moment.microsecond % coarse or (nanoseconds(moment) and type_name != "TIMESTAMP_NS"):
        return None
    return f"'{moment.isoformat(sep=' ')}'::{type_name}"


def _zoned(type_name: str, value: Any) -> str | None:
    moment = moment_of(value)
    if moment is None or nanoseconds(moment):
        return None
    return f"'{moment.isoformat(sep=' ')}'::{type_name}"


def _time(type_name: str, value: Any) -> str | None:
    if isinstance(value, str):
        try:
            value = datetime.time.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime.time) or value.tzinfo:
        return None
    return f"TIME '{value.isoformat()}'"


def _uuid(type_name: str, value: Any) -> str | None:
    try:
        return f"UUID '{value if isinstance(value, uuid.UUID) else uuid.UUID(value)}'"
    except (ValueError, TypeError, AttributeError):
        return None


def _bytes(type_name: str, value: Any) -> str | None:
    return literal(value) if isinstance(value, (bytes, bytearray)) else None


def _interval(type_name: str, value: Any) -> str | None:
    if not isinstance(value, datetime.timedelta):
        return None
    return f"to_microseconds({value // datetime.timedelta(microseconds=1)})"


def _big(type_name: str, value: Any) -> str | None:
    number = number_of(value)
    whole = number is not None and number == number.to_integral_value()
    return f"'{number:.0f}'::{type_name}" if whole else None


def _by_cast(type_name: str, value: Any) -> str | None:
    """For the rare types: what DuckDB reads of the text, NULL if it reads none."""
    return f"TRY_CAST({literal(str(value))} AS {type_name})"


_WRITERS: dict[str, Writer] = {
    **{sign + name: _whole for name in _BITS for sign in ("", "U")},
    "DECIMAL": _fixed,
    "DOUBLE": _double,
    "FLOAT": _single,
    "BOOLEAN": _truth,
    "VARCHAR": _text,
    "JSON": _text,
    "ENUM": _text,
    "DATE": _date,
    "TIMESTAMP": _timestamp,
    "TIMESTAMP_S": _timestamp,
    "TIMESTAMP_MS": _timestamp,
    "TIMESTAMP_NS": _timestamp,
    "TIMESTAMP WITH TIME ZONE": _zoned,
    "TIME": _time,
    "UUID": _uuid,
    "BLOB": _bytes,
    "INTERVAL": _interval,
    "BIGNUM": _big,
}
