"""Did a declassifier do what it is trusted for? Its post-condition, asked of the column that calls it, in one scan.

What the conditions are is declared in the lineage policy; here is only their SQL.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import duckdb

from contracts.model import Agreement
from contracts.sql_text import identifier, literal
from lineage.declassifiers import Declassifier, PostCondition
from lineage.graph import ColumnRef, split_parts
from orchestration.city import City


def held(
    city: City, declassifier: Declassifier | None, columns: Iterable[ColumnRef], agreement: Agreement
) -> tuple[bool | None, str]:
    """Whether the post-condition holds on every column that calls it, and what was seen; None where it cannot be told."""
    if declassifier is None:
        return None, "the declassifier is not registered"
    seen = []
    for column in sorted(columns):
        try:
            row = city.connection.execute(_sql(declassifier.post_condition, column)).fetchone()
        except duckdb.Error as error:
            return None, f"{column}: the post-condition could not be evaluated ({type(error).__name__})"
        broken, rows = row or (None, None)
        seen.append(f"{column}: {broken} of {rows} values break {declassifier.post_condition.kind}")
        if broken:
            return False, seen[-1]
    return bool(seen), "; ".join(seen)


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
