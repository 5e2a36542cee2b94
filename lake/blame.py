"""Whose fault it is that the one scan of a delivery failed: a rule of the contract, or the file.

Asked only after a failure, by scanning again with fewer rules. Nothing is kept of what these scans compute.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import duckdb

from contracts.model import CodeSet, Dataset, Rule
from lake.readers.refusal import DeliveryRefused
from quality.conform import Delivered, conform_sql


@dataclass(frozen=True)
class FailedScan:
    """A scan that the engine gave up: of which dataset, over which delivery."""

    connection: duckdb.DuckDBPyConnection
    dataset: Dataset
    delivered: Delivered
    code_sets: Mapping[str, CodeSet]

    def blamed(self, file: str) -> DeliveryRefused | None:
        """The refusal that names the rule at fault; None where the scan fails without any, so that the file is."""
        columns = tuple(replace(column, rules=()) for column in self.dataset.columns)
        bare = replace(self.dataset, rules=(), columns=columns)
        rules = self._expressions()
        if not rules or self._fails(bare):
            return None
        guilty = next((rule for rule in rules if self._fails(replace(bare, rules=(rule,)))), None)
        if guilty is None:
            return None
        what = f"the contract's rule {guilty.name} cannot be evaluated on it"
        fix = "Correct the rule's sql, so that it is true, false or null of every row (try_cast rather than cast)."
        return DeliveryRefused(self.dataset.id, file, what, f"rule {guilty.name}", fix)

    def _expressions(self) -> list[Rule]:
        every = [*self.dataset.rules, *(rule for column in self.dataset.columns for rule in column.rules)]
        return [rule for rule in every if rule.kind == "expression"]

    def _fails(self, dataset: Dataset) -> bool:
        scan = conform_sql(dataset, self.delivered, self.code_sets)
        try:
            # All of it is computed: an expression that nobody reads would be left out.
            self.connection.execute(f"select count(*), count(_faults) from ({scan})").fetchall()
        except duckdb.Error:
            return True
        return False
