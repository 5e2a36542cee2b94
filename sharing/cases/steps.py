"""One step of a case, as whoever is about to do it means it, and as the ledger has it. What follows is `law.py`'s."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sharing.canonical import digest
from sharing.cases.asked import Asked, read_asked
from sharing.cases.vocabulary import LETTERS, Doing, Kind, Seat
from sharing.chain import Entry

KIND = "case"


@dataclass(frozen=True)
class Step:
    """Who does what in a case, as what, when, over which digest of what is asked, and with which words.

    `departments` are those for which an owner speaks, and `agencies` those of an applicant (None: all). `fault` says
    why a signed act counts for nothing; `act` is its digest. `follow` is the digest of the secret by which a visitor
    comes back.
    """

    case: str
    doing: Doing
    seat: Seat
    at: datetime
    person: str = ""
    words: str = ""
    over: str = ""
    seen: Mapping[str, str] = field(default_factory=dict)
    kind: Kind | None = None
    asked: Asked | None = None
    departments: frozenset[str] | None = None
    agencies: frozenset[str] | None = None
    ground: str = ""
    agreement: str = ""
    release: str = ""
    deadline: str = ""
    since: str = ""
    follow: str = ""
    act: str = ""
    played: bool = False
    fault: str | None = None
    seq: int = 0

    def as_body(self) -> dict[str, Any]:
        """The body of its ledger entry: nothing in it that is empty."""
        told = {
            **{name: getattr(self, name) for name in _TEXTS},
            "kind": self.kind and str(self.kind),
            "asked": self.asked and self.asked.as_dict(),
            "departments": None if self.departments is None else sorted(self.departments),
            "agencies": None if self.agencies is None else sorted(self.agencies),
        }
        kept = {name: value for name, value in told.items() if value not in ("", None)}
        return {"case": self.case, "doing": str(self.doing), "seat": str(self.seat), **kept}


_TEXTS = ("person", "words", "over", "ground", "agreement", "release", "deadline", "since", "follow")


def read_step(entry: Entry) -> Step | None:
    """The step that an entry of kind `case` is; None for one that says nothing that can be understood."""
    told = entry.body
    try:
        texts: dict[str, Any] = {name: str(told.get(name, "")) for name in _TEXTS}
        return Step(
            case=str(told["case"]),
            doing=Doing(told["doing"]),
            seat=Seat(told["seat"]),
            at=entry.at,
            **texts,
            kind=Kind(told["kind"]) if "kind" in told else None,
            asked=read_asked(told["asked"]) if "asked" in told else None,
            departments=frozenset(map(str, told["departments"])) if "departments" in told else None,
            agencies=frozenset(map(str, told["agencies"])) if "agencies" in told else None,
            seq=entry.seq,
        )
    except (KeyError, TypeError, ValueError):
        return None


def case_id(kind: Kind, asked: Asked, by: str, day: date, again: int = 0) -> str:
    """The number of a case filed on a day, `again` after so many of the same: filed twice at once, it is one case."""
    found = digest([str(kind), asked.as_dict(), by, day.isoformat(), again])
    return f"{LETTERS[kind]}{day:%Y%m%d}-{found[:10]}"
