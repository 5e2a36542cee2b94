"""One city at work: its settings, declarations, lake, ledger and signer, opened together and closed together.

What is done with them is the business of the steps (`ingest`, `build`, `share`); this only holds them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime

import duckdb

from contracts.clock import today
from contracts.load import CITY_FILE, load_catalogue
from contracts.model import Catalogue
from lake.attach import LakeLost, first_keys, open_lake, seal_lake
from lake.guarding import expect_ledger, guarded, open_past
from lake.landed import LandingPlace, expect_key, seal_landing
from lake.one_writer import is_held, one_writer
from lake.own_keys import record_keys
from lake.scratch import empty_scratch
from lake.settings import Settings
from lake.versions import Versions, snapshot
from quality.declared import DuckDBEngine
from sharing.keys import Signer
from sharing.ledger import Ledger

Progress = Callable[[str, str, str], None]
"""Called as things happen: (step, subject, what became of it)."""


def silent(step: str, subject: str, what: str) -> None:
    """A progress listener that says nothing."""


@dataclass(frozen=True)
class City:
    """Everything a step needs. `run_id` names the run that facts are recorded under."""

    settings: Settings
    catalogue: Catalogue
    connection: duckdb.DuckDBPyConnection
    ledger: Ledger
    signer: Signer
    run_id: str = ""
    progress: Progress = field(default=silent)
    _versions: list[Versions] = field(default_factory=list, repr=False, compare=False)

    def versions(self) -> Versions:
        """Versions of the lake's tables as they are now; computed once for each state of the lake."""
        if self._versions and self._versions[-1].snapshot == snapshot(self.connection):
            return self._versions[-1]
        self._versions[:] = [Versions(self.connection)]
        return self._versions[-1]

    def now(self) -> datetime:
        """The present moment, aware."""
        return self.settings.clock.now()

    def today(self) -> date:
        """The business date: the day in the city, wherever the machine thinks it is."""
        return today(self.settings.clock)


class NothingRunYet(LookupError):
    """A question about what a run leaves, in a workspace where there was none."""

    def __init__(self, settings: Settings) -> None:
        self.workspace = settings.workspace
        there = (settings.workspace / CITY_FILE).exists()
        what = "nothing has been run; run `zhongtai run` first" if there else f"no city is there: it has no {CITY_FILE}"
        super().__init__(f"{settings.workspace}: {what}")


def expect_city(settings: Settings) -> None:
    """Raises `NothingRunYet` where there is no city at all: before anything is made in a folder that is none."""
    if not (settings.workspace / CITY_FILE).exists():
        raise NothingRunYet(settings)


def expect_run(settings: Settings) -> None:
    """Raises `NothingRunYet` where there is no ledger; PastLacking where there was one."""
    expect_ledger(settings)
    if not settings.ledger.exists():
        raise NothingRunYet(settings)


def declarations(settings: Settings) -> Catalogue:
    """The workspace's catalogue, its SQL and patterns judged by the engine. Raises `DeclarationsRefused`."""
    return load_catalogue(settings.workspace, deliveries=settings.deliveries, engine=DuckDBEngine())


@contextmanager
def open_city(
    settings: Settings,
    *,
    catalogue: Catalogue | None = None,
    run_id: str = "",
    progress: Progress = silent,
    refuse: bool = True,
) -> Iterator[City]:
    """The city of a workspace, for writing; lake and ledger are made where they do not exist.

    One process at a time has it: another waits. Raises `LakeBusy`, `LakeUnreadable`; PastLacking where the ledger
    lacks what witnesses it, unless `refuse` is off, for an audit.
    """
    known = catalogue or declarations(settings)
    with one_writer(settings.state, _told_to(progress)):
        expect_ledger(settings)
        first_keys(settings)
        with _past(settings, refuse=refuse) as (ledger, signer):
            expect_key(LandingPlace.of(settings))
            _expect_lake(settings, ledger)
            try:
                with open_lake(settings) as connection:
                    yield City(settings, known, connection, ledger, signer, run_id, progress)
            finally:
                # Nobody writes any more: whoever does holds the lock that is held here.
                put_away(settings, landed=known.encrypt_landing)


@contextmanager
def open_books(settings: Settings, progress: Progress = silent) -> Iterator[tuple[Ledger, Signer]]:
    """The ledger and who signs, for writing, without lake or declarations: what was released is named there alone.

    One process at a time, as for the city. Raises `NothingRunYet`, `LakeBusy`, PastLacking.
    """
    expect_run(settings)
    waiting = one_writer(settings.state, _told_to(progress))
    with waiting, _past(settings, lake=False) as opened:
        yield opened


@contextmanager
def open_books_beside(settings: Settings) -> Iterator[tuple[Ledger, Signer]]:
    """As `open_books`, and beside whoever is writing to the lake: for what must not wait for a run to end.

    Who writes has held the ledger against its witnesses as it began; where nobody writes it is held here.
    """
    expect_run(settings)
    if not is_held(settings.state):
        with open_books(settings) as opened:
            yield opened
        return
    ledger, signer = open_past(settings)
    with ledger:
        yield ledger, signer


def _expect_lake(settings: Settings, ledger: Ledger) -> None:
    """Raises `LakeLost` where there was a lake and is none: another would be of what is still delivered alone."""
    if not settings.catalog.exists():
        stored = {entry.body["batch"] for entry in ledger.entries("batch") if entry.body["state"] != "failed"}
        if stored:
            raise LakeLost(settings.catalog, len(stored))


def _told_to(progress: Progress) -> Callable[[str], None] | None:
    """Who hears for whom this waits: the listener, where there is one."""
    return None if progress is silent else lambda holder: progress("wait", holder, "it is writing to the lake")


def put_away(settings: Settings, *, landed: bool) -> None:
    """Leave nothing of what passed through lying open: the lake's statistics, files of one run, and, where the city
    says so, what landed. Nobody may be writing.
    """
    empty_scratch(settings.scratch)
    if landed:
        seal_landing(LandingPlace.of(settings))
    seal_lake(settings)


@contextmanager
def _past(settings: Settings, *, refuse: bool = True, lake: bool = True) -> Iterator[tuple[Ledger, Signer]]:
    ledger, signer = open_past(settings)
    with ledger, guarded(settings, ledger, signer, refuse=refuse, lake=lake) as seen:
        if not seen.lacking:
            record_keys(settings, ledger, signer, lake=lake)
        yield ledger, signer
