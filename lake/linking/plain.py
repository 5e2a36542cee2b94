"""Dates, phones, identifiers, codes, texts, coordinates. Lives here: columns, levels and keys. Not here: names."""

from __future__ import annotations

from lake.linking.kinds import Kind, Level, else_level
from lake.linking.latin import LETTERS

_PARTS = r"'^\s*(\d{4})\D{0,2}(\d{1,2})\D{0,2}(\d{1,2})'"
# A day in whatever way it was written; digits alone where it is none.
_DAY = (
    f"case when regexp_matches(value, '^\\s*\\d{{8}}\\s*$') then trim(value) "
    f"when regexp_matches(value, {_PARTS}) then regexp_extract(value, {_PARTS}, 1) "
    f"|| lpad(regexp_extract(value, {_PARTS}, 2), 2, '0') || lpad(regexp_extract(value, {_PARTS}, 3), 2, '0') "
    "else nullif(regexp_replace(value, '\\D', '', 'g'), '') end"
)

_APART = "abs(date_diff('day', d_l, d_r))"

DATE = Kind(
    columns={"v": _DAY, "d": "try_strptime(v, '%Y%m%d')::date"},
    levels=(
        Level("equal", "相同", "equal", "v_l = v_r", 0.85, 0.0003),
        Level(
            "swapped",
            "月日对调",
            "day and month swapped",
            "left(v_l, 4) = left(v_r, 4) and substr(v_l, 5, 2) = right(v_r, 2) and right(v_l, 2) = substr(v_r, 5, 2)",
            0.02,
            0.0002,
        ),
        Level("digit", "一位数字不同", "one digit off", "damerau_levenshtein(v_l, v_r) = 1", 0.06, 0.001),
        Level("birthday", "月日相同", "same month and day", "right(v_l, 4) = right(v_r, 4)", 0.02, 0.0027),
        Level("month", "相差一月内", "within a month", f"{_APART} <= 31", 0.015, 0.0015),
        Level("year", "相差一年内", "within a year", f"{_APART} <= 366", 0.01, 0.015),
        Level("decade", "相差十年内", "within ten years", f"{_APART} <= 3653", 0.01, 0.2),
        else_level(0.015, 0.7793),
    ),
    keys={"plain": "v", "year": "left(v, 4)", "month_day": "right(v, 4)"},
    rarity=None,
)

_DIGITS = "regexp_replace(regexp_replace(value, '(?i)(ext|转|x|#).*$', ''), '\\D', '', 'g')"

PHONE = Kind(
    columns={
        # Without the country (+86, +1), without the zero of long distance.
        "v": f"nullif(regexp_replace(regexp_replace({_DIGITS}, '^(0086|86)(\\d{{10,}})$', '\\2'), '^0+', ''), '')",
        "last": "right(v, 7)",
    },
    levels=(
        Level("equal", "相同", "equal", "v_l = v_r", 0.7, 0.0005),
        Level("last", "末七位相同", "same last seven digits", "length(last_l) = 7 and last_l = last_r", 0.1, 0.0002),
        Level(
            "digit",
            "一位数字不同",
            "one digit off",
            "length(v_l) >= 7 and damerau_levenshtein(v_l, v_r) = 1",
            0.05,
            0.0005,
        ),
        Level(
            "exchange",
            "同一局号",
            "same but for the last four digits",
            "length(v_l) >= 7 and left(v_l, length(v_l) - 4) = left(v_r, length(v_r) - 4)",
            0.03,
            0.002,
        ),
        else_level(0.12, 0.996),
    ),
    keys={"plain": "v", "last7": "case when length(last) = 7 then last end"},
    rarity="v",
)

IDENTIFIER = Kind(
    columns={"v": "nullif(regexp_replace(upper(value), '[^\\p{L}\\p{N}]', '', 'g'), '')"},
    levels=(
        Level("equal", "相同", "equal", "v_l = v_r", 0.8, 0.0001),
        Level("digit", "一位不同", "one character off", "levenshtein(v_l, v_r) = 1", 0.1, 0.0001),
        Level("swapped", "相邻两位对调", "two neighbours swapped", "damerau_levenshtein(v_l, v_r) = 1", 0.03, 0.00002),
        Level(
            "two",
            "两位不同",
            "two characters off",
            "length(v_l) >= 6 and damerau_levenshtein(v_l, v_r) = 2",
            0.03,
            0.0005,
        ),
        else_level(0.04, 0.9993),
    ),
    keys={
        "plain": "v",
        "head": "case when length(v) >= 6 then left(v, (length(v) // 2)::integer) end",
        "tail": "case when length(v) >= 6 then right(v, (length(v) // 2)::integer) end",
    },
    rarity="v",
)

CODE = Kind(
    columns={"v": "upper(trim(value))"},
    levels=(
        Level("equal", "相同", "equal", "v_l = v_r", 0.9, 0.05),
        else_level(0.1, 0.95),
    ),
    keys={"plain": "v"},
    rarity="v",
)

TEXT = Kind(
    columns={"v": f"coalesce(nullif({LETTERS}, ''), trim(value))", "words": "list_distinct(string_split(v, ' '))"},
    levels=(
        Level("equal", "相同", "equal", "v_l = v_r", 0.75, 0.01),
        Level("near", "相近", "alike", "jaro_winkler_similarity(v_l, v_r) >= 0.92", 0.1, 0.005),
        Level(
            "words",
            "多数词相同",
            "most words the same",
            "len(list_intersect(words_l, words_r)) * 3 >= 2 * least(len(words_l), len(words_r))",
            0.05,
            0.005,
        ),
        Level("far", "部分相似", "partly alike", "jaro_winkler_similarity(v_l, v_r) >= 0.8", 0.04, 0.03),
        else_level(0.06, 0.95),
    ),
    keys={"plain": "v"},
    rarity="v",
)

# Metres between two points, on a plane: right to a part in ten thousand within a city.
_METRES = "sqrt(pow((y_l - y_r) * 111195, 2) + pow((x_l - x_r) * 111195 * cos(radians((y_l + y_r) / 2)), 2))"
# Four grids of about 600 metres, each half a cell aside: two points nearer than half a cell share a cell of one.
_CELLS = ", ".join(
    f"'{number}:' || floor(x / 0.0064 + {east})::bigint || ':' || floor(y / 0.0054 + {north})::bigint"
    for number, (east, north) in enumerate(((0, 0), (0.5, 0), (0, 0.5), (0.5, 0.5)))
)

COORDINATES = Kind(
    columns={"x": "longitude", "y": "latitude"},
    levels=(
        Level("here", "三十米内", "within 30 m", f"{_METRES} <= 30", 0.6, 0.0002),
        Level("near", "一百五十米内", "within 150 m", f"{_METRES} <= 150", 0.2, 0.001),
        Level("about", "六百米内", "within 600 m", f"{_METRES} <= 600", 0.1, 0.01),
        else_level(0.1, 0.988),
    ),
    keys={"cell": f"[{_CELLS}]"},
    listed=frozenset({"cell"}),
)
