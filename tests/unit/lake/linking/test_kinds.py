"""Which level two values are at, kind by kind."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pytest

from contracts.matching import KEYS, BlockKey, Comparison, ComparisonKind, Matching
from lake.linking import scoring
from lake.linking.all_kinds import KINDS
from lake.linking.preparing import prepare

NOTHING = "nothing"

PAIRS: dict[ComparisonKind, list[tuple[str | None, str | None, str]]] = {
    ComparisonKind.CHINESE_NAME: [
        ("王伟", "王 伟", "equal"),
        ("陳昇", "陈升", "variant"),
        ("张峯", "张峰", "variant"),
        ("阿卜杜拉•买买提", "阿卜杜拉·买买提", "variant"),
        ("阿卜杜拉·买买提", "阿卜杜拉·买", "parts"),
        ("买买提·艾力", "买买提", "parts"),
        ("王伟", "王薇", "homophone"),
        ("李建国", "李国建", "order"),
        ("李建国", "李建华", "near"),
        ("王明", "王小明", "near"),
        ("王伟", "王强", "surname"),
        ("欧阳修", "欧阳锋", "near"),
        ("王伟", "李强", "different"),
        ("Amara Silva", "SILVA, Amara", "order"),
        ("Amara Silva", "AMARA  SILVA", "equal"),
        ("Chloé O'Neill", "CHLOE O NEILL", "equal"),
        ("Amara Silva", "SILVA, Amarra", "homophone"),
        ("Amara Silva", "Amaar Silva", "homophone"),
        ("Wei Wang", "王伟", "different"),
        ("WANG WEI", "王伟", "homophone"),
        ("Amara Silva", "Amara Maria Silva", "parts"),
        ("Jon Silva", "SILVA, Jane", "near"),
        ("Amara Silva", "SILVA, Tomas", "surname"),
        ("Amara Silva", "Helen Novak", "different"),
        ("王伟", "", NOTHING),
        ("王伟", "——", NOTHING),
        ("不详", "不详", NOTHING),
        ("王伟", None, NOTHING),
    ],
    ComparisonKind.LATIN_NAME: [
        ("Élodie", "ELODIE ", "equal"),
        ("Mary Ann", "Ann Mary", "order"),
        ("Griffiths", "Griffihs", "near"),
        ("Rob", "Robert", "short"),
        ("J", "John", "short"),
        ("Smith", "Smyth", "sound"),
        ("Smith", "Garcia", "different"),
        ("N/A", "N/A", NOTHING),
    ],
    ComparisonKind.ORGANISATION_NAME: [
        ("东方商贸（北京）有限公司", "东方商贸(北京)有限公司", "equal"),
        ("北京东方商贸有限公司", "北京东方商贸有限责任公司", "core"),
        ("北京市海淀区老王烧烤店", "老王烧烤店", "core"),
        ("Acme, Inc.", "ACME LLC", "core"),
        ("上海海底捞餐饮管理有限公司第三分公司", "上海海底捞餐饮管理有限公司", "contained"),
        ("海底捞", "四川海底捞餐饮股份有限公司", "contained"),
        ("上海海底捞餐饮管理有限公司第三分公司", "上海海底捞餐饮管理有限公司第五分公司", "branch"),
        ("东方商贸有限公司", "东方商茂有限公司", "near"),
        ("甲公司", "乙公司", "different"),
        ("P.S. 123", "PS 0123", "core"),
        ("PS 123", "PS 124", "branch"),
        ("Lincoln School 12", "Lincoln School 13", "branch"),
        ("Granny's Day Care Ctr", "GRANNYS DAYCARE CENTER", "core"),
        ("Peck", "Chicago Public Schools Peck School", "contained"),
    ],
    ComparisonKind.CHINESE_ADDRESS: [
        ("北京市海淀区中关村大街27号", "北京市海淀区中关村大街27号", "equal"),
        ("北京市海淀区中关村街道中关村大街27号院3号楼2单元101室", "海淀区中关村大街27号3号楼2单元101", "parts"),
        ("北京市朝阳区建国路88号", "朝阳区建国路八八号", "parts"),
        ("朝阳区建国路88号3号楼", "朝阳区建国路88号", "building"),
        ("朝阳区建国路88号3号楼", "朝阳区建国路88号5号楼", "number"),
        ("上海市浦东新区世纪大道100号环球金融中心20楼", "环球金融中心20楼", "place"),
        ("朝阳区建国路88号", "朝阳区建国路91号", "road"),
        ("朝阳区建国路88号", "朝阳区三里屯路5号", "district"),
        ("朝阳区建国路88号", "海淀区颐和园路5号", "different"),
    ],
    ComparisonKind.LATIN_ADDRESS: [
        ("432 E. 134th Street", "432 East 134th St", "equal"),
        ("4340 S. Lamon", "4340 S Lamon Ave", "house"),
        ("7146-48 S Ashland", "7146 South Ashland Ave.", "house"),
        ("97 99 7TH AVE S", "99 7TH AVE S", "house"),
        ("18 9TH AVENUE STORE NO 2", "18 9 AVENUE", "house"),
        ("37 1 AVENUE", "37 AVENUE C", "elsewhere"),
        ("15 Stanley Street", "15 Stanlye St", "house_near"),
        ("3901 S State St", "3948 S. State", "street"),
        ("3901 S State St", "27 Washington Ave", "elsewhere"),
        ("3901 S State St", "Marina Towers", "different"),
        ("100 N Main St", "100 S Main St", "digit"),
        ("12 W 21st St", "12 W 21st Pl", "digit"),
        ("12 Oak St", "12 Oak Ave", "house"),
        ("3601 S Rhodes", "3641 S Rhodes Ave", "digit"),
        ("35-12 Northern Blvd", "35-20 Northern Blvd", "street"),
        ("35-12 Northern Blvd", "35-12 Northern Boulevard, Suite 4", "house"),
        ("9501 S King Dr", "9501 S Dr Martin Luther King Jr Drive", "house_near"),
        ("Hayes Center, 4859 S. Wabash", "4859 South Wabash Ave (east side), 2nd floor", "house"),
    ],
    ComparisonKind.DATE: [
        ("1981-03-02", "1981年3月2日", "equal"),
        ("1981-03-02", "1981-02-03", "swapped"),
        ("1981-03-02", "1981-03-12", "digit"),
        ("1981-03-02", "1965-03-02", "birthday"),
        ("1981-03-02", "1981-03-25", "month"),
        ("1981-03-02", "1981-11-19", "year"),
        ("1981-03-02", "1988-11-19", "decade"),
        ("1981-03-02", "2011-11-19", "different"),
    ],
    ComparisonKind.PHONE: [
        ("+86 138-1234-5678", "13812345678", "equal"),
        ("010-6275 1234", "1062751234", "equal"),
        ("62751234", "010-62751234", "last"),
        ("13812345678", "13812345679", "digit"),
        ("13812345678", "13912340000", "different"),
    ],
    ComparisonKind.IDENTIFIER: [
        ("11010519491231002x", "11010519491231002X", "equal"),
        ("11010519491231002X", "11010519491231003X", "digit"),
        ("11010519491231002X", "11010519491231020X", "swapped"),
        ("11010519491231002X", "44010519800101123X", "different"),
    ],
    ComparisonKind.CODE: [("a1 ", "A1", "equal"), ("A1", "A2", "different")],
    ComparisonKind.TEXT: [
        ("Stoke-on-Trent", "stoke on trent", "equal"),
        ("Birmingham", "Birmingam", "near"),
        ("red brick house by the river", "the house by the river of red brick", "words"),
        ("London", "Swansea", "different"),
    ],
}


def levels(kind: ComparisonKind, pairs: list[tuple[str | None, str | None]]) -> list[str]:
    """The names of the levels that pairs of values are at."""
    with duckdb.connect(config={"threads": 1}) as connection:
        values = [value for pair in pairs for value in pair]
        table = pa.table({"n": range(len(values)), "a": pa.array(values, pa.string())})
        connection.register("given", table)
        connection.execute("""
            create table records as select printf('%05d', n) as _record, false as _identified, '' as _source,
                                           false as _once, a from given
        """)
        matching = Matching((Comparison(("a",), kind),), tuple((BlockKey("a", key),) for key in KEYS[kind]))
        prepare(connection, matching, "records")
        connection.execute(f"create table one as select 2 * i + 1 as l, 2 * i + 2 as r from range({len(pairs)}) t(i)")
        scoring.compare(connection, matching, (0,), "one", "found")
        names = [level.name for level in KINDS[kind].levels]
        return [
            NOTHING if level is None else names[level]
            for (level,) in connection.execute("select g0 from found order by l").fetchall()
        ]


@pytest.mark.parametrize("kind", PAIRS)
def test_levels(kind: ComparisonKind) -> None:
    pairs = [(left, right) for left, right, _ in PAIRS[kind]]
    expected = [level for *_, level in PAIRS[kind]]
    assert dict(zip(pairs, levels(kind, pairs), strict=True)) == dict(zip(pairs, expected, strict=True))
    other_way = [(right, left) for left, right in pairs]
    assert levels(kind, other_way) == expected


def test_words_count_by_how_rare_they_are() -> None:
    names = [f"{one}{two}{two}" for one in ("ba", "wo", "xi", "qu") for two in ("ldr", "sk", "nto", "phi", "gg")]
    common = [
        (f"{one} Early Learning Center", f"{two} Early Learning Center")
        for one, two in zip(names[7:], names[:-7], strict=True)
    ]
    telling = [("Peck Learning Center", "Public School Peck"), ("Taft", "Taft Learning Center")]
    found = levels(ComparisonKind.ORGANISATION_NAME, [*common, *telling])
    assert set(found[:-2]) <= {"word", "different"}
    assert found[-2:] == ["words", "contained"]


def test_every_kind_has_its_keys_and_ends_with_what_no_level_takes() -> None:
    assert set(KINDS) == set(ComparisonKind)
    for kind, made in KINDS.items():
        assert set(made.keys) == set(KEYS[kind])
        assert made.levels[-1].when == "else"
        assert {level.when for level in made.levels[:-1]}.isdisjoint({"else"})
