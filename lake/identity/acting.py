"""Deciding who is who: what somebody may do by their roles, and the step as an entry.

Of two who decide against one another at once the second writes nothing, and is told what stands. Who may do what, and
what contradicts what, is the law's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from contracts.acts import Role, RoleGrant, departments_of
from contracts.requests import MOST_TEXT
from contracts.signs import fault_of_text, one_kind_of_line
from lake.identity.reading import ROLES, SEATS, Book
from sharing.faults import SharingRefused
from sharing.identity.law import Decision, Decisions
from sharing.identity.steps import KIND, UNKNOWN, Facts, Step
from sharing.identity.vocabulary import ABOUT_PAIR, Doing, Seat

NOT_ALLOWED, CHANGED = "identity_step", "identity_changed"
_TRIES = 5
_SEE = "see `zhongtai match {entity}` for what stands and what is open"


@dataclass(frozen=True)
class Doer:
    """Somebody about to decide: by name and the roles that they hold today."""

    name: str
    grants: tuple[RoleGrant, ...] = ()

    @property
    def seats(self) -> tuple[Seat, ...]:
        """As what they may decide, in order."""
        return tuple(dict.fromkeys(SEATS[one.role] for one in self.grants if one.role in SEATS))


@dataclass(frozen=True)
class Said:
    """What somebody does: about two records with what is known of them, or about a decision of a number; and why."""

    doing: Doing
    left: str = ""
    right: str = ""
    of: int = 0
    words: str = ""
    facts: Facts = UNKNOWN


def decide(book: Book, entity: str, who: Doer, said: Said, at: datetime) -> Decision:
    """Decide, confirm or undo, and the decision after it. SharingRefused for who may not, or what contradicts.

    The entry is written where nothing was decided of the entity since it was read; else it is looked at again.
    """
    _expect_words(entity, said.words)
    for _ in range(_TRIES):
        decisions, last = book.of(entity)
        step = _propose(decisions, entity, who, said, at)
        try:
            written = book.ledger.append_after(KIND, step.as_body(), at, last)
        except SharingRefused as refusal:
            if refusal.rule != "entry_expected":
                raise
            continue
        return book.of(entity)[0].all[written.seq if said.doing in ABOUT_PAIR else said.of]
    raise SharingRefused(CHANGED, entity, "others decide at this moment", "try again")


def may(decisions: Decisions, entity: str, who: Doer, said: Said, at: datetime) -> bool:
    """Whether somebody may do something now, had they said why."""
    told = Said(said.doing, said.left, said.right, said.of, "why", said.facts)
    return any(decisions.fault_of(one) is None for one in _tried(entity, who, told, at))


def _propose(decisions: Decisions, entity: str, who: Doer, said: Said, at: datetime) -> Step:
    """The step, as the first of somebody's roles that may do it."""
    faults = [(one, decisions.fault_of(one)) for one in _tried(entity, who, said, at)]
    found = next((one for one, fault in faults if fault is None), None)
    if found is not None:
        return found
    roles = " and ".join(map(str, ROLES.values()))
    why = str(([fault for _, fault in faults] or [f"{who.name} is none of those who decide: {roles}"])[-1])
    subject = str(said.of) if said.of else f"{said.left}-{said.right}"
    raise SharingRefused(NOT_ALLOWED, f"{entity} {subject}", why, _SEE.format(entity=entity))


def _tried(entity: str, who: Doer, said: Said, at: datetime) -> Iterator[Step]:
    for seat in who.seats:
        yield Step(
            entity=entity,
            doing=said.doing,
            seat=seat,
            person=who.name,
            at=at,
            words=one_kind_of_line(said.words).strip(),
            left=said.left,
            right=said.right,
            of=said.of,
            facts=said.facts,
            speaks=departments_of(who.grants, Role.STEWARD) if seat is Seat.STEWARD else None,
        )


def _expect_words(entity: str, words: str) -> None:
    """SharingRefused for words that are too many, or that nobody can read."""
    said = one_kind_of_line(words).strip()
    if len(said) > MOST_TEXT:
        what = f"{len(said)} characters are too many"
        raise SharingRefused("identity_words", entity, what, f"say it in {MOST_TEXT} characters")
    if said and (fault := fault_of_text(said, lines=True)):
        raise SharingRefused("identity_words", entity, f"what is said is no plain text: {fault}", "say it plainly")
