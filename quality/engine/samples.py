"""Values from DuckDB as values that Great Expectations can put into JSON."""

import datetime
import decimal
import uuid
from typing import Any


def plain_value(value: Any) -> Any:
    """``value`` with what JSON lacks (intervals, times, UUIDs, bytes) as text, recursively."""
    if isinstance(value, (uuid.UUID, datetime.timedelta, datetime.time)):
        return str(value)
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).hex()
    if isinstance(value, (list, tuple)):
        return [plain_value(part) for part in value]
    if isinstance(value, dict):
        return {str(key): plain_value(part) for key, part in value.items()}
    return value


def as_in_a_suite(value: Any) -> Any:
    """A DECIMAL as the float that is printed alike, if there is one: a bound of 1.2 is one, and is not 1.2 exactly."""
    near = float(value) if isinstance(value, decimal.Decimal) else value
    return near if isinstance(value, decimal.Decimal) and decimal.Decimal(repr(near)) == value else value
