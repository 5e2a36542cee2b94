"""The law of decisions about who is who: what stands, what contradicts it and is told, and where two persons are."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sharing.identity.law import Decisions, decisions_of
from sharing.identity.steps import Facts, Step, read_step
from sharing.identity.vocabulary import Doing, Seat, State
from tests.unit.lake.registered import record

AT = datetime(2026, 6, 1, 8, tzinfo=UTC)
CAPITALS = frozenset(record(chr(one)) for one in range(65, 91))


def step(text: str, who: str = "stella", **more: object) -> Step:
    """`same ab`, `confirm 3`; capital letters are identified."""
    doing, about = text.split()
    found = Step("person", Doing(doing), Seat.STEWARD, who, AT, "since")
    if about.isdigit():
        found = replace(found, of=int(about))
    else:
        pair = (record(about[0]), record(about[1]))
        found = replace(found, left=pair[0], right=pair[1], facts=Facts(identified=CAPITALS & set(pair)))
    return replace(found, **more)  # type: ignore[arg-type]


def told(*steps: Step | str) -> Decisions:
    given = (step(one) if isinstance(one, str) else one for one in steps)
    return decisions_of(replace(one, seq=number) for number, one in enumerate(given, 1))


def standing(found: Decisions) -> str:
    letters = (
        (bytes.fromhex(one.left + one.right).decode().replace("\0", ""), "=" if one.same else "/", one.ended)
        for one in found.standing().pairs
    )
    return " ".join(f"{pair}{sign}" for pair, sign, ended in letters if ended is None)


def test_decisions_stand_until_they_are_undone() -> None:
    found = told("same ba", "different cd", "undo 1", "same ab")
    assert standing(found) == "cd/ ab=" and found.ignored == []
    assert [(one.number, one.ended) for one in found.standing().pairs] == [(1, 3), (2, None), (4, None)]
    assert [one.number for one in found.standing().together] == [4] and len(found.standing().apart) == 1


@pytest.mark.parametrize(
    ("before", "then", "fault"),
    [
        (("same ab", "same bc", "same dc"), "different ad", "the chain of decisions 1, 2, 3 says that they are one"),
        (("same ab", "different bc", "same cd"), "same ad", "the chain of decisions 1, 2, 3 says that they are two"),
        (("different ab",), "same ba", "decision 1 says that they are two: undo it first"),
        (("same ab",), "same ba", "decision 1 says so already"),
        (("same AB",), "different BA", "waits for a second person: undo that first"),
        (("same ab",), "skip ab", "nothing is to be skipped"),
        (("same ab",), "confirm 1", "waits for nobody"),
        (("same AB",), "confirm 1", "a second person confirms"),
        (("same ab", "undo 1"), "undo 1", "was undone by stella already"),
        ((), "undo 9", "there is no decision 9"),
        ((), "same aa", "does not name two records"),
    ],
)
def test_what_contradicts_what_stands_counts_for_nothing(before: tuple[str, ...], then: str, fault: str) -> None:
    found = told(*before, then)
    assert fault in found.ignored[0][1]
    assert standing(found) == standing(told(*before))


def test_of_two_that_contradict_one_another_the_earlier_stands() -> None:
    """Both got into the ledger: two machines, and neither saw the other's."""
    found = told("same ab", "same bc", step("different ac", "simon"), "undo 2", step("different ac", "simon"))
    assert [one.seq for one, _ in found.ignored] == [3] and standing(found) == "ab= ac/"
    waiting = told(
        *(
            step("same ab", facts=Facts(two_persons=True)),
            step("same bc"),
            step("different ac"),
            step("confirm 1", "bao"),
        )
    )
    assert standing(waiting) == "bc= ac/" and "say" in waiting.ignored[0][1]


def test_two_identified_are_one_by_two_persons_alone_be_it_by_a_chain() -> None:
    found = told("same AB")
    assert found.all[1].state is State.WAITING and standing(found) == ""
    found = told("same AB", step("confirm 1", "STELLA "))
    assert standing(found) == "" and found.ignored
    found = told("same AB", step("confirm 1", "simon"))
    assert standing(found) == "AB=" and found.standing().together[0].persons == 2
    chain = told("same Ay", "same yz", "same zB")
    assert standing(chain) == "Ay= yz=" and chain.all[3].state is State.WAITING
    # What one person bound beside it would be left where the two persons' decision is undone.
    beside = told("same AB", step("confirm 1", "simon"), "same Ay", "same By", "undo 1")
    assert standing(beside) == "Ay="


def test_what_is_skipped_comes_again_when_it_is_as_probable_no_more() -> None:
    found = told(step("skip ab", facts=Facts(probability=0.71234)))
    a, b = record("a"), record("b")
    assert found.skipped(b, a, 0.71239) and not found.skipped(a, b, 0.7124) and not found.skipped(a, b, None)
    assert standing(found) == "" and not told("skip ab", "undo 1").skipped(a, b, None)


def test_a_steward_decides_about_rows_of_the_own_departments() -> None:
    facts = Facts(departments=frozenset({"health", "tax"}))
    health, both = frozenset({"health"}), frozenset({"health", "tax"})
    assert "does not speak for health, tax" in told(step("same ab", facts=facts, speaks=health)).ignored[0][1]
    assert told(step("same ab", facts=facts, speaks=both)).ignored == []
    assert "several departments know" in told(step("same ab", speaks=both)).ignored[0][1]
    assert told(step("same ab", facts=facts, seat=Seat.OFFICER)).ignored == []
    assert told("same ab", step("undo 1", speaks=health)).ignored != []


def test_a_decision_takes_a_reason_and_a_name() -> None:
    assert "takes a reason" in told(step("same ab", words=" ")).ignored[0][1]
    assert "does not say who" in told(step("same ab", who=" ")).ignored[0][1]
    assert told("same AB", step("confirm 1", "simon", words="")).ignored == []


def test_a_step_is_read_as_it_was_written() -> None:
    facts = Facts(CAPITALS & {record("A")}, frozenset({"health"}), 0.75, True)
    for one in (step("same Ab", facts=facts, speaks=frozenset({"health"})), step("undo 3"), step("skip ab")):
        entry = type("E", (), {"body": one.as_body(), "at": AT, "seq": 7})()
        assert read_step(entry) == replace(one, seq=7)
    for body in ({}, {"entity": "x", "doing": "dance"}, {"entity": "p", "doing": "undo", "seat": "steward"}):
        assert read_step(type("E", (), {"body": body, "at": AT, "seq": 7})()) is None


def test_who_joins_two_identified_by_what_two_persons_said_before_needs_a_second_person_too() -> None:
    # The shop goes with one enterprise by two persons; one alone puts it with the other, and so makes them one.
    found = told("same aB", "same aA", step("confirm 2", who="otto"), "undo 1", "same aB")
    assert standing(found) == "Aa=" and found.all[5].state is State.WAITING
