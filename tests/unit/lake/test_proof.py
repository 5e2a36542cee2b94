"""The deep audit: what was changed behind the lake's back is named, and what was not is counted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from contracts.model import Dataset
from lake.batch import Batch
from lake.city import City
from lake.lake_files import live_files, manifest, record_files
from lake.proof import Proof, prove
from lake.withdrawal import NoSuchDelivery, withdraw_delivery
from sharing.keyring import make_keys
from sharing.ledger import Ledger
from tests.unit.lake.desk import Desk, people

LINES = "id,name,age\n1,甲,1\n2,乙,x\n"


@contextmanager
def city(desk: Desk, one: Dataset) -> Iterator[City]:
    """The desk as a city of one dataset."""
    catalogue = replace(desk.context().catalogue, datasets={one.id: one})
    signer = make_keys(desk.settings.key_place)
    with Ledger.open(desk.settings.ledger, signer) as ledger:
        yield City(desk.settings, catalogue, desk.connection, ledger, signer)


def taken(desk: Desk) -> tuple[Dataset, Batch]:
    one = people()
    return one, desk.take(one, LINES)


def proved(desk: Desk, one: Dataset, *, record: bool = True) -> Proof:
    with city(desk, one) as opened:
        if record:
            record_files(opened)
        return prove(opened)


def own(desk: Desk, one: Dataset) -> Path:
    """The lake's file of a dataset's rows."""
    with city(desk, one) as opened:
        name = next(name for name, table in live_files(opened).items() if table == f"store.{one.table}")
    return desk.settings.lake_data / name


def rules(proof: Proof) -> list[str]:
    return [fault["rule"] for fault in proof.faults]


def test_what_is_sound_is_counted(desk: Desk) -> None:
    one, batch = taken(desk)
    proof = proved(desk, one)
    assert proof.faults == []
    assert proof.counts["landed files"] == proof.counts["landed files recounted"] == 1
    assert proof.counts["lake files"] >= 2 and batch.rows_read == 2


@pytest.mark.parametrize("damage", ["flip", "cut", "gone"])
def test_a_damaged_landed_copy_is_named(desk: Desk, damage: str) -> None:
    one, batch = taken(desk)
    copy = desk.settings.landing / one.table / batch.batch / f"{one.name}.csv"
    if damage == "gone":
        copy.unlink()
    else:
        copy.write_bytes(LINES.encode()[:-1] if damage == "cut" else LINES.replace("1", "7").encode())
    (fault,) = proved(desk, one).faults
    assert fault["rule"] == "landed" and batch.batch in fault["subject"] and "Deliver the same file" in fault["message"]


def test_a_count_that_the_landed_bytes_do_not_bear_out_is_named(desk: Desk) -> None:
    one, batch = taken(desk)
    desk.connection.execute(f"update lake.meta.batches set rows_read = 3 where batch = '{batch.batch}'")
    (fault,) = proved(desk, one).faults
    assert fault["rule"] == "recounted" and "has 2 records, and 3 were read" in fault["message"]


def test_a_changed_byte_of_the_lake_is_named(desk: Desk) -> None:
    one, _ = taken(desk)
    assert proved(desk, one).faults == []
    file = own(desk, one)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.chmod(0o600)
    file.write_bytes(content)
    (fault,) = proved(desk, one, record=False).faults
    assert fault["rule"] == "lake_file" and file.name in fault["subject"] and f"store.{one.table}" in fault["subject"]
    file.unlink()
    assert "the file is gone" in proved(desk, one, record=False).faults[0]["message"]


def test_a_list_of_files_that_the_ledger_does_not_name_is_no_proof(desk: Desk) -> None:
    one, _ = taken(desk)
    proved(desk, one)
    path = manifest(desk.settings)
    path.write_bytes(path.read_bytes().replace(b"{", b"{ ", 1))
    assert "lake_files" in rules(proved(desk, one, record=False))


def test_a_file_that_nobody_digested_is_told(desk: Desk) -> None:
    one, _ = taken(desk)
    proved(desk, one)
    desk.deliver(one, "id,name,age\n3,丙,3\n", "2026-11-03")
    desk.ingest(one)
    assert set(rules(proved(desk, one, record=False))) == {"lake_file"}


def test_a_delivery_that_is_not_there_cannot_be_withdrawn(desk: Desk) -> None:
    one, batch = taken(desk)
    with city(desk, one) as opened, pytest.raises(NoSuchDelivery, match=batch.path):
        withdraw_delivery(opened, one.id, batch.path.replace("02", "20"), "wrong")
    with city(desk, one) as opened:
        assert withdraw_delivery(opened, one.id, batch.path, "wrong")["batches"] == [batch.batch]
    assert desk.accepted(one) == []
    assert [again.state for again in desk.ingest(one)] == ["withdrawn"]
    with city(desk, one) as opened, pytest.raises(NoSuchDelivery):
        withdraw_delivery(opened, one.id, batch.path, "again")
