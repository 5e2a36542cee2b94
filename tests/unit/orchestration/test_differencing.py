"""What one release less another tells: small differences are found whatever the columns are called."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.anonymity import Difference
from orchestration.share.differencing import of_releases, of_sibling
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


def releases(tmp_path: Path, then: str, base: int | None = None, now: str = NOW) -> list[Difference]:
    with lake() as (connection, _):
        files, old = export(connection, now, tmp_path / "now"), export(connection, then, tmp_path / "then")
        columns = {name: kind for name, kind, *_ in connection.execute(f"describe {now}").fetchall()}
        return list(of_releases(connection, files, [("r1", old)], columns, ["d"], 10, base))


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


def test_a_release_of_other_columns_is_not_compared(tmp_path: Path) -> None:
    assert releases(tmp_path, "select 'A' as d, 31 as n") == []


@pytest.mark.parametrize("base, told", [(10, False), (20, True), (5, True), (None, True)])
def test_numbers_rounded_to_a_base_tell_less(base: int | None, told: bool, tmp_path: Path) -> None:
    now = "select * from (values ('A', 30), ('B', 20)) t(d, n)"
    assert bool(releases(tmp_path, now.replace("30", "20"), base, now)) == told
