"""Formats that are tables already: Parquet, SQLite, xlsx and xls, as one relation of text with row numbers."""

from __future__ import annotations

import sqlite3

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from contracts.model import Dataset
from contracts.sql_text import identifier, literal
from lake.readers.headers import match_headers
from lake.readers.landing import Landed
from lake.readers.refusal import DeliveryRefused
from quality.conform import Delivered

_LAST_COLUMN = "XFD"  # of the format: ECMA-376 part 1, 18.3.1.13


def read_parquet(dataset: Dataset, landed: Landed) -> tuple[Delivered, int]:
    """A Parquet file; its footer tells headers and rows."""
    try:
        with pq.ParquetFile(landed.file) as file:
            delivered, rows = file.schema_arrow.names, file.metadata.num_rows
    except (pa.ArrowInvalid, OSError):
        raise _unreadable(dataset, landed, "Parquet file") from None
    positions = match_headers(dataset, landed.file.name, delivered)
    taken = _cast_columns({name: identifier(delivered[place]) for name, place in positions.items()})
    relation = f"""(select {taken}, file_row_number + 1 as _row, null::VARCHAR as _structure
      from read_parquet({literal(str(landed.file))}, file_row_number=true))"""
    return Delivered(relation, _names(dataset)), rows


def read_sqlite(dataset: Dataset, landed: Landed) -> tuple[Delivered, int]:
    """One table of a SQLite file, every cell as its text; `member` names the table."""
    table = dataset.source.member or dataset.name
    try:
        with sqlite3.connect(f"file:{landed.file}?mode=ro&immutable=1", uri=True) as file:
            delivered = [row[1] for row in file.execute(f"pragma table_info({identifier(table)})")]
            rows = file.execute(f"select count(*) from {identifier(table)}").fetchone()[0] if delivered else 0
        file.close()
    except sqlite3.DatabaseError:
        raise _unreadable(dataset, landed, "SQLite file") from None
    if not delivered:
        what = f"there is no table {table!r}"
        raise DeliveryRefused(dataset.id, landed.file.name, what, "schema", "Correct servers.member in the contract.")
    positions = match_headers(dataset, landed.file.name, delivered)
    taken = _cast_columns({name: identifier(delivered[place]) for name, place in positions.items()})
    # SQLite types cells, not columns: read as text, or one stray cell fails the scan.
    relation = f"""(select {taken}, row_number() over () as _row, null::VARCHAR as _structure
      from sqlite_scan({literal(str(landed.file))}, {literal(table)}))"""
    return Delivered(relation, _names(dataset)), rows


def read_xlsx(dataset: Dataset, landed: Landed, connection: duckdb.DuckDBPyConnection) -> tuple[Delivered, int | None]:
    """One sheet of an xlsx workbook, every cell as its stored text; `member` names the sheet, else the first."""
    source = dataset.source
    sheet = f", sheet={literal(source.member)}" if source.member else ""
    options = f"{literal(str(landed.file))}, all_varchar=true, stop_at_empty=false, empty_as_varchar=true{sheet}"
    try:
        start = _range(connection, options, source.skip_rows + 1) if source.skip_rows else ""
        scan = f"read_xlsx({options}, header={str(source.header).lower()}{start})"
        described = connection.execute(f"describe select * from {scan}").fetchall()
    except duckdb.Error:
        raise _unreadable(dataset, landed, f"xlsx workbook with a sheet {source.member or 1!r}") from None
    delivered = [row[0] for row in described]
    positions = match_headers(dataset, landed.file.name, delivered)
    taken = _cast_columns({name: identifier(delivered[place]) for name, place in positions.items()})
    some = " or ".join(f"{identifier(name)} is not null" for name in delivered)
    relation = f"""(select {taken}, _row, null::VARCHAR as _structure
      from (select *, row_number() over () as _row from {scan}) where {some})"""
    return Delivered(relation, _names(dataset), spreadsheet=True), None


def _range(connection: duckdb.DuckDBPyConnection, options: str, first: int) -> str:
    """The cells from row `first` on, as wide as that row: the rows skipped above it tell the engine another width."""
    cells = connection.execute(f"from read_xlsx({options}, header=false, range='A{first}:{_LAST_COLUMN}{first}')")
    width = max((place for place, cell in enumerate(cells.fetchone() or (), 1) if cell is not None), default=1)
    return f", range='A{first}:{_letters(width)}1048576'"


def _letters(column: int) -> str:
    """A column's letters: 1 is A, 27 is AA."""
    rest, last = divmod(column - 1, 26)
    return (_letters(rest) if rest else "") + chr(ord("A") + last)


def read_xls(dataset: Dataset, landed: Landed, connection: duckdb.DuckDBPyConnection) -> tuple[Delivered, int]:
    """One sheet of a legacy xls workbook. The format ends at 65,536 rows, so the sheet is read whole."""
    from python_calamine import CalamineError, CalamineWorkbook  # only this format needs it

    source = dataset.source
    try:
        book = CalamineWorkbook.from_path(str(landed.file))
        rows = book.get_sheet_by_name(source.member or book.sheet_names[0]).to_python(skip_empty_area=False)
    except (CalamineError, KeyError, IndexError):
        raise _unreadable(dataset, landed, f"xls workbook with a sheet {source.member or 1!r}") from None
    body = [row for row in rows[source.skip_rows :] if any(cell != "" for cell in row)]
    if not body:
        raise DeliveryRefused(dataset.id, landed.file.name, "the sheet is empty", "row 1", "Ask for the file again.")
    positions = match_headers(dataset, landed.file.name, [str(cell) for cell in body[0]])
    cells = {name: [_cell(row[place]) for row in body[1:]] for name, place in positions.items()}
    table = f"xls_{landed.batch}"
    connection.register(table, pa.table({name: pa.array(values, pa.string()) for name, values in cells.items()}))
    taken = ", ".join(f'{identifier(name)} as "c.{name}"' for name in positions)
    relation = f"(select {taken}, row_number() over () as _row, null::VARCHAR as _structure from {table})"
    return Delivered(relation, _names(dataset), spreadsheet=True), len(body) - 1


def _cell(value: object) -> str:
    # A number cell that is whole was typed as a whole number.
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _cast_columns(taken: dict[str, str]) -> str:
    return ", ".join(f'{source}::VARCHAR as "c.{name}"' for name, source in taken.items())


def _names(dataset: Dataset) -> dict[str, str]:
    return {column.name: f"c.{column.name}" for column in dataset.columns}


def _unreadable(dataset: Dataset, landed: Landed, kind: str) -> DeliveryRefused:
    return DeliveryRefused(
        dataset.id,
        landed.file.name,
        f"the file is no readable {kind}",
        f"{landed.bytes} bytes, as a whole",
        "Ask the department to deliver it again, or correct servers.format and member in the contract.",
    )
