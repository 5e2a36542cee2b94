"""Cases at the command line and in the lake: opened, answered, confirmed row by row, and raced for."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest

from contracts.acts import DeclaredPersons, Person, Role, RoleGrant
from contracts.model import Catalogue, Dataset, DeliveryMode, Level
from lake.acts import Persons
from lake.attach import quarantine_table, store_table
from lake.corrections.acting import Doer, Told, do, open_case
from lake.corrections.confirming import in_lake, settle
from lake.corrections.opening import about_rows, keys_digest
from lake.corrections.reading import Book
from lake.quarantine.book import QuarantineBook
from lake.quarantine.masking import masked
from lake.quarantine.sight import row_sight
from lake.quarantine.workbook import sheet_names
from lake.ready import Ready
from sharing.corrections.vocabulary import Doing, Kind, Outcome, State
from sharing.faults import SharingRefused
from sharing.ledger import Ledger
from tests.command import call
from tests.unit.lake.casework import BAO, CHEN, MEI, Office, workspace
from tests.unit.lake.desk import Desk, people

AT = datetime.fromisoformat("2026-11-20T09:00:00+08:00")
TERM = (date(2026, 1, 1), date(2028, 12, 31))
STELLA, HAI = "stella@city.example", "hai@city.example"
GRANTS = {STELLA: (RoleGrant(Role.STEWARD, *TERM),), HAI: (RoleGrant(Role.OWNER, *TERM, "test"),)}
WRONG = "id,name,age\n1,甲,x\n2,乙,y\n3,丙,3\n,丁,z\n"


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger.open(tmp_path / "ledger.sqlite")


def book(ledger: Ledger, tmp_path: Path) -> Book:
    named = {name: Person(name, name, name, grants, ()) for name, grants in GRANTS.items()}
    return Book(ledger, Persons(DeclaredPersons(named), tmp_path / "none"))


def test_rows_are_confirmed_by_reason_as_deliveries_mend_them(desk: Desk, ledger: Ledger, tmp_path: Path) -> None:
    one = replace(people(), largest_rejected_share=1.0)
    desk.deliver(one, WRONG, "2026-11-03")
    (batch,) = desk.ingest(one)
    left = in_lake(desk.connection)
    assert [left(one, batch.batch, reason) for reason in ("", "type:age", "required:id", "none")] == [3, 3, 1, 0]
    desk.deliver(one, "id,name,age\n1,甲,1\n", "2026-11-04")
    desk.ingest(one)
    assert [left(one, batch.batch, reason) for reason in ("", "type:age")] == [2, 2]
    first = keys_digest(desk.connection, one, batch.batch, "type:age")
    assert len(first) == 64 and first != keys_digest(desk.connection, one, batch.batch, "required:id")


def test_what_a_delivery_mended_that_was_taken_back_since_is_closed_by_no_count_of_the_lake(
    desk: Desk, ledger: Ledger, tmp_path: Path
) -> None:
    one, shared = replace(people(), largest_rejected_share=1.0), book(ledger, tmp_path)
    quarantine = QuarantineBook(ledger)
    city = Catalogue("c", "c", "c", Path(), Path(), {}, {one.id: one}, {}, {}, {}, {})
    left = in_lake(desk.connection, quarantine)
    batches = []
    for content, day in ((WRONG, "2026-11-03"), ("id,name,age\n1,甲,1\n2,乙,2\n", "2026-11-04")):
        desk.deliver(one, content, day)
        batches.append(next(each for each in desk.ingest(one) if str(each.delivered_on) == day))
        ledger.append("batch", batches[-1].as_dict(), AT)
    wrong, right = (each.batch for each in batches)
    ledger.append("corrected", {"dataset": one.id, "batch": wrong, "by": {right: 2}, "rows": 2}, AT)
    about = replace(about_rows(quarantine, one, wrong, "type:age"), rows=2)
    case = open_case(shared, Kind.CORRECTION, about, Doer(STELLA, GRANTS[STELLA]), Told("look"), AT, send=True)

    def counted(dataset: Dataset, batch: str, reason: str) -> int:
        return max((left(dataset, batch, reason) or 0) - 1, 0)  # one row has no key, and is in no case here

    settle(shared, quarantine, city, AT, counted)
    assert shared.expect(case.id).state is State.CLOSED
    ledger.append("recall", {"batch": right, "reason": "x", "releases": [], "recipients": []}, AT)
    for unmended in (None, counted, None):
        settle(shared, quarantine, city, AT, unmended)
        assert (shared.expect(case.id).state, shared.expect(case.id).unmended) == (State.SENT, 2)
    assert [step.doing for step in shared.expect(case.id).steps][-2:] == [Doing.CONFIRM, Doing.REOPEN]


def test_a_ready_engine_sees_the_lake_as_it_is_and_holds_nothing_of_it_between(desk: Desk) -> None:
    one, ready = replace(people(), largest_rejected_share=1.0), Ready(desk.settings)
    desk.deliver(one, WRONG, "2026-11-03")
    desk.ingest(one)
    count, databases = f"select count(*) from {quarantine_table(one)}", "select database_name from duckdb_databases()"
    engines = []
    for rows, day in ((3, "2026-11-04"), (6, "2026-11-05")):
        with ready.lake() as lake:
            assert lake.execute(count).fetchall() == [(rows,)]
            with pytest.raises(duckdb.Error, match="read-only"):
                lake.execute(f"delete from {store_table(one)}")
            engines.append(lake)
        assert {name for (name,) in lake.execute(databases).fetchall()} == {"memory", "system", "temp"}
        desk.deliver(one, WRONG.replace("甲", f"甲{day}"), day)
        desk.ingest(one)
    assert engines[0] is engines[1]
    with pytest.raises(LookupError), ready.lake() as lake:
        raise LookupError
    with ready.lake() as after:
        assert after is not lake, "in what state it was nobody knew"
    ready.close()
    with pytest.raises(duckdb.Error, match="closed"):
        after.execute(databases)


def test_of_threads_that_answer_at_once_one_is_heard_and_each_is_told(ledger: Ledger, tmp_path: Path) -> None:
    one = people()
    told = {"dataset": one.id, "path": "2026-11-03/x.csv", "state": "accepted", "batch": "b1", "run_id": "r"}
    counts = {"delivered_on": "2026-11-03", "read": 4, "quarantined": 3, "reasons": {"type:age": 3}}
    ledger.append("batch", told | counts, AT)
    shared, steward, owner = book(ledger, tmp_path), Doer(STELLA, GRANTS[STELLA]), Doer(HAI, GRANTS[HAI])
    about = about_rows(QuarantineBook(ledger), one, "b1", "type:age")
    case = open_case(shared, Kind.CORRECTION, about, steward, Told("look"), AT, send=True)
    assert case.state is State.SENT and case.about.evidence == (1,)
    refused: list[str] = []
    start = threading.Barrier(6)

    def answer(number: int) -> None:
        mine = book(ledger, tmp_path)
        seen = mine.expect(case.id).moved
        start.wait()
        try:
            do(mine, case.id, Doing.ANSWER, owner, Told(f"answer {number}", Outcome.CORRECTED, after=seen), AT)
        except SharingRefused as refusal:
            refused.append(refusal.fault.message)

    threads = [threading.Thread(target=answer, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 5 and all("the case is corrected" in why or "meanwhile" in why for why in refused)
    found = shared.expect(case.id)
    assert [step.doing for step in found.steps] == [Doing.OPEN, Doing.SEND, Doing.ANSWER] and found.ignored == ()
    assert ledger.verify() == []


def test_what_is_not_there_or_was_taken_back_has_no_case(ledger: Ledger) -> None:
    one, quarantine = people(), QuarantineBook(ledger)
    told = {"dataset": one.id, "path": "2026-11-03/x.csv", "state": "accepted", "batch": "b1"}
    counts = {"delivered_on": "2026-11-03", "read": 4, "quarantined": 1, "reasons": {"type:age": 1}}
    ledger.append("batch", told | counts, AT)
    for batch, reason in (("b2", ""), ("b1", "type:name")):
        with pytest.raises(SharingRefused) as refusal:
            about_rows(quarantine, one, batch, reason)
        assert refusal.value.rule == "case_rows"
    ledger.append("batch", told | counts | {"state": "withdrawn"}, AT)
    with pytest.raises(SharingRefused, match="taken back"):
        about_rows(quarantine, one, "b1")
    assert quarantine.open(Catalogue("c", "c", "c", Path(), Path(), {}, {one.id: one}, {}, {}, {}, {})) == []


def test_an_entry_under_an_expectation_is_written_once(ledger: Ledger) -> None:
    body = {"case": "C1", "doing": "open"}
    first = ledger.append_after("case", body, AT, 0)
    with pytest.raises(SharingRefused, match="written meanwhile") as refusal:
        ledger.append_after("case", body, AT, 0)
    assert refusal.value.rule == "entry_expected" and ledger.size() == 1
    ledger.append("case", body | {"case": "C2"}, AT)
    assert ledger.append_after("case", body, AT, first.seq).seq == 3, "another case is no matter of this one"


@pytest.mark.parametrize(
    ("text", "mask", "shown"),
    [
        ("欧阳明", "middle", "欧****"),
        ("15417953884", "middle", "154****3884"),
        ("99900119350314328X", "middle", "999001********328X"),
        ("999001193503143", "middle", "****"),
        ("1955-07-08", "year", "1955"),
        ("99900119350314328X", "year", "****"),
        ("1955", "year", "****"),
        ("anything", "hmac", "****"),
        ("anything", "none", "****"),
        ("", "full", ""),
        (None, "middle", None),
    ],
)
def test_a_mask_fits_the_form_it_is_made_for_and_hides_all_else(
    desk: Desk, text: str | None, mask: str, shown: str | None
) -> None:
    (found,) = desk.connection.execute(f"select {masked('t', mask)} from (select ?::varchar as t)", [text]).fetchone()  # type: ignore[misc]
    assert found == shown


def test_levels_are_those_of_the_role_unless_the_person_has_another() -> None:
    def level(*grants: RoleGrant) -> Level | None:
        return row_sight("x", grants, "test").level

    steward, owner = RoleGrant(Role.STEWARD, *TERM), RoleGrant(Role.OWNER, *TERM, "test")
    assert (level(steward), level(owner), level(steward, owner)) == (Level.L2, Level.L3, Level.L3)
    assert level(replace(owner, department="tax")) is None and level(RoleGrant(Role.OFFICER, *TERM)) is None
    assert level(replace(owner, level="L1")) is Level.L1 and level(replace(steward, level="L4")) is Level.L4


def test_sheets_have_legal_names_and_no_two_alike() -> None:
    long = "x" * 40
    names = sheet_names([long, long.upper(), f"{long}y", "a:b", "a/b", "A?b", "History", "'q'", "说明 About", "\x00"])
    assert len({one.casefold() for one in names.values()}) == len(names)
    assert all(
        len(one) <= 31 and not set(one) & set("[]:*?/\\'") and one.casefold() != "history" for one in names.values()
    )


def test_the_command_line_opens_answers_and_decides(tmp_path: Path) -> None:
    folder = workspace(tmp_path / "city")
    office = Office.of(folder, tmp_path / "state")
    check = {"table": "raw.market_regulation__enterprises", "rule": "credit_code_unique", "passed": False}
    office.ledger.append("check", check, office.at)
    office.ledger.close()
    where = {"ZHONGTAI_STATE": str(tmp_path / "state"), "ZHONGTAI_NOW": office.at.isoformat()}

    def told(*arguments: str, status: int = 0) -> dict[str, object]:
        said = call("corrections", *arguments, "--json", "--workspace", str(folder), environment=where)
        assert said.status == status, said.err
        return dict(json.loads(said.out)) if status == 0 else {"err": said.err}

    def by(name: str) -> tuple[str, ...]:
        return "--as", name, "--key", str(folder / ".keys" / name.partition("@")[0] / "signing.pem")

    number = str(
        told("open", str(check["table"]), "--reason", str(check["rule"]), *by(MEI), "--words", "two of one code")[
            "case"
        ]
    )
    assert told("send", number, *by(BAO))["state"] == "sent"
    assert "data_is_right" in str(told("answer", number, *by(MEI), "--words", "no", "--outcome", "rejected", status=2))
    assert told("answer", number, *by(MEI), "--words", "done", "--outcome", "corrected")["state"] == "corrected"
    assert "nobody may answer" in str(
        told("answer", number, *by(MEI), "--words", "x", "--outcome", "corrected", status=2)
    )
    assert told("close", number, *by(CHEN), "--words", "seen")["outcome"] == "corrected"
    listed = call("cases", "--json", "--workspace", str(folder), environment=where)
    assert [one["case"] for one in json.loads(listed.out)["corrections"]] == [number]
    shown = call("cases", number, "--workspace", str(folder), environment=where)
    assert "two of one code" in shown.out and "corrected" in shown.out


def delivered(ledger: Ledger, dataset: str, day: int, rows: int, state: str = "accepted", path: str = "x.csv") -> None:
    """A batch of a day, so many rows of which were rejected."""
    told = {"dataset": dataset, "path": f"2026-11-{day:02d}/{path}", "state": state, "batch": f"b{day}"}
    counts = {"delivered_on": f"2026-11-{day:02d}", "read": 9, "quarantined": rows}
    ledger.append("batch", told | counts | {"reasons": {"type:age": rows} if rows else {}}, AT)


@pytest.mark.parametrize("anew", [False, True])
def test_of_snapshots_what_the_newest_that_counts_rejected_is_open(ledger: Ledger, anew: bool) -> None:
    one = replace(people(), mode=DeliveryMode.SNAPSHOT)
    read_on = QuarantineBook(ledger)

    def told() -> tuple[list[tuple[str, int]], int]:
        book = QuarantineBook(ledger) if anew else read_on
        known = Catalogue("c", "c", "c", Path(), Path(), {}, {one.id: one}, {}, {}, {}, {})
        open_ = book.open(known, {"test"})
        assert book.open(known, {"other"}) == []
        return [(each.state, each.open) for each in book.rejected(one)], sum(each.rows for each in open_)

    delivered(ledger, one.id, 3, 4)
    assert told() == ([("accepted", 4)], 4)
    delivered(ledger, one.id, 4, 9, "held")
    assert told() == ([("held", 9), ("accepted", 4)], 13), "a held one replaces nothing"
    delivered(ledger, one.id, 5, 0)
    delivered(ledger, one.id, 6, 0)
    assert told() == ([("superseded", 0), ("superseded", 0)], 0)
    ledger.append("recall", {"batch": "b6", "reason": "x"}, AT)
    assert told()[1] == 0, "the one of the day before counts again"
    delivered(ledger, one.id, 5, 0, "withdrawn")
    assert told()[1] == 13
    delivered(ledger, one.id, 7, 0)
    delivered(ledger, one.id, 7, 0, path="again.csv")
    delivered(ledger, one.id, 7, 2, "rejudged")
    delivered(ledger, one.id, 7, 2, "withdrawn")
    assert told() == ([("rejudged", 2), ("superseded", 0), ("superseded", 0)], 2), "it lies at another path yet"
    ledger.append("corrected", {"dataset": one.id, "batch": "b7", "by": {"b8": 1}, "rows": 1}, AT)
    assert told()[1] == 1
