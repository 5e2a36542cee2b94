"""Approvals forged: acts of every kind of worth put into a ledger by somebody who may write to it, in random histories.

What the gate makes of them is held against a reference that knows of each act only how it was made. Nothing of the
platform's own signing is asked: acts are made here as whoever cheats would make them.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from contracts.acts import Deed, Person, PersonKey, Role, RoleGrant, person_key
from contracts.model import Agreement, Catalogue
from lake.acts import Acts, Persons, record_act
from lineage.gates.approval import ApprovalGate
from lineage.gates.gate import Case
from sharing.acts import Act, seen_digest, sign_act
from sharing.faults import SharingRefused
from sharing.keys import Signer
from sharing.ledger import Ledger
from tests.attack.score import Score
from tests.keys import signer_in
from tests.unit.gates import cases

AT = datetime(2026, 6, 1, 8, tzinfo=UTC)
FIRST, TODAY, LAST = date(2026, 1, 1), date(2026, 6, 1), date(2026, 12, 31)
ANNA, BORIS, CHEN, EVE = "anna@city.example", "boris@city.example", "chen@city.example", "eve@city.example"
SEEN = {"agreement": "a" * 64, "model": "b" * 64, "policy": "c" * 64}

# How an act is made -> whether it is worth anything. Each is by somebody whom the agreement names, or pretends to be.
KINDS = {
    "sound": True,
    "over another digest": False,
    "over less": False,
    "over more": False,
    "about another agreement": False,
    "another deed": False,
    "signed with a stranger's key": False,
    "signed with another's key": False,
    "in another's name": False,
    "of a role not held": False,
    "of a role that may not": False,
    "of a later time": False,
    "with a byte changed": False,
    "played": False,
    "the key was revoked before": False,
    "the key was revoked later": True,
    "the role had ended": False,
}


@dataclass
class History:
    """One ledger's acts as they are made, and what a reference knows of them."""

    folder: Path
    signers: dict[str, Signer]
    drawn: random.Random
    acts: list[tuple[str, bytes, bool]] = field(default_factory=list)
    """Person, act, whether it is worth anything."""
    persons: dict[str, Person] = field(default_factory=dict)
    stops: list[tuple[str, int]] = field(default_factory=list)
    """Who stopped the agreement, and how many acts there were then."""
    clock: datetime = AT


def attack(seed: int, histories: int = 1000) -> Score:
    """So many histories of up to eight acts."""
    fell: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        signers = {name: signer_in(Path(folder) / name) for name in (ANNA, BORIS, CHEN, EVE)}
        for number in range(histories):
            drawn = random.Random(f"{seed} {number}")
            fell += [f"history {number}: {line}" for line in _one(Path(folder) / str(number), signers, drawn)]
    return Score("acts: forged approvals", histories, histories - len({line.split(":")[0] for line in fell}), fell)


def _one(folder: Path, signers: dict[str, Signer], drawn: random.Random) -> Iterator[str]:
    agreement = replace(cases.agreement(), approvals=(ANNA, BORIS), author=drawn.choice([ANNA, CHEN]))
    if drawn.random() < 0.2:
        agreement = replace(agreement, approvals=(ANNA,))
    history = History(folder, signers, drawn)
    history.persons = {name: _person(name, signers[name]) for name in (ANNA, BORIS, CHEN)}
    folder.mkdir()
    told: list[str] = []
    with Ledger.open(folder / "ledger.sqlite", signers[EVE]) as ledger:
        for _ in range(drawn.randint(1, 8)):
            told.append(_step(history, ledger, agreement))
        found = _passes(history, ledger, agreement)
    wanted = _reference(history, agreement)
    if found != wanted:
        yield f"{'passes' if found else 'is withheld'} and should not: {'; '.join(told)}"


def _person(name: str, signer: Signer) -> Person:
    key = PersonKey(signer.public.pem.decode(), FIRST, LAST)
    return Person(name, name, name, (RoleGrant(Role.OFFICER, FIRST, LAST),), (key,))


def _step(history: History, ledger: Ledger, agreement: Agreement) -> str:
    history.clock += timedelta(minutes=1)
    drawn = history.drawn
    what = drawn.random()
    if what < 0.12:
        return _stop(history, ledger, agreement)
    if what < 0.22 and history.acts:
        person, data, _ = drawn.choice(history.acts)
        _record(ledger, agreement, data, history.clock)
        return f"an act of {person} again"
    name, kind = drawn.choice([ANNA, BORIS, CHEN]), drawn.choice(["sound", *KINDS])
    data = _made(history, name, kind, agreement)
    _record(ledger, agreement, data, history.clock)
    history.acts.append((name, data, KINDS[kind]))
    return f"{name} {kind}"


def _record(ledger: Ledger, agreement: Agreement, data: bytes, at: datetime) -> None:
    try:
        record_act(ledger, data, at)
    except SharingRefused:
        # What is no act the platform does not take: it is written past it.
        ledger.append("act", {"about": agreement.name, "act": data.decode(), "digest": "0" * 64}, at)


def _stop(history: History, ledger: Ledger, agreement: Agreement) -> str:
    person = history.drawn.choice([ANNA, BORIS])
    act = Act(Deed.STOP, agreement.name, person, Role.OFFICER, history.clock, {}, "stop")
    worth = history.drawn.random() < 0.7
    record_act(ledger, sign_act(act, history.signers[person if worth else EVE]), history.clock)
    if worth:
        history.stops.append((person, len(history.acts)))
    return f"{person} stops" if worth else f"a stranger stops as {person}"


def _made(history: History, name: str, kind: str, agreement: Agreement) -> bytes:
    other = BORIS if name != BORIS else ANNA
    act = Act(Deed.APPROVE, agreement.name, name, Role.OFFICER, history.clock, SEEN, kind)
    changes: dict[str, dict[str, Any]] = {
        "over another digest": {"seen": SEEN | {"model": "d" * 64}},
        "over less": {"seen": {"agreement": SEEN["agreement"]}},
        "over more": {"seen": SEEN | {"more": "e" * 64}},
        "about another agreement": {"about": "tax__other"},
        "another deed": {"deed": Deed.ACKNOWLEDGE},
        "of a role not held": {"role": Role.OWNER},
        "of a role that may not": {"role": Role.ENGINEER},
        "of a later time": {"at": history.clock + timedelta(days=1)},
        "played": {"played": True},
    }
    keys = {"signed with a stranger's key": EVE, "signed with another's key": other, "in another's name": other}
    data = sign_act(replace(act, **changes.get(kind, {})), history.signers[keys.get(kind, name)])
    if kind == "with a byte changed":
        place = history.drawn.randrange(len(data))
        data = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
    _changed_person(history, name, kind)
    return data


def _changed_person(history: History, name: str, kind: str) -> None:
    """A person as declared when the gate judges; later kinds undo no earlier one, so the reference follows."""
    person = history.persons[name]
    if kind == "the key was revoked before":
        history.persons[name] = replace(person, keys=(replace(person.keys[0], revoked_on=TODAY),))
    elif kind == "the key was revoked later" and person.keys[0].revoked_on is None:
        history.persons[name] = replace(person, keys=(replace(person.keys[0], revoked_on=LAST),))
    elif kind == "the role had ended":
        history.persons[name] = replace(person, roles=(RoleGrant(Role.OFFICER, FIRST, date(2026, 5, 31)),))


def _lost(person: Person) -> bool:
    """Whether, as the persons are declared at last, nothing that somebody signed that day counts."""
    revoked = person.keys[0].revoked_on
    return (revoked is not None and revoked <= TODAY) or person.roles[0].valid_until < TODAY


def _passes(history: History, ledger: Ledger, agreement: Agreement) -> bool:
    none: dict[str, Any] = {}
    persons = {person_key(name): person for name, person in history.persons.items()}
    catalogue = Catalogue(
        "city", "市", "City", history.folder, history.folder, none, none, none, {agreement.name: agreement}, none, none,
        persons=persons,
    )  # fmt: skip
    acts = Acts(ledger, Persons(catalogue, history.folder / "played")).evidence(agreement, SEEN)
    assert acts.digest == seen_digest(SEEN)
    case = Case(agreement, replace(cases.evidence(), acts=acts), cases.weekdays)
    return not list(ApprovalGate().violations(case))


def _reference(history: History, agreement: Agreement) -> bool:
    """Whether everybody named has signed, after the last stop, and not only who wrote it."""
    # Who may not, as the persons are declared at last, stopped nothing.
    since = max((place for name, place in history.stops if not _lost(history.persons[name])), default=0)
    signed = {name for name, _, worth in history.acts[since:] if worth and not _lost(history.persons[name])}
    return signed >= set(agreement.approvals) and signed != {agreement.author}
