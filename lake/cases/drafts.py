"""Where drafts lie: a folder for each request, with the change as files and as one patch; and the step that says so."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

from contracts.model import Catalogue
from lake.cases.acting import record
from lake.cases.drafting import Draft, draft
from lake.settings import Settings
from sharing.cases.law import Case
from sharing.cases.steps import Step
from sharing.cases.vocabulary import Doing, Seat
from sharing.durable import make_folder, remove_file, write_file
from sharing.faults import SharingRefused
from sharing.ledger import Ledger

PATCH = "change.patch"


def folder_of(settings: Settings, case: str) -> Path:
    """Where the draft of a case lies."""
    return settings.state / "drafts" / case


def write_draft(ledger: Ledger, case: Case, catalogue: Catalogue, folder: Path, at: datetime) -> Draft:
    """Draft a case's change into a folder in place of an earlier draft, and put the step into the ledger.

    The same again writes the same. SharingRefused as `drafting.draft`, and for a folder that holds anything else.
    """
    made = draft(case, catalogue, ledger)
    stale = _stale(folder, made)
    for place, text in made.files.items():
        _write(folder / place, text)
    for path in stale:
        remove_file(path)
    # Last: until then the earlier patch says which files were drafted before.
    _write(folder / PATCH, made.patch)
    if case.agreement != made.agreement:
        record(ledger, Step(case.id, Doing.DRAFT, Seat.PLATFORM, at, over=case.asked.digest, agreement=made.agreement))
    return made


def _write(path: Path, text: str) -> None:
    make_folder(path.parent)
    write_file(path, text.encode())


def _stale(folder: Path, made: Draft) -> list[Path]:
    """The files of an earlier draft that are none of this one's."""
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
    patch = folder / PATCH
    earlier = set(_NAMED.findall(patch.read_text("utf-8", "replace"))) if patch.is_file() else set()
    others = sorted(found - earlier - {*made.files, PATCH})
    if others:
        told = f"it holds what is no draft: {', '.join(others[:3])}{' and more' if len(others) > 3 else ''}"
        raise SharingRefused("draft_folder", str(folder), told, "move it away, or name another folder with --out")
    return [folder / place for place in sorted(found - {*made.files, PATCH})]


_NAMED = re.compile(r"^\+\+\+ b/(.+)$", re.MULTILINE)
