"""One table or view of a SQLite file as a relation of text: each value by its own storage class, not its column's.

SQLite types values. Whole numbers are exact, reals the shortest text that is that real, text must be UTF-8.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from contracts.model import Dataset
from contracts.sql_text import identifier
from lake.readers.headers import match_headers
from lake.readers.landing import Landed
from lake.readers.parquet import unreadable
from lake.readers.refusal import DeliveryRefused
from lake.readers.text_table import TextTable
from quality.conform import Delivered

NOT_UTF8, BINARY = "cell:not_utf8", "cell:binary"
_ROWS = 50_000
# File format, 1.3.3: the write and read versions of a file in WAL mode.
_WAL = b"\2\2"


class _NotText(bytes):
    """Text of SQLite that is no UTF-8."""


def read_sqlite(dataset: Dataset, landed: Landed, scratch: Path) -> tuple[Delivered, int]:
    """One table of a SQLite file, every cell as its text; `member` names the table."""
    _refuse_without_log(dataset, landed)
    table = dataset.source.member or dataset.name
    try:
        with closing(connect(landed.file)) as file:
            delivered, records = _described(file, table)
            if not delivered:
                what = f"there is no table {table!r}"
                fix = "Correct servers.member in the contract."
                raise DeliveryRefused(dataset.id, landed.file.name, what, "schema", fix)
            positions = match_headers(dataset, landed.file.name, delivered)
            with TextTable(dataset, scratch / f"{landed.batch}.parquet", list(positions)) as written:
                for rows in _blocks(file, table):
                    written.add_columns(_columns(rows, list(positions.values())))
    except sqlite3.Error:
        raise unreadable(dataset, landed, "SQLite file") from None
    return written.delivered(), records


def connect(file: Path) -> sqlite3.Connection:
    """A delivered file, read as it stands: nothing is written beside it."""
    opened = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
    opened.text_factory = _text
    return opened


def _text(raw: bytes) -> str | _NotText:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return _NotText(raw)


def count_sqlite(dataset: Dataset, file: Path) -> int:
    """The rows that SQLite itself counts."""
    with closing(connect(file)) as opened:
        return _counted(opened, dataset.source.member or dataset.name)


def _counted(file: sqlite3.Connection, table: str) -> int:
    return int(file.execute(f"select count(*) from {identifier(table)}").fetchone()[0])


def _described(file: sqlite3.Connection, table: str) -> tuple[list[str], int]:
    """The columns of a table or view, those that are computed too, and its rows."""
    known = {row[0] for row in file.execute("select name from sqlite_master where type in ('table', 'view')")}
    if table.casefold() not in {str(name).casefold() for name in known}:
        return [], 0
    if file.execute("pragma quick_check(1)").fetchone() != ("ok",):
        raise sqlite3.DatabaseError("damaged")
    cursor = file.execute(f"select * from {identifier(table)} limit 0")
    return [str(column[0]) for column in cursor.description], _counted(file, table)


def _blocks(file: sqlite3.Connection, table: str) -> Iterator[list[Sequence[object]]]:
    cursor = file.execute(f"select * from {identifier(table)}")
    while rows := cursor.fetchmany(_ROWS):
        yield rows


def _columns(rows: list[Sequence[object]], places: list[int]) -> list[list[str | None]]:
    """The contracted columns of some rows, and their structural faults."""
    every = list(zip(*rows, strict=True))
    faults: list[str | None] = [None] * len(rows)
    return [*(_texts(every[place], faults) for place in places), faults]


def _texts(values: Sequence[object], faults: list[str | None]) -> list[str | None]:
    kinds = set(map(type, values)) - {str, type(None)}
    if not kinds:
        return list(values)  # type: ignore[arg-type]  # all are str or None
    return [_cell(value, place, faults) for place, value in enumerate(values)]


def _cell(value: object, place: int, faults: list[str | None]) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return repr(value)
    assert isinstance(value, bytes)
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        text = value.decode("utf-8", "backslashreplace")
        faults[place] = NOT_UTF8 if isinstance(value, _NotText) else BINARY
    if not isinstance(value, _NotText) and not text.isprintable():
        faults[place] = BINARY
    return text


def _refuse_without_log(dataset: Dataset, landed: Landed) -> None:
    """A file in WAL mode may be a part of itself: the rest stands in a log beside it, which did not land."""
    with landed.file.open("rb") as file:
        head = file.read(100)
    beside = Path(landed.source.removeprefix("file://"))
    logs = [f"{beside.name}{end}" for end in ("-wal", "-journal") if _is_filled(beside.with_name(beside.name + end))]
    if head.startswith(b"SQLite format 3\0") and (head[18:20] == _WAL or logs):
        mode = f"its log {logs[0]} lies beside it" if logs else "it is in WAL mode, and the -wal beside it did not come"
        if not logs and beside.with_name(f"{beside.name}-wal").is_file():
            return  # an empty log: everything is in the file
        raise DeliveryRefused(
            dataset.id,
            landed.file.name,
            f"it may be without its newest rows: {mode} (write-ahead log, journal)",
            "header bytes 18 and 19",
            "Ask for it after PRAGMA journal_mode=DELETE, which writes everything into the one file.",
        )


def _is_filled(log: Path) -> bool:
    try:
        return log.stat().st_size > 0
    except OSError:
        return False
