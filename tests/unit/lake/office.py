"""An office: one agreement, the persons it names with keys of their own, and the acts they do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from contracts.acts import Deed, Person, PersonKey, Role, RoleGrant, person_key
from contracts.model import Catalogue
from lake.acts import Actor, Persons, Said, actor, record_act
from sharing.ledger import Ledger
from tests.keys import signer_in
from tests.unit.gates import cases

AT = datetime(2026, 6, 1, 8, tzinfo=UTC)
ALWAYS = (date(2026, 1, 1), date(2026, 12, 31))
AGREEMENT = replace(cases.agreement(), approvals=("anna@city.example", "boris@city.example"))
SEEN = {"agreement": "a" * 64, "model": "b" * 64, "policy": "c" * 64}


def city(tmp_path: Path, *names: str, demonstration: bool = False) -> Persons:
    """Officers with keys of their own, and the agreement."""
    persons = {}
    for name in names:
        key = PersonKey(signer_in(tmp_path / name).public.pem.decode(), *ALWAYS)
        persons[person_key(name)] = Person(name, name, name, (RoleGrant(Role.OFFICER, *ALWAYS),), (key,))
    none: dict[str, Any] = {}
    catalogue = Catalogue(
        "city", "市", "City", tmp_path, tmp_path, none, none, none, {AGREEMENT.name: AGREEMENT}, none, none,
        persons=persons, demonstration=demonstration,
    )  # fmt: skip
    return Persons(catalogue, tmp_path / "played")


def who(persons: Persons, tmp_path: Path, name: str) -> Actor:
    """One of them, about to act."""
    return actor(persons, name, tmp_path / name / "signing.pem")


def did(
    ledger: Ledger,
    actor_: Actor,
    deed: Deed = Deed.APPROVE,
    at: datetime = AT,
    after: str = "",
    seen: Mapping[str, str] = SEEN,
) -> None:
    """An act on the agreement, taken into the ledger; a stop is over nothing."""
    seen = seen if deed is Deed.APPROVE else {}
    record_act(ledger, actor_.act(deed, AGREEMENT.name, seen, Said(at, "words", after)), at)
