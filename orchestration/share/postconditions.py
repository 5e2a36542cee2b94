"""Did a declassifier do what it is trusted for? Its post-condition, asked of the column that calls it, in one scan.

What the conditions are is declared in the lineage policy; here is only the SQL for the form of single values. Persons
are counted, and inputs compared with outputs, by `counting.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import duckdb

from contracts.sql_text import identifier, literal
from lake.city import City
from lineage.declassifiers import Declassifier, PostCondition
from lineage.graph import ColumnRef, split_parts
from orchestration.share.counting import Counting


def held(
    city: City, declassifier: Declassifier | None, columns: Iterable[ColumnRef], counting: Counting
) -> tuple[bool | None, str]:
    """Whether the post-condition holds on every column that calls it (None: it cannot be told), and what was seen."""
    if declassifier is None:
        return None, "the declassifier is not registered"
    called = sorted(columns)
    if declassifier.post_condition.kind == "k_rows":
        least = declassifier.post_condition.at_least or 0
        relations = sorted({column.relation for column in called})
        return _all(counting.enough(relation, least) for relation in relations)
    relations = sorted({column.relation for column in called})
    seen = [_one(city, declassifier.post_condition, column) for column in called]
    told = [one for relation in relations for one in counting.told(relation, declassifier.name)]
    return _all([*seen, *told])


def _all(answers: Iterable[tuple[bool | None, str]]) -> tuple[bool | None, str]:
    """The first answer that is not yes, else yes with all that was seen; no answer at all is no yes."""
    seen = []
    for answer, what in answers:
        if answer is not True:
            return answer, what
        seen.append(what)
    return bool(seen), "; ".join(seen)


def _one(city: City, condition: PostCondition, column: ColumnRef) -> tuple[bool | None, str]:
    try:
        row = city.connection.execute(_sql(condition, column)).fetchone()
    except duckdb.Error as error:
        return None, f"{column}: the post-condition could not be evaluated ({type(error).__name__})"
    if row is None:
        return None, f"{column}: the post-condition gave no answer"
    broken, rows = row
    return not broken, f"{column}: {broken} of {rows} values break {condition.kind}"


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
}
