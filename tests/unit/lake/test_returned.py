"""A workbook that comes back: what it costs is bounded, and whatever a hand or a program did to it is told."""

from __future__ import annotations

import io
import resource
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, time
from pathlib import Path

import openpyxl
import pyarrow as pa
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from contracts.model import Dataset
from lake.quarantine import sheets
from lake.quarantine.returned import OpenRow, Returned, WorkbookRefused, read_returned
from lake.quarantine.rows import Found
from lake.quarantine.workbook import CORRECTION, Heading, header_of, write_workbook
from tests.unit.lake.desk import column, dataset

BATCH = "0123456789abcdef" * 2
SHEET = "pattern-id"
PART = "xl/worksheets/sheet1.xml"


def people() -> Dataset:
    return dataset(column("id", pattern="[0-9]{17}[0-9X]", key=True), column("name"), column("born", "date"))


@pytest.fixture(scope="module")
def one() -> Dataset:
    return people()


def texts(number: int) -> dict[str, str | None]:
    return {"id": f"wrong {number}", "name": "甲\r\n乙", "born": None}


def open_rows(*reasons: str) -> dict[str, OpenRow]:
    masked = {"id": "****", "name": "****", "born": None}
    return {f"{BATCH}:{n}": OpenRow((reason,), texts(n), masked) for n, reason in enumerate(reasons, 1)}


@pytest.fixture(scope="module")
def exported(one: Dataset, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Three rows as they go out: an id that is none in each, a name that is masked, no birthday."""
    folder = tmp_path_factory.mktemp("returned")
    rows = [
        {"batch": BATCH, "record": n, "line": None, "faults": ["pattern:id"], "surplus": None}
        | {"c0": texts(n)["id"], "c1": "****", "c2": None}
        for n in (1, 2, 3)
    ]
    found = Found(pa.Table.from_pylist(rows), 3)
    write_workbook(folder / "x.xlsx", folder / "scratch", one, found, Heading({BATCH: "x.csv"}, "hai", "2026-11-20"))
    return (folder / "x.xlsx").read_bytes()


Change = Callable[[Worksheet], None]


@pytest.fixture
def given_back(one: Dataset, exported: bytes, tmp_path: Path) -> Callable[..., Returned]:
    """What is told of the workbook after a change, by a program that keeps workbooks."""

    def give(change: Change, reasons: tuple[str, ...] = ("pattern:id",) * 3) -> Returned:
        book, saved = openpyxl.load_workbook(io.BytesIO(exported)), io.BytesIO()
        change(book[SHEET])
        book.save(saved)
        return read_returned(saved.getvalue(), one, open_rows(*reasons), {BATCH: "x.csv"}, tmp_path)

    return give


def place(sheet: Worksheet, title: str) -> int:
    return next(cell.column for cell in sheet[1] if str(cell.value).startswith(title))


def corrections(*values: object) -> Change:
    def fill(sheet: Worksheet) -> None:
        for row, value in enumerate(values, 2):
            sheet.cell(row, place(sheet, CORRECTION)).value = value

    return fill


def why(found: Returned) -> str:
    return " | ".join(f"{row} {said}" for _, row, said in found.untold)


def test_a_cell_at_the_end_of_the_sheet_costs_nothing(given_back: Callable[..., Returned]) -> None:
    def far(sheet: Worksheet) -> None:
        corrections("99900119350314328X")(sheet)
        sheet["XFD1048576"] = "x"

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = given_back(far)
    assert [one.row for one in found.corrected] == [2] and why(found) == "1048576 it has no id"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 << 10


def packed_anew(data: bytes, part: str, content: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, content if name == part else old.read(name))
    return target.getvalue()


FAR = b"".join(b'<row r="%d"><c r="XFD%d"><v>1</v></c></row>' % (n, n) for n in range(1, 130))
MERGED = b"<row><c><v>1</v></c></row><mergeCells>" + b'<mergeCell ref="A1:XFD9"/>' * 1001 + b"</mergeCells>"


@pytest.mark.parametrize(
    ("part", "content", "what"),
    [
        (PART, b"<worksheet>%s</worksheet>" % FAR, "cells"),
        (PART, b"<worksheet>%s</worksheet>" % MERGED, "over one another"),
        (PART, b"<worksheet a='%s'/>" % (b"x" * (3 << 20)), "unpacks to more than 2 MB"),
        (PART, b"<worksheet><row><c t='str'><v>%s</v></c></row></worksheet>" % (b"x" * 70_000), "more text"),
        (PART, b"<worksheet><row r='2'/><row r='1'><c/></row", "no readable"),
        ("xl/workbook.xml", b"<workbook>%s</workbook>" % (b"<sheet/>" * (1 << 18)), "unpacks"),
        ("xl/workbook.xml", b"<!DOCTYPE x [<!ENTITY a 'b'>]><workbook/>", "no readable"),
    ],
)
def test_what_is_more_than_an_exported_workbook_can_be_is_refused(
    one: Dataset,
    exported: bytes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    part: str,
    content: bytes,
    what: str,
) -> None:
    monkeypatch.setattr(sheets, "_MOST_UNPACKED", 2 << 20)
    monkeypatch.setattr(sheets, "_MOST_LEADING", 1 << 20)
    with pytest.raises(WorkbookRefused, match=what):
        read_returned(packed_anew(exported, part, content), one, open_rows("pattern:id"), {}, tmp_path)
    assert list(tmp_path.iterdir()) == [], "nothing of it stays"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (9.990031941070601e17, "lost digits"),
        (999003194107060129, "lost digits"),
        (datetime(2026, 3, 1), "made a day"),
        ("=H2", "formula without a value"),
        ("#N/A", "error value"),
        ("****", "the mask ****"),
        ("999001********328X", "the mask ****"),
    ],
)
def test_what_a_program_or_a_hand_spoiled_cannot_be_told(
    given_back: Callable[..., Returned], value: object, said: str
) -> None:
    found = given_back(corrections(value))
    assert found.corrected == () and len(found.untouched) == 2 and found.gone == ()
    assert len(found.untold) == 1 and said in why(found) and "id id" in why(found)


def test_a_number_that_is_written_out_is_no_id_either(one: Dataset, exported: bytes, tmp_path: Path) -> None:
    book, saved = openpyxl.load_workbook(io.BytesIO(exported)), io.BytesIO()
    corrections(777)(book[SHEET])
    book.save(saved)
    part = "xl/worksheets/sheet2.xml"
    with zipfile.ZipFile(saved) as packed:
        content = packed.read(part).replace(b"<v>777</v>", b"<v>999003194107060129</v>")
    data = packed_anew(saved.getvalue(), part, content)
    assert "lost digits" in why(read_returned(data, one, open_rows("pattern:id"), {}, tmp_path))


@pytest.mark.parametrize("value", ["(空)", "（空）", " ( 空 )", "空", "（空)"])
def test_a_cell_that_belongs_empty_is_said_in_any_brackets(given_back: Callable[..., Returned], value: str) -> None:
    (found,) = given_back(corrections(value)).corrected
    assert found.values == {"id": ""}


def test_what_was_delivered_is_no_correction_and_a_day_is_one_in_a_column_of_days(
    given_back: Callable[..., Returned],
) -> None:
    def fill(sheet: Worksheet) -> None:
        corrections("wrong 1", "wrong 1")(sheet)
        sheet.cell(1, sheet.max_column + 1).value = f"{CORRECTION}born born"
        sheet.cell(4, sheet.max_column).value = datetime(1935, 3, 14)

    found = given_back(fill)
    assert [(one.row, dict(one.values)) for one in found.corrected] == [
        (3, {"id": "wrong 1"}),
        (4, {"born": "1935-03-14"}),
    ]
    assert len(found.untouched) == 1 and "correct nothing: row 2" in str(found.notes)


@pytest.mark.parametrize(
    ("value", "said"),
    [(46142, "which day"), (datetime(2026, 3, 1, 13, 30), "holds a time"), (time(1, 2), "holds a time")],
)
def test_of_a_column_of_days_what_is_none_cannot_be_told(
    given_back: Callable[..., Returned], value: object, said: str
) -> None:
    def fill(sheet: Worksheet) -> None:
        sheet.cell(1, sheet.max_column + 1).value = f"{CORRECTION}born born"
        sheet.cell(2, sheet.max_column).value = value

    found = given_back(fill)
    assert found.corrected == () and said in why(found)


def test_changed_cells_as_delivered_merged_ones_and_strange_columns_are_told(
    given_back: Callable[..., Returned],
) -> None:
    def fill(sheet: Worksheet) -> None:
        at = place(sheet, CORRECTION)
        corrections("99900119350314328X")(sheet)
        sheet.merge_cells(start_row=2, end_row=3, start_column=at, end_column=at)
        sheet.cell(4, place(sheet, "id id")).value = "99900119350314328X"
        sheet.cell(3, place(sheet, "name name")).value = "甲\n乙"  # the whole of it is as delivered
        sheet.cell(1, at + 1).value = f"{CORRECTION}nobody"
        sheet.cell(1, at + 2).value = "id id"

    found = given_back(fill)
    assert [one.row for one in found.corrected] == [2] and why(found).startswith("3 ") and "merged" in why(found)
    (changed,) = [note for note in found.notes if "were changed" in note]
    assert "id id, in row 4" in changed and "name" not in changed
    assert any("stand twice" in note and "id id" in note for note in found.notes)
    assert any("no column of the dataset" in note for note in found.notes)


def test_titles_that_stand_lower_are_found_and_no_row_is_counted_twice_or_lost(
    given_back: Callable[..., Returned],
) -> None:
    def lower(sheet: Worksheet) -> None:
        corrections("99900119350314328X")(sheet)
        sheet.insert_rows(1, 2)
        sheet.cell(1, 1).value = "请更正"
        sheet.parent["说明 About"].title = "other"

    found = given_back(lower)
    assert (len(found.corrected), len(found.untouched), found.gone) == (1, 2, ())
    assert why(found) == "1 it stands above the titles" and "titles stand in row 3" in str(found.notes)

    def headless(sheet: Worksheet) -> None:
        sheet.delete_cols(1, 8)
        sheet.title = "说明 About 2"

    lost = given_back(headless)
    assert [len(one) for one in (lost.corrected, lost.untouched, lost.untold, lost.gone)] == [0, 0, 3, 3]
    assert "its 3 rows cannot be told" in str(lost.notes)

    def twice(sheet: Worksheet) -> None:
        corrections("99900119350314328X")(sheet)
        sheet.append([cell.value for cell in sheet[2]])

    assert why(given_back(twice)) == "5 its id stands twice | 2 its id stands twice"


def test_of_a_case_are_the_rows_and_columns_that_it_is_about(one: Dataset, given_back: Callable[..., Returned]) -> None:
    found = given_back(
        corrections("99900119350314328X", "999001193503143281"), ("pattern:id", "type:born", "pattern:id")
    )
    assert len(found.corrected) == 2
    mine = found.about(one, "pattern:id", frozenset({f"{BATCH}:1", f"{BATCH}:3"}))
    counts = [len(each) for each in (mine.corrected, mine.others, mine.untouched, mine.gone)]
    assert counts == [1, 1, 1, 0] and "本事项以外的 1 行" in mine.counted[0]
    elsewhere = found.about(one, "type:born", frozenset({f"{BATCH}:2"}))
    assert (elsewhere.corrected, len(elsewhere.others), elsewhere.untouched) == ((), 2, (f"{BATCH}:2",))


def test_a_cell_that_no_workbook_can_hold_is_cut_and_counted(one: Dataset, tmp_path: Path) -> None:
    row = {"batch": BATCH, "record": 1, "line": None, "faults": ["pattern:id"], "surplus": None}
    long = {"c0": "x" * 32_768, "c1": "𠮷" * 16_384, "c2": "y" * 32_767}
    found = Found(pa.Table.from_pylist([row | long]), 1)
    write_workbook(tmp_path / "x.xlsx", tmp_path / "scratch", one, found, Heading({}, "hai", "2026-11-20"))
    book = openpyxl.load_workbook(tmp_path / "x.xlsx")
    about = {line[0]: line[1] for line in book["说明 About"].iter_rows(values_only=True)}
    assert about["截断 cut"].startswith("2 ")
    cells = [str(cell) for cell in list(book[SHEET].iter_rows(values_only=True))[1][7:10]]
    assert [cell.endswith("…(cut)") for cell in cells] == [True, True, False]
    whole = OpenRow(("pattern:id",), dict(zip(("id", "name", "born"), long.values(), strict=True)), {})
    told = read_returned((tmp_path / "x.xlsx").read_bytes(), one, {f"{BATCH}:1": whole}, {}, tmp_path)
    assert told.notes == () and len(told.untouched) == 1, "what was cut here nobody changed"
    assert replace(told, untouched=()) == Returned() and header_of(one.columns[0]) == "id id"
