"""A table's score out of its check results: one number, and one per dimension. No check is run here.

The score of a rule is the share of rows that pass it, 0 where it could not be evaluated; of a dimension and a table the
mean over rules (GB/T 36344-2018 names the dimensions and leaves the formula open). 0 to 100.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from contracts.violation import CheckResult

# DB11/T 2317-2024 rates in five grades; the thresholds are this platform's own and configurable per agreement.
GRADES = ((95.0, "A"), (85.0, "B"), (75.0, "C"), (60.0, "D"))


@dataclass(frozen=True)
class Score:
    """The score of one table: overall, by dimension, and its grade from A to E."""

    table: str
    overall: float
    dimensions: dict[str, float]

    @property
    def grade(self) -> str:
        """The grade that the overall score earns."""
        return next((grade for least, grade in GRADES if self.overall >= least), "E")

    def as_dict(self) -> dict[str, object]:
        """The record as JSON-ready data."""
        return {"table": self.table, "score": self.overall, "grade": self.grade, "dimensions": self.dimensions}


def scores(results: Iterable[CheckResult]) -> dict[str, Score]:
    """The score of every table that has results, by table."""
    by_table: dict[str, list[CheckResult]] = defaultdict(list)
    for result in results:
        by_table[result.table].append(result)
    return {table: _score(table, found) for table, found in sorted(by_table.items())}


def _score(table: str, results: list[CheckResult]) -> Score:
    by_dimension: dict[str, list[float]] = defaultdict(list)
    for result in results:
        by_dimension[result.dimension].append(_share(result))
    every = [share for shares in by_dimension.values() for share in shares]
    return Score(table, _percent(every), {name: _percent(shares) for name, shares in sorted(by_dimension.items())})


def _share(result: CheckResult) -> float:
    if result.error is not None or result.rows is None or result.failing_rows is None:
        return 0.0
    if result.rows == 0:
        return 1.0 if result.passed else 0.0
    share = 1.0 - min(result.failing_rows, result.rows) / result.rows
    # A rule on the table as a whole has no failing rows to count.
    return share if result.passed or result.failing_rows else 0.0


def _percent(shares: list[float]) -> float:
    return round(100.0 * sum(shares) / len(shares), 2)
