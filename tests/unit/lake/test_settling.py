"""Deliveries as they happen: what is not whole yet waits, what its department takes back counts for nothing."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import pytest

from contracts.clock import FixedClock
from contracts.model import Dataset, DeliveryMode
from lake.batch import Batch
from lake.readers import landing
from lake.settings import Settings
from tests.unit.lake.desk import Desk, moved, people

TEXT = "id,name,age\n1,甲,1\n2,乙,2\n"
HALF = TEXT[: len(TEXT) - len("2,乙,2\n")]
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def at(desk: Desk, moment: datetime) -> Desk:
    """The same desk at a moment."""
    settings: Settings = replace(desk.settings, clock=FixedClock(moment))
    return replace(desk, settings=settings)


def touch(path: Path, ago: int) -> None:
    """Have a file's last change be so many seconds before `NOW`."""
    moment = (NOW - timedelta(seconds=ago)).timestamp()
    os.utime(path, (moment, moment))


def only(desk: Desk, one: Dataset) -> tuple[str, str]:
    """State and message of the one delivery."""
    (batch,) = desk.ingest(one)
    return batch.state, batch.message


@pytest.mark.parametrize("ago, state", [(61, "accepted"), (60, "accepted"), (59, "waiting"), (-5, "waiting")])
def test_a_file_settles_by_the_time_since_its_last_change(desk: Desk, ago: int, state: str) -> None:
    one = people(settled_seconds=60)
    touch(desk.deliver(one, TEXT), ago)
    found, message = only(at(desk, NOW), one)
    assert found == state and ("may still be written to" in message) is (state == "waiting")
    assert ("still to come by this clock" in message) is (ago < 0)


@contextmanager
def growing(path: Path) -> Iterator[None]:
    """Inside, the rest of a file is written while what is there of it is copied."""
    copy = landing._copy

    def and_more(*arguments: object) -> None:
        try:
            copy(*arguments)  # type: ignore[arg-type]
        finally:
            path.write_text(TEXT, encoding="utf-8")

    with patch.object(landing, "_copy", and_more):
        yield


@pytest.mark.parametrize("begun", [HALF, "", TEXT[:-9].encode()[:-1]])
def test_a_file_that_grows_while_it_is_copied_waits_whatever_is_wrong_with_it(desk: Desk, begun: str | bytes) -> None:
    one = people()
    path = desk.deliver(one, begun)
    with growing(path):
        state, message = only(desk, one)
    assert state == "waiting" and "while it was copied" in message
    assert not list((desk.settings.landing / one.table).rglob("*.csv"))
    assert only(desk, one)[0] == "accepted" and desk.stored(one) == 2


@pytest.mark.parametrize("mark", ["_SUCCESS", "*.done"])
def test_a_file_waits_for_its_mark_and_for_one_that_is_not_older(desk: Desk, mark: str) -> None:
    one = moved(people(), complete=mark)
    one = moved(one, path=f"*/{one.name}*")  # as wide as the mark's own name
    path = desk.root / "2026-11-02" / f"{one.name}.csv"
    path.parent.mkdir(parents=True)
    path.write_text(HALF, encoding="utf-8")
    touch(path, 100)
    assert only(desk, one)[0] == "waiting"
    beside = path.parent / mark.replace("*", path.name)
    beside.touch()
    touch(beside, 200)
    state, message = only(desk, one)
    assert state == "waiting" and "written after" in message
    touch(beside, 50)
    assert only(desk, one)[0] == "accepted"


def promise(path: Path, kind: str, content: bytes, **wrong: object) -> None:
    """Write what says which content a file has."""
    digest = str(wrong.get("sha256", hashlib.sha256(content).hexdigest()))
    told = {"size": len(content), "sha256": digest} | wrong
    text = json.dumps({"files": {path.name: told}}) if kind == "manifest" else f"{digest}  {path.name}\n"
    (path.parent / ("manifest.json" if kind == "manifest" else kind)).write_text(text, encoding="utf-8")


@pytest.mark.parametrize("kind", ["manifest", "SHA256SUMS"])
def test_a_file_is_taken_when_it_is_what_its_manifest_says(desk: Desk, kind: str) -> None:
    one = people(complete=kind)
    path = desk.deliver(one, HALF)
    assert "does not lie beside it yet" in only(desk, one)[1]
    promise(path, kind, TEXT.encode())
    touch(path, 100)
    state, message = only(desk, one)
    # Without sizes, only the digest tells.
    assert state == ("waiting" if kind == "manifest" else "failed")
    assert f"{len(HALF.encode())} " in message
    assert not (desk.settings.landing / one.table).exists() or not any((desk.settings.landing / one.table).iterdir())
    desk.deliver(one, TEXT)
    promise(path, kind, TEXT.encode())
    assert only(desk, one)[0] == "accepted"
    (path.parent / ("manifest.json" if kind == "manifest" else kind)).write_text("{", encoding="utf-8")
    assert "cannot be read" in only(desk, one)[1]


def test_manifests_are_read_as_their_tools_write_them(desk: Desk) -> None:
    digest = hashlib.sha256(TEXT.encode()).hexdigest()
    for kind, told in {
        "SHA256SUMS": f"SHA256 (@) = {digest}\n",
        "SHA256SUM": f"{digest} *./@\n",
        "manifest": json.dumps({"files": {"./@": {"sha256": digest.upper(), "size": len(TEXT.encode())}}}),
    }.items():
        one = people(complete="SHA256SUMS" if kind.startswith("SHA") else kind)
        path = desk.deliver(one, TEXT)
        name = "manifest.json" if kind == "manifest" else "SHA256SUMS"
        (path.parent / name).write_text(told.replace("@", path.name), encoding="utf-8")
        assert only(desk, one) == ("accepted", ""), kind


def test_of_one_length_the_digest_tells_and_a_file_after_its_manifest_waits(desk: Desk) -> None:
    one = people(complete="manifest")
    path = desk.deliver(one, TEXT.replace("甲", "丙"))
    promise(path, "manifest", TEXT.encode())
    touch(path, 100)
    state, message = only(desk, one)
    assert state == "failed" and "damaged on its way" in message
    touch(path.parent / "manifest.json", 200)
    assert only(desk, one)[0] == "waiting"


def test_parts_wait_for_one_another(desk: Desk) -> None:
    plain = people(complete="manifest")
    one = replace(moved(plain, path=f"*/{plain.name}*.csv"), parts=True, mode=DeliveryMode.SNAPSHOT)
    folder = desk.root / "2026-11-02"
    folder.mkdir()
    (folder / f"{one.name}_a.csv").write_text(TEXT, encoding="utf-8")
    sizes = {f"{one.name}_{part}.csv": {"size": len(TEXT.encode())} for part in "ab"} | {"else.csv": {"size": 1}}
    (folder / "manifest.json").write_text(json.dumps({"files": sizes}), encoding="utf-8")
    state, message = only(desk, one)
    assert state == "waiting" and f"{one.name}_b.csv" in message
    (folder / f"{one.name}_b.csv").write_text(TEXT.replace("1,", "3,").replace("2,", "4,"), encoding="utf-8")
    os.utime(folder / "manifest.json")
    assert [batch.state for batch in desk.ingest(one)] == ["accepted", "accepted"]


def test_a_half_and_then_the_whole_at_one_path_is_a_correction(desk: Desk) -> None:
    one = people()
    desk.take(one, HALF)
    desk.take(one, TEXT)
    assert desk.accepted(one) == [("1", "甲", 1), ("2", "乙", 2)]
    assert [batch.state for batch in desk.ingest(one)] == ["known"]


def told(batches: list[Batch]) -> list[str]:
    """The states of deliveries in the order of their paths."""
    return [batch.state for batch in sorted(batches, key=lambda one: one.path)]


def test_a_department_takes_a_delivery_back_by_a_mark_and_for_good(desk: Desk) -> None:
    one = replace(people(), mode=DeliveryMode.SNAPSHOT)
    desk.deliver(one, TEXT)
    wrong = desk.deliver(one, TEXT.replace("甲", "丙"), "2026-11-03")
    desk.ingest(one)
    mark = wrong.with_name(f"{wrong.name}.withdrawn")
    mark.write_bytes("wrong\x1b month 错\n".encode())
    found = desk.ingest(one)
    assert told(found) == ["known", "withdrawn"]
    (gone,) = (batch for batch in found if batch.state == "withdrawn")
    assert gone.message.endswith("says: wrong month 错") and "department (test)" in gone.message
    assert {name for _, name, _ in desk.accepted(one)} == {"甲", "乙"}
    mark.unlink()
    assert told(desk.ingest(one)) == ["known", "withdrawn"]
    # What is corrected at the same path is another delivery.
    desk.deliver(one, TEXT.replace("甲", "丁"), "2026-11-03")
    assert told(desk.ingest(one)) == ["known", "accepted"]


def test_what_was_never_taken_waits_under_its_mark_and_one_that_is_gone_is_told(desk: Desk) -> None:
    plain = people()
    one = moved(plain, path=f"*/{plain.name}*")  # as wide as the mark's own name
    path = desk.deliver(plain, TEXT)
    mark = path.with_name(f"{path.name}.withdrawn")
    mark.touch()
    state, message = only(desk, one)
    assert state == "waiting" and "no reason is given" in message
    mark.unlink()
    assert only(desk, one)[0] == "accepted"
    mark.touch()
    path.unlink()
    assert only(desk, one)[0] == "withdrawn" and desk.accepted(one) == []


def test_a_mark_that_is_no_file_takes_nothing_back(desk: Desk) -> None:
    one = people()
    path = desk.deliver(one, TEXT)
    desk.ingest(one)
    path.with_name(f"{path.name}.withdrawn").mkdir()
    state, message = only(desk, one)
    assert state == "failed" and "a directory" in message and len(desk.accepted(one)) == 2


def test_of_a_refused_delivery_nothing_is_left_in_landing_but_what_was_taken_before(desk: Desk) -> None:
    one = replace(people(), mode=DeliveryMode.SNAPSHOT)
    kept = desk.take(one, TEXT).batch
    folder = desk.settings.landing / one.table
    desk.deliver(one, "nr,other\n1,2\n", "2026-11-03")
    desk.deliver(one, HALF, "2026-11-04")
    assert told(desk.ingest(one)) == ["known", "failed", "accepted"]
    other = replace(moved(one, path=f"*/*{one.name}.csv"))
    # A second file of one day is refused, and its bytes are those of a delivery that counts.
    desk.root.joinpath("2026-11-04", f"b{one.name}.csv").write_text(TEXT, encoding="utf-8")
    assert sorted(told(desk.ingest(other))) == ["failed", "failed", "known", "known"]
    assert {path.name for path in folder.iterdir()} == {kept, *(one.batch for one in desk.ingest(one) if one.batch)}
