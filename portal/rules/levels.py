"""The level of each column of a table on which a suite may be tried: as a contract declares it, else lineage's.

A column of which no level is known is not listed, and nobody tries a suite on its values.
"""

from __future__ import annotations

from contracts.model import Catalogue, Level
from lineage.graph import ColumnRef
from portal.lineage.known import Known

_LEVELS = frozenset(map(str, Level))
_OWN = dict.fromkeys(("_batch", "_delivery", "_row"), Level.L1)


def column_levels(catalogue: Catalogue, known: Known, table: str) -> dict[str, Level]:
    """Column -> level, as far as it is known."""
    schema, _, bare = table.partition(".")
    if schema in ("raw", "staging"):
        name = bare if schema == "raw" else bare.removeprefix("stg_")
        found = (one for one in catalogue.datasets.values() if one.table == name)
        return {**_OWN, **{column.name: column.level for one in found for column in one.columns}}
    lineage = known.now()
    if lineage is None:
        return {}
    relation = f"lake.{table}"
    refs = [ColumnRef(relation, name) for name in lineage.graph.columns.get(relation, ())]
    told = {ref.column: lineage.levels.effective(ref) for ref in refs}
    return {name: Level(level) for name, level in told.items() if level in _LEVELS}
