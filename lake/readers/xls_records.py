"""Formulas of an xls sheet that no program has computed, found in the records of the workbook themselves (MS-XLS).

A writer that computes nothing stores an empty text as the result, and libraries hand that over as an empty cell.
"""

from __future__ import annotations

import io
import struct
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

_FORMULA, _END = {0x0006, 0x0206, 0x0406}, 0x000A
_EMPTY_TEXT, _NO_NUMBER = 3, b"\xff\xff"
_BIFF5 = 50


def uncomputed(book: Any, place: int) -> dict[int, set[int]]:
    """Row -> the columns (both from 0) of formulas without a result, in the sheet at a place of an open workbook."""
    found: dict[int, set[int]] = {}
    memory, at, end = book.mem, book._sh_abs_posn[place], book.base + book.stream_len
    while at + 4 <= end:
        kind, length = struct.unpack_from("<HH", memory, at)
        if kind == _END:
            break
        if kind in _FORMULA:
            row, column, no_result = _result(bytes(memory[at + 4 : at + 4 + length]), book.biff_version)
            if no_result:
                found.setdefault(row, set()).add(column)
        at += 4 + length
    return found


def _result(record: bytes, version: int) -> tuple[int, int, bool]:
    """Where a formula stands, and whether it is without a result.

    Programs that compute leave a note for themselves behind an empty text; a writer that does not has zeros there.
    """
    row, column = struct.unpack_from("<HH", record)
    empty = record[6:7] == bytes([_EMPTY_TEXT]) and record[12:14] == _NO_NUMBER
    computed = version >= _BIFF5 and any(record[16:20])
    return row, column, empty and not computed


def rows_uncomputed(file: Path, sheet: str) -> set[int]:
    """The numbers (from 1) of a sheet's rows that have a formula without a result."""
    import xlrd  # only this format needs it

    with (
        redirect_stdout(io.StringIO()) as aside,
        xlrd.open_workbook(str(file), on_demand=True, logfile=aside) as book,
    ):
        return {row + 1 for row in uncomputed(book, book.sheet_names().index(sheet))}
