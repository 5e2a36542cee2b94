"""A landed file is counted a second time by a method of its own, and both counts are one."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lake.readers import formats
from lake.readers.recount import COUNTERS, recount
from tests.unit.lake.desk import Desk, column, dataset
from tests.unit.lake.test_containers import archive, dbf, sqlite
from tests.unit.lake.test_workbooks import WRITERS

ROWS = [["id", "name"], *([str(n), f'张"{n}"<&>,{{[\n'] for n in range(257)), [None, None], ["x", " "], [" ", None]]
RECORDS = 258


def _lines(rows: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:] if (row[0] or "").strip()]


def written(kind: str) -> bytes:
    """The same records in a format that has no writer elsewhere."""
    import json

    records = _lines(ROWS)
    if kind == "ndjson":
        return "\n".join(json.dumps(one) for one in records).encode() + b"\n\n  \n"
    if kind == "json":
        return json.dumps(records, indent=1).encode()
    if kind == "geojson":
        features = [{"type": "Feature", "geometry": None, "properties": one} for one in records]
        return json.dumps({"type": "FeatureCollection", "features": features}).encode()
    plain = [tuple(map(str, one.values())) for one in records]
    escaped = [[str(v).replace("&", "&amp;").replace("<", "&lt;") for v in one.values()] for one in records]
    if kind == "xml":
        return ("<r>" + "".join(f"<p id='{a}'><name>{b}</name></p>" for a, b in escaped) + "</r>").encode()
    if kind == "html":
        lines = "".join(f"<tr><td>{a}</td><td>{b}" for a, b in escaped)
        return f"<table><tr><th>id<th>name{lines}<tr><td>&nbsp;</td></tr></table>".encode()
    if kind == "dbf":
        cells = [[b" ", a.encode().ljust(4), b.encode()[:9].ljust(9)] for a, b in escaped]
        cells = [[*one[:2], b"abc".ljust(9)] for one in cells]
        return dbf([("id", "C", 4, 0), ("name", "C", 9, 0)], [*cells, [b"*", b"dead", b" " * 9]])
    if kind == "csv":
        return ("id,name\n" + "".join('{},"{}"\n'.format(a, b.replace('"', '""')) for a, b in plain)).encode()
    assert kind == "fixed"
    return "".join(f"{a:<6}{b.strip():<20}\n" for a, b in plain).encode()


def deliver(path: Path, kind: str) -> None:
    if kind in WRITERS:
        WRITERS[kind](path, ROWS)
    elif kind == "parquet":
        pq.write_table(pa.Table.from_pylist(_lines(ROWS)), path, row_group_size=100)
    elif kind == "sqlite":
        rows = "), (".join(f"'{one['id']}', 'x'" for one in _lines(ROWS))
        sqlite(path, "create table t (id, name)", f"insert into t values ({rows})")
    else:
        path.write_bytes(written(kind))


SOURCES: dict[str, dict[str, Any]] = {"sqlite": {"member": "t"}, "fixed": {"widths": (6, 20), "header": False}}


@pytest.mark.parametrize(
    ("kind", "packed"),
    # No member of an archive is SQLite.
    [
        (kind, packed)
        for kind in sorted(COUNTERS)
        for packed in ("", "gzip", "zip")
        if (kind, packed) != ("sqlite", "zip")
    ],
)
def test_two_methods_count_alike(desk: Desk, kind: str, packed: str, tmp_path: Path) -> None:
    one = dataset(column("id"), column("name"), format=kind, **SOURCES.get(kind, {}))
    plain = tmp_path / f"plain.{'txt' if kind == 'fixed' else kind}"
    deliver(plain, kind)
    if packed == "zip":
        one = replace(one, source=replace(one.source, format="zip", member_format=kind, member=None))
    raw = plain.read_bytes()
    content = {"": raw, "gzip": gzip.compress(raw), "zip": archive([(plain.name, raw)])}[packed]
    batch = desk.take(one, content)
    assert batch.rows_read == batch.accepted == RECORDS, batch.message
    (landed,) = (desk.settings.landing / one.table / batch.batch).iterdir()
    assert recount(one, landed) == RECORDS


@pytest.mark.parametrize("kind", sorted(COUNTERS))
def test_a_record_that_the_reader_loses_fails_the_delivery(
    desk: Desk, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = dataset(column("id"), column("name"), format=kind, **SOURCES.get(kind, {}))
    deliver(desk.file(one), kind)
    whole = formats._READERS[kind]

    def losing(*arguments: Any) -> Any:
        delivered, records = whole(*arguments)
        # Text would be read once more, in another way, and whole.
        return replace(delivered, relation=f"(select * from {delivered.relation} where _row <> 7)", again=None), records

    monkeypatch.setitem(formats._READERS, kind, losing)
    (batch,) = desk.ingest(one)
    assert batch.state == "failed" and "257 stored" in batch.message
