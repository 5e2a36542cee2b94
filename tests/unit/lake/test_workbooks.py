"""Workbooks of every kind: what a cell shows is what is read, or a fault of its row by name."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
import xlwt
from odf import opendocument
from odf import table as odf_table
from odf import text as odf_text

from contracts.model import Dataset
from tests.unit.lake.desk import Desk, column, dataset

ABC = (column("id", required=True, key=True), column("name"), column("note"))


def xlsx(path: Path, *sheets: Sequence[Sequence[Any]], **options: Any) -> None:
    """A workbook by xlsxwriter; a cell may be (value, number format)."""
    with xlsxwriter.Workbook(path, options) as book:
        for rows in sheets:
            sheet = book.add_worksheet()
            for row, cells in enumerate(rows):
                for place, cell in enumerate(cells):
                    value, code = cell if isinstance(cell, tuple) else (cell, None)
                    sheet.write(row, place, value, book.add_format({"num_format": code}) if code else None)


def by_openpyxl(path: Path, rows: Sequence[Sequence[Any]], change: Callable[[Any, Any], None] | None = None) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in rows:
        sheet.append([cell[0] if isinstance(cell, tuple) else cell for cell in row])
        for place, cell in enumerate(row, 1):
            if isinstance(cell, tuple):
                sheet.cell(sheet.max_row, place).number_format = cell[1]
    if change:
        change(book, sheet)
    book.save(path)


def by_xlwt(path: Path, rows: Sequence[Sequence[Any]]) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("one")
    for row, cells in enumerate(rows):
        for place, cell in enumerate(cells):
            value, code = cell if isinstance(cell, tuple) else (cell, None)
            if value is not None:
                sheet.write(row, place, value, xlwt.easyxf(num_format_str=code) if code else xlwt.Style.default_style)
    book.save(str(path))


def by_odf(path: Path, rows: Sequence[Sequence[Any]]) -> None:
    document = opendocument.OpenDocumentSpreadsheet()
    sheet = odf_table.Table(name="one")
    for row in rows:
        line = odf_table.TableRow()
        for cell in row:
            value, code = cell if isinstance(cell, tuple) else (cell, None)
            line.addElement(_odf_cell(value, code))
        sheet.addElement(line)
    document.spreadsheet.addElement(sheet)
    document.save(str(path))


def _odf_cell(value: Any, code: str | None) -> Any:
    if isinstance(value, bool):
        return odf_table.TableCell(valuetype="boolean", booleanvalue=str(value).lower())
    if isinstance(value, int | float):
        return odf_table.TableCell(valuetype="percentage" if code == "0.0%" else "float", value=repr(value))
    if isinstance(value, datetime | date):
        return odf_table.TableCell(valuetype="date", datevalue=value.isoformat())
    if isinstance(value, time):
        return odf_table.TableCell(valuetype="time", timevalue=value.strftime("PT%HH%MM%SS"))
    cell = odf_table.TableCell(valuetype="string") if value is not None else odf_table.TableCell()
    if value is not None:
        cell.addElement(odf_text.P(text=value))
    return cell


WRITERS: dict[str, Callable[[Path, Sequence[Sequence[Any]]], None]] = {
    "xlsx": xlsx,
    "xlsx by openpyxl": by_openpyxl,
    "xls": by_xlwt,
    "ods": by_odf,
}
SHOWN: list[tuple[Any, str]] = [
    ("0012", "0012"),
    (12, "12"),
    (12.0, "12"),
    (1.1, "1.1"),
    (1 / 3, "0.3333333333333333"),
    (1e-7, "0.0000001"),
    (123456789012345, "123456789012345"),
    (-5, "-5"),
    ((0.125, "0.0%"), "12.5%"),
    ((date(2024, 2, 29), "yyyy-mm-dd"), "2024-02-29"),
    ((datetime(2024, 2, 29, 8, 30), "yyyy-mm-dd hh:mm:ss"), "2024-02-29 08:30:00"),
    ((time(8, 30), "hh:mm:ss"), "08:30:00"),
    (True, "TRUE"),
    ("  两 边 ", "两 边"),
]


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize(("value", "text"), SHOWN)
def test_a_cell_is_what_it_shows(desk: Desk, kind: str, value: Any, text: str) -> None:
    one = dataset(*ABC, format=kind.split()[0])
    WRITERS[kind](desk.file(one), [["id", "name", "note"], ["1", value, "x"], [None, None, None], ["2", "y", None]])
    (batch,) = desk.ingest(one)
    assert batch.state == "accepted", batch.message
    assert desk.accepted(one) == [("1", text, "x"), ("2", "y", None)]


@pytest.mark.parametrize("kind", WRITERS)
def test_dates_and_numbers_are_typed_by_the_contract(desk: Desk, kind: str) -> None:
    one = dataset(
        column("id"),
        column("day", "date"),
        column("at", "timestamp"),
        column("spelled", "date", formats=("%Y/%m/%d",)),
        column("count", "integer"),
        format=kind.split()[0],
    )
    day, moment = (date(2024, 2, 29), "yyyy-mm-dd"), (datetime(2024, 2, 29, 8, 30), "yyyy-mm-dd hh:mm")
    rows = [["id", "day", "at", "spelled", "count"], ["1", day, moment, day, 7.0], ["2", 2024, day, day, 7.5]]
    WRITERS[kind](desk.file(one), rows)
    (batch,) = desk.ingest(one)
    assert desk.accepted(one) == [("1", date(2024, 2, 29), datetime(2024, 2, 29, 8, 30), date(2024, 2, 29), 7)]
    assert batch.reasons == {"type:day": 1, "type:count": 1}, batch.message


@pytest.mark.parametrize("serial", ["declared", "not declared"])
@pytest.mark.parametrize("epoch", [False, True])
def test_a_bare_serial_is_a_date_where_it_is_declared(desk: Desk, serial: str, epoch: bool) -> None:
    formats = ("%Y-%m-%d", "excel_serial") if serial == "declared" else ()
    one = dataset(column("id"), column("day", "date", formats=formats), format="xlsx")
    xlsx(desk.file(one), [["id", "day"], ["1", 45351], ["2", "2024-02-29"]], date_1904=epoch)
    (batch,) = desk.ingest(one)
    first = [("1", date(2028, 3, 1) if epoch else date(2024, 2, 29))] if serial == "declared" else []
    assert desk.accepted(one) == [*first, ("2", date(2024, 2, 29))], batch.message


@pytest.mark.parametrize(
    ("serial", "text"), [(0, None), (1, "1900-01-01"), (59, "1900-02-28"), (60, None), (61, "1900-03-01")]
)
@pytest.mark.parametrize("kind", ["xlsx", "xls"])
def test_days_before_march_1900(desk: Desk, kind: str, serial: int, text: str | None) -> None:
    one = dataset(*ABC, format=kind)
    WRITERS[kind](desk.file(one), [["id", "name", "note"], ["1", (serial, "yyyy-mm-dd"), None], ["2", None, None]])
    (batch,) = desk.ingest(one)
    assert desk.accepted(one) == ([("1", text, None)] if text else []) + [("2", None, None)], batch.message
    assert batch.reasons == ({} if text else {"cell:date_serial": 1})


@pytest.mark.parametrize("code", ['yyyy"年"m"月"d"日"', "[$-804]yyyy/m/d;@", "d-mmm", "m/d", "[Red]yyyy-mm-dd", "mmm"])
def test_a_date_by_any_format_is_its_date(desk: Desk, code: str) -> None:
    one = dataset(*ABC, format="xlsx")
    xlsx(desk.file(one), [["id", "name", "note"], ["1", (46083, code), None]])
    desk.ingest(one)
    assert desk.accepted(one) == [("1", "2026-03-02", None)]


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        (1234.5, '#,##0.00 "元"', "1234.5"),
        (1234, "000000", "001234"),
        (1.5, "[h]:mm:ss", "36:00:00"),
        (0.125, "0%;-0%", "12.5%"),
        (5, '"第"0"届"', "5"),
        (5, "@", "5"),
        (5, "G/通用格式", "5"),
        (5, '"days"0', "5"),
        (5, "0.0_);[Red]\\(0.0\\)", "5"),
    ],
)
def test_what_other_formats_make_of_a_number(desk: Desk, value: float, code: str, text: str) -> None:
    one = dataset(*ABC, format="xlsx")
    xlsx(desk.file(one), [["id", "name", "note"], ["1", (value, code), None]])
    desk.ingest(one)
    assert desk.accepted(one) == [("1", text, None)]


def _replaced(path: Path, part: str, change: Callable[[str], str]) -> None:
    """A part of a workbook written anew."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[part] = change(parts[part].decode()).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


@pytest.mark.parametrize(
    ("stored", "text"),
    [
        ("62220212345678901", "62220212345678901"),
        ("6.22202123456789E+16", None),
        ("6.22202123456789E+18", None),
        ("1.5E+10", "15000000000"),
        ("1.1000000000000001", "1.1"),
        ("1E-3", "0.001"),
        ("-0", "0"),
        ("12.00", "12"),
        ("x", None),
        ("1E400", None),
        ("0.12345678901234567890123", None),
    ],
)
def test_digits_that_a_workbook_cannot_hold_are_a_fault(desk: Desk, stored: str, text: str | None) -> None:
    one = dataset(*ABC, format="xlsx")
    xlsx(desk.file(one), [["id", "name", "note"], ["1", 4711, None], ["2", None, None]])
    _replaced(desk.file(one), "xl/worksheets/sheet1.xml", lambda xml: xml.replace("<v>4711</v>", f"<v>{stored}</v>"))
    (batch,) = desk.ingest(one)
    assert desk.accepted(one) == ([("1", text, None)] if text else []) + [("2", None, None)], batch.message
    fault = "cell:unreadable" if stored == "x" else "cell:number_precision"
    assert batch.reasons == ({} if text else {fault: 1})


@pytest.mark.parametrize("kind", ["xlsx by openpyxl", "xls"])
@pytest.mark.parametrize("error", ["#N/A", "#DIV/0!", "#REF!"])
def test_an_error_is_no_text(desk: Desk, kind: str, error: str) -> None:
    one = dataset(*ABC, format=kind.split()[0])
    if kind == "xls":
        error = {"#N/A": "#N/A!"}.get(error, error)  # as its writer spells it
        book = xlwt.Workbook()
        sheet = book.add_sheet("one")
        for row, cells in enumerate([["id", "name", "note"], ["1", None, None], ["2", "b", None]]):
            for place, cell in enumerate(cells):
                if cell:
                    sheet.write(row, place, cell)
        sheet.row(1).set_cell_error(1, error)
        book.save(str(desk.file(one)))
    else:
        by_openpyxl(desk.file(one), [["id", "name", "note"], ["1", error, None], ["2", "b", None]])
    (batch,) = desk.ingest(one)
    assert desk.accepted(one) == [("2", "b", None)], batch.message
    assert batch.reasons == {"cell:error": 1}


def test_a_formula_that_nobody_computed_is_no_empty_cell(desk: Desk) -> None:
    one = dataset(*ABC, format="xlsx")
    by_openpyxl(desk.file(one), [["id", "name", "note"], ["1", "=1+1", None], ["2", "b", None], ["3", None, "=A1"]])
    (batch,) = desk.ingest(one)
    assert desk.accepted(one) == [("2", "b", None)]
    assert batch.reasons == {"cell:formula_without_value": 2}


def _sheets(path: Path, *states: str) -> None:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, state in enumerate(states):
        sheet = book.create_sheet(f"2026年{number}月")
        sheet.append(["id", "name", "note"])
        sheet.append([str(number), state, None])
        sheet.sheet_state = state
    book.save(path)


@pytest.mark.parametrize(
    ("member", "wanted"),
    [
        (None, None),
        ("2026年0月", "0"),
        ("2026年1月", "1"),
        ("*2月", "2"),
        ("*3*", "3"),
        ("2026*", None),
        ("2027*", None),
    ],
)
def test_which_sheet_is_meant(desk: Desk, member: str | None, wanted: str | None) -> None:
    one = dataset(*ABC, format="xlsx", member=member)
    _sheets(desk.file(one), "hidden", "veryHidden", "visible", "visible")
    (batch,) = desk.ingest(one)
    if wanted:
        assert [row[0] for row in desk.accepted(one)] == [wanted], batch.message
    else:
        assert batch.state == "failed" and "'2026年2月', '2026年3月'" in batch.message


@pytest.mark.parametrize("merged", ["fault", "fill"])
@pytest.mark.parametrize("kind", ["xlsx", "ods", "html"])
def test_merged_cells(desk: Desk, kind: str, merged: str) -> None:
    one = dataset(*ABC, format=kind, merged=merged)
    if kind == "html":
        desk.deliver(
            one,
            "<table><tr><th>id<th>name<th>note</tr><tr><td>1<td rowspan=2>河东<td>x<tr><td>2<td>y"
            "<tr><td>3<td colspan=2>都</table>",
        )
    elif kind == "ods":
        _merged_ods(desk.file(one))
    else:

        def change(book: Any, sheet: Any) -> None:
            sheet.merge_cells("B2:B3")
            sheet.merge_cells("B4:C4")

        rows = [["id", "name", "note"], ["1", "河东", "x"], ["2", None, "y"], ["3", "都", None]]
        by_openpyxl(desk.file(one), rows, change)
    (batch,) = desk.ingest(one)
    if merged == "fill":
        assert desk.accepted(one) == [("1", "河东", "x"), ("2", "河东", "y"), ("3", "都", "都")], batch.message
    else:
        assert desk.accepted(one) == [("1", "河东", "x")], batch.message
        assert batch.reasons == {"cell:merged": 2}


def _merged_ods(path: Path) -> None:
    document = opendocument.OpenDocumentSpreadsheet()
    sheet = odf_table.Table(name="one")

    def line(*cells: Any) -> None:
        row = odf_table.TableRow()
        for cell in cells:
            row.addElement(cell)
        sheet.addElement(row)

    def cell(text: str, **span: int) -> Any:
        made = odf_table.TableCell(valuetype="string", **span)
        made.addElement(odf_text.P(text=text))
        return made

    line(cell("id"), cell("name"), cell("note"))
    line(cell("1"), cell("河东", numberrowsspanned=2, numbercolumnsspanned=1), cell("x"))
    line(cell("2"), odf_table.CoveredTableCell(), cell("y"))
    line(cell("3"), cell("都", numbercolumnsspanned=2, numberrowsspanned=1), odf_table.CoveredTableCell())
    document.spreadsheet.addElement(sheet)
    document.save(str(path))


@pytest.mark.parametrize("kind", WRITERS)
def test_cells_right_of_the_header_are_kept_as_surplus(desk: Desk, kind: str) -> None:
    one = dataset(*ABC, format=kind.split()[0])
    rows = [
        ["id", "name", "note"],
        ["1", "a", "x"],
        ["2", "b", "y", None, "EXTRA"],
        ["3", "c", "z"],
        ["4", "d", "w", " "],
    ]
    WRITERS[kind](desk.file(one), rows)
    (batch,) = desk.ingest(one)
    assert [row[0] for row in desk.accepted(one)] == ["1", "3", "4"], batch.message
    assert [original["_surplus"] for _, _, original in desk.rejected(one)] == ["EXTRA"]


@pytest.mark.parametrize("kind", WRITERS)
def test_several_header_rows_titles_footers(desk: Desk, kind: str) -> None:
    one = dataset(
        column("id", headers=("编号",)),
        column("men", headers=("人口 男",)),
        column("women", headers=("人口 女",)),
        format=kind.split()[0],
        skip_rows=2,
        header_rows=2,
        footer=("合计", "注[:：].*"),
        footer_rows=0,
    )
    rows = [
        ["某市人口表"],
        [],
        ["编号", "人口", None],
        [None, "男", "女"],
        ["1", 2, 3],
        [],
        ["2", 4, 5],
        ["合计", 6, 8],
        ["注：x"],
    ]
    WRITERS[kind](desk.file(one), rows)
    (batch,) = desk.ingest(one)
    assert desk.accepted(one) == [("1", "2", "3"), ("2", "4", "5")], batch.message


@pytest.mark.parametrize("kind", WRITERS)
def test_the_last_rows_and_a_repeated_header(desk: Desk, kind: str) -> None:
    one = dataset(*ABC, format=kind.split()[0], footer_rows=2)
    head = ["id", "name", "note"]
    WRITERS[kind](
        desk.file(one), [head, ["1", "a", "x"], head, ["2", "b", "y"], ["sum", None, None], ["by", "me", None]]
    )
    (batch,) = desk.ingest(one)
    assert [row[0] for row in desk.accepted(one)] == ["1", "2"], batch.message
    assert batch.reasons == {"structure:repeated_header": 1}


@pytest.mark.parametrize("kind", WRITERS)
def test_without_a_header_columns_come_by_place(desk: Desk, kind: str) -> None:
    one = dataset(*ABC, format=kind.split()[0], header=False)
    WRITERS[kind](desk.file(one), [["p", "a", "x"], ["q", "b", "y"], ["r", "c", None]])
    (batch,) = desk.ingest(one)
    assert [row[0] for row in desk.accepted(one)] == ["p", "q", "r"], batch.message
    narrow = dataset(*ABC, format=kind.split()[0], header=False)
    WRITERS[kind](desk.file(narrow), [["p", "a"], ["q", "b"]])
    (batch,) = desk.ingest(narrow)
    assert batch.state == "failed" and "2 columns" in batch.message


def test_texts_in_runs_and_with_readings(desk: Desk) -> None:
    one = dataset(*ABC, format="xlsx")
    with xlsxwriter.Workbook(desk.file(one)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["id", "name", "note"])
        sheet.write_row(1, 0, ["1", "", "READ"])
        sheet.write_rich_string(1, 1, "张", book.add_format({"bold": True}), "三")
    spoken = "<si><t>东</t><rPh sb='0' eb='1'><t>ひがし</t></rPh><r><t>京_x0041_</t></r></si>"
    _replaced(desk.file(one), "xl/sharedStrings.xml", lambda xml: re.sub(r"<si><t>READ</t></si>", spoken, xml))
    (batch,) = desk.ingest(one)
    assert desk.accepted(one) == [("1", "张三", "东京A")], batch.message


def test_prefixed_names_and_cells_without_places(desk: Desk) -> None:
    one = dataset(*ABC, format="xlsx")
    xlsx(desk.file(one), [["id", "name", "note"], ["1", 5, None]])
    cells = "".join(f"<x:c t='inlineStr'><x:is><x:t>{text}</x:t></x:is></x:c>" for text in ("id", "name", "note"))
    sheet = (
        '<?xml version="1.0"?><x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"<x:sheetData><x:row>{cells}</x:row><x:row><x:c><x:v>1</x:v></x:c><x:c/><x:c><x:v>2.50</x:v></x:c></x:row>"
        "</x:sheetData></x:worksheet>"
    )
    _replaced(desk.file(one), "xl/worksheets/sheet1.xml", lambda _: sheet)
    (batch,) = desk.ingest(one)
    assert desk.accepted(one) == [("1", None, "2.5")], batch.message


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda xml: "<!DOCTYPE x [<!ENTITY a 'b'>]>" + xml.split("?>", 1)[1], "declares entities"),
        (lambda xml: xml[: len(xml) // 2], "was cut"),
        (lambda xml: xml.replace('r="A2"', 'r="ZZZ2"'), "column that does not exist"),
        (lambda xml: xml.replace('r="B2"', 'r="A2"'), "in one place"),
        (lambda xml: xml.replace('<c r="A2" t="s"><v>3</v>', '<c r="A2" t="s"><v>99</v>'), "not there"),
    ],
)
def test_a_broken_sheet_is_refused(desk: Desk, change: Callable[[str], str], says: str) -> None:
    one = dataset(*ABC, format="xlsx")
    xlsx(desk.file(one), [["id", "name", "note"], ["1", "a", "b"]])
    _replaced(desk.file(one), "xl/worksheets/sheet1.xml", change)
    (batch,) = desk.ingest(one)
    assert batch.state == "failed" and says in batch.message


def test_a_sheet_that_unpacks_without_end_is_refused(desk: Desk) -> None:
    one = dataset(*ABC, format="xlsx")
    xlsx(desk.file(one), [["id", "name", "note"], ["1", "a", "b"]])
    _replaced(
        desk.file(one),
        "xl/worksheets/sheet1.xml",
        lambda xml: xml.replace("<sheetData>", " " * (8 << 20) + "<sheetData>"),
    )
    (batch,) = desk.ingest(one)
    assert batch.state == "failed" and "largest_ratio" in batch.message


@pytest.mark.parametrize("declared", ["xls", "xlsx", "ods", "parquet", "sqlite", "csv", "ndjson", "xml", "html", "dbf"])
def test_a_workbook_of_another_kind_is_told(desk: Desk, declared: str) -> None:
    other = "ods" if declared == "xlsx" else "xlsx"
    one = dataset(*ABC, format=declared, member=None)
    WRITERS[other](desk.file(one), [["id", "name", "note"], ["1", "a", "b"]])
    (batch,) = desk.ingest(one)
    assert batch.state == "failed" and f"it is an {other} workbook: declare format: {other}" in batch.message


def test_a_page_that_is_called_xls_is_told(desk: Desk) -> None:
    one = dataset(*ABC, format="xls")
    batch = desk.take(one, "<html><body><table><tr><td>id</td></tr></table></body></html>")
    assert batch.state == "failed" and "it is an HTML page: declare format: html" in batch.message


def page(one: Dataset) -> str:
    return (
        "<html><head><style>td {}</style></head><body><!-- <table><tr><td>no</td></tr></table> -->"
        "<table id=menu><tr><td>a menu</td></tr></table>"
        "<table id='data' border=1><thead><tr><th>id</th><th>name</th><th>note</th></tr></thead><tbody>"
        "<tr><td>1</td><td>张&nbsp;三 &lt;x&gt;</td><td><table><tr><td>in</td></tr></table></td></tr>"
        "<tr><td>2<td>李<br>四<td>&#36; <tr><td></td></tr><tr><td>3</td></tr></tbody></table></body></html>"
    )


@pytest.mark.parametrize("member", ["2", "data"])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_table_of_a_page(desk: Desk, member: str, encoding: str) -> None:
    one = dataset(*ABC, format="html", member=member, encoding=encoding)
    batch = desk.take(one, page(one))
    assert desk.accepted(one) == [("2", "李\n四", "$"), ("3", None, None)], batch.message
    ((_, faults, original),) = desk.rejected(one)
    assert (faults, original["name"], original["note"]) == (["cell:nested"], "张 三 <x>", "in")
