"""Types of released Parquet files as Spark's schemas name them: what a client of Delta Sharing builds its frame from.

Source: Delta protocol, "Schema Serialization Format"; a type that it has no word for is refused, never guessed.
"""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

_PLAIN = {
    "bool": "boolean",
    "int8": "byte",
    "int16": "short",
    "int32": "integer",
    "int64": "long",
    "uint8": "short",
    "uint16": "integer",
    "uint32": "long",
    "float": "float",
    "double": "double",
    "string": "string",
    "large_string": "string",
    "date32[day]": "date",
}
LOCAL_TIME = "timestamp_ntz"


class TypeUnknown(ValueError):
    """A column of a type that Delta has no word for; `column` and `type` name it."""

    def __init__(self, column: str, kind: str) -> None:
        self.column, self.type = column, kind
        super().__init__(f"column {column} is {kind}, for which Delta Sharing has no type: download its Parquet files")


def schema_string(file: Path) -> str:
    """The schema of a Parquet file, as JSON text. Raises `TypeUnknown`."""
    fields = [
        {"name": item.name, "type": spark_type(item.name, item.type), "nullable": True, "metadata": {}}
        for item in pq.read_schema(file)
    ]
    return json.dumps({"type": "struct", "fields": fields}, ensure_ascii=False, separators=(",", ":"))


def spark_type(column: str, kind: pa.DataType) -> str:
    """Spark's word for an Arrow type. Raises `TypeUnknown`."""
    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    if pa.types.is_timestamp(kind):
        return "timestamp" if kind.tz else LOCAL_TIME
    found = _PLAIN.get(str(kind))
    if found is None:
        raise TypeUnknown(column, str(kind))
    return found
