"""One step of a correction or dispute, as whoever is about to do it means it, and as the ledger has it.

Entries are of the kind that requests have, and told apart by the letter of their number. What follows is `law.py`'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sharing.canonical import digest
from sharing.cases.steps import KIND as KIND
from sharing.chain import Entry
from sharing.corrections.about import About, read_about
from sharing.corrections.vocabulary import LETTERS, Doing, Kind, Outcome, Seat


@dataclass(frozen=True)
class Attachment:
    """A file that was given with a step: by its digest, its name as it was given, and its size.

    `holds` is `ROWS` where it has rows of the case, which not everybody sees who sees the case.
    """

    sha256: str
    name: str
    size: int
    holds: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON-ready data."""
        told = {"sha256": self.sha256, "name": self.name, "size": self.size}
        return {**told, "holds": self.holds} if self.holds else told


ROWS = "rows"


@dataclass(frozen=True)
class Step:
    """Who does what in a case, as what, when, after which entry of it (`after`), and with which words and files.

    `departments` are those for which a steward or owner speaks, and `agencies` those of a consumer (None: all).
    `department` is to which a case is sent that names none; `mended` says of how many rows a delivery has the keys by
    now. `fault` says why it counts for nothing.
    """

    case: str
    doing: Doing
    seat: Seat
    at: datetime
    person: str = ""
    words: str = ""
    after: int = 0
    kind: Kind | None = None
    about: About | None = None
    outcome: Outcome | None = None
    ground: str = ""
    department: str = ""
    mended: int | None = None
    by: tuple[str, ...] = ()
    deadline: str = ""
    since: str = ""
    attachments: tuple[Attachment, ...] = ()
    departments: frozenset[str] | None = None
    agencies: frozenset[str] | None = None
    fault: str | None = None
    seq: int = 0

    def as_body(self) -> dict[str, Any]:
        """The body of its ledger entry: nothing in it that is empty."""
        told = {
            **{name: getattr(self, name) for name in _TEXTS},
            "after": self.after or None,
            "kind": self.kind and str(self.kind),
            "about": self.about and self.about.as_dict(),
            "outcome": self.outcome and str(self.outcome),
            "mended": self.mended,
            "by": list(self.by) or None,
            "attachments": [one.as_dict() for one in self.attachments] or None,
            "departments": None if self.departments is None else sorted(self.departments),
            "agencies": None if self.agencies is None else sorted(self.agencies),
        }
        kept = {name: value for name, value in told.items() if value not in ("", None)}
        return {"case": self.case, "doing": str(self.doing), "seat": str(self.seat), **kept}


_TEXTS = ("person", "words", "ground", "department", "deadline", "since")
_LETTERS = tuple(LETTERS.values())


def is_correction(number: str) -> bool:
    """Whether a number is one of a correction or dispute, by its letter."""
    return number.startswith(_LETTERS)


def read_step(entry: Entry) -> Step | None:
    """The step that an entry of kind `case` is; None for another law's, and for what cannot be understood."""
    told = entry.body
    try:
        if not is_correction(str(told["case"])):
            return None
        texts: dict[str, Any] = {name: str(told.get(name, "")) for name in _TEXTS}
        return Step(
            case=str(told["case"]),
            doing=Doing(told["doing"]),
            seat=Seat(told["seat"]),
            at=entry.at,
            **texts,
            after=_count(told.get("after", 0)),
            kind=Kind(told["kind"]) if "kind" in told else None,
            about=read_about(told["about"]) if "about" in told else None,
            outcome=Outcome(told["outcome"]) if "outcome" in told else None,
            mended=_count(told["mended"]) if "mended" in told else None,
            by=tuple(map(str, told.get("by", ()))),
            attachments=tuple(map(_attachment, told.get("attachments", ()))),
            departments=frozenset(map(str, told["departments"])) if "departments" in told else None,
            agencies=frozenset(map(str, told["agencies"])) if "agencies" in told else None,
            seq=entry.seq,
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _count(told: object) -> int:
    if not isinstance(told, int) or isinstance(told, bool) or told < 0:
        raise ValueError("is no count")
    return told


def _attachment(told: Mapping[str, Any]) -> Attachment:
    return Attachment(str(told["sha256"]), str(told["name"]), _count(told["size"]), str(told.get("holds", "")))


def number_of(kind: Kind, about: About, by: str, day: date, again: int = 0) -> str:
    """The number of a case opened on a day, `again` after so many of the same: opened twice at once, it is one case."""
    found = digest([str(kind), about.as_dict(), by, day.isoformat(), again])
    return f"{LETTERS[kind]}{day:%Y%m%d}-{found[:10]}"
