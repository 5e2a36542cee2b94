"""The corrections and disputes of the city as its portal has them, as of now: found, told, and written to.

Who may look or act is asked before. What lost a race against another's step is told to whoever sent it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

from lake.corrections.acting import CASE_CHANGED, OPENED_ALREADY, Doer, Told, do, is_stuck, open_case, waiting
from lake.corrections.confirming import settle
from lake.corrections.reading import Book
from lake.corrections.told import OpenCase, brief, open_cases, whole
from lake.findings.finding import Finding
from lake.findings.others import in_quarantine, of_cases
from lake.quarantine.book import QuarantineBook
from lake.quarantine.store import place_of_store
from portal.asking import Refused
from portal.case_desk import CaseDesk
from portal.corrections.sight import doer, sees
from portal.people.people import People
from portal.people.reader import Reader
from sharing.corrections.about import About
from sharing.corrections.law import Case
from sharing.corrections.vocabulary import Doing, Kind
from sharing.faults import SharingRefused

_KNOWN = frozenset({"entry_expected", CASE_CHANGED, OPENED_ALREADY})


class CorrectionDesk(CaseDesk[Book]):
    """Corrections and disputes for pages."""

    def __init__(self, people: People) -> None:
        super().__init__(people, Book)
        self.quarantine = QuarantineBook(people.city.ledger, place_of_store(people.city.settings))
        self._settled: tuple[str, int] | None = None

    async def cases(self) -> Mapping[str, Case]:
        """Every case, once the platform has said what deliveries, recalls and days had to be said of them."""
        return await asyncio.to_thread(self.now)

    def now(self) -> Mapping[str, Case]:
        """As `cases`, in this thread."""
        at, size = self.city.now(), self.city.ledger.size()
        if self._settled != (at.date().isoformat(), size):
            settle(self.book, self.quarantine, self.city.catalogue, at)
            self._settled = at.date().isoformat(), self.city.ledger.size()
        return self.book.cases()

    def open_cases(self, reader: Reader) -> list[OpenCase]:
        """The cases that are not closed and that a reader sees: overdue ones first, then those that are due first."""
        return open_cases(self.now().values(), self.rules, self.city.now(), lambda case: sees(reader, case))

    def found(self) -> Iterator[Finding]:
        """What of quarantine and cases is bad now, whoever may see it."""
        yield from in_quarantine(self.quarantine.open(self.city.catalogue))
        yield from of_cases(open_cases(self.now().values(), self.rules, self.city.now()))

    def waiting(self, reader: Reader) -> list[OpenCase]:
        """Those of them in which the reader is to do something."""
        at = self.city.now()
        mine = {one.id for one in waiting(self.now().values(), doer(reader), at)}
        return [one for one in self.open_cases(reader) if one.case in mine]

    def line(self, case: Case) -> dict[str, Any]:
        """A case in a list."""
        return brief(case, self.rules, self.city.now())

    def all_of(self, case: Case) -> dict[str, Any]:
        """All of a case."""
        now = self.city.now()
        return {**whole(case, self.rules, now), "stuck": is_stuck(case, self.book.persons, now)}

    async def open(self, kind: Kind, about: About, who: Doer, words: str, *, send: bool) -> Case:
        """Open a case. Raises `Refused`."""
        said = Told(words)
        return await self._told(lambda: open_case(self.book, kind, about, who, said, self.city.now(), send=send))

    async def do(self, number: str, doing: Doing, who: Doer, told: Told) -> Case:
        """Do something in a case, and the case after it. Raises `Refused`."""
        return await self._told(lambda: do(self.book, number, doing, who, told, self.city.now()))

    async def _told(self, act: Any) -> Case:
        try:
            found: Case = await asyncio.to_thread(act)
        except SharingRefused as refusal:
            raise refused(refusal) from None
        return found


def refused(refusal: SharingRefused) -> Refused:
    """What the law or the ledger refuses, told as a page."""
    fault = refusal.fault
    if refusal.rule in _KNOWN:
        where = f" ({fault.subject})" if refusal.rule == OPENED_ALREADY else ""
        return Refused(409, "CASE_CHANGED", f"{fault.message}{where}")
    if refusal.rule in {"case_step", "case_known"}:
        return Refused(403, "NOT_ALLOWED", fault.message)
    if refusal.rule.startswith(("case_", "attachment_")):
        return Refused(400, "NOT_TAKEN", f"{fault.message}: {fault.fix}")
    raise refusal
