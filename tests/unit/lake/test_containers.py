"""Parquet, SQLite, XML, dbf, archives and what was packed: what the container says of its values, beyond the values."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sqlite3
import struct
import subprocess
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contracts.model import DeliveryMode
from tests.unit.lake.desk import Desk, column, dataset, people

CSV = "id,name,age\n1,张三,30\n2,李四,\n"
TWO = [("1", "张三", 30), ("2", "李四", None)]
V = (column("id"), column("v"))


def parquet(path: Path, values: pa.Array, **options: Any) -> None:
    ids = pa.array([str(n) for n in range(len(values))])
    pq.write_table(pa.table({"id": ids, "v": values}), path, **options)


MOMENT = datetime(2026, 1, 4, 17, 0, 0)
READABLE: dict[str, tuple[pa.Array, str | None]] = {
    "text": (pa.array(["张"]), "张"),
    "large text": (pa.array(["张"], pa.large_string()), "张"),
    "dictionary": (pa.array(["张"]).dictionary_encode(), "张"),
    "bare bytes": (pa.array(["张".encode()], pa.binary()), "张"),
    "fixed bytes": (pa.array([b"abcd"], pa.binary(4)), "abcd"),
    "null": (pa.nulls(1), None),
    "uint64": (pa.array([2**64 - 1], pa.uint64()), "18446744073709551615"),
    "int8": (pa.array([-7], pa.int8()), "-7"),
    "boolean": (pa.array([True]), "true"),
    "float32": (pa.array([0.1], pa.float32()), "0.1"),
    "float16": (pa.array([1.5], pa.float16()), "1.5"),
    "double": (pa.array([1 / 3]), "0.3333333333333333"),
    "decimal": (pa.array([Decimal("1.20")], pa.decimal128(38, 2)), "1.20"),
    "wide decimal": (pa.array([Decimal("-1234567890123456789012345678901234567890.50")], pa.decimal256(60, 2)),
                     "-1234567890123456789012345678901234567890.50"),
    "date": (pa.array([date(2024, 2, 29)]), "2024-02-29"),
    "time": (pa.array([time(8, 30, 0, 5)], pa.time64("us")), "08:30:00.000005"),
    "time in ns": (pa.array([30_600_000_000_005], pa.time64("ns")), "08:30:00.000000005"),
    "timestamp": (pa.array([MOMENT], pa.timestamp("ms")), "2026-01-04 17:00:00"),
    "timestamp in ns": (pa.array([1], pa.timestamp("ns")), "1970-01-01 00:00:00.000000001"),
    "instant": (pa.array([MOMENT], pa.timestamp("us", "UTC")), "2026-01-05 01:00:00"),
    "instant of another zone": (pa.array([MOMENT], pa.timestamp("us", "America/New_York")), "2026-01-05 01:00:00"),
    "instant in ns": (pa.array([MOMENT], pa.timestamp("ns", "UTC")), "2026-01-05 01:00:00"),
}  # fmt: skip


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "UTC"])
@pytest.mark.parametrize("kind", READABLE)
def test_a_parquet_value_is_what_its_type_says(desk: Desk, kind: str, zone: str) -> None:
    values, text = READABLE[kind]
    one = dataset(*V, format="parquet", zone=zone)
    parquet(desk.file(one), values)
    (batch,) = desk.ingest(one)
    if kind.startswith("instant") and zone == "UTC":
        text = "2026-01-04 17:00:00"
    assert desk.accepted(one) == [("0", text)], batch.message


def test_int96_is_what_its_writer_means(desk: Desk) -> None:
    one = dataset(*V, format="parquet")
    parquet(desk.file(one), pa.array([MOMENT], pa.timestamp("us")), use_deprecated_int96_timestamps=True)
    (batch,) = desk.ingest(one)
    assert desk.accepted(one) == [("0", "2026-01-04 17:00:00")], batch.message
    spark = dataset(*V, format="parquet")
    table = pa.table({"id": ["0"], "v": pa.array([MOMENT], pa.timestamp("us"))})
    table = table.replace_schema_metadata({"org.apache.spark.version": "3.5.0"})
    pq.write_table(table, desk.file(spark), use_deprecated_int96_timestamps=True)
    (batch,) = desk.ingest(spark)
    assert desk.accepted(spark) == [("0", "2026-01-05 01:00:00")], batch.message


@pytest.mark.parametrize(
    "values",
    [
        pa.array([b"\xff\xfe"], pa.binary()),
        pa.array([b"a\0"], pa.binary()),
        pa.array([[1, 2]]),
        pa.array([{"a": 1}]),
        pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int64())),
        pa.array([5], pa.duration("s")),
        pa.array([1], pa.timestamp("ns", "UTC")),
    ],
    ids=lambda values: str(values.type),
)
def test_a_parquet_type_that_is_no_text_is_refused_by_name(desk: Desk, values: pa.Array) -> None:
    one = dataset(*V, format="parquet")
    parquet(desk.file(one), values)
    (batch,) = desk.ingest(one)
    assert batch.state == "failed" and "the column 'v' is of the type" in batch.message


def test_parquet_names_that_differ_by_case_and_columns_beside(desk: Desk) -> None:
    one = dataset(column("id"), column("v"), format="parquet", ignored_headers=("*",))
    columns = {"ID": ["UPPER"], "x": [[1]], "id": ["lower"], "V": ["UPPER"], "v": ["low"], "file_row_number": [7]}
    pq.write_table(pa.table(columns), desk.file(one))
    (batch,) = desk.ingest(one)
    assert desk.accepted(one) == [("lower", "low")], batch.message


def test_a_parquet_column_twice_is_refused(desk: Desk) -> None:
    one = dataset(*V, format="parquet")
    pq.write_table(pa.Table.from_arrays([pa.array(["a"])] * 3, names=["id", "v", "v"]), desk.file(one))
    (batch,) = desk.ingest(one)
    assert batch.state == "failed" and "2 times" in batch.message


def sqlite(path: Path, *statements: str) -> None:
    file = sqlite3.connect(path)
    for statement in statements:
        file.execute(statement)
    file.commit()
    file.close()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("990101199003071233", "990101199003071233"),
        ("9223372036854775807", "9223372036854775807"),
        ("0.1", "0.1"),
        ("1.0/3", "0.3333333333333333"),
        ("1e300", "1e+300"),
        ("'00123'", "00123"),
        ("'张'", "张"),
        ("null", None),
        ("cast('张' as blob)", "张"),
    ],
)
@pytest.mark.parametrize("declared", ["", "text", "blob"])
def test_a_sqlite_value_is_read_by_its_own_class(desk: Desk, declared: str, value: str, text: str | None) -> None:
    one = dataset(*V, format="sqlite", member="t")
    sqlite(desk.file(one), f"create table t (id, v {declared})", f"insert into t values ('a', {value}), ('b', 'x')")
    (batch,) = desk.ingest(one)
    if declared == "text" and value in {"1e300"}:
        text = "1.0e+300"
    if declared == "text" and value == "1.0/3":
        text = "0.333333333333333"  # SQLite itself made it that text when it was stored
    assert desk.accepted(one) == [("a", text), ("b", "x")], batch.message


@pytest.mark.parametrize(
    ("value", "fault"),
    [("cast(x'd5c5' as text)", "cell:not_utf8"), ("x'ff00'", "cell:binary"), ("x'6100'", "cell:binary")],
)
def test_sqlite_bytes_that_are_no_text(desk: Desk, value: str, fault: str) -> None:
    one = dataset(*V, format="sqlite", member="t")
    sqlite(desk.file(one), "create table t (id, v)", f"insert into t values ('a', {value}), ('b', 'x'), ('c', 'y')")
    (batch,) = desk.ingest(one)
    assert [row[0] for row in desk.accepted(one)] == ["b", "c"], batch.message
    assert batch.reasons == {fault: 1}


@pytest.mark.parametrize(
    "statements",
    [
        ["create table a (id, v)", "insert into a values ('1', 'x')", "create view T as select * from a"],
        ["create table t (id primary key, v) without rowid", "insert into t values ('1', 'x')"],
        ["create table t (id, w, v as (w || '') stored)", "insert into t values ('1', 'x')"],
        ["create virtual table t using fts5(id, v)", "insert into t values ('1', 'x')"],
    ],
)
def test_views_and_other_tables_of_sqlite(desk: Desk, statements: list[str]) -> None:
    one = dataset(*V, format="sqlite", member="t", ignored_headers=("w",))
    sqlite(desk.file(one), *statements)
    (batch,) = desk.ingest(one)
    assert desk.accepted(one) == [("1", "x")], batch.message


def test_a_sqlite_file_without_its_log_is_refused(desk: Desk) -> None:
    one = dataset(*V, format="sqlite", member="t")
    path = desk.file(one)
    sqlite(path, "pragma journal_mode=wal", "create table t (id, v)", "insert into t values ('1', 'x')")
    (batch,) = desk.ingest(one)
    assert batch.state == "failed" and "WAL" in batch.message
    journal = dataset(*V, format="sqlite", member="t")
    path = desk.file(journal)
    sqlite(path, "create table t (id, v)", "insert into t values ('1', 'x')")
    path.with_name(f"{path.name}-journal").write_bytes(b"x" * 512)
    (batch,) = desk.ingest(journal)
    assert batch.state == "failed" and "journal" in batch.message


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "GBK", "utf-16"])
def test_records_of_xml(desk: Desk, encoding: str) -> None:
    one = dataset(column("id"), column("name"), column("note"), format="xml", records="/data/rows/row")
    text = (
        f'<?xml version="1.0" encoding="{encoding}"?>\n<data xmlns="urn:x"><head><row id="9"/></head><rows>'
        '<row id="1"><name>张&lt;三&#65;</name><note><![CDATA[a<b>]]></note></row><!-- <row id="8"/> -->'
        '<row><id>2</id><name/></row><row id="3"><name>x</name></row></rows></data>'
    )
    batch = desk.take(one, text.encode(encoding))
    assert desk.accepted(one) == [("1", "张<三A", "a<b>"), ("2", None, None), ("3", "x", None)], batch.message


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("<row><id>2</id><id>3</id></row>", "structure:key_twice"),
        ('<row id="2"><id>3</id></row>', "structure:key_twice"),
        ("<row><id>2</id><name><first>x</first></name></row>", "cell:nested"),
        ("<row>text<id>2</id></row>", "structure:unknown_key"),
    ],
)
def test_an_xml_record_that_is_no_row(desk: Desk, row: str, fault: str) -> None:
    one = dataset(column("id"), column("name"), format="xml", ignored_headers=())
    many = "".join(f"<row><id>{n}</id></row>" for n in range(1000))
    batch = desk.take(one, f"<rows>{many}{row}</rows>")
    assert (batch.rows_read, batch.reasons) == (1001, {fault: 1}), batch.message


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("<!DOCTYPE r [<!ENTITY a 'xxxxx'>]><rows><row><id>&a;</id></row></rows>", "declares entities"),
        ("<rows><row><id>1</id></row>", "was cut"),
        ("<rows></rows>", "no records"),
        ("<!-- -->", "no well-formed XML"),
        ("id,name\n1,2\n", "no well-formed XML"),
        ('<?xml version="1.0" encoding="utf-8"?><rows><row><id>\xd5</id></row></rows>', "no well-formed XML"),
    ],
)
def test_xml_that_is_refused(desk: Desk, text: str, says: str) -> None:
    one = dataset(column("id"), format="xml")
    batch = desk.take(one, text.encode("latin-1"))
    assert batch.state == "failed" and says in batch.message


def dbf(fields: list[tuple[str, str, int, int]], records: list[list[bytes]], encoding: str = "gb18030") -> bytes:
    """A dbf by its description; a record that begins with `*` is deleted."""
    described = b"".join(
        struct.pack("<11sc4xBB14x", name.encode(encoding), kind.encode(), size, places)
        for name, kind, size, places in fields
    )
    length = 1 + sum(size for _, _, size, _ in fields)
    head = struct.pack("<BBBBIHH20x", 3, 126, 11, 2, len(records), 33 + len(described), length)
    return head + described + b"\r" + b"".join(mark[0] + b"".join(mark[1:]) for mark in records) + b"\x1a"


def test_a_dbf_has_text_numbers_dates_and_deleted_records(desk: Desk) -> None:
    one = dataset(
        column("id"), column("name"), column("n"), column("day"), column("flag"), format="dbf", encoding="gb18030"
    )
    fields = [("id", "C", 4, 0), ("name", "C", 8, 0), ("n", "N", 8, 2), ("day", "D", 8, 0), ("flag", "L", 1, 0)]

    def record(mark: bytes, key: str, n: str, day: str, flag: str) -> list[bytes]:
        name = "张三".encode("gb18030").ljust(8)
        return [mark, key.encode().ljust(4), name, n.encode().rjust(8), day.encode().ljust(8), flag.encode()]

    records = [
        record(b" ", "0001", "1.10", "20240229", "T"),
        record(b"*", "0002", "1.10", "20240229", "T"),
        record(b" ", "0003", "", "", "?"),
        record(b" ", "0004", "********", "20240229", "F"),
        record(b" ", "0005", "1", "20230229", "F"),
    ]
    batch = desk.take(one, dbf(fields, records))
    assert desk.accepted(one) == [("0001", "张三", "1.10", "2024-02-29", "TRUE"), ("0003", "张三", None, None, None)]
    assert (batch.rows_read, batch.reasons) == (4, {"cell:unreadable": 2}), batch.message


def test_dbf_that_is_refused(desk: Desk) -> None:
    fields = [("id", "C", 4, 0), ("name", "M", 10, 0)]
    content = dbf(fields, [[b" ", b"0001", b" " * 10]])
    one = dataset(column("id"), column("name"), format="dbf")
    assert "'name' is of the dbf type 'M'" in desk.take(one, content).message
    one = dataset(column("id"), column("name"), format="dbf")
    assert "truncated" in desk.take(one, content[:-8]).message
    one = dataset(column("id"), column("姓名"), format="dbf")
    named = dbf([("id", "C", 4, 0), ("姓名", "C", 4, 0)], [[b" ", b"0001", b"abcd"]])
    assert "names of its fields are not utf-8" in desk.take(one, named).message


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "two gzip members": lambda raw: gzip.compress(raw[:7]) + gzip.compress(raw[7:]),
    "zstd": lambda raw: _zstd(raw),
    "two zstd frames": lambda raw: _zstd(raw[:7]) + _zstd(raw[7:]),
    "xz": lzma.compress,
    "bzip2": bz2.compress,
}


def _zstd(raw: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as packed:
        packed.write(raw)
    return bytes(sink.getvalue())


@pytest.mark.parametrize("packer", PACKERS)
def test_what_was_packed_is_unpacked_by_its_first_bytes(desk: Desk, packer: str) -> None:
    one = people(path=f"*/people_{packer.replace(chr(32), chr(95))}.csv.gz", format="csv", encoding="gb18030")
    batch = desk.take(one, PACKERS[packer](CSV.encode("gb18030")))
    assert desk.accepted(one) == TWO, batch.message


@pytest.mark.parametrize(
    ("packer", "damage"),
    # The libraries of xz and bzip2 pass over what follows.
    [(packer, damage) for packer in ("gzip", "zstd") for damage in ("cut", "junk", "flip")]
    + [(packer, damage) for packer in ("xz", "bzip2") for damage in ("cut", "flip")],
)
def test_what_was_packed_and_damaged_is_refused(desk: Desk, packer: str, damage: str) -> None:
    raw = PACKERS[packer](CSV.encode() * 50 + bytes(range(32, 126)))
    middle = len(raw) // 2
    bad = {
        "cut": raw[:-6],
        "junk": raw + b"junk",
        "flip": raw[:middle] + bytes([raw[middle] ^ 255]) + raw[middle + 1 :],
    }
    one = people(path=f"*/{packer}_{damage}.csv", format="csv")
    batch = desk.take(one, bad[damage])
    if packer == "zstd" and damage == "flip":
        assert batch.state == "failed" or batch.rows_read  # it has no checksum unless its writer asks for one
    else:
        assert batch.state == "failed" and "cannot be unpacked" in batch.message


@pytest.mark.parametrize("packer", ["gzip", "zstd"])
def test_what_unpacks_without_end_is_refused(desk: Desk, packer: str) -> None:
    one = people(path=f"*/bomb_{packer}.csv", format="csv")
    batch = desk.take(one, PACKERS[packer](b"id,name,age\n" + b"0" * (8 << 20)))
    assert batch.state == "failed" and "largest_ratio" in batch.message
    small = people(path=f"*/large_{packer}.csv", format="csv", largest_unpacked=10)
    batch = desk.take(small, PACKERS[packer](CSV.encode()))
    assert batch.state == "failed" and "largest_unpacked" in batch.message


def archive(members: list[tuple[str, bytes]]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members:
            made.writestr(name, content)
    return sink.getvalue()


MEMBER = CSV.encode()


@pytest.mark.parametrize(
    ("names", "source"),
    [
        (["a.csv"], {}),
        (["A.CSV"], {}),
        (["sub/a.Csv"], {}),
        (["a.csv", "__MACOSX/._a.csv", "__MACOSX/a.csv", ".DS_Store", "Thumbs.db", "x.csv/"], {}),
        (["a.csv", "readme.txt"], {}),
        (["人口2026.csv", "其他.csv"], {"member": "人口*.csv"}),
        (["../../a.csv"], {}),
        (["a.txt", "b.zip"], {"member": "a.*"}),
    ],
)
def test_members_are_chosen_as_people_read_them(desk: Desk, names: list[str], source: dict[str, str]) -> None:
    one = people(format="zip", **source)
    batch = desk.take(one, archive([(name, b"" if name.endswith("/") else MEMBER) for name in names]))
    assert desk.accepted(one) == TWO, batch.message


@pytest.mark.parametrize(
    ("names", "source", "says"),
    [
        (["a.csv", "b.zip"], {}, "no archive within another"),
        (["b.zip"], {}, "no archive within another"),
        (["a.csv", "b.xlsx"], {}, "'b.xlsx' would be left out"),
        (["b.txt"], {}, "no member matches '*.csv'; it has 'b.txt'"),
        (["a.csv"], {"largest_unpacked": 10}, "largest_unpacked"),
        (["data1.csv", "DATA2.csv"], {"member": "data*.csv"}, "'DATA2.csv' would be left out"),
    ],
)
def test_nothing_in_an_archive_is_left_out_without_a_word(
    desk: Desk, names: list[str], source: dict[str, Any], says: str
) -> None:
    one = people(format="zip", **source)
    batch = desk.take(one, archive([(name, MEMBER) for name in names]))
    assert batch.state == "failed" and says in batch.message


def _parquet_bytes() -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"id": ["1", "2"], "name": ["张三", "李四"], "age": [30, None]}), sink)
    return bytes(sink.getvalue())


@pytest.mark.parametrize(
    ("format_", "member"),
    [
        ("ndjson", '{"id":"1","name":"张三","age":30}\n{"id":"2","name":"李四"}\n'.encode()),
        ("json", '[{"id":"1","name":"张三","age":30},\n{"id":"2","name":"李四"}]'.encode()),
        ("xml", "<r><p><id>1</id><name>张三</name><age>30</age></p><p id='2'><name>李四</name></p></r>".encode()),
        ("html", "<table><tr><td>id<td>name<td>age<tr><td>1<td>张三<td>30<tr><td>2<td>李四</table>".encode()),
        ("parquet", _parquet_bytes()),
    ],
)
def test_members_of_any_format(desk: Desk, format_: str, member: bytes) -> None:
    one = people(format="zip", member_format=format_)
    batch = desk.take(one, archive([(f"b.{format_}", member), (f"a.{format_}", member)]))
    assert (batch.rows_read, batch.accepted) == (4, 4), batch.message
    assert sorted(desk.accepted(one)) == sorted(TWO * 2)


def _tar(file: Path, packing: str, members: Mapping[str, str]) -> bytes:
    with tarfile.open(file, f"w:{packing}") as archive:
        for name, text in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
    return file.read_bytes()


def test_a_tar_is_read_whole_however_it_is_packed_and_never_by_half(desk: Desk, tmp_path: Path) -> None:
    one = replace(people(format="tar"), mode=DeliveryMode.SNAPSHOT)
    members = {"./a.csv": "id,name,age\na,张三,1\n", "b/b.csv": "id,name,age\nb,李四,2\n", "README": "what this is"}
    plain = _tar(tmp_path / "t.tar", "", members)
    rest = len(plain) - len(plain.rstrip(b"\0"))
    packed = {
        "2026-11-02": plain,
        "2026-11-03": _tar(tmp_path / "t.gz", "gz", members),
        "2026-11-04": pa.compress(plain, codec="zstd", asbytes=True),
    }
    for day, content in packed.items():
        desk.deliver(one, content, day)
    assert [(batch.state, batch.rows_read) for batch in desk.ingest(one)] == [("accepted", 2)] * 3
    cut = {
        "in the end": plain[: len(plain) - rest + (-(len(plain) - rest)) % 512],
        "in a member": plain[:600],
        "in its packing": packed["2026-11-03"][:-20],
        "in its frame": packed["2026-11-04"][:-20],
        "nowhere, twice": plain + plain,
    }
    for place, (where, content) in enumerate(cut.items()):
        half = people(format="tar")
        batch = desk.take(half, content)
        assert batch.state == "failed", where
        assert ("cut" in batch.message or "behind" in batch.message) and "Ask for" in batch.message, (place, where)


@pytest.mark.parametrize("format_", ["gnu", "posix"])
def test_a_tar_of_files_with_holes_says_so(desk: Desk, tmp_path: Path, format_: str) -> None:
    with (tmp_path / "a.csv").open("wb") as file:
        file.write(b"id,name,age\na,x,1\n")
        file.truncate(1 << 20)
    made = ["tar", "--sparse", f"--format={format_}", "-cf", str(tmp_path / "t.tar"), "-C", str(tmp_path), "a.csv"]
    subprocess.run(made, check=True)
    batch = desk.take(people(format="tar"), (tmp_path / "t.tar").read_bytes())
    assert batch.state == "failed" and "with holes" in batch.message and "--sparse" in batch.message
