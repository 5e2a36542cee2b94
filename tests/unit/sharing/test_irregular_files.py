"""A pipe in the place of a file is never waited for, and a ledger that cannot be written can be read."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sharing.audit import verify_ledger
from sharing.chain import head_path
from sharing.durable import read_file
from sharing.faults import SharingRefused
from sharing.keyring import SIGNING
from sharing.keys import PublicKey
from sharing.ledger import Ledger, _unreadable
from sharing.release import list_releases
from sharing.verify import verify_release
from tests.keys import signer_in

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def _pipe(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    os.mkfifo(path, 0o600)
    return path


def test_a_file_is_read_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    assert read_file(tmp_path / "file") == b"content"
    for other in (_pipe(tmp_path / "pipe"), tmp_path):
        with pytest.raises(OSError, match=r"not a regular file|directory"):
            read_file(other)


def _verify(folder: Path) -> object:
    _pipe(folder / "certificate.json")
    return verify_release(folder, signer_in(folder.parent / "keys").public, NOW)


@pytest.mark.parametrize(
    "ask",
    [
        lambda folder: signer_in(_pipe(folder / SIGNING).parent),
        lambda folder: PublicKey.read(_pipe(folder / "key.pem")),
        _verify,
        lambda folder: list(list_releases(_pipe(folder / "agreement" / ("0" * 32) / "certificate.json").parents[2])),
    ],
    ids=["signing key", "public key", "certificate", "releases"],
)
def test_a_pipe_is_not_waited_for(ask: Callable[[Path], object], tmp_path: Path) -> None:
    try:
        ask(tmp_path / "place")
    except SharingRefused as refused:
        assert refused.fix


def test_a_pipe_for_a_head_is_a_fault(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        ledger.append("run", {"run_id": "1"}, NOW)
    _pipe(head_path(tmp_path / "ledger.sqlite"))
    assert [fault.rule for fault in verify_ledger(tmp_path / "ledger.sqlite")] == ["head_readable"]


def test_a_ledger_that_nobody_can_write_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        ledger.append("run", {"run_id": "1"}, NOW)
    # What a file system that is read-only answers, also to the administrator.
    monkeypatch.setattr(os, "access", lambda *_: False)
    with Ledger.read(tmp_path / "ledger.sqlite") as ledger:
        assert [entry.key for entry in ledger.entries()] == ["1"]


@pytest.mark.parametrize(
    ("said", "step"),
    [
        ("attempt to write a readonly database", "right to write"),
        ("database is locked", "wait until that has ended"),
        ("database or disk is full", "free space"),
        ("disk I/O error", "see to the disk"),
        ("file is not a database", "restore it from a backup"),
    ],
)
def test_only_damage_is_to_be_restored(said: str, step: str) -> None:
    assert step in str(_unreadable(Path("ledger.sqlite"), sqlite3.OperationalError(said)))
