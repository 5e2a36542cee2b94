"""The three ways a metric is answered. What a plan is, not how one is made (compilers) or run (``one_scan``)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quality.engine.domain import Domain


@dataclass(frozen=True)
class Known:
    """Answered without reading a row."""

    value: Any


@dataclass(frozen=True)
class Scan:
    """Answered by aggregates over the relation, which share one statement with those of all other metrics.

    ``finish`` receives one value per aggregate.
    """

    aggregates: tuple[str, ...]
    finish: Callable[..., Any] = lambda value: value


@dataclass(frozen=True)
class Query:
    """Answered by a statement of its own; ``finish`` receives its rows.

    With a ``guard``, which must count something, the statement runs only if the count is not zero, and the answer
    is ``finish([])`` otherwise: samples are fetched for what failed and for nothing else. ``sql`` may be made from
    that count.
    """

    sql: str | Callable[[int], str]
    finish: Callable[[Sequence[tuple[Any, ...]]], Any]
    guard: "Scan | Query | None" = None


Plan = Known | Scan | Query
Planner = Callable[["Domain", dict[str, Any]], Plan]
"""How a metric's rows and its arguments become a plan."""


def only_count(rows: Sequence[tuple[Any, ...]]) -> int:
    """The count in a one-cell answer. Raises ``TypeError`` for anything else: what is not a count proves nothing."""
    ((count,),) = rows
    if type(count) is not int:
        raise TypeError("the answer is not a count")
    return count


def only_cell(rows: Sequence[tuple[Any, ...]]) -> Any:
    """The value of a one-cell answer; None where there is no row."""
    return rows[0][0] if rows else None
