"""What is bad this morning: found, since when, whose, whom it hurts, and for whom it is shown."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from contracts.acts import Role
from lake.findings.finding import Finding, Kind, Words, digest_of
from lake.quality_past.store import QualityPast
from portal.findings.morning import Morning
from tests.unit.gates.overrides import overridden, override
from tests.unit.portal.catalogued import Catalogued, result, role, sample
from tests.unit.portal.conftest import Portal

TABLE, RULE = "raw.culture_tourism__hotels", "fire_certificate_present"
AGREEMENT = "public__star_hotels"


@pytest.fixture
def city(portal: Portal) -> Catalogued:
    portal.city.catalogue = sample()
    return Catalogued(portal)


def judged(agreement: str, verdict: str, *tables: str) -> dict[str, Any]:
    violation = {"gate": "quality", "subject": TABLE, "message": "fails", "fix": "correct the rows", "rule": "x"}
    evidence = {
        "quality": {"tables": [{"table": one} for one in tables]},
        "sources": [{"dataset": "culture_tourism.hotels"}],
    }
    violations = [] if verdict == "released" else [violation]
    return {"agreement": agreement, "verdict": verdict, "violations": violations, "evidence": evidence, "rows": 3}


def fails(city: Catalogued, failing: int, day: int = 0, **more: Any) -> None:
    city.portal.clock.pass_by(days=day)
    city.tell("check", {**result(TABLE, f"r{day}", RULE, failing), **more})


def morning(city: Catalogued, *more: Any) -> Morning:
    known = city.portal.city
    return Morning(known, QualityPast(known.settings, known.ledger, known.catalogue), more)


def found(city: Catalogued) -> list[Finding]:
    return list(morning(city).every())


def test_a_failing_rule_has_since_when_whose_it_is_and_whom_it_hurts(city: Catalogued) -> None:
    city.tell("verdict", judged(AGREEMENT, "withheld", TABLE))
    first = city.portal.clock.now().date()
    fails(city, 7)
    fails(city, 9, day=3)
    one = next(one for one in found(city) if one.kind is Kind.CHECK)
    assert (one.subject, one.detail, one.since) == (TABLE, RULE, first)
    assert one.department == "culture_tourism" and one.owner == sample().datasets["culture_tourism.hotels"].owner
    assert "9 / 100" in one.what.zh and one.agencies == ("public",)
    fails(city, 0, day=1)
    assert not [one for one in found(city) if one.kind is Kind.CHECK]
    fails(city, 1, day=1)
    assert next(one for one in found(city) if one.kind is Kind.CHECK).since == city.portal.clock.now().date()


def test_a_check_that_crashed_is_a_fault_and_says_so(city: Catalogued) -> None:
    fails(city, 0, passed=False, rows=None, failing_rows=None, error="boom")
    assert "未能执行" in found(city)[0].what.zh


def test_rules_that_are_declared_no_more_are_no_fault(city: Catalogued) -> None:
    city.tell("check", result(TABLE, "r", "a_rule_of_last_year", 5))
    assert found(city) == []


def test_a_delivery_that_failed_is_one_while_it_lies_there(city: Catalogued) -> None:
    dataset = "health.visits"
    city.tell(
        "batch",
        {
            "dataset": dataset,
            "path": "a.csv",
            "state": "failed",
            "batch": "",
            "delivered_on": None,
            "message": "no header",
        },
    )
    assert [(one.kind, one.detail) for one in found(city)] == [(Kind.REFUSED, "a.csv")]
    assert "no header" in found(city)[0].what.en
    city.tell("look", {"dataset": dataset, "paths": ["b.csv"]})
    assert found(city) == []


def test_a_held_snapshot_is_one_until_another_comes(city: Catalogued) -> None:
    city.delivered("health.facilities", "2026-05-01", state="held")
    assert [one.kind for one in found(city) if one.subject == "health.facilities"] == [Kind.REFUSED, Kind.LATE]
    city.tell(
        "batch",
        {
            "dataset": "health.facilities",
            "path": "2026-05-08/x.csv",
            "state": "accepted",
            "batch": "b2",
            "delivered_on": "2026-05-08",
        },
    )
    assert [one for one in found(city) if one.kind is Kind.REFUSED or one.subject == "health.facilities"] == []


def test_a_product_that_does_not_leave_is_one_and_names_its_suppliers(city: Catalogued) -> None:
    city.tell("verdict", judged(AGREEMENT, "withheld", TABLE))
    one = found(city)[0]
    assert (one.kind, one.subject, one.concerned) == (Kind.WITHHELD, AGREEMENT, ("culture_tourism",))
    assert not one.effect[0].current
    city.tell("verdict", judged(AGREEMENT, "released", TABLE))
    assert found(city) == []


@pytest.mark.parametrize("by", ["override", "term"])
def test_a_release_whose_term_is_over_is_one_before_the_next_run(city: Catalogued, by: str) -> None:
    today = city.portal.clock.now().date()
    last, far = today + timedelta(days=2), today + timedelta(days=300)
    evidence = judged(AGREEMENT, "released", TABLE)["evidence"]
    if by == "override":
        seen = overridden(override(until=last)).as_dict()
        evidence["quality"] = seen["quality"]
        evidence = {**seen, "sources": [{**seen["sources"][0], "dataset": "culture_tourism.hotels"}]}
    verdict = {**judged(AGREEMENT, "released", TABLE), "evidence": evidence, "release_id": "r1"}
    release = {"agreement": AGREEMENT, "release_id": "r1", "valid_until": str(far if by == "override" else last)}
    city.tell("release", release)
    city.tell("switch", {"agreement": AGREEMENT, "release_id": "r1"})
    city.tell("verdict", verdict)

    def told() -> list[Finding]:
        return [one for one in found(city) if one.kind is Kind.WITHHELD]

    city.portal.clock.pass_by(days=2)
    assert told() == [], "its last day is one of its term"
    city.portal.clock.pass_by(days=1)
    (one,) = told()
    assert (one.subject, one.since) == (AGREEMENT, last + timedelta(days=1)) and "culture_tourism" in one.concerned
    assert str(last) in one.what.zh and not one.effect[0].current
    city.tell("withdrawal", {"agreement": AGREEMENT, "release_id": "r1"})
    city.tell("verdict", judged(AGREEMENT, "withheld", TABLE))
    assert [each.detail for each in told()] == [""], "told once"


def test_what_no_fault_can_be_is_no_filter(city: Catalogued) -> None:
    boris = city.portal.sign_in("boris@city.example", role(Role.OFFICER))
    for asked, status in (("", 200), ("kind=", 200), ("kind=late", 200), ("department=culture_tourism", 200),
                          ("kind=typo", 400), ("department=typo", 400)):  # fmt: skip
        assert city.portal.ask("GET", f"/findings?{asked}", headers=boris).status_code == status, asked


def test_each_reader_has_what_they_answer_for(city: Catalogued) -> None:
    city.tell("verdict", judged(AGREEMENT, "withheld", TABLE))
    fails(city, 7)
    roles = {
        "s@x.example": role(Role.STEWARD),
        "o@x.example": role(Role.OFFICER),
        "own@x.example": role(Role.OWNER, department="culture_tourism"),
        "other@x.example": role(Role.OWNER, department="health"),
        "a@x.example": role(Role.APPLICANT, agency="taxation"),
    }
    heads = {name: city.portal.sign_in(name, one) for name, one in roles.items()}
    seen = {
        name: RULE in city.get("/", head).text or "消防安全" in city.get("/", head).text for name, head in heads.items()
    }
    assert seen == {
        "s@x.example": True,
        "o@x.example": True,
        "own@x.example": True,
        "other@x.example": False,
        "a@x.example": False,
    }
    assert city.get("/findings", heads["a@x.example"]).status_code == 403
    assert "共 0 项" in city.get("/findings", heads["other@x.example"]).text
    assert "共 1 项" in city.get("/findings", heads["own@x.example"], kind="check").text
    assert city.get("/findings", heads["s@x.example"], page="0").status_code == 400


def test_what_other_parts_of_the_desk_find_stands_beside_it(city: Catalogued) -> None:
    city.tell("verdict", judged(AGREEMENT, "released", TABLE))
    late = Finding(Kind.LATE, "culture_tourism.hotels", "", "", "", Words("晚", "late"), Words("催", "ask"), "/quality")
    one = morning(city, lambda: [late]).every()[0]
    assert one.department == "culture_tourism" and one.agencies == ("public",)


def test_the_digest_of_a_morning_changes_with_what_is_told_alone(city: Catalogued) -> None:
    fails(city, 7)
    before = digest_of(found(city))
    city.portal.clock.pass_by(days=1)
    assert digest_of(found(city)) == before
    fails(city, 8)
    assert digest_of(found(city)) != before


def test_a_long_past_is_read_for_its_end_and_says_the_same(city: Catalogued) -> None:
    """What is read at once, and what is read on day by day, are the same faults; one mended long ago is none."""
    portal = city.portal
    for number in range(12):
        state = "failed" if number in (1, 9) else "accepted"
        path = {"dataset": "health.visits", "path": f"2026-05-{number + 1:02}/x.csv", "message": "bad"}
        city.tell("batch", {**path, "state": state, "batch": f"b{number}", "delivered_on": f"2026-05-{number + 1:02}"})
        if number == 3:
            mended = {"path": "2026-05-02/x.csv", "state": "accepted", "batch": "b1", "delivered_on": "2026-05-02"}
            city.tell("batch", {**path, **mended})
        portal.clock.pass_by(days=1)
    on = morning(city)
    on.every()
    for number in range(12):
        told = {"dataset": "health.facilities", "path": f"2026-06-{number + 1:02}/x.csv", "message": ""}
        city.tell(
            "batch", {**told, "state": "accepted", "batch": f"f{number}", "delivered_on": f"2026-06-{number + 1:02}"}
        )
        on.every()
    at_once = morning(city)
    assert list(on.every()) == list(at_once.every())
    refused = [one.detail for one in at_once.every() if one.kind is Kind.REFUSED]
    assert refused == ["2026-05-10/x.csv"]
    newest = {row["dataset"]: row["delivered_on"] for row in at_once.newest()}
    assert newest == {row["dataset"]: row["delivered_on"] for row in on.newest()}
    assert newest == {"health.visits": "2026-05-12", "health.facilities": "2026-06-12"}


def test_a_newest_delivery_of_which_too_much_was_rejected_is_one(city: Catalogued) -> None:
    """Since the first of the deliveries in a row, as the contract's own share has it; a good one ends it."""

    def delivered(day: str, rejected: int) -> None:
        told = {"dataset": "health.visits", "path": f"{day}/x.csv", "state": "accepted", "batch": day, "message": ""}
        city.tell(
            "batch", {**told, "read": 100, "accepted": 100 - rejected, "quarantined": rejected, "delivered_on": day}
        )

    most = round(sample().datasets["health.visits"].largest_rejected_share * 100)
    delivered("2026-05-01", most + 5)
    delivered("2026-05-02", most)
    delivered("2026-05-03", most + 1)
    delivered("2026-05-04", most + 9)
    one = next(one for one in found(city) if one.kind is Kind.REJECTED)
    assert (one.subject, str(one.since)) == ("health.visits", "2026-05-03") and f"{most + 9} / 100" in one.what.zh
    delivered("2026-05-05", 0)
    assert not [one for one in found(city) if one.kind is Kind.REJECTED]


def test_it_is_gathered_anew_for_what_may_change_it_and_not_for_who_reads(city: Catalogued) -> None:
    known, gathered = city.portal.city, list[int]()
    past = QualityPast(known.settings, known.ledger, known.catalogue)
    asked = Morning(known, past, [lambda: gathered.append(1) or ()])
    past.read_on()
    past.kept = True  # something else brings it up to date, and may come later
    asked.every()
    for kind, body in (
        ("read", {"recipient": "a"}),
        ("access", {"subject": "s"}),
        ("grant", {"recipient": "a", "token": "t"}),
    ):
        city.tell(kind, body)
        asked.every()
    assert len(gathered) == 1
    fails(city, 7)
    assert [one.detail for one in asked.every() if one.kind is Kind.CHECK] == [RULE] and len(gathered) == 2
    asked.every()
    assert len(gathered) == 2
    past.read_on()
    asked.every()
    asked.every()
    assert len(gathered) == 3, "what the store knows since then is new"
