"""A desk to deliver files at: small datasets made by hand, a deliveries folder of their own, one lake for a module."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from contracts.model import (
    Catalogue,
    CodeSet,
    Column,
    Dataset,
    DeliveryMode,
    Element,
    Level,
    LogicalType,
    Rule,
    SharingAttribute,
    Source,
)
from contracts.promises import inherited
from lake.attach import quarantine_table, raw_table, store_table
from lake.ingest import Batch, Ingestion, ingest
from lake.settings import Settings
from lake.store import ensure_tables, stored_batches, stored_deliveries

GENDER = CodeSet(
    "gender", "性别", "Gender", "GB/T 2261.1", {"1": ("男", "male"), "2": ("女", "female")}, {"男": "1", "女": "2"}
)
_serial = count(1)


def column(name: str, kind: str = "string", **facts: Any) -> Column:
    """A column and its inherited rules; `facts` go to the column where it has such a field, else to its element."""
    own = {key: facts.pop(key) for key in ("headers", "required", "key", "code_map") if key in facts}
    element = Element(name, name, name, LogicalType(kind), Level.L1, "test", **facts)
    return Column(
        name=name,
        headers=own.pop("headers", (name,)),
        title_zh=name,
        title_en=name,
        element=element,
        level=Level.L1,
        mask="full",
        sharing_attribute=SharingAttribute.CONDITIONAL,
        rules=inherited(name, (name, name), element, required=own.get("required", False), check="error"),
        **own,
    )


def dataset(*columns: Column, rules: tuple[Rule, ...] = (), **source: Any) -> Dataset:
    """A dataset of a name never used before; its deliveries are `<day>/<name>.<format>` unless `source` says else."""
    name = f"d{next(_serial)}"
    kind = source.pop("format", "csv")
    return Dataset(
        department="test",
        name=name,
        version="1.0.0",
        title_zh=name,
        title_en=name,
        description=name,
        owner="nobody",
        source=Source(path=source.pop("path", f"*/{name}.{kind}"), format=kind, **source),
        mode=DeliveryMode.APPEND,
        columns=columns,
        sharing_attribute=SharingAttribute.CONDITIONAL,
        legal_basis=None,
        frequency="daily",
        freshness_working_days=5,
        rules=rules,
    )


PEOPLE = (column("id", required=True, key=True), column("name"), column("age", "integer"))


def people(**source: Any) -> Dataset:
    """The dataset most tests need: id (required), name, age (a whole number)."""
    return dataset(*PEOPLE, **source)


@dataclass(frozen=True)
class Desk:
    """Where a test delivers and looks at what came of it."""

    connection: duckdb.DuckDBPyConnection
    settings: Settings
    root: Path

    def file(self, dataset: Dataset, day: str = "2026-11-02") -> Path:
        """Where that day's delivery lies."""
        path = self.root / dataset.source.path.replace("*", day, 1)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def deliver(self, dataset: Dataset, content: bytes | str, day: str = "2026-11-02") -> Path:
        """A delivery of these bytes, or of this text in the contract's encoding."""
        path = self.file(dataset, day)
        path.write_bytes(content.encode(dataset.source.encoding) if isinstance(content, str) else content)
        return path

    def ingest(self, dataset: Dataset) -> list[Batch]:
        """Carry what was delivered, as a run that starts anew would."""
        refused = ensure_tables(self.connection, [dataset])
        return ingest(replace(self.context(), unusable=refused), dataset)

    def context(self) -> Ingestion:
        """The context of a new run."""
        batches, deliveries = stored_batches(self.connection), stored_deliveries(self.connection)
        recalled = {batch for (batch,) in self.connection.execute("select batch from lake.meta.recalled").fetchall()}
        known = _catalogue(self.root)
        return Ingestion(self.connection, known, self.settings, batches, deliveries, recalled=recalled)

    def take(self, dataset: Dataset, content: bytes | str) -> Batch:
        """Deliver, ingest, and the one batch of it."""
        self.deliver(dataset, content)
        (batch,) = self.ingest(dataset)
        return batch

    def accepted(self, dataset: Dataset) -> list[tuple[Any, ...]]:
        """The accepted rows in the contract's columns, in delivered order."""
        names = ", ".join(f'"{one.name}"' for one in dataset.columns)
        table = raw_table(dataset)
        return self.connection.execute(f"select {names} from {table} order by _delivery, _row").fetchall()

    def rejected(self, dataset: Dataset) -> list[tuple[int | None, list[str], Mapping[str, str | None]]]:
        """Row number, reasons and delivered text of the rejected rows."""
        rows = self.connection.execute(
            f"select _row, _faults, _original from {quarantine_table(dataset)} order by _delivery, _row"
        ).fetchall()
        return [(row, faults, json.loads(original)) for row, faults, original in rows]

    def stored(self, dataset: Dataset) -> int:
        """All rows of the dataset that the store holds, whatever their verdict."""
        return self.connection.execute(f"select count(*) from {store_table(dataset)}").fetchone()[0]  # type: ignore[index]


def _catalogue(deliveries: Path) -> Catalogue:
    code_sets = {GENDER.name: GENDER}
    return Catalogue("test", "测试", "Test", deliveries, deliveries, {}, {}, {}, {}, {}, code_sets)


def moved(dataset: Dataset, **source: Any) -> Dataset:
    """The same dataset with another way of delivery."""
    return replace(dataset, source=replace(dataset.source, **source))


People = Sequence[tuple[str, str, int]]
"""Rows of id, name and age."""


def write_parquet(path: Path, people: People) -> None:
    """People as a Parquet file."""
    ids, names, ages = zip(*people, strict=True)
    pq.write_table(pa.table({"id": ids, "name": names, "age": ages}), path)


def write_sqlite(path: Path, people: People) -> None:
    """People as the table `people` of a SQLite file."""
    file = sqlite3.connect(path)
    file.execute("create table people (id text, name text, age integer)")
    file.executemany("insert into people values (?, ?, ?)", people)
    file.commit()
    file.close()
