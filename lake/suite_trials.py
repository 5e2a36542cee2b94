"""A suite written by hand on a sample of its table: counts by check, and no value. Great Expectations runs in here.

The lake is opened for reading alone. What a suite may be is `suite_desk`'s, and so is asking for this from elsewhere.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from contracts.model import Catalogue
from contracts.sql_text import identifier
from lake.attach import open_lake
from lake.failure import words
from lake.settings import Settings
from lake.suite_desk import Judged, expect_sound, judged
from quality.rules import suite_rules
from sharing.faults import SharingRefused

MOST_ROWS = 10_000
LEAST_ROWS = 30
"""Of fewer rows each count is nearly a row."""
FEW = 5
"""A count below it is not told at a desk."""


def tried(settings: Settings, catalogue: Catalogue, what: Judged, rows: int) -> dict[str, Any]:
    """What a sound suite says of a bounded sample of its table: counts by check."""
    from quality.suites import Subject, check_table  # takes seconds

    suite = expect_sound(what)
    with open_lake(settings, read_only=True) as connection:
        schema, name = suite.table.split(".", 1)
        relation = f"lake.{identifier(schema)}.{identifier(name)}"
        columns = connection.execute(f"select * from {relation} limit 0").description or ()
        # Always the same rows, however they lie: the first in the order of all columns.
        order = ", ".join(str(number) for number in range(1, len(columns) + 1))
        sample = f"select * from {relation} order by {order} limit {min(max(1, rows), MOST_ROWS)}"
        subject = Subject(suite.table, suite_rules(suite), "sample", catalogue.code_sets, sample=sample)
        found = check_table(connection, subject)
    return {
        "table": suite.table,
        "suite": suite.name,
        "sample": next((one.rows for one in found if one.rows is not None), None),
        "checks": [
            {
                "rule": one.rule,
                "severity": str(one.severity),
                "passed": one.passed,
                "rows": one.rows,
                "failing_rows": one.failing_rows,
                "error": one.error,
            }
            for one in found
        ],
    }


def told_to_desks(found: dict[str, Any]) -> dict[str, Any]:
    """A trial's answer as a desk may have it. SharingRefused for a sample of few rows; counts of few are not told."""
    sample = found["sample"]
    if sample is None or sample < LEAST_ROWS:
        text = f"the sample has {sample or 0} rows, too few to be told of by counts"
        raise SharingRefused(
            "suite_sample", found["table"], text, f"a table, and a sample, of at least {LEAST_ROWS} rows"
        )
    return {**found, "checks": [_coarse(one) for one in found["checks"]]}


def _coarse(check: dict[str, Any]) -> dict[str, Any]:
    """`few` says of which rows there are fewer than 5, "failing" or "holding"; how many is then not told."""
    rows, failing = check["rows"], check["failing_rows"]
    if rows is None or failing is None:
        return {**check, "few": ""}
    few = "failing" if failing < FEW else "holding" if rows - failing < FEW else ""
    return {**check, "failing_rows": None if few else failing, "few": few}


def tried_here() -> None:
    """The other end: asked on standard input, told on standard output."""
    from lake.city import declarations
    from lake.settings import load_settings, silence_libraries

    silence_libraries()
    asked = json.loads(sys.stdin.read())
    try:
        settings = load_settings(None)
        catalogue = declarations(settings)
        found = tried(settings, catalogue, judged(catalogue, asked["table"], asked["text"]), int(asked["rows"]))
        found = told_to_desks(found)
    except SharingRefused as refusal:
        found = {"refused": refusal.fault.message, "fix": refusal.fault.fix}
    except Exception as error:
        found = {"refused": words(error)}
    sys.stdout.write(json.dumps(found) + "\n")
