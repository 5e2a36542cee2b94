"""Deliveries that fail as a whole: told by file, place and next step, never by a value; the others still go in."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from contracts.model import Dataset
from tests.unit.lake.desk import Desk, people, write_parquet, write_sqlite

# Stands for a person's data: it may be in the file, and in no message.
CANARY = "金丝雀CANARY7731"
MANY = [(str(place), CANARY, place % 90) for place in range(3000)]
CSV = "id,name,age\n" + "".join(f"{one},{name},{age}\n" for one, name, age in MANY)
NDJSON = "".join(json.dumps({"id": i, "name": n, "age": a}, ensure_ascii=False) + "\n" for i, n, a in MANY)
GOOD = "id,name,age\n1,好,1\n"

Write = Callable[[Path], None]


@dataclass(frozen=True)
class Bad:
    """A delivery that cannot be taken: how it is written, and what its message must say."""

    name: str
    write: Write
    says: str
    source: Mapping[str, Any] = field(default_factory=dict)


def text(content: str, encoding: str = "utf-8") -> Write:
    """A writer of that text."""
    return raw(content.encode(encoding))


def raw(content: bytes) -> Write:
    """A writer of those bytes."""

    def written(path: Path) -> None:
        path.write_bytes(content)

    return written


def cut(write: Write, share: float = 0.5) -> Write:
    """The same file, with its end lost on the way."""

    def written(path: Path) -> None:
        write(path)
        whole = path.read_bytes()
        path.write_bytes(whole[: int(len(whole) * share)])

    return written


def _xlsx(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for place, row in enumerate([("id", "name", "age"), *MANY[:50]]):
            sheet.write_row(place, 0, row)


def _parquet(path: Path) -> None:
    write_parquet(path, MANY)


def _sqlite(path: Path) -> None:
    write_sqlite(path, MANY)


def _zip(member: bytes, name: str = "people.csv") -> Write:
    def written(path: Path) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, member)

    return written


def _spoilt_zip(path: Path) -> None:
    _zip(CSV.encode())(path)
    whole = bytearray(path.read_bytes())
    whole[200:400] = bytes(200)
    path.write_bytes(bytes(whole))


def _locked_zip(path: Path) -> None:
    _zip(CSV.encode())(path)
    whole = bytearray(path.read_bytes())
    whole[6] |= 1
    whole[whole.rindex(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(bytes(whole))


def _geojson(properties: dict[str, object]) -> Write:
    feature = {"type": "Feature", "geometry": None, "properties": properties}
    return text(json.dumps({"type": "FeatureCollection", "features": [feature] * 50}, ensure_ascii=False))


_SQLITE = {"format": "sqlite", "member": "people"}
BAD = [
    Bad("empty", raw(b""), "the file is empty (0 bytes)"),
    Bad("header_only", text("id,name,age\n"), "the file has no records"),
    Bad("header_only_no_newline", text("id,name,age"), "the file has no records"),
    Bad("csv_cut", text(CSV[: CSV.rindex(",")]), "truncated: its last record has 2 of 3 fields"),
    Bad("csv_cut_in_quotes", text(f'id,name,age\n1,"{CANARY}",1\n2,"{CANARY}'), "truncated"),
    Bad("cut_in_character", raw(CSV.encode()[: CSV.encode().rindex("金".encode()) + 1]), "the bytes are not utf-8"),
    Bad("gbk_as_utf8", text(CSV, "gb18030"), "the bytes are not utf-8"),
    Bad("utf16_as_utf8", text(CSV, "utf-16"), "the bytes are not utf-8"),
    Bad("missing_column", text(CSV.replace("age", "alter", 1)), "1 contracted columns are missing: age"),
    Bad(
        "unknown_column",
        text(f"id,name,age,job\n1,{CANARY},2,x\n"),
        "1 columns are not in the contract: column 4 <3 letters>",
    ),
    Bad("column_twice", text(f"id,name,age,name\n1,{CANARY},2,x\n"), "'name' is there 2 times"),
    Bad("wrong_delimiter", text(CSV.replace(",", ";")), "3 contracted columns are missing"),
    Bad("no_header", text(CSV.split("\n", 1)[1]), "3 contracted columns are missing"),
    Bad(
        "mostly_broken",
        text(f"id,name,age\n1,{CANARY},2\n" + f"{CANARY}\n" * 5),
        "contracted shape (too_short 5)",
    ),
    Bad("quote_never_closed", text('"' + CSV * 20), "header"),
    Bad("too_few_by_position", text(CSV.replace(",", ";")), "fewer than the 3 cells", {"header": False}),
    Bad("binary_as_csv", _parquet, "the bytes are not utf-8"),
    Bad("ndjson_cut", text(NDJSON[:-12]), "its last line is no complete JSON object", {"format": "ndjson"}),
    Bad("ndjson_csv", text(CSV), "no line is a JSON object", {"format": "ndjson"}),
    Bad("ndjson_key", text(NDJSON.replace('"age"', '"alter"')), "contract: <5 letters>", {"format": "ndjson"}),
    Bad("ndjson_id", text(NDJSON.replace('"id"', '"nr"')), "missing: id", {"format": "ndjson"}),
    Bad("xlsx_cut", cut(_xlsx), "no readable xlsx workbook", {"format": "xlsx"}),
    Bad("xlsx_sheet", _xlsx, "with a sheet '人口'", {"format": "xlsx", "member": "人口"}),
    Bad("xlsx_csv", text(CSV), "no readable xlsx workbook", {"format": "xlsx"}),
    Bad("xls_csv", text(CSV), "no readable xls workbook", {"format": "xls"}),
    Bad("parquet_cut", cut(_parquet), "no readable Parquet file", {"format": "parquet"}),
    Bad("parquet_csv", text(CSV), "no readable Parquet file", {"format": "parquet"}),
    Bad("sqlite_cut", cut(_sqlite), "", _SQLITE),
    Bad("sqlite_cut_late", cut(_sqlite, 0.95), "", _SQLITE),
    Bad("sqlite_csv", text(CSV), "no readable SQLite file", _SQLITE),
    Bad("sqlite_table", _sqlite, "there is no table 'houses'", {"format": "sqlite", "member": "houses"}),
    Bad("zip_cut", cut(_zip(CSV.encode())), "the zip cannot be read", {"format": "zip"}),
    Bad("zip_spoilt", _spoilt_zip, "the zip cannot be read", {"format": "zip"}),
    Bad("zip_locked", _locked_zip, "is locked by a password", {"format": "zip"}),
    Bad("zip_member", _zip(CSV.encode(), "people.txt"), "no member matches '*.csv'", {"format": "zip"}),
    Bad("zip_empty_member", _zip(b""), "the file is empty", {"format": "zip"}),
    Bad("zip_gbk_as_utf8", _zip(CSV.encode("gb18030")), "the bytes are not utf-8", {"format": "zip"}),
    Bad("zip_utf8_as_gbk", _zip(b"\xff" + CSV.encode()), "not gb18030", {"format": "zip", "encoding": "gb18030"}),
    Bad("zip_member_cut", _zip(CSV[: CSV.rindex(",")].encode()), "truncated", {"format": "zip"}),
    Bad("geojson_cut", cut(_geojson({"id": CANARY, "name": CANARY, "age": 1})), "GeoJSON", {"format": "geojson"}),
    Bad("geojson_csv", text(CSV), "GeoJSON", {"format": "geojson"}),
    Bad("geojson_key", _geojson({"id": CANARY, "name": CANARY}), "missing: age", {"format": "geojson"}),
    Bad("geojson_array", text(f'["{CANARY}"]'), "", {"format": "geojson"}),
]


@cache
def contract(source: tuple[tuple[str, Any], ...]) -> Dataset:
    """One dataset for all that is delivered in one way: nothing of a refused delivery stays for the next test."""
    return people(**dict(source))


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.name)
def test_a_bad_delivery_is_refused_by_name_place_and_next_step(desk: Desk, bad: Bad) -> None:
    one = contract(tuple(bad.source.items()))
    path = desk.file(one)
    bad.write(path)
    (batch,) = desk.ingest(one)
    assert (batch.state, batch.rows_read) == ("failed", 0)
    assert bad.says in batch.message
    assert one.id in batch.message and ("people.csv" in batch.message or path.name in batch.message)
    assert "(" in batch.message and batch.message.count(". ") >= 1
    assert not any(part in batch.message for part in (CANARY, "CANARY", "金丝雀"))
    assert desk.stored(one) == 0
    assert desk.context().batches.get(one.id) is None


def test_no_delivery_at_all_says_where_one_was_looked_for(desk: Desk) -> None:
    one = people()
    (batch,) = desk.ingest(one)
    assert batch.state == "failed"
    assert f"{one.source.path}: there is no delivery (below {desk.root}). Ask the department" in batch.message


def test_a_bad_delivery_does_not_keep_the_others_out(desk: Desk) -> None:
    one = people()
    desk.deliver(one, CSV[: CSV.rindex(",")], "2026-11-01")
    desk.deliver(one, GOOD, "2026-11-02")
    desk.deliver(one, b"", "2026-11-03")
    desk.deliver(one, GOOD.replace("好", "也好"), "2026-11-04")
    batches = desk.ingest(one)
    assert [batch.state for batch in batches] == ["failed", "accepted", "failed", "accepted"]
    assert [batch.delivery for batch in batches] == [0, 1, 0, 2]
    assert [row[1] for row in desk.accepted(one)] == ["好", "也好"]


def test_a_bad_delivery_put_right_goes_in(desk: Desk) -> None:
    one = people()
    assert desk.take(one, CSV[: CSV.rindex(",")]).state == "failed"
    assert desk.take(one, CSV).accepted == len(MANY)
