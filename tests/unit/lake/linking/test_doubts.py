"""Which pairs are asked about, however likely they are."""

from __future__ import annotations

import duckdb
import pytest

from contracts.matching import Comparison, ComparisonKind, Matching
from lake.linking.all_kinds import KINDS
from lake.linking.doubts import doubtful

PERSON = {"name": ComparisonKind.CHINESE_NAME, "born": ComparisonKind.DATE, "number": ComparisonKind.IDENTIFIER}
SITE = {"name": ComparisonKind.ORGANISATION_NAME, "address": ComparisonKind.LATIN_ADDRESS}
WHOLE = {"name": ComparisonKind.LATIN_NAME}
PARTS = {"given": ComparisonKind.LATIN_NAME, "family": ComparisonKind.LATIN_NAME, "born": ComparisonKind.DATE}
PLACE = {
    "name": ComparisonKind.ORGANISATION_NAME,
    "address": ComparisonKind.CHINESE_ADDRESS,
    "phone": ComparisonKind.PHONE,
}


@pytest.mark.parametrize(
    ("kinds", "levels", "expected"),
    [
        (PERSON, {"name": "near", "born": "equal"}, True),
        (PERSON, {"name": "near", "born": "equal", "number": "two"}, True),
        (PERSON, {"name": "near", "born": "equal", "number": "digit"}, False),
        (PERSON, {"name": "homophone", "born": "equal"}, False),
        (PERSON, {"born": "equal"}, False),
        (PLACE, {"name": "branch", "address": "equal", "phone": "equal"}, True),
        (PLACE, {"name": "contained", "address": "road", "phone": "equal"}, True),
        (PLACE, {"name": "contained", "address": "parts"}, False),
        (PLACE, {"name": "equal", "address": "different"}, False),
        (PLACE, {"name": "different", "address": "equal"}, True),
        (PLACE, {"name": "different", "address": "equal", "phone": "equal"}, False),
        (SITE, {"name": "equal", "address": "elsewhere"}, True),
        (SITE, {"name": "equal", "address": "different"}, False),
        (SITE, {"name": "contained", "address": "digit"}, False),
        (WHOLE, {"name": "far"}, True),
        (WHOLE, {"name": "near"}, False),
        (PARTS, {"given": "far", "family": "equal", "born": "equal"}, True),
        (PARTS, {"given": "far", "family": "equal", "born": "digit"}, False),
        (PARTS, {"given": "near", "family": "equal", "born": "equal"}, False),
        (PARTS, {"given": "far", "born": "equal"}, False),
    ],
)
def test_doubts(kinds: dict[str, ComparisonKind], levels: dict[str, str], expected: bool) -> None:
    matching = Matching(tuple(Comparison((name,), kind) for name, kind in kinds.items()), ())
    numbers = []
    for place, (name, kind) in enumerate(kinds.items()):
        known = [level.name for level in KINDS[kind].levels]
        numbers.append(f"{known.index(levels[name]) if name in levels else 'null'} as g{place}")
    sql = f"select {doubtful(matching)} from (select {', '.join(numbers)})"
    assert duckdb.sql(sql).fetchall() == [(expected,)]
