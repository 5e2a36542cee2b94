"""Suites written by hand, as a steward works on them: judged as a file would be, tried on a sample, kept as a draft.

Nothing here is ever in force: what is saved is a change for review, beside the drafts of requests. A trial reads the
lake in a process of its own and writes nothing. Whoever calls records the look before, since values decide it.
"""

from __future__ import annotations

import difflib
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contracts.cross_rules import Suite
from contracts.faults import Fault
from contracts.json_text import JsonDocument
from contracts.model import Catalogue
from contracts.reading_suites import TABLE, read_suite, suite_tables
from lake.cases.drafts import PATCH
from lake.settings import Settings, child_environment
from sharing.canonical import digest
from sharing.durable import make_folder, write_file
from sharing.faults import SharingRefused

LONGEST, SECONDS = 200_000, 120
_CHILD = "from lake.suite_trials import tried_here; tried_here()"


@dataclass(frozen=True)
class Judged:
    """A suite's text, judged: the suite, or what is wrong with the text."""

    table: str
    text: str
    suite: Suite | None
    faults: tuple[Fault, ...]


def known_tables(catalogue: Catalogue) -> dict[str, frozenset[str] | None]:
    """The tables that a suite may be written on, with their columns where these are declared."""
    return suite_tables(catalogue.datasets.values(), catalogue.domains.values(), catalogue.agreements.values())


def place_of(table: str) -> str:
    """Where the suite of a table lies in a workspace."""
    return f"contracts/suites/{table}.json"


def judged(catalogue: Catalogue, table: str, text: str) -> Judged:
    """A suite's text, judged as the file that it would be. SharingRefused for no table, and for a text without end."""
    tables = known_tables(catalogue)
    if not TABLE.fullmatch(table) or table not in tables:
        raise SharingRefused("suite_table", table, "there is no such table", "name one that declarations know")
    if len(text) > LONGEST:
        raise SharingRefused("suite_length", table, f"it has {len(text)} signs", f"at most {LONGEST} in one suite")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / place_of(table)
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8", errors="replace")
        document = JsonDocument(path, Path(folder))
        suite = read_suite(document, tables) if document.usable else None
    return Judged(table, text, suite, tuple(document.faults))


# On a sample


def expect_sound(what: Judged) -> Suite:
    """The suite. SharingRefused with the first fault where its text is none."""
    if what.suite is None:
        first = what.faults[0] if what.faults else None
        told = str(first) if first else "it is empty"
        raise SharingRefused("suite_sound", what.table, told, "mend what it names")
    return what.suite


def tried_apart(settings: Settings, what: Judged, rows: int) -> dict[str, Any]:
    """What a suite says of a sample (`suite_trials`), asked in a process of its own: whoever serves has no Great
    Expectations. SharingRefused where it cannot be told."""
    asked = json.dumps({"table": what.table, "text": what.text, "rows": rows})
    try:
        done = subprocess.run(  # noqa: S603 - a program of our own; what is asked goes in as data
            [sys.executable, "-c", _CHILD],
            input=asked,
            env=child_environment(settings),
            cwd=Path(__file__).parent.parent,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except (subprocess.TimeoutExpired, ValueError, IndexError, OSError):
        fix = "ask for fewer rows, or try it later"
        raise SharingRefused("suite_tried", what.table, "the trial did not come to an end", fix) from None
    if "refused" in found:
        fix = str(found.get("fix", "see that a run has made the table"))
        raise SharingRefused("suite_tried", what.table, str(found["refused"]), fix)
    return found


# As a change for review


def current_text(catalogue: Catalogue, table: str) -> str:
    """The suite that is in force on a table; a first one, of nothing but its form, where there is none."""
    path = catalogue.root / place_of(table)
    if path.is_file():
        return path.read_text("utf-8", "replace")
    columns = sorted(one for one in known_tables(catalogue).get(table) or () if not one.startswith("_"))
    first = {
        "type": "expect_column_values_to_not_be_null",
        "kwargs": {"column": columns[0] if columns else "…", "mostly": 0.95},
        "severity": "warning",
        "meta": {"id": "present", "dimension": "completeness", "notes": "…"},
    }
    told = {"name": table.replace(".", "_"), "expectations": [first], "meta": {}}
    return json.dumps(told, ensure_ascii=False, indent=2) + "\n"


def draft_suite(settings: Settings, catalogue: Catalogue, what: Judged) -> tuple[Path, Mapping[str, Any]]:
    """Keep a sound suite as a change for review: the file, and a patch for `git apply`. Its folder, and what to record.

    The same text is the same draft. SharingRefused for one that is not sound, or changes nothing."""
    expect_sound(what)
    place, text = place_of(what.table), what.text.replace("\r\n", "\n").rstrip("\n") + "\n"
    path = catalogue.root / place
    before = path.read_text("utf-8", "replace") if path.is_file() else None
    if before == text:
        raise SharingRefused("draft_needed", what.table, "it is what is in force already", "change it first")
    number = digest({"place": place, "text": text})[:10]
    folder = settings.state / "drafts" / f"suite-{what.table}-{number}"
    make_folder((folder / place).parent)
    write_file(folder / place, text.encode())
    write_file(folder / PATCH, _patch(place, before, text).encode())
    return folder, {"subject": f"suite.{what.table}", "folder": folder.name, "digest": digest(text)}


def _patch(place: str, before: str | None, after: str) -> str:
    """One file's change as git writes it."""
    old, new = (before or "").splitlines(keepends=True), after.splitlines(keepends=True)
    if old and not old[-1].endswith("\n"):
        old[-1] += "\n\\ No newline at end of file\n"
    lines = difflib.unified_diff(old, new, f"a/{place}" if before is not None else "/dev/null", f"b/{place}")
    head = f"diff --git a/{place} b/{place}\n" + ("new file mode 100644\n" if before is None else "")
    return head + "".join(lines)
