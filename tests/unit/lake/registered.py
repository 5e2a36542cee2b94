"""A registry of a few records for tests: clusters are written as words, a letter a record."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa

from lake.identity.advancing import Advanced, Made, advance
from lake.identity.files import Registry
from lake.identity.folding import history, members
from sharing.identity.standing import Pair, Standing
from sharing.ledger import Ledger

AT = datetime(2026, 6, 1, 8, tzinfo=UTC)


def record(letter: str) -> str:
    """The keyed hash that stands for a letter."""
    return letter.encode().hex().rjust(20, "0")


def letter(record: str) -> str:
    """The letter that a keyed hash stands for."""
    return bytes.fromhex(record).decode().strip("\0")


def same(pair: str, number: int, ended: int | None = None, persons: int = 1) -> Pair:
    """A decision that two letters are one."""
    return Pair(record(pair[0]), record(pair[1]), number, True, ended, persons)


def apart(pair: str, number: int, ended: int | None = None) -> Pair:
    """A decision that two letters are two."""
    return Pair(record(pair[0]), record(pair[1]), number, False, ended)


_TYPES = {"_identified": pa.bool_(), "_cluster": pa.int64(), "probability": pa.float64()}


class Small:
    """A registry in a folder; capital letters are identified."""

    def __init__(self, folder: Path) -> None:
        self.ledger = Ledger.open(folder / "ledger.sqlite")
        self.registry = Registry(folder, self.ledger, "person")
        self.connection = duckdb.connect(config={"threads": 1})
        self.day = 0

    def run(self, clusters: str, *decided: Pair, model: bytes = b"{}") -> Advanced:
        """A step with clusters such as `Ab c`, one a word."""
        self.give_all(clusters)
        return self.step(*decided, model=model)

    def give_all(self, clusters: str) -> None:
        """What is matched, without a step."""
        groups = clusters.split()
        self.give("records", [(record(one), one.isupper()) for group in groups for one in group], "_record _identified")
        rows = [
            (record(one), number, 0.99996 if group[1:] else 1.0) for number, group in enumerate(groups) for one in group
        ]
        self.give("clusters", rows, "_record _cluster probability")

    def step(self, *decided: Pair, model: bytes = b"{}") -> Advanced:
        """A step with what was given."""
        self.day += 1
        made = Made(model, AT + timedelta(days=self.day), Standing(decided))
        return advance(self.registry, self.connection, made)

    def give(self, name: str, rows: Iterable[tuple[object, ...]], columns: str) -> None:
        """A table of these rows."""
        schema = pa.schema({one: _TYPES.get(one, pa.string()) for one in columns.split()})
        listed = [dict(zip(columns.split(), row, strict=True)) for row in rows]
        self.connection.register("given", pa.Table.from_pylist(listed, schema))
        self.connection.execute(f"create or replace table {name} as select * from given")
        self.connection.unregister("given")

    def told(self, known: datetime | None = None, step: int | None = None) -> str:
        """The entities as words, each behind its id: `A:Ab c:c`."""
        name = members(self.registry, self.connection, known, step)
        found = self.connection.execute(
            f"select entity, list(_record order by _record) from {name} group by entity order by entity"
        ).fetchall()
        return " ".join(f"{letter(entity)}:{''.join(map(letter, held))}" for entity, held in found)

    def events(self, *letters: str) -> list[str]:
        """The events about letters, such as `merged b>A by model`, in order."""
        _, found = history(self.registry, self.connection, [*map(record, letters)])
        return [
            f"{one['kind']} {''.join(map(letter, one['before']))}>{''.join(map(letter, one['after']))} "
            f"by {', '.join(by if by.startswith('decision') else by.split()[0] for by in one['decided_by'])}"
            for one in found
        ]
