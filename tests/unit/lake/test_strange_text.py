"""Delimited and fixed text as strangers write it: no record vanishes, shifts, or is taken for another's."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.model import Dataset
from tests.unit.lake.desk import Desk, column, dataset


def pairs(**source: Any) -> Dataset:
    """k (the key) and v, both texts."""
    return dataset(column("k", required=True, key=True), column("v"), **source)


def test_widths_are_as_many_as_the_columns(desk: Desk) -> None:
    for widths in ((3, 4, 5), (7,)):
        message = desk.take(pairs(format="fixed", widths=widths, header=False), "001abcd12345\n002efgh67890\n").message
        assert f"widths are those of {len(widths)} columns, and the contract has 2" in message
    named = pairs(format="fixed", widths=(3, 4, 5))
    assert "widths are those of 3 columns" in desk.take(named, "k  v   x    \n001abcd12345\n").message


def test_a_line_that_is_cut_in_fixed_columns_keeps_all_its_text(desk: Desk) -> None:
    one = pairs(format="fixed", widths=(3, 3), header=False)
    batch = desk.take(one, "001张三x\n004赵六x\n005孙七x\n002李四\n003王五xy\n")
    assert dict(batch.reasons) == {"structure:too_short": 1, "structure:too_long": 1}
    assert [kept["_text"] for _, _, kept in desk.rejected(one)] == ["002李四", "003王五xy"]


def test_tables_are_divided_by_lines_of_delimiters_too(desk: Desk) -> None:
    text = "k,v\n1,a\n2,b\n,\nx,y\n3,c\n"
    first, second = pairs(table=1), dataset(column("x", required=True, key=True), column("y"), table=2)
    assert desk.take(first, text).quarantined == 0 and desk.accepted(first) == [("1", "a"), ("2", "b")]
    assert desk.take(second, text).quarantined == 0 and desk.accepted(second) == [("3", "c")]


TEN = "k,v\n" + "".join(f"{n},text {n}\n" for n in range(10, 20))


@pytest.mark.parametrize("blank", ["\n", ",\n", " , \n", "\r\n", "\n\n"])
@pytest.mark.parametrize("more", ["x,y\n3,c\n", "名称,2024年\n甲,5\n"])
def test_a_second_table_is_never_taken_for_the_first(desk: Desk, blank: str, more: str) -> None:
    one = pairs()
    batch = desk.take(one, TEN + blank + more)
    assert batch.accepted == 10 and batch.reasons["structure:second_table"] == 2, batch.reasons
    assert [kept.get("_text") for _, _, kept in desk.rejected(one)][-2:] == more.splitlines()


@pytest.mark.parametrize("more", ["20,x\n\n21,y\n", "20,\n", "k,v\n20,x\n", "注：无,\n20,x\n", "9999,text, 4\n20,x\n"])
def test_a_blank_line_that_strayed_harms_no_record(desk: Desk, more: str) -> None:
    one = pairs()
    batch = desk.take(one, TEN + "\n" + more)
    assert "structure:second_table" not in batch.reasons and desk.accepted(one)[10][0] == "20"


def test_a_header_of_two_rows_that_is_repeated_is_told(desk: Desk) -> None:
    one = dataset(
        column("k", headers=("编号",), key=True, required=True), column("v", headers=("人口 男",)), header_rows=2
    )
    text = "编号,人口\n,男\n1,a\n2,b\n3,c\n4,d\n编号,人口\n,男\n5,e\n"
    batch = desk.take(one, text)
    assert dict(batch.reasons) == {"structure:repeated_header": 2} and batch.accepted == 5


def test_a_footer_ends_nothing_where_records_follow(desk: Desk) -> None:
    one = pairs(footer=("合.*",))
    batch = desk.take(one, "k,v\n1,a\n2,b\n合计,2\n3,\n4,d\n合计,4\n制表：某人\n")
    assert dict(batch.reasons) == {"structure:footer": 1}
    assert [row[0] for row in desk.accepted(one)] == ["1", "2", "3", "4"]
    assert "footer take all there is" in desk.take(pairs(footer=(".*",)), "k,v\n1,a\n2,b\n").message


def test_a_null_in_quotes_harms_its_own_record_only(desk: Desk) -> None:
    one = pairs()
    batch = desk.take(one, 'k,v\n1,a\n2,"x\0y"\n3,c\n4,"d"\n')
    assert dict(batch.reasons) == {"structure:nul": 1} and batch.accepted == 3


@pytest.mark.parametrize(
    ("delimiter", "line", "cells"),
    [
        ("||", "1||a|||b", None),
        ("||", "1||||b", ("1", None, "b")),
        ("||", "1||a|b||c", ("1", "a|b", "c")),
        ("||", "1||a||b|", ("1", "a", "b|")),
        ("||", "1|||a||b", None),
        ("、、", "1、、a、b、、c", ("1", "a、b", "c")),
        ("、、", "1、、a、、、c", None),
        ("###", "1###a##b###c#", ("1", "a##b", "c#")),
        ("###", "1###a####c", None),
    ],
)
def test_more_signs_than_a_delimiter_has_are_no_telling(
    desk: Desk, delimiter: str, line: str, cells: tuple[str | None, ...] | None
) -> None:
    one = dataset(column("k"), column("v"), column("w"), delimiter=delimiter)
    head = delimiter.join("kvw") + "\n" + "".join(f"{n}{delimiter}x{delimiter}y\n" for n in range(4, 7))
    batch = desk.take(one, head + line + "\n")
    assert dict(batch.reasons) == ({} if cells else {"structure:delimiter": 1})
    assert desk.accepted(one)[3:] == ([cells] if cells else [])


def test_a_wrong_delimiter_of_several_signs_is_told(desk: Desk) -> None:
    message = desk.take(pairs(delimiter="||"), "k\tv\n1\ta\n").message
    assert "line 1 is delimited by a tab" in message
    assert "contracted columns are missing" in desk.take(pairs(delimiter="\\t"), "k;v\n1;a\n").message


# fmt: off
FOOTERS = [
    "本页合计", "合计数", "合计（人）", "合 计：", "平均", "平均值", "总数", "汇总", "审核：某人",
    "单位负责人：某人", "统计时间：2026年",
    "数据截止2026年3月：无", "EOF", "共3条记录", "以下空白", "注1：无", "（注：无）", "※说明：无", "合计：48",
    "total(all)",
    "(3 rows affected)", "共 3 条记录", "End of report", "第1页 共3页", "—— 完 ——", "* 单位: 万元", "-- end --",
]
# fmt: on
# fmt: off
NAMES = [
    "小计量器具厂", "平均村", "总数据局", "汇总通讯社", "审核科", "完", "第1页纸", "注册", "说明书", "(甲)",
    "*乙", "-丙", "完美", "合计算法", "单位一",
    "End", "共和",
]
# fmt: on


@pytest.mark.parametrize("place", ["{},", ",{}"])
def test_lines_below_a_table_are_told(desk: Desk, place: str) -> None:
    one = dataset(column("k", key=True), column("v"))
    batch = desk.take(one, "k,v\n" + "".join(f"{word},1\n" for word in [*NAMES, *map(str, range(40))]))
    assert (batch.quarantined, batch.message) == (0, "")
    other = dataset(column("k", key=True), column("v"))
    rows = "".join(f"{n},x\n" for n in range(60)) + "".join(place.format(word) + "\n" for word in FOOTERS)
    assert desk.take(other, "k,v\n" + rows).reasons["structure:footer"] == len(FOOTERS)
    assert {row[0] for row in desk.accepted(other)} == {str(n) for n in range(60)}


@pytest.mark.parametrize("rule", ["-----|----", "---|:--:", "+----+----+", "====|====", "-----+----", "———|———"])
def test_a_rule_between_lines_is_no_record(desk: Desk, rule: str) -> None:
    one = pairs(delimiter="|")
    batch = desk.take(one, f"k|v\n{rule}\n1|a\n-1|--\n-|b\n")
    assert dict(batch.reasons) == {"structure:rule": 1}
    assert [row[0] for row in desk.accepted(one)] == ["1", "-1", "-"]


def test_a_refusal_names_what_is_declared_wrong(desk: Desk) -> None:
    text = "k,v\n1,a\n2,b\n"
    told = {
        "line ends are LF 3, and the contract says CRLF": (pairs(line_end="CRLF"), text),
        "after the 50 lines that the contract passes over": (pairs(skip_rows=50), text),
        "line 1 is the header, and begins as a comment does": (pairs(comment="#"), "#k,v\n1,a\n"),
        "are in quotes, and the contract says quote: ''": (pairs(quote=""), '"k","v"\n"1","a"\n'),
        "has a line end in it": (pairs(), '"k\n(code)",v\n1,a\n'),
    }
    for said, (one, delivered) in told.items():
        assert said in (message := desk.take(one, delivered).message), message


def test_damage_of_utf_8_is_not_taken_for_another_encoding(desk: Desk) -> None:
    full = desk.take(pairs(), TEN.encode() + b"\0" * 4096)
    assert "utf-16" not in full.message
    for bad in (b"1,\xed\xa0\xbd\xed\xb8\x80\n", b"1,\xc0\x80\n", "1,中文中文中文中文\n".encode() + b"2,\xff\n"):
        message = desk.take(pairs(), TEN.encode() + bad).message
        assert "utf-8" in message and "gb18030" not in message
    assert "line 13)" in message
    assert "gb18030" in desk.take(pairs(), "k,v\n1,中文\n".encode("gb18030")).message


def test_the_sign_that_dos_ends_a_text_with_is_no_record(desk: Desk) -> None:
    one = pairs()
    batch = desk.take(one, "k,v\r\n1,a\r\n2,b\r\n\x1a")
    assert (batch.quarantined, desk.accepted(one)) == (0, [("1", "a"), ("2", "b")]), batch.message
