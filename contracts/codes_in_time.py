"""A code that was one on its day: the rule of a column that says which column has the day.

A division that was merged in 2016 is right for a birth in 1990, and wrong for one in 2020. It is a condition on the
row, so that whatever judges conditions judges it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from contracts.model import CodeSet, Column, Period, Rule
from contracts.rules import KINDS
from contracts.sql_text import column as quoted
from contracts.sql_text import literal
from contracts.violation import Severity

PREFIX = "in_time:"


def in_time(column: Column, day: Column, code_set: CodeSet) -> Rule | None:
    """The rule; None where each code of the set was always one and is one still."""
    if not code_set.periods:
        return None
    sql = f"{quoted(column.name)} is null or {quoted(day.name)} is null or {_case(column, day, code_set)}"
    return Rule(
        PREFIX + column.name,
        "expression",
        (column.name, day.name),
        KINDS["expression"].dimension,
        Severity.ERROR,
        {"sql": sql},
        f"{column.title_zh}在{day.title_zh}当日有效",
        f"{column.title_en} was a code on {day.title_en}",
    )


def _case(column: Column, day: Column, code_set: CodeSet) -> str:
    spelt = dict(_spelt(column, code_set))
    name, moment = quoted(column.name), f"cast({quoted(day.name)} as date)"
    by: dict[Period, list[str]] = {}
    for code, period in spelt.items():
        by.setdefault(period, []).append(code)
    whens = " ".join(
        f"when {name} in ({', '.join(literal(code) for code in codes)}) then {_within(moment, period)}"
        for period, codes in by.items()
    )
    return f"case {whens} else true end"


def _spelt(column: Column, code_set: CodeSet) -> Iterator[tuple[str, Period]]:
    """Each spelling of a code that has a period, as it is delivered or standard."""
    spellings: Mapping[str, str] = {**code_set.aliases, **column.code_map}
    for code, period in code_set.periods.items():
        yield code, period
        yield from ((spelling, period) for spelling, of in spellings.items() if of == code)


def _within(moment: str, period: Period) -> str:
    bounds = [f"{moment} >= date {literal(period.since.isoformat())}"] if period.since else []
    bounds += [f"{moment} <= date {literal(period.until.isoformat())}"] if period.until else []
    return " and ".join(bounds)
