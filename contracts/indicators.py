"""What a city looks at: indicators, as records. A measure is over one theme table, a formula over other indicators.

Declared in `contracts/indicators/<dimension>.yml` and read by `reading_indicators`; their SQL is written by the twins.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from contracts.formulas import Formula

CITY = "city"
"""The place of a value that is the whole city's; districts are named by their code."""


class SignDimension(StrEnum):
    """The six dimensions of a city's vital signs (上海城市运行数字体征)."""

    INFRASTRUCTURE = "infrastructure"
    ENVIRONMENT = "environment"
    TRAFFIC = "traffic"
    SUPPLY = "supply"
    SAFETY = "safety"
    VITALITY = "vitality"


class Window(StrEnum):
    """The stretch of time that one value is of; DELIVERY is the state as of the newest delivery."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    DELIVERY = "delivery"


class Aggregate(StrEnum):
    """How a measure makes one number of the rows of a window and place.

    `persons` counts the different persons of a column that holds their city ids, and tells nothing of few of them.
    """

    COUNT = "count"
    SUM = "sum"
    MEAN = "mean"
    HIGHEST = "highest"
    LOWEST = "lowest"
    DISTINCT = "distinct"
    PERSONS = "persons"
    SHARE = "share"


ADDITIVE = frozenset({Aggregate.COUNT, Aggregate.SUM})
"""What districts, and the days of a month, add up to."""


@dataclass(frozen=True)
class Measure:
    """One number over a theme table: `of` is a row expression (SHARE: a condition), `where` which rows are meant."""

    table: str
    aggregate: Aggregate
    of: str = ""
    where: str = ""
    time: str | None = None
    place: str | None = None
    times: float = 1.0
    divide: float = 1.0


@dataclass(frozen=True)
class Thresholds:
    """Bounds outside which a value is worth a warning, or bad; None where there is none."""

    warn_below: float | None = None
    warn_above: float | None = None
    bad_below: float | None = None
    bad_above: float | None = None

    def judge(self, value: float | None) -> str:
        """`good`, `warn` or `bad`; empty where nothing is declared, or there is no value."""
        given = (self.warn_below, self.warn_above, self.bad_below, self.bad_above)
        if value is None or all(one is None for one in given):
            return ""
        if _outside(value, self.bad_below, self.bad_above):
            return "bad"
        return "warn" if _outside(value, self.warn_below, self.warn_above) else "good"


def _outside(value: float, low: float | None, high: float | None) -> bool:
    return (low is not None and value < low) or (high is not None and value > high)


@dataclass(frozen=True)
class Indicator:
    """A second-level indicator (二级体征): exactly one of `measure`, `formula` and `model` says how it is made.

    `level` is the highest level that its value may have; it is never shown above it. `due_working_days` is how many
    working days after a window's end its inputs are due; None where the contracts of its sources alone say it.
    """

    id: str
    title_zh: str
    title_en: str
    dimension: SignDimension
    group: str
    unit: str
    window: Window
    owner: str
    level: str
    measure: Measure | None = None
    formula: Formula | None = None
    model: str | None = None
    thresholds: Thresholds = Thresholds()
    better: str | None = None
    due_working_days: int | None = None
    description: str = ""

    @property
    def by_district(self) -> bool:
        """Whether districts have values of their own, as far as the declaration says it."""
        return self.measure is None or self.measure.place is not None


@dataclass(frozen=True)
class Group:
    """A first-level indicator (一级体征): what its second-level ones are about."""

    id: str
    title_zh: str
    title_en: str
    dimension: SignDimension
    indicators: tuple[str, ...]


@dataclass(frozen=True)
class Indicators:
    """All that a city looks at, in the order in which it is declared."""

    groups: Mapping[str, Group] = field(default_factory=dict)
    every: Mapping[str, Indicator] = field(default_factory=dict)
    titles: Mapping[SignDimension, tuple[str, str]] = field(default_factory=dict)

    def under(self, indicator: str) -> tuple[str, ...]:
        """The measures (and models) that an indicator is made of in the end, itself where it is one, in name order."""
        one = self.every[indicator]
        if one.formula is None:
            return (indicator,)
        return tuple(sorted({leaf for name in one.formula.names for leaf in self.under(name)}))

    def formula_over_measures(self, indicator: str) -> Formula:
        """An indicator's formula with every formula in it written out."""
        formula = self.every[indicator].formula
        assert formula is not None
        inner = {name: self.formula_over_measures(name) for name in formula.names if self.every[name].formula}
        return formula.with_inner(inner)
