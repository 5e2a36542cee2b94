"""Delimited and fixed-width text: what a contract declares of it is read so, what nobody declared is not guessed."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from lake.readers import tokens
from lake.readers.landing import land
from lake.readers.recount import count_text
from tests.harness import fuzz
from tests.unit.lake.desk import Desk, column, dataset, people

A, B, C = ("1", "张三", 41), ("2", "李四", 7), ("3", "王五", 9)
HEAD = "id,name,age\n"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ({"delimiter": "||"}, "id||name||age\n1||张三||41\n2||李四||7\n"),
        ({"delimiter": ", "}, 'id, name, age\n1, "张三", 41\n2, 李四, 7\n'),
        ({"delimiter": "、"}, "id、name、age\n1、张三、41\n2、李四、7\n"),
        ({"comment": "#"}, "# by hand\nid,name,age\n1,张三,41\n#2,x,1\n2,李四,7\n"),
        ({"skip_rows": 2}, '"a title\nover two lines"\nid,name,age\n1,张三,41\n2,李四,7\n'),
        ({"footer": ("合计.*",)}, "id,name,age\n1,张三,41\n2,李四,7\n合计,,48\n注：无\n"),
        ({"footer": (r"\p{Han}+",)}, "id,name,age\n1,张三,41\n2,李四,7\n合计,,48\n"),
        ({"footer_rows": 2}, "id,name,age\n1,张三,41\n2,李四,7\n合计,,48\n注,,\n"),
        ({"table": 2}, "x,y\n1,2\n\nid,name,age\n1,张三,41\n2,李四,7\n\nz\n5\n"),
        ({"table": 1}, "id,name,age\n1,张三,41\n2,李四,7\nid,name\n5,x\n"),
        ({"line_end": "CRLF"}, "id,name,age\r\n1,张三,41\r\n2,李四,7\r\n"),
        ({"line_end": "CR"}, "id,name,age\r1,张三,41\r2,李四,7\r"),
        ({"escape": "\\"}, 'id,name,age\n1,"张三",41\n2,李四,7\n'),
        ({"header_rows": 2}, "人员,,\nid,name,age\n1,张三,41\n2,李四,7\n"),
        (
            {"format": "fixed", "widths": (3, 4, 3)},
            "id name age\n".replace("name ", "name") + "1  张三  41 \n2  李四  7  \n",
        ),
        ({"format": "fixed", "widths": (3, 4, 3), "header": False}, "1  张三  41 \r\n2  李四  7  \r\n"),
    ],
    ids=str,
)
def test_what_is_declared_is_read_so(desk: Desk, source: dict[str, Any], text: str) -> None:
    one = people(**source)
    batch = desk.take(one, text)
    assert (batch.state, batch.quarantined, desk.accepted(one)) == ("accepted", 0, [A, B]), batch.message


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (HEAD + '1,张三,41\n2,"李"四,7\n3,王五,9\n', "structure:quote"),
        (HEAD + '1,张三,41\n2,李"四,7",\n3,王五,9\n', "structure:quote"),
        (HEAD + "1,张三,41\n2,李\r四,7\n3,王五,9\n", "structure:line_end"),
        (HEAD + "1,张三,41\n2,李\0四,7\n3,王五,9\n", "structure:nul"),
        (HEAD + "1,张三,41\n2,李\\\\四,7\n3,王五,9\n", "structure:escape"),
        (HEAD + "1,张三,41\n id , name,\ufeffage\n3,王五,9\n", "structure:repeated_header"),
        (HEAD + "1,张三,41\n 合 计：,,7\n3,王五,9\n", "structure:footer"),
        (HEAD + "1,张三,41\n2,,李四,7\n3,王五,9\n", "structure:too_long"),
    ],
)
def test_a_record_in_doubt_is_kept_with_its_text_and_harms_no_other(desk: Desk, text: str, reason: str) -> None:
    one = people()
    batch = desk.take(one, text)
    assert (batch.state, batch.rows_read, dict(batch.reasons)) == ("accepted", 3, {reason: 1}), batch.message
    assert desk.accepted(one) == [A, C]
    ((row, _, kept),) = desk.rejected(one)
    assert row == 2
    if "_text" in kept:
        assert (kept["_line"], kept["_text"]) == ("3", text.split("\n")[2].replace("\0", "\\x00"))


def test_a_quote_that_is_never_closed_keeps_every_line_it_swallows(desk: Desk) -> None:
    one = people()
    text = HEAD + "".join(f"{n},甲,1\n" for n in range(9)) + '9,"乙,1\n10,丙,1\n'
    batch = desk.take(one, text)
    assert (batch.rows_read, batch.accepted) == (11, 9)
    assert [kept["_text"] for _, _, kept in desk.rejected(one)] == ['9,"乙,1', "10,丙,1"]


def test_a_quote_that_holds_records_is_told_and_a_legal_cell_of_lines_is_one_record(desk: Desk) -> None:
    one = people()
    batch = desk.take(one, HEAD + '1,张三,41\n4,"甲,1\n5,乙,2\n6,丙",3\n2,"李四",7\n3,王五,9\n7,x,1\n')
    assert dict(batch.reasons) == {"structure:quote_holds_records": 3}
    assert desk.accepted(one) == [A, B, C, ("7", "x", 1)]
    other = people()
    assert desk.take(other, HEAD + '1,"first line\nsecond, line",41\n').quarantined == 0


def test_a_cell_that_only_has_a_quote_in_it_is_text(desk: Desk) -> None:
    one = people()
    assert desk.take(one, HEAD + '1,5" pipe,41\n2,37\'37.8"N 12\'9"W,7\n').quarantined == 0
    assert [row[1] for row in desk.accepted(one)] == ['5" pipe', "37'37.8\"N 12'9\"W"]


def test_a_refusal_of_a_text_in_doubt_names_kind_and_line(desk: Desk) -> None:
    message = desk.take(people(), HEAD + '1,"a,1\n2,b,2\n3,c,3\n').message
    assert "a quote is opened and never closed, first in line 2" in message
    assert "declare escape" in desk.take(people(), HEAD + "1,a\\\\b,1\n2,c\\,d,1\n").message


def test_empty_cells_beyond_the_header_shift_nothing_or_are_a_fault(desk: Desk) -> None:
    sound, shifted = people(), people()
    assert desk.take(sound, HEAD + "1,张三,41\n2,李四,7,,\n").quarantined == 0
    assert dict(desk.take(shifted, HEAD + "1,张三,\n2,,李四,\n3,王五,9\n").reasons) == {"structure:too_long": 1}


def test_names_over_two_rows_are_joined_and_told_where_nobody_declared_them(desk: Desk) -> None:
    columns = (
        column("place", headers=("区县",)),
        column("men", headers=("人口 男",)),
        column("women", headers=("人口 女",)),
    )
    text = "区县,人口,\n,男,女\n河东区,1,2\n"
    one = dataset(*columns, header_rows=2)
    assert desk.take(one, text).quarantined == 0 and desk.accepted(one) == [("河东区", "1", "2")]
    assert "header_rows: 2" in desk.take(dataset(*columns), text).message


@pytest.mark.parametrize(
    "text", ["1  张三  4\n2  李四  7  \n3  王五  9  \n", "1  张三  41 x\n2  李四  7  \n3  王五  9  \n"]
)
def test_a_line_of_another_length_is_no_record_of_fixed_columns(desk: Desk, text: str) -> None:
    one = people(format="fixed", widths=(3, 4, 3), header=False)
    batch = desk.take(one, text)
    assert (batch.rows_read, batch.quarantined, desk.accepted(one)) == (3, 1, [B, C])


def test_text_in_utf_8_is_not_taken_for_another_encoding(desk: Desk) -> None:
    one = people(encoding="gb18030")
    assert "those of utf-8" in desk.take(one, (HEAD + "1,中国,1\n").encode()).message
    assert desk.take(one, HEAD + "1,中国,1\n").state == "accepted"


def test_characters_that_gb18030_once_lent_private_codes_have_one_spelling(desk: Desk) -> None:
    one = people(encoding="gb18030")
    desk.take(one, HEAD.encode() + b"1,\xfe\x59,1\n2," + "\u9fb4".encode("gb18030") + b",1\n")
    assert [row[1] for row in desk.accepted(one)] == ["\u9fb4", "\u9fb4"]


def test_a_record_longer_than_memory_allows_is_in_doubt_and_a_line_is_refused(desk: Desk) -> None:
    with patch.object(tokens, "LONGEST", 200), patch.object(tokens, "_CHUNK", 64):
        one = people()
        rows = "".join(f"{n},甲,1\n" for n in range(90))
        batch = desk.take(one, HEAD + rows + '90,"' + "x\n" * 200 + '",1\n' + rows.replace("甲", "乙") + '91,"')
        assert "truncated" in batch.message
        assert "a line is longer" in desk.take(people(), HEAD + '1,"' + "x" * 900 + "\n").message


def test_the_recount_is_that_of_the_reader(desk: Desk, tmp_path: Path) -> None:
    for text in (HEAD + "1,a,1\n2,b,2\n", HEAD + '1,"a\nb",1\n2,"b"x,2\n', (HEAD + "1,a,1\n2,b,2").replace("\n", "\r")):
        one = people()
        batch = desk.take(one, text)
        landed = land(one, str(desk.file(one)), tmp_path / one.name)
        assert count_text(one, landed.file) == batch.rows_read


def test_random_tables_with_random_damage() -> None:
    assert fuzz.run(120, 5) == []


@pytest.mark.parametrize(("quote", "name"), [("", '"hi"'), ('"', '"hi"')])
def test_an_escaped_quotation_mark_is_one_whether_or_not_cells_are_quoted(desk: Desk, quote: str, name: str) -> None:
    one = people(quote=quote, escape="\\")
    desk.take(one, HEAD + '1,\\"hi\\",1\n2,C:\\dir,2\n3,\\N,3\n')
    assert [row[1] for row in desk.accepted(one)] == [name, "C:\\dir", "\\N"]


def test_a_header_of_a_long_delimiter_that_is_not_there_is_a_refusal_in_words(desk: Desk) -> None:
    one = people(delimiter="::")
    assert "contracted columns are missing" in desk.take(one, "id::nam1999-03-10::x\n1::a::1\n").message
    assert "declare skip_rows: 1" in desk.take(one, 'a title\n"id"::name::age\n1::a::1\n').message


def test_lines_in_doubt_are_no_last_rows(desk: Desk) -> None:
    one = people(footer_rows=2)
    text = HEAD + "1,a,1\n2,b,2\n3,c,3\n"
    batch = desk.take(one, text + '4,"d合计,3,\n注：至月底,,\n')
    assert (batch.rows_read, batch.quarantined, dict(batch.reasons)) == (5, 2, {"structure:quote_never_closed": 2})
    assert desk.take(one, text + "合计,3,\n注：至月底,,\n").rows_read == 3
    joined = desk.take(one, text + "4,d,合计,3,\n注：至月底,,\n")
    assert (joined.rows_read, dict(joined.reasons)) == (4, {"structure:too_long": 1})
