"""Rules compiled to Great Expectations, run on one lake table, and turned back into check results.

Great Expectations is imported when a suite is built or run, never before. Which rules stand on a
table is for `rules`; what follows from a result is the gates'.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from contracts.conversions import landed
from contracts.cross_rules import CrossKind, CrossRule
from contracts.model import CodeSet, Column, Dataset, LogicalType, Rule
from contracts.sql_text import identifier
from contracts.violation import CheckResult, Severity
from quality.across import compiled, other_side
from quality.casts import sql_type
from quality.data_docs import data_docs
from quality.engine import Redaction, Relation, run_suite
from quality.rules import ACROSS, SUITE

if TYPE_CHECKING:
    import duckdb

_NUMBERS = (LogicalType.INTEGER, LogicalType.NUMBER, LogicalType.DECIMAL)
_SEVERITY = {Severity.ERROR: "critical", Severity.WARNING: "warning"}


@dataclass(frozen=True)
class Subject:
    """What a suite is run on: a table of the lake and what its rules may refer to.

    `dataset` is the contract of a raw or staging table, None for others; `data_version` is kept with every result.
    """

    table: str
    rules: Sequence[Rule]
    data_version: str
    code_sets: Mapping[str, CodeSet] = field(default_factory=dict)
    dataset: Dataset | None = None
    sample: str | None = None
    """A SELECT of some of the table's rows, to be judged instead of all."""
    page: Callable[[str], None] | None = None
    """Takes Great Expectations' own page of the results (Data Docs), as HTML; left out, none is made."""

    def column(self, name: str) -> Column | None:
        """The contract's column of that name, where there is a contract."""
        return next((c for c in self.dataset.columns if c.name == name), None) if self.dataset else None


def check_table(connection: duckdb.DuckDBPyConnection, subject: Subject) -> list[CheckResult]:
    """Run every rule of a table in one suite; one result per rule, in order.

    A rule that cannot be compiled or evaluated is a failed result with its error. Cell values reach no result: the
    engine's redaction is on for every column.
    """
    made_of = [(rule, _compile(rule, subject)) for rule in subject.rules]
    runnable = [(rule, made) for rule, made in made_of if not isinstance(made, Exception)]
    schema, name = subject.table.split(".", 1)
    relation: str | Relation = f"lake.{identifier(schema)}.{identifier(name)}"
    if subject.sample is not None:
        relation = Relation.query(connection, subject.sample, subject.table)
    answers = run_suite(
        connection,
        relation,
        [made for _, made in runnable],
        # Counts alone are kept: no sample is asked for.
        result_format={"result_format": "BASIC", "partial_unexpected_count": 0},
        redaction=Redaction.everything(),
        name=subject.table,
    )
    if subject.page is not None:
        subject.page(data_docs(answers))
    found = dict(zip((rule.name for rule, _ in runnable), answers.results, strict=True))
    rows = answers.meta["rows"]
    results = [
        _result(subject, rule, found[rule.name], rows) if rule.name in found else _uncompiled(subject, rule, made)
        for rule, made in made_of
    ]
    return [_compared(connection, rule, result) for (rule, _), result in zip(made_of, results, strict=True)]


def _compared(connection: duckdb.DuckDBPyConnection, rule: Rule, result: CheckResult) -> CheckResult:
    """A result of a rule across tables, as what it is where there is nothing to compare with.

    A table without a row keeps no promise: the check fails. Where only none of its rows is meant, nothing is judged.
    """
    if rule.kind not in ACROSS or result.error is not None:
        return result
    other = _crossed(rule).other
    whole, meant = (_some(connection, query) for query in other_side(_crossed(rule)))
    if meant:
        return result
    reason = f"nothing to compare with: {other.of} has no row{' that is meant' if whole else ''}"
    if result.passed:
        return replace(result, passed=whole, rows=0, failing_rows=0, observed=None, reason=reason)
    return replace(result, reason=reason)


def _some(connection: duckdb.DuckDBPyConnection, query: str) -> bool:
    return connection.execute(f"{query} limit 1").fetchone() is not None


def _compile(rule: Rule, subject: Subject) -> Any:
    """The expectation of a rule, or the exception that says why there is none."""
    try:
        return _COMPILERS[rule.kind](rule, subject)
    except Exception as error:  # a rule is data: whatever is wrong with it is that rule's failure
        return error


def _result(subject: Subject, rule: Rule, answer: Any, rows: int | None) -> CheckResult:
    counted = answer.result or {}
    if rule.kind == SUITE:
        # What somebody else's expectation observes may be a cell.
        counted = {name: counted.get(name) for name in ("unexpected_count",)}
    if rule.kind in ACROSS:
        rows = counted.get("element_count")
    broken = bool((answer.exception_info or {}).get("raised_exception"))
    failing = counted.get("unexpected_count")
    if failing is None:
        failing = 0
    return CheckResult(
        table=subject.table,
        rule=rule.name,
        dimension=rule.dimension,
        severity=rule.severity,
        passed=bool(answer.success) and not broken,
        rows=None if broken else rows,
        failing_rows=None if broken else int(failing),
        column=", ".join(rule.columns) or None,
        observed=_observed(counted),
        error=str(answer.exception_info.get("exception_message")) if broken else None,
        data_version=subject.data_version,
        reason=_twice(rule, counted) if not broken and not answer.success else None,
    )


def _twice(rule: Rule, counted: Mapping[str, Any]) -> str | None:
    """What is said of a duplicate collection: how many persons, and of how many the two tell different things."""
    if rule.kind != CrossKind.DUPLICATE_COLLECTION:
        return None
    one = _crossed(rule)
    return (
        f"{counted.get('unexpected_count')} subjects are collected a second time, after {one.there.of}, and of "
        f"{counted.get('observed_value')} of them the values differ"
    )


def _observed(counted: Mapping[str, Any]) -> str | None:
    value = counted.get("observed_value")
    return str(value) if isinstance(value, int | float | str) else None


def _uncompiled(subject: Subject, rule: Rule, error: Exception) -> CheckResult:
    return CheckResult(
        table=subject.table,
        rule=rule.name,
        dimension=rule.dimension,
        severity=rule.severity,
        passed=False,
        rows=None,
        failing_rows=None,
        column=", ".join(rule.columns) or None,
        error=f"the rule cannot be compiled ({type(error).__name__}: {error})",
        data_version=subject.data_version,
    )


def _gx() -> Any:
    import great_expectations.expectations as expectations  # six seconds, so only here

    return expectations


def _own() -> Any:
    import quality.engine.expectations as expectations

    return expectations


def _severity(rule: Rule) -> Any:
    return _SEVERITY[rule.severity]


def _on_column(name: str, **fixed: Any) -> Callable[[Rule, Subject], Any]:
    def compile_rule(rule: Rule, subject: Subject) -> Any:
        given = {k: v(rule, subject) if callable(v) else v for k, v in fixed.items()}
        return getattr(_gx(), name)(column=rule.columns[0], severity=_severity(rule), **given)

    return compile_rule


def _argument(name: str) -> Callable[[Rule, Subject], Any]:
    return lambda rule, subject: rule.arguments.get(name)


def _type(rule: Rule, subject: Subject) -> Any:
    column = subject.column(rule.columns[0])
    if column is None:
        raise LookupError(f"no contract column {rule.columns[0]!r}")
    return sql_type(landed(column) if subject.table.startswith("raw.") else column.element)


def _codes(rule: Rule, subject: Subject) -> list[Any]:
    code_set = subject.code_sets[str(rule.arguments["code_set"])]
    column = subject.column(rule.columns[0])
    spelled = {**code_set.aliases, **(column.code_map if column else {})}
    codes = [*code_set.codes, *(spelled if subject.table.startswith("raw.") else {})]
    # Text is never equal to a number: the codes of a column of numbers are those that its cells became.
    numbers = column is not None and column.element.type in _NUMBERS
    return [_number(code) for code in codes] if numbers else codes


def _number(code: str) -> Decimal | str:
    try:
        return Decimal(code)
    except InvalidOperation:
        return code


def _unique(rule: Rule, subject: Subject) -> Any:
    if len(rule.columns) == 1:
        return _gx().ExpectColumnValuesToBeUnique(column=rule.columns[0], severity=_severity(rule))
    return _gx().ExpectCompoundColumnsToBeUnique(column_list=list(rule.columns), severity=_severity(rule))


def _expression(rule: Rule, subject: Subject) -> Any:
    # Braces of the rule's own, as in a pattern's counts, are no places to fill in.
    sql = str(rule.arguments["sql"]).replace("{", "{{").replace("}", "}}")
    return _gx().UnexpectedRowsExpectation(
        unexpected_rows_query=f"select * from {{batch}} where not ({sql})", severity=_severity(rule)
    )


def _row_count_rule(rule: Rule, subject: Subject) -> Any:
    return _gx().ExpectTableRowCountToBeBetween(
        min_value=rule.arguments.get("minimum"), max_value=rule.arguments.get("maximum"), severity=_severity(rule)
    )


def _check_digit(rule: Rule, subject: Subject) -> Any:
    column, severity = rule.columns[0], _severity(rule)
    if rule.arguments["algorithm"] == "resident_id":
        # Ids of before 1999 are delivered still; staging upgrades them.
        return _own().ExpectColumnValuesToBeValidResidentId(column=column, accept_15=True, severity=severity)
    return _own().ExpectColumnValuesToBeValidSocialCreditCode(column=column, severity=severity)


def _plain_text(wanted: str) -> Callable[[Rule, Subject], Any]:
    def compile_rule(rule: Rule, subject: Subject) -> Any:
        strict = bool(rule.arguments.get("strict"))
        return _own().ExpectColumnValuesToBePlainText(
            column=rule.columns[0], without=wanted, strict=strict, severity=_severity(rule)
        )

    return compile_rule


def _shared(rule: Rule, subject: Subject) -> Any:
    return _own().ExpectColumnValuesToBeSharedByFew(column=rule.columns[0], severity=_severity(rule))


def _reference(rule: Rule, subject: Subject) -> Any:
    return _own().ExpectColumnValuesToBeReferenced(
        column=rule.columns[0],
        other_relation=f"lake.{rule.arguments['table']}",
        other_column=str(rule.arguments["column"]),
        severity=_severity(rule),
    )


def _crossed(rule: Rule) -> CrossRule:
    found = rule.arguments["across"]
    assert isinstance(found, CrossRule)
    return found


def _across(rule: Rule, subject: Subject) -> Any:
    one = _crossed(rule)
    made = compiled(one)
    return _own().ExpectQueryToFindFew(
        failing_query=made.failing,
        judged_query=made.judged,
        differing_query=made.differing,
        at_least=one.comparison.at_least,
        severity=_severity(rule),
    )


def _by_hand(rule: Rule, subject: Subject) -> Any:
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    from quality.engine import refuse_unsupported

    _own()  # whoever writes by hand may name the project's own, too
    kwargs = json.loads(str(rule.arguments["kwargs"]))
    made = ExpectationConfiguration(type=str(rule.arguments["type"]), kwargs=kwargs).to_domain_obj()
    made.severity = _severity(rule)
    refuse_unsupported([made])
    return made


_COMPILERS: Mapping[str, Callable[[Rule, Subject], Any]] = {
    "required": _on_column("ExpectColumnValuesToNotBeNull"),
    "type": _on_column("ExpectColumnValuesToBeOfType", type_=_type),
    "pattern": _on_column(
        # (?a): the classes of a contract's pattern are ASCII, as rows were judged by it when they were delivered.
        "ExpectColumnValuesToMatchRegex",
        regex=lambda rule, subject: f"(?a)^(?:{rule.arguments['pattern']})$",
    ),
    "length": _on_column(
        "ExpectColumnValueLengthsToBeBetween", min_value=_argument("minimum"), max_value=_argument("maximum")
    ),
    "check_digit": _check_digit,
    "code_set": _on_column("ExpectColumnValuesToBeInSet", value_set=_codes),
    "invisible": _plain_text("invisible"),
    "characters": _plain_text("lost"),
    "placeholder": _plain_text("placeholder"),
    "shared": _shared,
    "range": _on_column(
        "ExpectColumnValuesToBeBetween", min_value=_argument("minimum"), max_value=_argument("maximum")
    ),
    "expression": _expression,
    "unique": _unique,
    "reference": _reference,
    "mostly_present": _on_column("ExpectColumnValuesToNotBeNull", mostly=_argument("at_least")),
    "row_count": _row_count_rule,
    "k_anonymity": _on_column("ExpectColumnMinToBeBetween", min_value=_argument("k")),
    SUITE: _by_hand,
    **dict.fromkeys(ACROSS, _across),
}
