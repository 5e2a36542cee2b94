"""What one release less another tells: small differences are found whatever the columns are called."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.anonymity import Difference
from orchestration.share.differencing import Earlier, Shape, of_releases, of_sibling, shape_of
from tests.unit.orchestration.persons_lake import export, lake

PERSON = "lake.theme.person"
D, R = frozenset({"raw.d"}), frozenset({"raw.r"})
HALVES = f"select district as x, ascii(name) % 2 as i, 7 as m from {PERSON}"
ALL = f"select district as d, count(*) as n from {PERSON} group by 1"


Keys = dict[str, frozenset[str]]


def siblings(mine: str, its: str, keys: Keys, its_keys: Keys) -> Difference:
    with lake(mine=mine, its=its) as (connection, known):
        first, second = known.behind("lake.product.mine"), known.behind("lake.product.its")
        assert first and second
        return of_sibling(connection, first, second, (keys, its_keys), 10, "other")


@pytest.mark.parametrize(
    "its, keys, small",
    [
        (f"select district as x, 7 as m from {PERSON} where id <> 'P3' group by 1", {"x": D}, 1),
        (f"select district as x, 7 as m from {PERSON} group by 1", {"x": D}, 0),
        (f"select district as x, 7 as m from {PERSON} where id not in ('P25', 'P3') group by 1", {"x": D}, 2),
        (f"select district as x, 7 as m from {PERSON} where substr(id, 2)::int > 10 group by 1", {"x": D}, 0),
        (f"select district as x, 7 as m from {PERSON} where substr(id, 2)::int > 9 group by 1", {"x": D}, 1),
        (f"select count(*) as m from {PERSON}", {}, 0),
        (f"select count(*) as m from {PERSON} where id <> 'P3'", {}, 1),
        (f"{HALVES} where id <> 'P3' and district = 'A' group by 1, 2", {"x": D, "i": R}, 1),
    ],
    ids=["one", "the same", "one in each of two", "ten", "nine", "a total", "a total less one", "finer"],
)  # fmt: skip
def test_groups_of_siblings(its: str, keys: Keys, small: int) -> None:
    found = siblings(ALL, its, {"d": D}, keys)
    assert found.small == small and found.cells > 0
    assert siblings(its, ALL, keys, {"d": D}).small == small


def test_groups_are_compared_whatever_their_keys_hold() -> None:
    for key in ("district || '!'", "case district when 'A' then 1 when 'B' then 2 else 3 end", "name[:0] || district"):
        its = f"select {key} as x, 2 as tag, count(*) as m from {PERSON} where id <> 'P3' group by 1"
        assert siblings(ALL, its, {"d": D}, {"x": R}).small == 1


def test_both_of_a_couple_are_told_by_what_is_subtracted() -> None:
    couples = "select count(*) as n from lake.staging.couples"
    assert siblings(couples, f"{couples} where husband <> 'P3'", {}, {}) == Difference("other", "sibling", 1, 1)
    beside = "from lake.staging.couples c left join (select id, count(*) as v from lake.staging.visits group by id) s"
    rows = f"select husband, v {beside} on s.id = c.husband and s.id = 'P1'"
    assert siblings(rows, rows, {}, {}) == Difference("other", "sibling", 20, 0)


def test_groups_that_share_nobody_or_differ_much_are_not_close() -> None:
    its = f"select sex, count(*) as m from (select *, ascii(name) % 2 as sex from {PERSON}) group by sex"
    assert siblings(ALL, its, {"d": D}, {"sex": R}).small == 0
    apart = (
        ALL.replace("group by", "where district = 'A' group by"),
        ALL.replace("group by", "where district = 'B' group by"),
    )
    assert siblings(*apart, {"d": D}, {"d": D}) == Difference("other", "sibling", 0, 0)


NOW = "select * from (values ('A', 30, 1.5), ('B', 20, 2.5)) t(d, n, cost)"


N: frozenset[str] = frozenset({"n"})


def releases(
    tmp_path: Path, then: str, now: str = NOW, persons: frozenset[str] = N, its: frozenset[str] = N
) -> list[Difference]:
    with lake() as (connection, _):
        files, old = export(connection, now, tmp_path / "now"), export(connection, then, tmp_path / "then")
        columns = {name: kind for name, kind, *_ in connection.execute(f"describe {now}").fetchall()}
        return list(of_releases(connection, files, [Earlier("r1", old, its)], Shape(columns, ["d"], persons), 10))


@pytest.mark.parametrize(
    "then, small",
    [
        (NOW, 0),
        (NOW.replace("30", "31"), 1),
        (NOW.replace("30", "39"), 1),
        (NOW.replace("30", "40"), 0),
        (NOW.replace("30", "31").replace("20", "11"), 2),
        (NOW.replace("1.5", "1.6"), 1),
        (NOW.replace("1.5", "1.6").replace("30", "40"), 0),
        (NOW.replace("('A', 30, 1.5)", "('C', 31, 1.5)"), 0),
        (NOW.replace("30", "null"), 0),
    ],
    ids=["same", "one", "nine", "ten", "both", "a sum alone", "a sum of ten", "another group", "suppressed"],
)
def test_cells_of_releases(then: str, small: int, tmp_path: Path) -> None:
    assert [found.small for found in releases(tmp_path, then)] == [small]


MORE = "select * from (values ('A', 30), ('B', 20), ('C', 25), ('D', 40)) t(d, n)"


@pytest.mark.parametrize(
    "then, unmatched",
    [
        (MORE.replace("d, n)", "d, n) where d < 'C'"), False),
        (MORE.replace("d, n)", "d, n) where d < 'B'"), False),
        (MORE.replace("*", "d || '-b' as d, n"), True),
        (MORE.replace("*", "if(d < 'B', d, d || '-b') as d, n"), True),
        (MORE.replace("*", "if(d < 'C', d, d || '-b') as d, n"), False),
        (MORE.replace("*", "d, d as e, n"), False),
        (MORE.replace("*", "d as e, n"), True),
        (MORE.replace("*", "1 as d, n"), True),
        (MORE.replace("*", "unnest(['A', 'B', 'C', 'D']) as d, n"), True),
        (MORE.replace("*", "d, n + 100 as n"), True),
        (MORE.replace("*", "d, n + 100 + (d = 'B')::int as n"), True),
        (MORE.replace("*", "d, 3 * n as n"), True),
        (MORE.replace("*", "d, n + if(d = 'B', 10, 0) as n"), False),
        (MORE.replace("*", "d, n + 11 * ascii(d) as n"), False),
        (MORE.replace("*", "d, n + if(d < 'C', 12, 0) as n"), False),
        (MORE.replace("*", "d, n + 15 as n").replace("d, n)", "d, n) where d < 'B'"), False),
    ],
    ids=[
        "two more", "three more", "every key", "most keys", "half of the keys", "one column less", "another name",
        "another type", "a key twice", "a shift", "a shift but for one", "a factor", "one group", "each its own",
        "half of them", "the only one",
    ],
)  # fmt: skip
def test_a_release_whose_groups_or_numbers_are_not_found_again(then: str, unmatched: bool, tmp_path: Path) -> None:
    (found,) = releases(tmp_path, then, MORE)
    assert (found.unmatched, found.small is None) == (unmatched, unmatched)
    assert bool(found.why) == unmatched


def test_the_same_table_tells_nothing_by_whatever_it_is_grouped(tmp_path: Path) -> None:
    with lake() as (connection, _):
        files = export(connection, MORE, tmp_path / "now")
        less = export(connection, MORE.replace("d, n)", "d, n) where d < 'D'"), tmp_path / "less")
        shape = Shape({"d": "VARCHAR", "n": "INTEGER"}, [], frozenset())
        earlier = [Earlier("r1", less, N), Earlier("r2", files, N)]
        first, second = of_releases(connection, files, earlier, shape, 10)
        assert first.unmatched and (second.cells, second.small, second.unmatched) == (4, 0, False)
        (fewer,) = of_releases(connection, less, [Earlier("r2", files, N)], shape, 10)
        assert fewer.unmatched


def test_only_the_release_just_before_must_be_found_again(tmp_path: Path) -> None:
    with lake() as (connection, _):
        texts = [MORE.replace("'A'", "'Y'").replace("*", "d || '-old' as d, n"), MORE, MORE]
        oldest, before, now = (export(connection, sql, tmp_path / str(at)) for at, sql in enumerate(texts))
        shape = Shape({"d": "VARCHAR", "n": "INTEGER"}, ["d"], frozenset({"n"}))
        first, second = of_releases(connection, now, [Earlier("r1", oldest, N), Earlier("r2", before, N)], shape, 10)
        assert (first.cells, first.small, second.cells, second.small) == (0, 0, 4, 0)
        _, last = of_releases(connection, now, [Earlier("r2", before, N), Earlier("r1", oldest, N)], shape, 10)
        assert last.unmatched and last.why == "0 of 4 groups are found again"


def test_a_number_that_counts_no_persons_says_not_how_many_moved(tmp_path: Path) -> None:
    then = MORE.replace("*", "d, n + 11 * ascii(d) as n")
    assert [one.small for one in releases(tmp_path, then, MORE, frozenset())] == [4]
    assert [one.small for one in releases(tmp_path / "its", then, MORE, its=frozenset())] == [4]


def shape(number: str, base: int | None = None, minimum: int = 10) -> Shape:
    sql = f"select district as d, {number} as n from {PERSON} where district <> 'C' group by 1"
    with lake(mine=sql) as (connection, known):
        counted = known.behind("lake.product.mine")
        assert counted
        return shape_of(connection, counted, {"d", "m", "n"}, minimum, base)


@pytest.mark.parametrize(
    "number, persons",
    [
        ("count(*)", True),
        ("count(distinct id)", True),
        ("count(distinct case when name[:1] = 'A' then id end)", True),
        ("count(distinct case when name[:1] = 'A' then id end) + 1", False),
        ("case when count(*) > 12 then count(*) end", True),
        ("count(*) + 100", False),
        ("count(*) + (district = 'A')::int", False),
        ("sum(1000)::bigint", False),
    ],
)
def test_a_number_counts_persons_if_it_is_what_the_platform_counted(number: str, persons: bool) -> None:
    found = shape(number)
    assert (list(found.keys), "n" in found.persons) == (["d"], persons)


@pytest.mark.parametrize(
    "number, base, rounded",
    [
        ("count(*) // 10 * 10", 10, True),
        ("(count(*) + 9) // 10 * 10", 10, True),
        ("count(*) * 10", 10, False),
        ("count(*) // 10 * 10 + 20", 10, False),
        ("count(*)", 10, False),
        ("count(*) // 10 * 10", 20, False),
        ("count(*) // 5 * 5", 5, False),
        ("count(*) // 10 * 10", None, False),
        ("(count(*) // 10 * 10)::double", 10, False),
        ("count(*) // 10 * 10 as m, avg(1)", 10, False),
        ("count(*) // 10 * 10 as m, count(*) // 10 * 10", 10, True),
        ("count(*) // 10 * 10 as m, count(*) * 10", 10, False),
    ],
)
def test_numbers_are_rounded_if_they_are_near_the_persons(number: str, base: int | None, rounded: bool) -> None:
    assert shape(number, base).rounded == rounded


def test_releases_of_rounded_numbers_are_not_compared(tmp_path: Path) -> None:
    with lake() as (connection, _):
        files = export(connection, MORE, tmp_path / "now")
        rounded = Shape({"d": "VARCHAR", "n": "INTEGER"}, ["d"], frozenset(), rounded=True)
        assert list(of_releases(connection, files, [Earlier("r1", files, N)], rounded, 10)) == []
