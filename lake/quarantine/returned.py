"""A workbook of rejected rows that came back: which rows it corrects, which it does not, and which cannot be told.

Sheets and columns are known by their titles, rows by their id: whatever was renamed, moved, deleted, changed or added
is told, and nothing of it is guessed. What it corrects enters the lake as a delivery, and in no other way.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any

from contracts.model import Column, Dataset
from lake.quarantine.masking import WHOLE
from lake.quarantine.sheets import MOST_ROWS, Line, WorkbookRefused, sheets_of
from lake.quarantine.words import MISALIGNED, columns_of
from lake.quarantine.workbook import (
    ABOUT_FIRST,
    CORRECTION,
    FILE,
    ID,
    RECORD,
    corrections_of,
    fitted,
    header_of,
    id_of,
    sheet_names,
)
from lake.readers.grid import ERROR, FORMULA, TEMPORAL, text_of, writer_of
from lake.readers.number_formats import PRECISION, Moment

_LOOKED = 20
_IS_EMPTY = re.compile(r"[(（]?\s*空\s*[)）]?")
"""However the mark of a cell that belongs empty was typed."""
_TWICE = "its id stands twice"
_UNSAID: Mapping[str, str] = {
    ERROR: "it holds an error value",
    FORMULA: "it is a formula without a value",
    PRECISION: "it was made a number, which has lost digits",
}


@dataclass(frozen=True)
class OpenRow:
    """An open row: its reasons, and by column what was delivered and how it is masked."""

    reasons: tuple[str, ...]
    texts: Mapping[str, str | None] = field(default_factory=dict)
    shown: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Corrected:
    """One row with its corrections by column, as texts."""

    id: str
    sheet: str
    row: int
    values: Mapping[str, str]


@dataclass(frozen=True)
class Returned:
    """What a workbook says. `corrected` are the rows that were asked about, `others` rows that it corrects too;
    `untouched` are ids of rows without a correction, `gone` those that are open and not in it; `untold` are rows of it
    that cannot be told, each (sheet, row, why); `notes` say what else was changed.
    """

    corrected: tuple[Corrected, ...] = ()
    untouched: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    untold: tuple[tuple[str, int, str], ...] = ()
    notes: tuple[str, ...] = ()
    others: tuple[Corrected, ...] = ()

    @property
    def counted(self) -> tuple[str, str]:
        """How many rows of each, in Chinese and in English."""
        counts = len(self.corrected), len(self.untouched), len(self.untold), len(self.gone)
        zh = "已更正 {} 行，未更正 {} 行，无法对应 {} 行，不在其中 {} 行".format(*counts)
        en = "{} corrected, {} not, {} cannot be told, {} not in it".format(*counts)
        if self.others:
            zh += f"；另更正本事项以外的 {len(self.others)} 行"
            en += f"; and {len(self.others)} corrected that this is not about"
        return zh, en

    def about(self, dataset: Dataset, reason: str, ids: frozenset[str]) -> Returned:
        """The same of some rows and a reason ("": of any): a correction of other rows, or of columns that the reason
        does not speak of, is one of others.
        """
        columns = set(columns_of(dataset, reason)) if reason else set()
        mine = [one for one in self.corrected if one.id in ids and (not columns or columns & one.values.keys())]
        told = {one.id for one in mine}
        others = [one for one in self.corrected if one.id not in told]
        untouched = [*(one for one in self.untouched if one in ids), *(one.id for one in others if one.id in ids)]
        gone = tuple(one for one in self.gone if one in ids)
        return replace(self, corrected=tuple(mine), others=tuple(others), untouched=tuple(untouched), gone=gone)

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON-ready data, without a value."""
        return {
            "corrected": _as_list(self.corrected),
            "others": _as_list(self.others),
            "untouched": list(self.untouched),
            "gone": list(self.gone),
            "untold": [{"sheet": sheet, "row": row, "why": why} for sheet, row, why in self.untold],
            "notes": list(self.notes),
        }


def _as_list(rows: Iterable[Corrected]) -> list[dict[str, Any]]:
    return [{"id": one.id, "sheet": one.sheet, "row": one.row, "columns": sorted(one.values)} for one in rows]


@dataclass
class _Reading:
    """What was found so far."""

    dataset: Dataset
    open: Mapping[str, OpenRow]
    by_place: Mapping[tuple[str, str], str]
    corrected: list[Corrected] = field(default_factory=list)
    untouched: list[str] = field(default_factory=list)
    untold: list[tuple[str, int, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seen: dict[str, tuple[str, int]] = field(default_factory=dict)
    twice: set[str] = field(default_factory=set)
    rows: int = 0

    def count(self) -> None:
        self.rows += 1
        if self.rows > MOST_ROWS:
            raise WorkbookRefused(f"it has more than {MOST_ROWS} rows")


@dataclass
class _Sheet:
    """One sheet: where its titles stand, and what is told of it once it is read."""

    name: str
    places: Mapping[str, int]
    mends: Mapping[str, int]
    short: set[str] = field(default_factory=set)
    edited: dict[int, set[str]] = field(default_factory=dict)
    same: list[int] = field(default_factory=list)


def read_returned(
    data: bytes, dataset: Dataset, open_rows: Mapping[str, OpenRow], paths: Mapping[str, str], scratch: Path
) -> Returned:
    """What a workbook corrects of the open rows, which are by id; `paths` maps batches to files.

    Raises `WorkbookRefused`.
    """
    by_place = {(paths.get(batch, ""), place): one for one in open_rows for batch, _, place in [one.partition(":")]}
    reading = _Reading(dataset, open_rows, by_place)
    known = set(sheet_names(sorted({one.reasons[0] for one in open_rows.values() if one.reasons})).values())
    for name, lines in sheets_of(data, dataset, scratch):
        if _read_sheet(reading, name, lines) and name not in known and known:
            reading.notes.append(f"sheet {name!r} is none of those that would be exported now: read by its columns")
    twice = reading.twice
    told = {(sheet, row) for sheet, row, _ in reading.untold}
    reading.untold += [(*reading.seen[one], _TWICE) for one in sorted(twice) if reading.seen[one] not in told]
    return Returned(
        corrected=tuple(one for one in reading.corrected if one.id not in twice),
        untouched=tuple(one for one in reading.untouched if one not in twice),
        gone=tuple(one for one in open_rows if one not in reading.seen),
        untold=tuple(reading.untold),
        notes=tuple(reading.notes),
    )


def _read_sheet(reading: _Reading, name: str, lines: Iterator[Line]) -> bool:
    """Take in a sheet; whether it is one of rows, by its titles."""
    first = list(islice(lines, _LOOKED))
    if not first or _titles(first[0])[:1] == [ABOUT_FIRST]:
        for _ in lines:
            reading.count()
        return False
    head = next((place for place, line in enumerate(first) if _is_head(_titles(line))), None)
    body = chain(first[1 if head is None else head + 1 :], lines)
    if head is None:
        why = f"the sheet has neither {ID!r}, nor {FILE!r} with {RECORD!r}"
        found = [line.number for line in _counted(reading, body)]
        reading.untold += [(name, number, why) for number in found]
        reading.notes.append(f"sheet {name!r}: {why}: its {len(found)} rows cannot be told")
        return False
    for line in _counted(reading, iter(first[:head])):
        reading.untold.append((name, line.number, "it stands above the titles"))
    if first[head].number > 1:
        reading.notes.append(f"sheet {name!r}: its titles stand in row {first[head].number}: rows are read below it")
    sheet = _sheet(reading, name, _titles(first[head]))
    for line in _counted(reading, body):
        _read_row(reading, sheet, line)
    _conclude(reading, sheet)
    return True


def _counted(reading: _Reading, lines: Iterator[Line]) -> Iterator[Line]:
    for line in lines:
        reading.count()
        yield line


def _titles(line: Line) -> list[str]:
    return [text_of(cell).strip() for cell in line.cells]


def _is_head(titles: Sequence[str]) -> bool:
    return ID in titles or {FILE, RECORD} <= set(titles)


def _sheet(reading: _Reading, name: str, titles: Sequence[str]) -> _Sheet:
    """What the titles of a sheet say; what is not there, there twice, or nobody's is told."""
    places = {title: place for place, title in reversed(list(enumerate(titles))) if title}
    columns, notes = reading.dataset.columns, reading.notes
    mends = {column.name: places[title] for column in columns if (title := correction_title(column)) in places}
    if lost := [header_of(column) for column in columns if header_of(column) not in places]:
        notes.append(f"sheet {name!r}: columns were deleted: {', '.join(lost)}; as delivered they are still here")
    if ID not in places:
        notes.append(f"sheet {name!r}: {ID!r} was deleted; rows are told by file and record")
    if twice := sorted(title for title, count in Counter(filter(None, titles)).items() if count > 1):
        notes.append(f"sheet {name!r}: columns stand twice, and only the first is read: {', '.join(twice)}")
    own = {correction_title(column) for column in columns}
    if strange := [place + 1 for title, place in places.items() if _corrects(title) and title not in own]:
        told = ", ".join(map(str, sorted(strange)))
        notes.append(f"sheet {name!r}: correction columns of no column of the dataset are not read: number {told}")
    return _Sheet(name, places, mends)


def correction_title(column: Column) -> str:
    """The title under which a column is corrected, as it is read: without what stands around it."""
    return f"{CORRECTION}{header_of(column)}".strip()


def _corrects(title: str) -> bool:
    return title.startswith(CORRECTION.partition(" ")[0])


def _read_row(reading: _Reading, sheet: _Sheet, line: Line) -> None:
    cells = {title: text_of(line.cells[n]).strip() if n < len(line.cells) else "" for title, n in sheet.places.items()}
    found = cells.get(ID) or reading.by_place.get((cells.get(FILE, ""), cells.get(RECORD, "")), "")
    row = reading.open.get(found)
    where = sheet.name, line.number
    if row is None:
        why = "it is no row that is open: it was added, or is corrected by now" if found else "it has no id"
        reading.untold.append((*where, why))
        return
    if found in reading.seen:
        reading.twice.add(found)
        reading.untold.append((*where, _TWICE))
        return
    reading.seen[found] = where
    wanted = {column.name for column in corrections_of(reading.dataset, row.reasons[0])}
    sheet.short |= wanted - sheet.mends.keys()
    said, unsaid = _said(reading.dataset, sheet, line)
    if edited := _edited(reading.dataset, row, cells):
        sheet.edited[line.number] = edited
    anew = said if is_misaligned(row.reasons) else {n: v for n, v in said.items() if v != (row.texts.get(n) or "")}
    if unsaid:
        reading.untold.append((*where, "; ".join(unsaid)))
    elif anew:
        reading.corrected.append(Corrected(found, *where, anew))
    else:
        reading.untouched.append(found)
    if len(anew) < len(said):
        sheet.same.append(line.number)


def _said(dataset: Dataset, sheet: _Sheet, line: Line) -> tuple[dict[str, str], list[str]]:
    """The corrections of a row by column, and why others cannot be told."""
    said, unsaid = dict[str, str](), list[str]()
    for column in dataset.columns:
        place = sheet.mends.get(column.name)
        if place is None:
            continue
        text, why = _correction(column, line, place)
        if why:
            unsaid.append(f"correction of {header_of(column)}: {why}")
        elif text:
            said[column.name] = "" if _IS_EMPTY.fullmatch(text) else text
    return said, unsaid


def _correction(column: Column, line: Line, place: int) -> tuple[str, str]:
    """What a cell says, and why that cannot be told."""
    if place in line.under:
        return "", "it is merged with another cell"
    if place in line.wrong:
        return "", _UNSAID.get(line.wrong[place], "what it holds cannot be read")
    cell = line.cells[place] if place < len(line.cells) else None
    if cell is None:
        return "", ""
    if isinstance(cell, Moment) and column.element.type not in TEMPORAL:
        return "", "it was made a day, and what was typed is not known"
    text, fault = writer_of(column, epoch_1904=line.epoch_1904)(cell)
    if fault:
        return "", "what it holds cannot be read"
    return text.strip(), f"it holds the mask {WHOLE}, which is no value" if WHOLE in text else ""


def _edited(dataset: Dataset, row: OpenRow, cells: Mapping[str, str]) -> set[str]:
    """The columns whose cells as delivered are neither that, nor one of their masks."""
    found = set[str]()
    for column in dataset.columns if row.texts else ():
        title = header_of(column)
        whole, shown = row.texts.get(column.name) or "", row.shown.get(column.name) or ""
        allowed = {_plain(fitted(whole)), _plain(shown), WHOLE if whole else ""}
        if title in cells and _plain(cells[title]) not in allowed:
            found.add(title)
    return found


def _plain(text: str) -> str:
    """A text as any program keeps it: ends of lines are written in several ways."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _conclude(reading: _Reading, sheet: _Sheet) -> None:
    """What is told of a sheet as a whole."""
    notes, own = reading.notes, f"sheet {sheet.name!r}"
    if sheet.short:
        notes.append(f"{own}: correction columns were deleted: {_list(sheet.short)}; nothing can be told of them")
    if sheet.edited:
        where, which = _list(sheet.edited), _list(set().union(*sheet.edited.values()))
        notes.append(
            f"{own}: cells as delivered were changed, which corrects nothing: {which}, in row {where}; "
            "write what is right into the correction columns"
        )
    if sheet.same:
        where = _list(sheet.same)
        notes.append(f"{own}: some corrections are what was delivered, and correct nothing: row {where}")


def _list(what: Iterable[Any]) -> str:
    every = sorted(what)
    more = f" and {len(every) - _LOOKED} more" if len(every) > _LOOKED else ""
    return ", ".join(map(str, every[:_LOOKED])) + more


def is_misaligned(reasons: tuple[str, ...]) -> bool:
    """Whether the cells of a row may each belong into another column: then what was delivered is not gone by."""
    return any(one.partition(":")[0] in MISALIGNED for one in reasons)


__all__ = [
    "Corrected",
    "OpenRow",
    "Returned",
    "WorkbookRefused",
    "id_of",
    "is_misaligned",
    "read_returned",
]
