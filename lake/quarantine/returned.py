"""A workbook of rejected rows that came back: which rows it corrects, which it does not, and which cannot be told.

Sheets and columns are known by what stands in their first row, rows by their id: whatever was renamed, moved, deleted
or added is told, and nothing of it is guessed. What it corrects enters the lake as a delivery, and in no other way.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

import python_calamine

from contracts.model import Dataset
from lake.quarantine.words import MISALIGNED
from lake.quarantine.workbook import (
    ABOUT,
    CORRECTION,
    EMPTY,
    FILE,
    ID,
    RECORD,
    corrections_of,
    header_of,
    id_of,
    sheet_names,
)

MOST_BYTES, _MOST_UNPACKED, _MOST_ROWS = 20 << 20, 200 << 20, 50_000


class WorkbookRefused(ValueError):
    """What was given back is no workbook that can be read; `what` says why, and quotes nothing of it."""

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(f"{what}. Give back the xlsx file that was exported, with the correction columns filled in")


@dataclass(frozen=True)
class Corrected:
    """One row with its corrections by column, as texts."""

    id: str
    sheet: str
    row: int
    values: Mapping[str, str]


@dataclass(frozen=True)
class Returned:
    """What a workbook says. `untouched` are ids of rows without a correction, `gone` those that are open and not in it;
    `untold` are rows of it that cannot be told, each (sheet, row, why); `notes` say what else was changed.
    """

    corrected: tuple[Corrected, ...] = ()
    untouched: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    untold: tuple[tuple[str, int, str], ...] = ()
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON-ready data, without a value."""
        return {
            "corrected": [
                {"id": one.id, "sheet": one.sheet, "row": one.row, "columns": sorted(one.values)}
                for one in self.corrected
            ],
            "untouched": list(self.untouched),
            "gone": list(self.gone),
            "untold": [{"sheet": sheet, "row": row, "why": why} for sheet, row, why in self.untold],
            "notes": list(self.notes),
        }


@dataclass
class _Reading:
    """What was found so far."""

    dataset: Dataset
    open: Mapping[str, tuple[str, ...]]
    corrected: list[Corrected] = field(default_factory=list)
    untouched: list[str] = field(default_factory=list)
    untold: list[tuple[str, int, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)
    rows: int = 0


def read_returned(
    data: bytes, dataset: Dataset, open_rows: Mapping[str, tuple[str, ...]], paths: Mapping[str, str]
) -> Returned:
    """What a workbook corrects of the open rows: `open_rows` maps their ids to their reasons, `paths` batches to files.

    Raises `WorkbookRefused`.
    """
    reading = _Reading(dataset, open_rows)
    by_place = {(paths.get(batch, ""), place): one for one in open_rows for batch, _, place in [one.partition(":")]}
    known = set(sheet_names(sorted({why[0] for why in open_rows.values() if why})).values())
    for name, rows in _sheets(data):
        if name != ABOUT:
            _read_sheet(reading, name, rows, by_place)
            if name not in known and known:
                reading.notes.append(f"sheet {name!r} is none of those that would be exported now: read by its columns")
    twice = {one for one, count in reading.seen.items() if count > 1}
    return Returned(
        corrected=tuple(one for one in reading.corrected if one.id not in twice),
        untouched=tuple(one for one in reading.untouched if one not in twice),
        gone=tuple(one for one in open_rows if one not in reading.seen),
        untold=(
            *reading.untold,
            *((one.sheet, one.row, "its id stands twice") for one in reading.corrected if one.id in twice),
        ),
        notes=tuple(reading.notes),
    )


def _read_sheet(
    reading: _Reading, name: str, rows: Iterator[list[Any]], by_place: Mapping[tuple[str, str], str]
) -> None:
    titles = [_text(cell) for cell in next(rows, [])]
    places = {title: place for place, title in reversed(list(enumerate(titles))) if title}
    if ID not in places and not {FILE, RECORD} <= places.keys():
        found = sum(1 for row in rows if any(_text(cell) for cell in row))
        if found or titles:
            why = f"the sheet has neither {ID!r}, nor {FILE!r} with {RECORD!r}: its {found} rows cannot be told"
            reading.notes.append(f"sheet {name!r}: {why}")
        return
    mends = {
        column.name: places[title]
        for column in reading.dataset.columns
        if (title := f"{CORRECTION}{header_of(column)}") in places
    }
    lost = [header_of(column) for column in reading.dataset.columns if header_of(column) not in places]
    if lost:
        reading.notes.append(
            f"sheet {name!r}: columns were deleted: {', '.join(lost)}; as delivered they are still here"
        )
    if ID not in places:
        reading.notes.append(f"sheet {name!r}: {ID!r} was deleted; rows are told by file and record")
    short: set[str] = set()
    for number, row in enumerate(rows, 2):
        if not any(_text(cell) for cell in row):
            continue
        reading.rows += 1
        if reading.rows > _MOST_ROWS:
            raise WorkbookRefused(f"it has more than {_MOST_ROWS} rows")
        cells = {title: _text(row[place]) if place < len(row) else "" for title, place in places.items()}
        _read_row(reading, (name, number), cells, mends, by_place, short)
    if short:
        told = ", ".join(sorted(short))
        reading.notes.append(f"sheet {name!r}: correction columns were deleted: {told}; nothing can be told of them")


def _read_row(
    reading: _Reading,
    where: tuple[str, int],
    cells: Mapping[str, str],
    mends: Mapping[str, int],
    by_place: Mapping[tuple[str, str], str],
    short: set[str],
) -> None:
    found = cells.get(ID) or by_place.get((cells.get(FILE, ""), cells.get(RECORD, "")), "")
    if found not in reading.open:
        why = "it is no row that is open: it was added, or is corrected by now" if found else "it has no id"
        reading.untold.append((*where, why))
        return
    reading.seen[found] += 1
    own = {column.name: column for column in reading.dataset.columns}
    wanted = {column.name for column in corrections_of(reading.dataset, reading.open[found][0])}
    short |= {own[name].name for name in wanted - mends.keys()}
    values = {name: cells.get(f"{CORRECTION}{header_of(own[name])}", "") for name in mends}
    said = {name: "" if value == EMPTY else value for name, value in values.items() if value}
    if not said:
        reading.untouched.append(found)
        return
    reading.corrected.append(Corrected(found, *where, said))


def _sheets(data: bytes) -> Iterator[tuple[str, Iterator[list[Any]]]]:
    _expect_small(data)
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        for name in book.sheet_names:
            yield name, iter(book.get_sheet_by_name(name).to_python(skip_empty_area=False))
    except (python_calamine.CalamineError, zipfile.BadZipFile, OSError, ValueError) as error:
        if isinstance(error, WorkbookRefused):
            raise
        raise WorkbookRefused("it is no readable xlsx workbook") from None


def _expect_small(data: bytes) -> None:
    """What unpacks to far more than it is, is no workbook that was exported here."""
    if len(data) > MOST_BYTES:
        raise WorkbookRefused(f"it has more than {MOST_BYTES >> 20} MB")
    left = _MOST_UNPACKED
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            for one in packed.infolist():
                with packed.open(one) as part:
                    while chunk := part.read(1 << 16):
                        left -= len(chunk)
                        if left < 0:
                            raise WorkbookRefused(f"it unpacks to more than {_MOST_UNPACKED >> 20} MB")
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, OSError):
        raise WorkbookRefused("it is no readable xlsx workbook") from None


def _text(cell: Any) -> str:
    """A cell as text: a program that keeps workbooks makes numbers and days of what is typed."""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d" if cell.time() == time() else "%Y-%m-%d %H:%M:%S")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return "" if cell is None else str(cell).strip()


def is_misaligned(reasons: tuple[str, ...]) -> bool:
    """Whether the cells of a row may each belong into another column: then what was delivered is not gone by."""
    return any(one.partition(":")[0] in MISALIGNED for one in reasons)


__all__ = ["Corrected", "Returned", "WorkbookRefused", "id_of", "is_misaligned", "read_returned"]
