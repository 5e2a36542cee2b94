"""The diligence record of an open dataset: what was looked at before it was opened, by whom, and what came of it.

All of it is on the certificate, which is signed; nothing is judged here.
"""

from __future__ import annotations

from typing import Any

from portal.open.datasets import OpenDataset


def record(one: OpenDataset) -> dict[str, Any]:
    """The record as JSON-ready data."""
    said = one.version.statement.predicate
    terms = said.agreement
    return {
        "dataset": one.id,
        "title": {"zh": terms.title_zh, "en": terms.title_en},
        "release": said.release_id,
        "released": said.issued_at.isoformat(),
        "demonstration": said.demonstration,
        "legal_basis": terms.legal_basis,
        "licence": vars(one.licence) if one.licence else None,
        "level_ceiling": str(terms.level_ceiling),
        "columns": [{"name": each.name, "level": str(each.level), "purpose": each.purpose} for each in said.columns],
        "sources": [
            {"dataset": each.dataset, "newest_delivery": each.newest_delivery.isoformat()} for each in said.sources
        ],
        "gates": list(said.gates),
        "checks": [
            {
                "table": each.table,
                "rule": each.rule,
                "dimension": each.dimension,
                "severity": each.severity,
                "passed": each.passed,
                "rows": each.rows,
                "failing_rows": each.failing_rows,
            }
            for each in said.checks
        ],
        "lowered": [each.model_dump(mode="json") for each in said.lowered],
        "approvals": list(terms.approvals),
        "acts": [each.model_dump(mode="json") for each in said.acts],
    }
