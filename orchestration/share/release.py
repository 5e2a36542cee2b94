"""One agreement, end to end: candidate, evidence, verdict, and the release or withdrawal that follows from it.

A withheld product leaves the last good release standing; an agreement that ended withdraws it.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from contracts.evidence import GATE_NAMES, Evidence
from contracts.model import Agreement
from contracts.violation import Outcome, Verdict, Violation
from contracts.working_days import working_days_between
from lake import facts
from lake.city import City
from lake.failure import words
from lake.held import keep_index
from lake.login import login_name
from lake.standing import recalled_in
from lake.unbelieved import withdraw_unbelieved
from lake.uncovered import withdraw_uncovered
from lineage.gates.registry import judge
from orchestration.share import classified, privacy
from orchestration.share.candidate import ProductMissing, export_candidate
from orchestration.share.dossier import acts_of
from orchestration.share.evidence import Gatherer, held_draft
from sharing.certificate import CertificateInputs
from sharing.faults import SharingRefused
from sharing.recall import release_entry
from sharing.release import publish
from sharing.switches import record_switch


def share(gatherer: Gatherer, agreement: Agreement) -> Verdict:
    """Judge and, if nothing withholds it, release the product of an agreement. The verdict is in the ledger."""
    folder = gatherer.city.settings.scratch / "candidates" / agreement.name
    try:
        return _share(gatherer, agreement, folder)
    except duckdb.FatalException:
        raise
    except Exception as error:
        # What cannot be judged is withheld, and stops no other agreement.
        fix = "mend what it names, then run again; the release before stays as it is"
        verdict = _withheld(agreement, "evidence", "judged", f"it could not be judged: {words(error)}", fix)
        return _conclude(gatherer.city, agreement, verdict, {})
    finally:
        # A product that may not leave lies open here, and not encrypted as in the lake.
        shutil.rmtree(folder, ignore_errors=True)
        held_draft(folder).unlink(missing_ok=True)


def _share(gatherer: Gatherer, agreement: Agreement, folder: Path) -> Verdict:
    city = gatherer.city
    missing = gatherer.unmade(agreement.product)
    if missing:
        return _conclude(city, agreement, _withheld(agreement, "contract", "product_made", *missing), {})
    try:
        candidate = export_candidate(city.connection, agreement.product, folder)
    except ProductMissing as error:
        results = gatherer.results.get(f"product.{agreement.product}", [])
        reasons = [result.reason for result in results if result.reason]
        message = "; ".join([str(error), *reasons])
        fix = "mend the model, then run again" if reasons else "run the model, then the agreement again"
        return _conclude(city, agreement, _withheld(agreement, "contract", "product_built", message, fix), {})
    left = recalled_in(city.connection, candidate.table)
    if left:
        # Models were not made since: of what lineage knows nothing, the table itself does.
        message = f"rows of recalled batches ({', '.join(left)}) may still be in the table"
        fix = "run `zhongtai run` whole, so that its models are made without them"
        return _conclude(city, agreement, _withheld(agreement, "contract", "batch_not_recalled", message, fix), {})
    evidence = gatherer.evidence(agreement, candidate, folder)
    evidence = acts_of(city, agreement, evidence)
    verdict = judge(agreement, evidence, working_days=_working_days(city))
    details: dict[str, Any] = {"rows": candidate.rows, "evidence": evidence.as_dict()}
    if verdict.outcome is Outcome.RELEASED:
        privacy.record(city, agreement, privacy.content_of(candidate), evidence.lineage.spends)
        verdict, released = _publish(city, agreement, evidence, verdict)
        details |= released
    classified.record(city, agreement, evidence.lineage, released=verdict.outcome is Outcome.RELEASED)
    return _conclude(city, agreement, verdict, details)


def _publish(city: City, agreement: Agreement, evidence: Evidence, verdict: Verdict) -> tuple[Verdict, dict[str, Any]]:
    folder = city.settings.scratch / "candidates" / agreement.name
    withdraw_unbelieved(city, agreement.name)
    inputs = CertificateInputs(evidence, verdict, GATE_NAMES, city.ledger.head(), city.ledger.tree())
    try:
        release = publish(city.settings.releases, agreement, folder, inputs, city.signer, city.now())
    except SharingRefused as error:
        return _withheld(agreement, "release", error.rule, str(error), error.fix), {}
    keep_index(city.settings, agreement.name, release.release_id, held_draft(folder))
    # Also when a run died between the switch and the ledger, or other batches gave the same bytes.
    entry = release_entry(city.ledger, release, evidence.batches)
    if entry is not None:
        groups = evidence.quality.groups
        counts = list(groups.counts) if groups else []
        city.ledger.append(
            "release", {**entry, "counts": counts, "run_id": city.run_id, "by": login_name()}, city.now()
        )
    record_switch(city.ledger, agreement.name, release.release_id, city.now())
    return verdict, {"release_id": release.release_id, "path": str(release.path)}


def _conclude(city: City, agreement: Agreement, verdict: Verdict, details: dict[str, Any]) -> Verdict:
    if verdict.outcome is Outcome.WITHHELD and not agreement.valid_from <= city.today() <= agreement.valid_until:
        verdict = _withdraw(city, agreement, verdict)
    facts.record_verdict(city, verdict, details)
    return verdict


def _withdraw(city: City, agreement: Agreement, verdict: Verdict) -> Verdict:
    gone = withdraw_uncovered(city, agreement.name)
    return replace(verdict, outcome=Outcome.WITHDRAWN) if gone else verdict


def _withheld(agreement: Agreement, gate: str, rule: str, message: str, fix: str) -> Verdict:
    violation = Violation(gate, rule, f"product.{agreement.product}", message, fix)
    return Verdict(agreement.name, agreement.product, Outcome.WITHHELD, (violation,))


def _working_days(city: City) -> Any:
    def count(start: date, end: date) -> int:
        return working_days_between(start, end, city.catalogue.calendar)

    return count
