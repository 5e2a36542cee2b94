"""One step: take in the micro-batches that wait, and make and amend the windows that they and the clock call for.

Each of its parts can be stopped anywhere and done again: a batch is in the lake whole or not at all, what windows know
is one transaction, and both are found again by what the lake has. Loops and ways in are not here.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import duckdb
import pyarrow as pa

from contracts.model import Catalogue, Dataset
from contracts.sql_text import identifier
from contracts.windows import Expected, WindowSet
from lake import facts
from lake.arrivals import AHEAD, note_arrival
from lake.batch import UNTAKEN, Batch, Ingestion
from lake.carry import contract_digest
from lake.city import City, open_city
from lake.ingest import ingest_arriving
from lake.lake_files import record_files
from lake.order import Delivery, StoredBatch
from lake.rejudge import rejudge
from lake.settings import Settings
from lake.standing import take_recalls
from lake.store import ensure_tables, stored_batches, stored_deliveries
from lake.window_file import connected, windows_file
from lake.windows.clock_leaps import TELLING, believe, expect_clock, last_step, note_clock
from lake.windows.definitions import expect_grid, keep, older, outdated, settle
from lake.windows.engine import sign_engine
from lake.windows.folding import Frame, due, fold, watermark
from lake.windows.inbox import Waiting, waiting
from lake.windows.levels import SignLineage, expect_signs
from lake.windows.making import Maker
from lake.windows.storing import Moment, Writer, following, of_batches
from sharing.keyring import open_pseudonym
from sharing.transactions import transaction

_BOOKS = ("batches", "deliveries", "raw_views", "recalled", "turned", "standing")
_ROWS_ANEW = 1_000_000
"""Windows of so many rows are made anew in one step, besides what came."""
_AHEAD = (
    "records of later than the clock are not believed. Where the clock was wrong, set it right and deliver them again "
    "in a file of other bytes (in another order, or with other records): these very bytes stay as they were judged"
)
Lineages = Mapping[str, SignLineage]
Stored = tuple[Mapping[str, Sequence[StoredBatch]], Mapping[str, Sequence[Delivery]]]
"""The batches that the lake has, and the deliveries they came with, by dataset."""


class NoWindows(LookupError):
    """A set of windows that is not declared."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        self.name = name
        listed = ", ".join(known) or "none"
        super().__init__(f"there is no window set {name!r}: contracts/windows/ declares {listed}")


class ReferencesMissing(RuntimeError):
    """Tables that signs or expectations are made of are not in the lake yet."""

    def __init__(self, tables: Sequence[str]) -> None:
        self.tables = tuple(tables)
        super().__init__(f"{', '.join(tables)}: not in the lake; run `zhongtai run` first, then this again")


@dataclass
class Taken:
    """What one step did: what became of each batch, windows stored by set and state, and signs that cannot be told."""

    batches: list[Batch] = field(default_factory=list)
    stored: dict[str, dict[str, int]] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    older: dict[str, int] = field(default_factory=dict)
    """Set -> how many of its windows stand by an older formula yet."""
    leap: timedelta = timedelta()
    """How far the clock went since the last step, where that is more than steps are apart."""


def window_set(catalogue: Catalogue, name: str) -> WindowSet:
    """The set of that name. Raises `NoWindows`."""
    if name not in catalogue.windows:
        raise NoWindows(name, sorted(catalogue.windows))
    return catalogue.windows[name]


def judged_signs(settings: Settings, catalogue: Catalogue) -> Lineages:
    """The lineage of every set's signs, as declarations and models now are. Raises `SignsRefused`."""
    lineages = {one.name: SignLineage(settings, catalogue, one) for one in catalogue.windows.values()}
    for one in catalogue.windows.values():
        expect_signs(lineages[one.name], one)
    return lineages


def take_in(settings: Settings, catalogue: Catalogue, run_id: str = "", lineages: Lineages | None = None) -> Taken:
    """One step over all sets of a city, by `lineages` that were judged a moment ago, else by what is judged now.

    Raises `SignsRefused`, `WindowsRedeclared`, `ClockUnbelieved`, `ReferencesMissing`, `WindowsDamaged`, `LakeBusy`.
    """
    with at_work(settings, catalogue, run_id, lineages) as step:
        return step.run()


@contextmanager
def at_work(
    settings: Settings, catalogue: Catalogue, run_id: str = "", lineages: Lineages | None = None
) -> Iterator[Step]:
    """Steps, one after the other, while nobody else may write to the lake. Raises as `take_in` does."""
    lineages = judged_signs(settings, catalogue) if lineages is None else lineages
    with (
        open_city(settings, catalogue=catalogue, run_id=run_id) as city,
        opened(settings) as store,
        closing(Step(city, store, lineages)) as step,
    ):
        yield step
        # As a run does at its end: what the lake's files are is written down, for an audit to hold them against it.
        written = [f"store.{one.table}" for one in catalogue.streams.values()]
        record_files(city, [*written, *(f"meta.{name}" for name in _BOOKS)])


@contextmanager
def opened(settings: Settings) -> Iterator[sqlite3.Connection]:
    """The file of windows for writing, closed at the end."""
    with closing(connected(windows_file(settings))) as store:
        yield store


def streams_of(catalogue: Catalogue, windows: WindowSet) -> list[Dataset]:
    """The streamed datasets of a set."""
    return [catalogue.streams[feed.dataset] for feed in windows.feeds]


def waits(settings: Settings, catalogue: Catalogue) -> bool:
    """Whether anything is to be done: a batch lies there, or a window is over. No lake is opened."""
    with opened(settings) as store:
        now = settings.clock.now()
        sets = catalogue.windows.values()
        over = any(due(one, following(store, one), None, now) or outdated(store, one) for one in sets)
        return over or bool(waiting(store, catalogue))


class Step:
    """Steps over an open city."""

    def __init__(self, city: City, store: sqlite3.Connection, lineages: Lineages) -> None:
        self.city, self.store, self.lineages = city, store, lineages
        self.taken = Taken()
        self._context: Ingestion | None = None
        self._makers: dict[str, Maker] = {}
        self._open = ExitStack()

    def close(self) -> None:
        """End the engines that signs were made with."""
        self._open.close()

    def run(self) -> Taken:
        """Take in what waits, then windows."""
        self.taken = Taken()
        for windows in self.city.catalogue.windows.values():
            expect_grid(self.store, windows)
        self._expect_clock()
        context = self._ingestion()
        self._take_in(context)
        for windows in self.city.catalogue.windows.values():
            self.make_windows(windows, (context.batches, context.deliveries))
        return self.taken

    def believe_clock(self) -> None:
        """Have the clock be right, whatever it said at the last step: a person says so."""
        with transaction(self.store):
            believe(self.store, self.city.catalogue.windows.values(), self.city.now())

    def _expect_clock(self) -> None:
        now, last = self.city.now(), last_step(self.store)
        expect_clock(self.store, now)
        if last is not None and now - last >= TELLING:
            self.taken.leap = now - last

    def _ingestion(self) -> Ingestion:
        city = self.city
        recalled = take_recalls(city)
        if self._context is not None and self._context.recalled == recalled:
            return self._context
        refused = ensure_tables(city.connection, city.catalogue.streams.values())
        batches, deliveries = stored_batches(city.connection), stored_deliveries(city.connection)
        facts_of = (city.connection, city.catalogue, city.settings, batches, deliveries, refused, recalled)
        self._context = Ingestion(*facts_of)
        for stream in city.catalogue.streams.values():
            if stream.id not in refused:
                self.taken.batches += rejudge(self._context, stream)
        return self._context

    def _take_in(self, context: Ingestion) -> None:
        found = waiting(self.store, self.city.catalogue)
        with transaction(self.store):
            note_clock(self.store, self.city.now())
            for one in found:
                note_arrival(self.store, one.path, one.print, self.city.now())
        for one in found:
            batches = [_advised(batch) for batch in ingest_arriving(context, one.dataset, [one.url])]
            self.taken.batches += batches
            self._note_batches(one, batches)
        facts.record_batches(self.city, self.taken.batches)
        for dataset in self.city.catalogue.streams:
            mine = [one for one in self.taken.batches if one.dataset == dataset]
            if mine:
                facts.record_look(self.city, dataset, [one for one in mine if one.state in UNTAKEN])
        with transaction(self.store):
            states = {one.path: one.state for one in self.taken.batches}
            done = [
                (self._contract(one.dataset) if states.get(one.path) == "failed" else "", one.path)
                for one in found
                if states.get(one.path) != "waiting"
            ]
            self.store.executemany("update taken set done = 1, failed_by = ? where path = ?", done)

    def _contract(self, dataset: Dataset) -> str:
        """What tells a contract from any other: a file that failed by one is looked at again by the next."""
        return contract_digest(dataset, self.city.catalogue.code_sets)

    def _note_batches(self, one: Waiting, batches: Sequence[Batch]) -> None:
        """By when a batch arrived it is judged for good, wherever its bytes lie then."""
        self.store.executemany(
            "insert or ignore into arrived select ?, ?, arrived from taken where path = ?",
            [(one.dataset.id, batch.batch, one.path) for batch in batches if batch.batch],
        )

    def make_windows(self, windows: WindowSet, stored: Stored) -> None:
        """Make and amend the windows that new batches, the clock and new definitions call for."""
        frames = {one.id: Frame(windows, one) for one in streams_of(self.city.catalogue, windows)}
        folded = fold(self.city.connection, self.store, list(frames.values()), stored)
        now, first = self.city.now(), following(self.store, windows)
        mark = watermark(self.store, list(frames.values()), folded.newest)
        over = due(windows, first, mark, now)
        anew = outdated(self.store, windows)
        if not over and not folded.batches and not anew:
            return
        with transaction(self.store):
            writer = Writer(self.store, windows, Moment(now, mark))
            writer.learn(folded)
            keep(self.store, windows)
            maker = self._maker(windows, frames)
            late = {start: set(why) for start, why in folded.dirty.items() if start < first}
            for start, why in _portion(writer, anew):
                late.setdefault(start, set()).add(why)
            rows = writer.touching([*over, *late])
            made, empty = dict(maker.make(rows)), maker.empty()
            for start in over:
                writer.close(start, made.get(start, empty), of_batches(rows.get(start, {})), _why_over(writer, start))
            for start in sorted(late):
                why = "; ".join(sorted(late[start]))
                writer.amend(start, made.get(start, empty), of_batches(rows.get(start, {})), why)
            writer.move_on(over[-1] + int(windows.length.total_seconds()) if over else first)
            settle(self.store, windows)
            self.taken.stored[windows.name] = writer.stored
            self.taken.older[windows.name] = older(self.store, windows)
            self.taken.faults |= maker.faults

    def _copied(self, wanted: Mapping[str, Sequence[str]]) -> dict[str, pa.Table]:
        missing = sorted(name for name in wanted if not self._is_there(name))
        if missing:
            raise ReferencesMissing(missing)
        return {name: self._copy(name, columns) for name, columns in wanted.items()}

    def _is_there(self, name: str) -> bool:
        try:
            self.city.connection.execute(f"select 1 from {_relation(name)} limit 0")
        except duckdb.Error:
            return False
        return True

    def _copy(self, name: str, columns: Sequence[str]) -> pa.Table:
        names = ", ".join(map(identifier, columns)) or "1 as _one"
        return self.city.connection.execute(f"select {names} from {_relation(name)}").to_arrow_table()

    def _maker(self, windows: WindowSet, frames: Mapping[str, Frame]) -> Maker:
        """What makes windows, with the tables beside them as they were when this was opened: nobody else writes."""
        if windows.name not in self._makers:
            self._makers[windows.name] = self._new_maker(windows, frames)
        return self._makers[windows.name]

    def _new_maker(self, windows: WindowSet, frames: Mapping[str, Frame]) -> Maker:
        lineage = self.lineages[windows.name]
        raw = {f"raw.{one.dataset.table}" for one in frames.values()}
        wanted = {name: columns for name, columns in lineage.tables().items() if name not in raw}
        engine = self._open.enter_context(sign_engine(self.city.settings, self._copied(wanted)))
        expected = {one.dataset: self._expected(one.expected) for one in windows.feeds if one.expected}
        for dataset, senders in expected.items():
            engine.copy(f"work.expected {dataset}", senders)
        feeds_of = {one.name: lineage.feeds(one) for one in windows.signs}
        key = open_pseudonym(self.city.settings.key_place)
        named = frozenset(one.dataset for one in windows.feeds if lineage.may_name(one))
        return Maker(self.city.connection, engine, windows, frames, lineage.tables(), feeds_of, expected, key, named)

    def _expected(self, expected: Expected) -> pa.Table:
        if not self._is_there(expected.table):
            raise ReferencesMissing([expected.table])
        column = identifier(expected.column)
        return self.city.connection.execute(
            f"select distinct cast({column} as varchar) as sender from {_relation(expected.table)} "
            f"where {column} is not null order by 1"
        ).to_arrow_table()


def _relation(name: str) -> str:
    schema, table = name.split(".", 1)
    return f"lake.{identifier(schema)}.{identifier(table)}"


def _advised(batch: Batch) -> Batch:
    """A batch with records that were of the future as it came, and how they may come in nevertheless."""
    if AHEAD not in batch.reasons:
        return batch
    return replace(batch, message=f"{batch.message}; {_AHEAD}" if batch.message else _AHEAD)


def _portion(writer: Writer, anew: Mapping[int, str]) -> Iterator[tuple[int, str]]:
    """Of the windows that are to be made anew so many as one step has time for, and one at least: the newest first."""
    rows = 0
    for start, why in anew.items():
        touching = writer.touching([start]).get(start, {})
        rows += sum(sum(batches.values()) for batches in touching.values())
        if rows > _ROWS_ANEW and start != next(iter(anew)):
            return
        yield start, why


def _why_over(writer: Writer, start: int) -> str:
    mark, end = writer.moment.watermark, start + int(writer.windows.length.total_seconds())
    return "all feeds are past it" if mark is not None and end <= mark else "its time is up"


def run_name(now: datetime) -> str:
    """What a step is called in the ledger."""
    return f"windows-{now.astimezone(UTC):%Y%m%dT%H%M%S}"
