"""The cases of the city as its portal has them, as of now: found, told, and written to. Who may is asked before.

What is written counts or not by the law; what lost a race against another's step is told to whoever sent it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from contracts.clock import day_of
from lake.acts import record_act
from lake.cases.acting import is_stuck
from lake.cases.drafts import folder_of, write_draft
from lake.cases.escalating import escalate
from lake.cases.reading import Book
from lake.cases.told import brief, whole
from portal.asking import Refused
from portal.case_desk import CaseDesk
from portal.people.accounts import happened
from portal.people.people import People
from portal.people.reader import Reader
from portal.requests.sight import follows, waits
from sharing.cases.law import Case
from sharing.cases.steps import KIND, Step
from sharing.cases.vocabulary import Kind, State
from sharing.faults import SharingRefused


class Desk(CaseDesk[Book]):
    """Cases for pages."""

    def __init__(self, people: People) -> None:
        super().__init__(people, Book)
        self._looked: date | None = None
        self._lines: dict[str, tuple[Case, date, dict[str, Any]]] = {}

    async def cases(self) -> Mapping[str, Case]:
        """Every case; the first who looks on a day has told the officer of what is overdue."""
        return await asyncio.to_thread(self._cases)

    def _cases(self) -> Mapping[str, Case]:
        now, found = self.city.now(), self.book.cases()
        if self._looked != day_of(now):
            self._looked = day_of(now)
            if escalate(self.city.ledger, found.values(), self.rules, now):
                return self.book.cases()
        return found

    async def followed(self, secret: str) -> Case | None:
        """The case that a visitor's secret is of."""
        every = await self.cases()
        return next((one for one in every.values() if follows(secret, one)), None)

    def line(self, case: Case) -> dict[str, Any]:
        """A case in a list: told anew with its next step, or the next day."""
        now = self.city.now()
        known = self._lines.get(case.id)
        if known is None or known[0] is not case or known[1] != day_of(now):
            known = self._lines[case.id] = case, day_of(now), brief(case, self.rules, now)
        return known[2]

    def waiting(self, cases: Iterable[Case], reader: Reader) -> list[dict[str, Any]]:
        """The cases in which a reader is to do something, as lines, those that are due first at the top."""
        now = self.city.now()
        return sorted((self.line(one) for one in cases if waits(reader, one, now)), key=_due_first)

    def all_of(self, case: Case) -> dict[str, Any]:
        """All of a case, and whether it waits for an officer whom nobody has declared."""
        now = self.city.now()
        return {**whole(case, self.rules, now), "stuck": is_stuck(case, self.book.persons, now)}

    async def write(self, step: Step) -> Case:
        """Put a step into the ledger; the case after it. Raises `Refused` where it came too late to count."""
        seq = await self.city.journal.write(KIND, step.as_body())
        return await self._counted(step.case, seq)

    async def sign(self, case: str, data: bytes) -> Case:
        """Put a signed act into the ledger; the case after it. Raises `Refused` where it does not count."""
        entry = await asyncio.to_thread(record_act, self.city.ledger, data, self.city.now())
        found = await self._counted(case, entry.seq)
        if found.state is State.BUREAU_APPROVED and found.kind is Kind.REQUEST:
            await asyncio.to_thread(self._draft, found)
        return found

    async def _counted(self, number: str, seq: int) -> Case:
        case = (await asyncio.to_thread(self.book.cases)).get(number)
        if case is None or all(step.seq != seq for step in case.steps):
            ignored = case.ignored if case else ()
            why = next((told for step, told in ignored if step.seq == seq), "the same was said before")
            raise Refused(409, "CASE_CHANGED", f"it counts for nothing: {why}. Look again at what the case is now")
        return case

    async def keep_refusal(self, person: str, path: str, refused: Refused) -> None:
        """A refusal that is told with the page of its case, on the record as all others are."""
        await self.city.journal.write(*happened(person, "refused", status=refused.status, path=path))

    def _draft(self, case: Case) -> None:
        try:
            write_draft(self.city.ledger, case, self.city.catalogue, self.drafted(case), self.city.now())
        except (SharingRefused, OSError):
            return  # the approval stands; `zhongtai cases draft` says why there is no draft

    def drafted(self, case: Case) -> Path:
        """Where the draft of a case lies."""
        return folder_of(self.city.settings, case.id)


def _due_first(line: Mapping[str, Any]) -> tuple[bool, str, str, str]:
    """Where no day is known, the clock stands or nobody can say: after those of which it is."""
    known = [one["due"] for one in line["deadlines"] if one["done"] is None and one["due"]]
    return not line["overdue"], min(known, default="9999-12-31"), line["filed_at"], line["case"]
