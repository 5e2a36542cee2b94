"""Files that independent writers made of random tables, some of them damaged, read by ours and held against the tables.

What must hold of each: no accepted row differs from a written one, but where a damaged byte lies in that very row;
every written row whose key is still in the bytes is accepted or in quarantine; a file that is sound reads whole.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from contracts.model import Dataset
from lake.attach import _META, bare_connection
from lake.batch import Batch
from lake.settings import load_settings
from tests.attack.odd_texts import odd_writings
from tests.attack.score import Score
from tests.attack.writers import COLUMNS, Table, Written, random_table, writings
from tests.unit.lake.desk import Desk, column, dataset

_FRESH = 400
"""Files after which the lake and its folders are made anew, and what one process takes at a time."""
_CATALOGUE = 20
"""Files after which the catalogue is emptied: every run looks through all that it knows."""
_PROCESSES = 2


@dataclass(frozen=True)
class Damage:
    """What was done to the bytes: how many rows it can have altered, as `rows`, in place. A `mark` that was put in is
    one character more of one row, and alters nothing else of it.
    """

    name: str
    rows: int
    mark: str = ""


def _flip(content: bytearray, chance: random.Random) -> tuple[bytearray, Damage]:
    many = chance.randint(1, 3)
    for _ in range(many):
        place = chance.randrange(len(content))
        content[place] ^= 1 << chance.randrange(8)
    return content, Damage("flip", many)


def _cut(content: bytearray, chance: random.Random) -> tuple[bytearray, Damage]:
    return content[: chance.randrange(1, len(content))], Damage("cut", 1)


def _quote(content: bytearray, chance: random.Random) -> tuple[bytearray, Damage]:
    place, mark = chance.randrange(len(content)), chance.choice('"""\'')
    # Where it stands inside a plain cell, or nothing is quoted, it is a letter like any other: 5'10" is a length.
    return content[:place] + mark.encode() + content[place:], Damage("quote", 1, mark)


def _double(content: bytearray, chance: random.Random) -> tuple[bytearray, Damage]:
    lines = bytes(content).splitlines(keepends=True)
    place = chance.randrange(len(lines))
    # The line may be one of a cell's own.
    return bytearray(b"".join([*lines[: place + 1], *lines[place:]])), Damage("double", 1)


def _drop(content: bytearray, chance: random.Random) -> tuple[bytearray, Damage]:
    begin = chance.randrange(len(content))
    return content[:begin] + content[begin + chance.randint(1, 40) :], Damage("drop", 1)


_DAMAGES = (_flip, _cut, _quote, _double, _drop)
_WRITINGS = [*writings(), *odd_writings()]


@contextmanager
def light_lake(root: Path) -> Iterator[Desk]:
    """A desk on a lake in memory: reading and judging are tried, a catalogue on disk would take most of the time."""
    settings = load_settings(root, {"ZHONGTAI_STATE": str(root / "state"), "ZHONGTAI_THREADS": "1"})
    connection = bare_connection(settings)
    _attach(connection)
    try:
        yield Desk(connection, settings, root / "deliveries")
    finally:
        connection.close()


def _attach(connection: duckdb.DuckDBPyConnection) -> None:
    """An empty lake, in the place of the one there is."""
    connection.execute("detach database if exists lake")
    connection.execute("attach ':memory:' as lake")
    connection.execute(_META)


def contract(written: Written) -> Dataset:
    """The contract of a written file: its dialect as it is."""
    columns = [column(name, kind, required=name == "k", key=name == "k") for name, kind in COLUMNS]
    return dataset(*columns, format=written.format, **written.dialect)


@dataclass
class Tally:
    """What became of the files."""

    tried: int = 0
    fell: list[str] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)

    def add(self, name: str, outcome: str, fault: str) -> None:
        """One file more."""
        self.tried += 1
        self.outcomes[outcome] += 1
        if fault:
            self.fell.append(f"{name}: {fault}")

    def with_all(self, others: Iterable[Tally]) -> Tally:
        """The sum, in this order."""
        for other in others:
            self.tried += other.tried
            self.fell += other.fell
            self.outcomes += other.outcomes
        return self


def attack(seed: int, files: int = 20_000) -> Score:
    """So many files; the same seed tries the same, each file by its number, whichever process takes it."""
    shares = [(seed, begin, min(begin + _FRESH, files)) for begin in range(0, files, _FRESH)]
    if len(shares) == 1:
        tally = share(*shares[0])
    else:
        with ProcessPoolExecutor(_PROCESSES, get_context("spawn")) as pool:
            tally = Tally().with_all(pool.map(share, *zip(*shares, strict=True)))
    print("  ".join(f"{name} {count}" for name, count in sorted(tally.outcomes.items())), flush=True)
    name = "differential: files of other writers, damaged"
    return Score(name, tally.tried, tally.tried - len(tally.fell), tally.fell[:200])


def share(seed: int, begin: int, end: int) -> Tally:
    """The files of these numbers, on a lake of their own."""
    tally = Tally()
    with TemporaryDirectory() as folder, light_lake(Path(folder)) as desk:
        for number in range(begin, end):
            if number % _CATALOGUE == 0:
                _attach(desk.connection)
            try_one(desk, f"{seed}:{number}", tally)
    return tally


def try_one(desk: Desk, name: str, tally: Tally) -> None:
    """One random file of one random table."""
    chance = random.Random(name)
    table = random_table(chance)
    writing = chance.choice(_WRITINGS)
    written = writing(table, chance)
    content, damage = bytearray(written.content), Damage("none", 0)
    if chance.random() < 0.6:
        begin, end = written.guarded[0], len(content) - written.guarded[1]
        middle, damage = chance.choice(_DAMAGES)(content[begin:end], chance)
        content = content[:begin] + middle + content[end:]
    one = contract(written)
    label = f"{name} {written.writer} {damage.name}"
    try:
        batch = _take(desk, one, bytes(content))
        fault = _fault(desk, one, batch, Case(written.table or table, written, bytes(content), damage))
    except Exception as error:
        batch, fault = None, f"crash: {type(error).__name__}: {error}"
    tally.add(label, f"{damage.name}:{_outcome(batch)}", fault)


def _take(desk: Desk, one: Dataset, content: bytes) -> Batch:
    path = desk.deliver(one, content)
    try:
        (batch,) = desk.ingest(one)
    finally:
        path.unlink()
    return batch


def _outcome(batch: Batch | None) -> str:
    if batch is None:
        return "crash"
    if batch.state == "failed":
        return "refused"
    return "right" if not batch.quarantined else "quarantined"


@dataclass(frozen=True)
class Case:
    """A table, the file made of it, and the bytes that were delivered."""

    table: Table
    written: Written
    content: bytes
    damage: Damage

    def is_marked(self, row: Sequence[str | None]) -> bool:
        """Whether an accepted row is a written one with the mark put in."""
        text = "\0".join(cell or "" for cell in row)
        places = [place for place, sign in enumerate(text) if sign == self.damage.mark]
        return any(text[:place] + text[place + 1 :] in self.texts for place in places)

    @property
    def texts(self) -> set[str]:
        """The written rows, each as one text."""
        return {"\0".join(cell or "" for cell in row) for row in self.table}


def _fault(desk: Desk, one: Dataset, batch: Batch, case: Case) -> str:
    if batch.state == "failed":
        crashed = "report this" in batch.message
        sound = case.damage.name == "none" and not case.written.may_refuse
        return f"refused: {batch.message[:300]}" if sound or crashed else ""
    accepted = [tuple(None if cell is None else str(cell) for cell in row) for row in desk.accepted(one)]
    wanted = {row[0]: row for row in case.table}
    altered = [row for row in accepted if wanted.get(str(row[0])) != row]
    strange = [row for row in altered if not case.is_marked(row)] if case.damage.mark else altered
    least = 0 if case.damage.mark or not case.written.bytewise else case.damage.rows
    if (len(strange) > least or len(altered) > case.damage.rows) and not case.written.unsealed(case.damage.name):
        return f"{len(altered)} accepted rows differ, such as {altered[0]} for {wanted.get(str(altered[0][0]))}"
    return _lost(desk, one, case, accepted)


def _lost(desk: Desk, one: Dataset, case: Case, accepted: list[tuple[Any, ...]]) -> str:
    """The written rows that are neither accepted nor in quarantine, though their key is in the delivered bytes."""
    # What was taken out may have joined a key to what stood behind it.
    kept = " ".join(str(cell) for row in accepted for cell in row)
    # A line of fixed columns is cut where they end, whatever is written over the cut.
    originals = [original for _, _, original in desk.rejected(one)]
    texts = " ".join(f"{original} {''.join(cell or '' for cell in original.values())}" for original in originals)
    for key, *_ in case.table:
        there = case.written.holds(case.content, str(key)) and not case.written.is_told(case.content, str(key))
        if not there or key in kept or key in texts:
            continue
        if case.damage.name == "none" or case.written.bytewise:
            return f"row {key} is neither accepted nor in quarantine"
    if case.damage.name == "none" and len(accepted) + len(desk.rejected(one)) != len(case.table):
        return f"{len(accepted)} accepted and {len(desk.rejected(one))} quarantined of {len(case.table)}"
    return ""
