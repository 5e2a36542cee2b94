"""Departments' databases, asked on the real servers: what comes is what is there, and what goes wrong says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts.clock import FixedClock
from contracts.model import Database, Dataset, DeliveryMode
from lake.ingest import Batch
from lake.sources import extracting
from lake.taken_back import strike
from tests.servers import Served, certified, mariadb, postgresql
from tests.unit.lake.desk import PEOPLE, Desk, column, dataset

PASSWORD = "pa'ss \"word\\"
MORNING = datetime.fromisoformat("2026-11-20T10:00:00+08:00")


@pytest.fixture(scope="module")
def postgres() -> Iterator[Served]:
    with postgresql(PASSWORD) as served:
        yield served


@pytest.fixture(scope="module")
def maria() -> Iterator[Served]:
    with mariadb(PASSWORD.replace("'", "").replace("\\", "")) as served:
        yield served


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """A desk in the morning of a day, with the secret of both databases."""
    desk = replace(desk, settings=replace(desk.settings, clock=FixedClock(MORNING)))
    tell(desk, "registry", PASSWORD)
    tell(desk, "civil", PASSWORD.replace("'", "").replace("\\", ""))
    return desk


def tell(desk: Desk, name: str, password: str, ca_file: Path | None = None) -> Path:
    """Write a secret down."""
    file = desk.settings.secrets / f"{name}.yml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(0o600)
    quoted = password.replace("'", "''")
    file.write_text(f"user: reader\npassword: '{quoted}'\n" + (f"ca_file: {ca_file}\n" if ca_file else ""))
    return file


def asked(served: Served, table: str, *columns: Any, kind: str = "postgresql", **facts: Any) -> Dataset:
    """A dataset that is asked of a table, as snapshots, or by key above a mark."""
    own = {"postgresql": ("postgres", "registry"), "mysql": ("city", "civil")}[kind]
    database = Database(kind, "127.0.0.1", served.port, own[0], facts.pop("secret", own[1]), table=table, **facts)
    one = dataset(*(columns or PEOPLE), format="parquet", path=f"{kind}/{table}", place=database)
    return replace(one, mode=DeliveryMode.UPSERT if database.mark else DeliveryMode.SNAPSHOT)


def later(desk: Desk, **by: int) -> Desk:
    return replace(desk, settings=replace(desk.settings, clock=FixedClock(MORNING + timedelta(**by))))


def only(batches: list[Batch]) -> Batch:
    (batch,) = batches
    return batch


def test_a_table_comes_as_it_is_there_once_for_one_content(desk: Desk, postgres: Served) -> None:
    postgres.run(
        "create table exact (id bigint primary key, amount numeric, born date, seen timestamptz, note text);"
        "insert into exact values (2, 1.10, 'infinity', null, null), "
        "(1, 12345678901234567890.123456789, '2026-01-02', '2026-01-02 03:04:05.5+00', '张三')"
    )
    amount = column("amount", "decimal", precision=38, scale=9)
    columns = (column("id", "integer", key=True), amount, column("born", "date"), column("seen", "timestamp"))
    one = asked(postgres, "exact", *columns, column("note"))
    first = only(desk.ingest(one))
    assert (first.state, first.rows_read, first.accepted) == ("accepted", 2, 1), first.message
    ((id_, amount_, born, seen, note),) = desk.accepted(one)
    assert (id_, str(amount_), str(born), note) == (1, "12345678901234567890.123456789", "2026-01-02", "张三")
    assert str(seen) == "2026-01-02 11:04:05.500000"  # the instant, in the contract's zone
    ((_, _, original),) = desk.rejected(one)
    assert original["born"] == "infinity"
    postgres.run("update exact set note = note where id = 2")  # another order on the disk, the same rows
    assert only(desk.ingest(one)).state == "known"
    next_day = only(later(desk, days=1).ingest(one))
    assert (next_day.state, str(next_day.delivered_on)) == ("known", "2026-11-21")
    assert not list(desk.settings.scratch.glob(f"{one.table}*")) and not desk.settings.catalog.with_name("src").exists()


def test_only_what_lies_above_the_mark_comes_and_the_mark_counts_once_it_is_committed(
    desk: Desk, postgres: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    postgres.run(
        "create table people (id text primary key, name text, age int, changed timestamp not null);"
        "insert into people values ('a', '甲', 1, '2026-11-20 08:00'), ('b', '乙', 2, '2026-11-20 09:00')"
    )
    one = asked(postgres, "people", mark="changed", overlap=timedelta(minutes=30))
    one = replace(one, source=replace(one.source, ignored_headers=("changed",)))
    with monkeypatch.context() as broken:
        broken.setattr("lake.carry.write_batch", _fails)
        assert only(desk.ingest(one)).state == "failed"
    first = only(desk.ingest(one))
    assert (first.state, first.rows_read) == ("accepted", 2), first.message
    postgres.run("insert into people values ('c', '丙', 3, '2026-11-20 09:30')")
    postgres.run(
        "insert into people values ('d', '丁', 4, '2026-11-20 08:45')"
    )  # late: within the overlap of the first
    second = only(desk.ingest(one))
    assert (second.state, second.rows_read) == ("accepted", 3)
    assert sorted(row[0] for row in desk.accepted(one)) == ["a", "b", "b", "c", "d"]
    third = only(desk.ingest(one))  # what lies within the overlap of the second, alone
    assert (third.state, third.rows_read) == ("accepted", 1)
    assert only(later(desk, hours=2).ingest(one)).state == "known"
    postgres.run("delete from people where id in ('c', 'b')")
    back = only(desk.ingest(one))
    assert back.state == "failed" and "2026-11-20 09:30:00 were taken" in back.message
    assert "it is 2026-11-20 08:45:00 now" in back.message and "withdraw" in back.message
    assert sorted(row[0] for row in desk.accepted(one)) == ["a", "b", "b", "c", "c", "d"]
    known = desk.context().deliveries[one.id], desk.context().batches[one.id]
    strike(desk.connection, one, known, known[0])
    again = only(desk.ingest(one))  # as the message says: without them it begins anew
    assert (again.state, again.rows_read, len(desk.accepted(one))) == ("accepted", 2, 2)
    yesterday = only(later(desk, days=-1).ingest(one))
    assert yesterday.state == "failed" and "the city's clock says 2026-11-19" in yesterday.message
    postgres.run("insert into people values ('z', '末', 9, '2036-01-01')")
    assert "still to come" in only(desk.ingest(one)).message


def _fails(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_numbers_are_marks_and_nothing_new_is_nothing_taken(desk: Desk, postgres: Served) -> None:
    postgres.run(
        "create table log (no bigserial, id text, name text, age int); insert into log(id) values ('x'), ('y')"
    )
    one = asked(postgres, "", query="select no, id, name, age from log where id <> 'it''s'", mark="no")
    one = replace(one, mode=DeliveryMode.APPEND, source=replace(one.source, ignored_headers=("no",)))
    assert only(desk.ingest(one)).rows_read == 2
    assert only(desk.ingest(one)).state == "known"
    postgres.run("insert into log(id) values ('z')")
    assert only(desk.ingest(one)).rows_read == 1
    assert [row[0] for row in desk.accepted(one)] == ["x", "y", "z"]
    postgres.run(
        "insert into log(no, id) values (default, 'n'); alter table log alter no drop not null; "
        "update log set no = null where id = 'n'"
    )
    assert "1 rows have no value in no" in only(desk.ingest(one)).message


def test_mariadb_is_asked_as_the_server_has_it(desk: Desk, maria: Served) -> None:
    maria.run(
        "create table city.visits (id int primary key, name varchar(20) character set utf8mb4, day date,"
        " flag tinyint(1), cost decimal(30, 5), at datetime(6) not null); insert into city.visits values"
        " (1, '张三', '2026-11-01', 5, 12345678901234567890.12345, '2026-11-20 08:00:00.5'),"
        " (2, null, '0000-00-00', 0, 1.1, '2026-11-20 07:00:00')"
    )
    columns = (column("id", "integer", key=True), column("name"), column("day", "date"), column("flag", "integer"))
    cost = column("cost", "decimal", precision=38, scale=5)
    one = asked(maria, "visits", *columns, cost, kind="mysql", mark="at", overlap=timedelta(seconds=1))
    one = replace(one, source=replace(one.source, ignored_headers=("at",)))
    first = only(desk.ingest(one))
    assert (first.state, first.rows_read, first.accepted) == ("accepted", 2, 1), first.message
    ((id_, name, day, flag, spent),) = desk.accepted(one)
    assert (id_, name, str(day), flag, str(spent)) == (1, "张三", "2026-11-01", 5, "12345678901234567890.12345")
    ((_, _, original),) = desk.rejected(one)
    assert original["day"] == "0000-00-00"
    maria.run("insert into city.visits values (3, '李四', '2026-11-02', 1, 1, '2026-11-20 08:00:01')")
    assert (second := only(desk.ingest(one))).rows_read == 2, second.message
    tell(desk, "civil", "another")
    assert "refuses the user or the password of the secret civil" in only(desk.ingest(one)).message
    gone = replace(one, source=replace(one.source, place=replace(one.source.place, table="nowhere", secret="civil2")))  # type: ignore[type-var]
    tell(desk, "civil2", PASSWORD.replace("'", "").replace("\\", ""))
    assert "there is no such database, table or column" in only(desk.ingest(gone)).message


@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
def test_a_database_that_does_not_prove_who_it_is_is_told_nothing(kind: str, desk: Desk, request: Any) -> None:
    served: Served = request.getfixturevalue({"postgresql": "postgres", "mysql": "maria"}[kind])
    bare = PASSWORD.replace("'", "").replace("\\", "")
    name, password = {"postgresql": ("registry", PASSWORD), "mysql": ("civil", bare)}[kind]
    table = {"postgresql": "proved", "mysql": "city.proved"}[kind]
    served.run(
        f"create table {table} (id varchar(9), name varchar(9), age int); insert into {table} values ('a', 'b', 1)"
    )
    one = asked(served, "proved", kind=kind, tls="verified")
    tell(desk, name, password, served.ca_file)
    proved = only(desk.ingest(one))
    assert (proved.state, proved.rows_read) == ("accepted", 1), proved.message
    another = desk.settings.secrets / "another authority's.pem"
    own, _, authority = certified(desk.settings.secrets)
    for file in (authority.rename(another), None, own.with_name("none.pem")):
        tell(desk, name, password, file)
        batch = only(desk.ingest(one))
        assert batch.state == "failed" and "does not prove who it is, as tls: verified asks" in batch.message
        assert f"ca_file in {name}.yml" in batch.message


def test_each_way_a_database_fails_says_what_and_what_next_and_never_the_password(
    desk: Desk, postgres: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    postgres.run("create table stood (id text, name text, age int); insert into stood values ('a', 'b', 1)")
    postgres.run("create role stranger login password 'x'")
    one = asked(postgres, "stood")
    said = {}

    def fails(name: str, changed: Dataset = one) -> None:
        batch = only(desk.ingest(changed))
        assert batch.state == "failed" and "asked for" not in batch.path
        said[name] = batch.message

    def at(**facts: Any) -> Dataset:
        database = one.source.place
        assert isinstance(database, Database)
        return replace(one, source=replace(one.source, place=replace(database, **facts)))

    fails("no answer", at(port=1))
    fails("no table", at(table="fallen"))
    fails("no database", at(database="other"))
    fails("no column", at(mark="fallen"))
    fails("no SQL", at(table="", query="selct 1"))
    fails("no mark", at(mark="name"))
    fails("no secret", at(secret="unwritten"))
    file = tell(desk, "wrong", "wrong")
    fails("no password", at(secret="wrong"))
    file.write_text("user: stranger\npassword: x\n")
    fails("no right", at(secret="wrong"))
    file.write_text("user: stranger\npass: x\n")
    fails("no key", at(secret="wrong"))
    file.chmod(0o644)
    fails("no privacy", at(secret="wrong"))
    with monkeypatch.context() as without:
        without.setattr(extracting, "extension_file", _no_wheel)
        fails("no driver")
    expected = {
        "no answer": "does not answer",
        "no table": "no such database, table or column",
        "no database": "no such database, table or column",
        "no column": "no such database, table or column",
        "no SQL": "one SELECT, in PostgreSQL's SQL",
        "no mark": "no column of whole numbers, days or moments",
        "no secret": "with user and password",
        "no password": "Have the department's new password",
        "no right": "grant it SELECT",
        "no key": "not acted on",
        "no privacy": "chmod 600",
        "no driver": "pip install 'zhongtai[sources]'",
    }
    assert {name: text for name, text in said.items() if expected[name] not in text} == {}
    assert not any(PASSWORD in text or "wrong'" in text for text in said.values())
    assert only(desk.ingest(one)).state == "accepted"  # the others did it no harm


def _no_wheel(name: str) -> Path:
    raise extracting.ExtensionMissing(name, "1.5.5")
