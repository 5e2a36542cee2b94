"""Rejected rows as a workbook for their department: one sheet a reason, each row once, and a place for its correction.

Every cell is text: no formula, and no number made of an id. What the reader may not see is masked before it comes here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from contracts.model import Column, Dataset
from lake.quarantine.places import place_of
from lake.quarantine.rows import Found
from lake.quarantine.words import columns_of, words_of
from lake.scratch import own_folder

MOST_ROWS = 10_000
ID, FILE, PART, RECORD, ROW, WHY_ZH, WHY_EN = (
    *("编号 id", "文件 delivered file", "工作表 sheet", "记录号 record", "行号 row"),
    *("原因", "reason"),
)
HEAD = (FILE, PART, RECORD, ROW, WHY_ZH, WHY_EN, ID)
CORRECTION = "更正 correction: "
SURPLUS = "多出的内容 surplus"
EMPTY = "(空)"
"""What is written as a correction where a cell belongs empty."""
ABOUT, ABOUT_FIRST = "说明 About", "数据集 dataset"
"""The sheet that tells of the others, and what its first cell says, by which it is known under any name."""
HIDDEN_MARK = "zhongtai rejected rows"
"""A property of the document, by which it is known whatever is done to its sheets."""
_LONGEST_CELL, _LONGEST_NAME = 32_767, 31
_CUT = "…(cut)"
_ILLEGAL = str.maketrans(dict.fromkeys("[]:*?/\\'", "-"))


@dataclass(frozen=True)
class Heading:
    """What the workbook says of itself: the paths of batches, who made it, and when."""

    paths: Mapping[str, str]
    by: str
    at: str


def header_of(column: Column) -> str:
    """A column as its department calls it, and as the lake does."""
    return f"{column.headers[0] if column.headers else column.title_zh} {column.name}"


def corrections_of(dataset: Dataset, reason: str) -> list[Column]:
    """The columns of which a row of a reason takes a correction: those it speaks of, or all."""
    named = columns_of(dataset, reason)
    return [column for column in dataset.columns if column.name in named] or list(dataset.columns)


def id_of(batch: str, record: int | None, line: int | None) -> str:
    """What tells a row of a workbook that comes back: its batch and its place in it."""
    return f"{batch}:{record}" if record is not None else f"{batch}:L{line}"


def write_workbook(file: Path, scratch: Path, dataset: Dataset, found: Found, heading: Heading) -> dict[str, str]:
    """Write the rows, and return the sheet of each reason. Rows go through disk as they come, not through memory."""
    own_folder(scratch)
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
        "tmpdir": str(scratch),
    }
    rows = found.rows.to_pylist()
    counted = Counter(row["faults"][0] for row in rows)
    names = sheet_names(counted)
    with xlsxwriter.Workbook(file, options) as book:
        book.set_custom_property(HIDDEN_MARK, dataset.id)
        text, head = book.add_format({"num_format": "@"}), book.add_format({"bold": True, "bottom": 1})
        _write_about(
            book.add_worksheet(ABOUT), dataset, found, heading, [(one, names[one], counted[one]) for one in names]
        )
        sheets = {
            reason: _Sheet(book.add_worksheet(name), dataset, reason, (text, head)) for reason, name in names.items()
        }
        for row in rows:
            sheets[row["faults"][0]].write(row, heading.paths.get(row["batch"], ""))
    return names


def sheet_names(reasons: Iterable[str]) -> dict[str, str]:
    """A legal name for each reason's sheet, no two alike in whatever case."""
    taken = {ABOUT.casefold(), "history"}
    found: dict[str, str] = {}
    for reason in reasons:
        plain = "".join(one for one in reason.translate(_ILLEGAL) if one.isprintable()).strip() or "reason"
        name, number = plain[:_LONGEST_NAME], 1
        while name.casefold() in taken:
            number += 1
            end = f" {number}"
            name = plain[: _LONGEST_NAME - len(end)] + end
        taken.add(name.casefold())
        found[reason] = name
    return found


class _Sheet:
    """One reason's sheet, written row by row."""

    def __init__(self, sheet: Worksheet, dataset: Dataset, reason: str, formats: tuple[Format, Format]) -> None:
        self._sheet, self._dataset, self._row = sheet, dataset, 0
        self._text, head = formats
        self._mended = corrections_of(dataset, reason)
        titles = [*HEAD, *map(header_of, dataset.columns), SURPLUS]
        titles += [f"{CORRECTION}{header_of(column)}" for column in self._mended]
        sheet.freeze_panes(1, 1)
        sheet.set_column(0, len(titles) - 1, 18, self._text)
        for place, title in enumerate(titles):
            sheet.write_string(0, place, title, head)

    def write(self, row: Mapping[str, Any], path: str) -> None:
        self._row += 1
        place = place_of(self._dataset, path, row["record"], row["line"])
        words = [words_of(self._dataset, one) for one in row["faults"]]
        told = [
            place.file,
            place.part,
            "" if place.record is None else str(place.record),
            "" if place.row is None else str(place.row),
            "；".join(zh for zh, _ in words),
            "; ".join(en for _, en in words),
            id_of(row["batch"], row["record"], row["line"]),
            *(row[f"c{number}"] or "" for number in range(len(self._dataset.columns))),
            row["surplus"] or "",
        ]
        for number, cell in enumerate(told):
            self._sheet.write_string(self._row, number, fitted(cell), self._text)


def fitted(cell: str) -> str:
    """A text that a cell can hold, which is measured in units of UTF-16: what is too long is cut, and says so."""
    if not is_too_long(cell):
        return cell
    return cell.encode("utf-16-le", "surrogatepass")[: 2 * (_LONGEST_CELL - 8)].decode("utf-16-le", "ignore") + _CUT


def is_too_long(cell: str) -> bool:
    """Whether a cell of a workbook cannot hold a text."""
    return 2 * len(cell) > _LONGEST_CELL and len(cell.encode("utf-16-le", "surrogatepass")) > 2 * _LONGEST_CELL


def _texts(cells: pa.ChunkedArray) -> list[str]:
    """The texts of a column that may be too long for a cell."""
    if not pa.types.is_string(cells.type):
        return []
    return [str(one) for one in cells.filter(pc.greater(pc.utf8_length(cells), _LONGEST_CELL // 2)).to_pylist()]


def _write_about(
    sheet: Worksheet, dataset: Dataset, found: Found, heading: Heading, sheets: list[tuple[str, str, int]]
) -> None:
    left = found.total - found.rows.num_rows
    cut = sum(is_too_long(cell) for cells in found.rows.columns for cell in _texts(cells))
    lines = [
        (ABOUT_FIRST, f"{dataset.title_zh} {dataset.id}"),
        ("生成 made", f"{heading.at} {heading.by}"),
        ("行数 rows", f"{found.rows.num_rows} / {found.total}"),
        ("未列出 left out", f"{left}" + (" — 修正后再次导出 export again once these are corrected" if left else "")),
        (
            "截断 cut",
            f"{cut}"
            + (f" — 过长的单元格以“{_CUT}”结尾，不是全文 these end with {_CUT} and are not whole" if cut else ""),
        ),
        (
            "填写 how",
            "在“更正”列填写正确的值，其余各列请勿改动；应为空的填 (空)。每行只出现一次，列出其全部原因。"
            " Write what is right into the correction columns and change no other; (空) where a cell belongs empty.",
        ),
        ("更正 how it counts", "更正以重新报送为准，本表不改变数据。 Data changes by a new delivery alone."),
        ("", ""),
        ("工作表 sheet", "原因 reason"),
    ]
    for reason, name, count in sheets:
        zh, en = words_of(dataset, reason)
        lines.append((name, f"{zh} {en} ({count})"))
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, 110)
    for number, (title, told) in enumerate(lines):
        sheet.write_string(number, 0, title)
        sheet.write_string(number, 1, fitted(told))
