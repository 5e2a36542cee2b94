"""A release in other formats, as a stream: CSV that spreadsheets open, JSON lines, Arrow.

Rows come in the order of the files, and batch by batch: what is held in memory does not grow with the release. Values
are exactly those of the Parquet files; nothing is left out or rounded.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from contracts.sql_text import identifier, literal

_ROWS = 65_536
_BOM = b"\xef\xbb\xbf"  # by which spreadsheets know UTF-8


@dataclass(frozen=True)
class Format:
    """One format: its media type, and the bytes of files in it, piece by piece."""

    media_type: str
    pieces: Callable[[Sequence[Path]], Iterator[bytes]]


def _csv(files: Sequence[Path]) -> Iterator[bytes]:
    yield _BOM
    # Quotes where they are needed, and an empty text told from no value.
    options = pa_csv.WriteOptions(include_header=True, quoting_style="needed")
    for number, batch in enumerate(_batches(files)):
        written = io.BytesIO()
        if number:
            options = pa_csv.WriteOptions(include_header=False, quoting_style="needed")
        pa_csv.write_csv(batch, written, options)
        yield written.getvalue()


def _arrow(files: Sequence[Path]) -> Iterator[bytes]:
    written = io.BytesIO()
    with pa.ipc.new_stream(written, pq.read_schema(files[0])) as writer:
        for batch in _batches(files):
            writer.write_batch(batch)
            yield _taken(written)
    yield _taken(written)


def _json_lines(files: Sequence[Path]) -> Iterator[bytes]:
    names = ", ".join(literal(str(file)) for file in files)
    # By name, since a column may be called as the table is in the query.
    columns = ", ".join(f"{literal(field.name)}: {_json(field)}" for field in pq.read_schema(files[0]))
    with duckdb.connect(config={"threads": 1}) as connection:
        found = connection.execute(
            f"select cast(to_json({{{columns}}}) as varchar) || chr(10) from read_parquet([{names}])"
        ).to_arrow_reader(_ROWS)
        for batch in found:
            yield _text(batch.column(0))


def _json(field: pa.Field) -> str:
    """A column as JSON has it: numbers that JSON has none for (NaN, Infinity) are texts, as ProtoJSON writes them."""
    name = identifier(field.name)
    if not pa.types.is_floating(field.type):
        return name
    text = f"case when isnan({name}) then 'NaN' when {name} > 0 then 'Infinity' else '-Infinity' end"
    return f"case when {name} is null then null when isfinite({name}) then to_json({name}) else to_json({text}) end"


def _text(lines: pa.Array) -> bytes:
    together = pa.ListArray.from_arrays(pa.array([0, len(lines)], pa.int32()), lines)
    joined: str = pc.binary_join(together, "")[0].as_py()
    return joined.encode()


def _batches(files: Sequence[Path]) -> Iterator[pa.RecordBatch]:
    for file in files:
        empty = True
        for batch in pq.ParquetFile(file).iter_batches(_ROWS):
            empty = False
            yield batch
        if empty and file == files[0]:
            yield pa.RecordBatch.from_pylist([], pq.read_schema(file))


def _taken(written: io.BytesIO) -> bytes:
    data = written.getvalue()
    written.seek(0)
    written.truncate()
    return data


FORMATS: Mapping[str, Format] = {
    "csv": Format("text/csv; charset=utf-8", _csv),
    "jsonl": Format("application/x-ndjson; charset=utf-8", _json_lines),
    "arrow": Format("application/vnd.apache.arrow.stream", _arrow),
}
