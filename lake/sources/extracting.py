"""A table's or a query's rows out of a department's database, as one Parquet file: a delivery like any other.

Every cell is the text that the server has of it, so that conformance judges what the department has and not what a
driver made of it. Rows lie in one order, so that the same rows are the same bytes. The mark up to which rows were taken
stands in the delivery's path, which is written down with its batch and with nothing else: what was not committed was
not taken, and a lake that is made again knows how far it had come.

    postgresql/2026-11-28/residents.parquet                              all rows, as of a day
    postgresql/2026-11-28/000012.updated_at@2026-11-27T23:59:59.parquet  the rows up to a mark
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb

from contracts.clock import day_of, today
from contracts.model import Database, Dataset
from contracts.sql_text import literal
from lake.attach import ExtensionMissing, extension_file
from lake.batch import Ingestion
from lake.order import Delivery
from lake.readers.landing import batch_id
from lake.readers.refusal import DeliveryRefused
from lake.scratch import own_folder
from lake.sources import dialects
from lake.sources.dialects import DIALECTS, Dialect, meaning
from lake.sources.secrets import read_secret
from lake.sources.words import EXTRA, DriverMissing, SourceAway, SourceBroken, SourceGone, SourceLocked

_ENDING = ".parquet"
Mark = int | datetime | date
_KEYS = ("user", "password")
_CA_FILE = "ca_file"


class MarkWentBack(DeliveryRefused):
    """The high-water mark of a table lies below the one up to which rows were taken; nothing was taken."""

    def __init__(self, dataset: Dataset, place: str, last: Mark, now: Mark | None) -> None:
        self.last, self.now = last, now
        there = "there is no row any more" if now is None else f"it is {now} now"
        what = f"its high-water mark went back: rows up to {last} were taken, and {there}"
        fix = (
            "Ask the department whether the table was restored or emptied. Where it was, withdraw the newest "
            "deliveries (zhongtai withdraw-delivery) down to a mark that still stands: rows above it are taken again."
        )
        super().__init__(dataset.id, dataset.source.path, what, place, fix)


class MarkUnusable(DeliveryRefused):
    """A column that cannot tell which rows are new."""


class ClockWentBack(DeliveryRefused):
    """The city's clock is before the day of what was taken last: what is taken now would be dated before it."""


@dataclass(frozen=True)
class Extraction:
    """What a database gave: the file, the path and day of the delivery that it is.

    Where nothing new was there, no file, and `standing` is the newest delivery.
    """

    path: str
    day: date
    file: Path | None = None
    standing: Delivery | None = None


def extract(context: Ingestion, dataset: Dataset) -> Extraction:
    """Ask a dataset's database for all rows, or those above the mark of the deliveries that count.

    Raises `DeliveryRefused`, by its kind.
    """
    day = today(context.settings.clock)
    _refuse_clock(context, dataset, day)
    database = _database(dataset)
    with _asking(context, dataset) as asking:
        if not database.mark:
            name = (database.table or "query").replace("/", "_")
            return Extraction(f"{database.kind}/{day}/{name}{_ENDING}", day, asking.taken(""))
        return _above_mark(context, dataset, asking, day)


def _above_mark(context: Ingestion, dataset: Dataset, asking: _Asking, day: date) -> Extraction:
    database, last = _database(dataset), last_mark(context, dataset)
    high = asking.highest()
    if last is not None and type(high[1]) is not type(last[1]) and high[1] is not None:
        what = f"its mark {database.mark} was of another type when rows were taken last"
        fix = "Name another column as high_water_mark: it begins from the first row."
        raise MarkUnusable(dataset.id, dataset.source.path, what, asking.place, fix)
    if last is not None and (high[1] is None or high[1] < last[1]):  # type: ignore[operator]
        raise MarkWentBack(dataset, asking.place, last[1], high[1])
    _refuse_future(context, dataset, asking, high[1])
    if last is not None and high[1] == last[1] and not database.overlap:
        return Extraction(last[0].path, last[0].delivered_on, standing=last[0])
    file = asking.taken(_bounds(asking.dialect, database, last[1] if last else None, high[0]))
    with file.open("rb") as source:
        batch = batch_id(dataset, hashlib.file_digest(source, "sha256").hexdigest())
    for one in context.deliveries.get(dataset.id, []):
        if one.batch == batch and not one.withdrawn:
            return Extraction(one.path, one.delivered_on, file)
    number = max((one.arrived for one in context.deliveries.get(dataset.id, [])), default=0) + 1
    shown = "" if high[1] is None else str(high[1]) if isinstance(high[1], int) else high[1].isoformat()
    return Extraction(f"{database.kind}/{day}/{number:06d}.{_column(database)}@{shown}{_ENDING}", day, file)


def _bounds(dialect: Dialect, database: Database, last: Mark | None, high: str | None) -> str:
    """The server's SQL: which rows are taken. Rows that come meanwhile lie above, and are the next extraction's."""
    column = f"q.{dialect.quoted(database.mark)}"
    upper = f" where {column} <= {literal(high)}" if high is not None else ""
    if last is None:
        return upper
    low = last - database.overlap  # type: ignore[operator]
    text = str(low) if isinstance(low, int) else low.isoformat(sep=" ") if isinstance(low, datetime) else str(low)
    return f"{upper} and {column} > {literal(text)}"


def last_mark(context: Ingestion, dataset: Dataset) -> tuple[Delivery, Mark] | None:
    """The highest mark among a dataset's deliveries that count, and which delivery has it."""
    recalled = {one.batch for one in context.batches.get(dataset.id, []) if one.recalled}.union(context.recalled)
    found = []
    for one in context.deliveries.get(dataset.id, []):
        label, _, text = one.path.rsplit("/", 1)[-1].removesuffix(_ENDING).rpartition("@")
        if one.withdrawn or one.batch in recalled or label.partition(".")[2] != _column(_database(dataset)):
            continue
        if (mark := read_mark(text)) is not None:
            found.append((one, mark))
    kinds = {type(mark) for _, mark in found}
    return max(found, key=lambda pair: pair[1]) if len(kinds) == 1 else None


def _column(database: Database) -> str:
    return database.mark.replace("/", "_")


def read_mark(text: str) -> Mark | None:
    """A mark as a server tells it: a whole number, a moment or a day; None for anything else."""
    digits = text.removeprefix("-")
    if digits.isascii() and digits.isdigit():
        return int(text)
    try:
        return date.fromisoformat(text) if len(text) == len("2026-11-28") else datetime.fromisoformat(text)
    except ValueError:
        return None


def _refuse_clock(context: Ingestion, dataset: Dataset, day: date) -> None:
    newest = max((one.delivered_on for one in context.deliveries.get(dataset.id, [])), default=day)
    if newest > day:
        what = f"the city's clock says {day}, and rows were taken on {newest}: it went back"
        fix = "Set the clock right (or ZHONGTAI_NOW): what is taken now would count as older than it is."
        raise ClockWentBack(dataset.id, dataset.source.path, what, "the clock", fix)


def _refuse_future(context: Ingestion, dataset: Dataset, asking: _Asking, high: Mark | None) -> None:
    """A mark of a time to come would leave out every row until then."""
    if high is None or isinstance(high, int):
        return
    latest = today(context.settings.clock) + timedelta(days=1)
    day = high if not isinstance(high, datetime) else day_of(high) if high.tzinfo else high.date()
    if day > latest:
        what = f"its high-water mark is {day}, which is still to come: rows until then would never be taken"
        fix = "Have the department set right the rows of a day to come, or name another column."
        raise MarkUnusable(dataset.id, dataset.source.path, what, asking.place, fix)


def _database(dataset: Dataset) -> Database:
    assert isinstance(dataset.source.place, Database)
    return dataset.source.place


class _Asking:
    """One database, connected to for one extraction."""

    def __init__(self, dataset: Dataset, dialect: Dialect, connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self.dataset, self.dialect, self.folder = dataset, dialect, folder
        self.database = _database(dataset)
        self.place = f"{dialect.name} {self.database.host}:{self.database.port}/{self.database.database}"
        self._connection = connection

    def highest(self) -> tuple[str | None, Mark | None]:
        """The highest mark, as the server writes it and as a value. Raises `MarkUnusable`."""
        column = f"q.{self.dialect.quoted(self.database.mark)}"
        # Counted as text: what the server calls a count differs.
        sql = (
            f"select {self.dialect.text(f'max({column})')} as high, "
            f"{self.dialect.text(f'count(*) - count({column})')} as without from {self.dialect.rows(self.database)}"
        )
        text, without = self._fetched(f"select * from {self.dialect.asked(sql)}")[0]
        if without != "0":
            what = f"{without} rows have no value in {self.database.mark}, and would never be taken"
            fix = "Have the department fill it, or ask by a query that gives every row one (coalesce)."
            raise MarkUnusable(self.dataset.id, self.dataset.source.path, what, self.place, fix)
        mark = None if text is None else read_mark(text)
        if text is not None and mark is None:
            what = f"{self.database.mark} is no column of whole numbers, days or moments"
            fix = "Name one that grows with every row that is new or changed."
            raise MarkUnusable(self.dataset.id, self.dataset.source.path, what, self.place, fix)
        if (
            mark is not None
            and isinstance(mark, int) != isinstance(self.database.overlap, int)
            and _some(self.database.overlap)
        ):
            what = f"overlap {self.database.overlap} does not go with the values of {self.database.mark}"
            fix = "A whole number for numbers, a time such as 2 hours for days and moments."
            raise MarkUnusable(self.dataset.id, self.dataset.source.path, what, self.place, fix)
        return text, mark

    def taken(self, where: str) -> Path:
        """The rows, in a file."""
        rows = self.dialect.rows(self.database)
        described = self._fetched(f"describe select * from {self.dialect.asked(f'select * from {rows} limit 0')}")
        texts = self.dialect.texts([str(column[0]) for column in described])
        file = self.folder / f"{(self.database.table or 'query').replace('/', '_')}{_ENDING}"
        asked = self.dialect.asked(f"select {texts} from {rows}{where}")
        self._fetched(
            f"copy (select * from {asked} order by all) to {literal(str(file))} (format parquet, compression zstd)"
        )
        return file

    def _fetched(self, sql: str) -> list[tuple[str | None, ...]]:
        try:
            return self._connection.execute(sql).fetchall()
        except duckdb.Error as error:
            raise refused(self.dataset, self.place, str(error)) from None


def _some(overlap: int | timedelta) -> bool:
    return bool(overlap)


@contextmanager
def _asking(context: Ingestion, dataset: Dataset) -> Iterator[_Asking]:
    database, settings = _database(dataset), context.settings
    dialect = DIALECTS[database.kind]
    secret = read_secret(dataset, database.secret, settings.secrets, (*_KEYS, _CA_FILE), _KEYS)
    folder = context.scratch(dataset)
    own_folder(folder)
    # A connection of its own: the lake's never has a department's database, nor its password.
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
    asking = _Asking(dataset, dialect, connection, folder)
    try:
        connection.execute(f"load {literal(str(_driver(dataset, dialect)))}")
        for sql in dialect.opening(database, *(secret.get(key, "") for key in (*_KEYS, _CA_FILE))):
            asking._fetched(sql)
        yield asking
    finally:
        connection.close()


def _driver(dataset: Dataset, dialect: Dialect) -> Path:
    try:
        return extension_file(dialect.extension)
    except ExtensionMissing:
        what = f"what reaches {dialect.name} is not installed"
        fix = f"Install the extra: pip install 'zhongtai[{EXTRA}]'."
        raise DriverMissing(dataset.id, dataset.source.path, what, dialect.extension, fix) from None


def refused(dataset: Dataset, place: str, said: str) -> DeliveryRefused:
    """A database's refusal in words of ours: its own may quote a value, or how one connects."""
    secret = _database(dataset).secret
    kinds: dict[str, tuple[type[DeliveryRefused], str, str]] = {
        dialects.AWAY: (
            SourceAway,
            "the database does not answer, or broke off",
            "See whether it runs and lets this machine in; the next run asks again.",
        ),
        dialects.LOCKED: (
            SourceLocked,
            f"it refuses the user or the password of the secret {secret}",
            f"Have the department's new password, and write it into {secret}.yml in the folder of secrets.",
        ),
        dialects.FORBIDDEN: (
            SourceLocked,
            f"the user of the secret {secret} may not read what is asked for",
            "Have the department grant it SELECT, and let this machine in.",
        ),
        dialects.GONE: (
            SourceGone,
            "there is no such database, table or column (any more)",
            "Ask the department what it was renamed to, and correct servers in the contract.",
        ),
        dialects.UNPROVED: (
            SourceLocked,
            f"it does not encrypt, or does not prove who it is, as tls: {_database(dataset).tls} asks: it was told "
            "nothing",
            "Ask its administrator for the certificate of its authority, and name that file as "
            f"ca_file in {secret}.yml.",
        ),
        dialects.WRONG: (
            SourceGone,
            "it does not understand the query",
            f"Correct query in the contract: one SELECT, in {DIALECTS[_database(dataset).kind].name}'s SQL.",
        ),
    }
    other = (SourceBroken, "it gave no whole answer", "Run again; if it persists, ask its administrator.")
    kind, what, fix = kinds.get(meaning(said), other)
    return kind(dataset.id, dataset.source.path, what, place, fix)
