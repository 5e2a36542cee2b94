"""Rejected rows out of the lake into a workbook, and a workbook that came back held against the lake.

Both looks are recorded. The draft of a redelivery has the rows whole, as they were delivered and corrected: it is for
the machine of the city alone.
"""

from __future__ import annotations

import csv
import io
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contracts.model import Dataset, DeliveryMode, Level
from lake.quarantine.book import QuarantineBook, paths
from lake.quarantine.returned import OpenRow, Returned, is_misaligned, read_returned
from lake.quarantine.rows import Wanted, delivered_in, look, opened
from lake.quarantine.sight import RowSight
from lake.quarantine.store import place_of_store
from lake.quarantine.workbook import MOST_ROWS, Heading, id_of, write_workbook
from lake.settings import Settings
from sharing.ledger import Ledger


@dataclass(frozen=True)
class Exported:
    """A workbook that was written: how many rows, of how many, and the sheets by reason."""

    rows: int
    total: int
    sheets: Mapping[str, str]

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON-ready data."""
        left = self.total - self.rows
        return {"rows": self.rows, "total": self.total, "left_out": left, "sheets": dict(self.sheets)}


def export(settings: Settings, ledger: Ledger, wanted: Wanted, sight: RowSight, file: Path) -> Exported:
    """Write the open rows that somebody may see to a workbook. Raises `NoLakeHere`."""
    found = look(settings, ledger, wanted, sight, "export")
    heading = Heading(paths(ledger, wanted.dataset), sight.name, settings.clock.now().isoformat(timespec="minutes"))
    sheets = write_workbook(file, settings.scratch, wanted.dataset, found, heading)
    return Exported(found.rows.num_rows, found.total, sheets)


def export_bytes(settings: Settings, ledger: Ledger, wanted: Wanted, sight: RowSight) -> bytes:
    """As `export`, in memory: what is written meanwhile lies in the owner's scratch folder, and goes."""
    file = settings.scratch / f"export-{secrets.token_hex(8)}.xlsx"
    try:
        settings.scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.touch(mode=0o600)
        export(settings, ledger, wanted, sight, file)
        return file.read_bytes()
    finally:
        file.unlink(missing_ok=True)


def whole_export(dataset: Dataset, batch: str = "", reason: str = "") -> Wanted:
    """What an export has: the open rows, as many as a workbook may."""
    return Wanted(dataset, batch, reason, open=True, limit=MOST_ROWS)


def check_returned(settings: Settings, ledger: Ledger, asked: Wanted, data: bytes, sight: RowSight) -> Returned:
    """What a workbook that came back corrects, of the rows that are asked about and of others, and what it lacks.

    Raises `NoLakeHere`, `WorkbookRefused`.
    """
    return _checked(settings, ledger, asked, data, sight)[0]


def _checked(
    settings: Settings, ledger: Ledger, asked: Wanted, data: bytes, sight: RowSight
) -> tuple[Returned, dict[str, OpenRow]]:
    dataset, book = asked.dataset, QuarantineBook(ledger, place_of_store(settings))
    wanted = Wanted(dataset, open=True, limit=MOST_ROWS * 5)
    with opened(settings) as connection:
        rows = delivered_in(connection, (book, settings.clock.now()), wanted, sight, "returned").to_pylist()
    names = [column.name for column in dataset.columns]
    by_id = {
        id_of(row["batch"], row["record"], row["line"]): OpenRow(
            tuple(row["faults"]),
            {name: row[f"t{number}"] for number, name in enumerate(names)},
            {name: row[f"m{number}"] for number, name in enumerate(names)},
        )
        for row in rows
    }
    found = read_returned(data, dataset, by_id, paths(ledger, dataset), settings.scratch)
    mine = frozenset(one for one, row in by_id.items() if _is_asked(one, row, asked))
    return found.about(dataset, asked.reason, mine), by_id


def _is_asked(id_: str, row: OpenRow, asked: Wanted) -> bool:
    return asked.batch in ("", id_.partition(":")[0]) and (not asked.reason or asked.reason in row.reasons)


class DraftRefused(ValueError):
    """No delivery is drafted of a dataset's corrected rows; `why` says why, `fix` what to do instead."""

    def __init__(self, dataset: str, why: str, fix: str) -> None:
        self.dataset, self.why, self.fix = dataset, why, fix
        super().__init__(f"{dataset} {why}. {fix}")


def _expect_drafted(dataset: Dataset) -> None:
    """Raises `DraftRefused`. Modes are listed by which a delivery of some rows leaves all others as they are."""
    if dataset.mode not in {DeliveryMode.APPEND, DeliveryMode.UPSERT}:
        why = f"is delivered as a {dataset.mode}: a delivery of corrected rows alone would replace all others"
        raise DraftRefused(dataset.id, why, "Correct them in the department's own system, and deliver it whole again")
    if dataset.source.format != "csv" or len(dataset.source.delimiter) != 1:
        why = f"is delivered as {dataset.source.format}, and only csv is drafted here"
        fix = "Correct the rows in the department's own system, and have them delivered from there"
        raise DraftRefused(dataset.id, why, fix)


def draft_delivery(settings: Settings, ledger: Ledger, dataset: Dataset, data: bytes, by: str, file: Path) -> Returned:
    """Write the rows that a workbook corrects as a delivery of the dataset's own format, for who runs the city.

    Raises `NoLakeHere`, `WorkbookRefused`, `DraftRefused`.
    """
    _expect_drafted(dataset)
    found, rows = _checked(settings, ledger, Wanted(dataset), data, RowSight(by, Level.L4, "draft"))
    text = io.StringIO()
    writer = csv.writer(text, delimiter=dataset.source.delimiter, quotechar=dataset.source.quote or '"')
    if dataset.source.header:
        writer.writerow([column.headers[0] if column.headers else column.name for column in dataset.columns])
    for one in found.corrected:
        row = rows[one.id]
        # Of a row whose cells may stand in each other's places only what was written anew is known.
        as_delivered = {} if is_misaligned(row.reasons) else row.texts
        writer.writerow(
            [one.values.get(column.name, as_delivered.get(column.name) or "") for column in dataset.columns]
        )
    data = text.getvalue().encode(dataset.source.encoding)
    file.touch(mode=0o600)
    file.chmod(0o600)
    file.write_bytes(data)
    return found
