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

MOST_ROWS = 10_000


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
    except Exception as error:
        found = {"refused": words(error)}
    sys.stdout.write(json.dumps(found) + "\n")
