"""What both kinds of cases need on the command line: the city, its book of cases, and by what deadlines are counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from contracts.model import Catalogue
from lake.cli.output import WRONG, fail
from lake.settings import Settings


@dataclass(frozen=True)
class CaseDesk:
    """The desk of one kind of cases; its ledger can be written where it was opened so."""

    settings: Settings
    catalogue: Catalogue
    ledger: Any
    book: Any
    rules: Any
    at: datetime

    def actor(self, name: str | None, key: Path | None, passphrase: Path | None) -> Any:
        """Whoever acts, proved by a key of theirs; in a demonstration the platform plays whoever is named."""
        from lake.acts import proved

        if name is None:
            fail("nobody acts: name the person, with --as PERSON", WRONG)
        return proved(self.book.persons, name, key, passphrase, self.at)


@contextmanager
def case_desk(
    settings: Settings, book: Callable[..., Any], to_write: Callable[[Settings], AbstractContextManager[Any]] | None
) -> Iterator[CaseDesk]:
    """The desk of the cases that a book reads; `to_write` opens the ledger for writing, None where it is read alone."""
    from lake.acts import Persons
    from lake.cases.escalating import rules
    from lake.city import declarations, expect_run
    from sharing.ledger import Ledger

    catalogue = declarations(settings)
    persons = Persons.of(settings, catalogue)

    def opened(ledger: Any) -> CaseDesk:
        return CaseDesk(settings, catalogue, ledger, book(ledger, persons), rules(catalogue), settings.clock.now())

    if to_write:
        with to_write(settings) as (ledger, _):
            yield opened(ledger)
    else:
        expect_run(settings)
        with Ledger.read(settings.ledger) as ledger:
            yield opened(ledger)
