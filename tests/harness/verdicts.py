"""What came of a delivery, held against what is in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from enum import StrEnum

from lake.ingest import Batch
from tests.harness.suites import Case, Row
from tests.unit.lake.desk import Desk


class Verdict(StrEnum):
    """The best first."""

    RIGHT = "right"
    QUARANTINED = "quarantined"
    REFUSED = "refused"
    WRONG = "wrong"
    CRASH = "crash"


# What is said of a reader that stumbled, and of counts that disagreed.
_CRASHES = ("report this", "Nothing of the batch was kept", "could not be read")


def judge(desk: Desk, case: Case) -> tuple[Verdict, str]:
    """The verdict on one case, and what was seen."""
    path = desk.root / "2026-11-02" / case.file.name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(case.file.read_bytes())
    (batch,) = desk.ingest(case.dataset)
    path.unlink()
    return verdict(desk, case, batch)


def verdict(desk: Desk, case: Case, batch: Batch) -> tuple[Verdict, str]:
    """The same, of a delivery that was carried."""
    if batch.state == "failed":
        crash = not batch.message or any(word in batch.message for word in _CRASHES)
        return (Verdict.CRASH if crash else Verdict.REFUSED), batch.message
    accepted = [tuple(None if cell is None else str(cell) for cell in row) for row in desk.accepted(case.dataset)]
    rejected = desk.rejected(case.dataset)
    if batch.rows_read != len(accepted) + len(rejected):
        return Verdict.WRONG, f"{batch.rows_read} read, {len(accepted)} accepted, {len(rejected)} rejected"
    if case.rows is None:
        return (Verdict.QUARANTINED if rejected else Verdict.RIGHT), str(dict(batch.reasons))
    # Some clean tables leave out records with nothing in them.
    expected = [_plain(row) for row in case.rows if any(row)]
    found = [_plain(row) for row in accepted if any(row)]
    if found == expected and not rejected:
        return Verdict.RIGHT, ""
    if not _is_within(found, expected):
        strange = next((row for row in found if row not in set(expected)), found)
        return Verdict.WRONG, f"accepted, and not there: {str(strange)[:300]}"
    missing = sum((Counter(expected) - Counter(found)).values())
    if not rejected or not all(any(text.values()) for _, _, text in rejected):
        return Verdict.WRONG, f"{missing} rows are neither accepted nor quarantined"
    return Verdict.QUARANTINED, f"{len(rejected)} for {missing}: {dict(batch.reasons)}"


def _plain(row: Iterable[str | None]) -> Row:
    """Without what clean tables have mended: line ends, and Windows' characters in the place of controls."""
    return tuple(text and text.replace("\r\n", "\n").translate(_WINDOWS) for text in row)


_WINDOWS = {code: bytes([code]).decode("cp1252", "replace") for code in range(0x80, 0xA0)}


def _is_within(found: Sequence[Row], expected: Sequence[Row]) -> bool:
    """Whether the found rows are rows of the expected, in their order."""
    rest = iter(expected)
    return all(row in rest for row in found)
