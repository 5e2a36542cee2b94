"""Rules across departments as SQL: what fails, out of what is judged, in words that every engine reads.

`{batch}` stands for the blamed table; the other is named. No function beyond standard SQL and date_trunc is used.
Running a query is the engine's, and which rule stands where `rules`'.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from contracts.cross_rules import CrossKind, CrossRule, Measure, Side
from contracts.sql_text import identifier

BATCH = "{batch}"
_LAKE = "lake."


@dataclass(frozen=True)
class Judged:
    """The queries of one rule: its failing rows (or groups, or subjects), all that are judged, and, of a duplicate
    collection, the subjects whose values differ."""

    failing: str
    judged: str
    differing: str | None = None


def compiled(rule: CrossRule, batch: str = BATCH) -> Judged:
    """The queries of a rule; `batch` stands for the blamed table."""
    return _COMPILERS[rule.kind](rule, batch)


def keys_of(rule: CrossRule, key: tuple[str, ...]) -> tuple[str, ...]:
    """By which columns of its failing rows they are found again; `key` is that of the blamed table."""
    match rule.kind:
        case CrossKind.RECONCILIATION:
            return tuple(f"k{n}" for n, _ in enumerate(_groups(rule, 0)))
        case CrossKind.DUPLICATE_COLLECTION:
            return (rule.here.columns[0],)
        case _:
            return key or (rule.comparison.pairs[0][0 if rule.blames_here else 1],)


def _rows(side: Side, rule: CrossRule, batch: str) -> str:
    table = batch if side is rule.blamed else f"{_LAKE}{side.table}"
    condition = f" where ({_braced(side.where)})" if side.where else ""
    return f"(select * from {table}{condition})"


def _braced(sql: str) -> str:
    # Braces of the rule's own, as in a pattern's counts, are no places to fill in.
    return sql.replace("{", "{{").replace("}", "}}")


def _referential(rule: CrossRule, batch: str) -> Judged:
    here, there = _rows(rule.here, rule, batch), _rows(rule.there, rule, batch)
    ((left, right),) = rule.comparison.pairs
    mine, other = f"here.{identifier(left)}", f"there.{identifier(right)}"
    judged = f"select here.* from {here} as here where {mine} is not null"
    return Judged(f"{judged} and not exists (select 1 from {there} as there where {other} = {mine})", judged)


def _contradiction(rule: CrossRule, batch: str) -> Judged:
    here, there = _rows(rule.here, rule, batch), _rows(rule.there, rule, batch)
    joined = " and ".join(f"here.{identifier(a)} = there.{identifier(b)}" for a, b in rule.comparison.pairs)
    names = ("here", "there") if rule.blames_here else ("there", "here")
    tables = (here, there) if rule.blames_here else (there, here)
    judged = f"select {names[0]}.* from {tables[0]} as {names[0]}"
    other = f"select 1 from {tables[1]} as {names[1]} where {joined} and ({_braced(rule.comparison.never)})"
    return Judged(f"{judged} where exists ({other})", judged)


def _groups(rule: CrossRule, side: int) -> list[str]:
    named = [identifier(pair[side]) for pair in rule.comparison.pairs]
    assert rule.comparison.measures is not None
    at, grain = rule.comparison.measures[side].at, rule.comparison.grain
    # A date of either type: what is truncated of a day and of a moment is compared.
    return [*named, f"cast(date_trunc('{grain}', {identifier(at)}) as date)"] if at and grain else named


def _reconciliation(rule: CrossRule, batch: str) -> Judged:
    assert rule.comparison.measures is not None
    names = [f"k{n}" for n, _ in enumerate(_groups(rule, 0))]
    both = " union all ".join(
        _aggregate(rule, number, _rows(side, rule, batch), names) for number, side in enumerate((rule.here, rule.there))
    )
    listed = "".join(f"{name}, " for name in names)
    grouped = f" group by {', '.join(names)}" if names else ""
    whole = (
        f"(select {listed}sum(here_value) as here_value, sum(there_value) as there_value, "
        f"sum(is_here) as is_here, sum(is_there) as is_there from ({both}) as sides{grouped})"
    )
    absolute, relative = map(_decimal, (rule.comparison.absolute, rule.comparison.relative))
    allowed = f"greatest({absolute}, {relative} * abs(there_value))"
    differs = (
        "is_here = 0 or is_there = 0 or (here_value is null) <> (there_value is null) "
        f"or abs(here_value - there_value) > {allowed}"
    )
    return Judged(f"select * from {whole} as groups where {differs}", f"select * from {whole} as groups")


def _aggregate(rule: CrossRule, side: int, rows: str, names: list[str]) -> str:
    assert rule.comparison.measures is not None
    groups = _groups(rule, side)
    keys = "".join(f"{group} as {name}, " for group, name in zip(groups, names, strict=True))
    type_ = _value_type(rule.comparison.measures)
    value = f"cast({_called(rule.comparison.measures[side])} as {type_})"
    mine, other = ("here", "there") if side == 0 else ("there", "here")
    columns = {
        f"{mine}_value": value,
        f"{other}_value": f"cast(null as {type_})",
        f"is_{mine}": "1",
        f"is_{other}": "0",
    }
    order = ("here_value", "there_value", "is_here", "is_there")
    told = ", ".join(f"{columns[name]} as {name}" for name in order)
    grouped = f" group by {', '.join(groups)}" if groups else ""
    return f"select {keys}{told} from {rows} as rows_of_{mine}{grouped}"


def _value_type(measures: tuple[Measure, Measure]) -> str:
    """What both values are compared as: decimals are exact, as an allowance is written; floating point is neither."""
    scales = [one.scale for one in measures if one.scale is not None]
    return f"decimal(38, {max(scales)})" if len(scales) == len(measures) else "double"


def _decimal(number: float) -> str:
    """A number as it was written, never with an exponent: that would be floating point."""
    return f"{Decimal(repr(number)):f}"


def other_side(rule: CrossRule) -> tuple[str, str]:
    """The rows that the blamed ones are held against, as queries: all of the table, and those that are meant."""
    table = f"{_LAKE}{rule.other.table}"
    condition = f" where ({rule.other.where})" if rule.other.where else ""
    return f"select * from {table}", f"select * from {table}{condition}"


def _called(measure: Measure) -> str:
    if measure.column is None:
        return "count(*)"
    column = identifier(measure.column)
    return f"count(distinct {column})" if measure.call == "count_distinct" else f"{measure.call}({column})"


def _duplicates(rule: CrossRule, batch: str) -> Judged:
    subject, element = map(identifier, rule.here.columns)
    their_subject, their_element = map(identifier, rule.there.columns)
    mine = f"select distinct here.{subject} from {batch} as here"
    has = f"here.{subject} is not null and here.{element} is not null"
    there = f"{_LAKE}{rule.there.table} as there where there.{their_subject} = here.{subject}"
    twice = f"exists (select 1 from {there} and there.{their_element} is not null)"
    differs = f"exists (select 1 from {there} and there.{their_element} <> here.{element})"
    judged = f"{mine} where {has}"
    return Judged(f"{judged} and {twice}", judged, f"{judged} and {differs}")


_COMPILERS: Mapping[CrossKind, Callable[[CrossRule, str], Judged]] = {
    CrossKind.REFERENTIAL: _referential,
    CrossKind.RECONCILIATION: _reconciliation,
    CrossKind.CONTRADICTION: _contradiction,
    CrossKind.DUPLICATE_COLLECTION: _duplicates,
}
