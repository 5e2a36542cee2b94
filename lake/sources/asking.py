"""One database, connected to for one extraction: the questions that it is asked.

A connection of its own: the lake's never has a department's database, nor its password. Which rows are asked for is
`extracting`'s to say, how a question is spelt `dialects`'s.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from contracts.model import Dataset
from contracts.sql_text import literal
from lake.attach import ExtensionMissing, extension_file
from lake.batch import Ingestion
from lake.readers.refusal import DeliveryRefused
from lake.scratch import own_folder
from lake.sources.database_answers import refused
from lake.sources.dialects import DIALECTS, Dialect
from lake.sources.marks import (
    ENDING,
    Mark,
    database_of,
    read_mark,
    refuse_missing,
    refuse_type,
    refuse_value,
)
from lake.sources.secrets import read_secret
from lake.sources.words import EXTRA, DriverMissing, SourceBroken

_KEYS = ("user", "password")
_CA_FILE = "ca_file"


class Asking:
    """One database that is open."""

    def __init__(self, dataset: Dataset, dialect: Dialect, connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self.dataset, self.dialect, self.folder = dataset, dialect, folder
        self.database = database_of(dataset)
        self.place = f"{dialect.name} {self.database.host}:{self.database.port}/{self.database.database}"
        self.rows = dialect.rows(self.database)
        self._connection = connection

    def refuse_type(self) -> None:
        """Raises `MarkUnusable` for a mark of a type that cannot be one, by the server's own word for it."""
        if question := self.dialect.typed(self.database.mark, self.rows):
            kind = self.one(question)
        else:
            kind = self.described(f"select {self._mark} as mark from {self.rows} limit 0")["mark"]
        if not self.dialect.marks.fullmatch(kind):
            refuse_type(self.dataset, self.place, kind)

    def highest(self, below: Mark | None = None) -> Mark | None:
        """The highest mark, or the highest below one; None where there is no such row. Raises `MarkUnusable`."""
        where = "" if below is None else f" where {self._mark} < {self.dialect.value(below)}"
        # Counted as text: what the server calls a count differs.
        text, without = self.fetched(
            self.asked(
                f"select {self.dialect.text(f'max({self._mark})')} as high, "
                f"{self.dialect.text(f'count(*) - count({self._mark})')} as without from {self.rows}{where}"
            )
        )[0]
        if without != "0":
            refuse_missing(self.dataset, self.place, str(without))
        mark = None if text is None else read_mark(text)
        if text is not None and mark is None:
            refuse_value(self.dataset, self.place)
        return mark

    def is_unique(self) -> bool:
        """Whether no two rows have one mark: the contract's key, or an index of the table's says so."""
        keys = [column for column in self.dataset.columns if column.key]
        if len(keys) == 1 and self.database.mark in keys[0].headers:
            return True
        return bool(self.database.table) and self.one(self.dialect.unique(self.database)) != "0"

    def between(self, low: Mark | None, high: Mark | None) -> str:
        """The server's SQL of the rows above one mark and up to another, each where there is one."""
        marks = ((sign, mark) for sign, mark in ((">", low), ("<=", high)) if mark is not None)
        bounds = [f"{self._mark} {sign} {self.dialect.value(mark)}" for sign, mark in marks]
        return f" where {' and '.join(bounds)}" if bounds else ""

    def taken(self, where: str) -> tuple[Path, int]:
        """The rows, in a file, and how many they are."""
        texts = self._texts(where)
        file = self.folder / f"{(self.database.table or 'query').replace('/', '_')}{ENDING}"
        asked = self.dialect.asked(f"select {', '.join(texts.values())} from {self.rows}{where}", self._zone)
        ((rows, *_),) = self.fetched(
            f"copy (select * from {asked} order by all) to {literal(str(file))} (format parquet, compression zstd)"
        )
        return file, int(str(rows))

    def _texts(self, where: str) -> dict[str, str]:
        """Column -> the server's SQL of its text. What the contract ignores is not asked for: it may have no text."""
        found = self.described(f"select * from {self.rows} limit 0")
        known = {header for column in self.dataset.columns for header in column.headers}
        # The mark is: rows that are equal in all else and came at another time are another delivery's.
        known |= {name for name in found if name.lower() == self.database.mark.lower()}
        ignored = set(self.dataset.source.ignored_headers)
        wanted = [
            name for name in found if name.strip() in known or not ignored.intersection({"*", name.strip()})
        ] or list(found)
        plain = self.dialect.plain(self.one)
        texts = {name: self.dialect.told(name, plain) for name in wanted}
        binary = [name for name in wanted if found[name] == self.dialect.binary]
        bits = [name for name in binary if self._is_bits(name)]
        texts |= {name: self.dialect.told(name, self.dialect.bits) for name in bits}
        if without := self._without_text(texts):
            what = f"{len(without)} columns cannot be had as text: {', '.join(without)}"
            fix = "Name them in ignored_headers, or ask by a query that makes text of them (ST_AsText)."
            raise SourceBroken(self.dataset.id, self.dataset.source.path, what, self.place, fix)
        for name in (name for name in binary if name not in bits):
            self._refuse_garbled(name, where)
        return texts

    def _refuse_garbled(self, name: str, where: str) -> None:
        garbled = self.dialect.garbled(f"q.{self.dialect.quoted(name)}")
        count = self.dialect.text(f"count(case when {garbled} then 1 end)")
        if (rows := self.one(f"select {count} as n from {self.rows}{where}")) != "0":
            what = f"{rows} rows have bytes in {name} that are no text"
            fix = "Name it in ignored_headers, or ask by a query that makes text of it (hex, convert … using gbk)."
            raise SourceBroken(self.dataset.id, self.dataset.source.path, what, self.place, fix)

    def _is_bits(self, name: str) -> bool:
        try:
            (kind,) = self.described(f"select q.{self.dialect.quoted(name)} + 0 as x from {self.rows} limit 0").values()
        except DeliveryRefused:
            return False
        return kind != "DOUBLE"

    def _without_text(self, texts: dict[str, str]) -> list[str]:
        """The columns of which the server makes no text. Raises what it says where it is not about single ones."""

        def tried(some: list[str]) -> None:
            self.described(f"select {', '.join(some)} from {self.rows} limit 0")

        try:
            tried(list(texts.values()))
        except SourceBroken:
            refusing = []
            for name, text in texts.items():
                try:
                    tried([text])
                except SourceBroken:
                    refusing.append(name)
            if not refusing or len(refusing) == len(texts):
                raise
            return refusing
        return []

    @property
    def _mark(self) -> str:
        return f"q.{self.dialect.quoted(self.database.mark)}"

    @property
    def _zone(self) -> str:
        return self.dataset.source.zone

    def asked(self, sql: str) -> str:
        """SQL for DuckDB: what the server gives to a query of its own."""
        return f"select * from {self.dialect.asked(sql, self._zone)}"

    def described(self, sql: str) -> dict[str, str]:
        """The columns that the server gives to a query of its own, and DuckDB's word for their types."""
        return {str(name): str(kind) for name, kind, *_ in self.fetched(f"describe {self.asked(sql)}")}

    def one(self, sql: str) -> str:
        """The one text that the server gives to a query of its own."""
        return str(self.fetched(self.asked(sql))[0][0])

    def fetched(self, sql: str) -> list[tuple[str | None, ...]]:
        """The rows of a query of DuckDB's. Raises `DeliveryRefused`, by its kind."""
        try:
            return self._connection.execute(sql).fetchall()
        except duckdb.Error as error:
            raise refused(self.dataset, self.place, str(error)) from None


@contextmanager
def asking(context: Ingestion, dataset: Dataset) -> Iterator[Asking]:
    """While this lasts, the dataset's database is open. Raises `DeliveryRefused`, by its kind."""
    database, settings = database_of(dataset), context.settings
    dialect = DIALECTS[database.kind]
    secret = read_secret(dataset, database.secret, settings.secrets, (*_KEYS, _CA_FILE), _KEYS)
    folder = context.scratch(dataset)
    own_folder(folder)
    connection = duckdb.connect(
        config={
            "threads": 1,  # one stream comes from there, and row groups end where they ended the last time
            "memory_limit": settings.memory_limit,
            "temp_directory": str(folder / "spill"),
            "extension_directory": str(settings.extensions),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
    )
    # It is drawn on standard output, beside what is told there.
    connection.execute("set enable_progress_bar = false")
    try:
        connection.execute(f"load {literal(str(_driver(dataset, dialect)))}")
        opened = Asking(dataset, dialect, connection, folder)
        for sql in dialect.opening(database, *(secret.get(key, "") for key in (*_KEYS, _CA_FILE))):
            opened.fetched(sql)
        yield opened
    finally:
        connection.close()


def _driver(dataset: Dataset, dialect: Dialect) -> Path:
    try:
        return extension_file(dialect.extension)
    except ExtensionMissing:
        what = f"what reaches {dialect.name} is not installed"
        fix = f"Install the extra: pip install 'zhongtai[{EXTRA}]'."
        raise DriverMissing(dataset.id, dataset.source.path, what, dialect.extension, fix) from None
