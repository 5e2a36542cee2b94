"""The executed gate: the SQL that lineage judged is the SQL that made the rows."""

from __future__ import annotations

from collections.abc import Iterator

from contracts.evidence import ExecutionEvidence
from contracts.violation import Violation
from lineage.gates.gate import Case, Gate

_RAW = "raw."
_SHOWN = 12


class ExecutedGate(Gate):
    """Each text whose rows are in the product, or in a model upstream, is one that lineage was read from.

    Texts are compared by the digest of the compiled SQL: of what lineage judged, and of what the engine was asked. A
    table that was changed by anything else than its recorded build is not known, and withholds.
    """

    name = "executed"
    title_zh = "所判即所行"
    title_en = "What was judged is what ran"

    def violations(self, case: Case) -> Iterator[Violation]:
        """Judge every model that the product is made of, itself first."""
        known = {one.table: one for one in case.evidence.executions}
        product = case.evidence.candidate.table
        made = {table.table for table in case.evidence.quality.tables if not table.table.startswith(_RAW)}
        for table in [product, *sorted((made | set(known)) - {product})]:
            yield from self._model(case, table, known.get(table))

    def _model(self, case: Case, table: str, one: ExecutionEvidence | None) -> Iterator[Violation]:
        if one is None or not one.executed:
            yield self.refuse(
                "executed_known",
                table,
                "nothing tells which SQL made the rows that it holds now",
                "run its model again; of an incremental one with full_refresh: true in its config, once",
            )
            return
        exported = case.evidence.candidate.data_version
        if table == case.evidence.candidate.table and one.version is not None and one.version != exported:
            yield self.refuse(
                "executed_version",
                table,
                f"version {exported or 'unknown'} was exported, and the recorded SQL made version {one.version}",
                "run the agreement again, with nothing else writing the lake",
                exported=exported,
                recorded=one.version,
            )
        strange = [digest for digest in one.executed if digest not in one.judged]
        if strange:
            yield self.refuse(
                "executed_judged",
                table,
                f"{len(strange)} of {len(one.executed)} texts that made its rows were not judged "
                f"(digest {', '.join(digest[:_SHOWN] for digest in strange)})",
                "run its model again as it is now; of an incremental one with full_refresh: true in its config, once",
                executed=list(one.executed),
                judged=list(one.judged),
            )
