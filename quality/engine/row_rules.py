"""What each row-wise expectation asks of a row, as SQL. One small function per map metric, and one table of them.

A rule says which rows are broken; counting, sampling and filtering are the same for all rules and live in
``map_metrics``. NULL is never broken unless a rule is about NULL. Names of metrics and the treatment of missing
values are those of Great Expectations 1.24.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from quality.engine import check_digits
from quality.engine.domain import Domain
from quality.engine.errors import BadArgumentError, EngineError, WrongTypeError
from quality.engine.relation import Relation
from quality.engine.sql_text import conjunction, identifier, literal, literals, number_literal

_LIST_WORTH_A_HASH_TABLE = 16
_REGEX_FAULTS: dict[str, str | None] = {}  # patterns are few, and every table asks for the same ones
_TEXT = ("VARCHAR", "ENUM")
_NUMBER = (
    *("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL"),
    *("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"),
)


@dataclass(frozen=True)
class RowRule:
    """``broken`` is BOOLEAN SQL; ``applies`` says on which rows it is asked.

    ``alike`` lists columns for rules about repeated rows: then a row is broken if another row of the domain has
    the same values in them, and ``broken`` is not used.
    """

    broken: str
    applies: str = "true"
    alike: tuple[str, ...] = field(default=())


RuleMaker = Callable[[Domain, dict[str, Any]], RowRule]


def _column_rule(expected: Callable[[Domain, dict[str, Any]], str]) -> RuleMaker:
    """A rule about the values of one column that are there."""

    def make(domain: Domain, arguments: dict[str, Any]) -> RowRule:
        return RowRule(f"NOT ({expected(domain, arguments)})", applies=f"{domain.column} IS NOT NULL")

    return make


def _record_rule(expected: Callable[[Domain, dict[str, Any]], str]) -> RuleMaker:
    """A rule about several columns of one row, judged where ``ignore_row_if`` lets it."""

    def make(domain: Domain, arguments: dict[str, Any]) -> RowRule:
        return RowRule(f"NOT ({expected(domain, arguments)})", applies=domain.present)

    return make


def starts_with_type(type_name: str, families: tuple[str, ...]) -> bool:
    """Whether ``type_name``, as in ``DECIMAL(18,2)``, belongs to one of ``families``; lists belong to none."""
    return not type_name.endswith("]") and type_name.split("(")[0] in families


def is_number(type_name: str) -> bool:
    """Whether ``type_name`` is one of numbers."""
    return starts_with_type(type_name, _NUMBER)


def require_number(domain: Domain, metric: str) -> None:
    """Raise ``WrongTypeError`` unless the column holds numbers."""
    if not is_number(domain.type_name):
        raise WrongTypeError(domain.column_names[0], domain.type_name, metric, "a number")


def _text(domain: Domain) -> str:
    """The column as text."""
    column = domain.column
    return column if starts_with_type(domain.type_name, ("VARCHAR",)) else f"{column}::VARCHAR"


def _need_text(domain: Domain, metric: str) -> str:
    """The column, which must be text for ``metric``."""
    if not starts_with_type(domain.type_name, _TEXT):
        raise WrongTypeError(domain.column_names[0], domain.type_name, metric, "text")
    return _text(domain)


# ---- one column ------------------------------------------------------------------------------------------------


def _null(domain: Domain, arguments: dict[str, Any]) -> RowRule:
    return RowRule(f"{domain.column} IS NOT NULL")


def _nonnull(domain: Domain, arguments: dict[str, Any]) -> RowRule:
    return RowRule(f"{domain.column} IS NULL")


def bounds_sql(expression: str, arguments: dict[str, Any], metric: str) -> str:
    """``expression`` between ``min_value`` and ``max_value``, either strict on request. ``BadArgumentError``."""
    low, high = arguments.get("min_value"), arguments.get("max_value")
    if low is None and high is None:
        raise BadArgumentError(metric, "min_value and max_value", "are both missing", "Give at least one.")
    if low is not None and high is not None and low > high:
        raise BadArgumentError(metric, "min_value", "is above max_value", "Exchange them.")
    parts = []
    if low is not None:
        parts.append(f"{expression} {'>' if arguments.get('strict_min') else '>='} {number_literal(low)}")
    if high is not None:
        parts.append(f"{expression} {'<' if arguments.get('strict_max') else '<='} {number_literal(high)}")
    return conjunction(*parts)


def _between(domain: Domain, arguments: dict[str, Any]) -> str:
    if starts_with_type(domain.type_name, (*_TEXT, "BOOLEAN", "BLOB")):
        name = domain.column_names[0]
        raise WrongTypeError(name, domain.type_name, "column_values.between", "numbers or dates")
    return bounds_sql(domain.column, arguments, "column_values.between")


def _length_between(domain: Domain, arguments: dict[str, Any]) -> str:
    column = _need_text(domain, "column_values.value_length.between")
    return bounds_sql(f"length({column})", arguments, "column_values.value_length.between")


def _length_equals(domain: Domain, arguments: dict[str, Any]) -> str:
    column = _need_text(domain, "column_values.value_length.equals")
    return f"length({column}) = {number_literal(arguments['value'])}"


def membership_sql(column: str, type_name: str, values: list[Any]) -> str:
    """``column`` is one of ``values`` (None among them is left out); a long list becomes a hash table."""
    present = [value for value in values if value is not None]
    if not present:
        return "false"
    if len(present) < _LIST_WORTH_A_HASH_TABLE:
        return f"{column} IN ({literals(present)})"
    return f"{column} IN (SELECT unnest([{literals(present)}]::{type_name}[]))"


def _in_set(domain: Domain, arguments: dict[str, Any]) -> str:
    values = arguments.get("value_set")
    return "true" if values is None else membership_sql(domain.column, domain.type_name, list(values))


def _not_in_set(domain: Domain, arguments: dict[str, Any]) -> str:
    values = arguments.get("value_set")
    return "true" if not values else f"NOT ({membership_sql(domain.column, domain.type_name, list(values))})"


def regex_sql(domain: Domain, pattern: str) -> str:
    """The column contains a match of ``pattern`` (RE2). Raises ``BadArgumentError`` if it does not compile."""
    if fault := _fault_of_regex(domain.relation, pattern):
        why = f"{pattern!r} does not compile in RE2 ({fault})"
        raise BadArgumentError("regex", why, "", "RE2 has no look-around and no back-references.")
    return f"regexp_matches({_text(domain)}, {literal(pattern)})"


def _fault_of_regex(relation: Relation, pattern: str) -> str | None:
    """What DuckDB has against ``pattern``, asked once for each."""
    import duckdb

    if pattern not in _REGEX_FAULTS:
        try:
            relation.reading.rows(f"SELECT regexp_matches('', {literal(pattern)})")
        except duckdb.Error as error:
            _REGEX_FAULTS[pattern] = str(error).splitlines()[0]
        else:
            _REGEX_FAULTS[pattern] = None
    return _REGEX_FAULTS[pattern]


def _any_or_all(parts: list[str], match_on: str) -> str:
    """``parts`` joined for ``match_on``: 'any' of them or 'all'."""
    if match_on not in ("any", "all"):
        raise BadArgumentError("match_on", repr(match_on), "is neither 'any' nor 'all'", "Use one of them.")
    return (" OR " if match_on == "any" else " AND ").join(f"({part})" for part in parts) or "true"


def _regex(domain: Domain, arguments: dict[str, Any]) -> str:
    return regex_sql(domain, arguments["regex"])


def _regex_list(domain: Domain, arguments: dict[str, Any]) -> str:
    parts = [regex_sql(domain, pattern) for pattern in arguments["regex_list"]]
    return _any_or_all(parts, arguments.get("match_on") or "any")


def _not_regex_list(domain: Domain, arguments: dict[str, Any]) -> str:
    return f"NOT ({_any_or_all([regex_sql(domain, pattern) for pattern in arguments['regex_list']], 'any')})"


def _like(domain: Domain, arguments: dict[str, Any]) -> str:
    return f"{_text(domain)} LIKE {literal(arguments['like_pattern'])}"


def _likes(domain: Domain, arguments: dict[str, Any]) -> list[str]:
    patterns = arguments["like_pattern_list"]
    if not patterns:
        raise BadArgumentError("like_pattern_list", "the list", "is empty", "Give at least one pattern.")
    return [f"{_text(domain)} LIKE {literal(pattern)}" for pattern in patterns]


def _like_list(domain: Domain, arguments: dict[str, Any]) -> str:
    return _any_or_all(_likes(domain, arguments), arguments.get("match_on") or "any")


def _not_like_list(domain: Domain, arguments: dict[str, Any]) -> str:
    return f"NOT ({_any_or_all(_likes(domain, arguments), 'any')})"


def _strftime(domain: Domain, arguments: dict[str, Any]) -> str:
    return f"try_strptime({_text(domain)}, {literal(arguments['strftime_format'])}) IS NOT NULL"


def _json(domain: Domain, arguments: dict[str, Any]) -> str:
    return f"json_valid({_text(domain)})"


def _unique(domain: Domain, arguments: dict[str, Any]) -> RowRule:
    return RowRule("", applies=f"{domain.column} IS NOT NULL", alike=(domain.column,))


def _over_the_column(domain: Domain, call: str) -> str:
    """A scalar subquery: ``call`` over the domain's rows."""
    return f"(SELECT {call} FROM {domain.relation.source} WHERE {domain.rows})"


def _z_score(domain: Domain, arguments: dict[str, Any]) -> str:
    require_number(domain, "column_values.z_score.under_threshold")
    mean, spread = (_over_the_column(domain, f"{call}({domain.column})") for call in ("avg", "stddev_samp"))
    score = f"({domain.column} - {mean}) / nullif({spread}, 0)"
    score = f"abs({score})" if arguments.get("double_sided") in (True, None) else score
    return f"{score} < {literal(arguments['threshold'])}"


def _not_outlier(domain: Domain, arguments: dict[str, Any]) -> str:
    require_number(domain, "column_values.not_outliers")
    # As a DOUBLE, because the quantiles of a DECIMAL are rounded to its scale.
    column, factor = f"{domain.column}::DOUBLE", literal(arguments.get("multiplier") or 1.5)
    if (arguments.get("method") or "iqr") == "iqr":
        low, high = (_over_the_column(domain, f"quantile_cont({column}, {q})") for q in (0.25, 0.75))
        return f"{column} BETWEEN {low} - {factor} * ({high} - {low}) AND {high} + {factor} * ({high} - {low})"
    mean, spread = (_over_the_column(domain, f"{call}({column})") for call in ("avg", "stddev_samp"))
    return f"({column} = {mean} OR abs({column} - {mean}) < {factor} * {spread})"


# ---- several columns -------------------------------------------------------------------------------------------


def _pair_equal(domain: Domain, arguments: dict[str, Any]) -> str:
    a, b = domain.columns
    return f"coalesce({a} = {b}, false)"


def _pair_greater(domain: Domain, arguments: dict[str, Any]) -> str:
    a, b = domain.columns
    return f"({a} >= {b} OR ({a} IS NULL AND {b} IS NULL))" if arguments.get("or_equal") else f"{a} > {b}"


def _pair_in_set(domain: Domain, arguments: dict[str, Any]) -> str:
    pairs = arguments.get("value_pairs_set")
    if pairs is None:
        return "true"
    a, b = domain.columns
    return " OR ".join(f"({a} = {literal(x)} AND {b} = {literal(y)})" for x, y in pairs) or "false"


def _sum_equal(domain: Domain, arguments: dict[str, Any]) -> str:
    return f"{' + '.join(domain.columns)} = {literal(arguments['sum_total'])}"


def _all_equal(domain: Domain, arguments: dict[str, Any]) -> str:
    first, *others = domain.columns
    return conjunction(*(f"{first} IS NOT DISTINCT FROM {other}" for other in others))


def _all_different(domain: Domain, arguments: dict[str, Any]) -> str:
    columns = domain.columns
    pairs = [(a, b) for i, a in enumerate(columns) for b in columns[i + 1 :]]
    return conjunction(*(f"{a} IS DISTINCT FROM {b}" for a, b in pairs))


def _compound_unique(domain: Domain, arguments: dict[str, Any]) -> RowRule:
    return RowRule("", applies=domain.present, alike=domain.columns)


# ---- beyond Great Expectations ---------------------------------------------------------------------------------


def _resident_id(domain: Domain, arguments: dict[str, Any]) -> str:
    builder = check_digits.resident_id_sql if arguments.get("accept_15") else check_digits.resident_id_18_sql
    return builder(_need_text(domain, "column_values.resident_id"))


def _credit_code(domain: Domain, arguments: dict[str, Any]) -> str:
    return check_digits.social_credit_code_sql(_need_text(domain, "column_values.social_credit_code"))


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
    return membership_sql(domain.column, domain.type_name, list(arguments["value_set"]))


def _referenced(domain: Domain, arguments: dict[str, Any]) -> str:
    # The other relation is described only if the statement fails (``missing_reference``): to describe a deep view
    # takes as long as to read it. The alias keeps its column from being taken for one of the relation judged.
    other = Relation.table(domain.relation.connection, arguments["other_relation"])
    key = f"other.{identifier(str(arguments['other_column']))}"
    return f"{domain.column} IN (SELECT {key} FROM {other.source} AS other WHERE {key} IS NOT NULL)"


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


def windowed(rule: RowRule) -> bool:
    """Whether a rule looks at other rows through a window, and so cannot stand in a WHERE."""
    return " OVER (" in rule.broken


ROW_RULES: dict[str, RuleMaker] = {
    "column_values.null": _null,
    "column_values.nonnull": _nonnull,
    "column_values.unique": _unique,
    "column_values.between": _column_rule(_between),
    "column_values.value_length.between": _column_rule(_length_between),
    "column_values.value_length.equals": _column_rule(_length_equals),
    "column_values.in_set": _column_rule(_in_set),
    "column_values.not_in_set": _column_rule(_not_in_set),
    "column_values.match_regex": _column_rule(_regex),
    "column_values.not_match_regex": _column_rule(lambda d, a: f"NOT ({_regex(d, a)})"),
    "column_values.match_regex_list": _column_rule(_regex_list),
    "column_values.not_match_regex_list": _column_rule(_not_regex_list),
    "column_values.match_like_pattern": _column_rule(_like),
    "column_values.not_match_like_pattern": _column_rule(lambda d, a: f"NOT ({_like(d, a)})"),
    "column_values.match_like_pattern_list": _column_rule(_like_list),
    "column_values.not_match_like_pattern_list": _column_rule(_not_like_list),
    "column_values.match_strftime_format": _column_rule(_strftime),
    "column_values.json_parseable": _column_rule(_json),
    "column_values.z_score.under_threshold": _column_rule(_z_score),
    "column_values.not_outliers": _column_rule(_not_outlier),
    "column_pair_values.equal": _record_rule(_pair_equal),
    "column_pair_values.a_greater_than_b": _record_rule(_pair_greater),
    "column_pair_values.in_set": _record_rule(_pair_in_set),
    "multicolumn_sum.equal": _record_rule(_sum_equal),
    "multicolumn_values.equal": _record_rule(_all_equal),
    "select_column_values.unique.within_record": _record_rule(_all_different),
    "compound_columns.unique": _compound_unique,
    "column_values.resident_id": _column_rule(_resident_id),
    "column_values.social_credit_code": _column_rule(_credit_code),
    "column_values.in_code_set": _column_rule(_in_code_set),
    "column_values.referenced": _column_rule(_referenced),
    "column_values.monotone": _monotone,
}
"""Map metric to the rule it asks of each row."""
