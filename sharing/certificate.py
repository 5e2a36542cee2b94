"""The certificate of a release: what was released, to whom, why, on what evidence, signed.

An in-toto Statement v1 whose subjects are the released files, in an envelope (`envelope.py`). Made and read here;
whether a release matches its certificate is judged in `verify.py`.

Source: https://github.com/in-toto/attestation/tree/main/spec/v1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from pydantic import Field, ValidationError

from contracts.category import Category
from contracts.evidence import FIRST_GATES, GATE_NAMES, SECOND_GATES, ColumnEvidence, Evidence
from contracts.model import Agreement, Level, OpenAttribute
from contracts.requested import Requested
from contracts.violation import Verdict
from sharing.canonical import agreement_digest, canonical_json, release_id
from sharing.chain import Head
from sharing.envelope import STATEMENT_TYPE, sign_payload
from sharing.faults import SharingRefused
from sharing.keys import Signer
from sharing.overridden import Acted, Overridden, is_played, overridden, used
from sharing.statement import Record, Subject

CERTIFICATE = "certificate.json"
PREDICATE_TYPE = "urn:zhongtai:release:v3"
_GATES: Mapping[str, tuple[str, ...]] = {
    "urn:zhongtai:release:v1": FIRST_GATES,
    "urn:zhongtai:release:v2": SECOND_GATES,
    PREDICATE_TYPE: GATE_NAMES,
}


class Terms(Record):
    """The agreement as the recipient accepted it; `digest` covers everything it says."""

    name: str
    digest: str
    title_zh: str
    title_en: str
    recipient: str
    purpose_code: str
    purpose: str
    legal_basis: str
    scope: str
    sharing_attribute: str
    level_ceiling: Level
    valid_from: date
    valid_until: date
    approvals: tuple[str, ...]
    impact_assessment: str | None
    category_ceiling: Category = Category.GENERAL
    untold_basis: str | None = None
    """The law by which the persons in it are not told of it; None where they are."""
    open_attribute: OpenAttribute = OpenAttribute.UNCONDITIONAL
    """Of what goes to the public: whether whoever wants it registers first."""


class ColumnTerms(Record):
    """One released column: Arrow type, what it is needed for, its level and where that comes from."""

    name: str
    type: str
    purpose: str
    level: Level
    direct: Level | None
    indirect: Level | None
    because: str
    category: Category = Category.GENERAL
    marks: tuple[str, ...] = ()
    mask: str | None = None
    """The mask that all its text shows, and the pattern by which that is proved: nothing else is in the files."""
    shape: str | None = None


class Scoped(Record):
    """A condition that every row of the files keeps: its value of a column, as text, is one of these."""

    column: str
    values: tuple[str, ...] = Field(min_length=1)


class Origin(Record):
    """One dataset that the release was made from."""

    dataset: str
    newest_delivery: date
    batches: tuple[str, ...]


class Declared(Record):
    """The checks declared on one table, by rule name, as often as each has a result."""

    table: str
    rules: tuple[str, ...] = Field(min_length=1)


class Checked(Record):
    """One check's result; rows are counts, and no value of the data is told."""

    table: str
    rule: str
    column: str | None
    dimension: str
    severity: str
    passed: bool
    rows: int
    failing_rows: int
    data_version: str


class Lowered(Record):
    """One use of a declassifier: the column whose level it lowers, who approved that, and when if that is said."""

    column: str
    declassifier: str
    approved_by: tuple[str, ...]
    approved_on: date | None


class Raised(Record):
    """A declared rule that made columns count for more than what flowed into them, and the numbers it was judged by."""

    rule: str
    source: str
    columns: tuple[str, ...]
    level: Level | None
    category: Category | None
    why: str
    numbers: dict[str, int]


class Witness(Record):
    """Where the ledger ended when the certificate was issued."""

    seq: int
    digest: str


class Tree(Record):
    """The ledger's tree when the certificate was issued (RFC 9162, 2.1): how many entries, and its root in hex."""

    size: int
    root: str


class Answers(Record):
    """The request that the agreement answers: its number, the digest of what is asked, the acts that approved it."""

    id: str
    digest: str
    acts: tuple[Acted, ...]


class Predicate(Record):
    """Everything the certificate says of the release beyond its files."""

    release_id: str
    agreement: Terms
    product: str
    rows: int
    columns: tuple[ColumnTerms, ...]
    sources: tuple[Origin, ...]
    lineage_digest: str
    declared_checks: tuple[Declared, ...]
    checks: tuple[Checked, ...]
    gates: tuple[str, ...]
    issued_at: datetime
    ledger: Witness | None
    lowered: tuple[Lowered, ...] = ()
    raised: tuple[Raised, ...] = ()
    again: int = 0
    """How often this very content was withdrawn before."""
    exact: bool = False
    """Whether the batches are those whose rows are in the files; else all that might be."""
    dossier: str | None = None
    """The digest of what the acts are over (`contracts.acts`)."""
    policy: str | None = None
    acts: tuple[Acted, ...] = ()
    tree: Tree | None = None
    request: Answers | None = None
    demonstration: bool = False
    """Whether persons were played by the platform: such a release is nobody's."""
    row_scope: tuple[Scoped, ...] = ()
    """What every row keeps, all of it; proved again by whoever verifies."""
    overrides: tuple[Overridden, ...] = ()
    """The failing checks in spite of which it was released, by whose word."""


class Statement(Record):
    """An in-toto Statement v1 on a release."""

    type: Literal["https://in-toto.io/Statement/v1"] = Field(alias="_type")
    subject: tuple[Subject, ...] = Field(min_length=1)
    predicate_type: Literal["urn:zhongtai:release:v1", "urn:zhongtai:release:v2", "urn:zhongtai:release:v3"] = Field(
        alias="predicateType"
    )
    predicate: Predicate

    @property
    def gates(self) -> tuple[str, ...]:
        """The gates that a certificate of its kind must name: those that there were when it was issued."""
        return _GATES[self.predicate_type]

    @property
    def names_batches(self) -> bool:
        """Whether the release's id speaks of the batches, too: of the first kinds it is that of files and agreement."""
        return self.predicate_type == PREDICATE_TYPE

    @property
    def batches(self) -> tuple[str, ...]:
        """Every batch that reached the release, in order, each once."""
        return tuple(sorted({batch for origin in self.predicate.sources for batch in origin.batches}))

    def encoded(self) -> bytes:
        """The statement in its one spelling; of overrides it speaks only where there are any."""
        told = self.model_dump(mode="json", by_alias=True)
        if not self.predicate.overrides:
            del told["predicate"]["overrides"]
        return canonical_json(told)


@dataclass(frozen=True)
class CertificateInputs:
    """What a certificate is made from besides the agreement: the evidence, what the gates said of it, and which gates.

    `ledger_head` makes the certificate a witness of the ledger up to that entry, `tree` (size, root in hex) of its
    tree. `again` counts how often this very content was withdrawn before.
    """

    evidence: Evidence
    verdict: Verdict
    gates: tuple[str, ...]
    ledger_head: Head | None = None
    tree: tuple[int, str] | None = None
    again: int = 0


def build_statement(
    agreement: Agreement, inputs: CertificateInputs, schema: Mapping[str, str], at: datetime
) -> Statement:
    """The statement on the files of the evidence. `schema` maps column to Arrow type, as read from those files.

    SharingRefused where the evidence lacks something that a certificate must say.
    """
    evidence = inputs.evidence
    try:
        files = evidence.candidate.files
        predicate = Predicate(
            release_id=identity_of(agreement, inputs),
            again=inputs.again,
            agreement=_terms(agreement),
            product=agreement.product,
            rows=evidence.candidate.rows,
            columns=tuple(_column(agreement, evidence, name, type_) for name, type_ in schema.items()),
            lineage_digest=evidence.lineage.digest,
            gates=tuple(inputs.gates),
            issued_at=at,
            ledger=Witness(**inputs.ledger_head.as_dict()) if inputs.ledger_head else None,
            tree=Tree(size=inputs.tree[0], root=inputs.tree[1]) if inputs.tree else None,
            row_scope=_row_scope(agreement, evidence),
            **_grounds(evidence),
        )
        subjects = tuple(Subject(name=file.name, digest={"sha256": file.sha256}) for file in files)
        return Statement.model_validate(
            {"_type": STATEMENT_TYPE, "subject": subjects, "predicateType": PREDICATE_TYPE, "predicate": predicate}
        )
    except (ValidationError, LookupError) as error:
        raise SharingRefused(
            "evidence_complete",
            agreement.name,
            f"the evidence lacks what a certificate must say ({type(error).__name__}{_places(error)})",
            "judge the product by the gates again; they name what is missing",
        ) from None


def identity_of(agreement: Agreement, inputs: CertificateInputs) -> str:
    """The id that a release of this evidence has."""
    files, batches = inputs.evidence.candidate.files, inputs.evidence.batches
    acts = [one.asked.digest for one in used(inputs.evidence)]
    return release_id(files, agreement_digest(agreement), batches, inputs.again, acts)


def _terms(agreement: Agreement) -> Terms:
    taken = {name: getattr(agreement, name) for name in Terms.model_fields if hasattr(agreement, name)}
    taken["sharing_attribute"] = str(agreement.sharing_attribute)
    return Terms(digest=agreement_digest(agreement), recipient=agreement.agency, **taken)


def _column(agreement: Agreement, evidence: Evidence, name: str, arrow: str) -> ColumnTerms:
    promised = {column.name: column for column in agreement.columns}[name]
    known = max(evidence.lineage.of(name), key=_effective, default=None)
    if known is None:
        raise LookupError(name)
    return ColumnTerms(
        name=name,
        type=arrow,
        purpose=promised.purpose,
        level=_effective(known),
        direct=known.levels.direct,
        indirect=known.levels.indirect,
        because=known.because,
        category=_category(known),
        marks=known.marks or (),
        mask=promised.mask,
        shape=_shape(evidence, name) if promised.mask else None,
    )


def _shape(evidence: Evidence, name: str) -> str:
    """The pattern that the files were held against; LookupError where they were not."""
    masks = evidence.policy.masks if evidence.policy else ()
    found = {one.column: one.pattern for one in masks if one.unmasked == 0}[name]
    if found is None:
        raise LookupError(name)
    return found


def _row_scope(agreement: Agreement, evidence: Evidence) -> tuple[Scoped, ...]:
    held = evidence.policy.conditions if evidence.policy and evidence.policy.outside == 0 else ()
    if agreement.rows != held:
        raise LookupError("scope.rows")
    return tuple(Scoped(column=one.column, values=one.values) for one in held)


def _category(column: ColumnEvidence) -> Category:
    if column.category is None:
        raise LookupError(column.name)
    return column.category


def _effective(column: ColumnEvidence) -> Level:
    if column.levels.effective is None:
        raise LookupError(column.name)
    return column.levels.effective


def _grounds(evidence: Evidence) -> dict[str, Any]:
    quality = evidence.quality
    names = [name for name in Checked.model_fields if name != "severity"]
    return {
        "sources": tuple(
            Origin.model_validate({name: getattr(one, name) for name in Origin.model_fields})
            for one in evidence.sources
        ),
        "declared_checks": tuple(Declared(table=one.table, rules=one.expected) for one in quality.tables),
        "checks": tuple(
            Checked(severity=str(check.severity), **{name: getattr(check, name) for name in names})
            for table in quality.tables
            for check in quality.results(table)
        ),
        "lowered": tuple(
            Lowered.model_validate({name: getattr(one, name) for name in Lowered.model_fields})
            for one in evidence.lineage.declassifications
        ),
        **_acted(evidence),
        "overrides": tuple(overridden(evidence)),
        "exact": all(one.exact for one in evidence.sources),
        "policy": evidence.lineage.policy,
        "raised": tuple(
            Raised.model_validate({name: getattr(one, name) for name in Raised.model_fields})
            for one in evidence.lineage.rises
        ),
    }


def _acted(evidence: Evidence) -> dict[str, Any]:
    known = evidence.acts
    if known is None:
        return {}
    counting = [one for one in known.approvals if one.counts]
    return {
        "dossier": known.digest,
        "acts": tuple(Acted(person=one.person, role=one.role, at=one.at, digest=one.digest) for one in counting),
        "request": _answers(known.request),
        "demonstration": known.demonstration or any(is_played(one) for one in used(evidence)),
    }


def _answers(found: Requested | None) -> Answers | None:
    if found is None:
        return None
    acts = tuple(Acted(person=one.person, role=one.role, at=one.at, digest=one.digest) for one in found.acts)
    return Answers(id=found.id, digest=found.digest, acts=acts)


def sign_statement(statement: Statement, signer: Signer) -> bytes:
    """The certificate file: a DSSE envelope with the city's signature."""
    return sign_payload(statement.encoded(), signer)


def parse_statement(payload: bytes) -> Statement:
    """The statement in a payload; SharingRefused for another predicate type, and for any field missing or unknown."""
    try:
        return Statement.model_validate_json(payload)
    except ValidationError as error:
        raise SharingRefused(
            "certificate_understood",
            CERTIFICATE,
            f"it does not say what a {PREDICATE_TYPE} certificate must say{_places(error)}",
            "verify it with the version of zhongtai that its publisher uses",
        ) from None


def _places(error: Exception) -> str:
    # Where, never what: a value in a damaged certificate may be anything.
    if not isinstance(error, ValidationError):
        return ""
    places = sorted({".".join(str(part) for part in item["loc"]) for item in error.errors()})
    return ": " + ", ".join(places[:5]) + (f" and {len(places) - 5} more" if len(places) > 5 else "")
