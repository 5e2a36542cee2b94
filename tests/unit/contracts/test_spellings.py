"""Which spellings an element may declare: what leaves open what is meant is refused, alone or together."""

from __future__ import annotations

import pytest

from contracts.model import LogicalType
from contracts.patterns import closed
from contracts.spellings import rival_spellings, spelling_fault

DATE, STAMP, TIME = LogicalType.DATE, LogicalType.TIMESTAMP, LogicalType.TIME
DECIMAL, INTEGER, NUMBER = LogicalType.DECIMAL, LogicalType.INTEGER, LogicalType.NUMBER


@pytest.mark.parametrize(
    ("kind", "spelling", "why"),
    [
        (DATE, "%d/%m/%y", "no pivot"),
        (DATE, "%G-W%V-%u", "which no engine here reads"),
        (DATE, "%c", "which no engine here reads"),
        (DATE, "%m-%d", "leaves open which day"),
        (DATE, "%Y-%m-%d %Y", "twice"),
        (DATE, "%Y %m %b %d", "twice"),
        (DATE, "%Y-%m-%d'", "quote"),
        (STAMP, "%Y-%m-%d %I:%M", "which half of the day"),
        (STAMP, "%z %Y-%m-%d %H:%M", "does not end"),
        (STAMP, "%Y-%m-%d %f %H:%M:%S", "follows no second"),
        (TIME, "%Y %H:%M", "more than a time"),
        (NUMBER, "scientific", "is not spelt"),
        (INTEGER, "decimal_comma", "is not spelt"),
    ],
)
def test_a_spelling_that_leaves_something_open_is_refused(kind: LogicalType, spelling: str, why: str) -> None:
    assert why in str(spelling_fault(kind, spelling))


def test_a_year_of_two_digits_needs_a_pivot_and_no_more() -> None:
    assert spelling_fault(DATE, "%d/%m/%y", 30) is None
    assert spelling_fault(STAMP, "%Y-%m-%dT%H:%M:%S.%f%z") is None
    assert spelling_fault(STAMP, "%d/%m/%Y %I:%M %p") is None


@pytest.mark.parametrize(
    ("kind", "spellings"),
    [
        (DATE, ("%m/%d/%Y", "%d/%m/%Y")),
        (DATE, ("%Y%m%d", "%d%m%Y")),
        (DATE, ("%y/%m/%d", "%d/%m/%y")),
        (DATE, ("%y%m%d", "excel_serial")),
        (DATE, ("%Y%j", "excel_serial")),
        (DECIMAL, ("percent", "wan")),
        (DECIMAL, ("scientific", "wan")),
    ],
)
def test_spellings_that_read_one_text_as_two_values_are_refused(kind: LogicalType, spellings: tuple[str, ...]) -> None:
    assert rival_spellings(kind, spellings)
    assert not rival_spellings(kind, spellings[:1])


def test_spellings_that_no_text_shares_stand_together() -> None:
    assert rival_spellings(DATE, ("%Y-%m-%d", "%Y%m%d", "%Y年%m月%d日", "%d.%m.%Y", "excel_serial")) is None
    assert rival_spellings(DECIMAL, ("thousands", "ten_thousands", "percent", "full_width")) is None


@pytest.mark.parametrize(
    ("pattern", "known"),
    [
        ("[A-Z0-9]{5,12}", True),
        ("[一-龥][A-Z][A-Z0-9·]{4,6}", True),
        (r"1[3-9]\d{9}|0[0-9]{2}-?[0-9]+", True),
        (".*", False),
        ("[^0-9]+", False),
        (r"\S+", False),
        ("[+-龥]", False),
    ],
)
def test_a_closed_pattern_lists_its_characters(pattern: str, known: bool) -> None:
    assert closed(pattern) is known
