"""All that is bad in one city now, wherever it is found: one place for pages and for digests."""

from __future__ import annotations

from collections.abc import Iterator

from contracts.acts import DeclaredPersons
from contracts.clock import day_of
from contracts.model import Catalogue
from lake.acts import Persons
from lake.cases.escalating import rules
from lake.corrections.reading import Book
from lake.corrections.told import open_cases
from lake.findings.finding import Finding
from lake.findings.gather import findings
from lake.findings.of_past import of_past
from lake.findings.others import in_quarantine, of_cases
from lake.findings.told import Told
from lake.quality_past.store import QualityPast
from lake.quarantine.book import QuarantineBook
from lake.quarantine.store import place_of_store
from lake.settings import Settings
from sharing.ledger import Ledger


def everything(settings: Settings, catalogue: Catalogue, ledger: Ledger) -> list[Finding]:
    """Every fault, the urgent first."""
    told = Told(ledger)
    told.read_on()
    today = day_of(settings.clock.now())
    past = of_past(QualityPast(settings, ledger, catalogue), catalogue, today)
    return findings(told, catalogue, today, [*past.found, *more(settings, catalogue, ledger)], past.since)


def more(settings: Settings, catalogue: Catalogue, ledger: Ledger) -> Iterator[Finding]:
    """What quarantine and cases have to say."""
    yield from in_quarantine(QuarantineBook(ledger, place_of_store(settings)).open(catalogue))
    book = Book(ledger, Persons.of(settings, DeclaredPersons(catalogue.persons, catalogue.demonstration)))
    yield from of_cases(open_cases(book.cases().values(), rules(catalogue), settings.clock.now()))
