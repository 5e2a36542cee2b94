"""One product that may leave, and small ways to spoil it. Used by the tests of gates and of sharing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from contracts.acts import ActEvidence, Approval
from contracts.anonymity import Difference, GroupEvidence
from contracts.category import Category
from contracts.evidence import (
    CandidateFile,
    ColumnEvidence,
    Declassification,
    Evidence,
    ExecutionEvidence,
    Levels,
    LineageEvidence,
    MaskedColumn,
    Objection,
    PolicyEvidence,
    ProductCandidate,
    QualityEvidence,
    SourceColumn,
    SourceEvidence,
    TableEvidence,
)
from contracts.model import Agreement, Level, LogicalType, ProductColumn, RowCondition, SharingAttribute
from contracts.violation import CheckResult, Severity

NOW = datetime(2026, 6, 1, 8, 30, tzinfo=UTC)
TODAY = date(2026, 6, 1)
PRODUCT = "product.elderly_subsidy_candidates"
RAW = "raw.public_security__residents"
RESIDENTS = "public_security.residents"
OFFICE = "data-office@city.example"


def weekdays(start: date, end: date) -> int:
    """Days, all of them working ones: calendars are not the gates' business."""
    return (end - start).days


def column(name: str, type_: LogicalType = LogicalType.STRING, **changes: Any) -> ProductColumn:
    return replace(ProductColumn(name, type_, name, name, "identify the payee", required=True), **changes)


def agreement(**changes: Any) -> Agreement:
    sound = Agreement(
        name="civil_affairs__elderly_subsidy",
        agency="civil_affairs",
        product="elderly_subsidy_candidates",
        title_zh="高龄津贴核发",
        title_en="Old-age subsidy",
        purpose="pay the old-age subsidy",
        purpose_code="welfare_payment",
        legal_basis="regulation on subsidies",
        level_ceiling=Level.L3,
        sharing_attribute=SharingAttribute.CONDITIONAL,
        scope="residents aged 80 and over",
        valid_from=date(2026, 1, 1),
        valid_until=date(2026, 12, 31),
        columns=(column("person_id"), column("age", LogicalType.INTEGER)),
        allowed_purposes=("welfare_payment", "statistics"),
        freshness_working_days=10,
        minimum_score=90.0,
        minimum_group=5,
        impact_assessment="PIA-2026-007",
        approvals=(OFFICE,),
    )
    return replace(sound, **changes)


def check(table: str = PRODUCT, **changes: Any) -> CheckResult:
    sound = CheckResult(table, "grain", "accuracy", Severity.ERROR, True, 100, 0, "person_id", data_version="v1")
    return replace(sound, **changes)


def source_column(**changes: Any) -> SourceColumn:
    return replace(SourceColumn(RESIDENTS, "resident_id", SharingAttribute.CONDITIONAL), **changes)


def lineage_column(name: str = "person_id", **changes: Any) -> ColumnEvidence:
    levels = Levels(direct=Level.L3, indirect=Level.L2, effective=Level.L3)
    sound = ColumnEvidence(
        name,
        levels,
        (source_column(),),
        because="residents.resident_id",
        category=Category.GENERAL,
        marks=("personal",),
    )
    return replace(sound, **changes)


def source(**changes: Any) -> SourceEvidence:
    sound = SourceEvidence(RESIDENTS, SharingAttribute.CONDITIONAL, date(2026, 5, 25), 20, ("b1", "b2"))
    return replace(sound, **changes)


def candidate(**changes: Any) -> ProductCandidate:
    sound = ProductCandidate(
        product="elderly_subsidy_candidates",
        columns={"person_id": "VARCHAR", "age": "BIGINT"},
        rows=100,
        files=(CandidateFile("part-0.parquet", "0" * 64, 1000),),
        nulls={"person_id": 0, "age": 0},
        data_version="v1",
    )
    return replace(sound, **changes)


def lineage(**changes: Any) -> LineageEvidence:
    sound = LineageEvidence("d" * 64, (lineage_column(), lineage_column("age")), objections=())
    return replace(sound, **changes)


def quality(**changes: Any) -> QualityEvidence:
    tables = (TableEvidence(PRODUCT, ("grain",), 99.0, "v1"), TableEvidence(RAW, ("grain",), 97.0, "v1"))
    return replace(QualityEvidence(tables, (check(), check(RAW)), smallest_group=7, groups=groups()), **changes)


def groups(**changes: Any) -> GroupEvidence:
    """A statistic of groups that are large enough."""
    sound = GroupEvidence(10, True, grouped=True, smallest=12, smallest_class=12, differences=(difference(),))
    return replace(sound, **changes)


def difference(**changes: Any) -> Difference:
    return replace(Difference("civil_affairs__other", "sibling", cells=9, small=0), **changes)


def with_groups(**changes: Any) -> Evidence:
    return evidence(quality=quality(groups=groups(**changes)))


def evidence(**changes: Any) -> Evidence:
    sound = Evidence(NOW, TODAY, candidate(), lineage(), (source(),), quality(), (execution(),), acts())
    return replace(sound, **changes)


def approval(**changes: Any) -> Approval:
    return replace(Approval(OFFICE, "officer", NOW, "5" * 64, "7" * 64), **changes)


def acts(*approvals: Approval, **changes: Any) -> ActEvidence:
    """Whoever the agreement names has signed what is to leave."""
    sound = ActEvidence({"agreement": "a" * 64}, "6" * 64, approvals or (approval(),), required=(OFFICE,))
    return replace(sound, **changes)


def execution(table: str = PRODUCT, **changes: Any) -> ExecutionEvidence:
    """The one text that made a table, which is the one that was judged."""
    return replace(ExecutionEvidence(table, ("a" * 64,), ("a" * 64,), "v1"), **changes)


def with_column(**changes: Any) -> Evidence:
    """The evidence with the lineage of `person_id` changed."""
    return evidence(lineage=lineage(columns=(lineage_column(**changes), lineage_column("age"))))


def with_checks(*checks: CheckResult) -> Evidence:
    """The evidence with the results on the product table replaced."""
    return evidence(quality=quality(checks=(*checks, check(RAW))))


def with_table(**changes: Any) -> Evidence:
    """The evidence with what is known of the raw table changed."""
    product, raw = quality().tables
    return evidence(quality=quality(tables=(product, replace(raw, **changes))))


def with_audits(attribute: SharingAttribute) -> Evidence:
    """The evidence with a second dataset, of which no column flows anywhere."""
    tables = (*quality().tables, TableEvidence("raw.tax__audits", ("grain",), 95.0, "v1"))
    checks = (*quality().checks, check("raw.tax__audits"))
    audits = source(dataset="tax.audits", sharing_attribute=attribute)
    return evidence(sources=(source(), audits), quality=quality(tables=tables, checks=checks))


def declassified(held: bool | None, **changes: Any) -> Evidence:
    """`person_id` with a declassifier recorded on it."""
    found = (Declassification("person_id", "suppress_small_cells", held, approved_by=(OFFICE,)),)
    columns = (lineage_column(**changes), lineage_column("age"))
    return evidence(lineage=lineage(columns=columns, declassifications=found))


def objected(rule: str) -> Evidence:
    """The evidence with one objection of lineage to `person_id`."""
    return evidence(
        lineage=lineage(objections=(Objection(rule, "person_id", "it is unfit", "make it fit", {"most": 1}),))
    )


def approved(**changes: Any) -> Evidence:
    """`person_id` with a declassifier that held and was approved, as changed."""
    sound = Declassification("person_id", "declassify_year", True, approved_by=(OFFICE,))
    return evidence(lineage=lineage(declassifications=(replace(sound, **changes),)))


CONDITION = RowCondition("age", ("80", "81"))


def scoped(**changes: Any) -> Agreement:
    """An agreement on rows of two ages alone, with persons under pseudonyms."""
    columns = (column("person_id", mask="pseudonym"), column("age", LogicalType.INTEGER))
    return agreement(columns=columns, rows=(CONDITION,), **changes)


def masked(**changes: Any) -> MaskedColumn:
    return replace(MaskedColumn("person_id", "pseudonym", "[0-9a-f]{64}", 0, ()), **changes)


def counted(**changes: Any) -> Evidence:
    """The evidence on a product that keeps what `scoped` says, with what was counted in its files changed."""
    seen = PolicyEvidence((CONDITION,), (masked(),), 100, 0, {"age": 0})
    return evidence(policy=replace(seen, **changes), lineage=pseudonymised())


def pseudonymised(name: str = "person_id") -> LineageEvidence:
    """Lineage of a product of which one column is a pseudonym."""
    used = (Declassification(name, "declassify_pseudonym", True, approved_by=(OFFICE,)),)
    return lineage(declassifications=used)
