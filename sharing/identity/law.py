"""The law of decisions about who is who: what stands is the fold of the steps, in the ledger's order. No clock is read.

A step that contradicts what stands counts for nothing, whoever wrote it, and is told as such with the decisions that it
contradicts. Where two stewards decide against one another on two machines, the earlier stands. What a step may say is
judged here alone, for whoever is about to do it and for whoever reads it.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from contracts.acts import person_key
from sharing.identity.standing import Pair, Standing
from sharing.identity.steps import RECORD, Step, paired
from sharing.identity.vocabulary import ABOUT_PAIR, NEED_WORDS, RIGHTS, Doing, Seat, State


@dataclass(frozen=True)
class Decision:
    """One decision: its first step, whether it needs a second person, who that was, and what undid it."""

    step: Step
    two: bool = False
    confirmed: Step | None = None
    undone: Step | None = None

    @property
    def number(self) -> int:
        """Its number: that of its first step in the ledger."""
        return self.step.seq

    @property
    def state(self) -> State:
        """What it is now."""
        if self.undone is not None:
            return State.UNDONE
        return State.WAITING if self.two and self.confirmed is None else State.STANDS

    @property
    def pair(self) -> tuple[str, str]:
        """The records it is about."""
        return paired(self.step.left, self.step.right)


SKIPPED = "skipped"
Edges = dict[str, dict[str, int]]
"""Record -> the records bound to it -> the number of the decision that binds them."""


class Decisions:
    """The decisions of one entity, as the steps taken so far make them. `ignored` are the steps that do not count."""

    def __init__(self) -> None:
        self.all: dict[int, Decision] = {}
        self.ignored: list[tuple[Step, str]] = []
        # By what stands: those that are one, those of them by one person's word, those that are two.
        self._same: Edges = defaultdict(dict)
        self._single: Edges = defaultdict(dict)
        self._apart: Edges = defaultdict(dict)
        self._of: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._identified: set[str] = set()

    def take(self, step: Step) -> None:
        """The next step of the ledger: it counts, or is ignored with the reason."""
        fault = self.fault_of(step)
        if fault is not None:
            self.ignored.append((step, fault))
        elif step.doing in ABOUT_PAIR:
            self._identified |= step.facts.identified & {step.left, step.right}
            self._put(Decision(step, self.needs_two(step)))
            self._of[paired(step.left, step.right)].append(step.seq)
        elif step.doing is Doing.CONFIRM:
            self._put(replace(self.all[step.of], confirmed=step))
        else:
            self._put(replace(self.all[step.of], undone=step))

    def about(self, left: str, right: str) -> tuple[Decision, ...]:
        """The decisions about two records, in order."""
        return tuple(self.all[one] for one in self._of.get(paired(left, right), ()))

    def open_about(self, left: str, right: str) -> Decision | None:
        """The decision about exactly these two that stands, or waits for a second person."""
        found = (one for one in self.about(left, right) if one.state is not State.UNDONE)
        return next((one for one in found if one.step.doing is not Doing.SKIP), None)

    def skipped(self, left: str, right: str, probability: float | None) -> Decision | None:
        """The newest skip of these two that holds: it does until the probability is another."""
        found = (one for one in reversed(self.about(left, right)) if one.step.doing is Doing.SKIP)
        skip = next((one for one in found if one.state is State.STANDS), None)
        return skip if skip and _rounded(skip.step.facts.probability) == _rounded(probability) else None

    def told(self) -> dict[tuple[str, str], tuple[str, float | None]]:
        """Of each pair about which something is decided: what state that is in, or that it is skipped, as what it was
        how probable.
        """
        found: dict[tuple[str, str], tuple[str, float | None]] = {}
        for pair in self._of:
            decision = self.open_about(*pair)
            skips = [one for one in self.about(*pair) if one.step.doing is Doing.SKIP and one.state is State.STANDS]
            if decision is not None:
                found[pair] = str(decision.state), None
            elif skips:
                found[pair] = SKIPPED, _rounded(skips[-1].step.facts.probability)
        return found

    def standing(self) -> Standing:
        """What whoever matches and whoever keeps the registry is told: all that ever stood."""
        return Standing(tuple(self._pairs()))

    def needs_two(self, step: Step) -> bool:
        """Whether a decision takes two persons: where the entity says so, and always where two identified would be one,
        be it by a chain.
        """
        if step.doing is Doing.SKIP:
            return False
        return step.facts.two_persons or (step.doing is Doing.SAME and self._joins_identified(step))

    def fault_of(self, step: Step) -> str | None:
        """Why a step counts for nothing after those taken, None where it counts; also for whoever is about to do it."""
        if step.fault is not None:
            return step.fault
        if step.seat not in RIGHTS.get(step.doing, ()):
            return f"nobody may {step.doing} as {step.seat}"
        if not step.person.strip():
            return "it does not say who does it"
        if step.doing in NEED_WORDS and not step.words.strip():
            return f"to say {step.doing} takes a reason"
        return self._pair_fault(step) if step.doing in ABOUT_PAIR else self._decision_fault(step)

    def _pair_fault(self, step: Step) -> str | None:
        if not (RECORD.fullmatch(step.left) and RECORD.fullmatch(step.right)) or step.left == step.right:
            return "it does not name two records"
        if not _speaks(step, step.facts.departments):
            return f"{step.person} does not speak for {_listed(step.facts.departments)}"
        found = self.open_about(step.left, step.right)
        if step.doing is Doing.SKIP:
            return f"decision {found.number} says {found.step.doing}: nothing is to be skipped" if found else None
        if found is not None and found.step.doing is step.doing:
            waits = ", and waits for a second person" if found.state is State.WAITING else ""
            return f"decision {found.number} says so already{waits}"
        if found is not None and found.state is State.WAITING:
            return f"decision {found.number} says {found.step.doing} and waits for a second person: undo that first"
        return self._against(step)

    def _decision_fault(self, step: Step) -> str | None:
        found = self.all.get(step.of)
        if found is None:
            return f"there is no decision {step.of}"
        if not _speaks(step, found.step.facts.departments):
            return f"{step.person} does not speak for {_listed(found.step.facts.departments)}"
        if found.undone is not None:
            return f"decision {step.of} was undone by {found.undone.person} already"
        if step.doing is Doing.UNDO:
            return None
        if found.state is not State.WAITING:
            return f"decision {step.of} waits for nobody"
        if person_key(step.person) == person_key(found.step.person):
            return f"{step.person} decided it: a second person confirms"
        return self._against(found.step)

    def _against(self, step: Step) -> str | None:
        """What stands against a decision: the numbers of the decisions that together say otherwise."""
        if step.doing is Doing.DIFFERENT:
            chain = self._chain(step.left, step.right)
            return f"{_numbers(chain)} says that they are one: undo {_one_of(chain)} first" if chain else None
        parted = self._parted(step.left, step.right)
        return f"{_numbers(parted)} says that they are two: undo {_one_of(parted)} first" if parted else None

    def _chain(self, left: str, right: str) -> list[int] | None:
        """The numbers of the decisions by which two records are one; None where they are not."""
        return _ways(self._same, left).get(right)

    def _parted(self, left: str, right: str) -> list[int] | None:
        here, there = _ways(self._same, left), _ways(self._same, right)
        for one, way in here.items():
            for other, number in self._apart.get(one, {}).items():
                if other in there:
                    return [*way, number, *reversed(there[other])]
        return None

    def _joins_identified(self, step: Step) -> bool:
        """By all that stands; and by what single persons said alone, whose chain is left where one of two is undone."""
        known = self._identified | step.facts.identified
        for edges in (self._same, self._single):
            here, there = _ways(edges, step.left), _ways(edges, step.right)
            if step.right not in here and not known.isdisjoint(here) and not known.isdisjoint(there):
                return True
        return False

    def _put(self, decision: Decision) -> None:
        self.all[decision.number] = decision
        if decision.step.doing is Doing.SKIP:
            return
        (left, right), stands = decision.pair, decision.state is State.STANDS
        held = [self._same if decision.step.doing is Doing.SAME else self._apart]
        held += [self._single] if decision.step.doing is Doing.SAME and not decision.two else []
        for edges, one, other in ((edges, *way) for edges in held for way in ((left, right), (right, left))):
            if stands:
                edges[one][other] = decision.number
            elif edges[one].get(other) == decision.number:
                del edges[one][other]

    def _pairs(self) -> Iterator[Pair]:
        for number, one in self.all.items():
            if one.step.doing is Doing.SKIP or (one.two and one.confirmed is None):
                continue
            ended = one.undone.seq if one.undone else None
            persons = 2 if one.confirmed else 1
            yield Pair(*one.pair, number, one.step.doing is Doing.SAME, ended, persons)


def decisions_of(steps: Iterable[Step]) -> Decisions:
    """The decisions that steps make, in their order."""
    found = Decisions()
    for step in steps:
        found.take(step)
    return found


def _speaks(step: Step, departments: frozenset[str]) -> bool:
    """A steward of departments decides where all the rows are theirs; nobody knows whose: the city's alone."""
    if step.seat is not Seat.STEWARD or step.speaks is None:
        return True
    return bool(departments) and departments <= step.speaks


def _listed(departments: frozenset[str]) -> str:
    return ", ".join(sorted(departments)) or "a record with an identifier, which several departments know"


def _ways(edges: Edges, record: str) -> dict[str, list[int]]:
    """Every record that edges lead to, with the numbers of the decisions that lead there."""
    found: dict[str, list[int]] = {record: []}
    waiting = deque([record])
    while waiting:
        here = waiting.popleft()
        for there, number in edges.get(here, {}).items():
            if there not in found:
                found[there] = [*found[here], number]
                waiting.append(there)
    return found


def _numbers(chain: list[int]) -> str:
    told = ", ".join(map(str, dict.fromkeys(chain)))
    return f"decision {told}" if len(chain) == 1 else f"the chain of decisions {told}"


def _one_of(chain: list[int]) -> str:
    return "it" if len(chain) == 1 else "one of them"


def _rounded(probability: float | None) -> float | None:
    """As the registry tells it: what is less than this is no other probability."""
    return None if probability is None else int(probability * 10_000) / 10_000
