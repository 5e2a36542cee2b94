"""What becomes of deliveries: every format in, every verdict told, every record counted."""

from __future__ import annotations

import csv
import io
import json
import os
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

import lake.carry as spine
from contracts.clock import today
from contracts.model import Rule
from contracts.violation import Severity
from lake.ingest import Batch, ingest, unconserved
from lake.store import RawView, ensure_tables
from lake.versions import Versions, raw_version
from tests.unit.lake.desk import PEOPLE, Desk, column, dataset, moved, people, write_parquet, write_sqlite

ROWS = [("1", "张三", 41), ("2", "李四", 8)]
LINES = "id,name,age\n1,张三,41\n2,李四,8\n"


def counts(batch: Batch) -> tuple[str, int, int, int]:
    """What a batch says of itself."""
    return batch.state, batch.rows_read, batch.accepted, batch.quarantined


def test_a_version_told_of_what_a_run_knows_is_that_of_the_lake(desk: Desk) -> None:
    one = people()
    for day, more in (("2026-11-03", "3,王五,7\n"), ("2026-11-02", ""), ("2026-11-04", "4,x,y\n")):
        desk.deliver(one, LINES + more, day)
        ensure_tables(desk.connection, [one])
        context = desk.context()
        ingest(context, one)
        stored = context.batches[one.id]
        view = RawView(one, context.deliveries[one.id], stored)
        told = raw_version([(batch.batch, batch.accepted, batch.contract) for batch in stored], view.told)
        assert Versions(desk.connection).of([f"raw.{one.table}"]) == {f"raw.{one.table}": told}


# Formats


def _xlsx(path: Path, rows: list[list[object]]) -> None:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("数据")
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for place, row in enumerate(rows):
            for at, cell in enumerate(row):
                if isinstance(cell, datetime):
                    sheet.write_datetime(place, at, cell, day)
                elif cell is not None:
                    sheet.write(place, at, cell)


def _table() -> list[list[object]]:
    return [["id", "name", "age"], *map(list, ROWS)]


def _write_xlsx(path: Path) -> None:
    _xlsx(path, _table())


def _write_parquet(path: Path) -> None:
    write_parquet(path, ROWS)


def _write_sqlite(path: Path) -> None:
    write_sqlite(path, ROWS)


def _write_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("part/1.csv", "id,name,age\n1,张三,41\n")
        archive.writestr("part/2.csv", "age,name,id\n8,李四,2\n")
        archive.writestr("readme.txt", "nothing to see")


def _write_geojson(path: Path) -> None:
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [117.2, 31.8]},
            "properties": {"id": one, "name": name, "age": age},
        }
        for one, name, age in ROWS
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")


def _write_ndjson(path: Path) -> None:
    lines = [json.dumps({"age": age, "id": one, "name": name}, ensure_ascii=False) for one, name, age in ROWS]
    path.write_text("\n".join(lines) + "\n", "utf-8")


@pytest.mark.parametrize(
    ("kind", "member", "write"),
    [
        ("xlsx", None, _write_xlsx),
        ("xlsx", "数据", _write_xlsx),
        ("parquet", None, _write_parquet),
        ("sqlite", "people", _write_sqlite),
        ("zip", "part/*.csv", _write_zip),
        ("ndjson", None, _write_ndjson),
        ("geojson", None, _write_geojson),
    ],
)
def test_every_binary_or_nested_format_gives_the_same_rows(
    desk: Desk, kind: str, member: str | None, write: Callable[[Path], None]
) -> None:
    one = people(format=kind, member=member)
    write(desk.file(one))
    (batch,) = desk.ingest(one)
    assert batch.message == ""
    assert counts(batch) == ("accepted", 2, 2, 0)
    assert desk.accepted(one) == ROWS


_DIALECTS = (
    "utf8 bom crlf cr cr_no_last no_last_newline gb18030 utf16 tsv semicolon hive full_width no_quote skip_rows "
    "no_header moved ignored"
)


@pytest.mark.parametrize(
    ("source", "content"),
    [
        ({}, LINES.encode()),
        ({}, b"\xef\xbb\xbf" + LINES.encode()),
        ({}, LINES.replace("\n", "\r\n").encode()),
        ({}, LINES.replace("\n", "\r").encode()),
        ({}, LINES.rstrip("\n").replace("\n", "\r").encode()),
        ({}, LINES.rstrip("\n").encode()),
        ({"encoding": "gb18030"}, LINES.encode("gb18030")),
        ({"encoding": "utf-16"}, LINES.encode("utf-16")),
        ({"delimiter": "\t"}, LINES.replace(",", "\t").encode()),
        ({"delimiter": ";"}, LINES.replace(",", ";").encode()),
        ({"delimiter": "\x01"}, LINES.replace(",", "\x01").encode()),
        ({"delimiter": "，"}, LINES.replace(",", "，").encode()),
        ({"quote": ""}, LINES.encode()),
        ({"skip_rows": 2}, ("导出自人口库\n\n" + LINES).encode()),
        ({"header": False}, LINES.split("\n", 1)[1].encode()),
        ({}, b"age,id,name\n41,1,\xe5\xbc\xa0\xe4\xb8\x89\n8,2,\xe6\x9d\x8e\xe5\x9b\x9b\n"),
        ({"ignored_headers": ("memo",)}, "id,memo,name,age\n1,x,张三,41\n2,y,李四,8\n".encode()),
    ],
    ids=_DIALECTS.split(),
)
def test_every_dialect_of_text_gives_the_same_rows(desk: Desk, source: dict[str, object], content: bytes) -> None:
    one = people(**source)
    batch = desk.take(one, content)
    assert batch.message == ""
    assert counts(batch) == ("accepted", 2, 2, 0)
    assert desk.accepted(one) == ROWS


@pytest.mark.parametrize("kind", ["csv", "ndjson", "zip"])
@pytest.mark.parametrize("used", ["\x01", "\x02", "\x01\x02", "\x03\x01"])
def test_a_cell_of_control_characters_is_what_it_is(desk: Desk, kind: str, used: str) -> None:
    one = dataset(column("id"), column("name"), format=kind)
    lines = [("1", used), ("2", f"a{used}b"), ("3", "")]
    text = "id,name\n" + "".join(f"{key},{name}\n" for key, name in lines)
    if kind == "ndjson":
        text = "".join(f'{{"id":"{key}","name":"{name}"}}\n' for key, name in lines).replace(used, _escaped(used))
    if kind == "zip":
        with zipfile.ZipFile(desk.file(one), "w") as archive:
            archive.writestr("people.csv", text)
        (batch,) = desk.ingest(one)
    else:
        batch = desk.take(one, text)
    assert batch.message == ""
    assert desk.accepted(one) == [("1", used), ("2", f"a{used}b"), ("3", None)]


def _escaped(text: str) -> str:
    return "".join(f"\\u{ord(character):04x}" for character in text)


def test_a_text_of_every_control_character_is_refused_in_words(desk: Desk) -> None:
    batch = desk.take(dataset(column("id"), column("name")), "id,name\n1,\x01\x02\x03\x04\n")
    assert "all of the control characters 0x01 to 0x04" in batch.message


def test_a_sheet_below_a_narrow_title_is_as_wide_as_its_header(desk: Desk) -> None:
    one = people(format="xlsx", skip_rows=2)
    _xlsx(desk.file(one), [["人口表"], [], *_table()])
    (batch,) = desk.ingest(one)
    assert batch.message == ""
    assert desk.accepted(one) == ROWS


def test_a_line_of_json_with_an_unknown_key_or_none_at_all_is_kept_as_it_was(desk: Desk) -> None:
    lines = [json.dumps({"id": str(n), "name": "赵", "age": n}, ensure_ascii=False) for n in range(1, 1003)]
    lines += ['{"id": "1003", "name": "钱", "age": 3, "salary": 9}', "[1, 2]", '{"id": "1005", "name": "孙"}']
    one = people(format="ndjson")
    batch = desk.take(one, "\n".join(lines) + "\n")
    assert batch.message == ""
    assert counts(batch) == ("accepted", 1005, 1003, 2)
    assert batch.reasons == {"structure:unknown_key": 1, "structure:unreadable": 1}
    assert [original["_surplus"] for _, _, original in desk.rejected(one)] == lines[1002:1004]


def test_the_key_of_an_optional_column_may_come_late_or_under_another_spelling(desk: Desk) -> None:
    one = dataset(column("id", required=True, key=True), column("phone", headers=("phone", "mobile")), format="ndjson")
    lines = [json.dumps({"id": str(n)}) for n in range(1, 1501)]
    lines += ['{"id": "1501", "mobile": "139"}', '{"id": "1502", "phone": "138"}']
    lines += ['{"id": "1503", "phone": "138", "mobile": "139"}']
    batch = desk.take(one, "\n".join(lines) + "\n")
    assert counts(batch) == ("accepted", 1503, 1502, 1)
    assert batch.reasons == {"structure:key_twice": 1}
    assert desk.accepted(one)[1500:] == [("1501", "139"), ("1502", "138")]
    assert [original["_surplus"] for _, _, original in desk.rejected(one)] == lines[1502:]


def test_members_of_a_zip_are_read_in_their_encoding(desk: Desk) -> None:
    for encoding in ("gb18030", "utf-16"):
        one = people(format="zip", encoding=encoding)
        with zipfile.ZipFile(desk.file(one), "w") as archive:
            archive.writestr("1.csv", LINES.encode(encoding))
        (batch,) = desk.ingest(one)
        assert batch.message == ""
        assert desk.accepted(one) == ROWS


def test_a_geojson_point_gives_longitude_and_latitude(desk: Desk) -> None:
    one = dataset(column("id"), column("longitude", "number"), column("latitude", "number"), format="geojson")
    one = moved(one, ignored_headers=("name", "age"))
    _write_geojson(desk.file(one))
    (batch,) = desk.ingest(one)
    assert batch.message == ""
    assert desk.accepted(one) == [("1", 117.2, 31.8), ("2", 117.2, 31.8)]


def test_a_header_may_have_any_of_its_declared_spellings(desk: Desk) -> None:
    one = dataset(column("id", headers=("身份证号", "证件号码")), column("name", headers=("姓名",)))
    assert desk.take(one, "姓名, 证件号码 \n张三,1\n").message == ""
    assert desk.accepted(one) == [("1", "张三")]


# Verdicts


def test_a_short_a_long_and_an_unreadable_record_are_kept_as_they_were(desk: Desk) -> None:
    one = people()
    text = 'id,name,age\n1,张三,41\n2\n3,王五,9,多\n4,"赵"六,5\n5,钱七,6\n6,孙八,7\n7,周九,8\n8,吴十,9,多,余\n9,郑,1\n'
    batch = desk.take(one, text)
    assert counts(batch) == ("accepted", 9, 5, 4)
    assert batch.reasons == {"structure:too_long": 2, "structure:too_short": 1, "structure:quote": 1}
    assert [row[0] for row in desk.accepted(one)] == ["1", "5", "6", "7", "9"]
    kept = {(faults[0], *original.values()) for _, faults, original in desk.rejected(one)}
    assert kept == {
        ("structure:too_short", "2", None, None),
        ("structure:too_long", "3", "王五", "9", "多"),
        ("structure:quote", None, None, None, "5", '4,"赵"六,5'),
        ("structure:too_long", "8", "吴十", "9", "多,余"),
    }
    assert unconserved(desk.context(), one) == {}


def test_a_row_tells_all_its_reasons_and_its_untouched_text(desk: Desk) -> None:
    one = dataset(
        column("id", required=True, check="resident_id"),
        column("phone", pattern="1\\d{10}"),
        column("age", "integer", minimum=0, maximum=150),
        column("note", max_length=3),
    )
    batch = desk.take(one, "id,phone,age,note\n11010519491231002X,13800000000,70,好\n,12, 200 ,一二三四\n12,,1.5,\n")
    assert counts(batch) == ("accepted", 3, 1, 2)
    (first, all_faults, original), (_, few, _) = desk.rejected(one)
    assert first == 2
    assert all_faults == ["required:id", "pattern:phone", "range:age", "length:note"]
    assert original == {"id": "", "phone": "12", "age": " 200 ", "note": "一二三四"}
    assert few == ["check_digit:id", "type:age"]
    assert batch.reasons == dict.fromkeys([*all_faults, *few], 1)


def test_spellings_of_dates_cast_and_others_do_not(desk: Desk) -> None:
    day = column("day", "date", formats=("%Y-%m-%d", "%Y%m%d", "%Y年%m月%d日", "excel_serial"))
    one = dataset(column("id"), day, column("at", "timestamp", formats=("%Y-%m-%d %H:%M:%S",)))
    good = ["2024-02-29", "2024/02/29", "20240229", "2024年02月29日", "2024年2月29日", "45351"]
    bad = ["2023-02-29", "29.02.2024", "20240230", "99999999", "-1"]
    lines = "\n".join(f"{place},{text},2024-02-29 08:30:00" for place, text in enumerate(good + bad))
    batch = desk.take(one, f"id,day,at\n{lines}\n")
    assert {(text, row[1]) for text, row in zip(good, desk.accepted(one), strict=True)} == {
        (text, date(2024, 2, 29)) for text in good
    }
    assert desk.accepted(one)[0][2] == datetime(2024, 2, 29, 8, 30)
    assert batch.reasons == {"type:day": len(bad)}
    assert [original["day"] for _, _, original in desk.rejected(one)] == bad


def test_a_spreadsheet_date_is_a_serial_and_a_whole_number_may_have_a_point(desk: Desk) -> None:
    one = dataset(column("id"), column("day", "date"), column("n", "integer"), format="xlsx")
    rows: list[list[object]] = [["id", "day", "n"], ["1", datetime(2024, 2, 29), 7.0], ["2", "2024-03-01", 7.5]]
    _xlsx(desk.file(one), [*rows, [None, None, None], ["3", None, None]])
    (batch,) = desk.ingest(one)
    assert counts(batch) == ("accepted", 3, 2, 1)
    assert batch.reasons == {"type:n": 1}
    assert desk.accepted(one) == [("1", date(2024, 2, 29), 7), ("3", None, None)]


def test_numbers_booleans_and_nothing(desk: Desk) -> None:
    one = dataset(
        column("id"),
        column("money", "decimal", precision=12, scale=2, formats=("thousands",)),
        column("rate", "number", formats=("percent",), nulls=("--",)),
        column("flag", "boolean"),
        nulls=("NULL", "无"),
    )
    text = 'id,money,rate,flag\n\u30001\u00a0,"1,234.50",12.5%,是\n2,NULL,--,无\n3,1,nan,maybe\n4,,inf,否\n'
    batch = desk.take(one, text)
    assert [(row[0], row[2], row[3]) for row in desk.accepted(one)] == [("1", 12.5, True), ("2", None, None)]
    assert str(desk.accepted(one)[0][1]) == "1234.50"
    assert batch.reasons == {"type:rate": 2, "type:flag": 1}


def test_old_resident_ids_of_15_digits_are_accepted(desk: Desk) -> None:
    one = dataset(column("id", check="resident_id"))
    batch = desk.take(one, "id\n110105491231002\n11010519491231002X\n11010519491231002x\n110105194912310021\n")
    assert counts(batch) == ("accepted", 4, 2, 2)
    assert desk.accepted(one)[0] == ("110105491231002",)


def test_codes_aliases_and_the_columns_own_map_are_known_codes(desk: Desk) -> None:
    one = dataset(column("id"), column("sex", code_set="gender", code_map={"M": "1"}))
    batch = desk.take(one, "id,sex\n1,1\n2,女\n3,M\n4,\n5,X\n")
    assert batch.reasons == {"code_set:sex": 1}
    assert [row[0] for row in desk.accepted(one)] == ["1", "2", "3", "4"]


def test_an_expression_judges_typed_columns_and_passes_on_nothing(desk: Desk) -> None:
    rule = Rule("dates_in_order", "expression", ("a", "b"), "consistency", Severity.ERROR, {"sql": "a <= b"})
    warning = Rule(
        "a_is_recent", "expression", ("a",), "timeliness", Severity.WARNING, {"sql": "a > date '2020-01-01'"}
    )
    one = dataset(column("id"), column("a", "date"), column("b", "date"), rules=(rule, warning))
    batch = desk.take(one, "id,a,b\n1,2019-01-01,2019-01-02\n2,2019-01-03,2019-01-02\n3,,2019-01-02\n")
    assert batch.reasons == {"dates_in_order": 1}
    assert [row[0] for row in desk.accepted(one)] == ["1", "3"]


# Deliveries, one after another


def test_deliveries_add_up_and_a_second_run_changes_nothing(desk: Desk) -> None:
    one = people()
    desk.deliver(one, LINES, "2026-11-01")
    (first,) = desk.ingest(one)
    desk.deliver(one, "id,name,age\n3,王五,9\n4,赵六,x\n", "2026-11-02")
    known, second = desk.ingest(one)
    assert (known.state, second.state) == ("known", "accepted")
    assert (first.delivery, known.delivery, second.delivery) == (1, 1, 2)
    assert second.delivered_on == date(2026, 11, 2)
    again = desk.ingest(one)
    assert [counts(batch) for batch in again] == [("known", 2, 2, 0), ("known", 2, 1, 1)]
    assert again[1].reasons == {"type:age": 1}
    assert (len(desk.accepted(one)), desk.stored(one)) == (3, 4)


def test_the_same_bytes_under_another_name_are_the_same_delivery(desk: Desk) -> None:
    one = people()
    desk.deliver(one, LINES, "2026-11-01")
    desk.deliver(one, LINES, "2026-11-02")
    assert [batch.state for batch in desk.ingest(one)] == ["accepted", "known"]
    assert desk.stored(one) == 2


def test_a_new_column_of_the_contract_is_null_in_older_deliveries(desk: Desk) -> None:
    one = people()
    desk.take(one, f"{LINES}4,赵六,old\n")
    grown = replace(one, columns=(*PEOPLE, column("job")))
    desk.deliver(grown, "id,name,age,job\n3,王五,9,木匠\n", "2026-11-03")
    older, newer = desk.ingest(grown)
    assert (older.state, newer.state) == ("rejudged", "accepted")
    # What it has in quarantine is there yet, and why.
    assert (older.quarantined, older.reasons) == (1, {"type:age": 1})
    assert (
        "it cannot be judged by this one: " in older.message
        and "1 contracted columns are missing: job" in older.message
    )
    assert [batch.state for batch in desk.ingest(grown)] == ["known", "known"]
    assert [row[3] for row in desk.accepted(grown)] == [None, None, "木匠"]
    changed = replace(one, columns=(*PEOPLE[:2], column("age", "decimal")))
    refused = ensure_tables(desk.connection, [changed])
    assert "'age' is BIGINT in the lake and DECIMAL(18,2) in the contract" in str(refused[changed.id])


# Crashes


def test_a_crash_before_the_commit_leaves_nothing_and_the_next_run_completes(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = people()
    desk.deliver(one, LINES)
    with monkeypatch.context() as patch:

        def crash(*_: object) -> None:
            raise KeyboardInterrupt

        patch.setattr(spine.Carrier, "_count", crash)
        with pytest.raises(KeyboardInterrupt):
            desk.ingest(one)
    assert (desk.stored(one), desk.context().batches.get(one.id)) == (0, None)
    (batch,) = desk.ingest(one)
    assert counts(batch) == ("accepted", 2, 2, 0)
    assert desk.stored(one) == 2


def test_a_reader_that_loses_a_record_is_found_out(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    one = people()
    desk.deliver(one, LINES)
    real = spine.read

    def losing(*given: object) -> object:
        delivered, records = real(*given)  # type: ignore[arg-type]
        lost = f"(from {delivered.relation} where _row > 1)"
        return replace(delivered, relation=lost, again=None), records

    with monkeypatch.context() as patch:
        patch.setattr(spine, "read", losing)
        (batch,) = desk.ingest(one)
    assert batch.state == "failed"
    assert "2 records delivered, 1 moved by the scan, 1 stored" in batch.message
    assert (desk.stored(one), desk.context().batches.get(one.id)) == (0, None)


def test_rows_that_vanish_from_the_store_are_found_out(desk: Desk) -> None:
    one = people()
    batch = desk.take(one, LINES)
    desk.connection.execute(f"delete from lake.store.{one.table} where id = '1'")
    assert unconserved(desk.context(), one) == {batch.batch: "2 read, 0 quarantined; stored: (1, 0)"}


# A law

_TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc"), include_characters='",\n\t '), max_size=12)
_BLANK = " \t\n\r\u00a0\u3000"


@examples(
    max_examples=12,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(rows=st.lists(st.tuples(_TEXT, _TEXT), min_size=1, max_size=6))
def test_every_record_of_a_quoted_file_arrives_with_its_text(desk: Desk, rows: list[tuple[str, str]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([("a", "b"), *rows])
    batch = desk.take(_LAW, text.getvalue())
    assert batch.message == ""
    assert batch.rows_read == len(rows) == batch.accepted + batch.quarantined
    wanted = [tuple(cell.strip(_BLANK) or None for cell in row) for row in rows]
    found = desk.connection.execute(
        f"select a, b from lake.raw.{_LAW.table} where _batch = ? order by _row", [batch.batch]
    ).fetchall()
    assert found == [row for row in wanted if row[0] is not None]
    assert batch.reasons.get("required:a", 0) == sum(row[0] is None for row in wanted)


_LAW = dataset(column("a", required=True), column("b"))


@pytest.mark.parametrize("sql", ["cast(name as bigint) > 0", "error(name) is null", "age > 'soon'"])
def test_a_rule_that_cannot_be_evaluated_is_blamed_and_not_the_file(desk: Desk, sql: str) -> None:
    good = Rule("sound", "expression", ("age",), "accuracy", Severity.ERROR, {"sql": "age >= 0"})
    bad = Rule("unsound", "expression", ("name",), "accuracy", Severity.ERROR, {"sql": sql})
    one = replace(people(), rules=(good, bad))
    batch = desk.take(one, LINES)
    assert batch.state == "failed"
    assert (
        "the contract's rule unsound cannot be evaluated on it (rule unsound). Correct the rule's sql" in batch.message
    )
    assert "张三" not in batch.message and "delimiter" not in batch.message


@pytest.mark.parametrize("day", ["2026-02-29", "20261301", "2026-00-10", "0000-01-01", "19991332"])
def test_a_day_in_a_path_that_no_calendar_has_refuses_that_delivery(desk: Desk, day: str) -> None:
    one = people()
    desk.deliver(one, LINES, day)
    (batch,) = desk.ingest(one)
    assert f"its path has the date {day}, a day that does not exist" in batch.message


@pytest.mark.parametrize("place", ["no9920241231", "138001380001", "inbox", "v20241231123"])
def test_digits_that_are_no_day_are_none(desk: Desk, place: str) -> None:
    one = people()
    desk.deliver(one, LINES, place)
    (batch,) = desk.ingest(one)
    assert (batch.state, batch.delivered_on) == ("failed", None)
    assert "its path has no date that can be read" in batch.message and "delivery_date" in batch.message
    (batch,) = desk.ingest(moved(one, delivery_date="arrival"))
    assert (batch.state, batch.delivered_on) == ("accepted", today(desk.settings.clock))


def test_a_name_that_is_no_utf_8_is_one_deliverys_fault(desk: Desk) -> None:
    one = people()
    path = desk.deliver(one, LINES)
    path.rename(os.fsdecode(os.fsencode(path.with_suffix("")) + b"\xff.csv"))
    (batch,) = desk.ingest(moved(one, path=one.source.path.replace(".csv", "*.csv")))
    assert (batch.state, "its name is not UTF-8" in batch.message) == ("failed", True)
    assert json.dumps(batch.as_dict(), ensure_ascii=False).encode()  # the ledger can hold it


def test_a_root_with_the_signs_of_a_pattern_is_a_place(desk: Desk) -> None:
    one = people()
    odd = replace(desk, root=desk.root / "m[x] *?")
    assert odd.take(one, LINES).message == ""
