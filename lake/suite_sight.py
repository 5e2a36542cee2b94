"""Whether a suite may be tried by somebody: what a trial tells of values is bounded by who asks.

An expectation looks at no value, or at columns that its author may see row by row. What is not listed here is refused:
a pattern over a column answers, try by try, what its cells say. Trying a suite is `suite_trials`'.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from contracts.cross_rules import WrittenExpectation
from contracts.model import Level
from lake.suite_desk import Judged, expect_sound
from sharing.faults import SharingRefused

# Their answer hangs on no value: only on whether there is one, how often the same, of what type, how many rows.
_BLIND = {
    "expect_column_values_to_not_be_null", "expect_column_values_to_be_null",
    "expect_column_values_to_be_unique", "expect_compound_columns_to_be_unique",
    "expect_column_values_to_be_of_type", "expect_column_values_to_be_in_type_list",
    "expect_table_row_count_to_be_between", "expect_table_row_count_to_equal",
    "expect_table_column_count_to_be_between", "expect_table_column_count_to_equal",
    "expect_column_to_exist", "expect_table_columns_to_match_set", "expect_table_columns_to_match_ordered_list",
}  # fmt: skip
_NAMING = {"column", "column_A", "column_B", "column_list", "column_set"}
# Arguments that name no column. A row condition may name any: it is not among them.
_PLAIN = {
    "mostly", "min_value", "max_value", "strict_min", "strict_max", "value", "value_set", "value_pairs_set",
    "sum_total", "regex", "regex_list", "match_on", "like_pattern", "like_pattern_list", "strftime_format",
    "json_schema", "type_", "type_list", "ignore_row_if", "or_equal", "double_sided", "threshold", "quantile_ranges",
    "allow_relative_error", "exact_match", "column_index", "accept_15", "without", "strict",
}  # fmt: skip
_FIX = "name columns up to that level; of others only that they are there, unique, of a type, and how many rows"


def expect_in_sight(what: Judged, levels: Mapping[str, Level], level: Level | None) -> None:
    """SharingRefused where a suite's trial would tell of values above a level.

    `levels` are those of the table's columns as far as they are known, `level` what the person sees of rows (None:
    nothing)."""
    for one in expect_sound(what).expectations:
        if fault := _beyond(one, levels, level):
            seen = f"you see rows up to {level}" if level else "you see no rows of it"
            raise SharingRefused("suite_sight", what.table, f"{one.name} ({one.type}) {fault}; {seen}", _FIX)


def _beyond(one: WrittenExpectation, levels: Mapping[str, Level], level: Level | None) -> str:
    """What an expectation would look at that is not for the person; nothing where all is."""
    told: dict[str, Any] = json.loads(one.kwargs)
    if strange := sorted(told.keys() - _NAMING - _PLAIN):
        hidden = sorted(name for name, each in levels.items() if not _sees(each, level))
        if hidden or not levels:
            return f"has {strange[0]!r}, which may name any column of the table"
    if one.type in _BLIND:
        return ""
    named = [name for key in sorted(_NAMING & told.keys()) for name in _names(told[key])]
    if not named:
        return "names no column, so that nobody knows at which it looks"
    above = [name for name in named if not _sees(levels.get(name), level)]
    return f"looks at the values of {above[0]!r}, of {levels.get(above[0]) or 'no known level'}" if above else ""


def _sees(column: Level | None, level: Level | None) -> bool:
    return column is not None and level is not None and column <= level


def _names(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [] if value is None else [str(value)]
