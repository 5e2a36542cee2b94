"""The shape of every declaration file that is not ODCS: city, departments, elements, code sets, domains, agreements.

Shapes only, unknown keys forbidden: what they refer to is checked where each kind is read. The JSON Schemas in
`contracts/schemas/` are generated from these classes.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from contracts.acts import Role
from contracts.category import Category
from contracts.masks import COLUMN_MASK
from contracts.matching import SUREST, ComparisonKind
from contracts.model import Level, LogicalType, OpenAttribute, SharingAttribute
from contracts.names import GRAMMAR, Name, PlaceName
from contracts.owners import Owner
from contracts.provision import Survivor
from contracts.violation import Severity
from contracts.words import given


def _day(value: object) -> object:
    """A day as YAML or as text has it: Pydantic alone would take numbers for seconds since 1970."""
    written = isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII)
    if written or (isinstance(value, date) and not isinstance(value, datetime)):
        return value
    raise PydanticCustomError("declared", "{what}", {"what": f"{given(value)} is no day", "instead": "YYYY-MM-DD"})


# Strict: "yes" is text and 1 is a number; YAML's own yes is true.
Truth = Annotated[bool, Field(strict=True)]
# The number of a case (`sharing/cases`): its kind, the day on which it was filed, and a part of its digest.
CaseId = Annotated[str, StringConstraints(pattern=r"^[A-Z]\d{8}-[0-9a-f]{10}$")]
AgreementName = Annotated[str, StringConstraints(pattern=GRAMMAR.replace("$", "__") + GRAMMAR[1:])]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Mask = Literal["full", "hmac", "middle", "year", "age_band", "district", "none"]
Check = Literal["resident_id", "credit_code"]
ColumnMask = Annotated[str, StringConstraints(pattern=COLUMN_MASK)]
# In which form a column may reach a product: as it is, in an aggregate over a guarded group, through a declassifier, as
# a key of a join, or by deciding otherwise about rows and values.
MayLeave = Literal["plain", "aggregated", "masked", "joined", "decided"]
# The macros `normalise_<name>` of the dbt package that comes with the platform.
Normalise = Literal["resident_id", "credit_code", "phone"]
Day = Annotated[date, BeforeValidator(_day)]
# Strict: YAML's true is no 1, and "5" in quotes is text. Without end (inf, nan) nothing can be compared.
Whole = Annotated[int, Field(strict=True)]
Real = Annotated[float, Field(strict=True, allow_inf_nan=False)]
# A value as a column may hold it. Text that YAML takes for a number or a day needs quotes.
Value = Annotated[str, StringConstraints(min_length=1)] | Truth | Whole | Day
# Ten years of them: what is called stale later than that is a slip of the hand.
WorkingDays = Annotated[int, Field(strict=True, ge=0, le=2600)]


class Declaration(BaseModel):
    """What all declarations share: unknown keys are refused and nothing changes once read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Title(Declaration):
    """A name for people, in Chinese and English."""

    zh: Text
    en: Text


# What may stand in an IRI (RFC 3987): harvesters would be told nothing of another.
_IRI = r"^https?://([^\s<>\"{}|\\^`%\[\]]|%[0-9A-Fa-f]{2})+$"
MAIL = r"^[^@\s<>\"{}|\\^`%\[\]]+@[^@\s<>\"{}|\\^`%\[\]]+$"


class LicenceDeclaration(Declaration):
    """Under which open data may be used."""

    title: Text
    url: Annotated[str, StringConstraints(pattern=_IRI)]


class ContactDeclaration(Declaration):
    """Whom to ask."""

    name: Text
    email: Annotated[str, StringConstraints(pattern=MAIL)]


class RoleDeclaration(Declaration):
    """As what a person acts, from its first to its last day."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    role: Role
    from_: Day = Field(alias="from")
    until: Day
    department: Name | None = Field(None, description="owner, steward: of this department alone; left out: of all")
    agency: Name | None = Field(None, description="applicant: of this agency, as agreements name it")
    level: Literal["L1", "L2", "L3", "L4"] | None = Field(
        None, description="owner, steward: the highest level of the values they see in rejected rows"
    )


class PersonKeyDeclaration(Declaration):
    """A public key of a person: the base64 text between the lines of its PEM file."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    key: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]{40,200}={0,2}$")]
    from_: Day = Field(alias="from")
    until: Day
    revoked: Day | None = Field(None, description="the first day on which it speaks for nobody")


class PersonDeclaration(Declaration):
    """Somebody who may act."""

    title: Title
    roles: Annotated[tuple[RoleDeclaration, ...], Field(min_length=1)]
    keys: tuple[PersonKeyDeclaration, ...] = ()


class PersonsDeclaration(Declaration):
    """`contracts/persons.yml`."""

    persons: dict[Text, PersonDeclaration]


class DepartmentDeclaration(Declaration):
    """One agency."""

    title: Title
    code: Text
    owner: Owner


class DepartmentsDeclaration(Declaration):
    """`contracts/departments/departments.yml`."""

    departments: dict[Name, DepartmentDeclaration]


class ElementDeclaration(Declaration):
    """One data element."""

    title: Title
    source: Text = Field(description="the standard and clause, or who defines it")
    type: LogicalType
    level: Level
    mask: Mask = "full"
    pattern: Text | None = None
    check: Check | None = None
    code_set: Name | None = None
    minimum: Real | None = None
    maximum: Real | None = None
    max_length: Annotated[int, Field(strict=True, gt=0)] | None = None
    precision: Annotated[int, Field(strict=True, gt=0, le=38)] = 18
    scale: Annotated[int, Field(strict=True, ge=0, le=38)] = 2
    unit: Text | None = Field(None, description="what it is measured in; a column delivered in another says so")
    formats: tuple[Text, ...] = ()
    nulls: tuple[str, ...] = ()
    normalise: Normalise | None = None
    pivot: Annotated[int, Field(strict=True, ge=0, le=99)] | None = None
    rounding: Literal["half_up", "half_even", "down"] | None = None
    characters: Literal["error", "warning", "none"] = "warning"
    invisible: Literal["error", "warning", "none"] | None = None
    identifies: Truth = False
    category: Category = Category.GENERAL
    personal: Truth = Field(False, description="a dataset with such a column is about natural persons")
    sensitive_personal: Truth = Field(False, description="敏感个人信息, 个人信息保护法 art. 28")


class ElementsDeclaration(Declaration):
    """`contracts/standards/elements/<theme>.yml`."""

    elements: dict[Name, ElementDeclaration]


class CodeDeclaration(Title):
    """One code: its titles, and when it was one; `became` is the code that took its place."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    from_: Day | None = Field(None, alias="from", description="its first day; left out: always")
    until: Day | None = Field(None, description="its last day; left out: it is one still")
    became: Text | None = Field(None, description="the code that took its place")


class CodeSetDeclaration(Declaration):
    """`contracts/standards/codes/<name>.yml`. A file whose `code_set` exists already adds its codes to that set."""

    code_set: Name
    title: Title
    source: Text
    codes: dict[Text, CodeDeclaration]
    aliases: dict[Text, Text] = Field(default_factory=dict)


class Promise(Declaration):
    """A rule's kind with that kind's arguments (`contracts/rules.py`)."""

    kind: Text
    columns: tuple[Name, ...] = ()
    title: Title | None = None
    pattern: Text | None = None
    algorithm: Check | None = None
    code_set: Name | None = None
    minimum: Whole | Real | Day | None = None
    maximum: Whole | Real | Day | None = None
    sql: Text | None = None
    table: Text | None = None
    column: Name | None = None
    at_least: Annotated[Real, Field(gt=0, le=1)] | None = None
    working_days: WorkingDays | None = None
    k: Annotated[int, Field(strict=True, ge=2)] | None = None

    def arguments(self) -> dict[str, Any]:
        """The arguments that were written, by name."""
        return self.model_dump(exclude_none=True, exclude={"kind", "columns", "title", "name", "severity", "dimension"})


class RuleDeclaration(Promise):
    """A rule of a domain or an agreement."""

    name: Name
    severity: Severity = Severity.ERROR
    dimension: Text | None = None


class AttributeDeclaration(Declaration):
    """One attribute of a theme entity."""

    name: Name
    element: Name
    title: Title | None = None
    level: Level | None = None
    precedence: tuple[Name, ...] = ()
    survivor: Survivor = Survivor.PRECEDENCE


class ComparisonDeclaration(Declaration):
    """One thing that tells an entity's rows apart: an attribute, or longitude and latitude."""

    attribute: Name | None = None
    attributes: tuple[Name, ...] = ()
    as_: Annotated[ComparisonKind, Field(alias="as")]


class MatchingDeclaration(Declaration):
    """How rows without an identifier are matched."""

    compare: Annotated[tuple[ComparisonDeclaration, ...], Field(min_length=1)]
    block: Annotated[tuple[tuple[Text, ...], ...], Field(min_length=1)]
    automatic: Annotated[Real, Field(gt=0.5, le=SUREST)] = 0.99
    review: Annotated[Real, Field(gt=0, lt=1)] = 0.5
    two_persons: Truth = False
    most_pairs: Annotated[int, Field(strict=True, ge=1, le=10_000_000_000)] = 200_000_000
    conflicts: tuple[Name, ...] = ()


class EntityDeclaration(Declaration):
    """One theme entity."""

    name: PlaceName
    title: Title
    grain: Text
    identifier: Name
    id_prefix: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2,4}$")]
    attributes: tuple[AttributeDeclaration, ...]
    rules: tuple[RuleDeclaration, ...] = ()
    matching: MatchingDeclaration | None = None


class TableDeclaration(Declaration):
    """The checks on one hand-written theme table."""

    rules: tuple[RuleDeclaration, ...]


class DomainDeclaration(Declaration):
    """`contracts/domains/<domain>.yml`."""

    domain: Name
    title: Title
    description: Text
    owner: Owner
    entities: tuple[EntityDeclaration, ...] = ()
    tables: dict[PlaceName, TableDeclaration] = Field(default_factory=dict)


class PurposeDeclaration(Declaration):
    """Why the recipient needs the product, and by which law."""

    code: Name
    text: Text
    legal_basis: Text


class RowsDeclaration(Declaration):
    """Rows that may leave: those whose value of a column is one of a list."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    column: Name
    in_: tuple[Value, ...] = Field(alias="in", min_length=1)


class ScopeDeclaration(Declaration):
    """Which part of the city's data the agreement covers: in words, and by conditions that all its rows keep."""

    text: Text
    rows: tuple[RowsDeclaration, ...] = Field((), description="held against the very files that leave, each row")


class ValidityDeclaration(Declaration):
    """The first and the last day on which the agreement holds."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    from_: Day = Field(alias="from")
    until: Day


class ProductColumnDeclaration(Declaration):
    """One promised column and why the recipient needs it."""

    name: Name
    type: LogicalType
    title: Title
    purpose: Text
    required: Truth = False
    level: Level | None = Field(None, description="the level that the author takes it to be of; never below lineage's")
    mask: ColumnMask | None = Field(None, description="what all its text looks like; held against the files that leave")


class LoweringDeclaration(Declaration):
    """Who approved that a declassifier lowers some columns, and when: a right of its own, and not the author's."""

    name: Name
    columns: tuple[Name, ...] = Field(min_length=1)
    approved_by: Text
    approved_on: Day


class LDiversityDeclaration(Declaration):
    """Sensitive columns, and how many different values each has at least among rows that look alike."""

    columns: Annotated[tuple[Name, ...], Field(min_length=1)]
    at_least: Annotated[int, Field(strict=True, ge=2)]


Version = Annotated[str, Field(pattern=r"^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$")]


class AgreementDeclaration(Declaration):
    """`contracts/agreements/<agency>__<purpose>.yml`."""

    agreement: AgreementName
    version: Version = Field("1.0.0", description="the first number is raised where the recipient is promised less")
    agency: Name
    title: Title
    product: PlaceName
    purpose: PurposeDeclaration
    scope: ScopeDeclaration
    level_ceiling: Level
    category_ceiling: Literal[Category.GENERAL, Category.IMPORTANT] = Category.GENERAL
    sharing_attribute: Literal[SharingAttribute.UNCONDITIONAL, SharingAttribute.CONDITIONAL]
    valid: ValidityDeclaration
    columns: tuple[ProductColumnDeclaration, ...]
    allowed_purposes: tuple[Name, ...] = Field((), description="purposes the data's owners approved; empty: its own")
    approvals: tuple[Text, ...] = ()
    request: CaseId | None = Field(None, description="the approved request that it answers (`zhongtai cases`)")
    author: Text | None = Field(None, description="who wrote the product's model; never who approves a declassifier")
    declassifiers: tuple[LoweringDeclaration, ...] | None = Field(
        None, description="who approved each use of a declassifier; left out: those of `approvals`"
    )
    impact_assessment: Text | None = None
    freshness_working_days: WorkingDays | None = None
    minimum_score: Annotated[Real, Field(ge=0, le=100)] = 0.0
    minimum_group: Annotated[int, Field(strict=True, ge=2)] | None = None
    quasi_identifiers: tuple[Name, ...] | None = Field(None, description="left out: all columns but sensitive ones")
    l_diversity: LDiversityDeclaration | None = None
    rounded_to: Annotated[int, Field(strict=True, ge=2)] | None = None
    tell_persons: Truth = Field(True, description="false: the persons in it are not told, by `untold_basis`")
    untold_basis: Text | None = Field(None, description="the law by which they are not (个人信息保护法 art. 18, 35)")
    rules: tuple[RuleDeclaration, ...] = ()
    licence: LicenceDeclaration | None = Field(None, description="of an open product; left out: the city's")
    open_attribute: Literal[OpenAttribute.UNCONDITIONAL, OpenAttribute.CONDITIONAL] = Field(
        OpenAttribute.UNCONDITIONAL, description="conditional: whoever wants an open product registers first"
    )
