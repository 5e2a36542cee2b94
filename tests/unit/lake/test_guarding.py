"""A crash is told from a rollback, and an audit that begins where the last one ended finds what has come since."""

from __future__ import annotations

import shutil
import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from lake.audited import load
from lake.auditing import past_faults
from lake.city import City
from lake.guarding import open_past, standing_findings
from sharing.faults import PastLacking
from sharing.ledger import Ledger
from sharing.release import publish
from tests.attack.rewriting import Past, begin
from tests.unit.gates import cases
from tests.unit.sharing.conftest import City as Publisher


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Past:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("os.fsync", lambda _: None)
        return begin(tmp_path_factory.mktemp("past") / "city")


@pytest.fixture
def past(whole: Past, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Past:
    monkeypatch.setattr("os.fsync", lambda _: None)
    shutil.copytree(whole.place, tmp_path / "city")
    return Past(tmp_path / "city")


def released(ledger: Ledger, city: Publisher) -> str:
    """A release that the ledger does not have yet."""
    agreement = replace(cases.agreement(), name="agency__p7")
    folder = city.export(range(60, 90))
    inputs = replace(city.inputs(folder, agreement), ledger_head=ledger.head(), tree=ledger.tree())
    at = cases.NOW + timedelta(hours=9)
    return publish(city.releases, agreement, folder, inputs, city.signer, at).release_id


def dies(ledger: Ledger, city: Publisher) -> None:
    released(ledger, city)
    raise RuntimeError("the machine stopped")


def audited(past: Past, *, new: bool = False) -> list[str]:
    ledger, signer = open_past(past.settings)
    with ledger:
        city = City(past.settings, cast(Any, None), cast(Any, None), ledger, signer)
        return [f"{one.rule} {one.subject}" for one in past_faults(city, new=new)]


def test_what_a_writer_left_that_died_is_recorded_by_the_next(past: Past) -> None:
    with pytest.raises(RuntimeError):
        past.write(dies)
    with Ledger.read(past.settings.ledger) as ledger:
        assert standing_findings(past.settings, ledger) == []
    past.write(lambda ledger, _: None)
    with Ledger.read(past.settings.ledger) as ledger:
        left = [entry.body for entry in ledger.entries("release") if entry.body["agreement"] == "agency__p7"]
    assert len(left) == 1 and "did not end" in left[0]["found"] and left[0]["batches"]
    assert audited(past) == []
    assert not past.settings.ledger.with_name("ledger.sqlite.open").exists()


def test_without_the_mark_of_a_writer_it_is_a_lack(past: Past) -> None:
    with pytest.raises(RuntimeError):
        past.write(dies)
    past.settings.ledger.with_name("ledger.sqlite.open").unlink()
    with pytest.raises(PastLacking, match="agency__p7") as refused:
        past.write(lambda ledger, _: None)
    assert {one.rule for one in refused.value.lacking} == {"release_lacking"}
    with Ledger.read(past.settings.ledger) as ledger:
        assert [one["rule"] for one in standing_findings(past.settings, ledger)] == ["past_lacking"]


def test_a_mark_does_not_excuse_a_ledger_that_ends_before_it(past: Past) -> None:
    with pytest.raises(RuntimeError):
        past.write(dies)
    for name in ("ledger.sqlite", "ledger.sqlite.head"):
        shutil.copy(past.moments[2] / name, past.settings.state / name)
    with pytest.raises(PastLacking, match="more are lacking") as refused:
        past.write(lambda ledger, _: None)
    assert "head_lacking" in {one.rule for one in refused.value.lacking}


def test_an_audit_of_what_is_new_begins_where_the_last_one_ended(past: Past) -> None:
    assert audited(past) == [] and audited(past, new=True) == []
    past.write(lambda ledger, _: ledger.append("access", {"subject": "x"}, cases.NOW))  # type: ignore[arg-type, return-value]
    assert audited(past, new=True) == []
    _change(past, 3)
    assert audited(past, new=True) == []
    assert "digest ledger.sqlite: entry 3" in audited(past)


def test_an_audit_of_what_is_new_finds_what_is_wrong_with_it(past: Past) -> None:
    assert audited(past) == []
    past.write(lambda ledger, _: ledger.append("access", {"subject": "x"}, cases.NOW))  # type: ignore[arg-type, return-value]
    with Ledger.read(past.settings.ledger) as ledger:
        last = list(ledger.entries())[-1].seq
    _change(past, last)
    assert audited(past, new=True) == [f"digest ledger.sqlite: entry {last}"]


def test_a_record_of_an_audit_that_nobody_signed_is_none(past: Past) -> None:
    assert audited(past) == []
    ledger, signer = open_past(past.settings)
    ledger.close()
    assert load(past.settings, [signer.public]) is not None
    record = past.settings.ledger.with_name("ledger.sqlite.audited")
    record.write_bytes(record.read_bytes().replace(b'"seq":', b'"seq":1'))
    assert load(past.settings, [signer.public]) is None
    _change(past, 3)
    assert "digest ledger.sqlite: entry 3" in audited(past, new=True)


def _change(past: Past, seq: int) -> None:
    connection = sqlite3.connect(past.settings.ledger, isolation_level=None)
    (trigger,) = connection.execute("select sql from sqlite_master where name = 'entries_no_update'").fetchone()
    connection.execute("drop trigger entries_no_update")
    connection.execute(f"update entries set body = replace(body, '{{', '{{\"a\":1,') where seq = {seq}")
    connection.execute(trigger)
    connection.close()
