"""Streams and window sets as declared: what cannot be meant so is told with file and line, and nothing is loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.faults import DeclarationsRefused
from contracts.load import load_catalogue
from quality.declared import DuckDBEngine
from tests.unit.lake.windows.fed import GATES, write_city

GATE_FILE, SET_FILE = "contracts/departments/transport/gates.yml", "contracts/windows/traffic.yml"
STREAM = "{event_time: at, lateness_seconds: 60, ahead_seconds: 30, amend_hours: 24}"
FREE = "select coalesce(avg(cast(number as decimal(9, 2))), 0) as value from lake.raw.transport__lots"


def told(folder: Path, file: str, old: str, new: str) -> list[str]:
    """What is said of a city whose declarations were changed at one place."""
    path = write_city(folder) / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DeclarationsRefused) as refused:
        # Without an engine nothing is said of SQL, and it takes half as long.
        load_catalogue(folder, engine=DuckDBEngine() if "lake." in f"{old}{new}" or "value" in old else None)
    assert all(fault.line for fault in refused.value.faults)
    return [f"{fault.file.rsplit('/', 1)[-1]} {fault.where}: {fault.what}" for fault in refused.value.faults]


def test_a_sound_one(tmp_path: Path) -> None:
    known = load_catalogue(write_city(tmp_path), engine=DuckDBEngine())
    assert sorted(known.streams) == [GATES, "transport.lots"]
    assert not known.datasets
    assert (known.streams[GATES].key_twice, known.windows["traffic"].signs[1].sql) == ("last", FREE)


@pytest.mark.parametrize(
    ("file", "old", "new", "wanted"),
    [
        (GATE_FILE, "delivery_mode, value: stream", "delivery_mode, value: append", "of delivery_mode append has no"),
        (GATE_FILE, f"\n    value: {STREAM}", "\n    value: {event_time: at}", "'lateness_seconds' is missing"),
        (GATE_FILE, "event_time: at", "event_time: ta", "there is no column 'ta'"),
        (GATE_FILE, "event_time: at", "event_time: sender", "sender is no column of moments"),
        (GATE_FILE, "businessName: 时间, primaryKey: true, ", "businessName: 时间, ", "at is not part of the primary"),
        (GATE_FILE, "may_be_empty, value: true", "parts, value: true", "parts is not acted on in a stream"),
        (GATE_FILE, "may_be_empty, value: true", "key_twice, value: fault", "key_twice is not acted on in a stream"),
        (GATE_FILE, "delivery_date, value: arrival", "zone, value: Europe/Berlin", "put forward and back"),
        (GATE_FILE, "type: local", "type: https\n    location: https://a.example/d", "a stream is not fetched"),
        (GATE_FILE, "amend_hours: 24", "amend_hours: 0", "amend_hours"),
        (SET_FILE, "windows: traffic", "windows: other", "'other' is not the file's name"),
        (SET_FILE, "09:00:00+08:00", "09:00:00", "is no moment with a time zone"),
        (SET_FILE, "09:00:00+08:00", "09:01:00+08:00", "is not the start of a window"),
        (SET_FILE, "length_seconds: 120", "length_seconds: 77", "length_seconds"),
        (SET_FILE, "grace_seconds: 180", "grace_seconds: 30", "a feed may be 60 seconds late"),
        (SET_FILE, "dataset: transport.gates", "dataset: transport.gaets", "there is no dataset 'transport.gaets'"),
        (SET_FILE, "transport.gates, sender: sender", "transport.gates, sender: who", "has no column 'who'"),
        (SET_FILE, "name: free", "name: passings", "'passings' is named twice"),
        (SET_FILE, "lake.raw.transport__lots", "read_csv('/etc/passwd')", "reads what no ref names"),
        (SET_FILE, "lake.raw.transport__lots", "lake.store.transport__lots", "reads lake.store.transport__lots"),
        (
            SET_FILE,
            "coalesce(avg(cast(number as decimal(9, 2))), 0) as value",
            "number as v",
            "it gives v, and not value",
        ),
        (
            SET_FILE,
            "coalesce(avg(cast(number as decimal(9, 2))), 0) as value",
            "sender as value",
            "is a VARCHAR and no number",
        ),
        (SET_FILE, "avg(cast(number as decimal(9, 2))), 0) as value", "avg(numbr), 0) as value", "the engine says"),
        (SET_FILE, "avg(cast(number as decimal(9, 2))), 0) as value", "random(), 0) as value", "random"),
        (SET_FILE, "owner: a@city.example", "owner: a@city.example\nlate: yes", "unknown key 'late'"),
    ],
)
def test_what_cannot_be_meant_so(tmp_path: Path, file: str, old: str, new: str, wanted: str) -> None:
    assert [one for one in told(tmp_path, file, old, new) if wanted in one], told(tmp_path / "again", file, old, new)
