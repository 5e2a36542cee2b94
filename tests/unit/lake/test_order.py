"""What is current follows the deliveries' own days, whatever arrived when: a law over histories, and kinds by name."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from contracts.model import Dataset, DeliveryMode
from lake.ingest import ingest
from lake.one_writer import LakeBusy, held_throughout, is_held, one_writer
from lake.store import ensure_tables
from tests.unit.lake.desk import Desk, column, moved, people
from tests.unit.lake.history import History


@pytest.mark.parametrize("seed", range(4))
def test_the_lake_holds_what_a_history_of_deliveries_comes_to(desk: Desk, seed: int) -> None:
    for step, (found, wanted) in enumerate(History(desk, seed).play(7)):
        assert found == wanted, f"seed {seed}, step {step}"


def current(desk: Desk, one: Dataset) -> list[tuple[object, ...]]:
    """The rows of the last place in the order, as the staging of a snapshot takes them."""
    table = f'lake.raw."{one.table}"'
    newest = f"(select max(_delivery) from {table})"
    return desk.connection.execute(f"select id, name from {table} where _delivery = {newest} order by id").fetchall()


FIRST, SECOND = "id,name,age\n1,甲,1\n", "id,name,age\n1,乙,1\n"


def test_an_older_snapshot_that_comes_late_is_history(desk: Desk) -> None:
    one = replace(people(), mode=DeliveryMode.SNAPSHOT)
    desk.deliver(one, SECOND, "2026-11-06")
    desk.ingest(one)
    desk.deliver(one, FIRST, "2026-11-02")
    late, newest = desk.ingest(one)
    assert (late.state, newest.state) == ("accepted", "known")
    assert current(desk, one) == [("1", "乙")]


def test_former_content_delivered_again_is_current_again_and_stored_once(desk: Desk) -> None:
    one = replace(people(), mode=DeliveryMode.SNAPSHOT)
    for day, text in (("2026-11-02", FIRST), ("2026-11-03", SECOND), ("2026-11-04", FIRST)):
        desk.deliver(one, text, day)
        desk.ingest(one)
    assert current(desk, one) == [("1", "甲")]
    assert desk.stored(one) == 2
    assert [batch.delivered_on for batch in desk.ingest(one)] == [date(2026, 11, day) for day in (2, 3, 4)]


def two_files(one: Dataset) -> dict[str, str]:
    """Two paths of one day."""
    return {part: f"2026-11-02/{part}/{one.name}.csv" for part in ("a", "b")}


@pytest.mark.parametrize("parts", [False, True])
def test_two_files_of_one_day_are_parts_by_declaration_or_refused(desk: Desk, parts: bool) -> None:
    plain = people()
    one = replace(moved(plain, path=f"*/*/{plain.name}.csv"), parts=parts, mode=DeliveryMode.SNAPSHOT)
    for part, path in two_files(one).items():
        (desk.root / path).parent.mkdir(parents=True)
        (desk.root / path).write_text(f"id,name,age\n{part},甲,1\n", encoding="utf-8")
    first, second = desk.ingest(one)
    assert first.state == "accepted"
    if parts:
        assert second.state == "accepted"
        assert current(desk, one) == [("a", "甲"), ("b", "甲")]
    else:
        assert second.state == "failed"
        assert "two files of one day (2026-11-02)" in second.message and "parts: true" in second.message


def test_a_snapshot_mostly_rejected_replaces_nothing_and_is_judged_again_by_a_corrected_contract(desk: Desk) -> None:
    narrow = replace(people(), mode=DeliveryMode.SNAPSHOT)
    desk.deliver(narrow, FIRST, "2026-11-02")
    desk.ingest(narrow)
    desk.deliver(narrow, "id,name,age\n1,丙,1岁\n2,丁,2\n", "2026-11-03")
    _, held = desk.ingest(narrow)
    assert (held.state, held.rows_read, held.quarantined) == ("held", 2, 2)
    assert held.reasons == {"delivery:rejected_share": 2, "type:age": 1}
    assert "does not replace the snapshot before it" in held.message
    assert current(desk, narrow) == [("1", "甲")]
    assert [batch.state for batch in desk.ingest(narrow)] == ["known", "held"]
    lenient = replace(narrow, largest_rejected_share=0.5)
    again = desk.ingest(lenient)[1]
    assert (again.state, again.accepted, again.quarantined) == ("rejudged", 1, 1)
    assert current(desk, lenient) == [("2", "丁")]


def test_the_first_snapshot_is_taken_however_much_of_it_is_rejected(desk: Desk) -> None:
    one = replace(people(), mode=DeliveryMode.SNAPSHOT)
    batch = desk.take(one, "id,name,age\n1,丙,x\n2,丁,x\n3,戊,3\n")
    assert (batch.state, batch.accepted, batch.quarantined) == ("accepted", 1, 2)


def test_nothing_to_report_is_a_delivery_where_that_is_declared(desk: Desk) -> None:
    strict = replace(people(), mode=DeliveryMode.SNAPSHOT)
    desk.deliver(strict, FIRST, "2026-11-02")
    desk.deliver(strict, "id,name,age\n", "2026-11-03")
    assert "declare may_be_empty: true" in desk.ingest(strict)[1].message
    empty = desk.ingest(replace(strict, may_be_empty=True))[1]
    assert (empty.state, empty.rows_read) == ("accepted", 0)
    assert current(desk, strict) == []


TWICE = "id,name,age\n1,甲,1\n1,乙,1\n2,丙,2\n2,丙,2\n3,丁,3\n"


def test_one_key_with_two_values_contradicts_itself_and_an_exact_duplicate_does_not(desk: Desk) -> None:
    one = people()
    batch = desk.take(one, TWICE)
    assert (batch.accepted, batch.reasons) == (3, {"key_twice:id": 2})
    assert [row[2]["name"] for row in desk.rejected(one)] == ["甲", "乙"]
    declared = replace(people(), key_twice="last")
    assert desk.take(declared, TWICE).accepted == 5


def test_a_corrected_contract_moves_rows_out_of_quarantine_and_into_it(desk: Desk) -> None:
    one = people()
    first = desk.take(one, "id,name,age\n1,甲,1\n2,乙,two\n")
    assert (first.accepted, first.reasons) == (1, {"type:age": 1})
    texts = replace(one, columns=(*one.columns[:2], column("age")))
    (again,) = desk.ingest(texts)
    assert (again.state, again.accepted, again.quarantined) == ("rejudged", 2, 0)
    assert f"contract {again.contract} in place of {first.contract}" in again.message
    assert desk.accepted(texts) == [("1", "甲", "1"), ("2", "乙", "two")]
    (back,) = desk.ingest(one)
    assert (back.accepted, back.quarantined) == (1, 1)


def test_what_a_changed_type_cannot_be_judged_by_keeps_all_as_it_was(desk: Desk) -> None:
    one = people()
    batch = desk.take(one, FIRST)
    (desk.settings.landing / one.table / batch.batch / f"{one.name}.csv").write_text("id,name,age\n1,甲,9\n")
    desk.file(one).unlink()
    texts = replace(one, columns=(*one.columns[:2], column("age")))
    refused = ensure_tables(desk.connection, [texts])
    context = replace(desk.context(), unusable=refused)
    failed, *_ = ingest(context, texts)
    assert failed.state == "failed" and "is not what was delivered" in failed.message
    assert desk.accepted(one) == [("1", "甲", 1)]


def test_a_damaged_landed_copy_is_made_good_by_the_same_file(desk: Desk) -> None:
    one = people()
    batch = desk.take(one, FIRST)
    copy = desk.settings.landing / one.table / batch.batch / f"{one.name}.csv"
    copy.write_bytes(b"damaged")
    assert [again.state for again in desk.ingest(one)] == ["known"]
    assert copy.read_text(encoding="utf-8") == FIRST


@pytest.mark.parametrize(
    ("where", "path", "day"),
    [
        ("path", "2026-9-30/x/{}.csv", date(2026, 9, 30)),
        ("path", "2026年11月2日/x/{}.csv", date(2026, 11, 2)),
        ("path", "２０２６_１１_２/x/{}.csv", date(2026, 11, 2)),
        ("path", "in/2026.11.02/{}.csv", date(2026, 11, 2)),
        ("path", "2026/11/02/{}.csv", date(2026, 11, 2)),
        ("path", "in/x/{}_20261102093000.csv", date(2026, 11, 2)),
        ("name", "2026-11-05/x/{}_2026-11-02.csv", date(2026, 11, 2)),
        ("folder", "2026-11-05/x/{}_2026-11-02.csv", date(2026, 11, 5)),
        ("*_%d%m%Y.csv", "in/x/{}_02112026.csv", date(2026, 11, 2)),
    ],
)
def test_a_day_is_read_as_people_write_it_or_where_it_is_declared(desk: Desk, where: str, path: str, day: date) -> None:
    plain = people()
    one = moved(plain, path=f"**/{plain.name}*.csv", delivery_date=where)
    file = desk.root / path.format(one.name)
    file.parent.mkdir(parents=True)
    file.write_text(FIRST, encoding="utf-8")
    (batch,) = desk.ingest(one)
    assert (batch.state, batch.delivered_on) == ("accepted", day), batch.message


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        ('{"delivered_on": "2026-11-02"}', ""),
        ('{"delivered_on": "2020-01-01", "files": {"FILE": {"delivered_on": "2026-11-02"}}}', ""),
        ('{"files": {"other.csv": {"delivered_on": "2026-11-02"}}}', "has no date for it"),
        ('{"delivered_on": "2026-02-30"}', "its date is none"),
        ("[1]", "has no date for it"),
        ("{", "cannot be read"),
        ("", "there is no manifest.json"),
    ],
)
def test_a_manifest_beside_the_file_tells_its_day(desk: Desk, manifest: str, said: str) -> None:
    plain = people()
    one = moved(plain, path=f"in/{plain.name}.csv", delivery_date="manifest")
    file = desk.root / one.source.path
    file.parent.mkdir(parents=True)
    file.write_text(FIRST, encoding="utf-8")
    if manifest:
        (file.parent / "manifest.json").write_text(manifest.replace("FILE", file.name), encoding="utf-8")
    (batch,) = desk.ingest(one)
    assert said in batch.message
    assert (batch.state, batch.delivered_on) == (("failed", None) if said else ("accepted", date(2026, 11, 2)))


def test_a_day_still_to_come_is_refused(desk: Desk) -> None:
    one = people()
    desk.deliver(one, FIRST, "2999-01-01")
    (batch,) = desk.ingest(one)
    assert batch.state == "failed" and "still to come" in batch.message


def test_a_second_writer_waits_for_the_first_and_is_told_for_whom(tmp_path: Path) -> None:
    told: list[str] = []
    with one_writer(tmp_path), pytest.raises(LakeBusy) as busy, one_writer(tmp_path, told.append, most=0.3):
        pass
    assert told[0].startswith(f"process {os.getpid()}, ") and " (since 20" in told[0] and busy.value.holder == told[0]
    with one_writer(tmp_path, most=0):
        assert is_held(tmp_path)
    assert not is_held(tmp_path)


def test_a_command_that_holds_the_lake_throughout_does_not_wait_for_itself(tmp_path: Path) -> None:
    with held_throughout(tmp_path, None, 0), one_writer(tmp_path, most=0):
        assert is_held(tmp_path)
    assert not is_held(tmp_path)


def test_a_correction_that_is_corrected_back_counts_again(desk: Desk) -> None:
    one = replace(people(), mode=DeliveryMode.SNAPSHOT)
    for text in (FIRST, SECOND, FIRST):
        desk.deliver(one, text)
        desk.ingest(one)
    assert current(desk, one) == [("1", "甲")]
    assert desk.stored(one) == 2


def test_a_corrected_file_of_an_append_stands_in_place_of_what_lay_there(desk: Desk) -> None:
    one = people()
    for text in ("id,name,age\n1,甲,1\n2,丙,2\n", SECOND + "2,丙,2\n"):
        desk.deliver(one, text)
        desk.ingest(one)
    assert desk.accepted(one) == [("1", "乙", 1), ("2", "丙", 2)]


def parted(desk: Desk, one: Dataset, part: str, text: str, day: str) -> None:
    path = desk.root / f"{day}/{part}/{one.name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_parts_are_judged_as_the_one_delivery_that_they_are(desk: Desk) -> None:
    plain = people()
    one = replace(moved(plain, path=f"*/*/{plain.name}.csv"), parts=True, mode=DeliveryMode.SNAPSHOT)
    parted(desk, one, "a", "id,name,age\n1,甲,1\n2,乙,2\n", "2026-11-02")
    parted(desk, one, "b", "id,name,age\n1,丁,1\n3,丙,3\n", "2026-11-02")
    assert [batch.reasons for batch in desk.ingest(one)] == [{}, {"key_twice:id": 1}]
    assert current(desk, one) == [("1", "甲"), ("2", "乙"), ("3", "丙")]
    parted(desk, one, "a", "id,name,age\n5,戊,1\n6,己,2\n", "2026-11-03")
    parted(desk, one, "b", "id,name,age\n7,庚,x\n", "2026-11-03")
    assert [batch.state for batch in desk.ingest(one)][2:] == ["accepted", "held"]
    assert current(desk, one) == [("1", "甲"), ("2", "乙"), ("3", "丙")]
    assert [batch.state for batch in desk.ingest(one)][2:] == ["held", "held"]


@pytest.mark.parametrize("mode", DeliveryMode)
def test_a_corrected_part_stands_in_place_of_what_lay_at_its_path(desk: Desk, mode: DeliveryMode) -> None:
    plain = people()
    one = replace(moved(plain, path=f"*/*/{plain.name}.csv"), parts=True, mode=mode)
    parted(desk, one, "a", "id,name,age\n1,甲,1\n2,乙,2\n", "2026-11-02")
    parted(desk, one, "b", "id,name,age\n3,丙,3\n", "2026-11-02")
    desk.ingest(one)
    parted(desk, one, "a", "id,name,age\n1,丁,1\n", "2026-11-02")
    assert [batch.reasons for batch in desk.ingest(one)] == [{}, {}]
    assert current(desk, one) == [("1", "丁"), ("3", "丙")]


def test_a_landed_copy_that_is_gone_is_made_good_by_the_file_that_still_lies_there(desk: Desk) -> None:
    one = people()
    batch = desk.take(one, FIRST)
    (desk.settings.landing / one.table / batch.batch / f"{one.name}.csv").unlink()
    texts = replace(one, columns=(*one.columns[:2], column("age")))
    assert [again.state for again in desk.ingest(texts)] == ["rejudged"]
    assert desk.accepted(texts) == [("1", "甲", "1")]
