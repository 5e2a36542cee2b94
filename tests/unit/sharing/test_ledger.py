"""The ledger keeps what was written, in order, and shows it when anything was changed."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sharing.audit import verify_ledger
from sharing.chain import Head, head_path
from sharing.faults import PastLacking, SharingRefused
from sharing.keys import Signer
from sharing.ledger import Ledger
from sharing.tree import Range
from tests.keys import signer_in

AT = datetime(2026, 6, 1, 8, tzinfo=UTC)


def verdict(agreement: str, run: str = "r1", **more: object) -> tuple[str, dict[str, object]]:
    return "verdict", {"agreement": agreement, "run_id": run, "verdict": "released", **more}


def fill(path: Path, count: int = 12, signer: Signer | None = None) -> Head:
    with Ledger.open(path, signer) as ledger:
        ledger.append_many([verdict(f"a{number}", note=f"第{number}号") for number in range(count)], AT)
        return ledger.head()


def rules(path: Path, **more: object) -> set[str]:
    with Ledger.open(path) as ledger:
        return {fault.rule for fault in ledger.verify(**more)}  # type: ignore[arg-type]


def tamper(path: Path, statement: str) -> None:
    """Change the file as somebody would who knows it: the triggers are back afterwards."""
    connection = sqlite3.connect(path, isolation_level=None)
    triggers = connection.execute("select name, sql from sqlite_master where type = 'trigger'").fetchall()
    for name, _ in triggers:
        connection.execute(f"drop trigger {name}")
    connection.execute(statement)
    for _, sql in triggers:
        connection.execute(sql)
    connection.close()


def test_entries_come_back_in_order_by_kind_and_by_run(ledger: Ledger) -> None:
    ledger.append_many([verdict("a"), ("run", {"run_id": "r1"}), verdict("b", "r2")], AT)
    assert [entry.seq for entry in ledger.entries()] == [1, 2, 3]
    assert [entry.key for entry in ledger.entries("verdict")] == ["a", "b"]
    assert [entry.kind for entry in ledger.entries(run="r1")] == ["verdict", "run"]
    assert [entry.key for entry in ledger.entries("verdict", "r2")] == ["b"]
    assert next(ledger.entries()).at == AT
    assert ledger.verify() == []


def test_the_latest_entry_about_something_is_the_newest(ledger: Ledger) -> None:
    ledger.append(*verdict("a", n=1), AT)
    newest = ledger.append(*verdict("a", n=2), AT)
    other = ledger.append(*verdict("b"), AT)
    assert ledger.latest("verdict", "a") == newest
    assert ledger.latest("verdict", "c") is None
    assert ledger.current("verdict") == {"a": newest, "b": other}
    ledger.append("run", {"run_id": "r"}, AT)
    assert [ledger.newest_but({"run"}, after) for after in (0, 3, 4)] == [3, 3, 4]
    assert [ledger.newest_but({"run", "verdict"}, after) for after in (0, 2)] == [0, 2]


def test_a_check_is_known_by_table_rule_and_column(ledger: Ledger) -> None:
    body = {"table": "raw.t", "rule": "required", "column": "c"}
    ledger.append_many([("check", body), ("check", body | {"column": None})], AT)
    assert list(ledger.current("check")) == ["raw.t/required", "raw.t/required/c"]


@pytest.mark.parametrize(
    "kind, body, rule",
    [
        ("gossip", {}, "entry_kind"),
        ("verdict", {}, "entry_key"),
        ("verdict", {"agreement": 3}, "entry_key"),
        ("verdict", {"agreement": "a", "score": float("nan")}, "entry_body"),
        ("verdict", {"agreement": "a", "at": AT}, "entry_body"),
    ],
)
def test_an_entry_that_could_not_be_found_or_read_again_is_refused(
    ledger: Ledger, kind: str, body: dict[str, object], rule: str
) -> None:
    with pytest.raises(SharingRefused) as refused:
        ledger.append_many([verdict("a"), (kind, body)], AT)
    assert refused.value.fault.rule == rule
    assert list(ledger.entries()) == []


def test_a_time_without_a_zone_is_refused(ledger: Ledger) -> None:
    with pytest.raises(SharingRefused, match="time zone"):
        ledger.append(*verdict("a"), datetime(2026, 6, 1))


@pytest.mark.parametrize(
    "statement",
    [
        "update entries set body = '{}'",
        "delete from entries where seq = 1",
        "insert or replace into entries select 1, at, kind, run, key, '{}', previous, 'x' from entries where seq = 1",
    ],
)
def test_the_database_itself_refuses_to_change_an_entry(tmp_path: Path, statement: str) -> None:
    fill(tmp_path / "l.sqlite")
    with (
        sqlite3.connect(tmp_path / "l.sqlite") as connection,
        pytest.raises(sqlite3.IntegrityError, match="append-only"),
    ):
        connection.execute(statement)
    connection.close()


@pytest.mark.parametrize(
    "statement, rule",
    [
        ("update entries set body = replace(body, 'released', 'withheld') where seq = 5", "digest"),
        ("update entries set at = '2020-01-01T00:00:00+00:00' where seq = 5", "digest"),
        ("update entries set run = null where seq = 5", "digest"),
        ("update entries set key = 'x' where seq = 12", "digest"),
        ("delete from entries where seq = 5", "sequence"),
        ("delete from entries where seq = 1", "sequence"),
        ("delete from entries where seq > 9", "tail"),
        ("delete from entries", "tail"),
        ("update entries set digest = 'x' where seq = 5", "chain"),
    ],
)
def test_whoever_changes_the_file_behind_its_back_is_found_out(tmp_path: Path, statement: str, rule: str) -> None:
    fill(tmp_path / "l.sqlite")
    tamper(tmp_path / "l.sqlite", statement)
    assert rule in rules(tmp_path / "l.sqlite")


def test_triggers_that_were_taken_away_are_missed(tmp_path: Path) -> None:
    fill(tmp_path / "l.sqlite")
    with sqlite3.connect(tmp_path / "l.sqlite") as connection:
        connection.execute("drop trigger entries_no_update")
    connection.close()
    assert rules(tmp_path / "l.sqlite") == {"ledger_guarded"}


@pytest.mark.parametrize(
    "written",
    [
        "drop trigger entries_no_update; create trigger entries_no_update before update on entries begin select 1; end",
        "create trigger quiet after insert on entries begin select 1; end",
        "alter table entries rename to kept; create view entries as select * from kept",
    ],
)
def test_what_guards_the_entries_is_known_by_its_text_and_not_its_name(tmp_path: Path, written: str) -> None:
    path = tmp_path / "l.sqlite"
    fill(path)
    with sqlite3.connect(path) as connection:
        connection.executescript(written)
    connection.close()
    assert {fault.rule for fault in verify_ledger(path)} == {"ledger_guarded"}
    if "create view" in written:
        with pytest.raises(SharingRefused, match="no table any more"):
            Ledger.open(path)


def test_a_tail_cut_off_together_with_its_head_is_shown_by_a_witness(tmp_path: Path) -> None:
    path = tmp_path / "l.sqlite"
    fill(path, 6)
    before = head_path(path).read_bytes()
    witness = fill(path, 6)
    tamper(path, "delete from entries where seq > 6")
    head_path(path).write_bytes(before)
    assert rules(path) == set()
    assert rules(path, witnesses=[witness]) == {"tail"}
    assert rules(path, witnesses=[Head(3, "x")]) == {"head"}


def test_a_head_is_signed_and_a_forged_one_shows(tmp_path: Path) -> None:
    path, signer = tmp_path / "l.sqlite", signer_in(tmp_path / "keys")
    fill(path, 6, signer)
    with Ledger.open(path, signer) as ledger:
        assert ledger.verify() == []
        tamper(path, "delete from entries where seq > 4")
        last = list(ledger.entries())[-1]
        record = json.loads(head_path(path).read_bytes()) | {"seq": 4, "digest": last.digest}
        head_path(path).write_text(json.dumps(record))
        assert [fault.rule for fault in ledger.verify()] == ["head_signature"]


@pytest.mark.parametrize("content", [None, b"", b"[]", b'{"seq": 1}', b"\xff"])
def test_a_missing_or_unreadable_head_is_a_fault(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "l.sqlite"
    fill(path)
    head_path(path).unlink()
    if content is not None:
        head_path(path).write_bytes(content)
    assert rules(path) == {"head_readable"}


def test_a_file_that_is_no_ledger_is_refused(tmp_path: Path) -> None:
    (tmp_path / "l.sqlite").write_bytes(b"not a database at all" * 100)
    with pytest.raises(SharingRefused, match="not a readable ledger"):
        Ledger.open(tmp_path / "l.sqlite")


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sealed") / "l.sqlite"
    fill(path)
    return path


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
def test_any_changed_byte_shows_or_changes_nothing_that_is_read(
    sealed: Path, tmp_path: Path, share: float, flip: int
) -> None:
    with Ledger.open(sealed) as ledger:
        written = list(ledger.entries())
    copy = tmp_path / "copy.sqlite"
    data = bytearray(sealed.read_bytes())
    data[int(len(data) * share)] ^= flip
    copy.write_bytes(data)
    head_path(copy).write_bytes(head_path(sealed).read_bytes())
    try:
        with Ledger.open(copy) as ledger:
            assert ledger.verify() or list(ledger.entries()) == written
    except SharingRefused as refused:
        assert refused.fault.rule == "ledger_readable"


WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from sharing.ledger import Ledger
with Ledger.open(Path(sys.argv[1])) as ledger:
    for number in range(40):
        ledger.append("access", {"subject": sys.argv[2], "n": number}, datetime(2026, 6, 1, tzinfo=UTC))
"""


def test_two_processes_write_one_chain_while_a_third_reads(tmp_path: Path) -> None:
    path = tmp_path / "l.sqlite"
    fill(path, 1)
    command = [sys.executable, "-c", WRITER, str(path)]
    writers = [subprocess.Popen([*command, name]) for name in ("first", "second")]
    with Ledger.open(path) as ledger:
        while any(writer.poll() is None for writer in writers):
            seen = [entry.seq for entry in ledger.entries()]
            assert seen == list(range(1, len(seen) + 1))
        assert [writer.returncode for writer in writers] == [0, 0]
        assert len(list(ledger.entries("access"))) == 80
        assert ledger.verify() == []


def test_an_interrupted_append_leaves_nothing(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger.append(*verdict("a"), AT)
    monkeypatch.setattr("sharing.ledger.entry_digest", lambda *_: None)
    with pytest.raises(sqlite3.IntegrityError):
        ledger.append_many([verdict("b"), verdict("c")], AT)
    assert [entry.key for entry in ledger.entries()] == ["a"]
    monkeypatch.undo()
    ledger.append(*verdict("d"), AT)
    assert ledger.verify() == []


def put(path: Path, **changes: object) -> None:
    record = json.loads(head_path(path).read_bytes())
    head_path(path).write_text(json.dumps(record | changes), "utf-8")


@pytest.mark.parametrize(
    "attack, rule",
    [
        (lambda path: tamper(path, "delete from entries where seq > 9"), "ledger_behind"),
        (lambda path: tamper(path, "delete from entries"), "ledger_behind"),
        (lambda path: tamper(path, "update entries set digest = 'x' where seq = 12"), "ledger_other"),
        (lambda path: head_path(path).unlink(), "head_there"),
        (lambda path: head_path(path).write_bytes(b"{}"), "head_readable"),
        (lambda path: put(path, seq=3), "ledger_other"),
    ],
)
def test_nothing_is_added_to_a_ledger_that_lacks_what_its_head_names(
    tmp_path: Path, attack: Callable[[Path], None], rule: str
) -> None:
    path = tmp_path / "l.sqlite"
    fill(path)
    attack(path)
    with Ledger.open(path) as ledger:
        before = [entry.seq for entry in ledger.entries()]
        with pytest.raises(PastLacking) as refused:
            ledger.append(*verdict("b"), AT)
        assert refused.value.rule == rule and "backup" in refused.value.fix
        assert [entry.seq for entry in ledger.entries()] == before


def test_a_head_that_another_key_signed_lets_nothing_be_added(tmp_path: Path) -> None:
    path, signer = tmp_path / "l.sqlite", signer_in(tmp_path / "keys")
    fill(path, 3, signer_in(tmp_path / "other"))
    with Ledger.open(path, signer) as ledger, pytest.raises(PastLacking, match="not signed"):
        ledger.append(*verdict("b"), AT)
    with Ledger.open(path, signer, [signer_in(tmp_path / "other").public]) as ledger:
        assert ledger.append(*verdict("b"), AT).seq == 4
        assert ledger.verify() == []


def test_a_ledger_ahead_of_its_head_goes_on_if_it_follows_from_it(tmp_path: Path) -> None:
    path = tmp_path / "l.sqlite"
    fill(path, 3)
    head = head_path(path).read_bytes()
    fill(path, 3)
    head_path(path).write_bytes(head)
    with Ledger.open(path) as ledger:
        assert ledger.append(*verdict("b"), AT).seq == 7
    head_path(path).write_bytes(head)
    tamper(path, "update entries set body = '{}' where seq = 5")
    with Ledger.open(path) as ledger, pytest.raises(PastLacking, match="entry 5"):
        ledger.append(*verdict("b"), AT)


def test_a_tree_of_the_entries_grows_with_them(tmp_path: Path) -> None:
    path = tmp_path / "l.sqlite"
    fill(path, 5)
    with Ledger.open(path) as ledger:
        first = ledger.tree()
        ledger.append(*verdict("b"), AT)
        assert first[0] == 5 and ledger.tree()[0] == 6 != first
    with Ledger.open(path) as again:
        assert again.tree() == ledger_tree(path)


def ledger_tree(path: Path) -> tuple[int, str]:
    grown = Range()
    with Ledger.read(path) as ledger:
        for entry in ledger.entries():
            grown.add(bytes.fromhex(entry.digest))
    return grown.size, grown.root.hex()
