"""Counting the rows of a workbook with another library than the one that reads it."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from contracts.model import Dataset, Source
from lake.readers.sheets import Named, chosen_sheet
from lake.readers.xls_records import rows_uncomputed


def count_workbook(dataset: Dataset, file: Path) -> int:
    """The records of the sheet that is meant."""
    from python_calamine import CalamineWorkbook, SheetVisibleEnum

    with CalamineWorkbook.from_path(str(file)) as book:
        named = [Named(n, s.name, s.visible == SheetVisibleEnum.Visible) for n, s in enumerate(book.sheets_metadata)]
    return count_by_calamine(
        dataset.source, file, chosen_sheet(dataset, file.name, f"{dataset.source.format} workbook", named).name
    )


def count_by_calamine(source: Source, file: Path, sheet: str) -> int:
    """The records of a sheet: rows that hold anything, without skipped ones, header, and declared footers."""
    from python_calamine import CalamineWorkbook  # only old and open workbooks need it

    with CalamineWorkbook.from_path(str(file)) as book:
        rows = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    # The library has no word of formulas that were never computed.
    waiting = rows_uncomputed(file, sheet) if source.format == "xls" else set()
    filled = [
        (number, row)
        for number, row in enumerate(rows, 1)
        if number > source.skip_rows and (number in waiting or any(str(cell).strip() for cell in row))
    ]
    filled += [(number, []) for number in sorted(waiting) if number > max(len(rows), source.skip_rows)]
    if source.header and filled:
        end = filled[0][0] + source.header_rows - 1
        filled = [(number, row) for number, row in filled if number > end]
    if source.footer:
        for place, (_, row) in enumerate(filled):
            first = pa.array([next((str(cell).strip() for cell in row if str(cell).strip()), "")])
            if any(pc.match_substring_regex(first, rf"\A(?:{one})\z")[0].as_py() for one in source.footer):
                filled = filled[:place]
                break
    return max(0, len(filled) - source.footer_rows)
