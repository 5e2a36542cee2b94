"""Where acts are kept: taken into the ledger, read back from it, and each verified against the persons as declared.

In a city that is a demonstration the platform plays the persons: it holds keys of theirs below the state, and every act
of such a person says so. What acts are needed for is the gate's; how one is signed is `sharing.acts`'.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path

from contracts.acts import ActEvidence, Approval, DeclaredPersons, Deed, Person, PersonKey, Role, RoleGrant, person_key
from contracts.clock import day_of
from contracts.model import Agreement, Catalogue
from lake.settings import Settings
from sharing.acts import Act, act_fault, prepared, read_act, seen_digest
from sharing.chain import Entry
from sharing.faults import SharingRefused
from sharing.keys import PublicKey, Signer, create_key, open_signer
from sharing.ledger import Ledger

KIND = "act"
_ALWAYS = (date(2000, 1, 1), date(2199, 12, 31))


@dataclass(frozen=True)
class Persons:
    """Who may act in a city, by its whole catalogue or its persons alone."""

    catalogue: Catalogue | DeclaredPersons
    folder: Path
    """Where keys of persons lie that the platform plays."""

    @classmethod
    def of(cls, settings: Settings, catalogue: Catalogue | DeclaredPersons) -> Persons:
        """The persons of a workspace."""
        return cls(catalogue, settings.state / "played_persons")

    def find(self, name: str) -> Person | None:
        """A declared person, or in a demonstration one that the platform plays; None where there is neither."""
        if self.plays and self._file(name).exists():
            return self._played(name, open_signer(self._file(name)))
        return self.catalogue.persons.get(person_key(name))

    def play(self, name: str) -> tuple[Person, Signer]:
        """A person of a demonstration with a key, made on first use. SharingRefused in a city that is none."""
        if not self.plays:
            raise SharingRefused(
                "act_key",
                name,
                "no key is given to sign with, and this city is no demonstration, or has persons with keys",
                "name the file of the person's own key: --key FILE",
            )
        path = self._file(name)
        signer = open_signer(path) if path.exists() else create_key(path)
        return self._played(name, signer), signer

    @property
    def plays(self) -> bool:
        """Whether the platform plays persons: in a demonstration, and nobody declared has a key of their own.

        Where somebody has, the city is one that persons answer for, whatever else it says of itself.
        """
        return self.catalogue.demonstration and not any(one.keys for one in self.catalogue.persons.values())

    def _played(self, name: str, signer: Signer) -> Person:
        declared = self.catalogue.persons.get(person_key(name))
        # Whoever is declared has those roles alone, played or not; whom nobody declared may be anybody.
        roles = declared.roles if declared else tuple(RoleGrant(role, *_ALWAYS) for role in Role)
        return Person(name, name, name, roles, (PersonKey(signer.public.pem.decode(), *_ALWAYS),))

    def _file(self, name: str) -> Path:
        return self.folder / f"{hashlib.sha256(person_key(name).encode()).hexdigest()[:16]}.pem"


@dataclass(frozen=True)
class Said:
    """When an act is done, with which words, and after which other act on the same subject (its digest)."""

    at: datetime
    words: str = ""
    after: str = ""


@dataclass(frozen=True)
class Actor:
    """Somebody about to act: the person, and what signs for them."""

    person: Person
    signer: Signer
    played: bool

    def act(self, deed: Deed, about: str, seen: Mapping[str, str], said: Said) -> bytes:
        """A signed act; SharingRefused where it would count for nothing."""
        role = next(iter(self.person.roles_for(deed, day_of(said.at))), Role.OFFICER)
        act = Act(deed, about, self.person.name, role, said.at, seen, said.words, said.after, self.played)
        return prepared(act, self.person, self.signer)[1]


def actor(persons: Persons, name: str, key: Path | None = None, passphrase: Path | None = None) -> Actor:
    """Somebody by name, with the key in a file; in a demonstration without one. SharingRefused for nobody's name."""
    if key is None:
        return Actor(*persons.play(name), played=True)
    person = persons.find(name)
    if person is None:
        known = ", ".join(sorted(one.name for one in persons.catalogue.persons.values())) or "nobody"
        raise SharingRefused(
            "person_known", name, f"is not among the persons, who are {known}", "add them to contracts/persons.yml"
        )
    return Actor(person, open_signer(key, passphrase), played=False)


def proved(persons: Persons, name: str, key: Path | None, passphrase: Path | None, at: datetime) -> Actor:
    """Somebody who acts, proved by a key that holds on the day; in a demonstration whoever is declared is played, and
    where nobody is, whoever is named.

    SharingRefused where the key is none of theirs then.
    """
    found = actor(persons, expect_declared(persons, name), key, passphrase)
    own = [one for one in found.person.keys if one.holds(day_of(at))]
    if found.signer.public.key_id not in {PublicKey.read(one.pem.encode()).key_id for one in own}:
        fix = "name the key that contracts/persons.yml has for them, on a day on which it holds"
        raise SharingRefused("act_key", name, "it is none of the person's keys", fix)
    return found


def expect_declared(persons: Persons, name: str) -> str:
    """The name of a person as it is declared. SharingRefused for whom nobody declared, in a city that declares persons:
    a demonstration plays anybody, and one who is anybody is no second person, and has no level.
    """
    declared = persons.catalogue.persons.get(person_key(name))
    if declared is None and persons.catalogue.persons:
        fix = "name one whom contracts/persons.yml declares, or declare them there with their roles"
        raise SharingRefused("person_declared", name, "nobody of this name is declared", fix)
    return declared.name if declared else name


def record_act(ledger: Ledger, data: bytes, at: datetime, run_id: str | None = None) -> Entry:
    """Take a signed act into the ledger; SharingRefused at a time before its newest entry, by whatever clock."""
    act = read_act(data)
    newest = ledger.newest_time()
    if newest is not None and at < newest:
        told = f"it is {at.isoformat()} by this clock, and the ledger already has what happened at {newest.isoformat()}"
        raise SharingRefused("act_time", act.about, told, "set the clock right (ZHONGTAI_NOW), then act again")
    body = {
        "about": act.about,
        "deed": str(act.deed),
        "person": act.person,
        "role": str(act.role),
        "digest": act.digest,
        "act": data.decode(),
    }
    return ledger.append(KIND, body if run_id is None else {**body, "run_id": run_id}, at)


@dataclass(frozen=True)
class Recorded:
    """An act as the ledger has it: what it says, why it counts for nothing (None: it counts), when it was recorded."""

    act: Act
    fault: str | None
    at: datetime


@dataclass(frozen=True)
class Acts:
    """The acts that a ledger has, verified once."""

    ledger: Ledger
    persons: Persons

    @cached_property
    def recorded(self) -> tuple[Recorded, ...]:
        """Every act, in order, each once: the same act again is no other act."""
        return tuple(self._read())

    def _read(self) -> Iterator[Recorded]:
        seen: set[str] = set()
        latest: datetime | None = None
        for entry in self.ledger.entries(KIND):
            latest = entry.at if latest is None else max(latest, entry.at)
            data = str(entry.body.get("act", "")).encode()
            try:
                act = read_act(data)
            except SharingRefused:
                continue  # it says nothing, and so it is nobody's
            if act.digest in seen:
                continue
            seen.add(act.digest)
            # What is written down after something else did not happen before it.
            yield Recorded(act, self.fault(act, data, latest), entry.at)

    @cached_property
    def _city(self) -> frozenset[str]:
        return frozenset(str(entry.body.get("digest")) for entry in self.ledger.entries("key"))

    def fault(self, act: Act, data: bytes, at: datetime) -> str | None:
        """Why an act that was recorded at a moment counts for nothing, None where it counts."""
        if act.key_id in self._city:
            return "it is signed with a key of the city's own"
        if act.played and not self.persons.plays:
            return "it was played by the platform, and this city is no demonstration"
        return act_fault(data, self.persons.find(act.person), at)

    def about(self, subject: str, *deeds: Deed) -> tuple[Recorded, ...]:
        """The acts about something, in order."""
        return tuple(one for one in self.recorded if one.act.about == subject and one.act.deed in deeds)

    def newest(self, subject: str) -> str:
        """The digest of the newest act about something; empty where there is none."""
        return next((one.act.digest for one in reversed(self.recorded) if one.act.about == subject), "")

    def evidence(self, agreement: Agreement, dossier: Mapping[str, str]) -> ActEvidence:
        """What persons did about an agreement, against what is to leave now."""
        acts = self.about(agreement.name, Deed.STOP, Deed.APPROVE)
        stops = [n for n, one in enumerate(acts) if one.act.deed is Deed.STOP and one.fault is None]
        stop = acts[stops[-1]] if stops else None
        later = acts[stops[-1] + 1 :] if stops else acts
        # An approval of before the stop that is recorded after it is as old as it says.
        newer = [one for one in later if one.act.deed is Deed.APPROVE and (stop is None or one.act.at >= stop.act.at)]
        return ActEvidence(
            dossier=dict(dossier),
            digest=seen_digest(dossier),
            approvals=tuple(_approval(one, dossier) for one in newer),
            stopped=stop.act.words if stop and not newer else None,
            demonstration=any(one.act.played for one in newer),
            required=required(agreement),
        )


def required(agreement: Agreement) -> tuple[str, ...]:
    """The persons whose approval an agreement names: of itself, and of what lowers its columns' levels."""
    lowering = [one.approved_by for one in agreement.declassifiers or ()]
    return tuple(dict.fromkeys([*agreement.approvals, *lowering]))


def _approval(one: Recorded, dossier: Mapping[str, str]) -> Approval:
    act = one.act
    names = sorted({*act.seen, *dossier})
    changed = tuple(name for name in names if act.seen.get(name) != dossier.get(name))
    return Approval(act.person, str(act.role), act.at, act.digest, act.key_id, changed, one.fault)
