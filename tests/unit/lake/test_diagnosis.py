"""What a refused text shows of itself: encoding, line ends, the place of its header; and names by shape alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from lake.readers.diagnosis import encoding_hint, header_hint, line_ends, shape, shown
from tests.unit.lake.desk import column, dataset, people

LINES = "id,name,age\n1,张三,41\n"


@pytest.mark.parametrize(
    ("declared", "content", "says"),
    [
        ("utf-8", LINES.encode(), ""),
        ("utf-8", LINES.encode("utf-8-sig"), ""),
        ("utf-8", LINES.encode("gb18030"), "gb18030"),
        ("utf-8", "㐀㐁".encode("gb18030"), "gb18030"),
        ("utf-8", LINES.encode("utf-16"), "utf-16 (it begins with that encoding's mark)"),
        ("utf-8", LINES.encode("utf-16-le"), "utf-16-le"),
        ("utf-8", LINES.encode("utf-16-be"), "utf-16-be"),
        ("utf-16", LINES.encode("utf-16-le"), "utf-16-le"),
        ("gb18030", LINES.encode(), "utf-8"),
        ("gb18030", LINES.encode("utf-8-sig"), "utf-8 (it begins with that encoding's mark)"),
        ("gb18030", b"id,name\n1,a\n", ""),
        ("gbk", LINES.encode("gbk"), ""),
        ("utf-8", "編號,名稱\n1,國\n".encode("big5"), "gb18030 or big5"),
        ("utf-8", b"\xff\xff", ""),
        ("utf-8", b"", ""),
    ],
)
def test_the_encoding_that_the_bytes_show(declared: str, content: bytes, says: str) -> None:
    hint = encoding_hint(people(encoding=declared).source, content)
    assert hint == (f"its bytes are those of {says}, and the contract says {declared}" if says else "")


def test_line_ends_are_counted_by_kind() -> None:
    assert line_ends(b"a\r\nb\nc\rd\r\r\ne\n") == "CR CR LF 1, CR LF 1, LF 2, CR 1"
    assert line_ends(b"abc") == "none"


@pytest.mark.parametrize(
    ("source", "text", "says"),
    [
        ({}, "导出自人口库\n\nid,name,age\n", "the contracted header stands in line 3: declare skip_rows: 2"),
        ({}, "id;name;age\n1;a;2\n", "line 1 is delimited by a semicolon: declare that as delimiter"),
        ({"delimiter": "|"}, "x\nid\tname\tage\n", "line 2: declare skip_rows: 1; line 2 is delimited by a tab"),
        ({}, 'id,"name,age\n1,a,2\n', "a quote is opened in line 1 and not closed there"),
        ({}, "nothing,of,this\n", ""),
        ({}, "", ""),
    ],
)
def test_where_the_contracted_header_stands(source: dict[str, str], text: str, says: str, tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_text(text, "utf-8")
    hint = header_hint(people(**source), file)
    assert says in hint and bool(says) is bool(hint)


def test_a_header_like_a_contracted_one_is_told_and_any_other_by_its_shape() -> None:
    one = dataset(column("phone", headers=("联系电话",)))
    assert shown({0: "电话", 3: "Phone No"}, one) == "column 1 '电话', column 4 'Phone No'"
    assert shown({1: "孙某某990101199003071233"}, one) == "column 2 <3 Han, 18 digits>"
    assert shown({1: "孙某某"}, one, ordered=False) == "<3 Han>"
    assert shown(dict.fromkeys(range(20), "x"), one, ordered=False).endswith(" and 12 more")


@given(some.text(min_size=1))
def test_a_shape_tells_kinds_and_numbers_and_no_character(text: str) -> None:
    told = shape(text)
    assert sum(int(part.split()[0]) for part in told.strip("<>").split(", ")) == len(text)
    assert all(part.split()[1] in {"Han", "letters", "digits", "others"} for part in told.strip("<>").split(", "))
