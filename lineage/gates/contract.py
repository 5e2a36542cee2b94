"""The contract gate: the files are what the agreement promised, made from deliveries that kept their contracts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from contracts.evidence import SourceEvidence
from contracts.model import LogicalType, ProductColumn
from contracts.violation import Violation
from lineage.gates.gate import Case, Gate
from lineage.gates.recipient_policy import policy_violations

TYPES: dict[LogicalType, str] = {
    LogicalType.STRING: r"VARCHAR",
    LogicalType.INTEGER: r"U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)",
    LogicalType.DECIMAL: r"DECIMAL\(\d+, ?\d+\)",
    LogicalType.NUMBER: r"FLOAT|DOUBLE",
    LogicalType.BOOLEAN: r"BOOLEAN",
    LogicalType.DATE: r"DATE",
    LogicalType.TIME: r"TIME",
    LogicalType.TIMESTAMP: r"TIMESTAMP(_S|_MS|_NS)?|TIMESTAMP WITH TIME ZONE",
}
"""The DuckDB types that keep each promised type. A HUGEINT becomes DOUBLE in Parquet, so sums need a cast."""


class ContractGate(Gate):
    """The files hold exactly what the agreement promises, and every delivery upstream kept its own contract.

    Withholds an agreement that promises less than before without a version that says so; a promised column that is
    missing, of another type, or null where it is required; files that are missing or of another product; a source that
    is not recorded, whose last delivery failed, that has no batch, or whose batch was recalled; and rows outside the
    agreed scope, or cells without the agreed mask.
    """

    name = "contract"
    title_zh = "契约"
    title_en = "Contract"

    def violations(self, case: Case) -> Iterator[Violation]:
        """Compare the candidate with the agreement, then look at each source."""
        yield from self._promise(case)
        yield from self._files(case)
        for column in case.agreement.columns:
            yield from self._column(case, column)
        yield from policy_violations(self, case)
        yield from self._sources(case)
        for source in case.evidence.sources:
            yield from self._source(source)

    def _promise(self, case: Case) -> Iterator[Violation]:
        if not case.evidence.broken:
            return
        wanted, *broken = case.evidence.broken
        yield self.refuse(
            "promise_kept",
            case.subject,
            f"it promises {case.agreement.agency} less than it did: {'; '.join(broken)}",
            f"tell the recipient, and say version: {wanted} or higher in the agreement; or take the change back",
            wants_version=wanted,
            broken=broken,
        )

    def _files(self, case: Case) -> Iterator[Violation]:
        candidate = case.evidence.candidate
        if candidate.product != case.agreement.product:
            yield self.refuse(
                "product",
                candidate.table,
                f"the files are of product {candidate.product}, the agreement is on {case.agreement.product}",
                "export the product that the agreement names",
            )
        if not candidate.files or not candidate.columns or candidate.rows < 0:
            yield self.refuse(
                "files",
                candidate.table,
                f"there is nothing to judge: {len(candidate.files)} files, {len(candidate.columns)} columns",
                f"build the product: `zhongtai run --select {candidate.product}`",
                files=len(candidate.files),
                rows=candidate.rows,
            )
        if not case.agreement.columns:
            yield self.refuse(
                "columns_promised",
                case.subject,
                "the agreement promises no column",
                "list the columns the recipient needs",
            )

    def _column(self, case: Case, promised: ProductColumn) -> Iterator[Violation]:
        candidate, subject = case.evidence.candidate, case.column(promised.name)
        found = candidate.columns.get(promised.name)
        if found is None:
            yield self.refuse(
                "column_present",
                subject,
                f"the agreement promises {promised.name}; the files have {', '.join(candidate.columns) or 'no column'}",
                "select the column in the product model, or take it out of the agreement",
            )
        elif not re.fullmatch(TYPES[promised.type], found):
            yield self.refuse(
                "column_type",
                subject,
                f"the agreement promises {promised.type}; the files hold {found}",
                f"cast {promised.name} in the product model, or correct its type in the agreement",
                promised=str(promised.type),
                found=found,
            )
        elif promised.required and candidate.nulls.get(promised.name) != 0:
            nulls = candidate.nulls.get(promised.name)
            yield self.refuse(
                "column_required",
                subject,
                f"required, and {'an unknown number' if nulls is None else nulls} of {candidate.rows} rows are null",
                "leave such rows out in the product model, or promise the column as not required",
                nulls=nulls,
                rows=candidate.rows,
            )

    def _sources(self, case: Case) -> Iterator[Violation]:
        recorded = {source.dataset for source in case.evidence.sources}
        named = {source.dataset for column in case.evidence.lineage.columns for source in column.sources}
        table = case.evidence.candidate.table
        if not recorded:
            yield self.refuse(
                "sources_known",
                table,
                "it is not known which datasets the product is made of",
                "run `zhongtai lineage` on the product's columns and resolve what is unknown",
            )
        for dataset in sorted(named - recorded):
            yield self.refuse(
                "sources_known",
                f"{table} <- {dataset}",
                f"lineage names {dataset} as a source, and no delivery of it is recorded",
                "land a delivery of the dataset, then run again",
            )

    def _source(self, source: SourceEvidence) -> Iterator[Violation]:
        if source.failure is not None:
            yield self.refuse(
                "delivery_accepted",
                source.dataset,
                f"the last delivery failed: {source.failure}",
                "have the department deliver again, or correct the dataset's contract, then run again",
            )
        if not (source.taken or source.batches):
            yield self.refuse(
                "batches_known",
                source.dataset,
                "no accepted batch is recorded",
                "land a delivery of the dataset, then run again",
            )
        for batch in source.recalled:
            yield self.refuse(
                "batch_not_recalled",
                source.dataset,
                f"batch {batch} was recalled and its rows are still in the product",
                "run `zhongtai run` whole, which leaves its rows out of what the product is made of",
                batch=batch,
            )
