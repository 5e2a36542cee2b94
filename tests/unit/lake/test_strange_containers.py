"""Containers of a strange making: what they hold beside, behind or within what is read, and what they are in truth."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import struct
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
import xlwt
from odf import opendocument
from odf import table as odf_table
from odf import text as odf_text

from lake.readers.recount import recount
from tests.unit.lake.desk import Desk, column, dataset, people

CSV = "id,name,age\n1,张三,30\n2,李四,\n"
TWO = [("1", "张三", 30), ("2", "李四", None)]


def archive(**members: str | bytes) -> bytes:
    """A zip of members by name (`__` is a dot)."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name.replace("__", "."), content)
    return sink.getvalue()


def test_two_zips_one_behind_the_other_are_refused(desk: Desk) -> None:
    one = people(format="zip")
    batch = desk.take(one, archive(a__csv=CSV) + archive(b__csv=CSV))
    assert batch.state == "failed" and "its directory does not name" in batch.message, batch.message
    book = people(format="xlsx")
    batch = desk.take(book, archive(a__csv=CSV) * 2)
    assert "its directory does not name" in batch.message


@pytest.mark.parametrize("before", [b"MZ a program" * 400, b"MZ PK\3\4 in its code" * 9])
def test_a_zip_behind_a_program_is_read(desk: Desk, before: bytes) -> None:
    one = people(format="zip", path=f"*/sfx_{len(before)}.zip")
    batch = desk.take(one, before + archive(a__csv=CSV, b__xlsx__csv=CSV))
    assert batch.rows_read == 4, batch.message


def test_a_zip_within_a_stored_member_is_its_content(desk: Desk) -> None:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as made:
        made.writestr("a.csv", CSV)
        made.writestr("readme.pdf", archive(x=b"y"))
    one = people(format="zip")
    assert desk.take(one, sink.getvalue()).rows_read == 2


@pytest.mark.parametrize("other", ["c.txt", "c.tsv", "c.dat", "c.xml", "c.html", "c.dbf", "c.odd", "c", "notes.txt"])
def test_a_member_that_may_be_data_is_not_left_out(desk: Desk, other: str) -> None:
    one = people(format="zip")
    batch = desk.take(one, archive(**{"a.csv": CSV, "b.CSV": CSV, other: CSV}))
    assert batch.state == "failed" and f"{other!r} would be left out" in batch.message, batch.message


@pytest.mark.parametrize(
    "other",
    ["README", "readme.txt", "数据说明.txt", "说明.docx", "a.PDF", "x.png", "~$a.csv", ".~lock.a.csv#", "a.md5"],
)
def test_a_member_that_only_tells_may_be_left_out(desk: Desk, other: str) -> None:
    one = people(format="zip")
    assert desk.take(one, archive(**{"a.csv": CSV, other: "about"})).rows_read == 2


def test_a_member_is_told_by_its_own_name(desk: Desk) -> None:
    one = people(format="zip")
    batch = desk.take(one, archive(**{"人口 (1) $x.csv": "id,name\n"}))
    assert ": 人口 (1) $x.csv: " in batch.message


def test_an_xls_formula_that_nobody_computed_is_no_empty_cell(desk: Desk) -> None:
    one = people(format="xls")
    book = xlwt.Workbook()
    sheet = book.add_sheet("one")
    for place, name in enumerate(("id", "name", "age")):
        sheet.write(0, place, name)
    sheet.write(1, 0, "1")
    sheet.write(1, 2, xlwt.Formula("30+1"))
    sheet.write(2, 0, "2")
    sheet.write(2, 2, 5)
    sheet.write(4, 1, xlwt.Formula('"a"&"b"'))
    sheet.write(5, 0, "3")
    book.save(str(desk.file(one)))
    (batch,) = desk.ingest(one)
    assert desk.accepted(one) == [("2", None, 5), ("3", None, None)], batch.message
    assert batch.reasons["cell:formula_without_value"] == 2
    assert recount(one, desk.file(one)) == batch.rows_read == 4


EXTREMES = {
    "date": pa.array([2**31 - 1, -(2**31) + 2, 2932897, -719163, 20000, None], pa.date32()),
    "timestamp": pa.array([2**63 - 1, -62135596800000001, 253402300800000000, 0, None], pa.timestamp("us")),
    "instant": pa.array([253402300800000000, -62167219200000001, 0, None], pa.timestamp("us", "UTC")),
}


@pytest.mark.parametrize("kind", EXTREMES)
def test_parquet_days_beyond_the_years_1_to_9999_are_faults(desk: Desk, kind: str) -> None:
    one = dataset(column("id"), column("v"), format="parquet")
    values = EXTREMES[kind]
    pq.write_table(pa.table({"id": [str(n) for n in range(len(values))], "v": values}), desk.file(one))
    (batch,) = desk.ingest(one)
    texts = [text for _, text in desk.accepted(one)]
    assert all(text is None or re.fullmatch(r"\d{4}-\d\d-\d\d( [\d:.]+)?", text) for text in texts), texts
    assert None in texts and set(batch.reasons) == {"cell:date_out_of_range"}, batch.message


def test_a_damaged_page_of_parquet_is_told_by_its_column(desk: Desk) -> None:
    one = dataset(column("id"), column("v"), format="parquet")
    table = pa.table({"id": [str(n) for n in range(5000)], "v": [f"text {n}" for n in range(5000)]})
    pq.write_table(table, desk.file(one), compression="snappy", use_dictionary=False)
    raw = bytearray(desk.file(one).read_bytes())
    start = pq.ParquetFile(desk.file(one)).metadata.row_group(0).column(1).data_page_offset
    raw[start + 60 : start + 4000] = b"\xff" * 3940
    batch = desk.take(one, bytes(raw))
    assert batch.state == "failed" and "its column 'v' are damaged" in batch.message, batch.message


def tar() -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as made:
        info = tarfile.TarInfo("a.csv")
        info.size = len(CSV.encode())
        made.addfile(info, io.BytesIO(CSV.encode()))
    return sink.getvalue()


def zstd(raw: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as packed:
        packed.write(raw)
    return bytes(sink.getvalue())


SKIPPED = b"\x5a\x2a\x4d\x18\x04\0\0\0skip"


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
@pytest.mark.parametrize("text", ["a\n1\n", "a\n1\n2\n3\n", CSV])
@pytest.mark.parametrize("packer", [gzip.compress, bz2.compress, lzma.compress, lambda raw: SKIPPED + zstd(raw)])
def test_small_packed_texts_are_no_text_in_another_encoding(
    desk: Desk, packer: Callable[[bytes], bytes], text: str, encoding: str
) -> None:
    names = text.split("\n")[0].split(",")
    one = dataset(*(column(name) for name in names), encoding=encoding)
    batch = desk.take(one, packer(text.encode(encoding)))
    assert (batch.state, batch.accepted) == ("accepted", text.count("\n") - 1), batch.message


WRONG_SUM = gzip.compress(b"id,name,age\n1,a,2\n", mtime=0)
WRONG_SUM = WRONG_SUM[:-8] + bytes([WRONG_SUM[-8] ^ 1]) + WRONG_SUM[-7:]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (WRONG_SUM, "it is damaged"),
        (gzip.compress(gzip.compress(CSV.encode(), mtime=0), mtime=0), "packed twice: gzip over gzip"),
        (gzip.compress(SKIPPED + zstd(CSV.encode()), mtime=0), "packed twice: gzip over zstd"),
        (gzip.compress(archive(a__csv=CSV), mtime=0), "packed twice: gzip over a zip"),
        (gzip.compress(tar(), mtime=0), "it is a tar archive, packed by gzip"),
        (bz2.compress(tar()), "it is a tar archive, packed by bzip2"),
        (tar(), "it is a tar archive"),
    ],
    ids=lambda one: one if isinstance(one, str) else "content",
)
def test_what_is_packed_otherwise_is_told(desk: Desk, content: bytes, says: str) -> None:
    one = people()
    batch = desk.take(one, content)
    assert batch.state == "failed" and says in batch.message, batch.message


FEATURE = '{"type": "Feature", "geometry": null, "properties": {"id": "1"}}'
PAGE = "<!DOCTYPE html><html><body>Please sign in</body></html>"
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:1234\nsize 12\n"
OFFICE = '<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook><W><Table/></W></Workbook>'


@pytest.mark.parametrize(
    ("format_", "content", "says"),
    [
        ("xlsx", CSV, "it is a text, such as CSV: declare format: csv"),
        ("xls", CSV, "it is a text, such as CSV: declare format: csv"),
        ("ods", CSV, "it is a text, such as CSV: declare format: csv"),
        ("parquet", CSV, "it is a text, such as CSV: declare format: csv"),
        ("sqlite", CSV, "it is a text, such as CSV: declare format: csv"),
        ("dbf", CSV, "it is a text, such as CSV: declare format: csv"),
        ("xml", CSV, "it is a text, such as CSV: declare format: csv"),
        ("xls", CSV.encode("utf-16"), "it is a text in UTF-16: declare encoding: utf-16"),
        ("xls", OFFICE, "it is an Office XML file (SpreadsheetML 2003): open it and save it as xlsx"),
        ("xml", OFFICE, "it is an Office XML file (SpreadsheetML 2003): open it and save it as xlsx"),
        ("xml", '[{"id": "1"}]', "it is a JSON document: declare format: json"),
        ("xml", '{"id": "1"}\n{"id": "2"}\n', "it is JSON with an object in each line: declare format: ndjson"),
        ("json", "<r><p><id>1</id></p></r>", "it is an XML file: declare format: xml"),
        ("csv", '[{"id": "1"}]', "it is a JSON document: declare format: json"),
        ("csv", "<?xml version='1.0'?><r/>", "it is an XML file: declare format: xml"),
        ("csv", PAGE, "it is an HTML page: declare format: html"),
        ("ndjson", PAGE, "it is an HTML page: declare format: html"),
        ("csv", POINTER, "it is a Git LFS pointer"),
        ("json", POINTER, "it is a Git LFS pointer"),
        ("xlsx", POINTER, "it is a Git LFS pointer"),
        ("parquet", POINTER, "it is a Git LFS pointer"),
        ("csv", "%PDF-1.4\n,\n", "it is a PDF"),
        ("geojson", f"{FEATURE}\n{FEATURE}\n", "it is newline-delimited GeoJSON"),
        ("geojson", f"\x1e{FEATURE}\n\x1e{FEATURE}\n", "it is a sequence of JSON texts (RFC 8142)"),
        ("geojson", FEATURE, "it is a Feature, and no collection"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_a_file_of_another_kind_is_told(
    desk: Desk, format_: str, content: str | bytes, says: str, packed: bool
) -> None:
    one = people(format=format_)
    raw = content.encode() if isinstance(content, str) else content
    message = desk.take(one, gzip.compress(raw, mtime=0) if packed else raw).message
    assert says in message and message.count(says) == 1, message


def test_a_csv_with_the_name_of_a_mark_is_no_archive(desk: Desk) -> None:
    one = dataset(column("PK"), column("name"))
    assert "zip" not in desk.take(one, "PK,nom\n1,a\n").message
    assert desk.take(one, "PK,name\n1,a\n").accepted == 1


def test_no_bytes_where_there_may_be_no_records(desk: Desk) -> None:
    one = replace(people(), may_be_empty=True)
    assert "has its header" in desk.take(one, b"").message


def workbook(*rows: str) -> bytes:
    """A workbook of one sheet with these rows of XML below a header of id and v."""
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    head = "<row r='1'><c t='inlineStr'><is><t>id</t></is></c><c t='inlineStr'><is><t>v</t></is></c></row>"
    relation = "<Relationships><Relationship Id='r1' Type='{}' Target='{}'/></Relationships>"
    sheet = f"<worksheet xmlns='{main}'><sheetData>{head}{''.join(rows)}</sheetData></worksheet>"
    return archive(
        **{
            "_rels/.rels": relation.format(f"{kind}/officeDocument", "xl/workbook.xml"),
            "xl/_rels/workbook.xml.rels": relation.format(f"{kind}/worksheet", "worksheets/s.xml"),
            "xl/workbook.xml": f"<workbook xmlns:r='{kind}'><sheets><sheet name='s' r:id='r1'/></sheets></workbook>",
            "xl/worksheets/s.xml": sheet,
        }
    )


@pytest.mark.parametrize(
    ("cell", "fault"),
    [
        ("<c t='b'><v>2</v></c>", "cell:unreadable"),
        ("<c t='b'><v>yes</v></c>", "cell:unreadable"),
        ("<c t='odd'><v>2</v></c>", "cell:unreadable"),
        ("<c><v>INF</v></c>", "cell:unreadable"),
        ("<c><v>NaN</v></c>", "cell:unreadable"),
        ("<c><v>1,5</v></c>", "cell:unreadable"),
        ("<c><v>0x10</v></c>", "cell:unreadable"),
        ("<c><v>1_000</v></c>", "cell:unreadable"),
        ("<c><v>1.2345678901234567E+17</v></c>", "cell:number_precision"),
    ],
)
def test_a_cell_that_no_workbook_can_have_is_a_fault(desk: Desk, cell: str, fault: str) -> None:
    one = dataset(column("id"), column("v"), format="xlsx")
    batch = desk.take(one, workbook(f"<row><c><v>1</v></c>{cell}</row><row><c><v>2</v></c><c t='b'><v>0</v></c></row>"))
    assert (desk.accepted(one), batch.reasons) == ([("2", "FALSE")], {fault: 1}), batch.message


def test_cells_in_one_place_are_told_with_part_row_and_cell(desk: Desk) -> None:
    one = dataset(column("id"), column("v"), format="xlsx")
    message = desk.take(one, workbook("<row r='7'><c r='B7'><v>1</v></c><c r='B7'><v>2</v></c></row>")).message
    assert "row 7, cell B7" in message and "xl/worksheets/s.xml" in message


@pytest.mark.parametrize(
    "aside",
    [
        "<!-- <row r='9'><c><v>1</v></c></row> -->",
        "<?odd <row r='9'><c><v>1</v></c></row> ?>",
        "<!--" + " <row><c><v>1</v></c></row>" * 60_000 + "-->",
    ],
)
def test_rows_in_a_comment_are_none(desk: Desk, aside: str) -> None:
    one = dataset(column("id"), column("v"), format="xlsx", largest_ratio=10_000)
    cdata = "<row><c t='inlineStr'><is><t><![CDATA[<row><c><v>1</v></c></row>]]></t></is></c></row>"
    batch = desk.take(one, workbook("<row><c><v>1</v></c></row>", aside, cdata, "<row><c><v>2</v></c></row>"))
    assert batch.rows_read == 3, batch.message


@pytest.mark.parametrize(
    ("geometry", "fits"),
    [
        ('{"type":"Point","coordinates":[113.5, 22.5]}', True),
        ('{"type":"Point","coordinates":[-180, 90, 5000]}', True),
        ('{"type":"Point","coordinates":[180.1, 22.5]}', False),
        ('{"type":"Point","coordinates":[22.5, 113.5]}', False),
        ('{"type":"Point","coordinates":[3.8e7, 2e6]}', False),
        ('{"type":"LineString","coordinates":[[1,2],[3,-91]]}', False),
        ('{"type":"LineString","coordinates":[[1,2,999],[3,4,999]]}', True),
    ],
)
def test_positions_are_degrees(desk: Desk, geometry: str, fits: bool) -> None:
    one = dataset(column("id"), column("geometry"), format="geojson")
    text = '{"type":"FeatureCollection","features":[{"type":"Feature","geometry":%s,"properties":{"id":"1"}}]}'
    batch = desk.take(one, text % geometry)
    assert batch.reasons == ({} if fits else {"geometry:out_of_range": 1}), batch.message


ROWS = "<tr><td>id<td>v</tr><tr><td>1<td>a</tr>"


@pytest.mark.parametrize(
    ("body", "accepted"),
    [
        ("<tr><td>1<td>a<span style='display:none'>x</span>b", [("1", "ab")]),
        ("<tr><td>1<td>a<b hidden>x<b>y</b></b>b<script>'<td>'</script><template><p>t</template>", [("1", "ab")]),
        ("<tr><td style='DISPLAY : none'>no<td>1<td>a<tr hidden><td>2<td>b<tr><td>3<td>c", [("1", "a"), ("3", "c")]),
        ("<tr><td>1<td>a<p>b</p>c<h3>d</h3><ul><li>e<li>f</ul>g", [("1", "a\nb\nc\nd\ne\nf\ng")]),
        ("<tr><td>1<td>a<div>b</div>c<br/>d<b>e</b>", [("1", "a\nb\nc\nde")]),
    ],
)
def test_what_a_page_does_not_show_is_none_of_it(desk: Desk, body: str, accepted: list[tuple[str, str]]) -> None:
    one = dataset(column("id"), column("v"), format="html")
    before = f"<div hidden><div></div><table>{ROWS}</table></div>"
    batch = desk.take(one, f"<html>{before}<table><tr><td>id<td>v</tr>{body}</table></html>")
    assert desk.accepted(one) == accepted, batch.message


def test_a_table_within_a_cell_is_a_fault(desk: Desk) -> None:
    one = dataset(column("id"), column("v"), format="html")
    inner = "<table><tr><td>x<td>y<tr><td>z</table>"
    batch = desk.take(one, f"<table><tr><td>id<td>v<tr><td>1<td>{inner}</td></tr><tr><td>2<td>b</table>")
    assert (desk.accepted(one), batch.reasons) == ([("2", "b")], {"cell:nested": 1}), batch.message
    assert desk.rejected(one)[0][2]["v"] == "x\ny\nz"


def test_two_tables_of_one_header_are_refused_where_none_is_named(desk: Desk) -> None:
    one = dataset(column("id"), column("v"), format="html")
    two = f"<table>{ROWS}</table><table>{ROWS}</table>"
    assert "2 tables have the contracted header and records: '1', '2'" in desk.take(one, two).message
    named = dataset(column("id"), column("v"), format="html", member="2")
    assert desk.take(named, two).accepted == 1
    other = dataset(column("id"), column("v"), format="html")
    assert desk.take(other, f"<table>{ROWS}</table><table><tr><td>notes</table>").accepted == 1
    last = dataset(column("id"), column("v"), format="html")
    message = desk.take(last, f"<table><tr><td>menu</table><table>{ROWS}</table>").message
    assert "the page has 2 tables" in message and "servers.member" in message


@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods"])
@pytest.mark.parametrize(("second", "fits"), [(["id", "v"], False), (["notes"], True), ([], True)])
def test_two_sheets_of_one_header_are_refused_where_none_is_named(
    desk: Desk, kind: str, second: list[str], fits: bool
) -> None:
    one = dataset(column("id"), column("v"), format=kind)
    sheets = {"一月": [["id", "v"], ["1", "a"]], "二月": [second, ["2", "b"]] if second else [["id", "v"]]}
    write_sheets(desk.file(one), kind, sheets)
    (batch,) = desk.ingest(one)
    assert batch.accepted == fits, batch.message
    assert fits or "2 sheets have the contracted header and records: '一月', '二月'" in batch.message


def write_sheets(path: Path, kind: str, sheets: dict[str, list[list[str]]]) -> None:
    if kind == "ods":
        document = opendocument.OpenDocumentSpreadsheet()
        for name, rows in sheets.items():
            table = odf_table.Table(name=name)
            for row in rows:
                line = odf_table.TableRow()
                for text in row:
                    cell = odf_table.TableCell(valuetype="string")
                    cell.addElement(odf_text.P(text=text))
                    line.addElement(cell)
                table.addElement(line)
            document.spreadsheet.addElement(table)
        document.save(str(path))
        return
    book = xlwt.Workbook() if kind == "xls" else xlsxwriter.Workbook(str(path))
    for name, rows in sheets.items():
        sheet = book.add_sheet(name) if kind == "xls" else book.add_worksheet(name)
        for place, row in enumerate(rows):
            for number, text in enumerate(row):
                sheet.write(place, number, text)
    book.save(str(path)) if kind == "xls" else book.close()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('{"code":200,"data":[{"id":"1","v":"a"}]}', "declare records: $.data"),
        ('{"code":0,"log":[{"x":1}],"data":{"数据 行":[{"id":"1","v":"a"}]}}', 'declare records: $.data."数据 行"'),
    ],
)
def test_records_within_an_envelope_are_told_by_their_path(desk: Desk, content: str, says: str) -> None:
    one = dataset(column("id"), column("v"), format="json")
    assert says in desk.take(one, content).message


def test_text_of_an_element_that_is_no_record_is_told(desk: Desk) -> None:
    one = dataset(column("id"), column("v"), format="xml")
    message = desk.take(one, "<r><title>x</title><p><id>1</id><v>a</v></p></r>").message
    assert "text in an element that is no record" in message


@pytest.mark.parametrize(("version", "says"), [(0x30, ""), (0x03, "is of the dbf type 'B'")])
def test_a_double_of_visual_foxpro(desk: Desk, version: int, says: str) -> None:
    one = dataset(column("id"), column("v"), format="dbf")
    fields = b"".join(
        struct.pack("<11sc4xBB14x", name, kind, size, 0) for name, kind, size in ((b"id", b"C", 2), (b"v", b"B", 8))
    )
    head = struct.pack("<BBBBIHH20x", version, 26, 1, 1, 1, 32 + len(fields) + 1, 11)
    batch = desk.take(one, head + fields + b"\r" + b" 1 " + struct.pack("<d", -0.1) + b"\x1a")
    assert says in batch.message and desk.accepted(one) == ([] if says else [("1", "-0.1")]), batch.message
