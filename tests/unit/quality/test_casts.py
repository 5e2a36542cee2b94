"""Every type's SQL, held to what the texts mean in plain Python, over many near misses of each grammar."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality.casts import Written, cast_sql
from tests.unit.quality.reference_casts import differences, element, near_misses

DAYS = ["1998-01-05", "2024-02-29", "2023-2-9", "2019年12月1日", "20240229", "2024/02/29", "45351", "60", "59", "61",
        "1900-01-01", "9999-12-31", "0001-01-01", "0000-01-01", "infinity", "epoch", "2019-12-01 (BC)"]  # fmt: skip
STAMPS = ["2026-11-03 08:30:00", "2026-11-03T08:30:00+08:00", "2026-11-03T00:30:00Z", "2026-11-03 00:30:00.000+0000",
          "2026-11-03 24:00:00", "2026-11-03T24:00:00", "2026-11-03 23:59:60", "1986-05-04 02:30:00",
          "1991-09-15 01:30:00", "1940-06-01 00:30:00", "2026-11-03 08:30:00.123456", "2026-11-03 08:30",
          "0001-01-01 00:00:00", "9999-12-31 23:59:59", "2024-02-29", "1905-01-01 00:00:00",
          "2026-03-08 02:30:00", "2026-11-01 01:30:00"]  # fmt: skip
GROUPED = ["1,234.50", "12,345,678.00", "12,34", "1,,2", "1.234,56", "12.5%", "40", "-1,234"]
ROUNDED = ["1.005", "1.015", "-1.005", "2.675", "999999.994", "999999.995", "-0.004", ".125", "12", "7.50",
           "1.0050000000000000000000000001"]  # fmt: skip
CASES: list[tuple[str, dict[str, Any], list[str]]] = [
    ("date", {"formats": ("%Y-%m-%d", "%Y%m%d", "%Y年%m月%d日", "excel_serial")}, DAYS),
    ("date", {"formats": ("%Y-%m-%d",)}, DAYS),
    ("date", {"formats": ("%d/%m/%y",), "pivot": 30}, ["29/02/00", "01/01/29", "31/12/30", "1/2/99"]),
    ("date", {"formats": ("%a %d %b %Y", "%Y %j")}, ["Mon 05 Jan 2026", "Fri 29 Feb 2024", "2024 366", "2023 366"]),
    ("date", {"formats": ("%Y-%m-%d %H:%M:%S",)}, STAMPS),
    ("timestamp", {"formats": ("%Y-%m-%d %H:%M:%S",)}, STAMPS),
    (
        "timestamp",
        {"formats": ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d", "%d/%m/%Y %I:%M %p")},
        [*STAMPS, "03/11/2026 8:30 PM", "3/1/2026 12:00 am"],
    ),
    (
        "timestamp",
        {"formats": ("%Y%m%d%H%M%S.%f", "%Y-%m-%dT%H:%M:%S%z")},
        ["20261103083000.123", "2026-11-03T08:30:00+08:00", "2026-11-03T08:30:00.5Z"],
    ),
    ("time", {}, ["08:30:00", "23:59:59", "8:30", "24:00:00", "08:30:00.25", "00:00"]),
    ("integer", {}, ["7", "-12", "+5", "007", "9223372036854775807", "9223372036854775808", "15e-1", "0x10", "2_000",
                     "1.0", "-0"]),
    ("integer", {"formats": ("float_integer", "thousands")}, ["7.0", "1,234", "12,345,678.00", "-1,234"]),
    ("integer", {"formats": ("wan", "full_width")}, ["3万", "1.2345万", "１２万", "0.5万", "12亿元", "-3 万元"]),
    ("integer", {"formats": ("ten_thousands", "percent")}, ["1,2345", "12%", "1,2345,6789"]),
    ("decimal", {"precision": 5, "scale": 2}, ["1.50", "100.004", "-0.004", ".5", "5.", "999.99", "1000", "1.500"]),
    ("decimal", {"formats": ("thousands", "percent")}, GROUPED),
    ("decimal", {"formats": ("thousands", "decimal_comma")}, [*GROUPED, "1234,5", "1.234"]),
    ("decimal", {"formats": ("wan", "thousands", "full_width")}, ["12.3456万", "1,234.5万元", "1亿", "１２．５"]),
    ("decimal", {"precision": 12, "scale": 3, "formats": ("scientific",)}, ["1.5e3", "1E-3", "-2.25E+2", "1e99"]),
    ("decimal", {"precision": 8, "scale": 2, "rounding": "half_up"}, ROUNDED),
    ("decimal", {"precision": 8, "scale": 2, "rounding": "half_even"}, ROUNDED),
    ("decimal", {"precision": 8, "scale": 2, "rounding": "down"}, ROUNDED),
    ("decimal", {"precision": 8, "scale": 0, "rounding": "half_even"}, ["0.5", "1.5", "2.5", "-2.5", "99999999.4"]),
    ("decimal", {"precision": 38, "scale": 10}, ["1.5", "1234567890123456789012345678.1234567891"]),
    ("number", {}, ["1.5", "1e5", "-2E-3", ".5", "1e400", "1e-400", "0e5", "nan", "inf", "12"]),
    ("number", {"formats": ("percent", "thousands")}, ["12.5%", "1,234.5", "1e5"]),
    ("boolean", {}, ["true", "T", "是", "否", "1", "0", "yes", "maybe"]),
    ("string", {}, ["a", "张某", "a\0b"]),
]  # fmt: skip
AS_TEXT, AS_CELLS = Written(), Written(typed=True, whole_points=True, zone="America/New_York")


def attack(number: int, seed: int) -> tuple[int, list[tuple[str, str, object, object]]]:
    """How many texts were tried: near misses, `number` of each grammar; and (type, text, read, meant) of those that
    are read as what they do not say.
    """
    tried, found = 0, []
    for (kind, facts, good), written in itertools.product(CASES, (AS_TEXT, AS_CELLS)):
        texts = [*good, *near_misses(good, seed, number)]
        tried += len(texts)
        found += [(kind, *one) for one in differences(texts, element(kind, **facts), written)]
    return tried, found


@pytest.mark.parametrize("written", [AS_TEXT, AS_CELLS], ids=["as text", "as cells"])
@pytest.mark.parametrize(("kind", "facts", "good"), CASES)
@given(seed=st.integers(0, 2**32))
@settings(max_examples=3, deadline=None)
def test_a_cast_reads_what_the_text_says_or_nothing(
    kind: str, facts: dict[str, Any], good: list[str], written: Written, seed: int
) -> None:
    assert not differences([*good, *near_misses(good, seed, 600)], element(kind, **facts), written)


@pytest.mark.parametrize(("kind", "base"), [("date", "2026-11-15"), ("timestamp", "2026-11-15 10:11:12")])
def test_no_two_other_characters_pass_where_digits_stand(kind: str, base: str) -> None:
    """The parsers below the shapes skip spaces, and stop before tails: every pair of signs is tried in one query."""
    signs = [chr(code) for code in range(1, 127) if chr(code) not in "0123456789"]
    texts = set()
    for first, second in itertools.combinations([n for n, sign in enumerate(base) if sign.isdigit()], 2):
        for one, other in itertools.product((" ", "\t", "-", "+", ".", "Z", "T", ":", "/", "1"), signs):
            texts.add(base[:first] + one + base[first + 1 : second] + other + base[second + 1 :])
    assert not differences([text.strip() for text in texts], element(kind), AS_TEXT)


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])
def test_the_clocks_of_a_zone_are_those_of_python(zone: str) -> None:
    """Instants around every change of an offset, written with one, and local times that were skipped or shown twice."""
    there, texts, day = ZoneInfo(zone), [], datetime(1902, 1, 1, tzinfo=UTC)
    while day.year < 2026:
        after = day + timedelta(days=1)
        if day.astimezone(there).utcoffset() != after.astimezone(there).utcoffset():
            for minutes in range(-180, 1800, 15):
                at = day + timedelta(minutes=minutes)
                texts += [f"{at:%Y-%m-%dT%H:%M:%S}Z", f"{at.astimezone(there):%Y-%m-%d %H:%M:%S}"]
        day = after
    assert not differences(texts, element("timestamp"), Written(zone=zone))


def test_a_cast_never_raises_and_asks_no_session() -> None:
    texts = [*near_misses(DAYS + STAMPS + GROUPED + ROUNDED, 7, 2000), "9" * 400, "1e" + "9" * 40, "-" * 50, "1" * 39]
    answers = []
    for zone, threads in (("UTC", 1), ("Pacific/Kiritimati", 2)):
        with duckdb.connect(config={"threads": threads}) as connection:
            connection.execute(f"set TimeZone = '{zone}'")
            casts = ", ".join(cast_sql("t", element(kind, **facts), AS_TEXT) for kind, facts, _ in CASES)
            rows = f"select t, {casts} from (select unnest($t::varchar[]) as t)"
            answers.append(connection.execute(rows, {"t": texts}).fetchall())
    assert answers[0] == answers[1]
