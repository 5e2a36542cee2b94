"""Where drafts lie: a folder for each request, with the change as files and as one patch; and the step that says so."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from contracts.model import Catalogue
from lake.cases.acting import record
from lake.cases.drafting import Draft, draft
from lake.settings import Settings
from sharing.cases.law import Case
from sharing.cases.steps import Step
from sharing.cases.vocabulary import Doing, Seat
from sharing.durable import make_folder, write_file
from sharing.ledger import Ledger

PATCH = "change.patch"


def folder_of(settings: Settings, case: str) -> Path:
    """Where the draft of a case lies."""
    return settings.state / "drafts" / case


def write_draft(ledger: Ledger, case: Case, catalogue: Catalogue, folder: Path, at: datetime) -> Draft:
    """Draft a case's change into a folder, and put the step into the ledger. SharingRefused as `drafting.draft`.

    The same again writes the same.
    """
    made = draft(case, catalogue, ledger)
    for place, text in {**made.files, PATCH: made.patch}.items():
        path = folder / place
        make_folder(path.parent)
        write_file(path, text.encode())
    if case.agreement != made.agreement:
        record(ledger, Step(case.id, Doing.DRAFT, Seat.PLATFORM, at, over=case.asked.digest, agreement=made.agreement))
    return made
