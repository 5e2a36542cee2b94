"""An independent reading of delivered files with plain Python readers: no DuckDB and nothing of the platform.

Every record becomes a list of texts in the order of the file's headers, broken records included.
"""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
from python_calamine import CalamineWorkbook

from tests.sample_city.layout import Layout

Records = tuple[list[str], list[list[str]]]


def read(layout: Layout, path: Path) -> Records:
    """Headers and records of one delivery."""
    return _READERS[layout.format](layout, path)


def _delimited(text: str, delimiter: str) -> Records:
    headers, *records = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    return headers, records


def _csv(layout: Layout, path: Path) -> Records:
    encoding = "utf-8-sig" if layout.encoding == "utf-8" else layout.encoding
    return _delimited(path.read_bytes().decode(encoding), layout.delimiter)


def _zip(layout: Layout, path: Path) -> Records:
    headers: list[str] = []
    records: list[list[str]] = []
    with zipfile.ZipFile(path) as archive:
        for name in sorted(archive.namelist()):
            headers, more = _delimited(archive.read(name).decode(layout.encoding), layout.delimiter)
            records += more
    return headers, records


def _ndjson(layout: Layout, path: Path) -> Records:
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    headers = list(rows[0])
    return headers, [[_text(row.get(header)) for header in headers] for row in rows]


def _parquet(layout: Layout, path: Path) -> Records:
    table = pq.read_table(path)
    columns = [column.to_pylist() for column in table.columns]
    return table.column_names, [[_text(value) for value in row] for row in zip(*columns, strict=True)]


def _xlsx(layout: Layout, path: Path) -> Records:
    headers, *rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_name(layout.member).to_python()
    return [str(header) for header in headers], [[_text(value) for value in row] for row in rows]


def _sqlite(layout: Layout, path: Path) -> Records:
    connection = sqlite3.connect(path)
    cursor = connection.execute(f'SELECT * FROM "{layout.member}" ORDER BY rowid')
    records = [[_text(value) for value in row] for row in cursor]
    headers = [item[0] for item in cursor.description]
    connection.close()
    return headers, records


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


_READERS: dict[str, Callable[[Layout, Path], Records]] = {
    "csv": _csv,
    "zip": _zip,
    "ndjson": _ndjson,
    "parquet": _parquet,
    "xlsx": _xlsx,
    "sqlite": _sqlite,
}
