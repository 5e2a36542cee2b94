"""The law of cases: what each state comes from, who may do what from where, and that all else counts for nothing."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sharing.cases.asked import PARTS, Asked, read_asked
from sharing.cases.law import case_of, fault_of
from sharing.cases.steps import KIND, Step, case_id, read_step
from sharing.cases.vocabulary import RIGHTS, Doing, Kind, Seat, State
from sharing.ledger import Ledger
from tests.unit.sharing.casework import ANNA, ASKED, BAO, CHEN, HAI, RULES, SHE, case, step

DAY = date(2026, 1, 5)
FILED = step(DAY, ANNA, Doing.FILE)
HEALTH, SOCIAL = step(DAY, HAI, Doing.APPROVE), step(DAY, SHE, Doing.APPROVE)
BUREAU = step(DAY, BAO, Doing.APPROVE)
APPROVED = (FILED, HEALTH, SOCIAL, BUREAU)
DRAFTED = step(DAY, "", Doing.DRAFT)
RELEASED = step(DAY, "", Doing.RELEASE)
REFUSED, OBJECTED = step(DAY, BAO, Doing.REFUSE), step(DAY, ANNA, Doing.OBJECT)
ASKS, ANSWERS = step(DAY, HAI, Doing.QUESTION), step(DAY, ANNA, Doing.ANSWER)
LAMPS = Asked("路灯", "count street lamps")
PUBLIC = step(DAY, "", Doing.FILE, seat=Seat.VISITOR, kind=Kind.PUBLIC_REQUEST, asked=LAMPS)

JOURNEYS: dict[State, tuple[Step, ...]] = {
    State.FILED: (FILED,),
    State.QUESTIONS: (FILED, ASKS),
    State.ANSWERED: (FILED, ASKS, ANSWERS),
    State.DEPARTMENT_APPROVED: APPROVED[:3],
    State.BUREAU_APPROVED: APPROVED,
    State.DRAFTED: (*APPROVED, DRAFTED),
    State.RELEASED: (*APPROVED, DRAFTED, RELEASED),
    State.ENDED: (*APPROVED, DRAFTED, RELEASED, step(DAY, "", Doing.END)),
    State.WITHDRAWN: (FILED, step(DAY, ANNA, Doing.WITHDRAW)),
    State.REFUSED: (FILED, REFUSED),
    State.DISPUTED: (FILED, REFUSED, OBJECTED),
}


@pytest.mark.parametrize("state", list(State))
def test_each_state_is_what_the_steps_imply(state: State) -> None:
    found = case(*JOURNEYS[state])
    assert (found.state, found.ignored) == (state, ())


@pytest.mark.parametrize("doing", [one for one in Doing if one is not Doing.FILE])
@pytest.mark.parametrize("state", list(State))
def test_whoever_is_not_listed_may_not(state: State, doing: Doing) -> None:
    """Every seat in every state: where the table has nothing, a step changes nothing and is told."""
    before = case(*JOURNEYS[state])
    for seat in Seat:
        if state in RIGHTS[doing].get(seat, ()):
            continue
        tried = replace(step(DAY, "x@city.example", doing), seat=seat)
        after = case(*JOURNEYS[state], tried)
        assert replace(after, ignored=()) == before
        assert after.ignored or seat is Seat.PLATFORM
        assert fault_of(before, tried)


# Written out once more, by state and by seat: a table that is loosened is no more this one.
MAY = {
    State.FILED: "owner: question approve refuse; officer: question refuse; applicant: withdraw",
    State.QUESTIONS: "owner: refuse; officer: refuse; applicant: answer withdraw",
    State.ANSWERED: "owner: question approve refuse; officer: question refuse; applicant: withdraw",
    State.DEPARTMENT_APPROVED: "officer: question approve refuse; applicant: withdraw",
    State.BUREAU_APPROVED: "applicant: withdraw; platform: draft release",
    State.DRAFTED: "applicant: withdraw; platform: draft release",
    State.RELEASED: "platform: release end",
    State.ENDED: "platform: release",
    State.WITHDRAWN: "",
    State.REFUSED: "applicant: object",
    State.DISPUTED: "officer: refuse reopen; applicant: withdraw",
}


@pytest.mark.parametrize("state", list(State))
def test_who_may_what_is_as_it_is_written_down(state: State) -> None:
    sound = {Seat.APPLICANT: ANNA, Seat.OWNER: HAI, Seat.OFFICER: CHEN, Seat.PLATFORM: "", Seat.VISITOR: "visitor"}
    found: dict[Seat, set[str]] = {}
    for seat, doing in product(Seat, set(Doing) - {Doing.FILE, Doing.ESCALATE}):
        tried = replace(step(DAY, sound[seat], doing), seat=seat)
        if fault_of(case(*JOURNEYS[state]), tried) is None:
            found.setdefault(seat, set()).add(str(doing))
    written = (one.split(":") for one in filter(None, MAY[state].split("; ")))
    assert found == {Seat(seat): set(doings.split()) for seat, doings in written}


def test_each_department_approves_for_itself_and_then_the_bureau() -> None:
    assert case(FILED, HEALTH).pending == ("social_security",)
    twice = case(FILED, HEALTH, replace(HEALTH, at=HEALTH.at))
    assert twice.state is State.FILED and "has approved it" in twice.ignored[0][1]
    early = case(FILED, HEALTH, BUREAU)
    assert early.bureau is None and "nobody may approve as officer" in early.ignored[0][1]
    assert [one.person for one in case(*APPROVED).acts] == [HAI, SHE, BAO]


def test_an_owner_of_nothing_that_is_asked_decides_nothing() -> None:
    other = frozenset({"housing"})
    for doing in (Doing.QUESTION, Doing.APPROVE, Doing.REFUSE):
        found = case(FILED, replace(step(DAY, HAI, doing), departments=other))
        assert found.state is State.FILED and "owns none" in found.ignored[0][1]


@pytest.mark.parametrize(
    ("steps", "says"),
    [
        ((FILED, replace(HEALTH, person=ANNA.upper())), "decides nothing in it"),
        ((FILED, ASKS, replace(ANSWERS, person=SHE), HEALTH, SOCIAL), "decides nothing in it"),
        ((*APPROVED[:3], replace(BUREAU, person=SHE)), "another person's"),
        ((FILED, REFUSED, OBJECTED, step(DAY, BAO, Doing.REOPEN)), "another person decides"),
        ((FILED, REFUSED, OBJECTED, step(DAY, BAO, Doing.REFUSE)), "another person decides"),
        ((FILED, replace(HEALTH, act="")), "is a signed act"),
        ((FILED, replace(HEALTH, fault="it is signed with another's key")), "another's key"),
        ((FILED, replace(REFUSED, ground="")), "without a ground"),
        ((FILED, replace(REFUSED, words=" ")), "takes words"),
        ((FILED, FILED), "there already"),
        ((FILED, step(DAY, ANNA, Doing.WITHDRAW, agencies=frozenset({"taxation"}))), "does not ask"),
        ((FILED, step(DAY, "", Doing.WITHDRAW, seat=Seat.VISITOR)), "is no visitor's"),
        ((PUBLIC, step(DAY, ANNA, Doing.WITHDRAW)), "is no applicant's"),
        ((*APPROVED, replace(DRAFTED, agreement="")), ""),
        ((*APPROVED, replace(DRAFTED, over="f" * 64)), ""),
        ((*JOURNEYS[State.RELEASED], step(DAY, "", Doing.END, release="r0")), ""),
    ],
)
def test_what_the_law_does_not_allow_counts_for_nothing_and_is_told(steps: tuple[Step, ...], says: str) -> None:
    before, after = case(*steps[:-1]), case(*steps)
    assert after.state is before.state and after.steps == before.steps
    assert [told for _, told in after.ignored if says in told] or not says


def test_anything_changed_since_voids_an_approval_and_names_what() -> None:
    wider = replace(ASKED, columns={**ASKED.columns, "phone": "call them"}, valid_until=date(2030, 1, 1))
    changed = replace(ANSWERS, asked=wider)
    found = case(FILED, HEALTH, ASKS, changed, SOCIAL)
    assert found.approved == {} and found.asked == wider and found.state is State.ANSWERED
    assert "columns, term" in found.ignored[0][1]
    kept = case(FILED, HEALTH, step(DAY, SHE, Doing.QUESTION), ANSWERS, SOCIAL)
    assert kept.state is State.DEPARTMENT_APPROVED
    stolen = case(FILED, ASKS, replace(ANSWERS, asked=replace(ASKED, agency="taxation")))
    assert stolen.asked == ASKED and "another agency's" in stolen.ignored[0][1]


def test_an_objection_is_decided_by_another_and_begins_anew() -> None:
    again = case(FILED, HEALTH, REFUSED, OBJECTED, step(DAY, CHEN, Doing.REOPEN))
    assert (again.state, again.approved) == (State.FILED, {})
    assert case(FILED, REFUSED, OBJECTED, step(DAY, CHEN, Doing.REFUSE)).state is State.REFUSED


def test_what_needs_no_department_the_bureau_approves() -> None:
    assert case(PUBLIC, replace(BUREAU, over=LAMPS.digest)).state is State.BUREAU_APPROVED
    assert case(PUBLIC, HEALTH).state is State.FILED


def test_nothing_before_the_filing_makes_a_case() -> None:
    assert case_of([HEALTH, ASKS]) is None and case_of([]) is None
    found = case(HEALTH, FILED)
    assert found.state is State.FILED and "no case yet" in found.ignored[0][1]
    for fault in ({"kind": None}, {"asked": None}, {"kind": Kind.OBJECTION}, {"agencies": frozenset({"housing"})}):
        assert case_of([replace(FILED, **fault)]) is None


EVERY = [
    *(one for steps in JOURNEYS.values() for one in steps),
    *(PUBLIC, step(DAY, CHEN, Doing.REOPEN), replace(ANSWERS, asked=replace(ASKED, scope="all"))),
    *(replace(HEALTH, person=ANNA), replace(BUREAU, person=SHE), replace(BUREAU, over="f" * 64)),
]


@given(st.lists(st.sampled_from(EVERY), max_size=14))
def test_the_fold_keeps_its_laws_whatever_the_order(steps: list[Step]) -> None:
    found = case_of(replace(one, seq=number) for number, one in enumerate(steps))
    if found is None:
        assert not any(one.doing is Doing.FILE for one in steps)
        return
    quiet = sum(one.seat is Seat.PLATFORM for one in steps)
    assert len(steps) - quiet <= len(found.steps) + len(found.ignored) <= len(steps)
    asking = {one.person for one in found.steps if one.seat in {Seat.APPLICANT, Seat.VISITOR}}
    assert not asking & {one.person for one in found.acts}
    assert found.bureau is None or found.bureau.person not in {one.person for one in found.approved.values()}
    if found.state in {State.BUREAU_APPROVED, State.DRAFTED, State.RELEASED, State.ENDED}:
        assert not found.pending and found.bureau is not None and found.bureau.over == found.asked.digest
    assert all(one.over == found.asked.digest for one in found.approved.values())
    # Whatever counted makes the same case by itself: the rest is nothing.
    alone = case_of(found.steps)
    assert alone is not None and replace(alone, ignored=found.ignored) == found


TEXT = st.text(max_size=20)


@given(st.builds(Asked, TEXT, TEXT, TEXT, TEXT, st.dictionaries(TEXT, TEXT, max_size=3), TEXT, TEXT, TEXT,
                 st.none() | st.dates(), st.none() | st.dates(), st.lists(TEXT, max_size=3).map(tuple)))  # fmt: skip
def test_what_is_asked_comes_back_from_its_entry(asked: Asked) -> None:
    assert read_asked(asked.as_dict()) == asked


OTHER: dict[str, Any] = {
    "columns": {"visit_id": "another reason"}, "departments": ("health",), "valid_from": date(2026, 3, 2),
    "valid_until": date(2027, 3, 1),
}  # fmt: skip


@pytest.mark.parametrize("name", [one.name for one in fields(Asked)])
def test_every_field_is_in_one_part_of_the_digest(name: str) -> None:
    changed = replace(ASKED, **{name: OTHER.get(name, "something else")})
    (part,) = [part for part, names in PARTS.items() if name in names]
    assert [one for one in PARTS if ASKED.parts[one] != changed.parts[one]] == [part]
    assert changed.digest != ASKED.digest


@pytest.mark.parametrize("state", list(State))
def test_a_step_comes_back_from_the_ledger(tmp_path: Path, state: State) -> None:
    kept = ("seen", "act", "seq")  # of a signed act, which is an entry of its own
    steps = [replace(one, seen={}, act="") for one in JOURNEYS[state]]
    with Ledger.open(tmp_path / "ledger") as ledger:
        ledger.append_many([(KIND, one.as_body()) for one in steps], steps[0].at)
        read = [read_step(entry) for entry in ledger.entries(KIND)]
        about = [read_step(entry) for entry in ledger.about(KIND, FILED.case)]
    assert about == read and None not in read
    assert [{**vars(one or FILED), **dict.fromkeys(kept)} for one in read] == [
        {**vars(one), **dict.fromkeys(kept)} for one in steps
    ]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"doing": "file"},
        {"doing": "fly", "seat": "owner"},
        {"doing": "file", "seat": "x"},
        {"doing": "file", "seat": "visitor", "kind": "war"},
        {"doing": "file", "seat": "visitor", "asked": {"title": "x"}},
        {"doing": "file", "seat": "visitor", "asked": 7},
    ],
)
def test_an_entry_that_says_nothing_is_no_step(tmp_path: Path, body: dict[str, Any]) -> None:
    with Ledger.open(tmp_path / "ledger") as ledger:
        entry = ledger.append(KIND, {"case": "R20260105-0123456789", **body}, datetime(2026, 1, 5, tzinfo=UTC))
    assert read_step(entry) is None


def test_numbers_are_of_what_is_filed_and_when() -> None:
    one = case_id(Kind.REQUEST, ASKED, ANNA, DAY)
    assert one.startswith("R20260105-") and len(one) == 20
    others = {
        case_id(Kind.REQUEST, ASKED, BAO, DAY),
        case_id(Kind.REQUEST, replace(ASKED, scope="all"), ANNA, DAY),
        case_id(Kind.REQUEST, ASKED, ANNA, DAY + timedelta(days=1)),
        case_id(Kind.REQUEST, ASKED, ANNA, DAY, 1),
    }
    assert one not in others and len(others) == 4


def test_the_rules_name_every_clock() -> None:
    assert {f"answer_{kind}" for kind in Kind if kind is not Kind.REQUEST} < set(RULES.jurisdiction.limits)
