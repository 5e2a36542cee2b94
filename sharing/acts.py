"""Acts: a person's signed word over the digest of exactly what was seen. Written and verified here.

An in-toto Statement v1 in an envelope; its subject is what the act is about, its digest covers what was seen. What acts
are needed for is judged by gates, and where they are kept is `lake.acts`'.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from pydantic import Field, ValidationError

from contracts.acts import Deed, Person, Role, person_key
from contracts.clock import day_of
from sharing.canonical import canonical_json, digest
from sharing.envelope import STATEMENT_TYPE, open_envelope, sign_payload, verified_payload
from sharing.faults import SharingRefused
from sharing.keys import PublicKey, Signer
from sharing.statement import Record, Subject

ACT_TYPE = "urn:zhongtai:act:v1"
NAME = "act"
_DOES = {deed: str(deed).replace("_", " a ") for deed in Deed} | {
    Deed.KEY: "change a key",
    Deed.OVERRIDE: "ask for an override",
    Deed.CONFIRM_OVERRIDE: "confirm an override",
    Deed.END_OVERRIDE: "end an override",
}


class _Predicate(Record):
    deed: Deed
    person: str
    role: Role
    words: str
    at: datetime
    seen: dict[str, str]
    after: str
    played: bool


class _Statement(Record):
    type: Literal["https://in-toto.io/Statement/v1"] = Field(alias="_type")
    subject: tuple[Subject, ...] = Field(min_length=1, max_length=1)
    predicate_type: Literal["urn:zhongtai:act:v1"] = Field(alias="predicateType")
    predicate: _Predicate


@dataclass(frozen=True)
class Act:
    """One act: what is done, about what (an agreement, a batch, a key), by whom as what, when, and with which words.

    `seen` maps each part of what was seen to its digest, and `after` is the digest of the act on the same subject that
    was the newest then. `digest` and `key_id` are of the signed file, once there is
    one. `played` acts are of a demonstration: the platform signed for a person that nobody is.
    """

    deed: Deed
    about: str
    person: str
    role: Role
    at: datetime
    seen: Mapping[str, str]
    words: str = ""
    after: str = ""
    played: bool = False
    digest: str = ""
    key_id: str = ""

    @property
    def over(self) -> str:
        """The digest of all that was seen."""
        return seen_digest(self.seen)


def seen_digest(seen: Mapping[str, str]) -> str:
    """One digest over the parts of what was seen."""
    return digest(dict(seen))


def act_payload(act: Act) -> bytes:
    """What is signed of an act: its statement, in its one spelling."""
    statement = {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": act.about, "digest": {"sha256": act.over}}],
        "predicateType": ACT_TYPE,
        "predicate": {
            "deed": str(act.deed),
            "person": act.person,
            "role": str(act.role),
            "words": act.words,
            "at": act.at.isoformat(),
            "seen": dict(act.seen),
            "after": act.after,
            "played": act.played,
        },
    }
    return canonical_json(statement)


def sign_act(act: Act, signer: Signer) -> bytes:
    """The act as a signed file."""
    return sign_payload(act_payload(act), signer)


def read_act(data: bytes) -> Act:
    """What a signed file says, unverified; SharingRefused where it is no act, or its digest is not of its parts."""
    payload, key_id, _ = open_envelope(data, NAME)
    return replace(read_statement(payload), digest=hashlib.sha256(data).hexdigest(), key_id=key_id)


def read_statement(payload: bytes) -> Act:
    """What a statement says that is to be signed, or was; SharingRefused as `read_act`."""
    try:
        statement = _Statement.model_validate_json(payload)
    except ValidationError:
        raise SharingRefused("act_understood", NAME, "not an act", "sign it anew") from None
    said, (subject,) = statement.predicate, statement.subject
    act = Act(
        deed=said.deed,
        about=subject.name,
        person=said.person,
        role=said.role,
        at=said.at,
        seen=said.seen,
        after=said.after,
        words=said.words,
        played=said.played,
    )
    if subject.digest != {"sha256": act.over} or act.at.tzinfo is None:
        raise SharingRefused("act_understood", subject.name, "its digest is not of what it names", "sign it anew")
    return act


def act_fault(data: bytes, person: Person | None, recorded: datetime) -> str | None:
    """Why an act that was recorded at a moment counts for nothing, None where it counts.

    Keys and roles are judged by the day on which the ledger took it: what an act says of its own time is its signer's.
    """
    try:
        act = read_act(data)
    except SharingRefused as refusal:
        return refusal.fault.message
    day = day_of(recorded)
    if person is None or person_key(person.name) != person_key(act.person):
        return f"{act.person} is not among the persons"
    if act.at > recorded:
        return "it is of a later time than it was recorded"
    keys = [(held, PublicKey.read(held.pem.encode())) for held in person.keys]
    mine = next(((held, key) for held, key in keys if key.key_id == act.key_id), None)
    if mine is None:
        return f"it is signed with key {act.key_id[:16]}, which is none of {act.person}'s"
    held, key = mine
    try:
        verified_payload(data, key, NAME)
    except SharingRefused as refusal:
        return refusal.fault.message
    if not held.holds(day):
        return f"key {act.key_id[:16]} did not speak for {act.person} on {day}"
    if act.role not in person.roles_for(act.deed, day):
        return f"{act.person} may not {_DOES[act.deed]} as {act.role} on {day}"
    return None


def prepared(act: Act, person: Person, signer: Signer) -> tuple[Act, bytes]:
    """The act signed, after asking of it what will be asked of it; SharingRefused where it would count for nothing."""
    day = day_of(act.at)
    roles = person.roles_for(act.deed, day)
    if not roles:
        held = ", ".join(str(grant.role) for grant in person.roles if grant.holds(day)) or "nothing"
        raise SharingRefused(
            "act_role",
            person.name,
            f"may not {_DOES[act.deed]} on {day}: is {held}",
            "have somebody act who may, or give the role in contracts/persons.yml",
        )
    asked = act if act.role in roles else replace(act, role=roles[0])
    data = sign_act(asked, signer)
    fault = act_fault(data, person, act.at)
    if fault:
        fix = "sign with the key that contracts/persons.yml has for the person, on a day on which it holds"
        raise SharingRefused("act_key", person.name, fault, fix)
    return read_act(data), data
