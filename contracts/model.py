"""The records that declarations become once read, resolved and found sound.

A `Catalogue` is one city's whole set. Every inherited fact (type, format, level, mask from the data element) is already
filled in, so that readers of these records never look a standard up again. No file is read here, and nothing here knows
ODCS, SQL engines or dbt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from contracts.acts import Person
from contracts.agreed import LDiversity as LDiversity
from contracts.agreed import LoweringApproval as LoweringApproval
from contracts.agreed import RowCondition as RowCondition
from contracts.alerts import Alerts
from contracts.calendar import Calendar
from contracts.category import Category
from contracts.code_sets import CodeSet as CodeSet
from contracts.code_sets import Coordinates as Coordinates
from contracts.code_sets import Period as Period
from contracts.cross_rules import CrossRules, Suite
from contracts.districts import District
from contracts.indicators import Indicators
from contracts.jurisdiction import Jurisdiction
from contracts.kinds import DeliveryMode as DeliveryMode
from contracts.kinds import Level as Level
from contracts.kinds import LogicalType as LogicalType
from contracts.kinds import OpenAttribute as OpenAttribute
from contracts.kinds import SharingAttribute as SharingAttribute
from contracts.matching import Matching
from contracts.open_data import Licence as Licence
from contracts.open_data import OpenData as OpenData
from contracts.provision import Provision as Provision
from contracts.provision import Survivor
from contracts.retention import Retention
from contracts.routing import Routing
from contracts.services import Services
from contracts.signing_in import SigningIn
from contracts.source import Database as Database
from contracts.source import Source as Source
from contracts.source import Store as Store
from contracts.violation import Severity
from contracts.weights import Weights
from contracts.windows import Stream as Stream
from contracts.windows import WindowSet


@dataclass(frozen=True)
class Element:
    """A data element: what every column that follows it inherits.

    `check` names a check digit algorithm (`resident_id`, `credit_code`), `pattern` is an RE2 expression that the whole
    text must match, `formats` are strptime spellings accepted for dates and times, `normalise` names a dbt macro that
    staging applies, `nulls` are spellings of "nothing" that read as null. `pivot` says which century a year of two
    digits is of (below it 20xx, else 19xx), `rounding` (half_up, half_even, down) what becomes of decimals beyond the
    scale, which are a fault otherwise; `characters` what lost and private characters are: error, warning or none, and
    `invisible` what characters that nobody sees are (None: error in keys and in texts that things are known by, warning
    in others). `identifies` says that a value is issued to one person or thing, and never a placeholder. `personal`
    says that a dataset with such a column is about natural persons (个人信息保护法 art. 4), `sensitive_personal` that
    its values may hurt a person when they become known (art. 28), where the dataset is about persons. `unit` is what it
    is measured in.
    """

    name: str
    title_zh: str
    title_en: str
    type: LogicalType
    level: Level
    source: str
    mask: str = "full"
    pattern: str | None = None
    check: str | None = None
    code_set: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    max_length: int | None = None
    precision: int = 18
    scale: int = 2
    unit: str | None = None
    formats: tuple[str, ...] = ()
    nulls: tuple[str, ...] = ()
    normalise: str | None = None
    pivot: int | None = None
    rounding: str | None = None
    characters: str = "warning"
    invisible: str | None = None
    identifies: bool = False
    category: Category = Category.GENERAL
    personal: bool = False
    sensitive_personal: bool = False


@dataclass(frozen=True)
class Rule:
    """One engine-neutral promise. `columns` is empty for a rule on the whole table.

    `kind` is one of `contracts.rules.KINDS`; `arguments` are that kind's own. A *row* rule of severity error sends the
    offending row to quarantine; every rule, row or table, is checked again on the stored table.
    """

    name: str
    kind: str
    columns: tuple[str, ...]
    dimension: str
    severity: Severity
    arguments: Mapping[str, object] = field(default_factory=dict)
    title_zh: str = ""
    title_en: str = ""


@dataclass(frozen=True)
class Column:
    """One column of a dataset. `name` is its name in the lake, `headers` the spellings it may have in a delivery.

    `may_leave` lists the forms in which it may reach a product (`lineage/constraints.py`); None where any will do, and
    empty where it may not at all. `personal` says that the column alone makes its dataset one about natural persons.
    """

    name: str
    headers: tuple[str, ...]
    title_zh: str
    title_en: str
    element: Element
    level: Level
    mask: str
    sharing_attribute: SharingAttribute
    required: bool = False
    key: bool = False
    code_map: Mapping[str, str] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    may_leave: tuple[str, ...] | None = None
    category: Category = Category.GENERAL
    personal: bool = False
    sensitive_personal: bool = False
    unit: str | None = None
    """What it is delivered in, where that is another unit than its element's."""
    codes_as_of: str | None = None
    """The column that has the day on which its codes were such."""


@dataclass(frozen=True)
class Dataset:
    """One dataset of one department: its contract, resolved.

    `parts` says that several files of one day are one delivery; a snapshot of which more than `largest_rejected_share`
    is rejected replaces nothing; `may_be_empty` says that no records are a legal delivery; `key_twice` (fault, last)
    what two different rows of one key in one delivery are, `drift` what a delivery is whose columns are others than
    these; `formerly` are the names that the dataset had, the oldest first. `open_attribute` says whether the public
    may know of it; its rows never leave but as a product.
    """

    department: str
    name: str
    version: str
    title_zh: str
    title_en: str
    description: str
    owner: str
    source: Source
    mode: DeliveryMode
    columns: tuple[Column, ...]
    sharing_attribute: SharingAttribute
    legal_basis: str | None
    frequency: str
    freshness_working_days: int
    rules: tuple[Rule, ...] = ()
    provides: tuple[Provision, ...] = ()
    domain: str = ""
    authoritative_for: tuple[str, ...] = ()
    path: Path | None = None
    parts: bool = False
    largest_rejected_share: float = 0.2
    may_be_empty: bool = False
    key_twice: str = "fault"
    category: Category = Category.GENERAL
    drift: Mapping[str, str] = field(default_factory=dict)
    formerly: tuple[str, ...] = ()
    coordinates: tuple[Coordinates, ...] = ()
    open_attribute: OpenAttribute = OpenAttribute.NOT_OPEN
    stream: Stream | None = None

    @property
    def personal(self) -> bool:
        """Whether it is about natural persons: one column that is makes all of them personal information."""
        return any(column.personal for column in self.columns)

    @property
    def id(self) -> str:
        """`<department>.<dataset>`, the name people use."""
        return f"{self.department}.{self.name}"

    @property
    def begun_as(self) -> str:
        """The name under which its history began: batches are known by it for good."""
        return (*self.formerly, self.id)[0]

    @property
    def table(self) -> str:
        """`<department>__<dataset>`, the name in the raw lake, in quarantine and (with `stg_`) in staging."""
        return f"{self.department}__{self.name}"

    @property
    def key(self) -> tuple[Column, ...]:
        """The columns of the primary key, in order."""
        return tuple(column for column in self.columns if column.key)

    def column(self, name: str) -> Column:
        """The column of that name; KeyError where there is none."""
        return next(column for column in self.columns if column.name == name)


@dataclass(frozen=True)
class Department:
    """An agency that owns and delivers datasets."""

    name: str
    title_zh: str
    title_en: str
    code: str
    owner: str


@dataclass(frozen=True)
class Attribute:
    """One attribute of a theme entity; `precedence` lists departments, most trusted first."""

    name: str
    element: Element
    title_zh: str
    title_en: str
    level: Level
    precedence: tuple[str, ...] = ()
    survivor: Survivor = Survivor.PRECEDENCE


@dataclass(frozen=True)
class Entity:
    """A theme entity whose rows are identified by one element: one row per valid identifier.

    With `matching`, also one per thing of which only rows without one are known.
    """

    name: str
    domain: str
    title_zh: str
    title_en: str
    grain: str
    identifier: str
    id_prefix: str
    attributes: tuple[Attribute, ...]
    rules: tuple[Rule, ...] = ()
    matching: Matching | None = None


@dataclass(frozen=True)
class Domain:
    """A theme domain: its entities, and the checks on its hand-written tables by table name."""

    name: str
    title_zh: str
    title_en: str
    description: str
    owner: str
    entities: tuple[Entity, ...] = ()
    rules: Mapping[str, tuple[Rule, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class ProductColumn:
    """One column a recipient is promised, and why they need it (个人信息保护法 minimum necessity).

    `level` is the level that its author takes it to be of, which lineage must not find higher; None where none is said.
    `mask` is the one of `contracts.masks`, or the declassifier, that all its text shows; None where it is as it is.
    """

    name: str
    type: LogicalType
    title_zh: str
    title_en: str
    purpose: str
    required: bool = False
    level: Level | None = None
    mask: str | None = None


FIRST_VERSION = "1.0.0"


@dataclass(frozen=True)
class Agreement:
    """Who may receive which product, for what purpose, until when, at most how sensitive.

    `name` is `<agency>__<purpose>`; `product` is the dbt model that makes the table. Open products have the
    recipient `public`. `minimum_score` (0-100) is the least quality score of any table the product is made of.
    `author` wrote the product's model; `declassifiers` says who approved each use of one (None: those of `approvals`).
    `quasi_identifiers` are the columns by which rows could be matched with other registers (None: all that are not
    sensitive); `rounded_to` is the base that all its numbers of persons are multiples of. `category_ceiling` is the
    highest category that may be in it; 核心 never leaves. `version` moves its first number where less is promised.
    `licence` is that of an open product, where it is another than the city's, and `open_attribute` whether whoever
    wants it registers first.
    `request` is the number of the approved request that it answers; None where nobody filed one.
    `rows` are the conditions that every row keeps, all of them. `untold_basis` is the law by which the persons in it
    are not told of it; None where they are.
    """

    name: str
    agency: str
    product: str
    title_zh: str
    title_en: str
    purpose: str
    purpose_code: str
    legal_basis: str
    level_ceiling: Level
    sharing_attribute: SharingAttribute
    scope: str
    valid_from: date
    valid_until: date
    columns: tuple[ProductColumn, ...]
    allowed_purposes: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    freshness_working_days: int | None = None
    minimum_score: float = 0.0
    minimum_group: int | None = None
    quasi_identifiers: tuple[str, ...] | None = None
    l_diversity: LDiversity | None = None
    rounded_to: int | None = None
    impact_assessment: str | None = None
    approvals: tuple[str, ...] = ()
    author: str | None = None
    declassifiers: tuple[LoweringApproval, ...] | None = None
    category_ceiling: Category = Category.GENERAL
    path: Path | None = None
    version: str = FIRST_VERSION
    licence: Licence | None = None
    open_attribute: OpenAttribute = OpenAttribute.UNCONDITIONAL
    request: str | None = None
    rows: tuple[RowCondition, ...] = ()
    untold_basis: str | None = None


@dataclass(frozen=True)
class Catalogue:
    """One city's declarations, whole and sound. `persons` are by their names as they are compared.

    `datasets` are what a run carries and tables are made of; `streams` are the datasets that come as micro-batches, and
    that `windows` are made of.
    """

    city: str
    title_zh: str
    title_en: str
    root: Path
    deliveries: Path
    departments: Mapping[str, Department]
    datasets: Mapping[str, Dataset]
    domains: Mapping[str, Domain]
    agreements: Mapping[str, Agreement]
    elements: Mapping[str, Element]
    code_sets: Mapping[str, CodeSet]
    calendar: Calendar = field(default_factory=Calendar)
    persons: Mapping[str, Person] = field(default_factory=dict)
    demonstration: bool = False
    encrypt_landing: bool = False
    retention: Retention = field(default_factory=Retention)
    open_data: OpenData = field(default_factory=OpenData)
    jurisdiction: Jurisdiction = field(default_factory=Jurisdiction)
    signing_in: SigningIn = field(default_factory=SigningIn)
    alerts: Alerts = field(default_factory=Alerts)
    weights: Weights = field(default_factory=Weights)
    cross_rules: CrossRules = field(default_factory=dict)
    suites: Mapping[str, Suite] = field(default_factory=dict)
    indicators: Indicators = field(default_factory=Indicators)
    districts: Mapping[str, District] = field(default_factory=dict)
    override_working_days: int = 30
    streams: Mapping[str, Dataset] = field(default_factory=dict)
    windows: Mapping[str, WindowSet] = field(default_factory=dict)

    services: Mapping[str, Services] = field(default_factory=dict)
    routing: Mapping[str, Routing] = field(default_factory=dict)

    @property
    def delivered(self) -> Mapping[str, Dataset]:
        """Every dataset that departments deliver, streamed or not."""
        return {**self.datasets, **self.streams}

    @property
    def entities(self) -> Mapping[str, Entity]:
        """Every theme entity of every domain, by name."""
        return {entity.name: entity for domain in self.domains.values() for entity in domain.entities}

    def matches(self, entity: Entity) -> bool:
        """Whether rows that no identifier names belong to an entity."""
        return entity.matching is not None and any(one.matched for _, one in self.providers(entity.name))

    @property
    def matched(self) -> tuple[Entity, ...]:
        """The entities that they belong to."""
        return tuple(one for one in self.entities.values() if self.matches(one))

    def providers(self, entity: str) -> tuple[tuple[Dataset, Provision], ...]:
        """The datasets that provide an entity, with what they provide, in dataset order."""
        return tuple(
            (dataset, provision)
            for dataset in self.datasets.values()
            for provision in dataset.provides
            if provision.entity == entity
        )
