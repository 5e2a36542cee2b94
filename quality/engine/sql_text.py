"""SQL text from Python values: identifiers and literals. The only place of this package that quotes."""

import datetime
import decimal
import math
import uuid
from collections.abc import Iterable
from typing import Any

_EXACT = 2**53


def identifier(name: str) -> str:
    """``name`` as one quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: Any) -> str:
    """``value`` as an SQL literal; text stays untyped, so that DuckDB casts it to what it is compared with.

    Raises ``TypeError`` for a value that has no literal.
    """
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, decimal.Decimal):
        return f"{value:f}" if value.is_finite() else f"'{value}'::DOUBLE"
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, float):
        return float.__repr__(value) if math.isfinite(value) else f"'{float(value)}'::DOUBLE"
    return _typed_literal(value)


def number_literal(value: Any) -> str:
    """As ``literal``, but a whole float as an integer: Great Expectations turns every bound into a float, and DuckDB
    compares integers with ``5.0`` by casting each of them to a DECIMAL."""
    whole = isinstance(value, float) and value.is_integer() and abs(value) < _EXACT
    return literal(int(value) if whole else value)


def plain_python(value: Any) -> Any:
    """A numpy scalar as the Python value it holds; anything else as it is."""
    return value.item() if type(value).__module__ == "numpy" and hasattr(value, "item") else value


def is_missing(value: Any) -> bool:
    """Whether a value of a rule stands for no value: None, NaN, and pandas' words for them."""
    return (
        value is None or type(value).__name__ in ("NAType", "NaTType") or (isinstance(value, float) and value != value)
    )


def _typed_literal(value: Any) -> str:
    """Literals of the types whose text alone would be ambiguous."""
    if isinstance(value, datetime.datetime):
        zoned = "TIMESTAMPTZ" if value.tzinfo else "TIMESTAMP"
        return f"{zoned} '{value.isoformat(sep=' ')}'"
    if isinstance(value, datetime.date):
        return f"DATE '{value.isoformat()}'"
    if isinstance(value, datetime.time):
        return f"TIME '{value.isoformat()}'"
    if isinstance(value, (bytes, bytearray)):
        return f"unhex('{bytes(value).hex()}')"
    if isinstance(value, uuid.UUID):
        return f"UUID '{value}'"
    if hasattr(value, "item"):  # numpy scalars, which GX itself puts into arguments
        return literal(value.item())
    raise TypeError(f"a value of type {type(value).__name__} has no SQL literal")


def literals(values: Iterable[Any]) -> str:
    """``values`` as a comma-separated list of literals."""
    return ", ".join(literal(value) for value in values)


def conjunction(*conditions: str | None) -> str:
    """All of ``conditions`` that are there, joined by AND; ``true`` for none."""
    present = [f"({condition})" for condition in conditions if condition and condition != "true"]
    return " AND ".join(present) or "true"
