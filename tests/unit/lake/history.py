"""Random histories of one dataset, and what the lake must then hold: deliveries of any day, late, twice, corrected,
withdrawn, recalled, and contracts that change. The reference is Python alone: it shares nothing with the lake but its
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from contracts.model import Dataset, DeliveryMode
from lake.batch import Batch
from lake.city import City
from lake.landed import LandingPlace, landed_copy
from lake.standing import take_recalls
from lake.store import stored_batches
from lake.taken_back import take_withdrawals
from lake.withdrawal import withdraw_delivery
from orchestration.twins.staging import staging_sql
from sharing.keyring import make_keys
from sharing.ledger import Ledger
from tests.unit.lake.desk import Desk, column, dataset

DAYS = [f"2026-11-{day:02d}" for day in range(2, 7)]
Row = tuple[str, str | None]


@dataclass(frozen=True)
class Delivered:
    """A file of the reference: its day, when it came, where, and its rows as written."""

    day: str
    arrived: int
    path: str
    rows: tuple[tuple[str, str], ...]


@dataclass
class Reference:
    """What a history comes to: thirty lines that know days, arrivals and modes."""

    mode: DeliveryMode
    parts: bool
    nothing: str = ""
    files: list[Delivered] = field(default_factory=list)
    withdrawn: set[tuple[str, str, tuple[tuple[str, str], ...]]] = field(default_factory=set)
    recalled: set[tuple[tuple[str, str], ...]] = field(default_factory=set)
    """Contents that count for nothing, whenever and wherever they are delivered."""

    def deliver(self, day: str, path: str, rows: tuple[tuple[str, str], ...]) -> bool:
        """Whether the file is taken: of a snapshot that is one file, a second of one day is not."""
        if rows in self.recalled:
            return False
        there = [one for one in self.files if (one.day, one.path) == (day, path)]
        if there and there[-1].rows == rows:
            return True
        single = self.mode is DeliveryMode.SNAPSHOT and not self.parts
        if single and any(one.day == day and one.path != path and one.rows != rows for one in self.counted()):
            return False
        self.files.append(Delivered(day, len(self.files), path, rows))
        return True

    def withdraw(self, path: str) -> None:
        self.withdrawn |= {(one.day, one.path, one.rows) for one in self.files if one.path == path}

    def counted(self) -> list[Delivered]:
        live = [one for one in self.files if self._counts(one)]
        if self.mode is DeliveryMode.APPEND or self.parts:
            last = {(one.day, one.path): one for one in live}
            live = list(last.values())
        return sorted(live, key=lambda one: (one.day, one.arrived))

    def _counts(self, one: Delivered) -> bool:
        """Neither taken back (the same rows at the same place, of the same day, are so for good) nor recalled."""
        return (one.day, one.path, one.rows) not in self.withdrawn and one.rows not in self.recalled

    def current(self) -> list[Row]:
        files = self.counted()
        if self.mode is DeliveryMode.SNAPSHOT and files:
            newest = files[-1].day if self.parts else None
            last = {one.rows for one in files if one.day == newest} if self.parts else {files[-1].rows}
            return sorted(self._read(row) for rows in last for row in rows)
        if self.mode is DeliveryMode.UPSERT:
            return sorted({row[0]: self._read(row) for one in files for row in one.rows}.values())
        return sorted(self._read(row) for rows in {one.rows for one in files} for row in rows)

    def _read(self, row: tuple[str, str]) -> Row:
        return row[0], "" if row[1] == self.nothing else row[1]


class History:
    """One random history, played on the lake and on the reference at once."""

    def __init__(self, desk: Desk, seed: int) -> None:
        self.desk, self.chance = desk, random.Random(seed)
        mode = self.chance.choice(list(DeliveryMode))
        parts = mode is DeliveryMode.SNAPSHOT and self.chance.random() < 0.4
        keyed = mode is DeliveryMode.UPSERT
        made = dataset(column("id", required=True, key=keyed), column("name"))
        made = replace(made, source=replace(made.source, path=f"*/*/{made.name}.csv"))
        self.dataset: Dataset = replace(made, mode=mode, parts=parts)
        self.reference = Reference(mode, parts)

    def play(self, steps: int) -> Iterator[tuple[list[Row], list[Row]]]:
        """After each step what the lake holds, and what it must."""
        self.run()
        for _ in range(steps):
            self.chance.choices([self._deliver, self._withdraw, self._change, self._recall], [8, 2, 2, 2])[0]()
            yield self.found(), self.reference.current()

    def _deliver(self) -> None:
        for _ in range(self.chance.choice([1, 1, 2])):
            self._write()
        self.run()

    def _write(self) -> None:
        day, slot = self.chance.choice(DAYS), self.chance.choice("ab")
        ids = sorted(self.chance.sample("123456", self.chance.randint(1, 3)))
        rows = tuple((one, self.chance.choice(["甲", "乙", "x"])) for one in ids)
        path = f"{day}/{slot}/{self.dataset.name}.csv"
        file = self.desk.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("id,name\n" + "".join(f"{one},{name}\n" for one, name in rows), encoding="utf-8")

    def _withdraw(self) -> None:
        live = [one.path for one in self.reference.counted()]
        if not live:
            return
        path = self.chance.choice(live)
        with self._city() as city:
            withdraw_delivery(city, self.dataset.id, path, "test")
        self.reference.withdraw(path)
        self.run()

    def _recall(self) -> None:
        batches = sorted(one.batch for one in stored_batches(self.desk.connection).get(self.dataset.id, []))
        if not batches:
            return
        batch = self.chance.choice(batches)
        file = landed_copy(self.dataset, batch, LandingPlace.of(self.desk.settings))
        lines = [line.split(",") for line in file.read_text(encoding="utf-8").splitlines()[1:]]
        with self._city() as city:
            city.ledger.append("recall", {"batch": batch, "reason": "test"}, city.now())
            take_recalls(city)
        self.reference.recalled.add(tuple((one, name) for one, name in lines))
        self.run()

    def _change(self) -> None:
        self.reference.nothing = self.chance.choice(["", "x", "甲"])
        nothing = (self.reference.nothing,) if self.reference.nothing else ()
        self.dataset = replace(self.dataset, source=replace(self.dataset.source, nulls=nothing))
        self.run()

    def run(self) -> list[Batch]:
        """A run of the lake, and of the reference: all files that lie there are looked at, in the order of days."""
        found = self.desk.ingest(self.dataset)
        if self.desk.settings.ledger.exists():
            with self._city() as city:
                take_withdrawals(city)  # as the next run begins
        for file in sorted(self.desk.root.glob(self.dataset.source.path)):
            path = str(file.relative_to(self.desk.root))
            lines = file.read_text(encoding="utf-8").splitlines()[1:]
            rows = tuple((one, name) for one, name in (line.split(",") for line in lines))
            self.reference.deliver(path.split("/")[0], path, rows)
        return found

    def found(self) -> list[Row]:
        """The staging twin's rows."""
        sql = staging_sql(self.dataset, {}).replace(f"{{{{ source('raw', '{self.dataset.table}') }}}}", self._raw())
        body = "\n".join(line for line in sql.splitlines() if not line.startswith(("--", "{{")))
        rows: Sequence[Any] = self.desk.connection.execute(f"select id, coalesce(name, '') from ({body})").fetchall()
        return sorted((str(one), str(name)) for one, name in rows)

    def _raw(self) -> str:
        return f'lake.raw."{self.dataset.table}"'

    def _city(self) -> Any:
        from contextlib import contextmanager

        @contextmanager
        def opened() -> Iterator[City]:
            catalogue = replace(self.desk.context().catalogue, datasets={self.dataset.id: self.dataset})
            signer = make_keys(self.desk.settings.key_place)
            with Ledger.open(self.desk.settings.ledger, signer) as ledger:
                yield City(self.desk.settings, catalogue, self.desk.connection, ledger, signer)

        return opened()
