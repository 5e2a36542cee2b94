"""Did a declassifier do what it is trusted for? Its post-condition, asked of the column that calls it, in one scan.

What the conditions are is declared in the lineage policy; here is only their SQL.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import duckdb

from contracts.model import Agreement
from contracts.sql_text import identifier, literal
from lake.city import City
from lineage.declassifiers import Declassifier, PostCondition
from lineage.graph import ColumnRef, split_parts


def held(
    city: City, declassifier: Declassifier | None, columns: Iterable[ColumnRef], agreement: Agreement
) -> tuple[bool | None, str]:
    """Whether the post-condition holds on every column that calls it (None: it cannot be told), and what was seen."""
    if declassifier is None:
        return None, "the declassifier is not registered"
    seen = []
    for column in _judged(declassifier.post_condition, columns, agreement):
        if column is None:
            return None, "no rule of kind k_anonymity in the agreement says which column counts the persons of a row"
        try:
            row = city.connection.execute(_sql(declassifier.post_condition, column)).fetchone()
        except duckdb.Error as error:
            return None, f"{column}: the post-condition could not be evaluated ({type(error).__name__})"
        broken, rows = row or (None, None)
        seen.append(f"{column}: {broken} of {rows} values break {declassifier.post_condition.kind}")
        if broken:
            return False, seen[-1]
    return bool(seen), "; ".join(seen)


def _judged(condition: PostCondition, columns: Iterable[ColumnRef], agreement: Agreement) -> Iterable[ColumnRef | None]:
    """The columns to look at: those that call the function, or for whole rows the one that counts their persons."""
    if condition.kind != "k_rows":
        return sorted(columns)
    counts = [rule.columns[0] for rule in agreement.rules if rule.kind == "k_anonymity" and rule.columns]
    product = f"product.{agreement.product}"
    return [
        ColumnRef(relation, counts[0]) if counts and relation.endswith(product) else None
        for relation in sorted({column.relation for column in columns})
    ]


def _sql(condition: PostCondition, column: ColumnRef) -> str:
    relation = ".".join(identifier(part) for part in split_parts(column.relation))
    return _KINDS[condition.kind](condition, identifier(column.column), relation)


def _pattern(condition: PostCondition, name: str, relation: str) -> str:
    return _count(f"not regexp_full_match({name}::varchar, {literal(condition.pattern or '')})", name, relation)


def _fixed_length(condition: PostCondition, name: str, relation: str) -> str:
    alphabet = f"[{condition.alphabet}]{{{condition.length}}}"
    return _count(f"not regexp_full_match({name}::varchar, {literal(alphabet)})", name, relation)


def _members(condition: PostCondition, name: str, relation: str) -> str:
    return f"select greatest(count(distinct {name}) - {condition.at_most}, 0), count({name}) from {relation}"


def _at_least(condition: PostCondition, name: str, relation: str) -> str:
    return _count(f"{name} < {condition.at_least}", name, relation)


def _count(broken: str, name: str, relation: str) -> str:
    return f"select count(*) filter (where {name} is not null and {broken}), count({name}) from {relation}"


_KINDS: dict[str, Callable[[PostCondition, str, str], str]] = {
    "pattern": _pattern,
    "fixed_length": _fixed_length,
    "members": _members,
    "at_least": _at_least,
    "k_rows": _at_least,
}
