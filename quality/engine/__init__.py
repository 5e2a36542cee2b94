"""Great Expectations on DuckDB: an execution engine that knows nothing of this project's contracts.

    from quality.engine import Redaction, Sight, run_suite
    import great_expectations.expectations as gxe

    result = run_suite(
        connection,                                  # an open DuckDB connection (a cursor of it for each thread)
        "lake.raw.police__residents",                # or Relation.query / .parquet / .csv / .arrow
        [gxe.ExpectColumnValuesToNotBeNull(column="name", severity="critical")],
        result_format={"result_format": "SUMMARY", "unexpected_index_column_names": ["_batch", "_row"]},
        redaction=Redaction.by_column({"_batch": Sight.PLAIN, "_row": Sight.PLAIN}),
    )

Great Expectations takes seconds to import, so nothing here imports it until it is used: ``Relation``,
``Redaction``, ``Sight`` and ``check_digits`` never do, every other name does when it is first touched. Custom
expectations are in ``quality.engine.expectations``.
"""

import importlib
from typing import Any

from quality.engine.redaction import Redaction, Sight
from quality.engine.relation import Relation

_LATE = {
    "DuckDBExecutionEngine": "quality.engine.execution_engine",
    "add_duckdb": "quality.engine.data_source",
    "refuse_unsupported": "quality.engine.registration",
    "run_suite": "quality.engine.run",
}

__all__ = ["Redaction", "Relation", "Sight", *_LATE]


def __getattr__(name: str) -> Any:
    """The names that need Great Expectations, imported when first touched."""
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_LATE[name]), name)
