"""Deliveries damaged at random: whatever the bytes, one file is accepted, quarantined or refused, and nothing is lost.

What must hold of each: no exception leaves ingestion; a delivery that was taken has read = accepted + quarantined, and
the lake holds what was counted; a message never quotes a cell.
"""

from __future__ import annotations

import gzip
import io
import json
import random
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import xlsxwriter

from contracts.model import Dataset
from lake.attach import open_lake
from lake.ingest import unconserved
from lake.settings import load_settings
from tests.attack.score import Score
from tests.unit.lake.desk import Desk, people, write_parquet, write_sqlite

# Stands for a person's data: it may be in the file, and in no message.
_CANARY = "金丝雀CANARY7731"
_ROWS = [(str(place), f"{_CANARY}{place}", place % 90) for place in range(40)]


def _csv(delimiter: str = ",", end: str = "\n", quoted: bool = False, encoding: str = "utf-8") -> bytes:
    mark = '"' if quoted else ""
    lines = [delimiter.join(f"{mark}{cell}{mark}" for cell in row) for row in [("id", "name", "age"), *_ROWS]]
    return (end.join(lines) + end).encode(encoding)


def _ndjson() -> bytes:
    return "".join(
        json.dumps(dict(zip(("id", "name", "age"), row, strict=True)), ensure_ascii=False) + "\n" for row in _ROWS
    ).encode()


def _geojson() -> bytes:
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [117.2, 31.8]},
            "properties": dict(zip(("id", "name", "age"), row, strict=True)),
        }
        for row in _ROWS
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False).encode()


def _xlsx() -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        sheet = book.add_worksheet()
        for place, row in enumerate([("id", "name", "age"), *_ROWS]):
            sheet.write_row(place, 0, row)
    return content.getvalue()


def _zip() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("people.csv", _csv())
    return content.getvalue()


def _file(write: Callable[[Path, list[tuple[str, str, int]]], None]) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        write(path, _ROWS)
        return path.read_bytes()


def _kinds() -> list[tuple[Dataset, bytes]]:
    """A dataset of each format with a sound delivery of it."""
    return [
        (people(), _csv()),
        (people(), _csv(end="\r\n", quoted=True)),
        (people(delimiter="\t"), _csv("\t")),
        (people(delimiter="|", quote=""), _csv("|")),
        (people(encoding="gb18030"), _csv(encoding="gb18030")),
        (people(encoding="utf-16"), _csv(encoding="utf-16")),
        (people(header=False), _csv().split(b"\n", 1)[1]),
        (people(format="ndjson"), _ndjson()),
        (people(format="geojson", ignored_headers=("longitude", "latitude")), _geojson()),
        (people(format="xlsx"), _xlsx()),
        (people(format="zip"), _zip()),
        (people(format="parquet"), _file(write_parquet)),
        (people(format="sqlite", member="people"), _file(write_sqlite)),
    ]


def _flip(content: bytearray, chance: random.Random) -> bytearray:
    for _ in range(chance.randint(1, 6)):
        content[chance.randrange(len(content))] = chance.randrange(256)
    return content


def _cut(content: bytearray, chance: random.Random) -> bytearray:
    return content[: chance.randrange(len(content))]


def _insert(content: bytearray, chance: random.Random) -> bytearray:
    pieces = [b'"', b"\0", b"\r", b"\n\n", b",", b"\xff\xfe", b"'", b"\x1a", b"\xef\xbb\xbf", b"{", b"[" * 99]
    place = chance.randrange(len(content))
    return content[:place] + chance.choice(pieces) + content[place:]


def _double(content: bytearray, chance: random.Random) -> bytearray:
    begin, end = sorted(chance.sample(range(len(content)), 2))
    return content[:end] + content[begin:]


def _drop(content: bytearray, chance: random.Random) -> bytearray:
    begin, end = sorted(chance.sample(range(len(content)), 2))
    return content[:begin] + content[end:]


def _other(content: bytearray, chance: random.Random) -> bytearray:
    return bytearray(chance.choice([gzip.compress(bytes(content)), _xlsx(), _ndjson(), _geojson(), b"", b"\0" * 99]))


def _swap(content: bytearray, chance: random.Random) -> bytearray:
    lines = bytes(content).split(b"\n")
    chance.shuffle(lines)
    return bytearray(b"\n".join(lines))


# Deliveries into one lake: each makes the next look through one file more.
_LAKE = 130
_DAMAGES = (_flip, _cut, _insert, _double, _drop, _other, _swap)


def attack(seed: int, files: int = 2600) -> Score:
    """Try so many damaged deliveries; the same seed tries the same."""
    chance, fell = random.Random(seed), list[str]()
    for first in range(0, files, _LAKE):
        fell += _lake_of(chance, range(first, min(first + _LAKE, files)))
    return Score("damaged deliveries", files, files - len({line.split(":")[0] for line in fell}), fell)


def _lake_of(chance: random.Random, numbers: range) -> list[str]:
    """What fell of so many deliveries into a lake of their own."""
    fell: list[str] = []
    with TemporaryDirectory() as folder:
        root = Path(folder)
        settings = load_settings(root, {"ZHONGTAI_STATE": str(root / "state"), "ZHONGTAI_THREADS": "2"})
        with open_lake(settings) as connection:
            kinds = _kinds()
            for number in numbers:
                dataset, sound = kinds[number % len(kinds)]
                desk = Desk(connection, settings, root / "deliveries" / str(number))
                how, content = _damaged(sound, chance)
                name = f"file {number}: {dataset.source.format} {how}"
                fell += [f"{name}: {what}" for what in _faults(desk, dataset, content, f"{number}".zfill(6))]
    return fell


def _damaged(sound: bytes, chance: random.Random) -> tuple[str, bytes]:
    damages = chance.sample(_DAMAGES, chance.randint(1, 2))
    content = bytearray(sound)
    for damage in damages:
        content = damage(content, chance) if len(content) > 2 else content
    return " ".join(one.__name__ for one in damages), bytes(content)


def _faults(desk: Desk, dataset: Dataset, content: bytes, number: str) -> Iterator[str]:
    try:
        desk.deliver(dataset, content, f"2026-11-02-{number}")
        (batch,) = desk.ingest(dataset)
    except Exception as error:
        yield f"{type(error).__name__} left ingestion"
        return
    if batch.state == "failed" and not batch.message:
        yield "refused without a word"
    if _CANARY in batch.message or "Traceback" in batch.message:
        yield "its message quotes a cell"
    if batch.state != "failed" and batch.rows_read != batch.accepted + batch.quarantined:
        yield f"read {batch.rows_read}, accepted {batch.accepted}, quarantined {batch.quarantined}"
    lost = unconserved(desk.context(), dataset)
    if batch.state != "failed" and batch.batch in lost:
        yield f"not conserved: {lost[batch.batch]}"
