"""What each row-wise expectation about values and records asks of a row, as SQL, and the table of all row rules.

One small function per map metric; those about text are in ``text_rules``. A rule says which rows are broken; counting,
sampling and filtering are the same for all rules and live in ``map_metrics``. NULL is never broken by a rule about one
column unless that is about NULL; a record with a NULL breaks every rule that compares it, where ``ignore_row_if`` has
it judged. Names of metrics are those of Great Expectations 1.24.
"""

import itertools
from typing import Any

from quality.engine.domain import Domain, bounds_sql, number_bound
from quality.engine.errors import BadArgumentError, EngineError, WrongTypeError
from quality.engine.membership import equality_sql, holds_text, membership_sql, same_sql, text_of
from quality.engine.ordering import order_sql
from quality.engine.redaction import kind_of
from quality.engine.relation import Relation
from quality.engine.row_rule import (
    RowRule,
    RuleMaker,
    column_rule,
    is_number,
    is_text,
    is_whole,
    record_rule,
    require_number,
    starts_with_type,
)
from quality.engine.spread import not_outlier_sql, z_score_sql
from quality.engine.sql_text import conjunction, identifier, literal
from quality.engine.text_rules import TEXT_RULES

# ---- one column ------------------------------------------------------------------------------------------------


def _null(domain: Domain, arguments: dict[str, Any]) -> RowRule:
    return RowRule(f"{domain.column} IS NOT NULL")


def _nonnull(domain: Domain, arguments: dict[str, Any]) -> RowRule:
    return RowRule(f"{domain.column} IS NULL")


def _between(domain: Domain, arguments: dict[str, Any]) -> str:
    if is_text(domain.type_name) or starts_with_type(domain.type_name, ("BOOLEAN", "BLOB")):
        name = domain.column_names[0]
        raise WrongTypeError(name, domain.type_name, "column_values.between", "numbers or dates")
    return bounds_sql(lambda operator, bound: _bound(domain, operator, bound), arguments, "column_values.between")


def _bound(domain: Domain, operator: str, bound: Any) -> str:
    """The column compared with one bound, exactly where it holds numbers or dates."""
    if not is_number(domain.type_name) and not domain.type_name.startswith(("DATE", "TIMESTAMP")):
        return number_bound(domain.column)(operator, bound)
    ordered = order_sql(domain.column, domain.type_name, operator, bound)
    if ordered is None:
        why = f"is of kind {type(bound).__name__}, and column {domain.column_names[0]!r} is {kind_of(domain.type_name)}"
        raise BadArgumentError("column_values.between", "a bound", why, "Give a bound of the column's type.")
    return ordered


def _in_set(domain: Domain, arguments: dict[str, Any]) -> str:
    values = arguments.get("value_set")
    return "true" if values is None else membership_sql(domain.column, domain.type_name, values)


def _not_in_set(domain: Domain, arguments: dict[str, Any]) -> str:
    return f"NOT ({membership_sql(domain.column, domain.type_name, arguments.get('value_set') or ())})"


def _unique(domain: Domain, arguments: dict[str, Any]) -> RowRule:
    return RowRule("", applies=f"{domain.column} IS NOT NULL", alike=(domain.column,))


def _z_score(domain: Domain, arguments: dict[str, Any]) -> str:
    require_number(domain, "column_values.z_score.under_threshold")
    return z_score_sql(domain, arguments)


def _not_outlier(domain: Domain, arguments: dict[str, Any]) -> str:
    require_number(domain, "column_values.not_outliers")
    return not_outlier_sql(domain, arguments)


# ---- several columns -------------------------------------------------------------------------------------------


def _pair_equal(domain: Domain, arguments: dict[str, Any]) -> str:
    first, second = domain.typed_columns
    return f"{first[0]} IS NOT NULL AND {same_sql(*first, *second)}"


def _pair_greater(domain: Domain, arguments: dict[str, Any]) -> str:
    a, b = (text_of(*typed) for typed in domain.typed_columns)
    if len({holds_text(kind) for _, kind in domain.typed_columns}) > 1:
        name, kind = domain.column_names[1], domain.typed_columns[1][1]
        raise WrongTypeError(name, kind, "column_pair_values.a_greater_than_b", "two columns of one kind")
    return f"({a} >= {b} OR ({a} IS NULL AND {b} IS NULL))" if arguments.get("or_equal") else f"{a} > {b}"


def _pair_in_set(domain: Domain, arguments: dict[str, Any]) -> str:
    pairs = arguments.get("value_pairs_set")
    if pairs is None:
        return "true"
    wanted = [
        " AND ".join(equality_sql(*typed, value) for typed, value in zip(domain.typed_columns, pair, strict=True))
        for pair in pairs
    ]
    return " OR ".join(f"({pair})" for pair in dict.fromkeys(wanted)) or "false"


def _sum_equal(domain: Domain, arguments: dict[str, Any]) -> str:
    summed = []
    for name, column in zip(domain.column_names, domain.columns, strict=True):
        kind = domain.relation.types[name]
        if not is_number(kind):
            raise WrongTypeError(name, kind, "multicolumn_sum.equal", "a number")
        # Whole numbers are added as HUGEINT: the sum of two of a type need not be of that type.
        summed.append(f"{column}::HUGEINT" if is_whole(kind) else column)
    return f"{' + '.join(summed)} = {literal(arguments['sum_total'])}"


def _all_equal(domain: Domain, arguments: dict[str, Any]) -> str:
    first, *others = domain.typed_columns
    return conjunction(*(same_sql(*first, *other) for other in others))


def _all_different(domain: Domain, arguments: dict[str, Any]) -> str:
    return conjunction(*(f"NOT ({same_sql(*a, *b)})" for a, b in itertools.combinations(domain.typed_columns, 2)))


def _compound_unique(domain: Domain, arguments: dict[str, Any]) -> RowRule:
    return RowRule("", applies=domain.present, alike=domain.columns)


# ---- beyond Great Expectations ---------------------------------------------------------------------------------


def _in_code_set(domain: Domain, arguments: dict[str, Any]) -> str:
    if arguments.get("code_relation"):
        where = {"other_relation": arguments["code_relation"], "other_column": arguments.get("code_column")}
        return _referenced(domain, where)
    if arguments.get("value_set") is None:
        raise BadArgumentError(
            "column_values.in_code_set",
            "the code set",
            "is missing",
            "Give value_set, or code_relation and code_column.",
        )
    return membership_sql(domain.column, domain.type_name, arguments["value_set"])


def _referenced(domain: Domain, arguments: dict[str, Any]) -> str:
    # The other relation is described only if the statement fails (``missing_reference``): to describe a deep view
    # takes as long as to read it. The alias keeps its column from being taken for one of the relation judged.
    other = Relation.table(domain.relation.connection, arguments["other_relation"])
    key = f"other.{identifier(str(arguments['other_column']))}"
    # Text is never equal to anything else. DuckDB knows the type of the key when it plans: the test costs nothing.
    text = holds_text(domain.type_name)
    of_a_kind = f"regexp_matches(typeof({key}), '^(VARCHAR|JSON|ENUM)')"
    known = f"{key} IS NOT NULL AND {of_a_kind if text else f'NOT {of_a_kind}'}"
    listed = f"SELECT {f'{key}::VARCHAR' if text else key} FROM {other.source} AS other WHERE {known}"
    return f"{text_of(domain.column, domain.type_name)} IN ({listed})"


def missing_reference(relation: Relation, arguments: dict[str, Any]) -> EngineError | None:
    """Why a rule's other relation or its column cannot be read, if that is so."""
    name = arguments.get("other_relation") or arguments.get("code_relation")
    if not name:
        return None
    try:
        Relation.table(relation.connection, name).column(
            str(arguments.get("other_column") or arguments.get("code_column"))
        )
    except EngineError as error:
        return error
    return None


def _monotone(domain: Domain, arguments: dict[str, Any]) -> RowRule:
    """A row is broken if its value is below (``increasing``) that of the row before it in its entity's history."""
    order = ", ".join(domain.relation.column(name) for name in arguments["order_by"])
    within = [domain.relation.column(name) for name in arguments.get("partition_by") or ()]
    strict = "=" if arguments.get("strictly") else ""
    step = f"<{strict}" if arguments.get("increasing") in (True, None) else f">{strict}"
    partition = f"PARTITION BY {', '.join(within)} " if within else ""
    column = domain.column
    return RowRule(
        f"{column} {step} lag({column} IGNORE NULLS) OVER ({partition}ORDER BY {order})",
        applies=f"{column} IS NOT NULL",
    )


def _shared_by_few(domain: Domain, arguments: dict[str, Any]) -> RowRule:
    """A value is broken in all rows that share it, where they are more than a number and more than a share of all."""
    there = f"{domain.column} IS NOT NULL"
    rows = f"(SELECT count(*) FROM {domain.relation.source} WHERE {conjunction(domain.rows, there)})"
    beyond = f"greatest({int(arguments['at_most'])}, {float(arguments['share'])!r} * {rows})"
    return RowRule("", applies=there, alike=(domain.column,), beyond=beyond)


def windowed(rule: RowRule) -> bool:
    """Whether a rule looks at other rows through a window, and so cannot stand in a WHERE."""
    return " OVER (" in rule.broken


ROW_RULES: dict[str, RuleMaker] = {
    **TEXT_RULES,
    "column_values.null": _null,
    "column_values.nonnull": _nonnull,
    "column_values.unique": _unique,
    "column_values.between": column_rule(_between),
    "column_values.in_set": column_rule(_in_set),
    "column_values.not_in_set": column_rule(_not_in_set),
    "column_values.z_score.under_threshold": column_rule(_z_score),
    "column_values.not_outliers": column_rule(_not_outlier),
    "column_pair_values.equal": record_rule(_pair_equal),
    "column_pair_values.a_greater_than_b": record_rule(_pair_greater),
    "column_pair_values.in_set": record_rule(_pair_in_set),
    "multicolumn_sum.equal": record_rule(_sum_equal),
    "multicolumn_values.equal": record_rule(_all_equal),
    "select_column_values.unique.within_record": record_rule(_all_different),
    "compound_columns.unique": _compound_unique,
    "column_values.in_code_set": column_rule(_in_code_set),
    "column_values.referenced": column_rule(_referenced),
    "column_values.monotone": _monotone,
    "column_values.shared_by_few": _shared_by_few,
}
"""Map metric to the rule it asks of each row."""
