"""The facts a product is judged by, as recorded: what the gates read, and all that they read.

Plain frozen records. Whoever assembles them reads the ledger, the lineage graph and the Parquet files about to leave;
who judges by them computes nothing from anywhere else. Nothing is assembled, judged or stored here.

Everywhere `None` means *not known*, and not known withholds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date, datetime
from typing import Any

from contracts.acts import ActEvidence
from contracts.anonymity import GroupEvidence
from contracts.category import Category
from contracts.model import Level, RowCondition, SharingAttribute
from contracts.overrides import Override
from contracts.violation import CheckResult

GATE_NAMES = (
    "contract",
    "quality",
    "freshness",
    "level",
    "category",
    "declassifier",
    "sharing_attribute",
    "purpose",
    "expiry",
    "impact_assessment",
    "group_size",
    "executed",
    "reidentification",
    "differencing",
    "approval",
)
"""The gates that every product passes, and that every certificate must name."""

FIRST_GATES = (
    "contract", "quality", "freshness", "level", "sharing_attribute", "purpose", "expiry", "impact_assessment",
    "group_size",
)  # fmt: skip
"""The gates that there were when the first certificates were issued: those name no more."""

SECOND_GATES = (
    *FIRST_GATES, "category", "declassifier", "executed", "reidentification", "differencing",
)  # fmt: skip
"""The gates of certificates of the second kind."""


@dataclass(frozen=True)
class CandidateFile:
    """One Parquet file about to leave: its name in the folder, SHA-256 in hex, size in bytes."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True)
class ProductCandidate:
    """The exact bytes about to leave, described from the files themselves and not from the table they came from.

    `columns` maps each column to its DuckDB type, in file order; `nulls` each column to its number of nulls.
    `data_version` is the version of the product table that was exported.
    """

    product: str
    columns: Mapping[str, str]
    rows: int
    files: tuple[CandidateFile, ...]
    nulls: Mapping[str, int | None]
    data_version: str | None

    @property
    def table(self) -> str:
        """`product.<product>`, the table in the lake that the files are an export of."""
        return f"product.{self.product}"


@dataclass(frozen=True)
class SourceColumn:
    """One contract column that flows into a product column; `column` is `*` for the rows as such (a bare count).

    `direct` is True when values flow, False when only a filter, join, grouping or ordering carries the influence.
    `declassified` is True when every path from it runs through a registered declassifier. `personal` is False only
    where the column is known to be no information on a natural person.
    """

    dataset: str
    column: str
    sharing_attribute: SharingAttribute | None
    direct: bool = True
    declassified: bool = False
    personal: bool = True

    def __str__(self) -> str:
        return f"{self.dataset}.{self.column}"


@dataclass(frozen=True)
class Levels:
    """The levels of one product column: of what flowed in by value, of what flowed in otherwise, and what counts.

    `direct` and `indirect` are None where there is no such influence; `effective` is None where the level is not known.
    """

    direct: Level | None
    indirect: Level | None
    effective: Level | None

    @property
    def inflow(self) -> Level | None:
        """The highest level that flowed in, before any declassifier."""
        return max((level for level in (self.direct, self.indirect) if level is not None), default=None)


@dataclass(frozen=True)
class ColumnEvidence:
    """What lineage says of one product column.

    `unknown` lists what lineage could not resolve upstream. `because` is the path that gives the column its level, as
    text. `constant` is True only where lineage proved that nothing flows in. `category` is the strictest of what flowed
    in; `marks` are those of personal information that it bears. `declared` is the level that its author takes it to be
    of, None where none is said.
    """

    name: str
    levels: Levels
    sources: tuple[SourceColumn, ...] = ()
    unknown: tuple[str, ...] = ()
    because: str = ""
    constant: bool = False
    category: Category | None = None
    marks: tuple[str, ...] | None = None
    declared: Level | None = None


@dataclass(frozen=True)
class Rise:
    """A declared rule by which a product counts for more than what flowed in: what it raised, and by which numbers.

    Levels and categories of `columns` in the evidence are those that it raised them to."""

    rule: str
    title_zh: str
    title_en: str
    source: str
    columns: tuple[str, ...]
    level: Level | None
    category: Category | None
    why: str
    numbers: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Drift:
    """What a column is classified as now and was not when its product was last released.

    `axis` is ``level``, ``category`` or ``marks``; None where the column was not there, or is not any more."""

    column: str
    axis: str
    before: str | None
    after: str | None
    because: str = ""


@dataclass(frozen=True)
class Declassification:
    """A registered declassifier on the way to a product column, and whether its post-condition held on the output.

    `approved_by` are those who approved that it lowers this column, on the day `approved_on`; `named` is True where the
    agreement has an entry for this use, False where those are who approved the agreement as a whole. `must_be_named`
    says that the policy takes nothing less than an entry."""

    column: str
    declassifier: str
    held: bool | None
    observed: str = ""
    approved_by: tuple[str, ...] = ()
    approved_on: date | None = None
    named: bool = False
    must_be_named: bool = False


@dataclass(frozen=True)
class Objection:
    """What lineage has against one product column by a rule of the declassifier gate, complete with the next step.

    `facts` are the numbers and names that it was judged by, and never a value."""

    rule: str
    column: str
    message: str
    fix: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class LineageEvidence:
    """Column lineage of the product, with the digest of the graph that it was read from, and of the policy.

    `objections` is None where nobody looked at what the declassifiers were given. `spends` is what a release costs of
    the recipient's privacy budget, by dataset. `rises` are declared rules that made columns count for more; `drift` is
    how columns are classified otherwise than when the product was last released: told, and not judged."""

    digest: str
    columns: tuple[ColumnEvidence, ...]
    policy: str | None = None
    declassifications: tuple[Declassification, ...] = ()
    objections: tuple[Objection, ...] | None = None
    spends: Mapping[str, float] = field(default_factory=dict)
    rises: tuple[Rise, ...] = ()
    drift: tuple[Drift, ...] = ()

    def of(self, column: str) -> tuple[ColumnEvidence, ...]:
        """What is known of one product column; empty when lineage does not know it."""
        return tuple(known for known in self.columns if known.name == column)

    def declassified(self, column: str) -> bool:
        """Whether at least one declassifier acts on the column and the post-condition of each one held."""
        held = [item.held is True for item in self.declassifications if item.column == column]
        return bool(held) and all(held)


@dataclass(frozen=True)
class SourceEvidence:
    """One dataset upstream of the product.

    `newest_delivery` is the date of its newest accepted delivery; `taken` are the ids of all its batches that count,
    `batches` those whose rows are in the product (`exact`; else all that might be), and `recalled` those of them that
    were recalled. `failure` is the message of the last delivery when that one failed.
    """

    dataset: str
    sharing_attribute: SharingAttribute | None
    newest_delivery: date | None
    freshness_working_days: int | None
    batches: tuple[str, ...]
    recalled: tuple[str, ...] = ()
    failure: str | None = None
    taken: tuple[str, ...] = ()
    exact: bool = False

    @property
    def table(self) -> str:
        """`raw.<department>__<dataset>`, the dataset's table in the lake."""
        return f"raw.{self.dataset.replace('.', '__')}"


@dataclass(frozen=True)
class TableEvidence:
    """One table the product is made of (itself among them): the rules declared on it, its score, its version now."""

    table: str
    expected: tuple[str, ...]
    score: float | None
    data_version: str | None


@dataclass(frozen=True)
class QualityEvidence:
    """The newest result of every check on every table the product is made of.

    `smallest_group` is the number of persons or units in the smallest row of the product, counted from their ids where
    the agreement asks for a least number. `groups` is what is known of the persons behind all rows. `overrides` are the
    acts by which failing checks are to be set aside, whether or not they stand.
    """

    tables: tuple[TableEvidence, ...]
    checks: tuple[CheckResult, ...]
    smallest_group: int | None = None
    groups: GroupEvidence | None = None
    overrides: tuple[Override, ...] = ()

    def results(self, table: TableEvidence) -> tuple[CheckResult, ...]:
        """The results of the rules declared on a table; a rule that is no longer declared promises nothing."""
        return tuple(check for check in self.checks if check.table == table.table and check.rule in table.expected)


@dataclass(frozen=True)
class MaskedColumn:
    """One column that the agreement masks: the pattern that all its text has to match, and how many cells do not.

    `pattern` is None where nobody knows what the mask leaves, `unmasked` where it could not be counted. `past` are the
    source columns whose values come into it by a way without a declassifier, None where nobody looked."""

    column: str
    mask: str
    pattern: str | None
    unmasked: int | None
    past: tuple[str, ...] | None = None


@dataclass(frozen=True)
class PolicyEvidence:
    """What the files that are about to leave hold of the rows and masks that their recipient is promised, counted.

    `conditions` are those that it was held against, `rows` how many it was; `outside` rows keep not all of them, and
    `breaking` counts by column how many break that one. None where it could not be counted."""

    conditions: tuple[RowCondition, ...]
    masks: tuple[MaskedColumn, ...]
    rows: int | None
    outside: int | None
    breaking: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class ExecutionEvidence:
    """The SQL of one model that the product is made of: digests (SHA-256 in hex) of compiled texts.

    `executed` are all whose rows may be in the table as it stands, none where these are not known; `judged` those that
    lineage was read from. `version` is that of the table.
    """

    table: str
    executed: tuple[str, ...]
    judged: tuple[str, ...]
    version: str | None = None


@dataclass(frozen=True)
class Evidence:
    """Everything one product is judged by. `now` carries a time zone; `today` is the business date. `broken` are the
    version that the agreement wants and what of it breaks, where it promises less than it did without one. `policy` is
    what the files were found to hold of rows and masks; None where nobody looked."""

    now: datetime
    today: date
    candidate: ProductCandidate
    lineage: LineageEvidence
    sources: tuple[SourceEvidence, ...]
    quality: QualityEvidence = field(default_factory=lambda: QualityEvidence((), ()))
    executions: tuple[ExecutionEvidence, ...] = ()
    acts: ActEvidence | None = None
    broken: tuple[str, ...] = ()
    policy: PolicyEvidence | None = None

    def __post_init__(self) -> None:
        if self.now.tzinfo is None:
            raise ValueError("Evidence.now has no time zone; pass an aware datetime")

    @property
    def batches(self) -> tuple[str, ...]:
        """Every batch that reached the product, in order, each once."""
        return tuple(sorted({batch for source in self.sources for batch in source.batches}))

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON-ready data; dates in ISO 8601."""
        plain: dict[str, Any] = _plain(self)
        if not self.quality.overrides:
            del plain["quality"]["overrides"]  # as it was told before there were any
        return plain


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {item.name: _plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return str(value) if isinstance(value, str) else value
