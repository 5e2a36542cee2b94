"""Great Expectations' own integration tests, run against the DuckDB engine.

    python -m tests.attack.gx_upstream          # prints one table; fails on any failure that `applies` does not explain

They ship in the source distribution of the installed release, which is downloaded into a scratch folder; nothing of it
is kept here. A plug-in (`duckdb_plugin`) puts DuckDB in the place of the data sources that they name. Which tests do
not apply, and why, is said in `applies`.
"""

from typing import Any


def run(seed: int = 0) -> dict[str, Any]:
    """What was tried, how much held, and each failure in words. ``seed`` is not used: the tests are always the same."""
    from tests.attack.gx_upstream.report import outcome

    found = outcome()
    return {
        "suite": "Great Expectations' own tests",
        "tried": found.passed + len(found.failed),
        "held": found.passed,
        "detail": [f"{test}: {why}" for test, why in found.failed.items()],
    }
