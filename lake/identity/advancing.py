"""One step of the registry: from what was matched now to what changed, written whole or not at all.

Where nothing changed nothing is written. The file is on the disk before the ledger says so; killed between, the next
run finds a step that nobody believes and writes it again. The caller is the city's one writer.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb

from contracts.sql_text import literal
from lake.identity.admitting import Matched, admit
from lake.identity.changes import EventKind, Stamp, find_changes
from lake.identity.files import KIND, Registry, Step
from lake.identity.folding import HEIR, clear, fold
from lake.identity.holding import expect_lawful
from lake.identity.naming import name_clusters
from sharing.canonical import digest
from sharing.identity.standing import NOTHING, Standing


@dataclass(frozen=True)
class Made:
    """With what a step is made: the parameters of the model as JSON bytes, what persons decided, when, by which run."""

    parameters: bytes
    at: datetime
    decided: Standing = NOTHING
    run_id: str | None = None


@dataclass(frozen=True)
class Advanced:
    """What a step did: its number (None: nothing changed), and how many events there were of each kind."""

    step: int | None
    events: Mapping[str, int] = field(default_factory=dict)


def advance(
    registry: Registry, connection: duckdb.DuckDBPyConnection, made: Made, matched: Matched | None = None
) -> Advanced:
    """Take what was matched into the registry. SharingRefused for input that is not whole, for a step that would break
    a law of the registry, and for files that are not the ledger's: nothing is written then.
    """
    try:
        return _advanced(registry, connection, made, matched or Matched())
    finally:
        clear(connection)


def _advanced(registry: Registry, connection: duckdb.DuckDBPyConnection, made: Made, matched: Matched) -> Advanced:
    steps = registry.steps()
    compared = admit(connection, registry.entity, matched, made.decided)
    fold(registry, connection, steps)
    last, model = steps[-1] if steps else None, _digest(made.parameters)
    number = (last.number if last else 0) + 1
    name_clusters(connection, number)
    find_changes(connection, Stamp(number, made.at, model, last.events if last else 0))
    changed = connection.execute("select count(*) from registry_changes").fetchone()
    if changed == (0,) and last is not None and last.parameters == model:
        return Advanced(None)
    registry.prepare()
    draft = registry.folder / f".{number}.{os.getpid()}.draft"
    try:
        connection.execute(_WRITE.format(file=literal(str(draft))))
        clear(connection, "registry_facts", "registry_input", "registry_pairs", "registry_chains")
        expect_lawful(connection, registry.entity, draft)
        return _believed(registry, connection, _Step(number, last, draft, compared), made)
    finally:
        draft.unlink(missing_ok=True)


@dataclass(frozen=True)
class _Step:
    number: int
    last: Step | None
    draft: Path
    compared: str


def _believed(registry: Registry, connection: duckdb.DuckDBPyConnection, step: _Step, made: Made) -> Advanced:
    parameters = registry.keep_parameters(made.parameters)
    file, events, newest = registry.place(step.draft, step.number), *_events(connection)
    body = {
        "entity": registry.entity,
        "step": step.number,
        "file": file,
        "parameters": parameters,
        "records": step.compared,
        "decided": digest([vars(one) for one in made.decided.pairs]),
        "events": max(newest, step.last.events if step.last else 0),
        "counts": {**_sizes(connection), **events},
        **({"run_id": made.run_id} if made.run_id else {}),
    }
    registry.ledger.append_after(KIND, body, made.at, step.last.entry.seq if step.last else 0)
    return Advanced(step.number, events)


_WRITE = (
    "copy (select * from registry_changes order by event nulls last, record) to {file} "
    "(format parquet, compression zstd)"
)


def _events(connection: duckdb.DuckDBPyConnection) -> tuple[dict[str, int], int]:
    """How many events of each kind, and the newest number."""
    asked = f"select kind, count(distinct event), max(event) from registry_new where kind <> '{HEIR}' group by kind"
    found = {str(kind): (int(many), int(newest)) for kind, many, newest in connection.execute(asked).fetchall()}
    counted = {str(kind): found[kind][0] for kind in EventKind if kind in found}
    return counted, max((newest for _, newest in found.values()), default=0)


def _sizes(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    asked = "select (select count(*) from registry_replayed), count(*) from registry_parts"
    records, entities = connection.execute(asked).fetchone() or (0, 0)
    return {"records": int(records), "entities": int(entities)}


def _digest(parameters: bytes) -> str:
    return hashlib.sha256(parameters).hexdigest()
