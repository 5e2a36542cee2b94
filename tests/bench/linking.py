"""How long it takes to link a city's people, and a hundredth that is new.

    python -m tests.bench.linking [--people 1000000] [--departments 5]

Each person has a valid identifier in most of the rows that departments deliver: these rows are one record. A tenth of
the rows has none, or a wrong one, and slips of writing besides.
"""

from __future__ import annotations

import argparse
import resource
import time
from typing import Any

import duckdb

from contracts.matching import BlockKey, Comparison, ComparisonKind, Matching
from lake.linking.engine import Linked, link

MATCHING = Matching(
    comparisons=(
        Comparison(("name",), ComparisonKind.CHINESE_NAME),
        Comparison(("born",), ComparisonKind.DATE),
        Comparison(("phone",), ComparisonKind.PHONE),
        Comparison(("address",), ComparisonKind.CHINESE_ADDRESS),
    ),
    blocks=(
        (BlockKey("name", "pinyin"), BlockKey("born", "year")),
        (BlockKey("phone", "plain"),),
        (BlockKey("born", "plain"), BlockKey("name", "surname")),
        (BlockKey("name", "plain"), BlockKey("address", "road")),
    ),
)

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林郑谢罗梁宋唐许韩冯邓"
    "曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范"
)
_GIVEN = (
    "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂文辉玲建国"
    "华红梅志鹏宇浩欣怡子涵雨萱梓轩晨曦雪婷佳琪思远俊峰海燕春晓东"
)


def people(connection: duckdb.DuckDBPyConnection, number: int, departments: int) -> None:
    """Table `records`: a record for each person, and the rows that nobody knows the person of."""
    connection.execute(f"""
        create macro pick(text, seed) as substr(text, 1 + (hash(seed) % length(text))::integer, 1);
        create table person as
        select i, pick('{_SURNAMES}', hash(i, 1) % 3000 * (hash(i, 2) % 3)) || pick('{_GIVEN}', hash(i, 3))
                  || case when hash(i, 4) % 5 > 0 then pick('{_GIVEN}', hash(i, 5)) else '' end as name,
               date '1930-01-01' + (hash(i, 6) % 32000)::integer as born,
               (13000000000 + hash(i, 7) % 6999999999)::varchar as phone,
               '海淀区' || pick('{_GIVEN}', hash(i, 8) % 400) || pick('{_GIVEN}', hash(i, 9) % 97) || '路'
               || 1 + hash(i, 10) % 400 || '号' || 1 + hash(i, 11) % 20 || '号楼' || 100 + hash(i, 12) % 900 || '室'
               as address
        from range({number}) t(i);
        create table records as
        select md5('p' || i)[:20] as _record, true as _identified, '' as _source, false as _once, name,
               born::varchar as born, phone, address, i as person from person
        union all
        select md5(i || '/' || d)[:20], false, 'department' || d || '.rows', false,
               case when hash(i, d, 1) % 20 = 0 then left(name, 1) || pick('{_GIVEN}', hash(i, d, 2)) || substr(name, 3)
                    when hash(i, d, 1) % 40 = 1 then substr(name, 2) || left(name, 1) else name end,
               case when hash(i, d, 3) % 12 = 0 then null when hash(i, d, 3) % 25 = 1
                    then (born + (hash(i, d, 9) % 40)::integer)::varchar else strftime(born, '%Y/%m/%d') end,
               case when hash(i, d, 4) % 3 = 0 then null else phone end,
               case when hash(i, d, 5) % 4 = 0 then replace(address, '海淀区', '北京市海淀区')
                    when hash(i, d, 5) % 8 = 1 then '海淀区花园路' || hash(i, d, 6) % 300 || '号' else address end, i
        from person, range({departments}) as department(d) where hash(i, d, 0) % 10 = 0
    """)


def main() -> None:
    """Print the seconds, the memory, and how right it was."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--departments", type=int, default=5)
    asked = parser.parse_args()
    connection = duckdb.connect(config={"threads": 2, "memory_limit": "5GB", "preserve_insertion_order": False})
    people(connection, asked.people, asked.departments)
    rows = connection.execute("select count(*) from records").fetchall()[0][0]
    linked, whole, processor = _timed(connection)
    print(
        f"{rows:,} records of {asked.people:,} people: {whole:.1f} s ({processor:.1f} s of processor), "
        f"{linked.told['pairs']:,} pairs compared"
    )
    print(_right(connection))
    connection.execute("""
        create table news as select _record from records where not _identified and hash(_record) % 33 = 0
    """)
    news = connection.execute("select count(*) from news").fetchall()[0][0]
    connection.execute("create table before as from clusters")
    _, part, processor_of_part = _timed(connection, parameters=linked.parameters, changed="news")
    moved = connection.execute("""
        select count(*) from clusters join before using (_record) where clusters._cluster <> before._cluster
    """).fetchall()[0][0]
    print(
        f"{news:,} records as if new: {part:.1f} s, {part / whole:.0%} of the whole "
        f"({processor_of_part / processor:.0%} of its processor); {moved} now elsewhere"
    )
    print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2:.1f} GiB")


def _timed(connection: duckdb.DuckDBPyConnection, **more: Any) -> tuple[Linked, float, float]:
    """What came of it, with the seconds on the clock and of the processor."""
    started, before = time.perf_counter(), time.process_time()
    linked = link(connection, MATCHING, **more)
    return linked, time.perf_counter() - started, time.process_time() - before


def _right(connection: duckdb.DuckDBPyConnection) -> str:
    found, right, true = connection.execute("""
        with who as (select _record, _cluster, person, _identified from clusters join records using (_record)),
        named as (select _cluster, max(person) filter (_identified) as person from who group by _cluster)
        select count(*) filter (named.person is not null), count(*) filter (named.person = who.person), count(*)
        from who join named using (_cluster) where not _identified
    """).fetchall()[0]
    return f"loose rows given to a person: {right / found:.4f} rightly, {right / true:.4f} of all"


if __name__ == "__main__":
    main()
