"""From records to clusters: what is learned, what is refused, what stays the same."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from math import log2

import duckdb
import pytest

from contracts.matching import BlockKey, Comparison, ComparisonKind, Matching
from lake.linking.engine import Decided, Linked, link
from lake.linking.parameters import Chances
from lake.linking.refusals import (
    BlockTooLarge,
    ColumnsMissing,
    DecisionsContradict,
    ParametersUnfit,
    RecordsUnnamed,
)
from lake.linking.scoring import weight_of
from lake.linking.weights import weights
from tests.bench import linking as city

PEOPLE = 400


def connected(threads: int = 1) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"threads": threads})


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with connected() as made:
        yield made


@cache
def linked() -> tuple[Linked, duckdb.DuckDBPyConnection]:
    """A small city, linked once for all tests; none changes it."""
    made = connected()
    city.people(made, PEOPLE, 5)
    return link(made, city.MATCHING), made


def rows(connection: duckdb.DuckDBPyConnection, table: str) -> list[tuple[object, ...]]:
    return connection.execute(f"select * from {table} order by all").fetchall()


def test_rows_go_to_their_person() -> None:
    _, made = linked()
    wrong, right, loose = made.execute("""
        with who as (select _record, _cluster, person, _identified from clusters join records using (_record)),
        named as (select _cluster, max(person) filter (_identified) as person from who group by _cluster)
        select count(*) filter (named.person <> who.person), count(*) filter (named.person = who.person), count(*)
        from who join named using (_cluster) where not _identified
    """).fetchall()[0]
    assert wrong == 0
    assert right / loose > 0.85
    asked, reached = made.execute("""
        select count(*) filter (probability < 0.99), count(*) from pairs
        join records as l on l._record = left_record join records as r on r._record = right_record
        where l.person = r.person and probability >= 0.5 and l._identified <> r._identified
    """).fetchall()[0]
    assert reached / loose > 0.97
    assert 0 < asked < loose / 5


def test_what_goes_with_both_of_two_twins_does_not_make_them_one(connection: duckdb.DuckDBPyConnection) -> None:
    first, _ = linked()
    connection.execute("""
        create table records as
        select _record, _identified, '' as _source, false as _once, name, '1990-05-06' as born, '13800001111' as phone,
               '海淀区花园路5号2号楼301室' as address
        from (values ('known', true, '李建国'), ('twin', false, '李建华'), ('nameless', false, null))
             as given(_record, _identified, name)
    """)
    link(connection, city.MATCHING, parameters=first.parameters)
    found = dict(connection.execute("select _record, _cluster from clusters").fetchall())
    assert found["known"] != found["twin"]
    assert found["nameless"] in {found["known"], found["twin"]}


@pytest.mark.parametrize(
    ("known", "twin", "slip"),
    [
        ("李建国", "李建华", "李剑国"),
        ("Amara Silva", "SILVA, Tomas", "SILVA, Amara"),
        ("Amara Silva", "Helen Silva", "Amara Sliva"),
    ],
)
def test_twins_are_asked_about_and_a_slip_of_the_pen_is_not(
    connection: duckdb.DuckDBPyConnection, known: str, twin: str, slip: str
) -> None:
    first, _ = linked()
    connection.execute(f"""
        create table records as
        select _record, _identified, '' as _source, false as _once, name, '1990-05-06' as born, '13800001111' as phone,
               '海淀区花园路5号2号楼301室' as address
        from (values ('known', true, '{known}'), ('twin', false, '{twin}'), ('slip', false, '{slip}'))
             as given(_record, _identified, name)
    """)
    link(connection, city.MATCHING, parameters=first.parameters)
    found = dict(connection.execute("select _record, _cluster from clusters").fetchall())
    assert found == {"known": "known", "slip": "known", "twin": "twin"}
    pairs = dict(connection.execute("select left_record || right_record, probability from pairs").fetchall())
    assert 0.5 <= pairs["knowntwin"] < 0.99 < pairs["knownslip"]


def test_what_goes_as_well_with_two_identified_things_is_asked_about(connection: duckdb.DuckDBPyConnection) -> None:
    first, _ = linked()
    connection.execute("""
        create table records as
        select _record, _identified, '' as _source, false as _once, '李建国' as name, '1990-05-06' as born, phone,
               '海淀区花园路5号2号楼301室' as address
        from (values ('one', true, '13800001111'), ('other', true, '13800001111'), ('loose', false, '13800001111'),
                     ('sole', true, '13900002222'), ('second', false, '13900002222'))
             as given(_record, _identified, phone)
    """)
    link(connection, city.MATCHING, parameters=first.parameters)
    found = dict(connection.execute("select _record, _cluster from clusters").fetchall())
    # Either may be it; where one is surer, that one is.
    assert len({found[one] for one in ("one", "other", "loose")}) == 3
    assert found["second"] == found["sole"]
    pairs = dict(connection.execute("select left_record || right_record, probability from pairs").fetchall())
    assert pairs["looseone"] == pairs["looseother"] > 0.99


def test_however_common_a_value_is_being_equal_says_no_less_than_being_alike(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    chances = Chances((0.6, 0.3, 0.1), (0.001, 0.002, 0.997), rarest=12.0)
    equal, alike = (
        connection.execute(
            f"select {weight_of(0, chances, rare=True)} from (select {level} as g0, 0.5 as t0)"
        ).fetchall()
        for level in (0, 1)
    )
    assert equal >= alike
    rare = connection.execute(f"select {weight_of(0, chances, rare=True)} from (select 0 as g0, 11.0 as t0)").fetchall()
    assert rare > equal


@pytest.mark.parametrize("once", [True, False])
def test_rows_of_which_nothing_tells_any_apart_are_each_alone(
    connection: duckdb.DuckDBPyConnection, once: bool
) -> None:
    connection.execute(f"""
        create table records as
        select 'r' || i as _record, false as _identified, '{"a.b" if once else ""}' as _source, {once} as _once,
               '同名' as name, '000000000000000000' as code
        from range(6) as numbers(i)
    """)
    name, code = Comparison(("name",), ComparisonKind.CHINESE_NAME), Comparison(("code",), ComparisonKind.IDENTIFIER)
    matching = Matching((name, code), ((BlockKey("name", "plain"),), (BlockKey("code", "plain"),)))
    found = link(connection, matching)
    assert found.told["left_out"] == ["name", "code"]
    assert connection.execute("select count(distinct _cluster) from clusters").fetchall() == [(6,)]


def test_the_same_whatever_the_order_of_rows_and_the_threads() -> None:
    first, made = linked()
    with connected(threads=2) as other:
        city.people(other, PEOPLE, 5)
        other.execute("create table turned as from records order by hash(_record, 7)")
        other.execute("drop table records")
        other.execute("alter table turned rename to records")
        again = link(other, city.MATCHING)
        assert again.parameters == first.parameters
        for table in ("pairs", "clusters", "frequencies"):
            assert rows(other, table) == rows(made, table)


def test_what_changed_comes_to_what_all_anew_would_come_to() -> None:
    first, made = linked()
    whole = rows(made, "clusters")
    with connected() as other:
        city.people(other, PEOPLE, 5)
        other.execute("create table all_records as from records")
        other.execute(
            "create table news as select _record from records where not _identified and hash(_record) % 9 = 0"
        )
        other.execute("delete from records where _record in (from news)")
        other.execute("create table gone as select 'gone' as _record, * exclude (_record) from records limit 1")
        other.execute("insert into records from gone")
        for table in ("frequencies",):
            other.register("given", made.table(table).to_arrow_table())
            other.execute(f"create table {table} as from given")
        link(other, city.MATCHING, parameters=first.parameters)
        before = dict(other.execute("select _record, _cluster from clusters").fetchall())
        other.execute("create or replace table records as from all_records")
        link(other, city.MATCHING, parameters=first.parameters, changed="news")
        after = before | dict(other.execute("select _record, _cluster from clusters").fetchall())
        after.pop("gone")
        assert after == {record: one for record, one, _ in whole}
        assert rows(other, "(select left_record, right_record, weight from pairs)") == rows(
            made, "(select left_record, right_record, weight from pairs)"
        )
        assert len(rows(other, "clusters")) < len(whole) / 2


@pytest.mark.parametrize("changed", [None, "news"])
def test_two_records_that_go_with_a_third_are_compared(
    connection: duckdb.DuckDBPyConnection, changed: str | None
) -> None:
    first, made = linked()
    connection.execute("""
        create table records as
        select _record, false as _identified, '' as _source, false as _once, name, born, phone,
               '海淀区花园路5号' as address
        from (values ('a', '王伟', '1990-05-06', '13800001111'), ('b', '王薇', '1990-05-06', '13800001111'),
                     ('c', '王薇', null, '13800001112')) as given(_record, name, born, phone)
    """)
    connection.execute("create table news as select 'c' as _record")
    connection.register("given", made.table("frequencies").to_arrow_table())
    connection.execute("create table frequencies as from given")
    if changed:
        connection.execute("create table later as from records where _record = 'c'")
        connection.execute("delete from records where _record = 'c'")
        link(connection, city.MATCHING, parameters=first.parameters)
        connection.execute("insert into records from later")
    link(connection, city.MATCHING, parameters=first.parameters, changed=changed)
    found = connection.execute("select left_record || right_record from pairs order by all").fetchall()
    assert found == [("ab",), ("ac",), ("bc",)]
    assert {one for _, one, _ in rows(connection, "clusters")} == {"a"}


def test_a_value_is_worth_as_much_as_few_things_have_it() -> None:
    first, made = linked()
    rarest = first.parameters["comparisons"][0]["rarest"]
    things, counted = made.execute(f"""
        with named as (select replace(name, ' ', '') as name from records),
        often as (select name, count(*) as n from named group by name)
        select sum(n), max(abs(bits + log2((n - 1) / (select sum(n) from often) + pow(2, -{rarest}))))
        from often join frequencies on comparison = 0 and value = md5_number_lower(name)
        where n > 1
    """).fetchall()[0]
    assert things > 20
    assert counted < 0.001
    assert made.execute(f"select max(bits) < {rarest} from frequencies where comparison = 0").fetchall() == [(True,)]


def test_scores_are_splinks_scores() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what Splink imports; `splink_model.linker` does the same
        from splink import DuckDBAPI, Linker, SettingsCreator

    from lake.linking.parameters import read
    from lake.linking.splink_model import comparison

    first, made = linked()
    known = read(first.parameters, city.MATCHING)
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[comparison(city.MATCHING, place, one) for place, one in enumerate(known.chances) if one],
        probability_two_random_records_match=known.prior,
        unique_id_column_name="unique_id",
    )
    api = DuckDBAPI(made)
    model = Linker(api.register("prepared"), settings, log_level=None)
    made.execute(
        "create or replace table blocked as select l as join_key_l, r as join_key_r, '0' as match_key from _scored"
    )
    model.table_management.register_blocked_pairs_for_predict(api.register("blocked"))
    found = model.inference.predict(warning_mode="never").as_duckdbpyrelation()
    names = "unique_id_l, unique_id_r, match_weight, " + ", ".join(
        f"gamma_c{place}" for place, one in enumerate(known.chances) if one
    )
    theirs = {(left, right): (weight, levels) for left, right, weight, *levels in found.project(names).fetchall()}
    ours = made.execute("""
        select a.unique_id, b.unique_id, levels, weight from pairs join prepared as a on a._record = left_record
        join prepared as b on b._record = right_record
    """).fetchall()
    assert len(ours) == len(theirs) > PEOPLE // 4
    for left, right, levels, weight in ours:
        parts = weights(first.parameters, levels, weight)
        assert sum(part.bits for part in parts) == pytest.approx(weight, abs=1e-3)
        told = sum(part.bits for part in parts if part.level not in ("rarity", "doubt"))
        assert theirs[left, right][0] == pytest.approx(told, abs=1e-3)
        assert [level is None for level in levels] == [level < 0 for level in theirs[left, right][1]]


def test_decisions_hold(connection: duckdb.DuckDBPyConnection) -> None:
    first, made = linked()
    city.people(connection, PEOPLE, 5)
    one, other = made.execute("""
        select _cluster, _record from clusters where _cluster <> _record order by all limit 1
    """).fetchall()[0]
    others = made.execute("select _record from records where _identified and _record <> ? order by 1 limit 2", [one])
    two = [record for (record,) in others.fetchall()]
    connection.execute("create table apart as select ? as left_record, ? as right_record", [one, other])
    connection.execute("create table together as select ? as left_record, ? as right_record", two)
    link(connection, city.MATCHING, parameters=first.parameters, decided=Decided("together", "apart"))
    found = dict(connection.execute("select _record, _cluster from clusters").fetchall())
    assert found[one] != found[other]
    assert found[two[0]] == found[two[1]]
    connection.execute("create table contrary as from together")
    with pytest.raises(DecisionsContradict, match="1 pairs"):
        link(connection, city.MATCHING, parameters=first.parameters, decided=Decided("together", "contrary"))


SHOPS = Matching(
    comparisons=(
        Comparison(("match_key",), ComparisonKind.ORGANISATION_NAME),
        Comparison(("cluster_id",), ComparisonKind.CODE),
        Comparison(("x", "y"), ComparisonKind.COORDINATES),
    ),
    blocks=((BlockKey("match_key", "plain"),), (BlockKey("x", "cell"),)),
)


def shops(connection: duckdb.DuckDBPyConnection, values: str) -> None:
    connection.execute(f"""
        create table records as select _record, false as _identified, 'trade.' || source as _source, true as _once,
               name as match_key, zip as cluster_id, x, y
        from (values {values}) as given(_record, source, name, zip, x, y)
    """)


def test_too_few_to_learn_from_go_by_what_is_declared(connection: duckdb.DuckDBPyConnection) -> None:
    shops(
        connection,
        "('a', 'one', '老王烧烤店', ' ', 116.3, 39.9), ('b', 'two', '北京市老王烧烤店', '', 116.30001, 39.9), "
        "('c', 'two', '老王烧烤店', null, 116.4, 39.9), ('d', 'one', '新华书店', null, 116.3, 39.95)",
    )
    told = link(connection, SHOPS).told
    assert told["left_out"] == ["cluster_id"]
    assert not any(session["used"] for session in told["sessions"])
    found = dict(connection.execute("select _record, _cluster from clusters").fetchall())
    assert found["d"] == "d"
    assert found["b"] != found["c"]
    pairs = connection.execute("select left_record, right_record, levels[2] from pairs").fetchall()
    assert pairs
    assert {level for *_, level in pairs} == {None}


@pytest.mark.parametrize("number", [0, 1])
def test_nothing_and_one_row_are_linked_to_nothing(connection: duckdb.DuckDBPyConnection, number: int) -> None:
    shops(connection, "('a', 'one', '老王烧烤店', '100080', 116.3, 39.9)")
    connection.execute(f"delete from records where {number} = 0")
    first = link(connection, SHOPS)
    assert rows(connection, "pairs") == []
    assert rows(connection, "clusters") == [("a", "a", 1.0)][:number]
    link(connection, SHOPS, parameters=first.parameters)
    connection.execute("create table news as select _record from records")
    link(connection, SHOPS, parameters=first.parameters, changed="news")


def test_refusals_come_before_anything_is_compared(connection: duckdb.DuckDBPyConnection) -> None:
    shops(connection, ", ".join(f"('r{n}', 'one', '老王烧烤店', '1', 116.3, 39.9)" for n in range(20)))
    with pytest.raises(BlockTooLarge, match=r"block \[match_key.plain\] would compare 190 pairs") as large:
        link(connection, replace(SHOPS, most_pairs=189))
    assert (large.value.pairs, large.value.largest_share) == (190, 1.0)
    assert "老王" not in str(large.value)
    connection.execute("insert into records from records where _record in ('r1', 'r2')")
    with pytest.raises(RecordsUnnamed) as unnamed:
        link(connection, SHOPS)
    assert (unnamed.value.without, unnamed.value.shared) == (0, 2)
    connection.execute("insert into records select null, * exclude (_record) from records limit 3")
    with pytest.raises(RecordsUnnamed) as unnamed:
        link(connection, SHOPS)
    assert (unnamed.value.without, unnamed.value.shared) == (3, 2)
    connection.execute("alter table records drop column y")
    with pytest.raises(ColumnsMissing, match="y"):
        link(connection, SHOPS)


def test_parameters_of_another_declaration_are_refused(connection: duckdb.DuckDBPyConnection) -> None:
    first, _ = linked()
    shops(connection, "('a', 'one', '老王烧烤店', '100080', 116.3, 39.9)")
    with pytest.raises(ParametersUnfit, match="other comparisons"):
        link(connection, SHOPS, parameters=first.parameters)
    other = link(connection, SHOPS)
    with pytest.raises(ParametersUnfit, match="other blocks"):
        link(connection, replace(SHOPS, blocks=SHOPS.blocks[:1]), parameters=other.parameters, changed="records")
    with pytest.raises(ParametersUnfit, match="what changed teaches nothing"):
        link(connection, SHOPS, changed="records")


def test_weights_have_no_values() -> None:
    first, _ = linked()
    prior, name, born, phone, address, rest = weights(first.parameters, [0, 1, None, 7], 10.0)
    assert prior.bits == pytest.approx(log2(first.parameters["prior"]), abs=0.1)
    assert (name.attribute, name.level, name.zh, name.en) == ("name", "equal", "相同", "equal")
    assert (born.level, phone.bits) == ("swapped", 0.0)
    assert address.level == "district"
    assert rest.level == "rarity"
