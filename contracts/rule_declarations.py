"""The shape of `contracts/rules/<name>.yml` and of `contracts/suites/<schema>.<table>.json`, unknown keys forbidden.

Shapes only: what they refer to is judged in `reading_rules` and `reading_suites`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, RootModel, StringConstraints

from contracts.cross_rules import CrossKind
from contracts.declarations import Declaration, Real, Text, Title
from contracts.names import GRAMMAR, Name
from contracts.rules import DIMENSIONS
from contracts.violation import Severity

Dimension = Literal[DIMENSIONS]  # type: ignore[valid-type]
# <department>.<dataset>, or theme.<entity>.
TableName = Annotated[str, StringConstraints(pattern=GRAMMAR.replace("$", r"\.") + GRAMMAR[1:])]
Share = Annotated[Real, Field(ge=0, le=1)]
Allowance = Annotated[Real, Field(ge=0)]
Call = Literal["count", "count_distinct", "sum", "min", "max", "avg"]
Grain = Literal["day", "month", "quarter", "year"]


class SideDeclaration(Declaration):
    """One table, and which of its rows are meant."""

    of: TableName
    where: Text | None = Field(None, description="an SQL condition over its columns; left out: all rows")


class ColumnSideDeclaration(SideDeclaration):
    """One column of a table."""

    column: Name


class MeasureSideDeclaration(SideDeclaration):
    """An aggregate of a table by groups."""

    group: tuple[Name, ...] = Field((), description="as many columns, of the same types, on either side")
    at: Name | None = Field(None, description="the column of time that `grain` is taken of")
    measure: Call = "count"
    column: Name | None = Field(None, description="what is counted distinct, summed, …; none for count")


class ToleranceDeclaration(Declaration):
    """By how much the two may differ: the larger allowance counts."""

    absolute: Allowance = 0.0
    relative: Allowance = Field(0.0, description="share of the value there: 0.01 is one in a hundred")


class _Rule(Declaration):
    """What all rules across departments have."""

    rule: Name = Field(description="the file's name")
    title: Title
    dimension: Dimension = "consistency"
    severity: Severity = Severity.WARNING
    owner: Name = Field(description="the department that has to see to it")
    fix: Text = Field(description="what is to be done about it")


class ReferentialDeclaration(_Rule):
    """Values of a column here are in a column there."""

    kind: Literal["referential"]
    here: ColumnSideDeclaration
    there: ColumnSideDeclaration
    blames: TableName | None = Field(None, description="`of` the one side that is at fault; left out: here")
    at_least: Share = Field(1.0, description="the share of values that keep it, at least")


class ReconciliationDeclaration(_Rule):
    """An aggregate by groups here is the one there; a group on one side alone is a failure."""

    kind: Literal["reconciliation"]
    here: MeasureSideDeclaration
    there: MeasureSideDeclaration
    blames: TableName | None = Field(None, description="`of` the one side that is at fault; left out: here")
    grain: Grain | None = None
    tolerance: ToleranceDeclaration = Field(default_factory=lambda: ToleranceDeclaration(absolute=0.0, relative=0.0))


class ContradictionDeclaration(_Rule):
    """Two tables joined: what never holds of a pair of rows."""

    kind: Literal["contradiction"]
    here: SideDeclaration
    there: SideDeclaration
    blames: TableName | None = Field(None, description="`of` the one side that is at fault; left out: here")
    join: dict[Name, Name] = Field(min_length=1, description="a column here: the one there that is equal")
    never: Text = Field(description="an SQL condition over here.<column> and there.<column>")


class CollectedDeclaration(Declaration):
    """Which columns of a dataset are meant where several follow the element."""

    subject: Name
    element: Name


class DuplicateCollectionDeclaration(_Rule):
    """What one dataset is authoritative for, other departments do not collect again about the same subjects."""

    kind: Literal["duplicate_collection"]
    element: Name
    subject: Name = Field(description="the data element that says whom a row is about: resident_id, credit_code")
    columns: dict[TableName, CollectedDeclaration] = Field(
        default_factory=dict, description="for datasets of which several columns follow one of the two"
    )
    allowed: tuple[TableName, ...] = Field((), description="datasets that may collect it, by law or agreement")


KINDS: dict[str, type[_Rule]] = {
    CrossKind.REFERENTIAL: ReferentialDeclaration,
    CrossKind.RECONCILIATION: ReconciliationDeclaration,
    CrossKind.CONTRADICTION: ContradictionDeclaration,
    CrossKind.DUPLICATE_COLLECTION: DuplicateCollectionDeclaration,
}

TwoSided = ReferentialDeclaration | ReconciliationDeclaration | ContradictionDeclaration


class RuleFileDeclaration(
    RootModel[
        Annotated[
            ReferentialDeclaration
            | ReconciliationDeclaration
            | ContradictionDeclaration
            | DuplicateCollectionDeclaration,
            Field(discriminator="kind"),
        ]
    ]
):
    """`contracts/rules/<name>.yml`."""


class ExpectationDeclaration(Declaration):
    """One expectation, as Great Expectations writes it into a suite."""

    type: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
    kwargs: dict[str, Any] = Field(default_factory=dict)
    meta: dict[str, Any] = Field(default_factory=dict)
    severity: Literal["critical", "warning", "info"] = "critical"
    id: str | None = None
    description: str | None = None
    notes: str | list[str] | None = None
    rendered_content: Any = None


class SuiteDeclaration(Declaration):
    """`contracts/suites/<schema>.<table>.json`: an ExpectationSuite."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Text
    expectations: tuple[ExpectationDeclaration, ...] = Field(min_length=1)
    meta: dict[str, Any] = Field(default_factory=dict)
    id: str | None = None
    notes: str | list[str] | None = None
    suite_parameters: dict[str, Any] = Field(default_factory=dict)
