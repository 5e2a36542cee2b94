"""Corrections and disputes in random histories: sound, stale, forged and foreign steps, written straight into a ledger.

What the platform makes of each case is held against a reference that knows the law as a few plain rules. Nothing of the
platform's own law is asked; steps are written here as by somebody who may write to the ledger, and does not ask first.
"""

from __future__ import annotations

import random
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from contracts.acts import DeclaredPersons, Person, Role, RoleGrant
from lake.acts import Persons
from lake.corrections.reading import Book
from sharing.corrections.steps import KIND
from sharing.ledger import Ledger
from tests.attack.score import Score

AT = datetime(2026, 6, 1, 1, tzinfo=UTC)
TERM = (date(2026, 1, 1), date(2026, 12, 31))
ROLES: dict[str, tuple[RoleGrant, ...]] = {
    "stella": (RoleGrant(Role.STEWARD, *TERM),),
    "simon": (RoleGrant(Role.STEWARD, *TERM, "housing"),),
    "hai": (RoleGrant(Role.OWNER, *TERM, "health"),),
    "tao": (RoleGrant(Role.OWNER, *TERM, "tax"),),
    "bao": (RoleGrant(Role.OFFICER, *TERM),),
    "chen": (RoleGrant(Role.OFFICER, *TERM),),
    "anna": (RoleGrant(Role.APPLICANT, *TERM, agency="social"),),
    "dora": (RoleGrant(Role.APPLICANT, *TERM, agency="other"),),
    # Somebody of every side: the law keeps apart what they do in one case.
    "eve": (
        RoleGrant(Role.STEWARD, *TERM),
        RoleGrant(Role.OWNER, *TERM, "health"),
        RoleGrant(Role.OFFICER, *TERM),
        RoleGrant(Role.APPLICANT, *TERM, agency="social"),
    ),
}
HELD = {"steward": Role.STEWARD, "owner": Role.OWNER, "officer": Role.OFFICER, "consumer": Role.APPLICANT}
ROWS = 3
# Who moves the case on from where, by seat; of what each needs beside that the reference's methods tell.
FROM: dict[tuple[str, str], str] = {
    ("send", "steward"): "open sent",
    ("send", "officer"): "open sent",
    ("send", "platform"): "open",
    ("answer", "owner"): "sent",
    ("dispute", "steward"): "corrected rejected",
    ("dispute", "consumer"): "corrected rejected",
    ("decide", "officer"): "disputed answered sent",
    ("close", "steward"): "corrected rejected",
    ("close", "officer"): "corrected rejected",
    ("close", "platform"): "open sent answered corrected rejected disputed",
    ("confirm", "platform"): "open sent answered corrected rejected disputed",
    ("reopen", "platform"): "closed",
    **{("withdraw", seat): "open sent rejected disputed answered" for seat in HELD},
    **{("say", seat): "open sent answered corrected rejected disputed" for seat in HELD},
}
DOINGS = ("open", "send", "answer", "dispute", "decide", "close", "confirm", "reopen", "withdraw", "say")
OUTCOMES = ("corrected", "rejected", "heard", "upheld", "dismissed", "recalled")


@dataclass
class Reference:
    """The law in plain rules, of a case of one kind about health's rows, or a release to social security; `named` says
    whether it was said whose data it is: else it is of health and tax.
    """

    kind: str
    release: bool
    named: bool = True
    department: str = "health"
    before: str = ""
    last: tuple[str, str, str] = ("", "", "")
    state: str = ""
    outcome: str = ""
    opener: str = ""
    moved: int = 0
    mended: int = 0
    parties: set[str] = field(default_factory=set)
    answered: set[str] = field(default_factory=set)

    def take(self, told: dict[str, Any], seq: int) -> None:
        """What a step does to it, if anything."""
        doing, seat, who = told["doing"], told["seat"], told.get("person", "")
        if not self._sits(who, seat) or (doing != "open" and self.state not in FROM.get((doing, seat), "").split()):
            return
        if not getattr(self, f"_{doing}")(told):
            return
        if doing in ("open", "answer", "dispute"):
            self.parties.add(who)
        if doing not in ("say", "confirm"):
            self.moved = seq
        self.last = doing, who, told["words"]

    def _sits(self, who: str, seat: str) -> bool:
        if seat == "platform":
            return True
        held = [one for one in ROLES[who] if one.role is HELD[seat]]
        if seat == "consumer":
            return self.release and any(one.agency == "social" for one in held)
        return any(one.department in ("", self.department) for one in held)

    def _seen(self, told: dict[str, Any]) -> bool:
        return bool(told["seat"] == "platform" or told["after"] >= self.moved)

    def _open(self, told: dict[str, Any]) -> bool:
        if self.state or not told["words"]:
            return False
        self.state, self.opener = "open", told["person"] if told["seat"] != "platform" else ""
        return True

    def _send(self, told: dict[str, Any]) -> bool:
        to = told.get("department") or self.department
        if not self._seen(told) or to not in (("health",) if self.named else ("health", "tax")):
            return False
        if self.state == "sent" and (self.named or self.answered or to == self.department):
            return False
        self.state, self.department = "sent", to
        return True

    def _say(self, told: dict[str, Any]) -> bool:
        return bool(told["words"]) and self.last != ("say", told["person"], told["words"])

    def _answer(self, told: dict[str, Any]) -> bool:
        allowed = ("corrected", "rejected") if self.kind == "correction" else ("heard",)
        if not told["words"] or not self._seen(told) or told.get("outcome") not in allowed:
            return False
        if told["outcome"] == "rejected" and not told.get("ground"):
            return False
        self.state = {"heard": "answered"}.get(told["outcome"], told["outcome"])
        self.answered.add(told["person"])
        return True

    def _dispute(self, told: dict[str, Any]) -> bool:
        if not told["words"] or not self._seen(told) or told["person"] in self.answered:
            return False
        self.state = "disputed"
        return True

    def _decide(self, told: dict[str, Any]) -> bool:
        if not told["words"] or not self._seen(told) or told["person"] in self.parties:
            return False
        if self.kind == "correction" and self.state != "disputed":
            return False
        if told.get("outcome") not in ("upheld", "dismissed"):
            return False
        if told["outcome"] == "upheld" and self.kind == "correction":
            self.state = "sent"
        else:
            self.state, self.outcome = "closed", told["outcome"]
        return True

    def _close(self, told: dict[str, Any]) -> bool:
        if not told["words"]:
            return False
        if told["seat"] == "platform":
            if told.get("outcome") != "recalled":
                return False
            self.state, self.outcome = "closed", "recalled"
            return True
        if not self._seen(told) or told["person"] in self.answered:
            return False
        whole = self.release or self.mended == ROWS
        ended = "corrected" if whole else "unconfirmed"
        self.state, self.outcome = "closed", "rejected" if self.state == "rejected" else ended
        return True

    def _confirm(self, told: dict[str, Any]) -> bool:
        if self.release or told.get("mended") is None or told["mended"] > ROWS or told["mended"] == self.mended:
            return False
        self.mended = told["mended"]
        if self.mended == ROWS:
            self.before, self.state, self.outcome = self.state, "closed", "corrected"
        return True

    def _reopen(self, told: dict[str, Any]) -> bool:
        if not self.before or told.get("mended") is None or told["mended"] >= ROWS:
            return False
        self.state, self.outcome, self.before, self.mended = self.before, "", "", told["mended"]
        return True

    def _withdraw(self, told: dict[str, Any]) -> bool:
        if not told["words"] or not self._seen(told):
            return False
        if told["person"] != self.opener if self.opener else told["seat"] not in ("steward", "officer"):
            return False
        self.state, self.outcome = "closed", "withdrawn"
        return True


def attack(seed: int, histories: int = 1000) -> Score:
    """So many histories of up to 24 steps."""
    fell: list[str] = []
    persons = {name: Person(name, name, name, roles, ()) for name, roles in ROLES.items()}
    with tempfile.TemporaryDirectory() as folder:
        declared = Persons(DeclaredPersons(persons), Path(folder) / "no")
        for number in range(histories):
            with Ledger.open(Path(folder) / f"{number}.sqlite") as ledger:
                fell += [f"history {number}: {one}" for one in _one(ledger, declared, f"{seed} {number}")]
    held = histories - len({line.split(":")[0] for line in fell})
    return Score("corrections: steps of any worth", histories, held, fell)


def _one(ledger: Ledger, persons: Persons, seed: str) -> list[str]:
    drawn = random.Random(seed)
    kind, release = drawn.choice(["correction", "correction", "dispute"]), drawn.random() < 0.3
    name = f"{'C' if kind == 'correction' else 'D'}20260601-0123456789"
    named = not release or drawn.random() < 0.5
    reference = Reference(kind, release, named, "health" if named else "")
    book, clock = Book(ledger, persons), AT
    bodies, said = [], []
    for _ in range(drawn.randrange(4, 25)):
        clock += timedelta(hours=drawn.randrange(20))
        said.append(_body(reference, name, drawn))
        reference.take(said[-1], len(said))
        bodies.append((KIND, said[-1]))
    ledger.append_many(bodies, clock)
    found, anew = book.find(name), Book(ledger, persons).find(name)
    if found != anew:
        return ["it is another case to who reads it at once"]
    case = found[0] if found else None
    told = (str(case.state), str(case.outcome or ""), case.mended, case.moved) if case else ("", "", 0, 0)
    wanted = (reference.state, reference.outcome, reference.mended, reference.moved)
    return [] if told == wanted else [f"{told} and not {wanted}"]


def _body(reference: Reference, number: str, drawn: random.Random) -> dict[str, Any]:
    """A step of some worth: more often than not what may be done next, by somebody who may."""
    likely = [(doing, seat) for (doing, seat), states in FROM.items() if reference.state in states.split()]
    doing, seat = drawn.choice(DOINGS), drawn.choice([*HELD, "platform"])
    if not reference.state and drawn.random() < 0.8:
        doing = "open"
    elif likely and drawn.random() < 0.8:
        doing, seat = drawn.choice(likely)
    fit = [name for name, roles in ROLES.items() if any(one.role is HELD.get(seat) for one in roles)]
    who = drawn.choice(fit if fit and drawn.random() < 0.85 else sorted(ROLES))
    who = "eve" if drawn.random() < 0.3 else who
    after = reference.moved if drawn.random() < 0.75 else drawn.randrange(reference.moved + 1)
    body: dict[str, Any] = {"case": number, "doing": doing, "seat": seat, "after": after}
    body["words"] = "words" if drawn.random() < 0.9 else ""
    body["person"] = "" if seat == "platform" else who
    if doing == "open":
        about: dict[str, Any] = {"title": "t", "department": "health" if reference.named else ""}
        about |= {} if reference.named else {"among": ["health", "tax"]}
        more = {"agency": "social", "release": "r1"} if reference.release else {"dataset": "health.x", "rows": ROWS}
        body |= {"kind": reference.kind, "about": {**about, **more}}
    if doing in ("answer", "decide", "close"):
        fitting = {"answer": OUTCOMES[:3], "decide": OUTCOMES[3:5], "close": OUTCOMES[5:]}[doing]
        body["outcome"] = drawn.choice(fitting if drawn.random() < 0.9 else OUTCOMES)
    if drawn.random() < 0.8:
        body["ground"] = "data_is_right"
    if doing == "send" and drawn.random() < (0.1 if reference.named else 0.9):
        body["department"] = drawn.choice(["health", "tax", "housing"])
    if doing in ("confirm", "reopen"):
        body["mended"] = drawn.randrange(ROWS + 2)
    # What somebody writes of whom they speak for counts for nothing: the declaration does.
    body |= {"departments": ["health", "housing"]} if drawn.random() < 0.1 else {}
    return body
