"""Parquet as one relation of text: what each column's physical and logical type says, exactly, or a refusal naming it.

Types are listed: a column of a type that is not here is refused, whatever the engine would make of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from contracts.model import Dataset
from contracts.sql_text import identifier, literal
from lake.readers.headers import match_headers
from lake.readers.kinds import kind_hint
from lake.readers.landing import Landed
from lake.readers.refusal import DeliveryRefused
from quality.conform import Delivered

_WIDEST = 38  # digits of the engine's decimals: wider ones it reads as doubles
_PLAIN = {"BOOLEAN", "INT32", "INT64", "FLOAT", "DOUBLE"}
_TEXTS = {"STRING", "ENUM", "JSON", "UUID", "INT", "DATE", "FLOAT16", "DECIMAL"}
_NANOSECONDS = 1000
NO_SUCH_DAY = "cell:date_out_of_range"


@dataclass(frozen=True)
class _Column:
    """One contracted column of the file: what is to be read, and of which type it is."""

    name: str
    header: str
    place: int
    field: pa.Field
    physical: str
    logical: str
    unit: str
    adjusted: bool

    @property
    def type(self) -> str:
        """The type in words."""
        named = self.logical if self.logical != "NONE" else "no annotation"
        return f"{self.field.type} ({self.physical}, {named})" if self.physical else str(self.field.type)


def read_parquet(
    dataset: Dataset, landed: Landed, scratch: Path, connection: duckdb.DuckDBPyConnection
) -> tuple[Delivered, int]:
    """A Parquet file; its footer tells headers and rows."""
    try:
        with pq.ParquetFile(landed.file) as file:
            delivered = list(file.schema_arrow.names)
            positions = match_headers(dataset, landed.file.name, delivered)
            columns = [_column(file, name, place) for name, place in positions.items()]
            rows = count_parquet(dataset, landed.file)
            kept = _rewritten(dataset, landed, file, columns, scratch)
    except (pa.ArrowException, OSError, EOFError):
        raise unreadable(dataset, landed, "Parquet file") from None
    source, names = kept or (landed.file, _engine_names(connection, landed.file))
    reading = _Reading(dataset, landed, source, connection)
    taken = ", ".join(f'{reading.text(column, names[column.place])} as "c.{column.name}"' for column in columns)
    beyond = " or ".join(_beyond(f'"c.{column.name}"') for column in columns if _is_day(column)) or "false"
    numbered = "file_row_number" not in {name.lower() for name in names.values()}
    number = "file_row_number + 1" if numbered else "row_number() over ()"
    relation = f"""(select *, case when {beyond} then {literal(NO_SUCH_DAY)} end::VARCHAR as _structure
      from (select {taken}, {number} as _row
        from read_parquet({literal(str(source))}, file_row_number={str(numbered).lower()})))"""
    return Delivered(relation, {column.name: f"c.{column.name}" for column in dataset.columns}, typed=True), rows


def _is_day(column: _Column) -> bool:
    return column.logical in {"DATE", "TIMESTAMP"} or column.physical == "INT96"


def _beyond(cell: str) -> str:
    """SQL: whether a date's text is none of the years 1 to 9999, as the engine writes infinity and years before."""
    return f"not coalesce(regexp_full_match({cell}, '[0-9]{{4}}-[^(]*'), true)"


def damaged_column(file: Path) -> str:
    """The first column of a Parquet file whose pages cannot be read; empty where all can."""
    try:
        with pq.ParquetFile(file) as opened:
            for name in opened.schema_arrow.names:
                try:
                    for _ in opened.iter_batches(columns=[name]):
                        pass
                except (pa.ArrowException, OSError, EOFError):
                    return str(name)
    except (pa.ArrowException, OSError, EOFError):
        return ""
    return ""


def count_parquet(dataset: Dataset, file: Path) -> int:
    """The rows the footer tells, where its row groups tell the same. Raises `DeliveryRefused`."""
    metadata = pq.read_metadata(file)
    groups = sum(metadata.row_group(number).num_rows for number in range(metadata.num_row_groups))
    if groups != metadata.num_rows:
        what = f"its footer tells {metadata.num_rows} rows and its row groups {groups}"
        raise DeliveryRefused(dataset.id, file.name, what, "footer", "Ask for the file again.")
    return int(groups)


def _column(file: pq.ParquetFile, name: str, place: int) -> _Column:
    field = file.schema_arrow.field(place)
    leaves = [file.schema.column(number) for number in range(len(file.schema))]
    # Leaves and fields are in one order, and a nested field has other leaves than one of its own name.
    before = sum(_leaves(file.schema_arrow.field(number).type) for number in range(place))
    leaf = None if pa.types.is_nested(field.type) else leaves[before]
    told = json.loads(leaf.logical_type.to_json()) if leaf is not None else {}
    return _Column(
        name=name,
        header=field.name,
        place=place,
        field=field,
        physical=leaf.physical_type if leaf is not None else "",
        logical=leaf.logical_type.type if leaf is not None else "",
        unit=told.get("timeUnit", ""),
        adjusted=bool(told.get("isAdjustedToUTC")),
    )


def _leaves(kind: pa.DataType) -> int:
    if not pa.types.is_nested(kind):
        return 1
    if pa.types.is_map(kind):
        return _leaves(kind.key_type) + _leaves(kind.item_type)
    if pa.types.is_struct(kind):
        return sum(_leaves(kind.field(number).type) for number in range(kind.num_fields))
    return _leaves(kind.value_type)


def _engine_names(connection: duckdb.DuckDBPyConnection, file: Path) -> dict[int, str]:
    """What the engine calls the columns, by place: names that differ by case only it makes different."""
    found = connection.execute(f"describe select * from read_parquet({literal(str(file))})").fetchall()
    return {place: row[0] for place, row in enumerate(found)}


def _rewritten(
    dataset: Dataset, landed: Landed, file: pq.ParquetFile, columns: list[_Column], scratch: Path
) -> tuple[Path, Mapping[int, str]] | None:
    """A copy with the columns that the engine would round as text; None where there are none."""
    rounded = {column.place for column in columns if _is_rounded(column)}
    if not rounded:
        return None
    names = {column.place: f"p{column.place}" for column in columns}
    scratch.mkdir(parents=True, exist_ok=True)
    copy, writer = scratch / f"{landed.batch}.exact.parquet", None
    try:
        for batch in file.iter_batches():
            arrays = [_exact_text(batch.column(place)) if place in rounded else batch.column(place) for place in names]
            table = pa.Table.from_arrays(arrays, names=list(names.values()))
            writer = writer or pq.ParquetWriter(copy, table.schema)
            writer.write_table(table)
    finally:
        if writer:
            writer.close()
    if writer is None:
        return None
    if any(column.physical == "INT96" for column in columns):
        raise _no_text(dataset, landed, next(column for column in columns if column.physical == "INT96"))
    return copy, names


def _is_rounded(column: _Column) -> bool:
    kind = column.field.type
    return (pa.types.is_decimal(kind) and kind.precision > _WIDEST) or (
        column.logical == "TIME" and column.unit == "nanoseconds" and not column.adjusted
    )


def _exact_text(array: pa.Array) -> pa.Array:
    if pa.types.is_time(array.type):
        return pa.array([_time(value) for value in array.cast(pa.int64()).to_pylist()], pa.string())
    return pa.array([None if value is None else format(value, "f") for value in array.to_pylist()], pa.string())


def _time(nanoseconds: int | None) -> str | None:
    if nanoseconds is None:
        return None
    seconds, rest = divmod(nanoseconds, 10**9)
    fraction = f".{rest:09d}".rstrip("0") if rest else ""
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{fraction}"


class _Reading:
    """The SQL of each column's text over one file."""

    def __init__(self, dataset: Dataset, landed: Landed, source: Path, connection: duckdb.DuckDBPyConnection) -> None:
        self.dataset, self.landed, self.source, self.connection = dataset, landed, source, connection

    def text(self, column: _Column, name: str) -> str:
        """SQL of the text that a column's values are. Raises `DeliveryRefused` for a type that has none."""
        cell = identifier(name)
        if _is_rounded(column):
            return f"{cell}::VARCHAR"
        if column.logical == "TIMESTAMP" or column.physical == "INT96":
            return self._moment(column, cell)
        if column.logical == "TIME" and not column.adjusted:
            return f"{cell}::VARCHAR"
        if pa.types.is_nested(column.field.type) or pa.types.is_duration(column.field.type):
            raise _no_text(self.dataset, self.landed, column)
        if pa.types.is_null(column.field.type):
            return "null::VARCHAR"
        if column.logical == "NONE" and column.physical in {"BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY"}:
            return self._bytes(column, cell)
        if column.logical in _TEXTS or (column.logical == "NONE" and column.physical in _PLAIN):
            return f"{cell}::VARCHAR"
        raise _no_text(self.dataset, self.landed, column)

    def _bytes(self, column: _Column, cell: str) -> str:
        """Bytes without a word of what they are: text where all of the column is text."""
        found = self.connection.execute(
            f"""select count(*) from read_parquet({literal(str(self.source))}) where {cell} is not null
              and coalesce(contains(try(decode({cell})), chr(0)), true)"""
        ).fetchone()
        if found and found[0]:
            raise _no_text(self.dataset, self.landed, column, f"{found[0]} of its values are no UTF-8 text")
        return f"decode({cell})"

    def _moment(self, column: _Column, cell: str) -> str:
        adjusted = column.adjusted
        if column.physical == "INT96":
            adjusted = self._int96_is_adjusted(column)
        if (column.physical == "INT96" or adjusted) and self._has_nanoseconds(column):
            raise _no_text(self.dataset, self.landed, column, "it has parts of a microsecond, which would be lost")
        # The wall time in the declared zone, whatever zone the machine has.
        zone = literal(self.dataset.source.zone)
        if column.physical == "INT96":
            utc = f"timezone('UTC', {cell}::TIMESTAMP)"
            return f"timezone({zone}, {utc})::VARCHAR" if adjusted else f"{cell}::TIMESTAMP::VARCHAR"
        return f"timezone({zone}, {cell}::TIMESTAMPTZ)::VARCHAR" if adjusted else f"{cell}::VARCHAR"

    def _int96_is_adjusted(self, column: _Column) -> bool:
        """INT96 does not say whether it is an instant: its writers do, Spark one way, Impala and Arrow the other."""
        with pq.ParquetFile(self.landed.file) as file:
            writer, keys = (file.metadata.created_by or "").lower(), file.metadata.metadata or {}
        if any(key.startswith(b"org.apache.spark") for key in keys):
            return True
        if getattr(column.field.type, "tz", None):
            return True
        if writer.startswith(("parquet-cpp", "impala")):
            return False
        raise _no_text(self.dataset, self.landed, column, "whether it is an instant or a wall time is not said")

    def _has_nanoseconds(self, column: _Column) -> bool:
        """Whether a value is finer than a microsecond, among the years that nanoseconds can count."""
        if column.unit != "nanoseconds" and column.physical != "INT96":
            return False
        with (
            pq.ParquetFile(self.landed.file) as exact,
            pq.ParquetFile(self.landed.file, coerce_int96_timestamp_unit="us") as coarse,
        ):
            for fine, rough in zip(exact.iter_batches(), coarse.iter_batches(), strict=True):
                whole = fine.column(column.place).cast(pa.int64())
                apart = pc.subtract(whole, pc.multiply(pc.divide(whole, _NANOSECONDS), _NANOSECONDS))
                near = pc.equal(pc.divide(rough.column(column.place).cast(pa.int64()), 10**15), 0)
                countable = near if column.physical == "INT96" else pc.is_valid(whole)
                if pc.any(pc.and_(pc.not_equal(apart, 0), countable)).as_py():
                    return True
        return False


def _no_text(dataset: Dataset, landed: Landed, column: _Column, why: str = "") -> DeliveryRefused:
    what = f"the column {column.header!r} is of the type {column.type}" + (f": {why}" if why else "")
    fix = "Ask for the column as text, a number, a date or a time of a plain Parquet type."
    return DeliveryRefused(dataset.id, landed.file.name, what, "schema", fix)


def unreadable(dataset: Dataset, landed: Landed, kind: str) -> DeliveryRefused:
    """The refusal of a file that is not what the contract says, with what it is where its first bytes tell."""
    return DeliveryRefused(
        dataset.id,
        landed.file.name,
        f"the file is no readable {kind}",
        f"{landed.bytes} bytes, as a whole",
        "Ask the department to deliver it again, or correct servers.format and member in the contract.",
    ).because(kind_hint(landed.file, dataset.source.format))
