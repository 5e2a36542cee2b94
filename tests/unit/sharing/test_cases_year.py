"""A year of requests with the holidays of 2026: each clock held against a count of days that knows nothing of ours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from random import Random

import pytest

from contracts.calendar import Calendar
from contracts.jurisdiction import Jurisdiction
from sharing.cases.deadlines import Deadline, Rules, deadlines
from sharing.cases.law import Case
from sharing.cases.steps import Step
from sharing.cases.vocabulary import Doing, Kind, Seat, State
from tests.unit.sharing.casework import ANNA, ASKED, BAO, CHEN, HAI, RULES, SHE, case, step

# 国务院办公厅关于2026年部分节假日安排的通知, day by day: what is off though a weekday, and worked though a weekend.
OFF = {
    *((1, day) for day in (1, 2)),
    *((2, day) for day in (16, 17, 18, 19, 20, 23)),
    *((5, day) for day in (1, 4, 5)),
    *((10, day) for day in (1, 2, 5, 6, 7)),
    *((4, 6), (6, 19), (9, 25)),
}
WORKED = {(1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10)}
CASES = 400


def works(day: date) -> bool:
    assert day.year == 2026, "nobody has said"
    return (day.month, day.day) in WORKED or (day.weekday() < 5 and (day.month, day.day) not in OFF)


def counted(since: date, until: date, standing: set[date]) -> int:
    """Working days after `since` up to `until` on which the clock did not stand."""
    days = (since + timedelta(days=one) for one in range(1, (until - since).days + 1))
    return sum(works(day) for day in days if day not in standing)


def last_day(since: date, allowed: int, standing: set[date]) -> date | None:
    """The last day of a deadline, which does not pass while the clock stands; None where that is in a year that nobody
    has said anything of."""
    day, used = since, 0
    while used < allowed:
        day += timedelta(days=1)
        if day.year > 2026:
            return None
        used += works(day) and day not in standing
    while day + timedelta(days=1) in standing:
        day += timedelta(days=1)
    return day


class Story:
    """One request's year: who did what on which day, and on which days its first clock stood."""

    def __init__(self, chance: Random) -> None:
        self._chance, self.day = chance, date(2026, 1, 1) + timedelta(days=chance.randrange(364))
        self.asked = replace(ASKED, sharing=chance.choice(["conditional", "unconditional"]))
        self.filed, self.standing = self.day, set[date]()
        self.steps = [step(self.day, ANNA, Doing.FILE, asked=self.asked)]
        self.answered: date | None = None
        self.released: date | None = None
        for _ in range(chance.choice([0, 0, 1, 2])):
            self._question()
        if chance.random() < 0.8:
            self._decide()

    def _later(self, most: int) -> date:
        return min(self.day + timedelta(days=self._chance.randrange(most)), date(2026, 12, 31))

    def _do(self, person: str, doing: Doing, **more: object) -> None:
        if doing in {Doing.APPROVE, Doing.REFUSE, Doing.DRAFT}:
            more |= {"over": self.asked.digest, "seen": self.asked.parts}
        self.steps.append(step(self.day, person, doing, **more))

    def _question(self) -> None:
        self.day = asked = self._later(9)
        self._do(self._chance.choice([HAI, SHE, BAO]), Doing.QUESTION)
        self.day = self._later(25)
        self._do(ANNA, Doing.ANSWER)
        self.standing |= {asked + timedelta(days=one) for one in range(1, (self.day - asked).days + 1)}

    def _decide(self) -> None:
        self.day = self.answered = self._later(20)
        if self._chance.random() < 0.2:
            return self._do(CHEN, Doing.REFUSE)
        for person in (SHE, HAI, BAO):
            self.day = self.answered = self._later(6)
            self._do(person, Doing.APPROVE)
        if self._chance.random() < 0.7:
            self.day = self.released = self._later(50)
            self._do("", Doing.RELEASE)
        return None

    @property
    def allowed(self) -> int:
        return 1 if self.asked.sharing == "unconditional" else 10


def stories() -> Iterator[tuple[Story, Case]]:
    chance = Random(20260101)
    for _ in range(CASES):
        story = Story(chance)
        yield story, case(*story.steps)


def held(found: Deadline, since: date, done: date | None, allowed: int, standing: set[date], today: date) -> None:
    until = min(today, done) if done else today
    assert (found.span.since, found.span.done, found.limit.working_days) == (since, done, allowed)
    assert found.used == counted(since, until, standing)
    assert found.due == last_day(since, allowed, standing)
    assert bool(found.horizon) == (found.due is None)
    last = found.due
    assert found.late == (until > last if last else counted(since, until, standing) > allowed)
    assert found.overdue == (found.late and done is None)


def test_a_year_of_requests() -> None:
    states, late, beyond = set[State](), 0, 0
    for story, found in stories():
        assert found.ignored == ()
        states.add(found.state)
        today = date(2026, 12, 31)
        answer, *share = deadlines(found, RULES, today)
        assert len(share) == (found.bureau is not None)
        held(answer, story.filed, story.answered, story.allowed, story.standing, today)
        for one in share:
            assert story.answered is not None
            held(one, story.answered, story.released, 20, set(), today)
        late += answer.late
        beyond += sum(bool(one.horizon) for one in (answer, *share))
    assert {State.FILED, State.ANSWERED, State.BUREAU_APPROVED, State.RELEASED, State.REFUSED} <= states
    assert late > CASES // 10 and beyond > 5


@pytest.mark.parametrize(
    ("filed", "kind", "due"),
    [
        (date(2026, 2, 13), "unconditional", date(2026, 2, 14)),  # a Saturday that is worked
        (date(2026, 2, 14), "unconditional", date(2026, 2, 24)),  # 春节 between
        (date(2026, 9, 30), "unconditional", date(2026, 10, 8)),  # 国庆 between
        (date(2026, 2, 10), "conditional", date(2026, 3, 2)),  # 14 and 28 February are worked
        (
            date(2026, 9, 18),
            "conditional",
            date(2026, 10, 9),
        ),  # 20 September is worked, the 25th not
        (date(2026, 11, 21), "conditional", date(2026, 12, 4)),  # filed on a Saturday
    ],
)
def test_days_that_a_person_can_check(filed: date, kind: str, due: date) -> None:
    found = case(step(filed, ANNA, Doing.FILE, asked=replace(ASKED, sharing=kind)))
    for today, overdue in ((due, False), (due + timedelta(days=1), True)):
        (one,) = deadlines(found, RULES, today)
        assert (one.due, one.overdue) == (due, overdue)


def asks(*steps: Step) -> Case:
    return case(step(date(2026, 11, 2), ANNA, Doing.FILE), *steps)


def test_while_a_question_is_open_the_clock_stands() -> None:
    question = step(date(2026, 11, 4), HAI, Doing.QUESTION)
    (open_,) = deadlines(asks(question), RULES, date(2026, 12, 30))
    assert (open_.used, open_.left, open_.due, open_.overdue) == (2, 8, None, False)
    assert open_.span.stopped_since == date(2026, 11, 4)
    answered = asks(question, step(date(2026, 11, 9), ANNA, Doing.ANSWER))
    (runs,) = deadlines(answered, RULES, date(2026, 11, 10))
    assert (runs.used, runs.due, runs.span.stopped_since) == (3, date(2026, 11, 19), None)
    going = Rules(replace(RULES.jurisdiction, questions_stop=False), Calendar())
    (runs_on,) = deadlines(answered, going, date(2026, 11, 10))
    assert (runs_on.used, runs_on.due) == (6, date(2026, 11, 16))


def test_a_question_that_came_too_late_saves_nobody() -> None:
    late = asks(step(date(2026, 11, 25), BAO, Doing.QUESTION), step(date(2026, 12, 1), ANNA, Doing.ANSWER))
    (found,) = deadlines(late, RULES, date(2026, 12, 2))
    assert (found.due, found.overdue) == (date(2026, 11, 16), True)


def test_after_its_last_day_it_is_late_whether_or_not_offices_work_then() -> None:
    friday, saturday, monday = date(2026, 11, 13), date(2026, 11, 14), date(2026, 11, 16)
    filed = step(date(2026, 10, 30), ANNA, Doing.FILE, asked=replace(ASKED, sharing="conditional"))
    answers = (step(day, BAO, Doing.REFUSE) for day in (friday, saturday, monday))
    assert [deadlines(case(filed, one), RULES, monday)[0].late for one in answers] == [False, True, True]
    assert deadlines(case(filed), RULES, saturday)[0].overdue
    asked = case(filed, step(friday, BAO, Doing.QUESTION))
    assert not deadlines(asked, RULES, saturday)[0].late, "it stands from the question of its last day on"
    assert deadlines(case(filed, step(saturday, BAO, Doing.QUESTION)), RULES, monday)[0].late


def test_what_was_withdrawn_was_not_done() -> None:
    (found,) = deadlines(asks(step(date(2026, 11, 3), ANNA, Doing.WITHDRAW)), RULES, date(2026, 11, 4))
    assert (found.open, found.span.met) == (False, False)


def test_an_objection_has_a_clock_of_its_own_and_a_reopened_case_a_new_one() -> None:
    refused = step(date(2026, 11, 3), BAO, Doing.REFUSE)
    disputed = step(date(2026, 11, 5), ANNA, Doing.OBJECT)
    found = asks(refused, disputed, step(date(2026, 11, 20), CHEN, Doing.REOPEN))
    answer, dispute, again = deadlines(found, RULES, date(2026, 11, 24))
    assert (answer.span.done, answer.used) == (date(2026, 11, 3), 1)
    assert (dispute.span.name, dispute.used, dispute.late) == ("dispute", 11, True)
    assert (again.span.name, again.span.since, again.used, again.open) == ("answer", date(2026, 11, 20), 2, True)


def test_a_city_says_itself_which_days_it_works() -> None:
    own = Rules(RULES.jurisdiction, Calendar(holidays=frozenset({date(2026, 11, 3)}), years=frozenset({2027})))
    (found,) = deadlines(asks(), own, date(2026, 11, 4))
    assert (found.used, found.due) == (1, date(2026, 11, 17))
    december = case(step(date(2026, 12, 28), ANNA, Doing.FILE))
    assert deadlines(december, RULES, date(2026, 12, 29))[0].horizon.startswith("2027-01-01")
    assert deadlines(december, own, date(2026, 12, 29))[0].due == date(2027, 1, 11)
    (unknown,) = deadlines(december, RULES, date(2027, 1, 4))
    assert (unknown.used, unknown.left, unknown.late, bool(unknown.horizon)) == (None, None, False, True)
    assert deadlines(december, Rules(Jurisdiction(), Calendar()), date(2026, 12, 29)) == ()


def test_where_the_calendar_ends_nothing_stops_being_overdue() -> None:
    beyond = date(2027, 2, 3)
    (overdue,) = deadlines(asks(), RULES, beyond)
    assert (overdue.used, overdue.due, overdue.overdue, bool(overdue.horizon)) == (None, date(2026, 11, 16), True, True)
    question = step(date(2026, 11, 4), HAI, Doing.QUESTION)
    (stands,) = deadlines(asks(question), RULES, beyond)
    assert (stands.used, stands.overdue, stands.horizon) == (2, False, "")
    answered = step(beyond, ANNA, Doing.ANSWER)
    (nobody_knows,) = deadlines(asks(question, answered), RULES, date(2027, 2, 10))
    assert (nobody_knows.used, nobody_knows.due, nobody_knows.overdue) == (None, None, False)
    assert nobody_knows.horizon.startswith("2027-02-04")
    (too_late,) = deadlines(asks(step(date(2026, 11, 25), HAI, Doing.QUESTION), answered), RULES, beyond)
    assert (too_late.due, too_late.overdue) == (date(2026, 11, 16), True)


def test_the_public_has_clocks_by_what_it_asks() -> None:
    for kind, days in ((Kind.PUBLIC_REQUEST, 20), (Kind.REGISTRATION, 10), (Kind.OBJECTION, 10)):
        filed = replace(step(date(2026, 11, 2), "", Doing.FILE, kind=kind), seat=Seat.VISITOR)
        (found,) = deadlines(case(filed), RULES, date(2026, 11, 3))
        assert (found.limit.working_days, found.used) == (days, 1)
        taken = step(date(2026, 11, 4), BAO, Doing.APPROVE)
        (found,) = deadlines(
            case(
                filed,
                replace(taken, over=ASKED.digest),
            ),
            RULES,
            date(2026, 11, 30),
        )
        assert found.open  # it needs departments, as it is asked; without any the officer answers it
        plain = replace(ASKED, departments=())
        answered = replace(taken, over=plain.digest, seen=plain.parts)
        (found,) = deadlines(case(replace(filed, asked=plain), answered), RULES, date(2026, 11, 30))
        assert (found.span.name, found.span.done, found.used) == ("answer", date(2026, 11, 4), 2)
