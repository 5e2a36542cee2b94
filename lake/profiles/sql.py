"""The statistics of landed batches as SQL of DuckDB. Which batches, and what becomes of the answers, is `taking`'s.

Two scans: one of all rows, for what is counted; one of a sample that hangs on the row numbers alone, for how values are
spread and what they look like.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from contracts.model import Column, Dataset, Level, LogicalType
from contracts.rules import DAYS, NUMBERS
from contracts.sql_text import identifier, literal
from lake.attach import store_table

SAMPLE = 50_000
"""Of so many rows of a batch it is seen how values are spread."""
SHAPES = 5
_BUCKETS = 16
_LONGEST = 40
_SHAPE = (
    ("[0-9]", "9"),
    ("[A-Za-z]", "A"),
    (r"\p{Han}", "汉"),
    (r"[^9A汉 ._/:@,()-]", "·"),
)


def counts(dataset: Dataset, batches: Mapping[str, date]) -> str:
    """Batch, its accepted rows, and for each column: how many are not null, how many differ, shortest and longest text,
    least and greatest value as text (null where there is none to tell).
    """
    parts = [part for column in dataset.columns for part in _counts(column)]
    return f"select _batch, count(*), {', '.join(parts)} from {_rows(dataset, batches)} group by _batch order by _batch"


PARTS = 6
"""So many answers `counts` has for each column."""


def _counts(column: Column) -> tuple[str, ...]:
    name, kind = identifier(column.name), column.element.type
    text = kind is LogicalType.STRING
    # What is open may be shown to everybody; of nothing else is a value ever kept.
    told = column.level is Level.L1 and kind in NUMBERS | DAYS
    return (
        f"count({name})",
        f"approx_count_distinct({name})",
        f"min(length({name}))" if text else "null",
        f"max(length({name}))" if text else "null",
        f"min({name})::varchar" if told else "null",
        f"max({name})::varchar" if told else "null",
    )


def spread(dataset: Dataset, batches: Mapping[str, date], steps: Mapping[str, int]) -> str:
    """Batch, column, bin, rows: how the values of each column are spread over bins that show no value."""
    columns = ", ".join(f"{_bin(column, batches)} as {identifier(column.name)}" for column in dataset.columns)
    return (
        f"select _batch, _column, _bin, count(*) from (unpivot (select _batch, {columns} "
        f"from {_rows(dataset, batches, steps)}) on columns(* exclude (_batch)) into name _column value _bin) "
        "group by all order by all"
    )


def shapes(dataset: Dataset, batches: Mapping[str, date], steps: Mapping[str, int]) -> str | None:
    """Batch, column, shape, rows: the commonest shapes of text, 9 a digit, A a letter, 汉 a Chinese character."""
    texts = [column for column in dataset.columns if column.element.type is LogicalType.STRING]
    if not texts:
        return None
    columns = ", ".join(f"{_shape(identifier(one.name))} as {identifier(one.name)}" for one in texts)
    return (
        f"select _batch, _column, _shape, count(*) as _n from (unpivot (select _batch, {columns} "
        f"from {_rows(dataset, batches, steps)}) on columns(* exclude (_batch)) into name _column value _shape) "
        "group by _batch, _column, _shape qualify row_number() over "
        f"(partition by _batch, _column order by count(*) desc, _shape) <= {SHAPES} order by 1, 2, 4 desc, 3"
    )


def _rows(dataset: Dataset, batches: Mapping[str, date], steps: Mapping[str, int] | None = None) -> str:
    listed = ", ".join(map(literal, sorted(batches)))
    where = f"_faults is null and _batch in ({listed})"
    if steps and max(steps.values()) > 1:
        where += f" and hash(_row) % {_by_batch({name: str(step) for name, step in steps.items()}, 'bigint')} = 0"
    names = ", ".join(identifier(column.name) for column in dataset.columns)
    return f"(select _batch, {names} from {store_table(dataset)} where {where})"


def _by_batch(told: Mapping[str, str], kind: str) -> str:
    """What is told of the batch that a row is of."""
    if len(set(told.values())) == 1:
        return f"{next(iter(told.values()))}::{kind}"
    cases = " ".join(f"when {literal(batch)} then {value}" for batch, value in sorted(told.items()))
    return f"(case _batch {cases} end)::{kind}"


def _bin(column: Column, batches: Mapping[str, date]) -> str:
    """Text by what it hashes to, numbers by their magnitude, days by how long before the delivery they are."""
    name, kind = identifier(column.name), column.element.type
    if kind in NUMBERS:
        return _magnitude(f"{name}::double")
    if kind in DAYS:
        # A day that moves on with the deliveries is spread as before.
        day = _by_batch({batch: literal(str(of)) for batch, of in batches.items()}, "date")
        return _magnitude(f"({day} - {name}::date)::double")
    return f"case when {name} is not null then 'h' || (hash({name}::varchar) % {_BUCKETS}) end"


def _magnitude(value: str) -> str:
    twice = f"greatest(-40, least(120, floor(2 * log2(abs({value}))::double)))::integer"
    return (
        f"case when {value} is null then null when {value} = 0 then '0' when not isfinite({value}) then 'x' "
        f"when {value} < 0 then '-' || {twice} else '+' || {twice} end"
    )


def _shape(name: str) -> str:
    found = f"left({name}, {_LONGEST})"
    for pattern, letter in _SHAPE:
        found = f"regexp_replace({found}, {literal(pattern)}, {literal(letter)}, 'g')"
    return found
