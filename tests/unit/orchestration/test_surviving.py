"""Which department's value of an attribute is shown: the SQL of each way of choosing, held to a plain reading of it."""

from __future__ import annotations

from collections import Counter
from itertools import product
from typing import Any

import duckdb
import pytest

from contracts.model import Attribute, Level
from contracts.provision import Survivor
from orchestration.twins.surviving import survivor

ALIASES = ("p2", "p1", "matched")
"""In the order of trust."""
VALUES = (None, "a", "b")
DAYS = (None, "2026-01-01", "2026-02-01")


def expected(way: Survivor, given: list[tuple[str, str | None, str | None]]) -> tuple[str | None, str | None]:
    """Value and department of those of (department, value, day), the most trusted first."""
    told = [(who, value, day or "") for who, value, day in given if value is not None]
    if not told:
        return None, None
    said = Counter(value for _, value, _ in told)
    weights = {
        Survivor.PRECEDENCE: lambda one: 0,
        Survivor.RECENCY: lambda one: one[2],
        Survivor.AGREEMENT: lambda one: said[one[1]],
    }[way]
    most = max(map(weights, told))
    who, value, _ = next(one for one in told if weights(one) == most)
    return value, who


@pytest.mark.parametrize("way", Survivor)
def test_the_value_that_is_shown_is_the_one_that_its_declaration_means(way: Survivor) -> None:
    element: Any = None
    attribute = Attribute("x", element, "", "", Level.L1, survivor=way)
    columns = survivor(attribute, ALIASES, ["p2._department", "p1._department", "matched.x_source"])
    engine = duckdb.connect()
    engine.execute("create table cases (n integer, v2 varchar, d2 date, v1 varchar, d1 date, vm varchar, dm date)")
    cases = list(product(VALUES, DAYS, VALUES, DAYS, VALUES, DAYS))
    engine.executemany("insert into cases values (?, ?, ?, ?, ?, ?, ?)", [(n, *one) for n, one in enumerate(cases)])
    found = engine.execute(
        f"select {', '.join(columns)} from (select *, 'second' as _department, v2 as x, d2 as _dated from cases) as p2 "
        "join (select n, 'first' as _department, v1 as x, d1 as _dated from cases) as p1 using (n) "
        "join (select n, 'loose' as x_source, vm as x, dm as x_dated from cases) as matched using (n) order by n"
    ).fetchall()
    wanted = [
        expected(way, [("second", v2, d2), ("first", v1, d1), ("loose", vm, dm)]) for v2, d2, v1, d1, vm, dm in cases
    ]
    assert found == wanted
