"""Containers of a strange making: what they hold beside, behind or within what is read, and what they are in truth."""

from __future__ import annotations

import io
import zipfile

import pytest

from tests.unit.lake.desk import Desk, column, dataset, people

CSV = "id,name,age\n1,张三,30\n2,李四,\n"
TWO = [("1", "张三", 30), ("2", "李四", None)]
V = (column("id"), column("v"))


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
