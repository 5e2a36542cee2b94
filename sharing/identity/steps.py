"""One step of deciding who is who, as whoever is about to do it means it, and as the ledger has it.

Facts alone, and no value of a record: records are told by their keyed hashes. What follows is `law.py`'s.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sharing.chain import Entry
from sharing.identity.vocabulary import Doing, Seat

KIND = "identity"
RECORD = re.compile(r"[0-9a-f]{20}")


@dataclass(frozen=True)
class Facts:
    """What was known of two records when somebody decided: which of them are identified, the departments whose rows
    they are, how probable it is that they are one, and whether the entity is one of those that need a second person.
    """

    identified: frozenset[str] = frozenset()
    departments: frozenset[str] = frozenset()
    probability: float | None = None
    two_persons: bool = False


UNKNOWN = Facts()


@dataclass(frozen=True)
class Step:
    """Who does what, as what, when and why: about the records `left` and `right`, or about the decision `of`.

    `speaks` are the departments for which a steward speaks (None: all). `fault` says why it counts for nothing.
    """

    entity: str
    doing: Doing
    seat: Seat
    person: str
    at: datetime
    words: str = ""
    left: str = ""
    right: str = ""
    of: int = 0
    facts: Facts = UNKNOWN
    speaks: frozenset[str] | None = None
    fault: str | None = None
    seq: int = 0

    def as_body(self) -> dict[str, Any]:
        """The body of its ledger entry: nothing in it that is empty."""
        told = {
            "words": self.words,
            "left": self.left,
            "right": self.right,
            "of": self.of or None,
            "identified": sorted(self.facts.identified) or None,
            "departments": sorted(self.facts.departments) or None,
            "probability": self.facts.probability,
            "two_persons": self.facts.two_persons or None,
            "speaks": None if self.speaks is None else sorted(self.speaks),
        }
        kept = {name: value for name, value in told.items() if value not in ("", None)}
        who = {"doing": str(self.doing), "seat": str(self.seat), "person": self.person}
        return {"entity": self.entity, **who, **kept}


def read_step(entry: Entry) -> Step | None:
    """The step that an entry of kind `identity` is; None for what cannot be understood."""
    told = entry.body
    try:
        facts = Facts(
            identified=frozenset(map(str, told.get("identified", ()))),
            departments=frozenset(map(str, told.get("departments", ()))),
            probability=None if told.get("probability") is None else float(told["probability"]),
            two_persons=told.get("two_persons") is True,
        )
        return Step(
            entity=str(told["entity"]),
            doing=Doing(told["doing"]),
            seat=Seat(told["seat"]),
            person=str(told["person"]),
            at=entry.at,
            words=str(told.get("words", "")),
            left=str(told.get("left", "")),
            right=str(told.get("right", "")),
            of=int(told.get("of", 0)),
            facts=facts,
            speaks=frozenset(map(str, told["speaks"])) if "speaks" in told else None,
            seq=entry.seq,
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def paired(one: str, other: str) -> tuple[str, str]:
    """Two records in the order in which they are written."""
    return (one, other) if one < other else (other, one)
