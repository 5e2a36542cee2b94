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
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NoReturn

from contracts.clock import today
from contracts.model import Dataset
from lake.batch import Ingestion
from lake.clock_back import refuse_clock
from lake.order import Delivery
from lake.readers.landing import batch_id
from lake.readers.settling import NotSettled
from lake.sources.asking import Asking, asking
from lake.sources.marks import (
    ENDING,
    Mark,
    database_of,
    label_of,
    last_mark,
    refuse_future,
    refuse_mark,
    refuse_overlap,
    written,
)


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

    Raises `DeliveryRefused`, by its kind; `NotSettled` where rows have to wait for a higher mark.
    """
    day = today(context.settings.clock)
    refuse_clock(context, dataset, day)
    database = database_of(dataset)
    with asking(context, dataset) as opened:
        if not database.mark:
            name = (database.table or "query").replace("/", "_")
            return Extraction(f"{database.kind}/{day}/{name}{ENDING}", day, opened.taken("")[0])
        return _above_mark(context, dataset, opened, day)


def _above_mark(context: Ingestion, dataset: Dataset, opened: Asking, day: date) -> Extraction:
    database, last = database_of(dataset), last_mark(context, dataset)
    opened.refuse_type()
    high = opened.highest()
    refuse_mark(dataset, opened.place, last[1] if last else None, high)
    refuse_overlap(dataset, opened.place, high)
    refuse_future(dataset, opened.place, high, context.settings.clock)
    upper = _closed(dataset, opened, high)
    if last is None and upper is None and high is not None:
        _refuse_lone(dataset, opened.place, high)
    if last and (upper is None or (upper <= last[1] and not database.overlap)):  # type: ignore[operator]
        return Extraction(last[0].path, last[0].delivered_on, standing=last[0])
    low = None if last is None else last[1] - database.overlap if database.overlap else last[1]  # type: ignore[operator]
    file, rows = opened.taken(opened.between(low, upper))
    if last and not rows:  # they were taken away meanwhile
        return Extraction(last[0].path, last[0].delivered_on, standing=last[0])
    with file.open("rb") as source:
        batch = batch_id(dataset, hashlib.file_digest(source, "sha256").hexdigest())
    deliveries = context.deliveries.get(dataset.id, [])
    for one in deliveries:
        if one.batch == batch and not one.withdrawn:
            return Extraction(one.path, one.delivered_on, file)
    number = max((one.arrived for one in deliveries), default=0) + 1
    shown = "" if upper is None else written(upper)
    return Extraction(f"{database.kind}/{day}/{number:06d}.{label_of(database)}@{shown}{ENDING}", day, file)


def _closed(dataset: Dataset, opened: Asking, high: Mark | None) -> Mark | None:
    """The highest mark that no row will come with any more, as far as can be told; None where there is none.

    Without an overlap no mark is looked at twice. Where several rows may have one, the rows of the highest wait until a
    higher one is there.
    """
    if high is None or database_of(dataset).overlap or opened.is_unique():
        return high
    return opened.highest(below=high)


def _refuse_lone(dataset: Dataset, place: str, high: Mark) -> NoReturn:
    what = f"all its rows have one mark, {high}, and more may come with it: they wait until a higher one is there"
    fix = "Nothing is to be done. Less waits with an overlap and a primaryKey, or with a mark that no two rows share."
    raise NotSettled(dataset.id, dataset.source.path, what, place, fix)
