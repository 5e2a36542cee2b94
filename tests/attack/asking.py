"""Requests in random histories: sound, stale, forged and foreign steps, written straight into a ledger in any order.

What the platform makes of each case is held against a reference that knows the law as a few plain rules, and of each
signed act only how it was made. Nothing of the platform's own law is asked; steps are written here as by somebody who
may write to the ledger, and does not ask first.
"""

from __future__ import annotations

import random
import tempfile
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from contracts.acts import DeclaredPersons, Deed, Person, PersonKey, Role, RoleGrant, agencies_of, departments_of
from lake.acts import Persons, record_act
from lake.cases.reading import Book
from sharing.acts import Act, sign_act
from sharing.cases.asked import Asked
from sharing.cases.law import Case
from sharing.cases.steps import KIND, Step
from sharing.cases.vocabulary import Doing, Kind, Seat
from sharing.keys import Signer
from sharing.ledger import Ledger
from tests.attack.score import Score
from tests.keys import signer_in

AT = datetime(2026, 6, 1, 1, tzinfo=UTC)
TERM = (date(2026, 1, 1), date(2026, 12, 31))
NUMBER = "R20260601-0123456789"
ROLES: dict[str, tuple[RoleGrant, ...]] = {
    "anna": (RoleGrant(Role.APPLICANT, *TERM, agency="tax"),),
    "dora": (RoleGrant(Role.APPLICANT, *TERM, agency="other"),),
    "mei": (RoleGrant(Role.OWNER, *TERM, "market"),),
    "tao": (RoleGrant(Role.OWNER, *TERM, "tax"),),
    "bao": (RoleGrant(Role.OFFICER, *TERM),),
    "chen": (RoleGrant(Role.OFFICER, *TERM),),
    # Somebody of every side: the law keeps apart what they do in one case.
    "eve": (
        RoleGrant(Role.APPLICANT, *TERM, agency="tax"),
        RoleGrant(Role.OWNER, *TERM, "market"),
        RoleGrant(Role.OFFICER, *TERM),
    ),
}
ASKED = Asked("t", "p", "tax", "x.y", {"a": "b"}, "code", "law", "all", *TERM, ("market", "tax"))
ACTS = ("sound", "sound", "sound", "another's key", "stale", "of less", "of another case", "role not held", "later")


@dataclass
class Reference:
    """The law in plain rules, by version of what is asked."""

    state: str = ""
    version: int = 0
    agency: str = "tax"
    asks: set[str] = field(default_factory=set)
    approved: dict[str, str] = field(default_factory=dict)
    bureau: str = ""
    refuser: str = ""

    def take(self, who: str, doing: str, seat: str, told: dict[str, Any]) -> None:
        """What a step does to it, if anything."""
        if self._may(who, doing, seat, told):
            getattr(self, f"_{doing}")(who, seat, told)
            if doing in ("file", "answer", "withdraw", "object"):
                self.asks.add(who)

    def _may(self, who: str, doing: str, seat: str, told: dict[str, Any]) -> bool:
        roles = {str(one.role): one for one in ROLES[who]}
        if seat not in roles or told.get("forged"):
            return False
        if seat == "applicant" and roles[seat].agency != self.agency:
            return False
        if doing in ("question", "approve", "refuse", "reopen") and who in self.asks:
            return False
        if doing in ("approve", "refuse") and told["version"] != self.version:
            return False
        if self.state == "disputed" and doing in ("refuse", "reopen") and who == self.refuser:
            return False
        return self.state in _FROM.get((doing, seat), ())

    def _file(self, who: str, seat: str, told: dict[str, Any]) -> None:
        self.state = "filed"

    def _question(self, who: str, seat: str, told: dict[str, Any]) -> None:
        self.state = "questions"

    def _answer(self, who: str, seat: str, told: dict[str, Any]) -> None:
        if told["to"] != self.version:
            self.version, self.approved = told["to"], {}
        self.state = "department_approved" if len(self.approved) == 2 else "answered"

    def _approve(self, who: str, seat: str, told: dict[str, Any]) -> None:
        if seat == "officer":
            if who not in self.approved.values():
                self.state, self.bureau = "bureau_approved", who
            return
        (department,) = {one.department for one in ROLES[who] if one.role is Role.OWNER}
        self.approved.setdefault(department, who)
        if len(self.approved) == 2:
            self.state = "department_approved"

    def _refuse(self, who: str, seat: str, told: dict[str, Any]) -> None:
        self.state, self.refuser = "refused", who

    def _withdraw(self, who: str, seat: str, told: dict[str, Any]) -> None:
        self.state = "withdrawn"

    def _object(self, who: str, seat: str, told: dict[str, Any]) -> None:
        self.state = "disputed"

    def _reopen(self, who: str, seat: str, told: dict[str, Any]) -> None:
        self.state, self.approved, self.bureau = "filed", {}, ""


_EARLY = ("filed", "answered")
_FROM: dict[tuple[str, str], tuple[str, ...]] = {
    ("file", "applicant"): ("",),
    ("question", "owner"): _EARLY,
    ("question", "officer"): (*_EARLY, "department_approved"),
    ("answer", "applicant"): ("questions",),
    ("approve", "owner"): _EARLY,
    ("approve", "officer"): ("department_approved",),
    ("refuse", "owner"): (*_EARLY, "questions"),
    ("refuse", "officer"): (*_EARLY, "questions", "department_approved", "disputed"),
    ("withdraw", "applicant"): (*_EARLY, "questions", "department_approved", "bureau_approved", "disputed"),
    ("object", "applicant"): ("refused",),
    ("reopen", "officer"): ("disputed",),
}
DOINGS = sorted({doing for doing, _ in _FROM})


def attack(seed: int, histories: int = 1000) -> Score:
    """So many histories of up to fifteen steps."""
    fell: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        signers = {name: signer_in(Path(folder) / name) for name in ROLES}
        persons = Persons(DeclaredPersons({name: _person(name, signers[name]) for name in ROLES}), Path(folder) / "no")
        for number in range(histories):
            drawn = random.Random(f"{seed} {number}")
            with Ledger.open(Path(folder) / f"{number}.sqlite") as ledger:
                fell += [f"history {number}: {line}" for line in _one(ledger, persons, signers, drawn)]
    return Score(
        "requests: steps of any worth", histories, histories - len({line.split(":")[0] for line in fell}), fell
    )


def _person(name: str, signer: Signer) -> Person:
    return Person(name, name, name, ROLES[name], (PersonKey(signer.public.pem.decode(), *TERM),))


def _one(ledger: Ledger, persons: Persons, signers: dict[str, Signer], drawn: random.Random) -> list[str]:
    reference, book, clock = Reference(), Book(ledger, persons), AT
    for _ in range(drawn.randrange(4, 16)):
        clock += timedelta(hours=drawn.randrange(30))
        who, doing = _next(reference, drawn)
        seat = drawn.choice([str(one.role) for one in ROLES[who]] * 6 + ["owner", "officer", "applicant"])
        told = {"version": reference.version if drawn.random() < 0.8 else drawn.randrange(3), "to": drawn.randrange(3)}
        if doing == "approve":
            told["forged"] = _sign(ledger, signers, (who, seat, told["version"], clock), drawn)
        else:
            ledger.append(KIND, _step(who, doing, seat, told, clock).as_body(), clock)
        reference.take(who, doing, seat, told)
        if drawn.random() < 0.3:
            book.cases()
    return list(_differs(reference, book, Book(ledger, persons)))


def _next(reference: Reference, drawn: random.Random) -> tuple[str, str]:
    """Somebody and something: more often than not what may be done next."""
    may = [doing for (doing, _), states in _FROM.items() if reference.state in states]
    doing = drawn.choice(may) if may and drawn.random() < 0.75 else drawn.choice(DOINGS)
    return drawn.choice(sorted(ROLES)), doing


def _asked(version: int) -> Asked:
    return replace(ASKED, scope=f"version {version}")


def _step(who: str, doing: str, seat: str, told: dict[str, Any], at: datetime) -> Step:
    asked = _asked(told["to"]) if doing == "answer" else _asked(0) if doing == "file" else None
    grants = ROLES[who]
    return Step(
        NUMBER,
        Doing(doing),
        # What somebody writes who has no such role: that they have it, for nothing that is theirs.
        Seat(seat),
        at,
        who,
        "words",
        _asked(told["version"]).digest,
        kind=Kind.REQUEST if doing == "file" else None,
        asked=asked,
        departments=departments_of(grants, Role.OWNER) if seat == "owner" else None,
        agencies=agencies_of(grants) if seat == "applicant" else None,
        ground="no_duty" if doing == "refuse" else "",
    )


def _sign(
    ledger: Ledger, signers: dict[str, Signer], said: tuple[str, str, int, datetime], drawn: random.Random
) -> bool:
    """An approval of some worth into the ledger; whether it is worth nothing, whatever the case is."""
    who, seat, version, at = said
    how = drawn.choice(ACTS)
    seen = dict(_asked(version).parts)
    if how == "of less":
        del seen["columns"]
    about = f"request/{NUMBER if how != 'of another case' else 'R20260601-ffffffffff'}"
    role = Role.STEWARD if how == "role not held" else Role(seat)
    signer = signers["dora" if how == "another's key" and who != "dora" else who]
    moment = at + timedelta(days=1) if how == "later" else at
    seen = dict(_asked(version + 7).parts) if how == "stale" else seen
    act = Act(Deed.APPROVE, about, who, role, moment, seen, "words")
    record_act(ledger, sign_act(act, signer), at)
    if drawn.random() < 0.2:
        record_act(ledger, sign_act(act, signer), at)
    return how != "sound" and not (how == "another's key" and who == "dora")


def _differs(reference: Reference, book: Book, anew: Book) -> list[str]:
    """Where the platform has it otherwise."""
    found, again, alone = book.find(NUMBER), anew.find(NUMBER), anew.alone(NUMBER)
    if found != again or found != alone:
        return ["it is another case to who reads it at once"]
    told = _told(found)
    wanted = (reference.state, reference.version, dict(sorted(reference.approved.items())), reference.bureau)
    return [] if told == wanted else [f"{told} and not {wanted}"]


def _told(case: Case | None) -> tuple[str, int, dict[str, str], str]:
    if case is None:
        return "", 0, {}, ""
    version = int(case.asked.scope.removeprefix("version "))
    approved = {name: step.person for name, step in sorted(case.approved.items())}
    return str(case.state), version, approved, case.bureau.person if case.bureau else ""
