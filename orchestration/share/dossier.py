"""What an approval is over: the digest of each part of what a person is shown, and would see changed.

Declarations and SQL, as they were judged; not the rows, which change with every delivery and which the gates judge each
time. In a demonstration the persons that an agreement names are played, once. What acts must be there is the gate's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from contracts.acts import ActEvidence, Deed
from contracts.evidence import Evidence
from contracts.model import Agreement, Catalogue
from lake.acts import KIND, Acts, Persons, Said, actor, record_act, required
from lake.cases.answering import answered
from lake.city import City
from lake.overriding import Overrides
from sharing.canonical import agreement_digest, digest


def dossier(agreement: Agreement, evidence: Evidence) -> dict[str, str]:
    """Part -> digest: the agreement, the SQL of all models, its lineage, the policy, and how columns are classified."""
    columns = [
        (one.name, str(one.levels.effective), str(one.category), sorted(one.marks or ()))
        for one in evidence.lineage.columns
    ]
    lowered = [(one.column, one.declassifier) for one in evidence.lineage.declassifications]
    return {
        "agreement": agreement_digest(agreement),
        "model": digest(sorted((one.table, sorted(one.judged)) for one in evidence.executions)),
        "lineage": evidence.lineage.digest,
        "policy": str(evidence.lineage.policy),
        "classification": digest([sorted(columns), sorted(lowered)]),
    }


def acts_of(city: City, agreement: Agreement, evidence: Evidence) -> Evidence:
    """The evidence with what persons did about an agreement, approvals and overrides; in a demonstration those it names
    have signed what is seen first."""
    persons, parts = Persons.of(city.settings, city.catalogue), dossier(agreement, evidence)
    if city.catalogue.demonstration and not _acted(city, agreement):
        _play(city, persons, agreement, parts)
    known = Acts(city.ledger, persons)  # verified once
    told = replace(evidence, acts=evidence_of(known, agreement, parts))
    return with_overrides(known, city.catalogue, agreement, told)


def evidence_of(acts: Acts, agreement: Agreement, parts: Mapping[str, str]) -> ActEvidence:
    """What persons did about an agreement, and about the request that it names."""
    asked = answered(acts.ledger, acts.persons, agreement)
    return replace(acts.evidence(agreement, parts), request=asked)


def with_overrides(acts: Acts, catalogue: Catalogue, agreement: Agreement, evidence: Evidence) -> Evidence:
    """The evidence with what persons asked to be set aside of its failing checks, as the ledger has it now."""
    departments = {source.dataset.partition(".")[0] for source in evidence.sources}
    found = Overrides(acts, catalogue).of(agreement.name, departments)
    return replace(evidence, quality=replace(evidence.quality, overrides=found))


def _acted(city: City, agreement: Agreement) -> bool:
    return city.ledger.latest(KIND, agreement.name) is not None


def _play(city: City, persons: Persons, agreement: Agreement, parts: Mapping[str, str]) -> None:
    for name in required(agreement) if persons.plays else ():
        said = Said(city.now(), "played: this city is a demonstration")
        record_act(
            city.ledger,
            actor(persons, name).act(Deed.APPROVE, agreement.name, parts, said),
            city.now(),
            city.run_id or None,
        )
