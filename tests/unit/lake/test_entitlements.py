"""Who may receive what: in force where every approval stands; what did leave, who signed, and what nobody used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts.acts import Deed
from contracts.model import Level
from lake.acts import Acts, Persons
from lake.entitlements import entitlements
from sharing.canonical import agreement_digest
from sharing.ledger import Ledger
from tests.keys import signer_in
from tests.unit.lake.office import AGREEMENT, AT, SEEN, city, did, who

ANNA, BORIS = AGREEMENT.approvals
TODAY = date(2026, 6, 2)
JUDGED = {**SEEN, "agreement": agreement_digest(AGREEMENT)}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "ledger.sqlite", signer_in(tmp_path / "keys")) as opened:
        yield opened


def judged(ledger: Ledger, *levels: str, dossier: Mapping[str, str] = JUDGED) -> None:
    columns = [{"name": f"c{n}", "levels": {"effective": level}} for n, level in enumerate(levels)]
    evidence = {"acts": {"dossier": dict(dossier)}, "lineage": {"columns": columns}}
    ledger.append("verdict", {"agreement": AGREEMENT.name, "evidence": evidence}, AT)


def left(ledger: Ledger, release: str, kind: str = "release", **more: str) -> None:
    body = {"agreement": AGREEMENT.name, "release_id": release, "recipient": "tax", "product": "p", "rows": 3, **more}
    ledger.append(kind, body, AT + timedelta(hours=1))


def report(ledger: Ledger, persons: Persons, level: Level = Level.L3, today: date = TODAY) -> dict[str, Any]:
    return entitlements(ledger, persons.catalogue, persons, level, today)


def both(ledger: Ledger, persons: Persons, tmp_path: Path) -> None:
    for name in (ANNA, BORIS):
        did(ledger, who(persons, tmp_path, name), seen=JUDGED)


def test_in_force_is_what_all_have_signed_and_on_their_acts(ledger: Ledger, tmp_path: Path) -> None:
    persons = city(tmp_path, ANNA, BORIS)
    judged(ledger, "L1", "L3", "L4")
    did(ledger, who(persons, tmp_path, ANNA), seen=JUDGED)
    (one,) = report(ledger, persons)["entitlements"]
    assert (one["state"], one["since"]) == ("not approved", None)
    did(ledger, who(persons, tmp_path, BORIS), at=AT + timedelta(minutes=5), seen=JUDGED)
    found = report(ledger, persons)
    (one,) = found["entitlements"]
    assert (one["state"], one["since"]) == ("in force", (AT + timedelta(minutes=5)).isoformat())
    assert [act["person"] for act in one["acts"]] == [ANNA, BORIS]
    assert {act["act"] for act in one["acts"]} == {each.act.digest for each in Acts(ledger, persons).recorded}
    assert one["columns"] == ({"name": "c1", "level": "L3"}, {"name": "c2", "level": "L4"})
    assert one["valid_until"] == AGREEMENT.valid_until
    # Nothing ever left under it.
    assert one["unused"] and found["unused"] == [AGREEMENT.name]


def test_what_left_is_told_with_its_withdrawal_once_each(ledger: Ledger, tmp_path: Path) -> None:
    persons = city(tmp_path, ANNA, BORIS)
    judged(ledger, "L3")
    both(ledger, persons, tmp_path)
    left(ledger, "a" * 32)
    left(ledger, "a" * 32)
    left(ledger, "b" * 32)
    left(ledger, "a" * 32, "withdrawal", reason="wrong")
    found = report(ledger, persons)
    (one,) = found["entitlements"]
    assert [(r["release_id"][0], r["recipient"], r["why"]) for r in one["releases"]] == [
        ("a", "tax", "wrong"),
        ("b", "tax", None),
    ]
    assert found["unused"] == [] and not one["unused"]


@pytest.mark.parametrize(
    ("state", "today", "stopped", "dossier"),
    [
        ("ended", AGREEMENT.valid_until + timedelta(days=1), False, JUDGED),
        ("not yet", AGREEMENT.valid_from - timedelta(days=1), False, JUDGED),
        ("stopped", TODAY, True, JUDGED),
        ("changed since it was judged", TODAY, False, {**JUDGED, "agreement": "f" * 64}),
        ("not approved", TODAY, False, {**JUDGED, "model": "f" * 64}),
        ("never judged", TODAY, False, {}),
    ],
)
def test_what_is_not_in_force_says_why(
    ledger: Ledger, tmp_path: Path, state: str, today: date, stopped: bool, dossier: Mapping[str, str]
) -> None:
    persons = city(tmp_path, ANNA, BORIS)
    judged(ledger, "L3", dossier=dossier)
    both(ledger, persons, tmp_path)
    if stopped:
        did(ledger, who(persons, tmp_path, ANNA), Deed.STOP, after=Acts(ledger, persons).newest(AGREEMENT.name))
    found = report(ledger, persons, today=today)
    (one,) = found["entitlements"]
    assert (one["state"], one["since"]) == (state, None)
    assert found["unused"] == []


def test_what_is_below_the_level_is_left_out_unless_a_column_is_not(ledger: Ledger, tmp_path: Path) -> None:
    persons = city(tmp_path, ANNA, BORIS)
    low = replace(AGREEMENT, level_ceiling=Level.L2)
    persons = replace(persons, catalogue=replace(persons.catalogue, agreements={low.name: low}))
    judged(ledger, "L1", "L2")
    assert report(ledger, persons)["entitlements"] == []
    assert len(report(ledger, persons, Level.L2)["entitlements"]) == 1
    judged(ledger, "L1", "L3")
    assert len(report(ledger, persons)["entitlements"]) == 1


def test_an_agreement_that_is_declared_no_more_is_still_told_by_what_left(ledger: Ledger, tmp_path: Path) -> None:
    persons = city(tmp_path, ANNA)
    persons = replace(persons, catalogue=replace(persons.catalogue, agreements={}))
    left(ledger, "a" * 32)
    (one,) = report(ledger, persons)["entitlements"]
    assert (one["agreement"], one["recipient"], one["state"]) == (AGREEMENT.name, "tax", "no longer declared")


def test_persons_are_told_with_what_they_signed_and_what_they_never_used(ledger: Ledger, tmp_path: Path) -> None:
    persons = city(tmp_path, ANNA, BORIS)
    did(ledger, who(persons, tmp_path, ANNA))
    anna, boris = report(ledger, persons)["persons"]
    assert [(act["deed"], act["about"], act["role"], act["fault"]) for act in anna["acts"]] == [
        ("approve", AGREEMENT.name, "officer", None)
    ]
    assert (anna["unused_roles"], boris["acts"], boris["unused_roles"]) == ((), (), ("officer",))
