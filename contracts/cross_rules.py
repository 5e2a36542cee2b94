"""Rules across departments as records: what one department's table must be to another's.

Four kinds, each of two sides. How a file is read is `reading_rules`', what SQL a rule becomes is `quality`'s. No more
is known here of a table than its name in the lake.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from contracts.violation import Severity


class CrossKind(StrEnum):
    """What a rule across departments demands."""

    REFERENTIAL = "referential"
    RECONCILIATION = "reconciliation"
    CONTRADICTION = "contradiction"
    DUPLICATE_COLLECTION = "duplicate_collection"


@dataclass(frozen=True)
class Side:
    """One of the two tables: what it is called in declarations (`of`), in the lake, and which of its rows are meant.

    `columns` are those that the rule is about: the referring one, the subject and the element, or the groups.
    """

    of: str
    table: str
    columns: tuple[str, ...] = ()
    where: str | None = None


@dataclass(frozen=True)
class Measure:
    """One side's aggregate by group: the call (count, sum, …), its column (none: the rows), and the column of time.

    `scale` is how many decimals its value has; None is a number in floating point, which alone is compared as one."""

    call: str
    column: str | None = None
    at: str | None = None
    scale: int | None = 9


@dataclass(frozen=True)
class Comparison:
    """How a rule compares: the pairs of columns that are joined, the condition that never holds, the least share that
    keeps the rule, the two measures with their time grain, and by how much they may differ (the larger allowance
    counts)."""

    pairs: tuple[tuple[str, str], ...] = ()
    never: str = ""
    at_least: float = 1.0
    measures: tuple[Measure, Measure] | None = None
    grain: str | None = None
    absolute: float = 0.0
    relative: float = 0.0


@dataclass(frozen=True)
class CrossRule:
    """One rule as it stands on one table, the blamed one: `here` is the side of which the file speaks first.

    A duplicate collection stands on each table that collects again what another is authoritative for; its `there` is
    the authoritative one. `fix` says what its owner, a department, is to do.
    """

    name: str
    kind: CrossKind
    title_zh: str
    title_en: str
    dimension: str
    severity: Severity
    owner: str
    fix: str
    here: Side
    there: Side
    blames_here: bool = True
    comparison: Comparison = field(default_factory=Comparison)

    @property
    def blamed(self) -> Side:
        """The side on which the check stands."""
        return self.here if self.blames_here else self.there

    @property
    def other(self) -> Side:
        """The side that the blamed one is held against."""
        return self.there if self.blames_here else self.here


@dataclass(frozen=True)
class Suite:
    """A suite that somebody wrote by hand, in Great Expectations' own form: `<schema>.<table>` and its expectations."""

    name: str
    table: str
    expectations: tuple[WrittenExpectation, ...]


@dataclass(frozen=True)
class WrittenExpectation:
    """One of its expectations: what the check is called, the type with its arguments (JSON), and how bad a failure is.

    `column` is the one that it names; what it says of itself to people is its note."""

    name: str
    type: str
    kwargs: str
    severity: Severity
    column: str | None = None
    dimension: str = "consistency"
    note: str = ""


CrossRules = Mapping[str, tuple[CrossRule, ...]]
"""Name of a rule -> the rule on each table on which it stands."""
