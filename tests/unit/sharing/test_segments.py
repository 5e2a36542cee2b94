"""A closed part of the ledger lies packed beside it: nothing of it is lost, and what happens to it shows."""

from __future__ import annotations

import lzma
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sharing.audit import verify_ledger
from sharing.chain import Entry, Head, head_path
from sharing.faults import PastLacking, SharingRefused
from sharing.ledger import Ledger
from sharing.sealing import Limits
from sharing.segments import LEAVING, segments_folder
from tests.unit.sharing.test_ledger import fill, ledger_tree, tamper

AT = datetime(2026, 6, 1, 8, tzinfo=UTC)
LATE = AT + timedelta(days=40)
SHORT = Limits(least=10, most=40)


def draft(kind: str, about: str, run: str, **more: object) -> tuple[str, dict[str, object]]:
    """One entry of a kind about something."""
    named = {"check": {"table": about, "rule": "r"}, "recall": {"batch": about}, "verdict": {"agreement": about}}
    return kind, {**named[kind], "run_id": run, **more}


def told(ledger: Ledger, runs: int = 30, first: int = 0) -> list[Entry]:
    """So many runs of three entries each, about a few things."""
    found = []
    for number in range(first, first + runs):
        run, about = f"run{number}", f"a{number % 4}"
        verdict = "released" if number < 7 else "withheld"
        found.append(draft("check", about, run, rows=number))
        found.append(draft("verdict", about, run, verdict=verdict, release_id=f"r{number}"))
        found.append(draft("recall", f"b{number}", run))
    return ledger.append_many(found, AT)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "l.sqlite"


def closed(path: Path) -> list[Entry]:
    """A ledger of thirty runs, of which the first ones are closed; what was written."""
    with Ledger.open(path) as ledger:
        found = told(ledger)
        assert ledger.close_segments(LATE, LATE, SHORT) == 24
    return found


def first_file(path: Path) -> Path:
    return sorted(segments_folder(path).iterdir())[0]


def rows(path: Path, condition: str = "true") -> int:
    with Ledger.read(path) as ledger:
        return int(ledger._connection.execute(f"select count(*) from entries where {condition}").fetchone()[0])


def test_what_is_closed_is_still_told_and_the_file_keeps_what_a_run_asks_for(path: Path) -> None:
    written = closed(path)
    with Ledger.open(path) as ledger:
        assert [one for one in ledger.entries() if one.kind != "segment"] == written
        assert [one.seq for one in ledger.entries("verdict", "run2")] == [8]
        assert [one.seq for one in ledger.entries(run="run29")] == [88, 89, 90]
        assert ledger.released_last("a0") == "r4"
        assert ledger.holds(Head(7, written[6].digest)) and not ledger.holds(Head(7, written[7].digest))
        assert ledger.tree() == ledger_tree(path)
        assert ledger.verify(Head(one.seq, one.digest) for one in written) == []
    assert rows(path, "kind = 'recall'") == 30
    assert rows(path, "seq between 2 and 24 and kind = 'check'") == 0


@pytest.mark.parametrize("kind", ["check", "recall"])
@pytest.mark.parametrize("seq", [0, 3, 23, 24, 40, 90])
def test_what_came_after_is_told_wherever_it_lies(path: Path, kind: str, seq: int) -> None:
    wanted = [one for one in closed(path) if one.kind == kind and one.seq > seq]
    with Ledger.open(path) as ledger:
        assert list(ledger.after(kind, seq)) == wanted


def test_no_run_is_torn_and_the_young_stay(path: Path) -> None:
    with Ledger.open(path) as ledger:
        told(ledger, 30)
        assert ledger.close_segments(AT, LATE, SHORT) == 0
        assert ledger.close_segments(LATE, LATE, Limits(least=25, most=40)) == 0
        assert ledger.close_segments(LATE, LATE, Limits(least=9, most=11)) == 27
        assert [one.body["last"] for one in ledger.entries("segment")] == [9, 18, 27]


_VERDICT = {True: "released", False: "withheld"}
step = st.tuples(st.sampled_from(["check", "verdict", "recall"]), st.integers(0, 3), st.booleans(), st.integers(0, 2))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.lists(st.lists(step, min_size=20, max_size=70), min_size=1, max_size=4), most=st.integers(1, 50))
def test_closing_changes_nothing_that_can_be_asked(
    tmp_path_factory: pytest.TempPathFactory, parts: list[list[tuple[str, int, bool, int]]], most: int
) -> None:
    path, written = tmp_path_factory.mktemp("law") / "l.sqlite", list[Entry]()
    with Ledger.open(path) as ledger:
        for number, part in enumerate(parts):
            drafts = [
                draft(
                    kind, f"a{about}", f"run{number}.{run}", verdict=_VERDICT[released], release_id=f"r{number}.{place}"
                )
                for place, (kind, about, released, run) in enumerate(part)
            ]
            written += ledger.append_many(drafts, AT)
            ledger.close_segments(LATE, LATE, Limits(least=1, most=most))
        assert [one for one in ledger.entries() if one.kind != "segment"] == written
        for kind in ("check", "verdict", "recall"):
            assert list(ledger.entries(kind)) == [one for one in written if one.kind == kind]
            newest = {one.key: one for one in written if one.kind == kind}
            assert ledger.current(kind) == newest
            assert all(ledger.latest(kind, key) == one for key, one in newest.items())
        for run in {one.run for one in written}:
            assert list(ledger.entries(run=run)) == [one for one in written if one.run == run]
        for about in range(4):
            let = [one for one in written if one.kind == "verdict" and one.key == f"a{about}"]
            last = [one.body["release_id"] for one in let if one.body["verdict"] == "released"]
            assert ledger.released_last(f"a{about}") == (last[-1] if last else None)
        assert ledger.tree() == ledger_tree(path)
        assert ledger.verify([Head(one.seq, one.digest) for one in written]) == []
        for one in written[:: max(1, len(written) // 3)]:
            assert verify_ledger(path, after=Head(one.seq, one.digest)) == []


@pytest.mark.parametrize(
    "statement, rule",
    [
        ("update entries set body = replace(body, 'b1', 'b9') where seq = 6", "digest"),
        ("delete from entries where seq = 6", "sequence"),
        ("delete from entries where kind = 'segment'", "sequence"),
        ("update entries set body = replace(body, '24', '23') where kind = 'segment'", "digest"),
        # The newest verdict that let anything leave; withheld ones follow.
        ("delete from entries where seq = 14 and kind = 'verdict'", "sequence"),
        ("update closed set digests = zeroblob(length(digests))", "chain"),
        ("delete from closed", "chain"),
        ("insert into entries select 5, at, kind, run, key, body, previous, 'x' from entries where seq = 3", "digest"),
    ],
)
def test_what_is_changed_of_what_the_file_keeps_shows(path: Path, statement: str, rule: str) -> None:
    closed(path)
    tamper(path, statement)
    assert rule in {fault.rule for fault in verify_ledger(path)}
    if rule == "sequence" and "seq" in statement:
        with Ledger.read(path) as ledger:
            newest = ledger.head()
        assert "sequence" in {fault.rule for fault in verify_ledger(path, after=newest)}


def changed(file: Path) -> None:
    lines = lzma.decompress(file.read_bytes())
    file.write_bytes(lzma.compress(lines.replace(b"withheld", b"released")))


@pytest.mark.parametrize(
    "attack",
    [Path.unlink, changed, lambda file: file.write_bytes(file.read_bytes()[:-9])],
    ids=["gone", "other", "cut"],
)
def test_a_segment_that_is_not_as_it_was_is_told_and_takes_nothing_else_with_it(
    path: Path, attack: Callable[[Path], Any]
) -> None:
    written = closed(path)
    attack(first_file(path))
    assert [fault.rule for fault in verify_ledger(path)] == ["segment_lacking"]
    with Ledger.open(path) as ledger:
        with pytest.raises(SharingRefused, match="closed part"):
            list(ledger.entries("verdict"))
        assert ledger.holds(Head(7, written[6].digest)) and ledger.tree()[0] == 91
        assert len(list(ledger.entries("recall"))) == 30


def test_a_closing_that_dies_leaves_the_ledger_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Ledger.open(path) as ledger:
        written = told(ledger)
        before = head_path(path).read_bytes()
        with monkeypatch.context() as dies:
            dies.setattr("sharing.ledger.let_go", lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                ledger.close_segments(LATE, LATE, SHORT)
        assert list(ledger.entries()) == written and ledger.verify() == []
        left = first_file(path)
        written += told(ledger, 4, 30)
        assert ledger.close_segments(LATE, LATE, SHORT) == 36
        assert not left.exists() and ledger.verify() == []
    # It died once it was committed: the head is behind, and the ledger follows from it.
    head_path(path).write_bytes(before)
    with Ledger.open(path) as ledger:
        ledger.append(*draft("recall", "z", "run99"), AT)
        assert ledger.verify() == []


def test_guards_that_somebody_took_away_are_not_put_back_by_a_closing(path: Path) -> None:
    fill(path, 90)
    with Ledger.open(path) as ledger:
        ledger._connection.execute("drop trigger entries_no_delete")
        assert ledger.close_segments(LATE, LATE, SHORT) == 0
        assert {fault.rule for fault in ledger.verify()} == {"ledger_guarded"}


def test_a_ledger_that_was_rolled_back_behind_its_closing_is_refused(path: Path) -> None:
    with Ledger.open(path) as ledger:
        told(ledger)
    old = path.read_bytes()
    with Ledger.open(path) as ledger:
        ledger.close_segments(LATE, LATE, SHORT)
    path.write_bytes(old)
    with Ledger.open(path) as ledger, pytest.raises(PastLacking):
        ledger.append(*draft("recall", "z", "run99"), AT)


def test_only_kinds_of_which_the_newest_alone_is_asked_for_ever_leave() -> None:
    assert not {"batch", "release", "withdrawal", "recall", "act", "key", "finding", "segment"} & set(LEAVING)


def test_what_is_new_of_some_kinds_comes_in_order_from_the_own_file(path: Path) -> None:
    written = closed(path)
    with Ledger.open(path) as ledger:
        for after in (0, 24, 60, len(written)):
            told_ = list(ledger.kept_after({"check", "recall"}, after))
            assert [one.seq for one in told_] == sorted(one.seq for one in told_)
            kept = {one.seq for one in ledger.kept_after({"recall"}, after)}
            assert kept == {one.seq for one in written if one.kind == "recall" and one.seq > after}
            newest = {one.key: one.seq for one in written if one.kind == "check" and one.seq > after}
            assert {*newest.values()} <= {one.seq for one in told_ if one.kind == "check"}
        assert ledger.size() == len(written) + 1  # the segment's own entry
