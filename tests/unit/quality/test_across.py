"""The SQL of rules across departments against the same said in Python, on rows that were made up."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.cross_rules import Comparison, CrossKind, CrossRule, Measure, Side
from contracts.violation import Severity
from quality.across import compiled, keys_of

KEYS = st.one_of(st.none(), st.sampled_from("abc"))
DAYS = st.dates(date(2026, 1, 1), date(2026, 4, 30))
ROWS = st.lists(st.tuples(KEYS, DAYS, st.one_of(st.none(), st.integers(-5, 20))), max_size=8)


@pytest.fixture(scope="module")
def lake():
    connection = duckdb.connect()
    connection.execute("attach ':memory:' as lake; create schema lake.s")
    return connection


def rule(kind: CrossKind, comparison: Comparison, *, columns=("k", "n"), here=True, where=None) -> CrossRule:
    sides = Side("one.here", "s.here", columns, where), Side("two.there", "s.there", columns)
    words = ("规则", "Rule", "consistency", Severity.ERROR, "one", "mend it")
    return CrossRule("one", kind, *words, *sides, here, comparison)


def found(lake, one: CrossRule, here, there) -> tuple[list, int, int | None]:
    for name, rows in (("here", here), ("there", there)):
        lake.execute(f"create or replace table lake.s.{name} (k varchar, d date, n integer)")
        if rows:
            lake.executemany(f"insert into lake.s.{name} values (?, ?, ?)", rows)
    made = compiled(one, f"lake.{one.blamed.table}")
    sqls = [sql.format() for sql in (made.failing, made.judged, made.differing) if sql]
    failing, *counts = [lake.execute(sql).fetchall() for sql in sqls]
    judged, *differing = map(len, counts)
    return failing, judged, differing[0] if differing else None


@settings(max_examples=25, deadline=None)
@given(ROWS, ROWS)
def test_referential(lake, here, there):
    one = rule(CrossKind.REFERENTIAL, Comparison((("k", "k"),)), where="n is null or n > 0")
    failing, judged, _ = found(lake, one, here, there)
    meant = [row for row in here if row[0] is not None and (row[2] is None or row[2] > 0)]
    known = {row[0] for row in there}
    assert judged == len(meant)
    assert sorted(map(repr, failing)) == sorted(map(repr, [row for row in meant if row[0] not in known]))


@settings(max_examples=25, deadline=None)
@given(ROWS, ROWS, st.booleans())
def test_contradiction(lake, here, there, blames_here):
    one = rule(CrossKind.CONTRADICTION, Comparison((("k", "k"),), never="here.d > there.d"), here=blames_here)
    failing, judged, _ = found(lake, one, here, there)
    pairs = [(a, b) for a in here for b in there if a[0] is not None and a[0] == b[0] and a[1] > b[1]]
    blamed = here if blames_here else there
    wrong = [
        row
        for row in blamed
        if any(row is pair[0 if blames_here else 1] for pair in pairs)
        or (any(row == pair[0 if blames_here else 1] for pair in pairs))
    ]
    assert judged == len(blamed)
    assert sorted(map(repr, failing)) == sorted(map(repr, wrong))


@settings(max_examples=40, deadline=None)
@given(ROWS, ROWS, st.sampled_from([(0.0, 0.0), (2.0, 0.0), (0.0, 0.5), (1.0, 0.1)]))
def test_reconciliation(lake, here, there, allowed):
    measure = Measure("sum", "n", "d")
    comparison = Comparison(
        (("k", "k"),), measures=(measure, measure), grain="month", absolute=allowed[0], relative=allowed[1]
    )
    one = rule(CrossKind.RECONCILIATION, comparison)
    failing, judged, _ = found(lake, one, here, there)
    mine, theirs = _sums(here), _sums(there)
    assert judged == len(mine.keys() | theirs.keys())
    assert {row[:2] for row in failing} == {
        key for key in mine.keys() | theirs.keys() if _differ(mine.get(key, ...), theirs.get(key, ...), *allowed)
    }
    assert len(failing) == len({row[:2] for row in failing})
    assert keys_of(one, ()) == ("k0", "k1")


def _sums(rows) -> dict:
    found = defaultdict(list)
    for key, day, number in rows:
        found[key, day.replace(day=1)].append(number)
    return {
        key: (sum(v for v in each if v is not None) if any(v is not None for v in each) else None)
        for key, each in found.items()
    }


def _differ(mine, theirs, absolute, relative) -> bool:
    if mine is ... or theirs is ... or (mine is None) != (theirs is None):
        return True
    return mine is not None and abs(mine - theirs) > max(absolute, relative * abs(theirs))


@settings(max_examples=25, deadline=None)
@given(ROWS, ROWS)
def test_duplicate_collection(lake, here, there):
    failing, judged, differing = found(lake, rule(CrossKind.DUPLICATE_COLLECTION, Comparison()), here, there)
    mine = {row[0] for row in here if row[0] is not None and row[2] is not None}
    twice = {key for key in mine if any(row[0] == key and row[2] is not None for row in there)}
    other = {
        a[0]
        for a in here
        for b in there
        if a[0] in twice and a[0] == b[0] and None not in (a[2], b[2]) and a[2] != b[2]
    }
    assert (judged, {row[0] for row in failing}, differing) == (len(mine), twice, len(other))
