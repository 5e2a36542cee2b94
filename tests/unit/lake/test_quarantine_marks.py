"""A workbook of rejected rows is known again whoever saved it, and what cannot be judged counts as one."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Mapping

import openpyxl
import pyarrow as pa
import pytest

from lake.quarantine.marks import holds_rows
from lake.quarantine.rows import Found
from lake.quarantine.workbook import ID, Heading, write_workbook
from tests.unit.lake.desk import people

BATCH = "0123456789abcdef" * 2


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder, one = tmp_path_factory.mktemp("marks"), people()
    row = {"batch": BATCH, "record": 7, "line": None, "faults": ["type:age"], "surplus": None}
    cells = {f"c{number}": "x" for number in range(len(one.columns))}
    found = Found(pa.Table.from_pylist([row | cells]), 1)
    write_workbook(folder / "x.xlsx", folder / "scratch", one, found, Heading({BATCH: "x.csv"}, "hai", "2026-11-20"))
    return (folder / "x.xlsx").read_bytes()


def packed(parts: Mapping[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return target.getvalue()


def workbook(*rows: tuple[str, ...]) -> bytes:
    book, target = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(target)
    return target.getvalue()


def test_an_exported_workbook_is_known_whatever_was_done_to_it(exported: bytes) -> None:
    assert holds_rows(exported)
    book, saved = openpyxl.load_workbook(io.BytesIO(exported)), io.BytesIO()
    for sheet in book:
        sheet.delete_rows(1, 50)
    book.save(saved)
    assert holds_rows(saved.getvalue()), "by its hidden mark alone"
    assert holds_rows(workbook(("x", f"{BATCH}:7"))) and holds_rows(workbook(("更正 correction: age age",)))
    page = f"<table><td>{ID[0]}<b>{ID[1:]}</b>".encode("gb18030")
    texts = [page, f"{ID}\t1".encode("utf-16"), b"&#32534;&#21495; id", f"a,{BATCH}:L3".encode()]
    assert [holds_rows(text) for text in texts] == [True] * 4


def test_what_cannot_be_judged_counts_as_rows_and_what_has_none_of_it_does_not(exported: bytes) -> None:
    doubtful = [
        exported[:-400],
        packed({"a.zip": exported}),
        packed({"big.xml": b" " * (49 << 20)}),
        gzip.compress(b"x"),
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 an encrypted workbook",
        b"PK\x03\x04",
        b"before" + exported,
    ]
    assert [holds_rows(one) for one in doubtful] == [True] * len(doubtful)
    plain = [b"", "请看说明。".encode(), b"%PDF-1.7 x", workbook(("姓名", "age"), ("a", "1")), packed({"a.txt": b"a"})]
    assert [holds_rows(one) for one in plain] == [False] * len(plain)
