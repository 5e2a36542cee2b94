"""High-water marks: how far into a table deliveries have come, and which marks can say so at all.

A mark stands in the path of its delivery. Nothing is asked here; which rows are taken is `extracting`'s.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from contracts.clock import Clock
from contracts.model import Database, Dataset
from lake.batch import Ingestion
from lake.order import Delivery
from lake.readers.refusal import DeliveryRefused

ENDING = ".parquet"
Mark = int | datetime | date
_SKEW = timedelta(minutes=5)
_DAY = timedelta(days=1)


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


def read_mark(text: str) -> Mark | None:
    """A mark as a server tells it: a whole number, a moment or a day; None for anything else."""
    digits = text.removeprefix("-")
    if digits.isascii() and digits.isdigit():
        return int(text)
    try:
        return date.fromisoformat(text) if len(text) == len("2026-11-28") else datetime.fromisoformat(text)
    except ValueError:
        return None


def written(mark: Mark) -> str:
    """A mark as it stands in a path."""
    return str(mark) if isinstance(mark, int) else mark.isoformat()


def last_mark(context: Ingestion, dataset: Dataset) -> tuple[Delivery, Mark] | None:
    """The highest mark among a dataset's deliveries that count, and which delivery has it."""
    recalled = {one.batch for one in context.batches.get(dataset.id, []) if one.recalled}.union(context.recalled)
    found = []
    for one in context.deliveries.get(dataset.id, []):
        label, _, text = one.path.rsplit("/", 1)[-1].removesuffix(ENDING).rpartition("@")
        if one.withdrawn or one.batch in recalled or label.partition(".")[2] != label_of(database_of(dataset)):
            continue
        if (mark := read_mark(text)) is not None:
            found.append((one, mark))
    return max(found, key=lambda pair: pair[1]) if len({_kind(mark) for _, mark in found}) == 1 else None


def label_of(database: Database) -> str:
    """The mark's column, as it stands in a path."""
    return database.mark.replace("/", "_")


def database_of(dataset: Dataset) -> Database:
    """The database that a dataset is asked of."""
    assert isinstance(dataset.source.place, Database)
    return dataset.source.place


def _kind(mark: Mark) -> tuple[type, bool]:
    """What a mark can be compared with."""
    return type(mark), isinstance(mark, datetime) and mark.tzinfo is not None


def refuse_mark(dataset: Dataset, place: str, last: Mark | None, high: Mark | None) -> None:
    """Raises `MarkWentBack` for a highest mark below the last, `MarkUnusable` for one of another kind."""
    if last is not None and high is not None and _kind(high) != _kind(last):
        what = f"its mark {database_of(dataset).mark} was of another type when rows were taken last"
        raise _unusable(dataset, place, what, "Name another column as high_water_mark: it begins from the first row.")
    if last is not None and (high is None or high < last):  # type: ignore[operator]
        raise MarkWentBack(dataset, place, last, high)


def refuse_overlap(dataset: Dataset, place: str, high: Mark | None) -> None:
    """Raises `MarkUnusable` for an overlap that is none for such a mark, and for a day without one."""
    database = database_of(dataset)
    overlap, column = database.overlap, database.mark
    if high is None:
        return
    if overlap and isinstance(high, int) != isinstance(overlap, int):
        what = f"overlap {overlap} does not go with the values of {column}"
        fix = "A whole number for numbers, a time such as 2 hours for days and moments."
        raise _unusable(dataset, place, what, fix)
    if isinstance(high, date) and not isinstance(high, datetime) and (not overlap or overlap % _DAY):  # type: ignore[operator]
        what = f"{column} holds days, and a row that comes later on the same day would never be taken"
        fix = "Declare an overlap of whole days (1 day) and a primaryKey, or name a column of moments."
        raise _unusable(dataset, place, what, fix)


def refuse_future(dataset: Dataset, place: str, high: Mark | None, clock: Clock) -> None:
    """Raises `MarkUnusable` for a mark of a time to come: every row until then would be left out."""
    if high is None or isinstance(high, int):
        return
    zone = dataset.source.zone
    latest = clock.now().astimezone(ZoneInfo(zone)) + _SKEW
    if isinstance(high, datetime):
        ahead = high > (latest if high.tzinfo else latest.replace(tzinfo=None))
    else:
        ahead = high > latest.date()
    if ahead:
        now = (latest - _SKEW).replace(tzinfo=None, microsecond=0)
        what = f"its high-water mark is {high}, which is still to come: it is {now} in {zone}, and rows until then "
        fix = (
            "Have the department set right the rows of a time to come (or its clock, or zone), or name another column."
        )
        raise _unusable(dataset, place, f"{what}would never be taken", fix)


def refuse_type(dataset: Dataset, place: str, kind: str) -> None:
    """Raises `MarkUnusable` of a column whose type, by the server's name for it, is none of those of marks."""
    column = database_of(dataset).mark
    what = f"{column} is no column of whole numbers, days or moments: it is of type {kind} there, and the order of "
    what += "such does not tell which rows are new"
    raise _unusable(dataset, place, what, "Name one that grows with every row that is new or changed.")


def refuse_value(dataset: Dataset, place: str) -> None:
    """Raises `MarkUnusable` of a highest mark that is no value: infinity, a fraction, a year that no calendar has."""
    what = (
        f"the highest {database_of(dataset).mark} is no whole number, day or moment (infinity, a fraction, 0000-00-00)"
    )
    fix = "Have the department correct such rows, or ask by a query that leaves them out."
    raise _unusable(dataset, place, what, fix)


def refuse_missing(dataset: Dataset, place: str, without: str) -> None:
    """Raises `MarkUnusable` of rows that have no mark."""
    what = f"{without} rows have no value in {database_of(dataset).mark}, and would never be taken"
    fix = "Have the department fill it, or ask by a query that gives every row one (coalesce)."
    raise _unusable(dataset, place, what, fix)


def _unusable(dataset: Dataset, place: str, what: str, fix: str) -> MarkUnusable:
    return MarkUnusable(dataset.id, dataset.source.path, what, place, fix)
