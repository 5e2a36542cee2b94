"""The one scan: the SQL that casts a delivery, judges every row by the contract's row rules, and keeps the evidence.

Pure text building: a `Dataset` and a source relation go in, one SELECT comes out. Reading files, and writing the lake,
are `orchestration`'s. The SELECT has one row per delivered record, so that nothing can be lost between the two:

- the contract's columns, typed (null where the text does not cast),
- `_row` BIGINT, the record's number in its delivery, from 1,
- `_faults` VARCHAR[], the names of all failed error rules, null for an accepted row,
- `_original` VARCHAR, JSON of the delivered text by column, for rejected rows only.

Semantics: text is trimmed of spaces of any kind; "" and the declared spellings of nothing are null; `required` fails on
null, every other rule passes on null; a value that does not cast fails `type` and is not judged further; a row of
broken structure is only that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from types import MappingProxyType

from contracts.conversions import landed
from contracts.model import CodeSet, Column, Dataset, LogicalType, Rule
from contracts.rules import KINDS
from contracts.sql_text import identifier as _q
from contracts.sql_text import literal as _l
from contracts.violation import Severity
from quality.casts import Written, cast_sql, sql_type
from quality.engine.characters import invisible_sql, lost_sql, trimmed_sql
from quality.engine.check_digits import resident_id_sql, social_credit_code_sql
from quality.engine.placeholders import placeholder_sql
from quality.quantities import unrounded_sql, unrounded_type

TOO_SHORT = "structure:too_short"
TOO_LONG = "structure:too_long"
BROKEN = "structure:unreadable"


@dataclass(frozen=True)
class Delivered:
    """A delivery as a relation of text: what a reader hands to the scan.

    `relation` is SQL for a FROM clause with one VARCHAR column per entry of `headers` (contract column name -> the
    relation's column), `_row`, and `_structure` (null, or the name of a structural fault). `surplus` names a column of
    text beyond the last header, where the format can have that; `beside` further columns of text that are kept of a
    rejected row, by the name they are kept under. `typed` says that cells had types where they were, and are written as
    DuckDB and ISO 8601 write them; `spreadsheet` that a whole number may be `7.0` besides. `parts` are relations that
    together are the same, and may be read at the same time; their `_row` are right only where every record can be read.
    `doubts` says of structural faults, in words, what they are and where the first is. `again` reads the delivery in
    another way, with the number of its records, where the parser it was trusted with did not find them all.
    """

    relation: str
    headers: Mapping[str, str]
    spreadsheet: bool = False
    surplus: str | None = None
    parts: tuple[str, ...] = ()
    beside: Mapping[str, str] = field(default_factory=dict)
    doubts: Mapping[str, str] = field(default_factory=dict)
    again: Callable[[], tuple[Delivered, int]] | None = None
    typed: bool = False


def row_rules(dataset: Dataset, severity: Severity = Severity.ERROR) -> tuple[Rule, ...]:
    """The rules of that severity that one row alone decides, column rules first, in contract order."""
    rules = [rule for column in dataset.columns for rule in column.rules] + list(dataset.rules)
    return tuple(rule for rule in rules if KINDS[rule.kind].per_row and rule.severity is severity)


def conform_sql(
    dataset: Dataset,
    delivered: Delivered,
    code_sets: Mapping[str, CodeSet],
    more: Mapping[str, str] = MappingProxyType({}),
    as_of: date | None = None,
) -> str:
    """The SELECT described above, for one delivery of one dataset; nobody in it was born after `as_of`.

    `more` are faults that no single row shows, with SQL over the typed columns that is true of the rows that have them.
    """
    judge = _Judge(dataset, code_sets, as_of)
    typed_cells = delivered.typed or delivered.spreadsheet
    written = Written(typed=typed_cells, whole_points=delivered.spreadsheet, zone=dataset.source.zone)
    read = "".join(f",\n    {_read(column, dataset, written)}" for column in dataset.columns if _is_typed(column))
    trimmed = ",\n    ".join(_trimmed(column) for column in dataset.columns)
    texts = ",\n    ".join(_text(column, dataset) for column in dataset.columns)
    typed = ",\n    ".join(f"{_value(column, written)} as {_q(column.name)}" for column in dataset.columns)
    values = "".join(f", {_v(column.name)}" for column in dataset.columns if _is_typed(column))
    conditions = {**judge.conditions(), **more}
    judged = "".join(f",\n    {condition} as {_q(f'f.{name}')}" for name, condition in conditions.items())
    anything = " or ".join(_q(f"f.{name}") for name in conditions) or "false"
    faults = ", ".join(f"case when {_q(f'f.{name}')} then {_l(name)} end" for name in conditions)
    names = ", ".join(_q(column.name) for column in dataset.columns)
    beside = {**({"_surplus": delivered.surplus} if delivered.surplus else {}), **delivered.beside}
    kept = {**delivered.headers, **beside}
    texts_by_name = ", ".join(f"{_l(c)}: {_q('o.' + c)}" for c in delivered.headers)
    original = f"to_json({{{texts_by_name}}})"
    if beside:  # a null in a merge patch (RFC 7396) is a key that is not there
        patch = ", ".join(f"{_l(name)}, {_q('o.' + name)}" for name in beside)
        original = f"json_merge_patch({original}, json_object({patch}))"
    raw = ", ".join(f"{_q(h)} as {_q('o.' + c)}" for c, h in kept.items())
    kept_names = ", ".join(_q("o." + c) for c in kept)
    return f"""
select {names}, _row, _faults,
  case when _faults is not null then {original} end as _original
from (
  select *, case
    when _structure is not null then [_structure]
    when {anything}
    then list_filter([{faults or "null"}], lambda fault: fault is not null) end as _faults
  from (
    select *{judged}
    from (
      select *,
    {typed}
      from (
        select _row, _structure, {kept_names}{values},
    {texts}
        from (
          select _row, _structure, {kept_names}{values},
    {trimmed}
          from (
            select _row, _structure, {kept_names}{read}
            from (select _row, _structure, {raw} from {delivered.relation})
          )
        )
      )
    )
  )
)"""


class _Judge:
    """The conditions under which each row rule fails, over `t.<column>` texts and typed columns."""

    def __init__(self, dataset: Dataset, code_sets: Mapping[str, CodeSet], as_of: date | None) -> None:
        self.dataset = dataset
        self.code_sets = code_sets
        self.as_of = as_of
        self.kinds: Mapping[str, Callable[[Column, Rule], str]] = {
            "required": lambda column, rule: f"{_t(column.name)} is null",
            "type": self._type,
            "pattern": self._pattern,
            "length": self._length,
            "check_digit": self._check_digit,
            "code_set": self._code_set,
            "range": self._range,
            "invisible": self._invisible,
            "characters": lambda column, rule: f"coalesce({lost_sql(_t(column.name))}, false)",
            "placeholder": lambda column, rule: f"coalesce({placeholder_sql(_t(column.name))}, false)",
        }

    def conditions(self) -> dict[str, str]:
        """Rule name -> boolean SQL that is true where the rule fails, never null."""
        return {rule.name: self._condition(rule) for rule in row_rules(self.dataset)}

    def _condition(self, rule: Rule) -> str:
        if rule.kind == "expression":
            return f"coalesce(not ({rule.arguments['sql']}), false)"
        column = self.dataset.column(rule.columns[0])
        return self.kinds[rule.kind](column, rule)

    def _type(self, column: Column, rule: Rule) -> str:
        if not _is_typed(column):  # a NUL ends a text for half of the world's programs: no text has one
            return f"coalesce(contains({_t(column.name)}, chr(0)), false)"
        return f"{_t(column.name)} is not null and {_q(column.name)} is null"

    def _pattern(self, column: Column, rule: Rule) -> str:
        return f"not coalesce(regexp_full_match({_t(column.name)}, {_l(str(rule.arguments['pattern']))}), true)"

    def _length(self, column: Column, rule: Rule) -> str:
        return _outside(f"length({_t(column.name)})", rule)

    def _check_digit(self, column: Column, rule: Rule) -> str:
        text = _t(column.name)
        resident = rule.arguments["algorithm"] == "resident_id"
        return f"not coalesce({resident_id_sql(text, self.as_of) if resident else social_credit_code_sql(text)}, true)"

    def _invisible(self, column: Column, rule: Rule) -> str:
        return f"coalesce({invisible_sql(_t(column.name), strict=bool(rule.arguments.get('strict')))}, false)"

    def _code_set(self, column: Column, rule: Rule) -> str:
        code_set = self.code_sets[str(rule.arguments["code_set"])]
        known = {**dict.fromkeys(code_set.codes), **code_set.aliases, **column.code_map}
        return f"not coalesce({_t(column.name)} in ({', '.join(_l(code) for code in known)}), true)"

    def _range(self, column: Column, rule: Rule) -> str:
        if column.element.type is LogicalType.DECIMAL and column.element.rounding:
            # What the text says is in the range or not, whatever becomes of it: 100.004 is more than 100.
            return _outside(unrounded_sql(_t(column.name), landed(column)), rule, column)
        return _outside(_q(column.name), rule, column)


def _outside(expression: str, rule: Rule, column: Column | None = None) -> str:
    low, high = rule.arguments.get("minimum"), rule.arguments.get("maximum")
    bounds = [f"{expression} < {_bound(low, column)}"] if low is not None else []
    bounds += [f"{expression} > {_bound(high, column)}"] if high is not None else []
    return f"coalesce({' or '.join(bounds)}, false)"


def _bound(value: object, column: Column | None) -> str:
    if column and column.element.rounding and isinstance(value, int | float):
        return f"{_l(str(Decimal(repr(value))))}::{unrounded_type(landed(column))}"
    if isinstance(value, int | float):
        return repr(value)
    return f"{_l(str(value))}::{sql_type(landed(column)) if column else 'VARCHAR'}"


def _is_typed(column: Column) -> bool:
    return column.element.type is not LogicalType.STRING


def _read(column: Column, dataset: Dataset, written: Written) -> str:
    # No grammar has spaces at its ends: what is read as it was delivered, as nearly everything is, needs no trimming.
    text = _o(column.name)
    cast = cast_sql(text, landed(column), written)
    return f"case when {text} not in ({_nothing(column, dataset)}) then {cast} end as {_v(column.name)}"


def _trimmed(column: Column) -> str:
    text = trimmed_sql(_o(column.name))
    unread = f"case when {_v(column.name)} is not null then {_o(column.name)} else {text} end"
    return f"{unread if _is_typed(column) else text} as {_t(column.name)}"


def _text(column: Column, dataset: Dataset) -> str:
    known = f"{_v(column.name)} is not null or " if _is_typed(column) else ""
    there = f"{known}{_t(column.name)} not in ({_nothing(column, dataset)})"
    return f"case when {there} then {_t(column.name)} end as {_t(column.name)}"


def _value(column: Column, written: Written) -> str:
    cast = cast_sql(_t(column.name), landed(column), written)
    return (
        f"case when {_v(column.name)} is not null then {_v(column.name)} else {cast} end" if _is_typed(column) else cast
    )


def _nothing(column: Column, dataset: Dataset) -> str:
    return ", ".join(_l(word) for word in ("", *column.element.nulls, *dataset.source.nulls))


def _o(name: str) -> str:
    return _q(f"o.{name}")


def _v(name: str) -> str:
    return _q(f"v.{name}")


def _t(name: str) -> str:
    return _q(f"t.{name}")
