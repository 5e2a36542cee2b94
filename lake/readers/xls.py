"""One sheet of a legacy xls workbook (BIFF), with number formats, merged cells and errors as its cells have them.

The format ends at 65,536 rows and 256 columns, so the workbook is read whole.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Collection, Iterator, Mapping
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from contracts.model import Dataset
from lake.readers.grid import ERROR, FORMULA, Merge, Row, Sheet, has_records, read_grid
from lake.readers.landing import Landed
from lake.readers.number_formats import Cell, number_cell, shown_by
from lake.readers.parquet import unreadable
from lake.readers.second_library import count_by_calamine
from lake.readers.sheets import Named, chosen_sheet, refuse_twins
from lake.readers.xls_records import uncomputed
from quality.conform import Delivered

_MOST = 300_000_000  # bytes: beyond what the format's rows and columns can hold of sense
_DAMAGED = (struct.error, AssertionError, IndexError, KeyError, ValueError, TypeError, UnicodeError, OSError, EOFError)
_EMPTY, _TEXT, _NUMBER, _DATE, _BOOLEAN, _ERROR = 0, 1, 2, 3, 4, 5


def read_xls(dataset: Dataset, landed: Landed, scratch: Path) -> tuple[Delivered, int]:
    """One sheet of an xls workbook; `member` names the sheet, else it is the first that is visible."""
    book = _opened(dataset, landed)
    named = [Named(n, sheet.name, sheet.visibility == 0) for n, sheet in enumerate(book.sheets())]
    chosen = chosen_sheet(dataset, landed.file.name, "xls workbook", named)
    refuse_twins(
        dataset,
        landed.file.name,
        "sheets",
        chosen,
        named,
        lambda other: has_records(dataset, landed, _sheet(book, other.place)),
    )
    delivered, _ = read_grid(dataset, landed, scratch, _sheet(book, chosen.place))
    return delivered, count_by_calamine(dataset.source, landed.file, chosen.name)


def _sheet(book: Any, place: int) -> Sheet:
    found = book.sheet_by_index(place)
    merges = [Merge(top + 1, bottom, left, right - 1) for top, bottom, left, right in found.merged_cells]
    return Sheet(_rows(book, found, uncomputed(book, place)), merges, book.datemode == 1)


def _opened(dataset: Dataset, landed: Landed) -> Any:
    import xlrd  # only this format needs it

    try:
        if landed.bytes > _MOST:
            raise ValueError
        # The library tells what it wonders about on standard output.
        with redirect_stdout(io.StringIO()) as aside:
            # Its bytes stay at hand until it is closed, and every sheet is read here, where its damage is told.
            book = xlrd.open_workbook(str(landed.file), formatting_info=True, on_demand=True, logfile=aside)
            book.sheets()
            return book
    except (xlrd.XLRDError, xlrd.compdoc.CompDocError, *_DAMAGED):
        kind = f"xls workbook with a sheet {dataset.source.member or 1!r}"
        raise unreadable(dataset, landed, kind) from None


def _rows(book: Any, sheet: Any, waiting: Mapping[int, Collection[int]]) -> Iterator[Row]:
    from xlrd.biffh import error_text_from_code

    codes = [book.format_map[one.format_key].format_str for one in book.xf_list]
    epoch = book.datemode == 1
    for number in range(sheet.nrows):
        cells: list[Cell] = []
        faults: dict[int, str] = dict.fromkeys(waiting.get(number, ()), FORMULA)
        for place, cell in enumerate(sheet.row(number)):
            value: Cell = None
            if place in faults:
                value = "="
            elif cell.ctype == _TEXT:
                value = cell.value
            elif cell.ctype in {_NUMBER, _DATE}:
                shown = shown_by(codes[cell.xf_index])
                value, fault = number_cell(repr(cell.value), shown, epoch_1904=epoch)
                if fault:
                    faults[place] = fault
            elif cell.ctype == _BOOLEAN:
                value = "TRUE" if cell.value else "FALSE"
            elif cell.ctype == _ERROR:
                value, faults[place] = error_text_from_code.get(cell.value, "#"), ERROR
            cells.append(value)
        yield Row(number + 1, cells, faults)
