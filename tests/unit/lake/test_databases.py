"""Departments' databases, asked on the real servers: what comes is what is there, and what goes wrong says so."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.clock import FixedClock
from contracts.model import Database, Dataset, DeliveryMode
from lake.ingest import Batch
from lake.order import Delivery
from lake.readers.refusal import DeliveryRefused
from lake.readers.settling import NotSettled
from lake.sources import asking
from lake.sources.extracting import extract
from lake.taken_back import strike
from tests.servers import Served, certified, mariadb, postgresql
from tests.unit.lake.desk import PEOPLE, Desk, column, dataset

_serial = count(1)
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
    where, secret = facts.pop("database", own[0]), facts.pop("secret", own[1])
    database = Database(kind, "127.0.0.1", served.port, where, secret, table=table, **facts)
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
        "create table log (no bigserial unique, id text, name text, age int); insert into log(id) values ('x'), ('y')"
    )
    one = replace(marked(asked(postgres, "log", mark="no"), "no"), mode=DeliveryMode.APPEND)
    assert only(desk.ingest(one)).rows_read == 2
    assert only(desk.ingest(one)).state == "known"
    postgres.run("insert into log(id) values ('z')")
    assert only(desk.ingest(one)).rows_read == 1
    postgres.run("insert into log(id) values ('z')")  # all but its mark as another
    assert only(desk.ingest(one)).rows_read == 1
    assert [row[0] for row in desk.accepted(one)] == ["x", "y", "z", "z"]
    postgres.run(
        "insert into log(no, id) values (default, 'n'); alter table log alter no drop not null; "
        "update log set no = null where id = 'n'"
    )
    assert "1 rows have no value in no" in only(desk.ingest(one)).message


def test_rows_of_the_highest_mark_wait_where_others_may_share_it(desk: Desk, postgres: Served) -> None:
    postgres.run("create table steps (id text, name text, age int, m int); insert into steps values ('a', 'b', 1, 7)")
    one = marked(asked(postgres, "steps", mark="m"), "m")
    lone = only(desk.ingest(one))
    assert lone.state == "waiting" and "all its rows have one mark, 7" in lone.message
    postgres.run("insert into steps values ('c', 'd', 1, 7), ('e', 'f', 1, 8)")
    assert only(desk.ingest(one)).rows_read == 2
    assert only(desk.ingest(one)).state == "known"
    postgres.run("create unique index on steps (m) where m > 7")  # holds for some rows alone
    assert only(desk.ingest(one)).state == "known"
    postgres.run("delete from steps where id = 'a'; create unique index on steps (m)")
    assert only(desk.ingest(one)).rows_read == 1


class Looking:
    """One dataset, looked at as each run does, without carrying what came: the marks alone are kept."""

    def __init__(self, desk: Desk, one: Dataset) -> None:
        self._one, self._taken = one, list[Delivery]()
        self._context = replace(desk.context(), deliveries={one.id: self._taken}, batches={})

    def rows(self) -> list[tuple[str, ...]]:
        """The rows that are new; none where nothing is. Raises `DeliveryRefused`."""
        found = extract(self._context, self._one)
        if found.file is None:
            assert found.standing in self._taken
            return []
        rows = self._context.connection.sql(f"select * from read_parquet('{found.file}') order by all").fetchall()
        self._taken.append(Delivery(found.path, found.path, found.day, len(self._taken) + 1))
        shutil.rmtree(self._context.scratch(self._one))
        return rows


def told(desk: Desk, one: Dataset) -> str:
    """How a database fails."""
    with pytest.raises(DeliveryRefused) as refusal:
        Looking(desk, one).rows()
    return str(refusal.value)


def marked(one: Dataset, *ignored: str) -> Dataset:
    """The same dataset, of which these columns are not taken."""
    return replace(one, source=replace(one.source, ignored_headers=ignored))


_MARKS = {
    "whole": ("bigint", "9007199254740992", "9007199254740993"),
    "digits": ("numeric(20, 0)", "98765432109876543210", "98765432109876543211"),
    "moment": ("timestamp(6)", "'2026-11-20 08:00:00.000001'", "'2026-11-20 08:00:00.000002'"),
    "instant": ("timestamptz", "'2026-11-20 08:00+08'", "'2026-11-20 00:30+00'"),
    "day": ("date", "'2026-11-19'", "'2026-11-20'"),
}


@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
def test_each_kind_of_mark_tells_what_is_new(kind: str, desk: Desk, request: Any) -> None:
    served: Served = request.getfixturevalue({"postgresql": "postgres", "mysql": "maria"}[kind])
    for name, (type_, *values) in _MARKS.items():
        if kind == "mysql" and name == "instant":
            continue
        own = "datetime(6)" if kind == "mysql" and name == "moment" else type_
        where = f"{'city.' if kind == 'mysql' else ''}kind_{name}"
        served.run(f"create table {where} (id varchar(9), name varchar(9), age int, m {own} unique)")
        overlap = timedelta(days=1) if name == "day" else 0
        one = Looking(desk, marked(asked(served, f"kind_{name}", kind=kind, mark="m", overlap=overlap), "m"))
        for place, value in enumerate(values):
            served.run(f"insert into {where} values ('{place}', 'x', 1, {value})")
            within = [str(place - 1)] if overlap and place else []
            assert [row[0] for row in one.rows()] == [*within, str(place)], name
        assert [row[0] for row in one.rows()] == (["1"] if overlap else []), name


_NO_MARKS = {
    "text": ("text", "'8'", 0, "m is no column of whole numbers, days or moments: it is of type text there"),
    "truth": ("boolean", "true", 0, "it is of type boolean there"),
    "uuid": ("uuid", "'00000000-0000-0000-0000-000000000001'", 0, "it is of type uuid there"),
    "float": ("float8", "1", 0, "it is of type double precision there"),
    "array": ("int[]", "'{1}'", 0, "it is of type integer[] there"),
    "fraction": ("numeric", "1.5", 0, "the highest m is no whole number, day or moment"),
    "endless": ("timestamp", "'infinity'", 0, "(infinity, a fraction"),
    "soon": (
        "timestamp",
        "'2026-11-20 10:06'",
        0,
        "2026-11-20 10:06:00, which is still to come: it is 2026-11-20 10:00",
    ),
    "instant": ("timestamptz", "'2026-11-20 02:06+00'", 0, "still to come"),
    "tomorrow": ("date", "'2026-11-21'", timedelta(days=1), "2026-11-21, which is still to come"),
    "day": ("date", "'2026-11-20'", 0, "a row that comes later on the same day would never be taken"),
    "part": ("date", "'2026-11-20'", timedelta(minutes=5), "an overlap of whole days (1 day)"),
    "number": ("int", "1", timedelta(minutes=5), "does not go with the values of m"),
}


def test_what_cannot_tell_what_is_new_is_no_mark(desk: Desk, postgres: Served) -> None:
    for name, (type_, value, overlap, expected) in _NO_MARKS.items():
        postgres.run(
            f"create table no_{name} (id text, name text, age int, m {type_}); "
            f"insert into no_{name} values ('a', 'b', 1, {value})"
        )
        one = marked(asked(postgres, f"no_{name}", mark="m", overlap=overlap), "m")
        assert expected in told(desk, one), name
    postgres.run("create domain whole as int; create table of_domain (id text, name text, age int, m whole unique)")
    postgres.run("insert into of_domain values ('a', 'b', 1, 0)")
    assert len(Looking(desk, marked(asked(postgres, "of_domain", mark="m"), "m")).rows()) == 1


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=4), min_size=2, max_size=3), st.booleans())
def test_rows_that_share_a_mark_all_come(desk: Desk, postgres: Served, steps: list[list[int]], moments: bool) -> None:
    """Marks that never fall, and often repeat: whenever one looks, in the end each row is there once."""
    table = f"shared_{next(_serial)}"
    postgres.run(f"create table {table} (id text, name text, age int, m {'timestamp' if moments else 'int'})")
    one = Looking(desk, marked(asked(postgres, table, mark="m"), "m"))
    rows, mark, came = 0, 0, list[int]()
    for steps_up in [*steps, [1]]:
        for up in steps_up:
            mark, rows = mark + up, rows + 1
            value = f"timestamp '2026-11-20 08:00' + interval '{mark} minutes'" if moments else str(mark)
            postgres.run(f"insert into {table} values ('{rows}', 'x', 1, {value})")
        with suppress(NotSettled):  # all have one mark, and wait
            came += [int(row[0]) for row in one.rows()]
    # All but those of the highest mark, which may get more: here the one row that came last.
    assert sorted(came) == list(range(1, rows))


def test_what_has_no_text_is_not_asked_for_where_it_is_not_wanted_and_bits_are_numbers(
    desk: Desk, maria: Served
) -> None:
    maria.run(
        "create table city.odd (id int primary key, flag bit(1), bits bit(64), raw varbinary(9), place point, u uuid);"
        "insert into city.odd values (1, b'1', b'1111111111111111111111111111111111111111111111111111111111111111',"
        " 'ab', point(1, 2), '00000000-0000-0000-0000-000000000001'), (2, 0, 300, null, null, null)"
    )
    bits = column("bits", "decimal", precision=20, scale=0)
    columns = (column("id", "integer", key=True), column("flag", "boolean"), bits, column("raw"), column("u"))
    one = asked(maria, "odd", *columns, kind="mysql")
    said = told(desk, one)
    assert "1 columns cannot be had as text: place" in said and "ignored_headers" in said
    batch = only(desk.ingest(marked(one, "place")))
    assert (batch.state, batch.accepted) == ("accepted", 2), batch.message
    assert [(flag, str(number), raw) for _, flag, number, raw, _ in sorted(desk.accepted(one))] == [
        (True, "18446744073709551615", "ab"),
        (False, "300", None),
    ]
    maria.run("update city.odd set raw = x'd6d0' where id = 2")
    assert "1 rows have bytes in raw that are no text" in told(desk, marked(one, "place"))


def test_no_setting_of_a_server_changes_what_comes(desk: Desk, postgres: Served, maria: Served) -> None:
    postgres.run(
        "alter role reader set extra_float_digits = -3; alter role reader set intervalstyle = sql_standard;"
        "alter role reader set bytea_output = escape; alter role reader set datestyle = 'German'"
    )
    query = (
        "select (1/3.0)::float8 as id, interval '1 day 2 hours' as name, 1 as age, '\\x61ff'::bytea as bytes,"
        " date '2026-11-02' as day, current_setting('lock_timeout') as waits"
    )
    try:
        ((*texts, waits),) = Looking(desk, asked(postgres, "", query=query)).rows()
        assert texts == ["0.3333333333333333", "1 day 02:00:00", "1", "\\x61ff", "2026-11-02"] and waits == "30s"
    finally:
        postgres.run("alter role reader reset all")
    maria.run(
        "create table city.zoned (id int, at timestamp, pad char(4)); set time_zone = '+08:00';"
        "insert into city.zoned values (1, '2026-11-20 08:00', 'a'), (2, '2026-11-20 09:00', 'b');"
        "set global time_zone = '+02:00'; set global sql_select_limit = 1;"
        "set global sql_mode = 'PAD_CHAR_TO_FULL_LENGTH'"
    )
    try:
        rows = Looking(desk, asked(maria, "zoned", kind="mysql")).rows()
        assert rows == [("1", "2026-11-20 08:00:00", "a"), ("2", "2026-11-20 09:00:00", "b")]
    finally:
        maria.run("set global time_zone = 'SYSTEM'; set global sql_select_limit = default")
        maria.run("set global sql_mode = default")


def test_a_locked_table_is_waited_for_a_while_and_told(
    desk: Desk, postgres: Served, maria: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = replace(asking.DIALECTS["postgresql"], options=asking.DIALECTS["postgresql"].options.replace("30s", "50ms"))
    session = asking.DIALECTS["mysql"].session
    quick = replace(
        asking.DIALECTS["mysql"],
        session=lambda sql, zone: session(sql, zone).replace("lock_wait_timeout=30", "lock_wait_timeout=1"),
    )
    monkeypatch.setattr(asking, "DIALECTS", {"postgresql": short, "mysql": quick})
    postgres.run("create table held (id text, name text, age int)")
    maria.run("create table city.held (id varchar(9), name varchar(9), age int)")
    whole = "somebody holds a lock on what is asked for"
    with postgres.busy("begin; lock table held in access exclusive mode; select 'locked'"):
        assert whole in told(desk, asked(postgres, "held"))
    with maria.busy("lock tables city.held write; select 'locked'"):
        assert whole in told(desk, asked(maria, "held", kind="mysql"))


_QUERIES = {
    "with x as (delete from queried returning 1) select * from x": "a query may only read",
    "delete from queried": "it does not understand the query",
    "select id, name, age, nextval('counter') as n from queried": "a query may only read",
    "select 'a' as id, 'b' as name, 1 / (age - 1) as age from queried": "computes what cannot be computed",
    "select id, name, name::int as age from queried": "computes what cannot be computed",
    "select id, name, age, 1 as id from queried": "two columns of what is asked have one name",
    'select id, name, age as "timeout role syntax" from nowhere': "no such database, table or column",
    "select id, name, age, 'syntax' as x frm queried": "does not understand the query",
}


def test_a_query_that_is_refused_is_told_by_what_is_wrong_with_it(desk: Desk, postgres: Served, maria: Served) -> None:
    postgres.run(
        "create table queried (id text, name text, age int); create sequence counter; "
        "grant usage on sequence counter to reader"
    )
    postgres.run("insert into queried values ('a', 'b', 1)")
    for query, expected in _QUERIES.items():
        assert expected in told(desk, asked(postgres, "", query=query)), query
    twice = asked(maria, "", kind="mysql", query="select 1 as id, 2 as name, 3 as age, 4 as age")
    assert "two columns of what is asked have one name" in told(desk, twice)
    elsewhere = replace(twice, source=replace(twice.source, zone="Europe/Berlin"))
    assert "it does not know the zone of the contract" in told(desk, elsewhere)
    postgres.run("create database bytes encoding 'SQL_ASCII' template template0 lc_collate 'C' lc_ctype 'C'")
    text = "select E'\\xd6\\xd0' as id, 'b' as name, 1 as age"
    said = told(desk, asked(postgres, "", query=text, database="bytes"))
    assert "not in the encoding that the database says" in said and "convert_from" in said
    told_so = "convert_from(convert(convert_to(id, 'SQL_ASCII'), 'GBK', 'UTF8'), 'UTF8')"
    recoded = f"select {told_so} as id, name, age from ({text}) t"
    one = asked(postgres, "", query=recoded, database="bytes")
    assert Looking(desk, one).rows() == [("中", "b", "1")]


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
        without.setattr(asking, "extension_file", _no_wheel)
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
    raise asking.ExtensionMissing(name, "1.5.5")
