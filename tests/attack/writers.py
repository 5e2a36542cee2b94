"""Random tables, and files made of them by writers that are not ours: Python's csv and json, DuckDB, pandas, pyarrow,
openpyxl, xlsxwriter, sqlite3, zipfile, gzip. Nothing is read here."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import re
import sqlite3
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

COLUMNS = (("k", "string"), ("t", "string"), ("n", "integer"), ("d", "date"), ("u", "string"))
NAMES = [name for name, _ in COLUMNS]
Row = tuple[str, str | None, str | None, str | None, str | None]
Table = list[Row]
_MADE = datetime(2026, 11, 1, 8)

_TEXTS = [
    *("张三", "欧阳某某", "a", "it's", "x;y", "a|b", "1,234", "007", "2026-01-01", "None", "NULL", "true", "𠮷野"),
    *('say "hi"', '"quoted"', "two\nlines", "three\nlines\nof text", "tab\there", "a, b", "ends, with", "=1+1"),
    *("中文，逗号", "100%", "C:/x", "5' 6", "naïve", "#1", "- dash", "@", "a''b", "{json}", "[1]", "<b>"),
]


@dataclass(frozen=True)
class Written:
    """A file: its bytes, and the contract's words for how it is written.

    `bytewise` says that rows lie in the bytes as text, so that a changed byte is a change of one row. A file that
    `may_refuse` holds what its form cannot. `guarded` are bytes at the begin and the end that are left alone: lines
    that are declared by their number or place are taken for what is declared, whatever they have become. `table` is
    what was written, where the form takes less.
    """

    writer: str
    format: str
    content: bytes
    dialect: Mapping[str, Any] = field(default_factory=dict)
    bytewise: bool = True
    encoding: str = "utf-8"
    may_refuse: bool = False
    guarded: tuple[int, int] = (0, 0)
    table: Table | None = None

    def is_told(self, content: bytes, key: str) -> bool:
        """Whether a key stands in a line that is declared to be no record, which a lost line end may have joined it
        to.
        """
        lines, comment = content.splitlines(), str(self.dialect.get("comment", "")).encode()
        told = [line for line in lines if comment and line.startswith(comment)]
        if last := self.dialect.get("footer_rows"):
            told += lines[-last:]
        return any(key.encode() in line for line in told)

    def holds(self, content: bytes, key: str) -> bool:
        """Whether a row's key still stands in the bytes."""
        return not self.bytewise or key.encode(self.encoding.replace("utf-16", "utf-16-le")) in content

    def unsealed(self, damage: str) -> bool:
        """Whether the form proves nothing of its bytes: these have no checksum that readers ask for."""
        return damage != "none" and self.format in {"parquet", "sqlite", "xls"}


def random_table(chance: random.Random) -> Table:
    """Up to thirty rows with keys of their own."""
    return [_row(chance, place) for place in range(chance.randint(3, 30))]


def _row(chance: random.Random, place: int) -> Row:
    def text() -> str | None:
        return None if chance.random() < 0.1 else chance.choice(_TEXTS)

    whole = None if chance.random() < 0.1 else str(chance.randint(-(10**6), 10**12))
    day = f"{chance.randint(1900, 2030)}-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}"
    key = f"K{place}x{chance.randrange(16**6):06x}Z"
    return key, text(), whole, day if chance.random() < 0.9 else None, text()


def _python_csv(table: Table, chance: random.Random) -> Written:
    delimiter, end = chance.choice(",;\t|"), chance.choice(["\n", "\r\n"])
    encoding = chance.choice(["utf-8", "utf-8", "gb18030", "utf-16", "utf-8-sig"])
    quoting = chance.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])
    quote = chance.choice(['"', '"', "'"])
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, quotechar=quote, quoting=quoting, lineterminator=end)  # type: ignore[arg-type]
    writer.writerows([NAMES, *table])
    content = text.getvalue()
    if chance.random() < 0.2:
        content = content.removesuffix(end)
    dialect = {"delimiter": delimiter, "quote": quote, "encoding": encoding.removesuffix("-sig")}
    return Written("python csv", "csv", content.encode(encoding), dialect, encoding=encoding.removesuffix("-sig"))


def _escaped_csv(table: Table, chance: random.Random) -> Written:
    delimiter, quoted = chance.choice(",\t|"), chance.random() < 0.5
    text = io.StringIO(newline="")
    csv.writer(
        text,
        delimiter=delimiter,
        quotechar='"',
        escapechar="\\",
        doublequote=False,
        quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
        lineterminator="\n",
    ).writerows([NAMES, *table])
    dialect = {"delimiter": delimiter, "quote": '"' if quoted else "", "escape": "\\"}
    return Written("python csv, escaped", "csv", text.getvalue().encode(), dialect)


@cache
def _folder() -> TemporaryDirectory[str]:
    return TemporaryDirectory()


def _through(make: Callable[[Path], object]) -> bytes:
    path = Path(_folder().name) / "file"
    make(path)
    content = path.read_bytes()
    path.unlink()
    return content


@cache
def _engine() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"threads": 1})


def _arrow(table: Table) -> pa.Table:
    columns = list(zip(*table, strict=True))
    return pa.table({name: pa.array(values, pa.string()) for name, values in zip(NAMES, columns, strict=True)})


def _duckdb_csv(table: Table, chance: random.Random) -> Written:
    delimiter, quoted = chance.choice(",;|"), chance.choice(["*", "(k)"])
    options = f"format csv, header, delimiter '{delimiter}', force_quote {quoted}"
    return Written("duckdb csv", "csv", _copied(table, options), {"delimiter": delimiter})


def _copied(table: Table, options: str) -> bytes:
    engine = _engine()
    engine.register("rows", _arrow(table))
    return _through(lambda path: engine.execute(f"copy rows to '{path}' ({options})"))


def _pandas_csv(table: Table, chance: random.Random) -> Written:
    import pandas as pd

    encoding = chance.choice(["utf-8", "gb18030"])
    content = pd.DataFrame(table, columns=NAMES).to_csv(index=False, lineterminator=chance.choice(["\n", "\r\n"]))
    return Written("pandas csv", "csv", content.encode(encoding), {"encoding": encoding}, encoding=encoding)


def _arrow_csv(table: Table, chance: random.Random) -> Written:
    import pyarrow.csv as pacsv

    content = _through(lambda path: pacsv.write_csv(_arrow(table), path))
    return Written("pyarrow csv", "csv", content)


def _ndjson(table: Table, chance: random.Random) -> Written:
    ascii_ = chance.random() < 0.3
    lines = [json.dumps(dict(zip(NAMES, row, strict=True)), ensure_ascii=ascii_) for row in table]
    return Written("python ndjson", "ndjson", ("\n".join(lines) + "\n").encode())


def _duckdb_ndjson(table: Table, chance: random.Random) -> Written:
    return Written("duckdb ndjson", "ndjson", _copied(table, "format json"))


def _json(table: Table, chance: random.Random) -> Written:
    rows = [dict(zip(NAMES, row, strict=True)) for row in table]
    content = json.dumps(rows, ensure_ascii=False, indent=chance.choice([None, 2]))
    # One document: what is damaged in it is damaged as a whole.
    return Written("python json", "json", content.encode(), bytewise=True)


def _parquet(table: Table, chance: random.Random) -> Written:
    compression, size = chance.choice(["snappy", "zstd", "none"]), chance.choice([5, 1000])
    content = _through(lambda path: pq.write_table(_arrow(table), path, compression=compression, row_group_size=size))
    return Written("pyarrow parquet", "parquet", content, {}, False)


def _duckdb_parquet(table: Table, chance: random.Random) -> Written:
    return Written("duckdb parquet", "parquet", _copied(table, "format parquet"), {}, False)


def _sqlite(table: Table, chance: random.Random) -> Written:
    def make(path: Path) -> None:
        kinds = chance.choice(["text", "", "numeric"])
        with sqlite3.connect(path) as file:
            file.execute(f"create table rows (k text, t text, n integer, d {kinds}, u text)")
            file.executemany("insert into rows values (?, ?, ?, ?, ?)", table)
        file.close()

    return Written("sqlite", "sqlite", _through(make), {"member": "rows"}, False)


def _xlsxwriter(table: Table, chance: random.Random) -> Written:
    import xlsxwriter

    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"constant_memory": chance.random() < 0.5, "strings_to_formulas": False}) as book:
        book.set_properties({"created": _MADE})
        sheet = book.add_worksheet()
        for place, row in enumerate([tuple(NAMES), *table]):
            for at, cell in enumerate(row):
                if cell is not None:
                    sheet.write_string(place, at, cell)
    return Written("xlsxwriter", "xlsx", content.getvalue(), {}, False)


def _openpyxl(table: Table, chance: random.Random) -> Written:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.append(NAMES)
    typed = chance.random() < 0.5
    for place, (key, text, whole, day, more) in enumerate(table, 2):
        cells: list[Any] = [key, text, int(whole) if typed and whole else whole, day, more]
        if typed and day:
            cells[3] = date.fromisoformat(day)
        for at, cell in enumerate(cells, 1):
            made = sheet.cell(place, at, cell)
            if isinstance(cell, str):
                made.data_type = "s"
    content = io.BytesIO()
    book.save(content)
    return Written("openpyxl", "xlsx", _repacked(content.getvalue()), {}, False)


def _repacked(content: bytes) -> bytes:
    """An archive without the time it was written at: the same seed is to try the same bytes."""
    timed = re.compile(rb"(<dcterms:\w+[^>]*>)[^<]*")
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in old.namelist():
            archive.writestr(
                zipfile.ZipInfo(name, _MADE.timetuple()[:6]),
                timed.sub(rb"\g<1>2026-11-01T08:00:00Z", old.read(name)),
                zipfile.ZIP_DEFLATED,
            )
    return made.getvalue()


def _zip(table: Table, chance: random.Random) -> Written:
    inner = _python_csv(table, chance)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", chance.choice([zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])) as archive:
        name = chance.choice(["rows.csv", "数据.csv", "a/rows.CSV"])
        archive.writestr(zipfile.ZipInfo(name, _MADE.timetuple()[:6]), inner.content, archive.compression)
    return Written("zipfile", "zip", content.getvalue(), inner.dialect, False)


def _gzip(table: Table, chance: random.Random) -> Written:
    inner = chance.choice([_python_csv, _ndjson])(table, chance)
    return Written(f"gzip of {inner.writer}", inner.format, gzip.compress(inner.content, mtime=0), inner.dialect, False)


def _xls(table: Table, chance: random.Random) -> Written:
    import xlwt

    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("rows")
    for place, row in enumerate([tuple(NAMES), *table]):
        for at, cell in enumerate(row):
            if cell is not None:
                sheet.write(place, at, cell)
    content = io.BytesIO()
    book.save(content)
    return Written("xlwt", "xls", content.getvalue(), {}, False)


def writings() -> list[Callable[[Table, random.Random], Written]]:
    """Every writer, those of text several times: most deliveries are."""
    text = [_python_csv] * 5 + [_escaped_csv, _duckdb_csv, _duckdb_csv, _pandas_csv, _pandas_csv, _arrow_csv]
    documents = [_ndjson, _ndjson, _duckdb_ndjson, _json]
    return [*text, *documents, _parquet, _duckdb_parquet, _sqlite, _xlsxwriter, _openpyxl, _xls, _zip, _gzip]
