"""What a rule about rows is, and what the makers of rules share: who is judged, and which types a rule can judge.

The rules themselves are in ``row_rules`` and ``text_rules``; counting and sampling are ``map_metrics``.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from quality.engine.domain import Domain
from quality.engine.errors import EngineError, WrongTypeError

_TEXT = ("VARCHAR", "ENUM", "JSON")
_NUMBER = (
    *("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL"),
    *("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT", "BIGNUM"),
)
_WRITTEN_ALIKE = tuple({*_NUMBER, "DATE", "UUID"} - {"FLOAT", "DOUBLE"})
"""Types whose text is the same in DuckDB as in Python."""


@dataclass(frozen=True)
class RowRule:
    """``broken`` is BOOLEAN SQL; ``applies`` says on which rows it is asked.

    ``alike`` lists columns for rules about repeated rows: then a row is broken if more rows of the domain than
    ``beyond`` (SQL), itself counted, have the same values in them, and ``broken`` is not used. A rule with a
    ``refusal`` cannot judge rows where ``unsure`` is true: where there are any it has no answer.
    """

    broken: str
    applies: str = "true"
    alike: tuple[str, ...] = field(default=())
    beyond: str = "1"
    unsure: str = "false"
    refusal: EngineError | None = None


RuleMaker = Callable[[Domain, dict[str, Any]], RowRule]


def column_rule(expected: Callable[[Domain, dict[str, Any]], str]) -> RuleMaker:
    """A rule about the values of one column that are there."""

    def make(domain: Domain, arguments: dict[str, Any]) -> RowRule:
        return RowRule(f"NOT ({expected(domain, arguments)})", applies=f"{domain.column} IS NOT NULL")

    return make


def record_rule(expected: Callable[[Domain, dict[str, Any]], str]) -> RuleMaker:
    """A rule about several columns of one row, judged where ``ignore_row_if`` lets it; NULL keeps no rule."""

    def make(domain: Domain, arguments: dict[str, Any]) -> RowRule:
        return RowRule(f"NOT coalesce(({expected(domain, arguments)}), false)", applies=domain.present)

    return make


def starts_with_type(type_name: str, families: tuple[str, ...]) -> bool:
    """Whether ``type_name``, as in ``DECIMAL(18,2)``, belongs to one of ``families``; lists belong to none."""
    return not type_name.endswith("]") and type_name.split("(")[0] in families


def is_number(type_name: str) -> bool:
    """Whether ``type_name`` is one of numbers."""
    return starts_with_type(type_name, _NUMBER)


def is_whole(type_name: str) -> bool:
    """Whether ``type_name`` is one of whole numbers."""
    return is_number(type_name) and type_name.endswith("INT") | type_name.endswith("INTEGER")


def is_text(type_name: str) -> bool:
    """Whether ``type_name`` holds text."""
    return starts_with_type(type_name, _TEXT)


def require_number(domain: Domain, metric: str) -> None:
    """Raise ``WrongTypeError`` unless the column holds numbers."""
    if not is_number(domain.type_name):
        raise WrongTypeError(domain.column_names[0], domain.type_name, metric, "a number")


def need_text(domain: Domain, metric: str) -> str:
    """The column, which must be text for ``metric``."""
    if not is_text(domain.type_name):
        raise WrongTypeError(domain.column_names[0], domain.type_name, metric, "text")
    return _as_text(domain)


def searched_text(domain: Domain, metric: str) -> str:
    """The column as text, for rules that search it; refused where Python would write the value in another way."""
    if not is_text(domain.type_name) and not starts_with_type(domain.type_name, _WRITTEN_ALIKE):
        raise WrongTypeError(domain.column_names[0], domain.type_name, metric, "text")
    return _as_text(domain)


def _as_text(domain: Domain) -> str:
    column = domain.column
    return column if starts_with_type(domain.type_name, ("VARCHAR",)) else f"{column}::VARCHAR"
