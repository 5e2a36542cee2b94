"""Acts in the ledger: whose approval counts for what is to leave now, what a stop takes away, and what a city plays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from contracts.acts import ActEvidence, DeclaredPersons, Deed, Person, Role, RoleGrant, person_key
from lake.acts import KIND, Acts, Persons, Said, actor, record_act
from sharing.acts import seen_digest
from sharing.faults import SharingRefused
from sharing.ledger import Ledger
from tests.keys import signer_in
from tests.unit.lake.office import AGREEMENT, ALWAYS, AT, SEEN, city, did, who


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "ledger.sqlite", signer_in(tmp_path / "keys")) as opened:
        yield opened


def found(ledger: Ledger, persons: Persons, **changed: str) -> ActEvidence:
    return Acts(ledger, persons).evidence(AGREEMENT, SEEN | changed)


def counting(evidence: ActEvidence) -> list[str]:
    return [one.person for one in evidence.approvals if one.counts]


def test_each_who_signed_what_is_to_leave_counts_and_nobody_else(ledger: Ledger, tmp_path: Path) -> None:
    persons = city(tmp_path, "anna@city.example", "boris@city.example")
    did(ledger, who(persons, tmp_path, "anna@city.example"))
    evidence = found(ledger, persons)
    assert counting(evidence) == ["anna@city.example"]
    assert evidence.required == ("anna@city.example", "boris@city.example")
    assert evidence.digest == seen_digest(SEEN)
    assert not evidence.demonstration


@pytest.mark.parametrize("part", SEEN)
def test_a_change_of_any_part_is_another_thing_to_approve(ledger: Ledger, tmp_path: Path, part: str) -> None:
    persons = city(tmp_path, "anna@city.example")
    did(ledger, who(persons, tmp_path, "anna@city.example"))
    (approval,) = found(ledger, persons, **{part: "d" * 64}).approvals
    assert (approval.changed, approval.counts) == ((part,), False)
    (approval,) = found(ledger, persons, another="e" * 64).approvals
    assert approval.changed == ("another",)


def test_what_one_approved_does_not_count_for_another_agreement(ledger: Ledger, tmp_path: Path) -> None:
    persons = city(tmp_path, "anna@city.example")
    did(ledger, who(persons, tmp_path, "anna@city.example"))
    other = replace(AGREEMENT, name="tax__other")
    assert Acts(ledger, persons).evidence(other, SEEN).approvals == ()


def test_after_a_stop_nothing_of_before_counts_again(ledger: Ledger, tmp_path: Path) -> None:
    persons = city(tmp_path, "anna@city.example", "boris@city.example")
    anna, boris = (who(persons, tmp_path, name) for name in ("anna@city.example", "boris@city.example"))
    held_back = boris.act(Deed.APPROVE, AGREEMENT.name, SEEN, Said(AT - timedelta(hours=1)))
    did(ledger, anna)
    did(ledger, anna, Deed.STOP)
    evidence = found(ledger, persons)
    assert (evidence.stopped, counting(evidence)) == ("words", [])
    # The very act of before again, and one that was signed before and kept: both are as old as they are.
    record_act(ledger, anna.act(Deed.APPROVE, AGREEMENT.name, SEEN, Said(AT, "words")), AT)
    record_act(ledger, held_back, AT)
    assert counting(found(ledger, persons)) == []
    did(ledger, anna, after=Acts(ledger, persons).newest(AGREEMENT.name))
    evidence = found(ledger, persons)
    assert (evidence.stopped, counting(evidence)) == (None, ["anna@city.example"])


def test_who_may_not_stop_stops_nothing(ledger: Ledger, tmp_path: Path) -> None:
    persons = city(tmp_path, "anna@city.example")
    anna = who(persons, tmp_path, "anna@city.example")
    did(ledger, anna)
    engineer = replace(anna.person, roles=(RoleGrant(Role.ENGINEER, *ALWAYS),))
    with pytest.raises(SharingRefused, match="may not stop"):
        did(ledger, replace(anna, person=engineer), Deed.STOP)
    assert counting(found(ledger, persons)) == ["anna@city.example"]


def test_a_line_in_the_ledger_that_nobody_signed_is_no_act(ledger: Ledger, tmp_path: Path) -> None:
    persons = city(tmp_path, "anna@city.example")
    body = {"about": AGREEMENT.name, "deed": "approve", "person": "anna@city.example", "act": "{}", "digest": "0" * 64}
    ledger.append(KIND, body, AT)
    assert found(ledger, persons).approvals == ()
    mallory = actor(
        city(tmp_path / "other", "anna@city.example"),
        "anna@city.example",
        tmp_path / "other" / "anna@city.example" / "signing.pem",
    )
    did(ledger, mallory)
    (approval,) = found(ledger, persons).approvals
    assert "none of anna@city.example's" in str(approval.fault)


def test_a_person_who_left_is_nobody(ledger: Ledger, tmp_path: Path) -> None:
    persons = city(tmp_path, "anna@city.example")
    did(ledger, who(persons, tmp_path, "anna@city.example"))
    assert counting(found(ledger, city(tmp_path))) == []


def test_persons_are_played_in_a_demonstration_alone(ledger: Ledger, tmp_path: Path) -> None:
    demonstration = city(tmp_path, demonstration=True)
    did(ledger, actor(demonstration, "anna@city.example"))
    evidence = found(ledger, demonstration)
    assert (counting(evidence), evidence.demonstration) == (["anna@city.example"], True)
    # The same state in a city that is none: what was played is nothing, and nobody is played any more.
    earnest = city(tmp_path)
    assert counting(found(ledger, earnest)) == []
    with pytest.raises(SharingRefused, match="no demonstration"):
        actor(earnest, "anna@city.example")


def test_who_has_a_key_of_their_own_is_not_played(ledger: Ledger, tmp_path: Path) -> None:
    persons = city(tmp_path, "anna@city.example", demonstration=True)
    with pytest.raises(SharingRefused):
        actor(persons, "anna@city.example")
    did(ledger, who(persons, tmp_path, "anna@city.example"))
    assert counting(found(ledger, persons)) == ["anna@city.example"]


def test_what_was_played_is_nothing_once_the_person_has_a_key(ledger: Ledger, tmp_path: Path) -> None:
    demonstration = city(tmp_path, demonstration=True)
    did(ledger, actor(demonstration, "anna@city.example"))
    earnest = city(tmp_path, "anna@city.example", demonstration=True)
    assert counting(found(ledger, earnest)) == []
    assert earnest.find("anna@city.example") == earnest.catalogue.persons["anna@city.example"]
    did(ledger, who(earnest, tmp_path, "anna@city.example"), at=AT + timedelta(hours=1))
    assert counting(found(ledger, earnest)) == ["anna@city.example"]


def test_an_act_that_says_it_was_played_is_nothing_whoever_signed_it(ledger: Ledger, tmp_path: Path) -> None:
    persons = city(tmp_path, "anna@city.example")
    did(ledger, replace(who(persons, tmp_path, "anna@city.example"), played=True))
    (approval,) = found(ledger, persons).approvals
    assert "played" in str(approval.fault)


def test_a_declared_person_without_a_key_is_played_by_one_key(ledger: Ledger, tmp_path: Path) -> None:
    persons = city(tmp_path, "anna@city.example", demonstration=True)
    anna = replace(persons.catalogue.persons["anna@city.example"], keys=())
    catalogue = replace(persons.catalogue, persons={"anna@city.example": anna})
    bare = Persons(catalogue, persons.folder)
    assert bare.find("anna@city.example") == anna
    first, again = actor(bare, "anna@city.example"), actor(bare, "ANNA@city.example ")
    assert first.signer.public.key_id == again.signer.public.key_id
    assert bare.find("anna@city.example") == first.person != anna
    earnest = Persons(replace(catalogue, demonstration=False), persons.folder)
    assert earnest.find("anna@city.example") == anna


def test_the_newest_act_is_of_the_same_subject_and_each_entry_knows_its_run(ledger: Ledger, tmp_path: Path) -> None:
    persons = city(tmp_path, "anna@city.example")
    anna = who(persons, tmp_path, "anna@city.example")
    one = record_act(ledger, anna.act(Deed.APPROVE, "tax__one", SEEN, Said(AT)), AT, "run")
    other = record_act(ledger, anna.act(Deed.APPROVE, "tax__other", SEEN, Said(AT)), AT)
    acts = Acts(ledger, persons)
    assert (acts.newest("tax__one"), acts.newest("tax__other"), acts.newest("tax__none")) == (
        one.body["digest"],
        other.body["digest"],
        "",
    )
    assert (one.run, other.run) == ("run", None)


def test_nobody_is_played_where_any_person_has_a_key(ledger: Ledger, tmp_path: Path) -> None:
    persons = city(tmp_path, "anna@city.example", demonstration=True)
    with pytest.raises(SharingRefused, match="persons with keys"):
        actor(persons, "root")
    demonstration = city(tmp_path, demonstration=True)
    did(ledger, actor(demonstration, "boris@city.example"))
    assert counting(found(ledger, demonstration)) == ["boris@city.example"]
    assert counting(found(ledger, persons)) == []


def test_an_act_goes_forward_in_time_by_whatever_clock(ledger: Ledger, tmp_path: Path) -> None:
    persons = city(tmp_path, "anna@city.example")
    anna = who(persons, tmp_path, "anna@city.example")
    ledger.append("look", {"dataset": "tax.firms", "paths": []}, AT + timedelta(hours=1))
    with pytest.raises(SharingRefused, match="set the clock right"):
        did(ledger, anna)
    did(ledger, anna, at=AT + timedelta(hours=1))
    assert counting(found(ledger, persons)) == ["anna@city.example"]


def test_an_act_that_was_written_down_after_another_did_not_happen_before_it(ledger: Ledger, tmp_path: Path) -> None:
    persons = city(tmp_path, "anna@city.example", "boris@city.example")
    anna = who(persons, tmp_path, "anna@city.example")
    did(ledger, who(persons, tmp_path, "boris@city.example"), at=AT + timedelta(days=40))
    # Past the platform, as of a day on which the key still held.
    data = anna.act(Deed.APPROVE, AGREEMENT.name, SEEN, Said(AT))
    ledger.append(KIND, {"about": AGREEMENT.name, "act": data.decode(), "digest": "0" * 64}, AT)
    key = replace(persons.catalogue.persons["anna@city.example"].keys[0], revoked_on=(AT + timedelta(days=30)).date())
    revoked = replace(persons.catalogue.persons["anna@city.example"], keys=(key,))
    later = Persons(
        replace(persons.catalogue, persons={**persons.catalogue.persons, "anna@city.example": revoked}), tmp_path
    )
    assert counting(found(ledger, persons)) == ["boris@city.example", "anna@city.example"]
    assert counting(found(ledger, later)) == ["boris@city.example"]


def test_the_city_s_own_key_signs_for_no_person(ledger: Ledger, tmp_path: Path) -> None:
    persons = city(tmp_path, "anna@city.example")
    anna = who(persons, tmp_path, "anna@city.example")
    ledger.append("key", {"name": "signing", "digest": anna.signer.public.key_id}, AT)
    did(ledger, anna)
    (approval,) = found(ledger, persons).approvals
    assert "key of the city" in str(approval.fault)


def test_nobody_signs_for_a_name_that_is_no_person_s(tmp_path: Path) -> None:
    persons = city(tmp_path, "anna@city.example")
    with pytest.raises(SharingRefused, match=r"is not among the persons, who are anna@city\.example"):
        actor(persons, "boris@city.example", tmp_path / "anna@city.example" / "signing.pem")


def test_a_played_person_has_the_roles_that_are_declared_and_who_is_not_declared_any(tmp_path: Path) -> None:
    grant = RoleGrant(Role.STEWARD, *ALWAYS)
    anna = Person("anna@city.example", "安娜", "Anna", (grant,), ())
    persons = Persons(DeclaredPersons({person_key(anna.name): anna}, demonstration=True), tmp_path / "played")
    with pytest.raises(SharingRefused, match="may not stop"):
        actor(persons, anna.name).act(Deed.STOP, "a__b", {}, Said(AT, "why"))
    assert actor(persons, "nobody@city.example").act(Deed.STOP, "a__b", {}, Said(AT, "why"))
