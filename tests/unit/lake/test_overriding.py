"""Overrides as signed acts in the ledger: who may ask, who may confirm, over what, until when, and how one ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from contracts.acts import Deed, Person, PersonKey, Role, RoleGrant
from contracts.model import Catalogue, Rule
from contracts.overrides import Override
from contracts.violation import Outcome, Severity
from lake.acts import Actor, Acts, Persons, Said, record_act
from lake.overriding import Desk
from lake.unbelieved import why_unbelieved
from sharing.canonical import agreement_digest
from sharing.faults import SharingRefused
from sharing.keys import Signer
from sharing.ledger import Ledger
from tests.keys import signer_in
from tests.unit.gates import cases as c
from tests.unit.gates.overrides import overridden
from tests.unit.lake.office import ALWAYS, AT

GRAIN = Rule("grain", "unique", ("person_id",), "accuracy", Severity.ERROR)
A = c.agreement(rules=(GRAIN,))
UNTIL, TODAY = date(2026, 6, 30), date(2026, 6, 1)
STEWARD, OFFICER, OTHER, BOTH = "anna@city.example", "boris@city.example", "carla@health.example", "dora@city.example"
ROLES = {
    STEWARD: (RoleGrant(Role.STEWARD, *ALWAYS),),
    OFFICER: (RoleGrant(Role.OFFICER, *ALWAYS),),
    OTHER: (RoleGrant(Role.OWNER, *ALWAYS, department="health"),),
    BOTH: (RoleGrant(Role.STEWARD, *ALWAYS), RoleGrant(Role.OFFICER, *ALWAYS)),
}


@dataclass
class Office:
    """A city in which a check withholds the one product, and four persons with keys of their own."""

    desk: Desk
    signers: dict[str, Signer]
    persons: Persons

    def who(self, name: str) -> Actor:
        person = self.persons.find(name)
        assert person is not None
        return Actor(person, self.signers[name], played=False)

    def said(self, words: str = "the register is mended next week") -> Said:
        return Said(AT, words, self.desk.overrides.acts.newest(A.name))

    def ask(self, name: str = STEWARD, **changes: Any) -> str:
        terms = self.desk.terms(A.name, changes.pop("until", UNTIL), TODAY, **changes)
        return self.desk.ask(terms, self.who(name), self.said()).digest

    def confirm(self, number: str, name: str = OFFICER) -> None:
        self.desk.confirm(A.name, number, self.who(name), self.said("agreed"))

    def end(self, number: str, name: str = STEWARD) -> None:
        self.desk.end(A.name, number, self.who(name), self.said("it burns"))

    @property
    def only(self) -> Override:
        (found,) = self.desk.listed(A.name)
        return found

    def why_not(self, day: date = TODAY) -> str | None:
        return self.desk.standing(A.name, self.only, day)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    signers = {name: signer_in(tmp_path / name) for name in ROLES}
    people = {
        name: Person(name, name, name, roles, (PersonKey(signers[name].public.pem.decode(), *ALWAYS),))
        for name, roles in ROLES.items()
    }
    none: dict[str, Any] = {}
    catalogue = Catalogue(
        "city", "市", "City", tmp_path, tmp_path, none, none, none, {A.name: A}, none, none, persons=people
    )  # fmt: skip
    settings: Any = type("Settings", (), {"state": tmp_path})()
    with Ledger.open(tmp_path / "ledger.sqlite", signer_in(tmp_path / "keys")) as ledger:
        body = {"agreement": A.name, "product": A.product, "verdict": str(Outcome.WITHHELD), "violations": []}
        ledger.append("verdict", {**body, "evidence": overridden().as_dict()}, AT)
        yield Office(Desk(ledger, settings, catalogue), signers, Persons.of(settings, catalogue))


def test_two_persons_make_one_that_stands_until_its_last_day(office: Office) -> None:
    number = office.ask()
    assert office.why_not() == "no second person has confirmed it"
    office.confirm(number[:12])
    assert (office.why_not(), office.why_not(UNTIL)) == (None, None)
    assert office.why_not(UNTIL + timedelta(days=1)) == f"it ended on {UNTIL}"
    (check,) = office.only.checks
    assert (check.table, check.rule, check.failing_rows, check.rows) == (c.PRODUCT, "grain", 4, 100)


@pytest.mark.parametrize("name", [STEWARD, OFFICER])
def test_either_ends_it(office: Office, name: str) -> None:
    number = office.ask()
    office.confirm(number)
    office.end(number, name)
    assert "it burns" in str(office.why_not())


def test_it_is_over_the_agreement_as_it_was(office: Office) -> None:
    office.confirm(office.ask())
    office.desk.catalogue.agreements[A.name] = replace(A, scope="everybody")  # type: ignore[index]
    assert office.why_not() == "the agreement has changed since"


def test_it_sees_that_the_rule_is_declared_otherwise(office: Office) -> None:
    office.ask()
    assert [one.same_rule for one in office.only.checks] == [True]
    weaker = replace(GRAIN, columns=("age",))
    office.desk.catalogue.agreements[A.name] = replace(A, rules=(weaker,))  # type: ignore[index]
    assert [one.same_rule for one in office.only.checks] == [False]


def test_it_stands_as_far_as_the_gate_lets_it(office: Office) -> None:
    office.confirm(office.ask())
    assert office.why_not() is None
    ledger, facts = office.desk.ledger, overridden(failing_rows=7)
    body = {"agreement": A.name, "product": A.product, "verdict": "withheld", "violations": []}
    ledger.append("verdict", {**body, "evidence": facts.as_dict()}, AT)
    assert office.why_not() == "4 rows failed when it was asked"
    ledger.append("verdict", {**body, "evidence": overridden(failing_rows=2).as_dict()}, AT)
    assert office.why_not() is None
    # The agreement's own digest is the rule's, too: as the rule was declared otherwise, so was what is signed.
    named = replace(office.only, checks=tuple(replace(one, same_rule=False) for one in office.only.checks))
    for checks in (facts.quality.checks, ()):
        assert named.why_idle(checks, agreement_digest(A), TODAY) == "the rule has changed since"


def test_whoever_is_among_the_persons_no_more_counts_in_a_demonstration_either(office: Office) -> None:
    desk = office.desk
    keyless = {name: replace(one, keys=()) for name, one in desk.catalogue.persons.items()}
    city = replace(desk.catalogue, persons=keyless, demonstration=True)
    desk = replace(desk, catalogue=city)

    def played(name: str) -> Actor:
        return Actor(*desk.overrides.acts.persons.play(name), played=True)

    def said() -> Said:
        return Said(AT, "because", desk.overrides.acts.newest(A.name))

    number = desk.ask(desk.terms(A.name, UNTIL, TODAY), played(STEWARD), said()).digest
    desk.confirm(A.name, number, played(OFFICER), said())
    assert desk.standing(A.name, desk.find(A.name, number), TODAY) is None
    left = {name: one for name, one in keyless.items() if one.name != OFFICER}
    desk = replace(desk, catalogue=replace(city, persons=left))
    assert "no more" in str(desk.standing(A.name, desk.find(A.name, number), TODAY))


@pytest.mark.parametrize(
    ("rule", "act"),
    [
        ("override_until", lambda office: office.ask(until=TODAY - timedelta(days=1))),
        ("override_until", lambda office: office.ask(until=TODAY + timedelta(days=60))),
        ("override_checks", lambda office: office.ask(only=["other"])),
        ("override_asker", lambda office: office.ask(OTHER)),
        ("override_asker", lambda office: office.ask(OFFICER)),
        ("override_second", lambda office: office.confirm(office.ask(BOTH), BOTH)),
        ("act_role", lambda office: office.confirm(office.ask(), OTHER)),
        ("override_known", lambda office: office.confirm("0" * 64)),
        ("override_known", lambda office: office.end("")),
        ("override_open", lambda office: [office.end(number) for number in [office.ask()] * 2]),
        ("override_open", lambda office: [office.confirm(number) for number in [office.ask()] * 2]),
        ("agreement_known", lambda office: office.desk.terms("nobody", UNTIL, TODAY)),
        ("override_reason", lambda office: office.desk.ask(
            office.desk.terms(A.name, UNTIL, TODAY), office.who(STEWARD), office.said(" "))),
    ],
)  # fmt: skip
def test_what_may_not_be_is_refused(office: Office, rule: str, act: Any) -> None:
    with pytest.raises(SharingRefused) as refusal:
        act(office)
    assert refusal.value.rule == rule


def raw(office: Office, deed: Deed, name: str, seen: dict[str, str]) -> None:
    """An act past the desk, as somebody might put it into the ledger."""
    record_act(office.desk.ledger, office.who(name).act(deed, A.name, seen, office.said()), AT)


def test_what_the_desk_would_refuse_counts_for_nothing_in_the_ledger_either(office: Office) -> None:
    terms = office.desk.terms(A.name, UNTIL, TODAY)
    raw(office, Deed.OVERRIDE, OTHER, terms.seen)
    assert "of no department" in str(office.why_not())


def test_a_confirmation_of_other_terms_confirms_nothing(office: Office) -> None:
    number = office.ask()
    seen = office.desk.confirming(A.name, office.only)
    raw(office, Deed.CONFIRM_OVERRIDE, OFFICER, {**seen, "until": "2026-12-31"})
    assert office.why_not() == "no second person has confirmed it"
    raw(office, Deed.CONFIRM_OVERRIDE, OFFICER, {**seen, "override": "0" * 64})
    assert office.why_not() == "no second person has confirmed it"
    office.confirm(number)
    assert office.why_not() is None


def test_an_override_beyond_the_citys_bound_does_not_stand(office: Office) -> None:
    seen = {**office.desk.terms(A.name, UNTIL, TODAY).seen, "until": "2026-12-01"}
    raw(office, Deed.OVERRIDE, STEWARD, seen)
    raw(office, Deed.CONFIRM_OVERRIDE, OFFICER, office.desk.confirming(A.name, office.only))
    assert office.why_not() == "it runs longer than the city allows"


def test_one_person_with_both_roles_cannot_do_both(office: Office) -> None:
    office.ask(BOTH)
    raw(office, Deed.CONFIRM_OVERRIDE, BOTH, office.desk.confirming(A.name, office.only))
    assert office.why_not() == "one person asked and confirmed"
    # It keeps nobody else from confirming: theirs is the one that counts.
    office.confirm(office.only.asked.digest)
    assert office.why_not() is None


@pytest.mark.parametrize("exact", [True, False])
def test_it_may_be_bound_to_the_very_data(office: Office, exact: bool) -> None:
    office.ask(exact=exact)
    assert office.only.exact is exact


def test_terms_that_cannot_be_read_set_nothing_aside(office: Office) -> None:
    for spoilt in ({"checks": "nonsense"}, {"checks": "[]"}, {"until": "soon"}, {"exact": "maybe"}):
        raw(office, Deed.OVERRIDE, STEWARD, {**office.desk.terms(A.name, UNTIL, TODAY).seen, **spoilt})
    assert office.desk.listed(A.name) == ()


def test_only_what_was_judged_and_failed_can_be_asked(office: Office) -> None:
    facts = overridden()
    failed = facts.quality.checks[0]
    others = (
        replace(failed, error="x"),
        replace(failed, severity=Severity.WARNING),
        replace(failed, data_version="v0"),
    )
    for other in others:
        told = replace(facts, quality=replace(facts.quality, checks=(other,))).as_dict()
        body = {"agreement": A.name, "product": A.product, "verdict": "withheld", "violations": [], "evidence": told}
        office.desk.ledger.append("verdict", body, AT)
        assert office.desk.failing(A.name) == ()
    assert isinstance(office.desk.overrides.acts, Acts)


def test_a_release_that_stands_on_it_is_believed_while_it_stands(office: Office) -> None:
    number = office.ask()
    office.confirm(number)
    over = agreement_digest(A)
    said = SimpleNamespace(
        demonstration=False,
        overrides=(SimpleNamespace(asked=SimpleNamespace(digest=number)),),
        sources=(SimpleNamespace(dataset=c.RESIDENTS),),
        agreement=SimpleNamespace(digest=over),
    )
    release: Any = SimpleNamespace(agreement=A.name, statement=SimpleNamespace(predicate=said))
    desk = office.desk

    def why(day: date = TODAY) -> str:
        settings = SimpleNamespace(state=desk.settings.state, public_keys=desk.settings.state / "none")
        city: Any = SimpleNamespace(
            ledger=desk.ledger, settings=settings, catalogue=desk.catalogue, today=lambda: day
        )  # fmt: skip
        return why_unbelieved(city, release) or ""

    assert (why(), why(UNTIL)) == ("", "")
    assert "it ended on" in why(UNTIL + timedelta(days=1))
    said.overrides[0].asked.digest = "0" * 64
    assert "no such act" in why()
    said.overrides[0].asked.digest = number
    office.end(number, OFFICER)
    assert "it burns" in why()


def test_where_nothing_was_judged_there_is_nothing_to_set_aside(office: Office) -> None:
    body = {"agreement": A.name, "product": A.product, "verdict": "withheld", "violations": []}
    office.desk.ledger.append("verdict", body, AT)
    assert (office.desk.failing(A.name), office.desk.departments(A.name)) == ((), frozenset())
    assert office.desk.departments("nobody") == frozenset()
    with pytest.raises(SharingRefused) as refusal:
        office.ask()
    assert refusal.value.rule == "override_checks"


def test_its_first_and_last_possible_day_are_in_its_term(office: Office) -> None:
    latest = office.desk.overrides.latest(TODAY)
    for day in (TODAY, latest):
        number = office.ask(until=day)
        office.confirm(number)
        one = office.desk.find(A.name, number)
        assert (one.bounded, office.desk.standing(A.name, one, day)) == (True, None)
    with pytest.raises(SharingRefused) as refusal:
        office.ask(until=latest + timedelta(days=1))
    assert str(latest) in refusal.value.fault.fix


def test_of_several_each_is_found_by_its_number_alone(office: Office) -> None:
    first, second = office.ask(until=date(2026, 6, 10)), office.ask(until=date(2026, 6, 20))
    office.confirm(second[:16])
    assert [one.is_confirmed for one in office.desk.listed(A.name)] == [False, True]
    with pytest.raises(SharingRefused, match="confirmed already"):
        office.confirm(second)
    office.end(first)
    with pytest.raises(SharingRefused, match="it is ended"):
        office.confirm(first)
    with pytest.raises(SharingRefused) as refusal:
        office.desk.find(A.name, "")
    assert first[:12] in refusal.value.fault.fix and second[:12] in refusal.value.fault.fix


def test_only_the_named_checks_are_asked(office: Office) -> None:
    facts = overridden()
    tables = tuple(replace(one, expected=("grain", "other")) for one in facts.quality.tables)
    other = replace(facts.quality.checks[0], rule="other")
    quality = replace(facts.quality, tables=tables, checks=(*facts.quality.checks, other))
    told = {"evidence": replace(facts, quality=quality).as_dict(), "violations": []}
    body = {"agreement": A.name, "product": A.product, "verdict": "withheld", **told}
    office.desk.ledger.append("verdict", body, AT)
    assert [one.rule for one in office.desk.terms(A.name, UNTIL, TODAY).checks] == ["grain", "other"]
    terms = office.desk.terms(A.name, UNTIL, TODAY, only=["other"])
    assert [one.rule for one in terms.checks] == ["other"] and "same_rule" not in terms.seen["checks"]
    with pytest.raises(SharingRefused, match="no check nothing failed"):
        office.desk.terms(A.name, UNTIL, TODAY, only=["other", "nothing"])
